/*
 * stream.c -- answers that are not whole when they begin: downloads, which a
 * command of the daemon's writes, and live events.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/err.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/xalloc.h"
#include "web/web_impl.h"

#define FIRST		((size_t)64 << 10)

/* ---- downloads ---- */
struct download {
	struct web	*w;
	uint64_t	 id;
	int		 out, talk;
	struct buf	 first;		/* read before the answer began */
	size_t		 sent;		/* of it */
};

static void
download_free(void *arg)
{
	struct download *d = arg;

	if (d->out >= 0)
		close(d->out);
	if (d->talk >= 0)
		close(d->talk);
	errands_drop(d->w, d->id);
	buf_fini(&d->first);
	free(d);
}

/* What is cut short must not look whole: how the command ended decides. */
static long
download_read(void *arg, char *to, size_t max)
{
	struct download *d = arg;
	size_t n = d->first.len - d->sent;
	ssize_t got;

	if (n > 0) {
		n = n < max ? n : max;
		memcpy(to, d->first.data + d->sent, n);
		d->sent += n;
		return (long)n;
	}
	do
		got = read(d->out, to, max);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return errands_wait(d->w, d->id) == 0 ? 0 : -1;
	return (long)got;
}

/* "attachment", with the name in both forms (RFC 6266). */
static char *
disposition(const char *path, const char *ending)
{
	CLEAN_BUF struct buf b = {0};
	const char *slash = strrchr(path, '/'), *p;
	const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 :
	    "snapshot";
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	buf_adds(&b, "attachment; filename=\"");
	for (p = name; *p != '\0'; p++)
		buf_addc(&b, strchr(plain, *p) != NULL ? *p : '_');
	buf_addf(&b, "%s\"; filename*=UTF-8''", ending);
	for (p = name; *p != '\0'; p++)
		if (strchr(plain, *p) != NULL)
			buf_addc(&b, *p);
		else
			buf_addf(&b, "%%%02X", (unsigned)(unsigned char)*p);
	buf_adds(&b, ending);
	return buf_steal(&b);
}

/* It ended before it wrote anything: its last word says why. */
static void
failed(struct download *d, struct reply *r, int status)
{
	CLEAN_BUF struct buf talk = {0};
	char *text, *line, *p;

	fd_read_all(d->talk, FIRST, &talk);
	text = (char *)(uintptr_t)buf_str(&talk);
	while (talk.len > 0 && text[talk.len - 1] == '\n')
		text[--talk.len] = '\0';
	line = (p = strrchr(text, '\n')) != NULL ? p + 1 : text;
	if (strncmp(line, "fettle: ", 8) == 0)
		line += 8;
	/* That it is there was asked before. */
	web_error(r, status == 2 ? 404 : status == 11 ? 409 : 502,
	    *line != '\0' ? line : "it could not be read");
}

static void
begin(struct download *d, struct reply *r, const char *path, const char *ending)
{
	ssize_t n;
	int status;

	do
		n = read(d->out, buf_room(&d->first, FIRST), FIRST);
	while (n < 0 && errno == EINTR);
	d->first.len = n > 0 ? (size_t)n : 0;
	if (n <= 0 && (status = errands_wait(d->w, d->id)) != 0) {
		failed(d, r, status);
		download_free(d);
		return;
	}
	r->status = 200;
	r->type = "application/octet-stream";
	r->name = disposition(path, ending);
	r->read = download_read;
	r->done = download_free;
	r->arg = d;
}

/* A folder?  The desk knows. */
static int
is_folder(struct web *w, const struct request *q, struct reply *r)
{
	int status = lane_ask(w, 1, "type", q->query, &r->body);
	int dir = strstr(buf_str(&r->body), "\"dir\"") != NULL;

	if (status == 200) {
		buf_reset(&r->body);
		return dir;
	}
	r->status = status;
	return -1;
}

void
web_download(struct web *w, const struct request *q, struct reply *r)
{
	static const char *const names[] = { "backup", "snapshot", "path" };
	const char *format = args_get(q->query, "format");
	char *args[4];
	struct download *d;
	struct err e = {0};
	const char *s;
	int fds[2], dir;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (args_need(q->query, names[i], &s, &e) < 0) {
			web_error(r, 400, e.text);
			return;
		}
		args[i] = (char *)(uintptr_t)s;
	}
	args[3] = (char *)(uintptr_t)(format != NULL ? format : "zip");
	if ((dir = is_folder(w, q, r)) < 0)
		return;
	d = xalloc(sizeof(*d));
	d->w = w;
	d->out = d->talk = -1;
	r->status = errands_stream(w, ERRAND_DUMP, args, 4, &d->id, fds,
	    &r->body);
	if (r->status != 200) {
		free(d);
		return;
	}
	d->out = fds[0];
	d->talk = fds[1];
	begin(d, r, args[2], !dir ? "" : strcmp(args[3], "tar") == 0 ? ".tar" :
	    ".zip");
}

/* ---- live ---- */
struct listener {
	struct web	*w;
	struct hub_place at;
	struct buf	 text;
	size_t		 sent;
};

static long
listener_read(void *arg, char *to, size_t max)
{
	struct listener *l = arg;
	size_t n;

	if (l->sent == l->text.len) {
		buf_reset(&l->text);
		l->sent = 0;
		hub_wait(l->w->hub, &l->at, &l->text);
	}
	n = l->text.len - l->sent;
	n = n < max ? n : max;
	memcpy(to, l->text.data + l->sent, n);
	l->sent += n;
	return (long)n;
}

static void
listener_free(void *arg)
{
	struct listener *l = arg;

	hub_leave(l->w->hub);
	buf_fini(&l->text);
	free(l);
}

void
web_live(struct web *w, struct reply *r)
{
	struct listener *l = xalloc(sizeof(*l));

	hub_enter(w->hub, &l->at);
	l->w = w;
	buf_adds(&l->text, "retry: 3000\n\n");
	r->status = 200;
	r->type = "text/event-stream";
	r->read = listener_read;
	r->done = listener_free;
	r->arg = l;
}
