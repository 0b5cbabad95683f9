#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "crypto/random.h"
#include "daemon/web_impl.h"
#include "job/set_web.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/json.h"
#include "util/xalloc.h"
#include "web/listen.h"

#define FILE_MAX	((size_t)64 << 10)
#define AGAIN		INT64_C(1000000)	/* the first time */
#define AGAIN_MOST	INT64_C(60000000)
#define TOKEN		32

/* ---- the child's end ---- */
static void
stop_child(struct web_side *w)
{
	size_t i;

	if (w->channel.fd >= 0) {
		loop_remove(&w->d->loop, &w->channel);
		close(w->channel.fd);
		w->channel.fd = -1;
	}
	web_end(w->d, &w->child, &w->gone);
	for (i = 0; i < WEB_LANES; i++)
		web_end(w->d, &w->desks[i].proc, &w->desks[i].watch);
	for (i = 0; i < WEB_ERRANDS; i++)	/* nobody is left to hear of them */
		w->errands[i].id = 0;
}

void
web_tell(struct web_side *w, const struct buf *m, const int *fds, size_t n)
{
	if (w->channel.fd < 0 || channel_send(w->channel.fd, m, fds, n) == 0)
		return;
	say(w->d, LOG_WARNING, "the dashboard's server does not listen; it is "
	    "started anew");
	proc_signal(&w->child, SIGKILL);
}

/* ---- the child ---- */
static void
on_message(void *arg, uint32_t events)
{
	struct channel_in in = { .fds = { -1, -1 } };
	struct web_side *w = arg;
	struct unpack u;

	(void)events;
	if (channel_take(w->channel.fd, &in) != 1) {
		if (errno != EAGAIN && errno != EINTR) {
			loop_remove(&w->d->loop, &w->channel);
			close(w->channel.fd);
			w->channel.fd = -1;
		}
		channel_in_fini(&in);
		return;
	}
	u = unpack_start(in.bytes.data, in.bytes.len);
	switch (unpack_u64(&u)) {
	case CHANNEL_ASK_DESK:
		web_give_desk(w, unpack_u64(&u));
		break;
	case CHANNEL_START:
		web_errand(w, &u);
		break;
	case CHANNEL_STOP:
		web_stop_errand(w, unpack_u64(&u));
		break;
	default:
		break;
	}
	channel_in_fini(&in);
}

static void
later(struct web_side *w)
{
	timer_set(&w->again, w->wait);
	w->wait = w->wait * 2 > AGAIN_MOST ? AGAIN_MOST : w->wait * 2;
}

static void
on_child_end(void *arg, uint32_t events)
{
	struct web_side *w = arg;
	int status;

	(void)events;
	status = web_reap(w->d, &w->child, &w->gone);
	stop_child(w);
	if (w->d->ending)
		return;
	say(w->d, LOG_ERROR, "the dashboard's server ended with %d; it is "
	    "started anew", status);
	later(w);
}

/* A small file that the configuration names; without the end of its line. */
static int
read_small(const char *path, int is_line, char **out, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	CLEAN_FD int fd = -1;
	size_t i;

	if (path == NULL) {
		*out = xstrdup("");
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fd_read_all(fd, FILE_MAX, &b) < 0)
		return err_sys(e, "read %s for the dashboard", path);
	while (is_line && b.len > 0 && (b.data[b.len - 1] == '\n' ||
	    b.data[b.len - 1] == '\r'))
		b.len--;
	for (i = 0; i < b.len; i++)
		if (b.data[i] == '\0')
			return err_set(e, ERR_CONF, "%s is no text", path);
	if (b.len == 0)
		return err_set(e, ERR_CONF, "%s is empty", path);
	*out = buf_steal(&b);
	return 0;
}

static void
add_host(struct web_setup *s, size_t *n, const char *name)
{
	if (*n < WEB_HOSTS - 1)
		s->hosts[(*n)++] = xstrdup(name);
}

static void
find_hosts(const struct set_web *set, struct web_setup *s)
{
	char name[256] = "";
	char **h;
	size_t n = 0;

	s->hosts = xallocn(WEB_HOSTS, sizeof(*s->hosts));
	add_host(s, &n, "127.0.0.1");
	add_host(s, &n, "localhost");
	add_host(s, &n, "[::1]");
	for (h = set->hosts; h != NULL && *h != NULL; h++)
		add_host(s, &n, *h);
	if (set->is_loopback)
		return;
	add_host(s, &n, set->address);
	if (gethostname(name, sizeof(name) - 1) == 0 && *name != '\0')
		add_host(s, &n, name);
}

static int
send_setup(struct web_side *w, struct err *e)
{
	const struct set_web *set = (*w->d->s)->web;
	struct web_setup s = { .is_unix = set->is_unix,
	    .is_loopback = set->is_loopback, .port = set->port };
	CLEAN_BUF struct buf m = {0};
	int r;

	find_hosts(set, &s);
	r = read_small(set->password_file, 1, &s.password, e);
	if (r == 0)
		r = read_small(set->certificate, 0, &s.certificate, e);
	if (r == 0)
		r = read_small(set->key, 0, &s.key, e);
	if (r == 0) {
		pack_u64(&m, CHANNEL_SETUP);
		web_setup_pack(&s, &m);
		if (channel_send(w->channel.fd, &m, &w->listener, 1) < 0)
			r = err_sys(e, "talk to the dashboard's server");
	}
	if (m.data != NULL)
		explicit_bzero(m.data, m.len);
	web_setup_fini(&s);
	return r;
}

static int
start_child(struct web_side *w, struct err *e)
{
	static const char *const argv[] = { WEB_EXE, "web", "--child", NULL };
	int pair[2];

	if (channel_pair(pair) < 0)
		return err_sys(e, "make a pair of sockets");
	w->channel = (struct watch){ .fd = pair[0], .ready = on_message,
	    .arg = w };
	if (web_start(w->d, argv, pair[1], -1, STDERR_FILENO, 0, &w->child, e) < 0) {
		close(pair[1]);
		return -1;
	}
	close(pair[1]);
	if (web_watch_end(w->d, &w->child, &w->gone, on_child_end, w, e) < 0 ||
	    loop_add(&w->d->loop, &w->channel, e) < 0)
		return -1;
	return send_setup(w, e);
}

static void
serve(struct web_side *w)
{
	const struct set_web *set = (*w->d->s)->web;
	struct err e = {0};

	if (w->inherited && listen_is_unix(w->listener) != set->is_unix) {
		say(w->d, LOG_ERROR, "the socket that systemd gave is not what "
		    "web.listen says (%s); the dashboard is not served",
		    set->listen);
		return;
	}
	if (w->listener < 0) {
		w->listener = listen_open(set, w->d->h->state, &e);
		if (w->listener < 0) {
			say_error(w->d, &e);
			w->wait = AGAIN_MOST;
			later(w);
			return;
		}
	}
	if (start_child(w, &e) < 0) {
		say_error(w->d, &e);
		stop_child(w);
		later(w);
		return;
	}
	say(w->d, LOG_INFO, "the dashboard is served (%s); its link: "
	    "fettle web", set->listen);
}

static void
on_again(void *arg, uint32_t events)
{
	struct web_side *w = arg;

	(void)events;
	if (timer_take(&w->again) == 1 && !w->d->ending &&
	    (*w->d->s)->web != NULL && w->child.pid == 0)
		serve(w);
}

void
web_open(struct daemon *d)
{
	struct web_side *w = xalloc(sizeof(*w));
	struct err e = {0};
	size_t i;

	*w = (struct web_side){ .d = d, .listener = listen_inherited(),
	    .child = PROC_NONE, .gone.fd = -1, .channel.fd = -1, .wait = AGAIN,
	    .again.watch.fd = -1 };
	w->inherited = w->listener >= 0;
	for (i = 0; i < WEB_LANES; i++)
		w->desks[i].proc = (struct proc)PROC_NONE;
	for (i = 0; i < WEB_ERRANDS; i++)
		w->errands[i].proc = (struct proc)PROC_NONE;
	d->web = w;
	if (timer_open(&w->again, &d->loop, CLOCK_MONOTONIC, on_again, w,
	    &e) < 0)
		say_error(d, &e);
	else if ((*d->s)->web != NULL)
		serve(w);
}

/* The settings were exchanged; same: `web` says what it said before. */
void
web_reload(struct daemon *d, int same)
{
	struct web_side *w = d->web;
	size_t i;

	if (w == NULL)
		return;
	if (same) {			/* only the desks have read the old ones */
		for (i = 0; i < WEB_LANES; i++)
			web_end(d, &w->desks[i].proc, &w->desks[i].watch);
		return;
	}
	stop_child(w);
	if (w->listener >= 0 && !w->inherited) {
		close(w->listener);
		w->listener = -1;
	}
	w->wait = AGAIN;
	if ((*d->s)->web != NULL)
		serve(w);
}

void
web_close(struct daemon *d)
{
	struct web_side *w = d->web;
	size_t i;

	if (w == NULL)
		return;
	stop_child(w);
	for (i = 0; i < WEB_ERRANDS; i++)
		web_end(d, &w->errands[i].proc, &w->errands[i].watch);
	if (w->listener >= 0)
		close(w->listener);
	timer_close(&w->again, &d->loop);
	free(w);
	d->web = NULL;
}

/* Where the socket that systemd gave us lies; "" for any other. */
static const char *
path_of(int fd, struct sockaddr_un *a)
{
	socklen_t len = sizeof(*a);

	memset(a, 0, sizeof(*a));
	if (getsockname(fd, (struct sockaddr *)a, &len) < 0 ||
	    a->sun_family != AF_UNIX)
		return "";
	a->sun_path[sizeof(a->sun_path) - 1] = '\0';
	return a->sun_path;
}

int
web_link(struct daemon *d, struct buf *out)
{
	struct web_side *w = d->web;
	unsigned char secret[TOKEN];
	char hex[2 * TOKEN + 1];
	struct sockaddr_un a;
	CLEAN_BUF struct buf m = {0};
	struct json j = { .out = out };

	if (w == NULL || w->child.pid == 0 || (*d->s)->web == NULL)
		return -1;
	random_bytes(secret, sizeof(secret));
	hex_put(hex, secret, sizeof(secret));
	pack_u64(&m, CHANNEL_TOKEN);
	pack_str(&m, hex);
	web_tell(w, &m, NULL, 0);
	json_begin(&j);
	json_key(&j, "token");
	json_str(&j, hex);
	json_key(&j, "listen");
	json_str(&j, (*d->s)->web->listen);
	json_key(&j, "tls");
	json_bool(&j, (*d->s)->web->certificate != NULL);
	if (w->inherited && (*d->s)->web->is_unix) {
		json_key(&j, "socket");
		json_str(&j, path_of(w->listener, &a));
	}
	json_object_end(&j);
	return 0;
}

