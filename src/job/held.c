/*
 * held.c -- parts as bytes: held plans in the catalog, saved plans in a file.
 *
 * The bytes: "fettle plan 1\n", then packed: user id, the machine's id, the
 * number of parts, and for each its name, kind, reason and plan.  A plan acts
 * on one user's files on one machine, so another's is refused.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "job/machine.h"
#include "job/parts.h"
#include "job/state.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define MAGIC		"fettle plan 1\n"
#define PARTS_MAX	10000

int
parts_save(const struct parts *p, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf id = {0};
	size_t i;

	machine_id(&id);
	buf_adds(out, MAGIC);
	pack_u64(out, getuid());
	pack_bytes(out, id.data, id.len);
	pack_u64(out, p->n);
	for (i = 0; i < p->n; i++) {
		CLEAN_BUF struct buf plan = {0};

		if (plan_save(p->v[i].plan, &plan, e) < 0)
			return -1;
		pack_str(out, p->v[i].name);
		pack_str(out, p->v[i].kind);
		pack_str(out, p->v[i].held);
		pack_bytes(out, plan.data, plan.len);
	}
	return 0;
}

/* The job that a part was planned for, if it is still there and of its kind. */
static const struct job *
job_of(struct hall *h, const char *name, const char *kind)
{
	const struct job *j = settings_job(h->s, name);

	return j != NULL && strcmp(job_kind_name(j->kind), kind) == 0 ? j : NULL;
}

static int
load_part(struct hall *h, struct unpack *u, struct parts *out, struct err *e)
{
	CLEAN_FREE char *name = unpack_str(u), *kind = unpack_str(u);
	struct plan *plan;
	const void *data;
	size_t len;

	free(unpack_str(u));		/* why it was held */
	data = unpack_bytes(u, &len);
	if (u->bad)
		return err_set(e, ERR_CORRUPT, "this is no whole plan of fettle's");
	if (plan_load(data, len, h->cache, &plan, e) < 0)
		return -1;
	parts_add(out, job_of(h, name, kind), name, kind, plan);
	return 0;
}

static int
check_owner(struct unpack *u, struct err *e)
{
	CLEAN_BUF struct buf id = {0};
	uint64_t uid = unpack_u64(u);
	const void *whose;
	size_t len;

	whose = unpack_bytes(u, &len);
	machine_id(&id);
	if (u->bad)
		return err_set(e, ERR_CORRUPT, "this is no whole plan of fettle's");
	if (uid != getuid())
		return err_set(e, ERR_USAGE,
		    "this plan was saved by another user (uid %" PRIu64 ")", uid);
	if (len != id.len || (len > 0 && memcmp(whose, id.data, len) != 0))
		return err_set(e, ERR_USAGE,
		    "this plan was saved on another machine");
	return 0;
}

int
parts_load(struct hall *h, const void *data, size_t len, struct parts **out,
    struct err *e)
{
	size_t magic = strlen(MAGIC);
	struct parts *p;
	struct unpack u;
	uint64_t n;

	if (len < magic || memcmp(data, MAGIC, magic) != 0)
		return err_set(e, ERR_USAGE, "this is no plan of fettle's");
	u = unpack_start((const char *)data + magic, len - magic);
	if (check_owner(&u, e) < 0)
		return -1;
	p = xalloc(sizeof(*p));
	for (n = unpack_u64(&u); n > 0 && n <= PARTS_MAX; n--)
		if (load_part(h, &u, p, e) < 0)
			break;
	if (n != 0 || unpack_end(&u) < 0) {
		if (n == 0 || n > PARTS_MAX)
			err_set(e, ERR_CORRUPT,
			    "this is no whole plan of fettle's");
		parts_free(p);
		return -1;
	}
	*out = p;
	return 0;
}

/* Held plans are kept as (held, run number in 20 digits). */
static int
newest(void *arg, const char *name, const void *data, size_t len)
{
	int64_t *run = arg, n = strtoll(name, NULL, 10);

	(void)data;
	(void)len;
	if (n > *run)
		*run = n;
	return 0;
}

int
held_newest(struct hall *h, int64_t *run, struct err *e)
{
	return catalog_each(h->catalog, "held", newest, run, e) < 0 ? -1 : 0;
}

static int
find_held(struct hall *h, int64_t *run, struct buf *data, struct err *e)
{
	char name[32];
	int r;

	if (*run == 0 && held_newest(h, run, e) < 0)
		return -1;
	if (*run == 0)
		return err_set(e, ERR_NOENT, "nothing is held");
	snprintf(name, sizeof(name), "%020" PRId64, *run);
	r = catalog_get(h->catalog, "held", name, data, e);
	if (r == 0)
		return err_set(e, ERR_NOENT, "run %" PRId64 " holds nothing",
		    *run);
	return r < 0 ? -1 : 0;
}

int
job_held(struct hall *h, int64_t *run, struct parts **out, struct err *e)
{
	CLEAN_BUF struct buf data = {0};

	if (find_held(h, run, &data, e) < 0)
		return -1;
	return parts_load(h, data.data, data.len, out, e);
}

int
job_hold(struct hall *h, int64_t run, const struct parts *held, struct err *e)
{
	CLEAN_BUF struct buf data = {0};
	char name[32];

	snprintf(name, sizeof(name), "%020" PRId64, run);
	if (parts_save(held, &data, e) < 0)
		return -1;
	return catalog_put(h->catalog, "held", name, data.data, data.len, e);
}

int
job_approved(struct hall *h, int64_t run, struct err *e)
{
	char name[32];

	snprintf(name, sizeof(name), "%020" PRId64, run);
	return catalog_drop(h->catalog, "held", name, e);
}

/* The run is told to be rejected, if being held was all there was to it. */
static int
reject_run(void *arg, const struct run *r)
{
	struct hall *h = arg;
	struct run end = *r;
	struct err e = {0};

	end.state = RUN_REJECTED;
	if (r->state == RUN_HELD && catalog_run_end(h->catalog, &end, &e) < 0 &&
	    h->log != NULL)
		log_line(h->log, LOG_ERROR, e.text);
	return 1;
}

/* A job that was held by this run is no longer. */
static void
reject_job(struct hall *h, const char *name, int64_t run)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};
	struct err e = {0};

	if (state_get(h, name, &m, &e) != 1 || m.run != run ||
	    m.state != RUN_HELD)
		return;
	m.state = RUN_REJECTED;
	*m.why = '\0';
	if (state_put(h, name, &m, &e) < 0 && h->log != NULL)
		log_line(h->log, LOG_ERROR, e.text);
}

int
job_reject(struct hall *h, int64_t *run, struct err *e)
{
	CLEAN_BUF struct buf data = {0};
	struct err ignored = {0};
	struct parts *p = NULL;
	size_t i;

	if (find_held(h, run, &data, e) < 0)
		return -1;
	/* What cannot be read can be dropped all the same. */
	if (parts_load(h, data.data, data.len, &p, &ignored) == 0)
		for (i = 0; i < p->n; i++)
			reject_job(h, p->v[i].name, *run);
	parts_free(p);
	if (catalog_runs(h->catalog, *run, 1, reject_run, h, e) < 0)
		return -1;
	return job_approved(h, *run, e);
}
