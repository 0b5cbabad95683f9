/* deliver_local.c -- ways that stay on this machine. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "notify/impl.h"
#include "notify/text.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/span.h"

#define SAID_MAX	((size_t)1 << 20)
#define DESKTOP_TIME	(10 * SPAN_SECOND)
#define ENV_MAX		16

/* What stands in the text of a notice is read as markup. */
static void
add_escaped(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '&')
			buf_adds(out, "&amp;");
		else if (*s == '<')
			buf_adds(out, "&lt;");
		else if (*s == '>')
			buf_adds(out, "&gt;");
		else
			buf_addc(out, *s);
}

/* From cron there is no word of the session that the user may well have. */
static int
find_session(char env[64])
{
	if (getenv("XDG_RUNTIME_DIR") != NULL ||
	    getenv("DBUS_SESSION_BUS_ADDRESS") != NULL)
		return 0;
	snprintf(env, 64, "XDG_RUNTIME_DIR=/run/user/%u", (unsigned)geteuid());
	return faccessat(AT_FDCWD, env + strlen("XDG_RUNTIME_DIR="), X_OK, 0) ==
	    0;
}

int
deliver_desktop(const struct delivery *d, struct err *e)
{
	CLEAN_BUF struct buf title = {0}, text = {0}, said = {0};
	const char *argv[8] = { "notify-send", "--app-name=fettle" };
	char session[64];
	const char *env[2] = { session, NULL };
	struct proc_spec s = { PROC_NULL, .argv = argv, .own_group = 1 };
	int64_t time = d->timeout < DESKTOP_TIME ? d->timeout : DESKTOP_TIME;
	int status;

	notify_title(&d->v[0], &title);
	add_escaped(&text, d->v[0].news->text);
	argv[2] = NOTIFY_BIT(d->v[0].ev) & NOTIFY_TROUBLE ?
	    "--urgency=critical" : "--urgency=normal";
	argv[3] = "--";
	argv[4] = buf_str(&title);
	argv[5] = buf_str(&text);
	if (find_session(session))
		s.env = env;
	if (proc_run(&s, SAID_MAX, time, &said, &status, e) < 0) {
		if (e->kind == ERR_NOENT)
			return err_set(e, ERR_USAGE, "notify-send is not "
			    "installed (libnotify-bin)");
		return -1;
	}
	return status == 0 ? 0 : err_set(e, ERR_NET, "notify-send ended with "
	    "%d", status);
}

struct command_env {
	struct buf	 b[ENV_MAX];
	const char	*v[ENV_MAX + 1];
	size_t		 n;
};

static void
add_env(struct command_env *x, const char *name, const char *value)
{
	struct buf *b = &x->b[x->n];

	buf_addf(b, "FETTLE_%s=", name);
	buf_adds(b, value);
	x->v[x->n++] = buf_str(b);
}

static void
command_env_fini(struct command_env *x)
{
	while (x->n > 0)
		buf_fini(&x->b[--x->n]);
}

static void
fill_env(const struct delivery *d, struct command_env *x)
{
	const struct notify_item *it = &d->v[0];
	CLEAN_BUF struct buf title = {0};
	char run[24];

	notify_title(it, &title);
	snprintf(run, sizeof(run), "%lld", (long long)it->news->run);
	add_env(x, "EVENT", notify_event_name(it->ev));
	add_env(x, "JOB", it->news->job);
	add_env(x, "KIND", it->news->kind);
	add_env(x, "RUN", run);
	add_env(x, "TITLE", buf_str(&title));
	add_env(x, "TEXT", it->news->text);
	add_env(x, "HOST", d->env->host);
}

/* A file in memory: the command need not read it. */
static int
input(const struct delivery *d, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	int fd = memfd_create("news", MFD_CLOEXEC);

	notify_json(&d->v[0], d->env, &b);
	buf_addc(&b, '\n');
	if (fd >= 0 && fd_write_all(fd, b.data, b.len) == 0 &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	err_sys(e, "write what the command is to read");
	if (fd >= 0)
		close(fd);
	return -1;
}

int
deliver_command(const struct delivery *d, struct err *e)
{
	__attribute__((cleanup(command_env_fini))) struct command_env x = {0};
	CLEAN_BUF struct buf said = {0};
	CLEAN_FD int in = input(d, e);
	struct proc_spec s = { PROC_NULL, .argv = d->n->argv, .own_group = 1 };
	int status;

	if (in < 0)
		return -1;
	fill_env(d, &x);
	s.in = in;
	s.env = x.v;
	if (proc_run(&s, SAID_MAX, d->timeout, &said, &status, e) < 0) {
		*d->unsure = e->kind == ERR_STOPPED;
		return -1;
	}
	return status == 0 ? 0 : err_set(e, ERR_IO, "the command '%.60s' ended "
	    "with %d", d->n->argv[0], status);
}

int
deliver_journal(const struct delivery *d, struct err *e)
{
	const struct notify_news *w = d->v[0].news;
	CLEAN_BUF struct buf title = {0};
	CLEAN_FD int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct log_options o = { .level = LOG_DEBUG, .format = LOG_AS_JOURNAL,
	    .dir = -1, .fd = null };
	struct log_fields f = { .error = w->text, .job = w->job, .run = w->run };
	struct log *l;

	if (null < 0 || log_open(&o, &l, e) < 0)
		return -1;
	notify_title(&d->v[0], &title);
	f.text = buf_str(&title);
	log_write(l, NOTIFY_BIT(d->v[0].ev) & NOTIFY_TROUBLE ? LOG_ERROR :
	    LOG_INFO, &f);
	return log_close(l, e);
}
