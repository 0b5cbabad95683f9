/*
 * plan.c -- the list of operations, in memory or beside it.
 *
 * Operations lie in chunks of CHUNK bytes; each chunk can be read alone.  Past
 * PLAN_MEMORY the full chunks go to an unnamed file, in order; the one being
 * filled stays in memory.  Where the cache folder's file system knows no
 * unnamed files (O_TMPFILE) the plan stays in memory: slower is better than
 * a file that somebody must clean up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/who.h"
#include "plan/plan_impl.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define CHUNK	((size_t)256 << 10)

struct plan_reader {
	const struct plan	*plan;
	struct codec		 codec;
	size_t			 chunk, at;
	struct buf		 read;		/* a chunk from the spool */
	const unsigned char	*data;		/* of the chunk in hand */
	size_t			 len;
	int			 have;
};

struct plan *
plan_new(int spool_dir)
{
	struct plan *p = xalloc(sizeof(*p));

	p->spool_dir = spool_dir;
	p->spool = -1;
	intern_add(&p->texts, "");
	return p;
}

void
plan_free(struct plan *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n_chunks; i++)
		buf_fini(&p->chunks[i].bytes);
	free(p->chunks);
	free(p->jobs);
	arena_fini(&p->own);
	intern_fini(&p->dirs);
	intern_fini(&p->texts);
	if (p->spool >= 0)
		close(p->spool);
	free(p);
}

uint32_t
plan_add_job(struct plan *p, const char *name, const char *kind, uint64_t hash)
{
	struct job_record *j;

	XGROW(p->jobs, p->n_jobs, p->cap_jobs);
	j = &p->jobs[p->n_jobs];
	*j = (struct job_record){ .job = { arena_str(&p->own, name),
	    arena_str(&p->own, kind), hash, 0 } };
	return (uint32_t)p->n_jobs++;
}

void
plan_count_files(struct plan *p, uint32_t job, uint64_t files)
{
	if (job < p->n_jobs)
		p->jobs[job].job.files += files;
}

const struct plan_job *
plan_job(const struct plan *p, uint32_t job)
{
	return job < p->n_jobs ? &p->jobs[job].job : NULL;
}

size_t
plan_jobs(const struct plan *p)
{
	return p->n_jobs;
}

uint32_t
plan_add_dir(struct plan *p, const char *path)
{
	return intern_add(&p->dirs, path);
}

const char *
plan_dir(const struct plan *p, uint32_t dir)
{
	return intern_str(&p->dirs, dir);
}

uint32_t
plan_add_text(struct plan *p, const char *text)
{
	return intern_add(&p->texts, text ? text : "");
}

const char *
plan_text(const struct plan *p, uint32_t text)
{
	return intern_str(&p->texts, text);
}

/* The unnamed file, if there may be one: -1 and errno set if not. */
static int
open_spool(struct plan *p)
{
	CLEAN_WHO uid_t before = fs_who();

	/* The cache is ours, whoever we plan for at the moment. */
	fs_be(geteuid(), NULL);
	if (p->spool < 0)
		p->spool = openat(p->spool_dir, ".",
		    O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	return p->spool < 0 ? -1 : 0;
}

/* Write the full chunks that are still in memory. */
static int
spool_out(struct plan *p, struct err *e)
{
	struct chunk *c;

	if (open_spool(p) < 0) {
		p->spool_dir = -1;
		return errno == ENOSPC || errno == EDQUOT ?
		    err_sys(e, "no room for the plan in the cache folder") : 0;
	}
	for (; p->n_spooled < p->n_chunks; p->n_spooled++) {
		c = &p->chunks[p->n_spooled];
		if (fd_write_all(p->spool, c->bytes.data, c->bytes.len) < 0)
			return err_sys(e, "write the plan to the cache folder");
		c->at = p->spool_size;
		c->len = c->bytes.len;
		p->spool_size += (off_t)c->len;
		p->memory -= c->bytes.cap;
		buf_fini(&c->bytes);
	}
	return 0;
}

static struct chunk *
tail(struct plan *p, size_t want, struct err *e)
{
	struct chunk *c;

	if (p->n_chunks > 0) {
		c = &p->chunks[p->n_chunks - 1];
		if (c->bytes.cap > 0 && CHUNK - c->bytes.len >= want)
			return c;
	}
	if (p->memory > PLAN_MEMORY && p->spool_dir >= 0 &&
	    spool_out(p, e) < 0)
		return NULL;
	XGROW(p->chunks, p->n_chunks, p->cap_chunks);
	c = &p->chunks[p->n_chunks++];
	*c = (struct chunk){0};
	buf_room(&c->bytes, want > CHUNK ? want : CHUNK);
	p->memory += c->bytes.cap;
	p->codec = (struct codec){0};
	return c;
}

int
plan_add(struct plan *p, const struct op *op, struct err *e)
{
	size_t want = 512 + op->extra_len, cap;
	struct chunk *c;

	want += op->from ? strlen(op->from) : 0;
	want += op->to ? strlen(op->to) : 0;
	want += op->text ? strlen(op->text) : 0;
	if (op->job >= p->n_jobs)
		return err_set(e, ERR_USAGE, "an operation without a job");
	if ((c = tail(p, want, e)) == NULL)
		return -1;
	cap = c->bytes.cap;
	codec_put(&p->codec, &c->bytes, op);
	p->memory += c->bytes.cap - cap;
	p->jobs[op->job].count[op->kind][op->state]++;
	p->n_ops++;
	p->chained |= (op->flags & OP_CHAINED) != 0;
	return 0;
}

int
plan_has_chained(const struct plan *p)
{
	return p->chained;
}

uint64_t
plan_len(const struct plan *p)
{
	return p->n_ops;
}

uint64_t
plan_count(const struct plan *p, uint32_t job, enum op_kind kind,
    enum op_state state)
{
	return job < p->n_jobs ? p->jobs[job].count[kind][state] : 0;
}

struct plan_reader *
plan_read(const struct plan *p)
{
	struct plan_reader *r = xalloc(sizeof(*r));

	r->plan = p;
	return r;
}

static int
from_spool(struct plan_reader *r, const struct chunk *c, struct err *e)
{
	unsigned char *p;
	size_t got = 0;
	ssize_t n;

	buf_reset(&r->read);
	p = buf_room(&r->read, c->len);
	while (got < c->len) {
		n = pread(r->plan->spool, p + got, c->len - got,
		    c->at + (off_t)got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read the plan from the cache folder");
		if (n == 0)
			return err_set(e, ERR_CORRUPT,
			    "the plan in the cache folder was cut short");
		got += (size_t)n;
	}
	r->read.len = got;
	r->data = p;
	r->len = got;
	return 0;
}

/* Have the chunk in hand: 1, 0 at the end of all, -1. */
static int
hold(struct plan_reader *r, struct err *e)
{
	const struct chunk *c;

	if (r->chunk >= r->plan->n_chunks)
		return 0;
	c = &r->plan->chunks[r->chunk];
	if (r->chunk >= r->plan->n_spooled) {
		r->data = c->bytes.data;
		r->len = c->bytes.len;
	} else if (!r->have && from_spool(r, c, e) < 0)
		return -1;
	r->have = 1;
	return 1;
}

int
plan_next(struct plan_reader *r, struct op *op, struct err *e)
{
	int n;

	while ((n = hold(r, e)) == 1 && r->at >= r->len) {
		if (r->chunk + 1 >= r->plan->n_chunks)
			return 0;
		r->chunk++;
		r->at = 0;
		r->have = 0;
		r->codec = (struct codec){0};
	}
	if (n != 1)
		return n;
	if (codec_get(&r->codec, r->data, r->len, &r->at, op) < 0)
		return err_set(e, ERR_CORRUPT, "the plan cannot be read back");
	return 1;
}

void
plan_reader_free(struct plan_reader *r)
{
	if (r == NULL)
		return;
	buf_fini(&r->read);
	free(r);
}
