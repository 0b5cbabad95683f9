/*
 * lock_file.c -- lock files:
 *
 *	{"time":...,"exclusive":false,"hostname":...,"username":...,"pid":1,
 *	 "uid":1,"gid":1}
 *
 * in the envelope of repo_put.  uid and gid are left out when they are 0.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "repo/lock_impl.h"
#include "repo/node.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"
#include "util/time.h"
#include "util/xalloc.h"

void
lock_file_write(struct buf *out, const struct who *w, int exclusive,
    int64_t now)
{
	struct node_time t;

	/* Clocks that stand before 1970 lose their fraction. */
	node_time_local(now / 1000000, now < 0 ? 0 :
	    (int32_t)(now % 1000000 * 1000), &t);
	buf_adds(out, "{\"time\":\"");
	node_time_text(out, &t);
	buf_adds(out, exclusive ? "\",\"exclusive\":true" :
	    "\",\"exclusive\":false");
	buf_adds(out, ",\"hostname\":");
	node_string(out, w->hostname, strlen(w->hostname));
	buf_adds(out, ",\"username\":");
	node_string(out, w->username, strlen(w->username));
	buf_addf(out, ",\"pid\":%" PRId64, w->pid);
	if (w->uid != 0)
		buf_addf(out, ",\"uid\":%" PRIu32, w->uid);
	if (w->gid != 0)
		buf_addf(out, ",\"gid\":%" PRIu32, w->gid);
	buf_addc(out, '}');
}

static int
read_member(struct json_read *r, struct lock_info *l, struct err *e)
{
	if (strcasecmp(r->str, "time") == 0)
		return who_read_time(r, &l->time, e);
	if (strcasecmp(r->str, "exclusive") == 0)
		return json_get_bool(r, &l->exclusive, e);
	if (strcasecmp(r->str, "hostname") == 0)
		return who_read_name(r, l->hostname, sizeof(l->hostname), e);
	if (strcasecmp(r->str, "username") == 0)
		return who_read_name(r, l->username, sizeof(l->username), e);
	if (strcasecmp(r->str, "pid") == 0)
		return json_get_i64(r, &l->pid, e);
	if (strcasecmp(r->str, "uid") == 0)
		return who_read_u32(r, &l->uid, e);
	if (strcasecmp(r->str, "gid") == 0)
		return who_read_u32(r, &l->gid, e);
	return json_skip(r, e);
}

int
lock_file_read(const void *json, size_t len, struct lock_info *out,
    struct err *e)
{
	CLEAN_JSON_READ struct json_read r;
	int n;

	json_read_init(&r, json, len);
	if (json_expect(&r, JSON_OBJECT, e) < 0)
		return -1;
	while ((n = json_member(&r, e)) == 1)
		if (read_member(&r, out, e) < 0)
			return -1;
	return n < 0 ? -1 : json_end(&r, e);
}

int
lock_file_here(const struct lock_info *l)
{
	struct who w;

	who_am_i(&w);
	return w.hostname[0] != '\0' && strcmp(w.hostname, l->hostname) == 0;
}

/* Numbers that are no pid (another system's) may be anybody's. */
static int
process_gone(int64_t pid)
{
	return pid > 0 && pid <= INT32_MAX && kill((pid_t)pid, 0) < 0 &&
	    errno == ESRCH;
}

int
lock_file_load(struct repo *r, const struct id *id, int64_t now,
    struct lock_info *out, struct err *e)
{
	CLEAN_BUF struct buf text = {0};
	char hex[ID_SHORT];

	*out = (struct lock_info){ .id = *id };
	if (repo_get(r, STORE_LOCK, id, &text, e) < 0)
		return -1;
	if (lock_file_read(text.data, text.len, out, e) < 0) {
		id_short(id, hex);
		if (e != NULL)
			e->kind = ERR_CORRUPT;
		return err_wrap(e, "lock %s", hex);
	}
	out->stale = now - out->time > LOCK_STALE ||
	    (lock_file_here(out) && process_gone(out->pid));
	return 0;
}

static int
add_id(void *arg, const struct store_name *n, uint64_t size)
{
	struct lock_ids *l = arg;

	if (size == 0 && !l->empty)
		return 0;
	XGROW(l->v, l->n, l->cap);
	memcpy(l->v[l->n++].b, n->id, ID_LEN);
	return 0;
}

int
lock_ids(struct repo *r, struct lock_ids *out, struct err *e)
{
	if (store_list(r->store, STORE_LOCK, add_id, out, e) == 0)
		return 0;
	free(out->v);
	*out = (struct lock_ids){0};
	return -1;
}

int
lock_each(struct repo *r, int (*each)(void *arg, const struct lock_info *l),
    void *arg, struct err *e)
{
	struct lock_ids l = {0};
	struct lock_info info;
	struct err why, first = {0};
	size_t i;
	int done = 0;

	if (lock_ids(r, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n && done == 0; i++) {
		why = (struct err){0};
		if (lock_file_load(r, &l.v[i], time_now(), &info, &why) == 0)
			done = each(arg, &info);
		else if (why.kind != ERR_NOENT && first.kind == ERR_NONE)
			first = why;
	}
	free(l.v);
	if (done != 0 || first.kind == ERR_NONE)
		return done;
	if (e != NULL)
		*e = first;
	return -1;
}

/* One that cannot be read is somebody's all the same: it stays, but for all. */
int
lock_unlock(struct repo *r, int all, size_t *n, struct err *e)
{
	struct lock_ids l = { .empty = all };
	struct lock_info info;
	size_t i;
	int bad = 0;

	*n = 0;
	if (lock_ids(r, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n && !bad; i++) {
		if (!all && (lock_file_load(r, &l.v[i], time_now(), &info,
		    NULL) < 0 || !info.stale))
			continue;
		bad = repo_remove(r, STORE_LOCK, &l.v[i], e) < 0;
		*n += !bad;
	}
	free(l.v);
	return bad ? -1 : 0;
}
