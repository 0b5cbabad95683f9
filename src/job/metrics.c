#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "apply/place.h"
#include "catalog/catalog.h"
#include "fs/dir.h"
#include "job/metrics.h"
#include "job/room.h"
#include "job/state.h"
#include "job/vault.h"
#include "metrics/metrics.h"
#include "repo/index.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define SPACE	"metrics"
#define STATES	(RUN_REJECTED + 1)

/* What only grows. */
struct counts {
	uint64_t	 runs[STATES];
	uint64_t	 files, bytes, errors;
	int64_t		 took, last;	/* µs: in all, the last time */
	uint64_t	 size;		/* of a repository; does not only grow */
};

static void
counts_get(struct hall *h, const char *job, struct counts *c)
{
	CLEAN_BUF struct buf b = {0};
	struct err ignored = {0};
	struct unpack u;
	size_t i;

	*c = (struct counts){ .files = 0 };
	if (catalog_get(h->catalog, SPACE, job, &b, &ignored) != 1)
		return;
	u = unpack_start(b.data, b.len);
	for (i = 0; i < STATES; i++)
		c->runs[i] = unpack_u64(&u);
	c->files = unpack_u64(&u);
	c->bytes = unpack_u64(&u);
	c->errors = unpack_u64(&u);
	c->took = unpack_i64(&u);
	c->last = unpack_i64(&u);
	c->size = unpack_u64(&u);
	if (unpack_end(&u) < 0)		/* counters may begin anew */
		*c = (struct counts){ .files = 0 };
}

static int
counts_put(struct hall *h, const char *job, const struct counts *c,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	for (i = 0; i < STATES; i++)
		pack_u64(&b, c->runs[i]);
	pack_u64(&b, c->files);
	pack_u64(&b, c->bytes);
	pack_u64(&b, c->errors);
	pack_i64(&b, c->took);
	pack_i64(&b, c->last);
	pack_u64(&b, c->size);
	return catalog_put(h->catalog, SPACE, job, b.data, b.len, e);
}

static int
add_pack(void *arg, const struct index_pack *p)
{
	uint64_t *sum = arg, sealed = 0, zipped = 0;
	size_t i;

	for (i = 0; i < p->n; i++) {
		sealed += p->v[i].length;
		zipped += p->v[i].compressed != 0;
	}
	*sum += pack_size(p->n - zipped, zipped, sealed);
	return 0;
}

/* What the packs hold, by the index: nobody has to list them.  It stays as it
 * was where that cannot be told. */
static void
measure(struct hall *h, const struct job *j, uint64_t *size)
{
	struct err ignored = {0};
	uint64_t sum = 0;
	struct repo *r;

	if (j->backup != NULL && vault_index(h, j, &r, &ignored) == 0 &&
	    index_packs(r->index, add_pack, &sum, &ignored) == 0)
		*size = sum;
}

void
metrics_count(struct hall *h, const struct part *pt,
    const struct job_totals *before, const struct job_totals *after,
    int64_t took)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};
	struct err e = {0};
	struct counts c;

	if (pt->job == NULL || state_get(h, pt->name, &m, &e) != 1)
		return;
	counts_get(h, pt->name, &c);
	if (m.state >= 0 && m.state < STATES)
		c.runs[m.state]++;
	c.files += pt->job->kind == JOB_BACKUP ? after->files - before->files :
	    after->done - before->done;
	c.bytes += after->bytes - before->bytes;
	c.errors += after->failed - before->failed;
	c.took += took;
	c.last = took;
	if (m.state == RUN_DONE || m.state == RUN_PARTIAL)
		measure(h, pt->job, &c.size);
	if (counts_put(h, pt->name, &c, &e) < 0 && h->log != NULL)
		log_line(h->log, LOG_ERROR, e.text);
}

/* ---- the text ---- */
struct job_facts {
	const struct job *job;
	struct job_memory m;
	struct job_status s;
	struct counts	 c;
};

struct telling {
	struct buf	*out;
	struct job_facts *v;
	size_t		 n;
};

static const char *const *
label(const char *job, const char *labels[3])
{
	labels[0] = "job";
	labels[1] = job;
	labels[2] = NULL;
	return labels;
}

/* One value a job; ask says 1 if there is one. */
static void
each_job(struct telling *t, const char *name, enum metrics_type type,
    const char *help, int (*ask)(const struct job_facts *f, double *v))
{
	const char *labels[3];
	double v;
	size_t i;

	metrics_family(t->out, name, type, help);
	for (i = 0; i < t->n; i++)
		if (ask(&t->v[i], &v))
			metrics_sample(t->out, name, label(t->v[i].job->name,
			    labels), v);
}

static int
seconds(int64_t us, double *v)
{
	*v = (double)us / 1e6;
	return us != 0;
}

static int
last_success(const struct job_facts *f, double *v)
{
	return seconds(f->m.last_success, v);
}

static int
last_run(const struct job_facts *f, double *v)
{
	return seconds(f->m.last_run, v);
}

static int
next_run(const struct job_facts *f, double *v)
{
	return seconds(f->s.next, v);
}

static int
is_ok(const struct job_facts *f, double *v)
{
	*v = !job_health_is_bad(f->s.health);
	return 1;
}

static int
is_running(const struct job_facts *f, double *v)
{
	*v = f->s.health == HEALTH_RUNNING;
	return 1;
}

static int
is_late(const struct job_facts *f, double *v)
{
	*v = f->s.health == HEALTH_LATE;
	return 1;
}

static int
files(const struct job_facts *f, double *v)
{
	*v = (double)f->c.files;
	return 1;
}

static int
bytes(const struct job_facts *f, double *v)
{
	*v = (double)f->c.bytes;
	return f->job->kind == JOB_BACKUP;
}

static int
repository(const struct job_facts *f, double *v)
{
	*v = (double)f->c.size;
	return f->c.size > 0;
}

static int
errors(const struct job_facts *f, double *v)
{
	*v = (double)f->c.errors;
	return 1;
}

static int
took(const struct job_facts *f, double *v)
{
	*v = (double)f->c.took / 1e6;
	return 1;
}

static int
last_took(const struct job_facts *f, double *v)
{
	return seconds(f->c.last, v);
}

static void
tell_runs(struct telling *t)
{
	size_t i, s;

	metrics_family(t->out, "fettle_runs_total", METRICS_COUNTER,
	    "Runs of a job that ended, by how they ended.");
	for (i = 0; i < t->n; i++)
		for (s = RUN_DONE; s < STATES; s++)
			if (t->v[i].c.runs[s] > 0 || s == RUN_DONE ||
			    s == RUN_FAILED)
				metrics_sample(t->out, "fettle_runs_total",
				    (const char *const[]){ "job",
				    t->v[i].job->name, "state",
				    run_state_name((enum run_state)s),
				    NULL }, (double)t->v[i].c.runs[s]);
}

/* ---- room where backups go ---- */
static void
tell_room(struct telling *t, const char *name, const char *help, int all)
{
	const char *labels[3];
	struct statvfs v;
	const char *place;
	size_t i;

	metrics_family(t->out, name, METRICS_GAUGE, help);
	for (i = 0; i < t->n; i++) {
		place = room_place(t->v[i].job);
		if (place != NULL && statvfs(place, &v) == 0)
			metrics_sample(t->out, name, label(t->v[i].job->name,
			    labels), (double)(all ? v.f_blocks : v.f_bavail) *
			    (double)v.f_frsize);
	}
}

static int
count_held(void *arg, const char *name, const void *data, size_t len)
{
	(void)name;
	(void)data;
	(void)len;
	++*(size_t *)arg;
	return 0;
}

static int
tell_held(struct telling *t, struct hall *h, struct err *e)
{
	size_t n = 0;

	if (catalog_each(h->catalog, "held", count_held, &n, e) < 0)
		return -1;
	metrics_family(t->out, "fettle_held_runs", METRICS_GAUGE,
	    "Runs that wait for approve or reject.");
	metrics_sample(t->out, "fettle_held_runs", NULL, (double)n);
	return 0;
}

static void
tell_jobs(struct telling *t)
{
	each_job(t, "fettle_last_success_timestamp_seconds", METRICS_GAUGE,
	    "When a job last ended well.", last_success);
	each_job(t, "fettle_last_run_timestamp_seconds", METRICS_GAUGE,
	    "When a job last ended, in whatever way.", last_run);
	each_job(t, "fettle_next_run_timestamp_seconds", METRICS_GAUGE,
	    "When a job is due next.", next_run);
	each_job(t, "fettle_job_ok", METRICS_GAUGE,
	    "0 if a job is late, held, or its last run failed or left "
	    "something undone.", is_ok);
	each_job(t, "fettle_job_late", METRICS_GAUGE,
	    "1 if a job has not run, or not succeeded, when it should have.",
	    is_late);
	each_job(t, "fettle_job_running", METRICS_GAUGE,
	    "1 while a job runs.", is_running);
	tell_runs(t);
	each_job(t, "fettle_files_total", METRICS_COUNTER,
	    "Files that a job backed up, moved, or otherwise acted on.", files);
	each_job(t, "fettle_bytes_total", METRICS_COUNTER,
	    "Bytes that a backup copied.", bytes);
	each_job(t, "fettle_errors_total", METRICS_COUNTER,
	    "Operations of a job that failed.", errors);
	each_job(t, "fettle_duration_seconds_total", METRICS_COUNTER,
	    "How long a job worked, in all.", took);
	each_job(t, "fettle_last_duration_seconds", METRICS_GAUGE,
	    "How long the last run of a job took.", last_took);
	each_job(t, "fettle_repository_size_bytes", METRICS_GAUGE,
	    "What a backup's repository held after its last run.", repository);
	tell_room(t, "fettle_destination_free_bytes",
	    "Room that is left where a job's data goes.", 0);
	tell_room(t, "fettle_destination_size_bytes",
	    "Size of the file system where a job's data goes.", 1);
}

int
job_metrics(struct hall *h, int64_t now, struct buf *out, struct err *e)
{
	struct telling t = { .out = out, .n = h->s->n_jobs };
	size_t i;
	int r = 0;

	t.v = xallocn(t.n + 1, sizeof(*t.v));
	for (i = 0; r == 0 && i < t.n; i++) {
		t.v[i].job = &h->s->jobs[i];
		if (job_status(h, t.v[i].job, now, &t.v[i].s, e) < 0 ||
		    state_get(h, t.v[i].job->name, &t.v[i].m, e) < 0)
			r = -1;
		counts_get(h, t.v[i].job->name, &t.v[i].c);
	}
	metrics_family(out, "fettle_info", METRICS_GAUGE, "Which fettle this is.");
	metrics_sample(out, "fettle_info", (const char *const[]){ "version",
	    FETTLE_VERSION, NULL }, 1);
	if (r == 0)
		tell_jobs(&t);
	if (r == 0)
		r = tell_held(&t, h, e);
	for (i = 0; i < t.n; i++)
		state_fini(&t.v[i].m);
	free(t.v);
	return r;
}

/* ---- the textfile ---- */
static int
write_file(struct hall *h, const char *path, int64_t now, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *dir = xstrndup(path, slash == path ? 1 :
	    (size_t)(slash - path));
	struct fs_dir *d;
	int r;

	if (job_metrics(h, now, &b, e) < 0 || fs_dir_open(dir, &d, e) < 0)
		return -1;
	r = place_show(d, slash + 1, b.data, b.len, e);
	fs_dir_free(d);
	return r;
}

void
metrics_write(struct hall *h, int64_t now)
{
	struct err e = {0};

	if (h->s->metrics != NULL && write_file(h, h->s->metrics, now, &e) < 0 &&
	    h->log != NULL) {
		err_wrap(&e, "the metrics are not written");
		log_line(h->log, LOG_WARNING, e.text);
	}
}
