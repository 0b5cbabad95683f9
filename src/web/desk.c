/* desk.c -- questions come in, answers go out, one at a time. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "job/job.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/pack.h"
#include "util/time.h"
#include "web/desk.h"
#include "web/web.h"

/* Keys and indexes are not held for nobody: the next question finds the stream
 * ended, and has another desk started. */
#define IDLE_MS		300000

static const struct {
	const char	*name;
	desk_fn		*fn;
} table[] = {
	{ "health", desk_health }, { "metrics", desk_metrics },
	{ "today", desk_today }, { "live", desk_live }, { "stop", desk_stop },
	{ "job", desk_job }, { "runs", desk_runs }, { "run", desk_run },
	{ "operations", desk_operations }, { "held", desk_held },
	{ "held_operations", desk_held_operations }, { "files", desk_files },
	{ "why", desk_why }, { "backups", desk_backups },
	{ "backup", desk_one_backup }, { "snapshots", desk_snapshots },
	{ "tree", desk_tree }, { "type", desk_type }, { "diff", desk_diff },
	{ "space", desk_space }, { "growth", desk_growth },
	{ "duplicates", desk_duplicates }, { "rules", desk_rules },
};

size_t
desk_length(const unsigned char h[DESK_HEAD])
{
	return (size_t)h[0] | (size_t)h[1] << 8 | (size_t)h[2] << 16 |
	    (size_t)h[3] << 24;
}

void
desk_add_length(struct buf *out, size_t len)
{
	int i;

	for (i = 0; i < DESK_HEAD; i++)
		buf_addc(out, (char)(len >> (8 * i) & 0xff));
}

/* ---- JSON ---- */
void
desk_begin(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
	json_begin(j);
}

void
desk_end(struct json *j)
{
	json_object_end(j);
}

void
desk_name(struct json *j, const char *key, const char *path)
{
	json_name(j, key, path, strlen(path));
}

int
desk_has(const char *text, const char *q)
{
	return q == NULL || *q == '\0' || strcasestr(text, q) != NULL;
}

int
desk_page(const struct args *a, struct page *p, struct err *e)
{
	*p = (struct page){ 0, PAGE_LIMIT };
	if (args_number(a, "offset", 0, INT64_MAX / 2, &p->offset, e) < 0 ||
	    args_number(a, "limit", 1, PAGE_MOST, &p->limit, e) < 0)
		return -1;
	return 0;
}

/* ---- the loop ---- */
static int
status_of(const struct err *e)
{
	switch (e->kind) {
	case ERR_USAGE:
		return 400;
	case ERR_NOENT:
	case ERR_ABSENT:
		return 404;
	case ERR_LOCKED:
		return 409;
	default:
		return 502;
	}
}

static int
answer(struct desk *d, const char *what, const struct args *a,
    struct buf *out)
{
	struct err e = {0};
	struct json j;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, what) == 0)
			break;
	if (i == sizeof(table) / sizeof(table[0]))
		err_set(&e, ERR_USAGE, "there is no such question");
	else if (table[i].fn(d, a, out, &e) == 0)
		return 200;
	buf_reset(out);
	desk_begin(&j, out);
	json_put_text(&j, "error", e.text);
	desk_end(&j);
	return status_of(&e);
}

/* Whole, or not at all: 1, 0 the asker is gone, -1. */
static int
read_exactly(int fd, unsigned char *to, size_t n)
{
	ssize_t got;

	while (n > 0) {
		got = read(fd, to, n);
		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0) {
			to += got;
			n -= (size_t)got;
		}
	}
	return 1;
}

static int
one(struct desk *d, int fd)
{
	CLEAN_BUF struct buf in = {0}, body = {0}, out = {0};
	CLEAN_ARGS struct args a = { .n = 0 };
	CLEAN_FREE char *what = NULL;
	unsigned char head[DESK_HEAD];
	struct unpack u;
	size_t len;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int status = 400, r;

	if (poll(&p, 1, IDLE_MS) == 0)
		return 0;
	if ((r = read_exactly(fd, head, sizeof(head))) != 1)
		return r;
	len = desk_length(head);
	if (len > DESK_QUESTION_MAX)
		return -1;
	if ((r = read_exactly(fd, buf_room(&in, len), len)) != 1)
		return r;
	u = unpack_start(in.data, len);
	what = unpack_str(&u);
	if (args_unpack(&a, &u) == 0 && unpack_end(&u) == 0) {
		d->now = time_now();
		status = answer(d, what, &a, &body);
	}
	desk_add_length(&out, body.len + 2);
	buf_addc(&out, (char)(status & 0xff));
	buf_addc(&out, (char)(status >> 8));
	buf_add(&out, body.data, body.len);
	return fd_write_all(fd, out.data, out.len) < 0 ? -1 : 1;
}

int
desk_serve(const struct settings *s, const char *file, int fd, struct err *e)
{
	struct desk d = { .last_run = -1, .file = file };
	int r;

	if (hall_open(s, HALL_ASK, "the dashboard", 0, NULL, &d.h, e) < 0)
		return -1;
	while ((r = one(&d, fd)) == 1)
		;
	desk_folder_free(d.folder);
	desk_tally_free(d.tally);
	desk_changes_free(d.changes);
	hall_close(d.h);
	return r < 0 ? err_sys(e, "talk to the dashboard") : 0;
}
