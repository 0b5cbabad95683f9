/* live.c -- how far each job is: told by who does it, asked from the owner. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "job/live.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/pack.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/time.h"
#include "util/xalloc.h"

#define CURRENT_MAX	4096	/* bytes of a path that are told */
#define SMOOTH		0.7	/* how much of the rate before stays */

/* ---- by whoever works ---- */
int
live_is_due(const struct live *l)
{
	return l->told == 0 || time_mono() - l->told >= LIVE_EVERY;
}

/* Bytes a second since the last report, evened out. */
static void
measure(struct live *l, uint64_t bytes)
{
	int64_t now = time_mono();
	double rate;

	if (l->told != 0 && now > l->told && bytes >= l->bytes) {
		rate = (double)(bytes - l->bytes) * 1e6 / (double)(now - l->told);
		l->rate = l->rate > 0 ? l->rate * SMOOTH + rate * (1 - SMOOTH) :
		    rate;
	} else
		l->rate = 0;
	l->told = now;
	l->bytes = bytes;
}

void
live_tell(struct live *l, struct catalog *c, const struct live_report *r)
{
	CLEAN_BUF struct buf b = {0};
	const char *current = r->current != NULL ? r->current : "";

	measure(l, r->bytes);
	pack_str(&b, r->job);
	pack_str(&b, r->phase);
	pack_bytes(&b, current, strnlen(current, CURRENT_MAX));
	pack_i64(&b, r->run);
	pack_i64(&b, r->began);
	pack_u64(&b, r->files);
	pack_u64(&b, r->total_files);
	pack_u64(&b, r->bytes);
	pack_u64(&b, r->total_bytes);
	pack_u64(&b, (uint64_t)l->rate);
	catalog_report(c, b.data, b.len);
}

void
live_end(struct live *l, struct catalog *c)
{
	catalog_report(c, NULL, 0);
	*l = (struct live){0};
}

/* ---- by the owner ---- */
struct heard {
	pid_t		 pid;
	char		*job, *phase;
	char		*current;
	size_t		 current_len;
	int64_t		 run, began;
	uint64_t	 files, total_files, bytes, total_bytes, rate;
};

struct all_heard {
	struct heard	*v;
	size_t		 n, cap;
};

static void
hear(void *arg, pid_t pid, const void *data, size_t len)
{
	struct unpack u = unpack_start(data, len);
	struct all_heard *all = arg;
	struct heard h = { .pid = pid };
	const void *current;

	h.job = unpack_str(&u);
	h.phase = unpack_str(&u);
	current = unpack_bytes(&u, &h.current_len);
	h.run = unpack_i64(&u);
	h.began = unpack_i64(&u);
	h.files = unpack_u64(&u);
	h.total_files = unpack_u64(&u);
	h.bytes = unpack_u64(&u);
	h.total_bytes = unpack_u64(&u);
	h.rate = unpack_u64(&u);
	if (unpack_end(&u) < 0) {
		free(h.job);
		free(h.phase);
		return;
	}
	h.current = xalloc(h.current_len + 1);
	memcpy(h.current, current, h.current_len);
	XGROW(all->v, all->n, all->cap);
	all->v[all->n++] = h;
}

static void
all_heard_fini(struct all_heard *all)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		free(all->v[i].job);
		free(all->v[i].phase);
		free(all->v[i].current);
	}
	free(all->v);
}

#define CLEAN_HEARD	__attribute__((cleanup(all_heard_fini)))

static void
number(struct json *j, const char *key, uint64_t v, int known)
{
	json_key(j, key);
	if (known)
		json_u64(j, v);
	else
		json_null(j);
}

/* Of a worker and what was heard of it; either may be missing. */
static void
one(struct json *j, const struct live_worker *w, const struct heard *h)
{
	const char *job = "", *what = "run", *phase = "start";
	int64_t pid = 0, since = 0;

	if (h != NULL) {
		job = h->job;
		phase = h->phase;
		pid = h->pid;
		since = h->began;
	}
	if (w != NULL) {
		job = h != NULL ? job : w->job;
		what = w->what;
		pid = h != NULL ? pid : w->pid;
		since = w->since;
	}

	json_object_start(j);
	json_key(j, "job");
	json_bytes(j, job, strlen(job));
	json_key(j, "what");
	json_str(j, what);
	number(j, "run", h ? (uint64_t)h->run : 0, h != NULL && h->run > 0);
	json_key(j, "pid");
	json_i64(j, pid);
	json_put_time(j, "since", since);
	json_key(j, "phase");
	json_str(j, phase);
	number(j, "files", h ? h->files : 0, h != NULL);
	number(j, "total_files", h ? h->total_files : 0,
	    h != NULL && h->total_files > 0);
	number(j, "bytes", h ? h->bytes : 0, h != NULL);
	number(j, "total_bytes", h ? h->total_bytes : 0,
	    h != NULL && h->total_bytes > 0);
	number(j, "rate", h ? h->rate : 0, h != NULL);
	if (h != NULL && h->current_len > 0)
		json_name(j, "current", h->current, h->current_len);
	else {
		json_key(j, "current");
		json_null(j);
	}
	json_object_end(j);
}

static const struct live_worker *
worker_of(const struct live_worker *w, size_t n, pid_t pid)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (w[i].pid == pid)
			return &w[i];
	return NULL;
}

static const struct heard *
heard_of(const struct all_heard *all, pid_t pid)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->v[i].pid == pid)
			return &all->v[i];
	return NULL;
}

void
live_running(struct catalog *c, const struct live_worker *w, size_t n,
    struct json *j)
{
	CLEAN_HEARD struct all_heard all = {0};
	size_t i;

	catalog_reports(c, hear, &all);
	json_key(j, "running");
	json_array_start(j);
	for (i = 0; i < n; i++)
		one(j, &w[i], heard_of(&all, w[i].pid));
	for (i = 0; i < all.n; i++)
		if (worker_of(w, n, all.v[i].pid) == NULL)
			one(j, NULL, &all.v[i]);
	json_array_end(j);
}

void
live_names(struct catalog *c, const struct live_worker *w, size_t n,
    struct buf *out)
{
	CLEAN_HEARD struct all_heard all = {0};
	const struct heard *h;
	size_t i;

	catalog_reports(c, hear, &all);
	for (i = 0; i < n; i++) {
		h = heard_of(&all, w[i].pid);
		buf_addf(out, "%s\n", h != NULL ? h->job : w[i].job);
	}
	for (i = 0; i < all.n; i++)
		if (worker_of(w, n, all.v[i].pid) == NULL)
			buf_addf(out, "%s\n", all.v[i].job);
}

static void
add_how_far(struct buf *out, const struct heard *h)
{
	buf_addf(out, ": %s", h->phase);
	if (h->files > 0 || h->total_files > 0)
		buf_addf(out, ", %llu", (unsigned long long)h->files);
	if (h->total_files > 0)
		buf_addf(out, " of %llu", (unsigned long long)h->total_files);
	if (h->files > 0 || h->total_files > 0)
		buf_adds(out, " files");
	if (h->bytes > 0) {
		buf_adds(out, ", ");
		size_print(out, h->bytes);
	}
	if (h->rate > 0) {
		buf_adds(out, ", ");
		size_print(out, h->rate);
		buf_adds(out, "/s");
	}
	if (h->current_len > 0) {
		buf_adds(out, ", ");
		quote_add(out, h->current, h->current_len);
	}
}

void
live_how_far(struct catalog *c, pid_t pid, struct buf *out)
{
	CLEAN_HEARD struct all_heard all = {0};
	const struct heard *h;

	catalog_reports(c, hear, &all);
	h = heard_of(&all, pid);
	if (h != NULL)
		add_how_far(out, h);
}

void
live_others(struct catalog *c, const struct live_worker *w, size_t n,
    struct buf *out)
{
	CLEAN_HEARD struct all_heard all = {0};
	size_t i;

	catalog_reports(c, hear, &all);
	for (i = 0; i < all.n; i++) {
		if (worker_of(w, n, all.v[i].pid) != NULL)
			continue;
		buf_adds(out, "running  ");
		quote_str(out, all.v[i].job);
		buf_addf(out, " (pid %ld) since ", (long)all.v[i].pid);
		time_local(out, all.v[i].began);
		add_how_far(out, &all.v[i]);
		buf_addc(out, '\n');
	}
}

static int
answer(void *arg, const char *question, struct buf *out)
{
	struct catalog *c = arg;
	struct json j = { .out = out };

	if (strcmp(question, "running") == 0) {
		live_names(c, NULL, 0, out);
		return 0;
	}
	if (strcmp(question, "status") == 0) {
		live_others(c, NULL, 0, out);
		return 0;
	}
	if (strcmp(question, "progress") != 0)
		return -1;
	json_begin(&j);
	json_key(&j, "daemon");
	json_null(&j);
	live_running(c, NULL, 0, &j);
	json_key(&j, "waiting");
	json_array_start(&j);
	json_array_end(&j);
	json_object_end(&j);
	json_line(&j);
	return 0;
}

void
live_answer(struct catalog *c)
{
	catalog_on_live(c, answer, c);
}
