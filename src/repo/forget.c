/* forget.c -- a policy, asked about snapshots. */
#include <stdlib.h>
#include <string.h>

#include "repo/forget.h"
#include "util/buf.h"
#include "util/civil.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

static int
has_tag(const struct snapshot *s, const char *tag)
{
	size_t i;

	for (i = 0; s->tags != NULL && s->tags[i] != NULL; i++)
		if (strcmp(s->tags[i], tag) == 0)
			return 1;
	return 0;
}

/* The n-th (from 0) of the lists that a snapshot has all tags of, or NULL. */
static const char *
nth_list(const struct forget_policy *p, const struct snapshot *s, unsigned n)
{
	const char *const *list = p->tags;

	for (; list != NULL && *list != NULL; list++)
		if (snapshot_has_tags(s, *list) && n-- == 0)
			return *list;
	return NULL;
}

int
forget_policy_empty(const struct forget_policy *p)
{
	struct keep k = p->keep;

	k.pins = 0;
	return keep_empty(&k) && (p->tags == NULL || p->tags[0] == NULL);
}

/* The zone of this process, as restic takes it for `within`. */
static int32_t
zone_at(void *arg, int64_t when)
{
	struct node_time t;

	(void)arg;
	node_time_local(when, 0, &t);
	return t.zone;
}

static int
newest_first(const void *pa, const void *pb)
{
	const struct snapshot *a = ((const struct forget_item *)pa)->snapshot;
	const struct snapshot *b = ((const struct forget_item *)pb)->snapshot;

	if (a->time.sec != b->time.sec)
		return a->time.sec > b->time.sec ? -1 : 1;
	if (a->time.nsec != b->time.nsec)
		return a->time.nsec > b->time.nsec ? -1 : 1;
	return id_cmp(&b->id, &a->id);
}

static struct keep_item
item_of(const struct forget_policy *p, const struct snapshot *s)
{
	return (struct keep_item){
		.time = time_from(s->time.sec, s->time.nsec),
		.zone = s->time.zone,
		.whole = p->partial == NULL || !has_tag(s, p->partial),
		.pinned = nth_list(p, s, 0) != NULL,
	};
}

/* keep.h wants its items in an array of their own. */
static int
decide(const struct forget_policy *p, int64_t now, struct forget_group *g,
    struct err *e)
{
	const struct keep_zone zone = { zone_at, NULL };
	const struct snapshots *m = &g->group->members;
	struct keep_item *items = xallocn(m->n, sizeof(*items));
	struct keep k = p->keep;
	size_t i;
	int bad;

	g->v = xallocn(m->n, sizeof(*g->v));
	g->n = m->n;
	for (i = 0; i < m->n; i++)
		g->v[i].snapshot = &m->v[i];
	qsort(g->v, g->n, sizeof(*g->v), newest_first);
	for (i = 0; i < g->n; i++)
		items[i] = item_of(p, g->v[i].snapshot);
	k.pins = p->tags != NULL && p->tags[0] != NULL;
	bad = keep_apply(&k, &zone, now, items, g->n, e);
	for (i = 0; i < g->n; i++) {
		g->v[i].keep = items[i];
		g->kept += items[i].keep;
	}
	free(items);
	return bad;
}

int
forget_decide(const struct snapshots *l, const char *group_by,
    const struct forget_policy *p, int64_t now, struct forget *out,
    struct err *e)
{
	size_t i;

	*out = (struct forget){0};
	if (groups_make(l, group_by, &out->groups, e) < 0)
		return -1;
	out->v = xallocn(out->groups.n + 1, sizeof(*out->v));
	for (i = 0; i < out->groups.n; i++) {
		out->v[i].group = &out->groups.v[i];
		if (decide(p, now, &out->v[i], e) < 0) {
			forget_fini(out);
			return -1;
		}
	}
	return 0;
}

void
forget_fini(struct forget *f)
{
	size_t i;

	for (i = 0; i < f->groups.n; i++)
		free(f->v[i].v);
	free(f->v);
	groups_fini(&f->groups);
	*f = (struct forget){0};
}

/* "a,b" as restic shows a list of tags: [a, b], without the blanks round
 * them. */
static void
add_list(struct buf *out, const char *list)
{
	const char *first = list;
	size_t len, skip;

	buf_adds(out, "has tags [");
	for (;; list += len + 1) {
		len = strcspn(list, ",");
		skip = strspn(list, SNAPSHOT_BLANKS);
		if (list != first)
			buf_adds(out, ", ");
		if (skip < len) {
			buf_add(out, list + skip, len - skip);
			while (strchr(SNAPSHOT_BLANKS,
			    out->data[out->len - 1]) != NULL)
				out->len--;
		}
		if (list[len] == '\0')
			break;
	}
	buf_adds(out, "]");
}

/* The lists first, in the place of keep's own word for a pin. */
int
forget_reason(const struct forget_policy *p, const struct forget_item *it,
    unsigned i, struct buf *out)
{
	char text[KEEP_REASON];
	const char *list;
	unsigned lists = 0;

	while ((list = nth_list(p, it->snapshot, lists)) != NULL) {
		if (lists++ == i) {
			add_list(out, list);
			return 1;
		}
	}
	i -= lists;
	if (lists > 0 && it->keep.pinned)
		i++;
	if (!keep_reason(&p->keep, &it->keep, i, text))
		return 0;
	buf_adds(out, text);
	return 1;
}
