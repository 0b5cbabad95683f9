/* about.c -- opening what a repository command is about. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/entry.h"
#include "cli/about.h"
#include "cli/go.h"
#include "copies/copies.h"
#include "crypto/secret.h"
#include "job/select.h"
#include "repo/cache.h"
#include "repo/lock.h"
#include "repo/password.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/span.h"
#include "util/xalloc.h"

#define PLACE_MAX	((size_t)4096)

static const char *
env(const char *name)
{
	const char *s = getenv(name);

	return s != NULL && *s != '\0' ? s : NULL;
}

static const char *
first(const char *a, const char *b)
{
	return a != NULL ? a : b;
}

/* The first line of a file that is not white space; to be freed. */
static char *
line_of(const char *path, struct err *e)
{
	CLEAN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEAN_BUF struct buf b = {0};
	const char *s;

	if (fd < 0 || fd_read_all(fd, PLACE_MAX, &b) < 0) {
		err_sys(e, "read the repository's place in %.200s", path);
		return NULL;
	}
	s = buf_str(&b);
	s += strspn(s, " \t\r\n");
	return xstrndup(s, strcspn(s, "\r\n"));
}

int
about_is_named(const struct cli *c)
{
	return c->backup != NULL || c->repo.repo != NULL ||
	    c->repo.repository_file != NULL ||
	    env("RESTIC_REPOSITORY") != NULL ||
	    env("RESTIC_REPOSITORY_FILE") != NULL;
}

/* The place that the flags or restic's environment name, to be freed. */
static char *
named_place(const struct cli *c, struct err *e)
{
	const char *place = c->repo.repo, *file = c->repo.repository_file;
	char *out;

	if (place == NULL && file == NULL) {
		place = env("RESTIC_REPOSITORY");
		file = env("RESTIC_REPOSITORY_FILE");
	}
	if (place == NULL && file == NULL) {
		err_set(e, ERR_USAGE, "which repository?  -b NAME, -r REPO or "
		    "$RESTIC_REPOSITORY");
		return NULL;
	}
	if (place != NULL && file != NULL) {
		err_set(e, ERR_USAGE, "a repository or a file that names one, "
		    "not both (-r, --repository-file and their variables)");
		return NULL;
	}
	out = file != NULL ? line_of(file, e) : xstrdup(place);
	if (out == NULL || *out != '\0')
		return out;
	/* Never the folder we are in: a variable was not set, or a file is empty. */
	free(out);
	err_set(e, ERR_USAGE, "the repository's place is empty");
	return NULL;
}

/* A local place is taken from where we were started (or -W). */
static char *
absolute_place(const struct cli *c, char *place)
{
	const char *p = strncmp(place, "local:", 6) == 0 ? place + 6 : place;
	char *abs;

	if (p[0] == '/' || (p == place && strchr(p, ':') != NULL &&
	    strcspn(p, ":") < strcspn(p, "/")))
		return place;
	abs = xasprintf("%s/%s", c->working_dir, p);
	free(place);
	return abs;
}

char *
about_cache_dir(const struct cli *c)
{
	const char *p;

	if (c->repo.no_cache)
		return NULL;
	p = first(c->repo.cache_dir, env("RESTIC_CACHE_DIR"));
	if (p != NULL)
		return p[0] == '/' ? xstrdup(p) :
		    xasprintf("%s/%s", c->working_dir, p);
	if ((p = env("XDG_CACHE_HOME")) != NULL)
		return xasprintf("%s/restic", p);
	return (p = env("HOME")) != NULL ? xasprintf("%s/.cache/restic", p) :
	    NULL;
}

/* ---- the password ---- */
static int
none_given(struct cli *c)
{
	return cli_usage(c, "there is no password: --password-file, "
	    "--password-command or $RESTIC_PASSWORD");
}

/* Of a terminal, a new one twice. */
static int
type_password(struct cli *c, int fresh, char *typed)
{
	char *again = secret_alloc(PASSWORD_MAX);
	int status = EXIT_DONE;

	if (!cli_ask_secret(c, fresh ? "password for the new repository:" :
	    "password of the repository:", typed, PASSWORD_MAX))
		status = c->stdin_taken && !isatty(STDIN_FILENO) ?
		    cli_usage(c, "standard input is the data, so the password "
		    "cannot come from it: --password-file, --password-command "
		    "or $RESTIC_PASSWORD") : none_given(c);
	else if (fresh && *typed != '\0' && (!cli_ask_secret(c, "once more:",
	    again, PASSWORD_MAX) || strcmp(typed, again) != 0))
		status = cli_usage(c, "the two passwords are not the same");
	secret_free(again, PASSWORD_MAX);
	return status;
}

/* As restic: where standard input is no terminal its next line is the password,
 * a new one, too. */
static int
read_password(struct cli *c, char *typed)
{
	int r = cli_read_secret(typed, PASSWORD_MAX);

	return r == 0 ? none_given(c) : r > 0 ? EXIT_DONE :
	    cli_usage(c, "the password on standard input cannot be read, or is "
	    "too long");
}

static int
ask_password(struct cli *c, int fresh, void **out, size_t *len, int *status)
{
	char *typed = secret_alloc(PASSWORD_MAX);

	*status = c->stdin_taken || isatty(STDIN_FILENO) ?
	    type_password(c, fresh, typed) : read_password(c, typed);
	if (*status == EXIT_DONE && *typed == '\0')
		*status = cli_usage(c, "an empty password is not allowed "
		    "(--insecure-no-password says that it is meant)");
	if (*status != EXIT_DONE) {
		secret_free(typed, PASSWORD_MAX);
		return -1;
	}
	*out = typed;
	*len = strlen(typed);
	return 0;
}

static const struct job *
entry_job(struct cli *c, int *status)
{
	const unsigned kinds = 1u << JOB_BACKUP | 1u << JOB_ARCHIVE;
	const struct job *j;
	struct err e = {0};

	*status = c->settings != NULL ? EXIT_DONE : cli_load(c);
	if (*status != EXIT_DONE)
		return NULL;
	j = settings_job(c->settings, c->backup);
	if (j != NULL && (kinds & 1u << j->kind) != 0)
		return j;
	if (j != NULL)
		*status = cli_usage(c, "%.100s is a rule, not a backup", c->backup);
	else {
		select_unknown(c->settings, "backup", kinds, c->backup, &e);
		*status = cli_fail(c, &e);
	}
	return NULL;
}

/* Of two sources nobody knows which was meant. */
static int
one_source(const struct password_source *s, struct err *e)
{
	if (s->none && (s->command != NULL || s->file != NULL ||
	    (s->value != NULL && *s->value != '\0')))
		return err_set(e, ERR_USAGE, "a password is given, and the "
		    "repository is said to have none; one of them");
	if (s->command != NULL && s->file != NULL)
		return err_set(e, ERR_USAGE, "the password comes from a file or "
		    "from a command, not from both");
	return 0;
}

int
about_password(struct cli *c, int fresh, void **out, size_t *len, int *status)
{
	const struct repo_flags *f = &c->repo;
	const char *given = first(f->password_command, f->password_file);
	struct password_source s = {
		.none = f->no_password,
		.command = f->password_command, .file = f->password_file,
	};
	const struct job *j;
	struct err e = {0};
	int r;

	if (c->backup != NULL && given == NULL && !f->no_password) {
		if ((j = entry_job(c, status)) == NULL)
			return -1;
		r = backup_entry_password(j->backup,
		    env("CREDENTIALS_DIRECTORY"), out, len, &e);
		if (r < 0)
			*status = cli_fail(c, &e);
		return r;
	}
	if (given == NULL && f->password != NULL)
		s.value = f->password;
	else if (given == NULL && c->backup == NULL) {
		s.command = env("RESTIC_PASSWORD_COMMAND");
		s.file = env("RESTIC_PASSWORD_FILE");
		s.value = getenv("RESTIC_PASSWORD");
	}
	r = one_source(&s, &e);
	if (r == 0)
		r = password_get(&s, out, len, &e);
	if (r < 0)
		*status = cli_fail(c, &e);
	return r == 0 ? ask_password(c, fresh, out, len, status) :
	    r == 1 ? 0 : -1;
}

/* ---- the store and its options ---- */
static int
compression_of(const char *word, enum repo_compression *out)
{
	static const char *const words[] = { "auto", "off", "fastest", "better",
	    "max" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(word, words[i]) == 0) {
			*out = (enum repo_compression)i;
			return 0;
		}
	return -1;
}

int
about_options(struct cli *c, struct repo_options *out, int *status)
{
	const char *mode = first(c->repo.compression, env("RESTIC_COMPRESSION"));
	const char *size = first(c->repo.pack_size, env("RESTIC_PACK_SIZE"));
	unsigned long mib;
	char *end;

	out->key_hint = first(c->repo.key_hint, env("RESTIC_KEY_HINT"));
	out->no_verify = c->repo.no_verify;
	out->stop = cli_stopped;
	if (mode != NULL && compression_of(mode, &out->compression) < 0) {
		*status = cli_usage(c, "--compression is auto, off, fastest, "
		    "better or max, not '%.40s'", mode);
		return -1;
	}
	if (size == NULL)
		return 0;
	mib = strtoul(size, &end, 10);
	if (*end != '\0' || mib < (REPO_PACK_SIZE_MIN >> 20) ||
	    mib > (REPO_PACK_SIZE_MAX >> 20)) {
		*status = cli_usage(c, "--pack-size is 4 to 128 MiB, not '%.40s'",
		    size);
		return -1;
	}
	out->pack_size = (size_t)mib << 20;
	return 0;
}

/* As restic, a bare number is KiB a second; NULL if there is none. */
static char *
limit_of(const char *s)
{
	if (s == NULL)
		return NULL;
	return xasprintf(s[0] != '\0' && strspn(s, "0123456789") == strlen(s) ?
	    "%sKiB" : "%s", s);
}

/* What the command line says about far stores; it goes before the entry's. */
static int
far_flags(struct cli *c, struct store_options *o, char **up, char **down,
    int *status)
{
	const struct repo_flags *f = &c->repo;
	struct err e = {0};

	if (f->extended != NULL)
		o->extended = f->extended;
	o->ca_file = first(f->cacert, o->ca_file);
	o->client_cert = first(f->client_cert, o->client_cert);
	if ((*up = limit_of(f->limit_upload)) != NULL)
		o->limit_upload = *up;
	if ((*down = limit_of(f->limit_download)) != NULL)
		o->limit_download = *down;
	if (f->stuck == NULL ||
	    (span_parse(f->stuck, &o->stall, &e) == 0 && o->stall > 0))
		return 0;
	*status = cli_usage(c, "--stuck-request-timeout: %s", e.kind != ERR_NONE ?
	    e.text : "it must be more than nothing");
	return -1;
}

static void
warn(void *arg, const char *text)
{
	cli_say(arg, "fettle: %s", text);
}

int
about_store(struct cli *c, int make, struct store **out, int *status)
{
	CLEAN_FREE char *place = NULL, *up = NULL, *down = NULL;
	struct store_options o = { .stop = cli_stopped, .tell = warn,
	    .tell_arg = c };
	const struct job *j = NULL;
	struct err e = {0};
	int r = -1;

	if (c->backup != NULL) {
		if ((j = entry_job(c, status)) == NULL)
			return -1;
		if (j->backup == NULL) {
			*status = cli_usage(c, "%.100s has no repository; it makes "
			    "plain copies", c->backup);
			return -1;
		}
		backup_entry_store(j->backup, &o);
		place = xstrdup(j->backup->repository);
	} else if ((place = named_place(c, &e)) != NULL)
		place = absolute_place(c, place);
	if (far_flags(c, &o, &up, &down, status) < 0)
		return -1;
	if (place != NULL)
		r = make ? store_create(place, &o, out, &e) :
		    store_open(place, &o, out, &e);
	if (r < 0)
		*status = cli_fail(c, &e);
	return r;
}

/* ---- repositories ---- */
static int
open_repo(struct cli *c, int locks, struct repo **out)
{
	CLEAN_FREE char *cache = about_cache_dir(c);
	struct repo_options o = { .cache_dir = cache, .warn = warn,
	    .warn_arg = c, .locks = locks };
	struct store *store;
	struct err e = {0};
	void *password;
	int status = EXIT_DONE;

	if (about_options(c, &o, &status) < 0 ||
	    about_store(c, 0, &store, &status) < 0)
		return status;
	if (about_password(c, 0, &password, &o.password_len, &status) < 0) {
		store_close(store);
		return status;
	}
	o.password = password;
	if (repo_open(store, &o, out, &e) < 0)
		status = cli_fail(c, &e);
	secret_free(password, PASSWORD_MAX);
	return status;
}

int
about_from(struct cli *c, const struct opts *o, struct repo **out)
{
	struct cli other = *c;

	other.backup = NULL;
	other.repo.repo = opt_value(o, "from-repo");
	other.repo.repository_file = opt_value(o, "from-repository-file");
	if (other.repo.repo == NULL && other.repo.repository_file == NULL) {
		other.repo.repo = env("RESTIC_FROM_REPOSITORY");
		other.repo.repository_file = env("RESTIC_FROM_REPOSITORY_FILE");
	}
	other.repo.password_file = opt_value(o, "from-password-file");
	other.repo.password_command = opt_value(o, "from-password-command");
	if (other.repo.password_file == NULL &&
	    other.repo.password_command == NULL) {
		other.repo.password_file = env("RESTIC_FROM_PASSWORD_FILE");
		other.repo.password_command = env("RESTIC_FROM_PASSWORD_COMMAND");
	}
	other.repo.key_hint = first(opt_value(o, "from-key-hint"),
	    env("RESTIC_FROM_KEY_HINT"));
	other.repo.password = first(env("RESTIC_FROM_PASSWORD"), "");
	other.repo.no_password = opt_given(o, "from-insecure-no-password");
	if (other.repo.repo == NULL && other.repo.repository_file == NULL)
		return cli_usage(c, "which repository?  --from-repo REPO");
	return open_repo(&other, 0, out);
}

int
about_lock(struct cli *c, struct repo *r, int exclusive, struct lock **out)
{
	const char *s = c->repo.retry_lock;
	struct err e = {0};
	int64_t retry = 0;

	if (s != NULL && span_parse(s, &retry, &e) < 0)
		return cli_usage(c, "--retry-lock: %s", e.text);
	return lock_take(r, exclusive, retry, out, &e) < 0 ?
	    cli_fail(c, &e) : EXIT_DONE;
}

static int
open_whole(struct about *a, int how)
{
	int locks = (how & (ABOUT_EXCLUSIVE | ABOUT_SHARED)) &&
	    !a->c->repo.no_lock;
	int status = open_repo(a->c, locks, &a->repo);
	struct err e = {0};

	if (status != EXIT_DONE)
		return status;
	if (a->c->repo.no_lock && (how & ABOUT_WRITES))
		return cli_usage(a->c, "--no-lock is for what only reads");
	if (locks)
		status = about_lock(a->c, a->repo,
		    (how & ABOUT_EXCLUSIVE) != 0, &a->lock);
	if (status == EXIT_DONE && (how & ABOUT_SNAPSHOTS))
		store_list_ahead(a->repo->store, STORE_SNAPSHOT);
	if (status == EXIT_DONE && (how & ABOUT_INDEX) &&
	    repo_load_index(a->repo, &e) < 0)
		status = cli_fail(a->c, &e);
	return status;
}

/* ---- copies and archives ---- */
static int
open_plain(struct about *a, int how)
{
	int archive = a->job->kind == JOB_ARCHIVE;
	struct err e = {0};
	int status;

	if (!(how & (archive ? ABOUT_ARCHIVE_TOO : ABOUT_PLAIN_TOO)))
		return cli_usage(a->c, archive ? "%.100s is an archive, not a "
		    "backup" : "%.100s makes plain copies: this is for "
		    "repositories", a->c->backup);
	a->kind = archive ? ABOUT_ARCHIVE : ABOUT_COPIES;
	status = go_open(a->c, how & ABOUT_CHANGES ? HALL_RUN : HALL_ASK, 0,
	    &a->hall);
	if (status != EXIT_DONE || archive ||
	    copies_place(a->job->copies) != NULL)
		return status;
	err_set(&e, ERR_ABSENT, "%s: its disk is not there", a->c->backup);
	return cli_fail(a->c, &e);
}

int
about_open(struct cli *c, int how, struct about *out)
{
	int status = EXIT_DONE;

	*out = (struct about){ .c = c, .kind = ABOUT_REPO };
	if (c->backup != NULL && (out->job = entry_job(c, &status)) == NULL)
		return status;
	status = out->job != NULL && out->job->backup == NULL ?
	    open_plain(out, how) : open_whole(out, how);
	return status == EXIT_DONE ? status : about_close(out, status);
}

int
about_close(struct about *a, int status)
{
	struct err e = {0};

	if (a->lock != NULL && lock_lost(a->lock)) {
		err_set(&e, ERR_LOCKED, "the lock could not be refreshed in time");
		status = cli_fail(a->c, &e);
	}
	lock_release(a->lock);
	repo_close(a->repo);
	if (a->hall != NULL)
		hall_close(a->hall);
	*a = (struct about){ .c = a->c };
	return status;
}
