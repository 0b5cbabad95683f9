/* report.c -- how far each one is who works; told to whoever asks the owner. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/client.h"
#include "catalog/impl.h"
#include "util/clean.h"
#include "util/xalloc.h"

static struct report *
find(struct reports *rs, uint64_t who)
{
	size_t i;

	for (i = 0; i < rs->n; i++)
		if (rs->v[i].who == who)
			return &rs->v[i];
	return NULL;
}

void
reports_put(struct reports *rs, uint64_t who, pid_t pid, const void *data,
    size_t len)
{
	struct report *r = find(rs, who);

	if (r != NULL) {
		free(r->data);
		*r = rs->v[--rs->n];
	}
	if (len == 0)
		return;
	XGROW(rs->v, rs->n, rs->cap);
	rs->v[rs->n] = (struct report){ .who = who, .pid = pid,
	    .data = xalloc(len), .len = len };
	memcpy(rs->v[rs->n++].data, data, len);
}

void
reports_fini(struct reports *rs)
{
	while (rs->n > 0)
		free(rs->v[--rs->n].data);
	free(rs->v);
	*rs = (struct reports){0};
}

static void
put(struct catalog *c, uint64_t who, pid_t pid, const void *data, size_t len)
{
	pthread_mutex_lock(&c->claim_lock);
	reports_put(&c->reports, who, pid, data, len);
	pthread_mutex_unlock(&c->claim_lock);
}

void
report_ends(struct catalog *c, uint64_t who)
{
	put(c, who, 0, NULL, 0);
}

void
catalog_report(struct catalog *c, const void *data, size_t len)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct err ignored = {0};

	if (len > CATALOG_REPORT_MAX || (!c->owner && c->role == CATALOG_ASK))
		return;
	if (c->owner) {
		put(c, 0, getpid(), data, len);
		return;
	}
	pack_bytes(&req, data, len);
	if (pthread_mutex_trylock(&c->lock) != 0)
		return;
	client_call(c->remote, VERB_REPORT, &req, &reply, &ignored);
	pthread_mutex_unlock(&c->lock);
}

int
do_report(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	const void *data;
	size_t len;

	(void)reply;
	data = unpack_bytes(req, &len);
	if (unpack_end(req) < 0 || len > CATALOG_REPORT_MAX)
		return catalog_bad_request(e);
	put(c, c->asker, c->asker_pid, data, len);
	return 0;
}

void
catalog_reports(struct catalog *c,
    void (*each)(void *arg, pid_t pid, const void *data, size_t len), void *arg)
{
	size_t i;

	pthread_mutex_lock(&c->claim_lock);
	for (i = 0; i < c->reports.n; i++)
		each(arg, c->reports.v[i].pid, c->reports.v[i].data,
		    c->reports.v[i].len);
	pthread_mutex_unlock(&c->claim_lock);
}
