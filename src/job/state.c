#include <stdlib.h>

#include "catalog/catalog.h"
#include "job/state.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/pack.h"
#include "util/xalloc.h"

void
state_fini(struct job_memory *m)
{
	free(m->why);
	*m = (struct job_memory){0};
}

int
state_get(struct hall *h, const char *job, struct job_memory *m, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct unpack u;
	int r = catalog_get(h->catalog, "job", job, &b, e);

	*m = (struct job_memory){0};
	if (r == 1) {
		u = unpack_start(b.data, b.len);
		m->first_seen = unpack_i64(&u);
		m->last_run = unpack_i64(&u);
		m->last_success = unpack_i64(&u);
		m->run = unpack_i64(&u);
		m->state = (int)unpack_u64(&u);
		m->waiting = (int)unpack_u64(&u);
		m->why = unpack_str(&u);
		if (unpack_end(&u) < 0) {
			state_fini(m);
			r = 0;		/* what cannot be read is not known */
		}
	}
	if (m->why == NULL)
		m->why = xstrdup("");
	return r;
}

int
state_put(struct hall *h, const char *job, const struct job_memory *m,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};

	pack_i64(&b, m->first_seen);
	pack_i64(&b, m->last_run);
	pack_i64(&b, m->last_success);
	pack_i64(&b, m->run);
	pack_u64(&b, (uint64_t)m->state);
	pack_u64(&b, (uint64_t)m->waiting);
	pack_str(&b, m->why);
	return catalog_put(h->catalog, "job", job, b.data, b.len, e);
}

void
state_ended(struct hall *h, const struct part *pt, int64_t run, int64_t now,
    enum run_state how, int waiting, const char *why)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};
	struct err e = {0};

	if (pt->job == NULL)
		return;
	if (state_get(h, pt->name, &m, &e) >= 0) {
		if (m.first_seen == 0)
			m.first_seen = now;
		m.last_run = now;
		m.run = run;
		m.state = (int)how;
		m.waiting = waiting;
		if (how == RUN_DONE && !waiting)
			m.last_success = now;
		free(m.why);
		m.why = xstrdup(why);
		if (state_put(h, pt->name, &m, &e) == 0)
			return;
	}
	if (h->log != NULL)
		log_line(h->log, LOG_ERROR, e.text);
}
