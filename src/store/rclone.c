/*
 * rclone.c -- whatever rclone reaches: "rclone:REMOTE:PATH".
 *
 * The user's own rclone serves the place by restic's REST protocol to us alone:
 * on a socket in a folder that only we may enter, or, where it is too old for
 * that, on a port of this machine; in either case behind a password that nobody
 * else has seen.  It is started with the store and stopped with it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "crypto/random.h"
#include "store/far.h"
#include "store/rest.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/hex.h"
#include "util/proc.h"
#include "util/quote.h"
#include "util/thread.h"
#include "util/time.h"
#include "util/xalloc.h"

#define START_MAX	((int64_t)60 * 1000000)	/* µs until it serves */
#define END_GRACE	((int64_t)5 * 1000000)
#define SAID_MAX	((size_t)64 << 10)
#define SLICE		((int64_t)20000)	/* µs */
#define WORDS_MAX	64

struct saying {
	pthread_t	 thread;
	pthread_mutex_t	 mutex;
	struct buf	 text;		/* the last of it */
	int		 fd;
};

struct rclone {
	struct store	 base;
	struct store	*rest;
	struct proc	 child;
	struct saying	 said;
	int		 parent, folder;	/* of its socket, held; -1 */
	char		 name[32];	/* of that folder in parent */
	char		*socket;	/* its path; NULL: a port */
	char		 address[64];	/* "http://127.0.0.1:4711/", of a port */
	char		*program, *args, *remote;
	char		 password[65];
};

static struct rclone *
of(struct store *s)
{
	return (struct rclone *)s;
}

/* ---- what it says ---- */
/* Read what rclone says, so that it never waits for us, and keep the last. */
static void *
listen_to(void *arg)
{
	struct saying *y = arg;
	char piece[4096];
	ssize_t n;

	for (;;) {
		n = read(y->fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return NULL;
		pthread_mutex_lock(&y->mutex);
		if (y->text.len + (size_t)n > SAID_MAX)
			y->text.len = 0;
		buf_add(&y->text, piece, (size_t)n);
		pthread_mutex_unlock(&y->mutex);
	}
}

/* The last line it said, for messages. */
static void
last_words(struct saying *y, struct buf *out)
{
	const char *text, *end, *p;

	pthread_mutex_lock(&y->mutex);
	text = buf_str(&y->text);
	end = text + y->text.len;
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	for (p = end; p > text && p[-1] != '\n';)
		p--;
	if (end - p > 200)
		end = p + 200;
	quote_text(out, p, (size_t)(end - p));
	pthread_mutex_unlock(&y->mutex);
}

/* "... on http://127.0.0.1:4711/": 1 once it was said. */
static int
find_address(struct rclone *r)
{
	static const char begin[] = "http://127.0.0.1:";
	const char *at, *digits;
	size_t n = 0;

	pthread_mutex_lock(&r->said.mutex);
	if ((at = strstr(buf_str(&r->said.text), begin)) != NULL) {
		digits = at + sizeof(begin) - 1;
		n = strspn(digits, "0123456789");
		if (n > 0 && n <= 5 && digits[n] == '/')
			snprintf(r->address, sizeof(r->address), "%s%.*s/",
			    begin, (int)n, digits);
		else
			n = 0;
	}
	pthread_mutex_unlock(&r->said.mutex);
	return n > 0;
}

/* ---- the folder of its socket ---- */
static int
make_folder(struct rclone *r)
{
	const char *top = getenv("XDG_RUNTIME_DIR");
	unsigned char random[8];
	char hex[17];

	if (top == NULL || *top != '/')
		top = getenv("TMPDIR");
	if (top == NULL || *top != '/')
		top = "/tmp";
	random_bytes(random, sizeof(random));
	hex_put(hex, random, sizeof(random));
	snprintf(r->name, sizeof(r->name), "fettle-%s", hex);
	r->parent = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->parent < 0 || mkdirat(r->parent, r->name, 0700) < 0)
		return -1;
	r->folder = openat(r->parent, r->name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC);
	r->socket = xasprintf("%s/%s/s", top, r->name);
	return r->folder < 0 || strlen(r->socket) >=
	    sizeof(((struct sockaddr_un *)NULL)->sun_path) ? -1 : 0;
}

static void
remove_folder(struct rclone *r)
{
	if (r->folder >= 0) {
		unlinkat(r->folder, "s", 0);
		close(r->folder);
		unlinkat(r->parent, r->name, AT_REMOVEDIR);
	}
	if (r->parent >= 0)
		close(r->parent);
	r->folder = r->parent = -1;
	free(r->socket);
	r->socket = NULL;
}

static int
answers(const struct rclone *r)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	CLEAN_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", r->socket);
	return fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

/* ---- starting and stopping ---- */
static void
stop_child(struct rclone *r)
{
	int listening = r->child.pid != 0 || r->said.fd >= 0;

	proc_end(&r->child, END_GRACE);
	if (!listening || r->said.fd < 0)
		return;
	pthread_join(r->said.thread, NULL);
	close(r->said.fd);
	r->said.fd = -1;
}

/* The words of its command; args is cut in place.  The user's own words may be
 * restic's, which talks to it in another way. */
static void
make_words(const struct rclone *r, char *args, const char *addr,
    const char **v)
{
	size_t n = 0;
	char *word, *at = args;

	v[n++] = r->program;
	while ((word = strsep(&at, " \t")) != NULL && n < WORDS_MAX - 5)
		if (*word != '\0' && strcmp(word, "--stdio") != 0)
			v[n++] = word;
	v[n++] = "--addr";
	v[n++] = addr;
	v[n++] = "--";
	v[n++] = r->remote;
	v[n] = NULL;
}

static int
spawn(struct rclone *r, const char *addr, struct err *e)
{
	CLEAN_FREE char *args = xstrdup(r->args);
	CLEAN_FREE char *pass = xasprintf("RCLONE_PASS=%s", r->password);
	const char *words[WORDS_MAX], *env[] = { "RCLONE_USER=fettle", pass,
	    NULL };
	struct proc_spec spec = { .argv = words, PROC_NULL, .env = env,
	    .own_group = 1, .die_with_us = 1 };
	int ends[2], failed;

	make_words(r, args, addr, words);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "start rclone");
	spec.err = ends[1];
	failed = proc_start(&spec, &r->child, e);
	close(ends[1]);
	explicit_bzero(pass, strlen(pass));
	r->said.fd = ends[0];
	buf_reset(&r->said.text);
	if (failed == 0 && thread_start(&r->said.thread, listen_to,
	    &r->said) != 0) {
		proc_end(&r->child, 0);
		failed = err_set(e, ERR_IO, "no thread could be started");
	}
	if (failed < 0) {
		close(r->said.fd);
		r->said.fd = -1;
	}
	return failed;
}

/* Until it serves: 0; or -1, and it has ended or takes too long. */
static int
wait_for_it(struct rclone *r, struct err *e)
{
	CLEAN_BUF struct buf words = {0};
	int64_t until = time_mono() + START_MAX;
	int status;

	while (time_mono() < until && !store_stopped(&r->base)) {
		if (r->socket != NULL ? answers(r) : find_address(r))
			return 0;
		if (proc_wait(&r->child, SLICE, &status, NULL) != 0) {
			/* All it said is there once its thread has ended. */
			stop_child(r);
			last_words(&r->said, &words);
			return err_set(e, ERR_ABSENT, "rclone ended with %d: %s",
			    status, buf_str(&words));
		}
	}
	stop_child(r);
	if (store_stopped(&r->base))
		return err_set(e, ERR_STOPPED, "asked to stop");
	return err_set(e, ERR_NET, "rclone does not serve after %d s",
	    (int)(START_MAX / 1000000));
}

static int
start(struct rclone *r, struct err *e)
{
	unsigned char random[32];
	char *addr;
	int failed;

	random_bytes(random, sizeof(random));
	hex_put(r->password, random, sizeof(random));
	if (make_folder(r) == 0) {
		addr = xasprintf("unix://%s", r->socket);
		failed = spawn(r, addr, e);
		free(addr);
		if (failed < 0)
			return -1;
		if (wait_for_it(r, e) == 0)
			return 0;
	}
	/* Before 1.61 it knows no sockets. */
	remove_folder(r);
	if (store_stopped(&r->base))
		return -1;
	return spawn(r, "127.0.0.1:0", e) < 0 || wait_for_it(r, e) < 0 ?
	    -1 : 0;
}

/* ---- the store: the REST client's, but for what a dead rclone means ---- */
static int
ended(struct rclone *r, struct err *e)
{
	CLEAN_BUF struct buf words = {0};
	int status;

	if (e == NULL || e->kind != ERR_NET)
		return -1;
	pthread_mutex_lock(&r->base.mutex);
	status = r->child.pid == 0 || proc_wait(&r->child, 0, NULL, NULL) != 0;
	pthread_mutex_unlock(&r->base.mutex);
	if (!status)
		return -1;
	last_words(&r->said, &words);
	return err_set(e, ERR_IO, "rclone has ended: %s", buf_str(&words));
}

static int
rclone_put_bytes(struct store *s, const struct store_name *n,
    const struct store_bytes *b, struct err *e)
{
	return store_put_bytes(of(s)->rest, n, b, e) < 0 ?
	    ended(of(s), e) : 0;
}

static int
rclone_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	return store_put(of(s)->rest, n, data, len, e) < 0 ? ended(of(s), e) : 0;
}

static int
rclone_get(struct store *s, const struct store_name *n, uint64_t at,
    void *out, size_t len, struct err *e)
{
	return store_get(of(s)->rest, n, at, out, len, e) < 0 ?
	    ended(of(s), e) : 0;
}

static int
rclone_flow(struct store *s, const struct store_name *n, uint64_t at,
    uint64_t len, int (*take)(void *arg, const void *data, size_t len),
    void *arg, struct err *e)
{
	return store_flow(of(s)->rest, n, at, len, take, arg, e) < 0 ?
	    ended(of(s), e) : 0;
}

static int
rclone_get_all(struct store *s, const struct store_name *n, size_t max,
    void **out, size_t *len, struct err *e)
{
	return store_get_all(of(s)->rest, n, max, out, len, e) < 0 ?
	    ended(of(s), e) : 0;
}

static int
rclone_get_first(struct store *s, const struct store_name *n, void *out,
    size_t room, uint64_t *size, struct err *e)
{
	return store_get_first(of(s)->rest, n, out, room, size, e) < 0 ?
	    ended(of(s), e) : 0;
}

static int
rclone_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	return store_size(of(s)->rest, n, size, e) < 0 ? ended(of(s), e) : 0;
}

static int
rclone_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	int r = store_list(of(s)->rest, kind, each, arg, e);

	return r < 0 ? ended(of(s), e) : r;
}

static int
rclone_remove(struct store *s, const struct store_name *n, struct err *e)
{
	return store_remove(of(s)->rest, n, e) < 0 ? ended(of(s), e) : 0;
}

static void
rclone_close(struct store *s)
{
	struct rclone *r = of(s);

	store_close(r->rest);
	stop_child(r);
	remove_folder(r);
	buf_fini(&r->said.text);
	pthread_mutex_destroy(&r->said.mutex);
	explicit_bzero(r->password, sizeof(r->password));
	free(r->program);
	free(r->args);
	free(r->remote);
	store_fini(s);
	free(r);
}

static const struct store_ops rclone_ops = {
	.scheme	= "rclone",
	.put	= rclone_put,
	.put_bytes = rclone_put_bytes,
	.get	= rclone_get,
	.flow	= rclone_flow,
	.get_all = rclone_get_all,
	.get_first = rclone_get_first,
	.size	= rclone_size,
	.list	= rclone_list,
	.remove	= rclone_remove,
	.close	= rclone_close,
};

/* Behind it, its client. */
static int
connect_to(struct rclone *r, const struct store_options *o, int create,
    struct err *e)
{
	struct rest_place p = { .label = r->base.place, .user = "fettle",
	    .password = r->password, .unix_socket = r->socket,
	    .connections = r->base.caps.connections,
	    .url = r->socket != NULL ? "http://localhost/" : r->address };
	int failed = rest_open(&p, o, create, &r->rest, e);

	r->base.inside = r->rest;
	return failed < 0 ? ended(r, e) : 0;
}

static int
check(const char *place, const struct store_options *o, unsigned *connections,
    struct err *e)
{
	static const char *const known[] = { "rclone.program", "rclone.args",
	    "rclone.connections", "rclone.timeout", NULL };

	if (far_check_options(o, "rclone.", known, e) < 0 ||
	    far_connections(o, "rclone.connections", connections, e) < 0)
		return -1;
	return *place != '\0' ? 0 : err_set(e, ERR_USAGE, "a repository of "
	    "rclone's is written rclone:REMOTE:PATH");
}

int
store_rclone_check(const char *place, const char *const *extended,
    struct err *e)
{
	const struct store_options o = { .extended = extended };
	unsigned n;

	return check(place, &o, &n, e);
}

int
store_rclone(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e)
{
	const char *program = far_option(o, "rclone.program");
	const char *args = far_option(o, "rclone.args");
	unsigned connections = FAR_CONNECTIONS;
	CLEAN_FREE char *label = xasprintf("rclone:%s", place);
	struct rclone *r;

	if (check(place, o, &connections, e) < 0)
		return -1;
	r = xalloc(sizeof(*r));
	store_init(&r->base, &rclone_ops, label, o, connections);
	r->base.caps.flows = 1;
	r->said.fd = r->parent = r->folder = -1;
	r->child = (struct proc)PROC_NONE;
	r->program = xstrdup(program != NULL ? program : "rclone");
	r->args = xstrdup(args != NULL ? args :
	    "serve restic --b2-hard-delete");
	r->remote = xstrdup(place);
	if (pthread_mutex_init(&r->said.mutex, NULL) != 0)
		abort();
	if (start(r, e) < 0 || connect_to(r, o, create, e) < 0) {
		(void)err_wrap(e, "open repository %s", label);
		rclone_close(&r->base);
		return -1;
	}
	*out = &r->base;
	return 0;
}
