#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repo/check_impl.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "repo/used.h"
#include "util/clean.h"
#include "util/decimal.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/xalloc.h"

#define GROUPS_MAX	256
#define TEXT_MAX	1000

/* ---- which packs ---- */

static int
parse_group(const char *s, struct check_data *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10), of;

	if (*s < '0' || *s > '9' || *end != '/' || end[1] < '0' || end[1] > '9')
		return -1;
	of = strtoul(end + 1, &end, 10);
	if (*end != '\0' || n < 1 || of < n || of > GROUPS_MAX)
		return -1;
	*out = (struct check_data){
		.part = CHECK_GROUP, .group = (unsigned)n,
		.groups = (unsigned)of,
	};
	return 0;
}

int
check_parse_subset(const char *s, struct check_data *out, struct err *e)
{
	unsigned hundredths;
	uint64_t bytes;

	if (strchr(s, '/') != NULL)
		return parse_group(s, out) == 0 ? 0 : err_set(e, ERR_USAGE,
		    "n/t wants 1 <= n <= t <= %d", GROUPS_MAX);
	if (strchr(s, '%') != NULL) {
		if (size_parse_percent(s, &hundredths, e) < 0)
			return -1;
		if (hundredths == 0)
			return err_set(e, ERR_USAGE, "more than 0 %% of it");
		*out = (struct check_data){
			.part = CHECK_PERCENT, .percent = hundredths / 100.0,
		};
		return 0;
	}
	/* "10" was to be 10%, or 10G; ten bytes nobody means. */
	if (*s != '\0' && strspn(s, "0123456789. ") == strlen(s))
		return err_set(e, ERR_USAGE, "a bare number: %%, or a unit?");
	if (size_parse(s, &bytes, e) < 0)
		return -1;
	if (bytes == 0)
		return err_set(e, ERR_USAGE, "more than 0 bytes of it");
	*out = (struct check_data){ .part = CHECK_BYTES, .bytes = bytes };
	return 0;
}

/* ---- for all steps ---- */

void
check_step(struct check *c, enum check_step step, uint64_t done,
    uint64_t total)
{
	pthread_mutex_lock(&c->lock);
	if (c->o->step != NULL)
		c->o->step(c->o->arg, step, done, total);
	pthread_mutex_unlock(&c->lock);
}

void
check_fault(struct check *c, enum check_grade g, const struct id *pack,
    const char *fmt, ...)
{
	char text[TEXT_MAX];
	struct check_fault f = { .grade = g, .text = text, .pack = pack };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&c->lock);
	if (g == CHECK_ERROR)
		c->out->errors++;
	else
		c->out->hints++;
	if (c->o->fault != NULL)
		c->o->fault(c->o->arg, &f);
	pthread_mutex_unlock(&c->lock);
}

struct check_pack *
check_find(const struct check *c, const struct id *id)
{
	size_t lo = 0, hi = c->n, mid;
	int cmp;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		cmp = id_cmp(&c->v[mid].id, id);
		if (cmp == 0)
			return &c->v[mid];
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* ---- index ---- */

/* What cannot be read is a fault of the repository; without it there is nothing
 * to hold the rest against. */
static int
check_index(struct check *c, struct err *e)
{
	struct index_stat st;
	struct err why;

	check_step(c, CHECK_INDEX, 0, 0);
	if (repo_load_index(c->r, &why) < 0 || index_verify(c->r, &why) < 0) {
		if (why.kind != ERR_CORRUPT) {
			if (e != NULL)
				*e = why;
			return -1;
		}
		check_fault(c, CHECK_ERROR, NULL, "%s", why.text);
		c->out->no_index = 1;
		return 1;
	}
	index_stat(c->r->index, &st);
	c->out->blobs = st.blobs[0] + st.blobs[1];
	return 0;
}

/* ---- snapshots and trees ---- */

static void
bad_snapshot(void *arg, const struct id *id, const struct err *why)
{
	(void)id;
	check_fault(arg, CHECK_ERROR, NULL, "%s", why->text);
}

static int
bad_tree(void *arg, const struct used_fault *f)
{
	char name[200];

	if (f->name == NULL) {
		check_fault(arg, CHECK_ERROR, NULL, "%s", f->why->text);
		return 0;
	}
	check_fault(arg, CHECK_ERROR, NULL, "%s: %s", f->why->text,
	    quote_to(name, sizeof(name), f->name));
	return 0;
}

static void
step_trees(void *arg, uint64_t trees)
{
	check_step(arg, CHECK_TREES, trees, 0);
}

/* ---- those that are asked for ---- */

static int
only_some(const struct check *c)
{
	const struct snapshot_filter *f = c->o->filter;

	return c->o->names != NULL || (f != NULL &&
	    (f->hosts != NULL || f->tags != NULL || f->paths != NULL));
}

static int
load_named(struct check *c, struct snapshots *out, struct err *e)
{
	static const struct snapshot_filter any;
	const struct snapshot_filter *f = c->o->filter;
	const char *const *names = c->o->names, *sub;
	size_t n = 0;

	while (names[n] != NULL)
		n++;
	out->v = xallocn(n + 1, sizeof(*out->v));
	for (; *names != NULL; names++) {
		if (snapshot_named(c->r, *names, f != NULL ? f : &any,
		    &out->v[out->n], &sub, e) < 0)
			return -1;
		out->n++;
		if (sub != NULL)
			return err_set(e, ERR_USAGE, "whole snapshots, please: "
			    "not '%.200s'", *names);
	}
	return 0;
}

static int
load_snapshots(struct check *c, struct snapshots *out, struct err *e)
{
	int r = c->o->names != NULL ? load_named(c, out, e) :
	    snapshots_load(c->r, c->o->filter, bad_snapshot, c, out, e);

	if (r == 0 && out->n == 0 && only_some(c))
		return err_set(e, ERR_NOENT, "no snapshot fits");
	return r;
}

struct needed {
	struct check	*c;
	const struct used *used;
};

static int
see_needed(void *arg, const struct index_pack *p)
{
	const struct needed *n = arg;
	struct check_pack *k = check_find(n->c, &p->id);
	size_t i;

	for (i = 0; k != NULL && i < p->n && !k->asked; i++)
		k->asked = (unsigned char)used_has(n->used, p->number[i]);
	return 0;
}

/* Of all packs those that these snapshots need. */
static int
ask_for_needed(struct check *c, const struct used *used, struct err *e)
{
	struct needed n = { c, used };
	size_t i;

	for (i = 0; i < c->n; i++)
		c->v[i].asked = 0;
	return index_packs(c->r->index, see_needed, &n, e);
}

struct unused {
	struct check	*c;
	const struct used *used;
};

static int
tell_unused(void *arg, const struct index_pack *p)
{
	const struct unused *u = arg;
	char hex[ID_HEX];
	size_t i;

	for (i = 0; i < p->n; i++) {
		if (used_has(u->used, p->number[i]))
			continue;
		id_hex(&p->v[i].id, hex);
		check_fault(u->c, CHECK_ERROR, NULL, "%s blob %s is not used",
		    p->v[i].type == BLOB_TREE ? "tree" : "data", hex);
	}
	return 0;
}

static int
check_trees(struct check *c, struct err *e)
{
	struct used_watch watch = {
		.fault = bad_tree, .step = step_trees, .arg = c,
	};
	CLEAN(snapshots_fini) struct snapshots all = {0};
	struct unused unused = { .c = c };
	struct used *used;
	struct id *roots;
	size_t i;
	int r;

	check_step(c, CHECK_SNAPSHOTS, 0, 0);
	if (load_snapshots(c, &all, e) < 0)
		return -1;
	c->out->snapshots = all.n;
	roots = xallocn(all.n, sizeof(*roots));
	for (i = 0; i < all.n; i++)
		roots[i] = all.v[i].tree;
	snapshots_fini(&all);
	check_step(c, CHECK_TREES, 0, 0);
	r = used_find(c->r, roots, i, &watch, &used, e);
	free(roots);
	if (r < 0)
		return -1;
	c->out->trees = used_trees(used);
	unused.used = used;
	if (c->o->unused)
		r = index_packs(c->r->index, tell_unused, &unused, e);
	if (r == 0 && only_some(c) && c->o->data.part != CHECK_NO_DATA)
		r = ask_for_needed(c, used, e);
	used_free(used);
	return r;
}

/* ---- all of it ---- */

static int
check_all(struct check *c, struct err *e)
{
	int r = check_index(c, e);

	if (r != 0)
		return r < 0 ? -1 : 0;
	if (check_packs(c, e) < 0 || check_trees(c, e) < 0)
		return -1;
	return c->o->data.part == CHECK_NO_DATA ? 0 : check_data(c, e);
}

int
check_run(struct repo *r, const struct check_options *o,
    struct check_result *out, struct err *e)
{
	struct check c = { .r = r, .o = o, .out = out };
	int failed;

	*out = (struct check_result){0};
	pthread_mutex_init(&c.lock, NULL);
	failed = check_all(&c, e) < 0;
	pthread_mutex_destroy(&c.lock);
	free(c.v);
	return failed ? -1 : 0;
}
