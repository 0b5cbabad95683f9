/*
 * cmd_install.c -- fettle install, fettle uninstall: the service of systemd.
 *
 * A unit is written only where no package brought it, and one that somebody
 * else wrote is left alone.  Nothing is started without a word.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/place.h"
#include "cli/systemctl.h"
#include "cli/units.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define UNIT		"fettle.service"
#define SOCKET		"fettle.socket"
#define DROP_INS	UNIT ".d"
#define NETWORK		"network.conf"
#define UNIT_MAX	((size_t)1 << 20)
#define FOLDERS_MADE	4	/* etc/systemd/system, .config/systemd/user */

static const struct opt_def opts[] = {
	{ "user", 0, NULL, "for your own files, as you", 0 },
	{ "system", 0, NULL, "for the machine, as root", 0 },
	{ "now", 0, NULL, "start it, without asking", 0 },
	{ "linger", 0, NULL, "--user: also while nobody is logged in", 0 },
	{ "root", 0, "DIR", "in this file tree; nothing is started", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

/* The folder that the program lies in. */
static int
program_dir(struct buf *out, struct err *e)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	if (n <= 0 || n == (ssize_t)sizeof(path))
		return err_sys(e, "find where the program lies");
	while (n > 1 && path[n - 1] != '/')
		n--;
	buf_add(out, path, (size_t)(n > 1 ? n - 1 : n));
	return 0;
}

/* A unit's text, with every @bindir@ as what it stands for. */
static void
fill_in(struct buf *out, const char *text, const char *bindir)
{
	static const char mark[] = "@bindir@";
	const char *at;

	buf_adds(out, SERVICE_MARK);
	for (; (at = strstr(text, mark)) != NULL; text = at + strlen(mark)) {
		buf_add(out, text, (size_t)(at - text));
		buf_adds(out, bindir);
	}
	buf_adds(out, text);
}

/* Did a package bring the units for this very program? */
static int
is_packaged(const struct service *s, const char *bindir)
{
	CLEAN_FREE char *path = xasprintf("%s/../lib/systemd/%s/" UNIT, bindir,
	    s->system ? "system" : "user");

	return s->root == NULL && access(path, F_OK) == 0;
}

/* 1 there is one of ours, 0 there is none, -1 there is another's, or told. */
static int
is_ours(const struct fs_dir *d, const char *name, struct err *e)
{
	CLEAN_FD int fd = openat(d->fd, name, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK);
	CLEAN_BUF struct buf b = {0};
	char q[QUOTE_SIZE];

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0 && fd_read_all(fd, UNIT_MAX, &b) == 0 &&
	    strncmp(buf_str(&b), SERVICE_MARK, strlen(SERVICE_MARK)) == 0)
		return 1;
	return err_set(e, ERR_EXISTS, "%s/%s is there and not ours; it is left "
	    "as it is", quote_to(q, sizeof(q), d->path), name);
}

static int
put(const struct fs_dir *d, const char *name, const char *text,
    const char *bindir, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	int ours = is_ours(d, name, e);

	if (ours < 0)
		return -1;
	fill_in(&b, text, bindir);
	return place_write(d, name, b.data, b.len, ours, e);
}

static int
write_units(const struct service *s, struct err *e)
{
	CLEAN_FREE char *dir = service_dir(s);
	CLEAN_BUF struct buf bindir = {0};
	struct fs_dir *d;
	int r;

	if (dir == NULL)
		return err_set(e, ERR_USAGE, "there is no $HOME");
	if (program_dir(&bindir, e) < 0)
		return -1;
	if (is_packaged(s, buf_str(&bindir)))
		return 0;
	if (place_open(dir, FOLDERS_MADE, &d, NULL, e) < 0)
		return -1;
	r = put(d, UNIT, s->system ? unit_system : unit_user,
	    buf_str(&bindir), e);
	if (r == 0)
		r = put(d, SOCKET, s->system ? socket_system : socket_user,
		    buf_str(&bindir), e);
	fs_dir_free(d);
	if (r == 0)
		cli_say(s->c, "wrote %s/" UNIT, dir);
	return r;
}

/* The machine's unit has no network by itself. */
static int
write_network(const struct service *s, struct err *e)
{
	CLEAN_FREE char *dir = service_dir(s);
	struct fs_dir *d, *in;
	int r;

	if (!s->system || s->root != NULL ||
	    !settings_need_network(s->c->settings))
		return 0;
	if (place_open(dir, FOLDERS_MADE, &d, NULL, e) < 0)
		return -1;
	r = place_folder(d, DROP_INS, &in, e);
	fs_dir_free(d);
	if (r < 0)
		return -1;
	r = put(in, NETWORK, unit_network, "", e);
	fs_dir_free(in);
	return r;
}

/* systemctl itself is not there: say what to do instead. */
static int
failed(const struct service *s, struct err *e)
{
	if (e->kind == ERR_NOENT)
		cli_say(s->c, "without systemd: 'fettle cron' prints a line for "
		    "your crontab");
	return cli_fail(s->c, e);
}

static void
offer_start(const struct service *s, int now)
{
	static const char *const start[] = { "restart", UNIT, NULL };
	struct err e = {0};

	if (!now && !cli_ask(s->c, "start it now?", 1)) {
		cli_say(s->c, "it starts %s; now: %s start fettle",
		    s->system ? "with the machine" : "when you log in",
		    service_typed(s));
		return;
	}
	if (service_do(s, start, &e) < 0)
		cli_fail(s->c, &e);
	else
		cli_say(s->c, "it runs; see fettle status");
}

/* A user's services end with his last session, unless he wants otherwise. */
static void
offer_linger(const struct service *s, int linger)
{
	struct err e = {0};

	if (s->system || service_lingers())
		return;
	if (!linger && !cli_ask(s->c, "shall it also run while you are not logged "
	    "in?", 0)) {
		cli_say(s->c, "while you are not logged in it does not run; if it "
		    "shall: loginctl enable-linger");
		return;
	}
	if (service_linger(&e) < 0)
		cli_fail(s->c, &e);
}

static int
install(const struct service *s, const struct opts *o)
{
	static const char *const reload[] = { "daemon-reload", NULL };
	static const char *const enable[] = { "enable", UNIT, NULL };
	struct err e = {0};

	if (write_units(s, &e) < 0 || write_network(s, &e) < 0)
		return cli_fail(s->c, &e);
	if (s->root == NULL && service_do(s, reload, &e) < 0)
		return failed(s, &e);
	if (service_do(s, enable, &e) < 0)
		return failed(s, &e);
	if (s->root != NULL)
		return EXIT_DONE;
	offer_start(s, opt_given(o, "now"));
	offer_linger(s, opt_given(o, "linger"));
	return EXIT_DONE;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct service s;
	int status = service_which(c, o, &s);

	if (status != EXIT_DONE)
		return status;
	if (o->n_args > 0)
		return cli_usage(c, "fettle install takes no argument");
	if (c->config != NULL)
		return cli_usage(c, "the service reads the usual configuration; "
		    "-c is not for it");
	if (s.root == NULL && (status = cli_load(c)) != EXIT_DONE)
		return status;
	return install(&s, o);
}

const struct command cmd_install = {
	"install", "--user|--system", "From now on by itself, with systemd",
	"Writes and enables fettle.service; asks before it starts anything. Without\n"
	"systemd, fettle cron prints a line for your crontab.",
	opts, run, COMMAND_SETTING,
};

/* ---- and back ---- */
static const struct opt_def un_opts[] = {
	{ "user", 0, NULL, "your own service", 0 },
	{ "system", 0, NULL, "the machine's", 0 },
	{ "root", 0, "DIR", "in this file tree", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static int
take_network(const struct service *s, struct err *e)
{
	CLEAN_FREE char *dir = service_dir(s);
	CLEAN_FREE char *in = xasprintf("%s/" DROP_INS, dir);
	struct err ignored = {0};
	struct fs_dir *d;
	int r = 0;

	if (access(in, F_OK) < 0)
		return 0;
	if (place_open(in, 0, &d, NULL, e) < 0)
		return -1;
	if (is_ours(d, NETWORK, &ignored) == 1)
		r = place_remove(d, NETWORK, e);
	fs_dir_free(d);
	return r;
}

static int
take_away(const struct service *s, struct err *e)
{
	static const char *const names[] = { UNIT, SOCKET };
	CLEAN_FREE char *dir = service_dir(s);
	struct fs_dir *d;
	int r = 0, ours;
	size_t i;

	if (dir == NULL || access(dir, F_OK) < 0)
		return 0;
	if (place_open(dir, 0, &d, NULL, e) < 0)
		return -1;
	for (i = 0; i < 2 && r == 0; i++) {
		ours = is_ours(d, names[i], e);
		r = ours == 1 ? place_remove(d, names[i], e) : ours;
	}
	fs_dir_free(d);
	return r < 0 ? -1 : take_network(s, e);
}

static int
run_un(struct cli *c, const struct opts *o)
{
	static const char *const disable[] = { "disable", "--now", UNIT, SOCKET,
	    NULL };
	static const char *const off[] = { "disable", UNIT, SOCKET, NULL };
	static const char *const reload[] = { "daemon-reload", NULL };
	struct service s;
	struct err e = {0};
	int status = service_which(c, o, &s);

	if (status != EXIT_DONE)
		return status;
	if (o->n_args > 0)
		return cli_usage(c, "fettle uninstall takes no argument");
	if (service_do(&s, s.root != NULL ? off : disable, &e) < 0)
		status = cli_fail(c, &e);
	if (take_away(&s, &e) < 0)
		return cli_fail(c, &e);
	if (s.root == NULL && service_do(&s, reload, &e) < 0)
		status = cli_fail(c, &e);
	if (status == EXIT_DONE)
		cli_say(c, "the service is gone; configuration, history and "
		    "backups are where they were");
	return status;
}

const struct command cmd_uninstall = {
	"uninstall", "--user|--system", "Take the service away again",
	"Only the service: configuration, history and backups stay.",
	un_opts, run_un, COMMAND_SETTING,
};
