/* past.c -- the parent's trees. */
#include <string.h>

#include "backup/past.h"
#include "util/err.h"

/* Go to the next node; what is not JSON ends the stream. */
static void
step(struct past_stream *s)
{
	s->state = tree_read_next(&s->rd, NULL) == 1;
}

static void
start(struct past_stream *s)
{
	tree_read_init(&s->rd, s->text.data, s->text.len);
	step(s);
}

int
past_load(struct past *p, struct repo *r, struct repo_hand *h,
    const struct past_ids *ids, struct err *e)
{
	struct past_stream *s;
	size_t i;
	int rc = 0;

	for (i = 0; i < ids->n; i++) {
		s = &p->v[p->n];
		*s = (struct past_stream){ .id = ids->id[i] };
		if (tree_load(r, h, &ids->id[i], &s->text, e) < 0) {
			buf_fini(&s->text);
			rc = -1;
			continue;
		}
		p->n++;
		start(s);
	}
	return rc;
}

void
past_rewind(struct past *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		struct past_stream *s = &p->v[i];

		tree_read_fini(&s->rd);
		start(s);
	}
}

void
past_fini(struct past *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		tree_read_fini(&p->v[i].rd);
		buf_fini(&p->v[i].text);
	}
	p->n = 0;
}

size_t
past_size(const struct past *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		n += p->v[i].text.len;
	return n;
}

size_t
past_find(struct past *p, const char *name, struct past_hit hits[PAST_MAX])
{
	size_t i, n = 0;
	int cmp;

	for (i = 0; i < p->n; i++) {
		struct past_stream *s = &p->v[i];

		for (cmp = -1; s->state; step(s)) {
			cmp = strcmp(s->rd.node.name, name);
			if (cmp >= 0)
				break;
		}
		if (s->state && cmp == 0)
			hits[n++] = (struct past_hit){ &s->rd.node,
			    (const char *)s->text.data + s->rd.begin,
			    s->rd.end - s->rd.begin };
	}
	return n;
}
