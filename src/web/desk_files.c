/* desk_files.c -- any file: what happened to it, and what jobs say of it. */
#include <stdlib.h>
#include <string.h>

#include "job/find.h"
#include "job/job.h"
#include "job/why.h"
#include "util/err.h"
#include "util/xalloc.h"
#include "web/desk.h"

#define LACKS_MOST	50

/* Each event as JSON, in a ring: the newest are what is wanted. */
struct found {
	char		**v;
	size_t		 limit, n;
	char		*lacks[LACKS_MOST];
	size_t		 n_lacks;
};

static void
on_event(void *arg, const struct find_event *ev)
{
	struct found *f = arg;
	struct buf b = {0};
	struct json j = { .out = &b };

	json_object_start(&j);
	json_put_time(&j, "time", ev->time);
	json_put_some(&j, "run", ev->run);
	json_put_text(&j, "event", ev->event);
	desk_name(&j, "from", ev->from);
	desk_name(&j, "to", ev->to);
	json_put_text(&j, "job", ev->job);
	json_put_text(&j, "why", ev->why);
	json_put_text(&j, "backup", ev->backup);
	json_put_text(&j, "snapshot", ev->snapshot);
	json_object_end(&j);
	free(f->v[f->n % f->limit]);
	f->v[f->n++ % f->limit] = buf_steal(&b);
}

static void
on_lack(void *arg, const char *text)
{
	struct found *f = arg;

	if (f->n_lacks < LACKS_MOST)
		f->lacks[f->n_lacks++] = xstrdup(text);
}

static void
show(struct json *j, const struct found *f)
{
	size_t n = f->n < f->limit ? f->n : f->limit, i;
	const char *s;

	json_put_i64(j, "total", (int64_t)f->n);
	json_key(j, "events");
	json_array_start(j);
	for (i = f->n - n; i < f->n; i++) {
		s = f->v[i % f->limit];
		json_raw(j, s, strlen(s));
	}
	json_array_end(j);
	json_key(j, "lacks");
	json_array_start(j);
	for (i = 0; i < f->n_lacks; i++)
		json_bytes(j, f->lacks[i], strlen(f->lacks[i]));
	json_array_end(j);
}

int
desk_files(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	struct found f = {0};
	struct find_report r = { on_event, on_lack, &f };
	int64_t limit = 1000;
	const char *q;
	struct json j;
	size_t i;
	int ret;

	if (args_need(a, "q", &q, e) < 0 ||
	    args_number(a, "limit", 1, 5000, &limit, e) < 0)
		return -1;
	f.limit = (size_t)limit;
	f.v = xallocn(f.limit, sizeof(*f.v));
	ret = find_where(d->h, q, &r, e);
	if (ret >= 0) {
		desk_begin(&j, out);
		desk_name(&j, "q", q);
		show(&j, &f);
		desk_end(&j);
	}
	for (i = 0; i < f.limit; i++)
		free(f.v[i]);
	free(f.v);
	for (i = 0; i < f.n_lacks; i++)
		free(f.lacks[i]);
	return ret < 0 ? -1 : 0;
}

static void
on_line(void *arg, const struct why_line *l)
{
	struct json *j = arg;

	json_object_start(j);
	json_put_text(j, "job", l->job);
	json_put_text(j, "kind", l->kind);
	json_key(j, "takes");
	json_bool(j, l->takes);
	json_put_text(j, "why", l->text);
	json_object_end(j);
}

int
desk_why(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	const char *path;
	struct json j;

	if (args_need(a, "path", &path, e) < 0)
		return -1;
	if (*path != '/')
		return err_set(e, ERR_USAGE, "'path' must be absolute");
	desk_begin(&j, out);
	desk_name(&j, "path", path);
	json_key(&j, "lines");
	json_array_start(&j);
	if (job_why(d->h, path, d->now, on_line, &j, e) < 0)
		return -1;
	json_array_end(&j);
	desk_end(&j);
	return 0;
}
