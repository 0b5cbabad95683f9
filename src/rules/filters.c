/*
 * filters.c -- asking filters, and groups of them: does the rule take a file,
 * and why, or why not.
 */
#include "rules/filter.h"
#include "util/buf.h"
#include "util/err.h"

static int match_all(struct filters *fs, struct subject *s, unsigned known,
    struct err *e);

/* What was fetched for f, or NULL: s->wants it. */
static const struct fetched *
fetched_for(const struct filter *f, struct subject *s)
{
	const struct fetched *got = s->fetched;

	if (got != NULL)
		got += f->slot;
	if (got != NULL && got->done && (s->captures == NULL || got->caught))
		return got;
	if (s->wants == NULL)
		s->wants = f;
	return NULL;
}

/* Turned round where it is negated; FILTERS_LATER if it cannot be asked. */
static int
ask(struct filter *f, struct subject *s, unsigned known, struct err *e)
{
	unsigned needs = f->needs | (s->captures != NULL ? f->catches : 0);
	int hit = 0;

	if (f->group != NULL) {
		hit = match_all(f->group, s, known, e);
		return hit < 0 || hit == FILTERS_LATER ? hit :
		    hit != f->negated;
	}
	if ((needs & ~known & ~NEED_FETCH) != 0)
		return FILTERS_LATER;
	s->got = NULL;
	if ((needs & NEED_FETCH) != 0 && (s->got = fetched_for(f, s)) == NULL)
		return FILTERS_LATER;
	if (s->got != NULL && s->got->error != NULL) {
		if (e != NULL)
			*e = *s->got->error;
		hit = -1;
	} else
		hit = f->ops->match(f->state, s, e);
	s->got = NULL;
	if (hit < 0)
		return err_wrap(e, "filter '%s'", f->ops->name);
	return hit != f->negated;
}

static int
match_all(struct filters *fs, struct subject *s, unsigned known,
    struct err *e)
{
	/* What decides at once: a "no" of all, a "yes" of any or none. */
	int decides = fs->mode != FILTER_ALL, later_ = 0, decided = 0;

	for (size_t i = 0; i < fs->n; i++) {
		int hit = ask(&fs->v[i], s, known, e);

		if (hit < 0)
			return -1;
		later_ |= hit == FILTERS_LATER;
		if (hit != decides)
			continue;
		if (s->captures == NULL)
			return fs->mode == FILTER_ANY;
		decided = 1;
	}
	if (decided)
		return fs->mode == FILTER_ANY;
	if (later_)
		return FILTERS_LATER;
	return fs->mode != FILTER_ANY;
}

int
filters_match(struct filters *fs, struct subject *s, unsigned known,
    struct err *e)
{
	s->wants = NULL;
	return match_all(fs, s, known, e);
}

/* Is the filter of that slot among them? */
static int
holds_slot(const struct filters *fs, unsigned slot)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct filter *f = &fs->v[i];

		if (f->group != NULL ? holds_slot(f->group, slot) :
		    (f->needs & NEED_TWINS) != 0 && f->slot == slot)
			return 1;
	}
	return 0;
}

static int
reach(struct filters *fs, unsigned slot, struct subject *s, unsigned known,
    struct err *e)
{
	for (size_t i = 0; i < fs->n; i++) {
		struct filter *f = &fs->v[i];
		int hit;

		if (f->group != NULL && holds_slot(f->group, slot))
			return reach(f->group, slot, s, known, e);
		if (f->group == NULL && (f->needs & NEED_TWINS) != 0 &&
		    f->slot == slot)
			return 1;
		if (fs->mode == FILTER_ANY)
			continue;		/* which asks all of them */
		hit = ask(f, s, known, e);
		if (hit < 0 || hit == FILTERS_LATER)
			return hit;
		if (hit != (fs->mode == FILTER_ALL))
			return 0;
	}
	return 0;
}

int
filters_reach(struct filters *fs, unsigned slot, struct subject *s,
    unsigned known, struct err *e)
{
	s->wants = NULL;
	return reach(fs, slot, s, known, e);
}

/* What a filter's bare match said of s; errors are a no. */
static int
bare(struct filter *f, struct subject *s)
{
	const struct fetched *got = NULL;
	int hit;

	if (f->group != NULL)
		return match_all(f->group, s, ~0u, NULL) == 1;
	if ((f->needs & NEED_FETCH) != 0 && ((got = fetched_for(f, s)) == NULL ||
	    got->error != NULL))
		return 0;
	s->got = got;
	hit = f->ops->match(f->state, s, NULL) == 1;
	s->got = NULL;
	return hit;
}

static void
say(struct filter *f, struct subject *s, int hit, int detail, struct buf *out)
{
	if (f->group != NULL) {
		(hit ? filters_say : filters_say_not)(f->group, s, out);
		return;
	}
	if ((f->needs & NEED_FETCH) != 0)
		s->got = fetched_for(f, s);
	f->ops->say(f->state, s, hit, detail, out);
	s->got = NULL;
}

void
filters_say(struct filters *fs, struct subject *s, struct buf *out)
{
	size_t begin = out->len;

	for (size_t i = 0; i < fs->n; i++) {
		struct filter *f = &fs->v[i];
		int hit = fs->mode == FILTER_ANY ? bare(f, s) :
		    (fs->mode == FILTER_NONE) == f->negated;

		if (fs->mode == FILTER_ANY && hit == f->negated)
			continue;
		if (out->len > begin)
			buf_adds(out, ", ");
		say(f, s, hit, 0, out);
	}
	if (fs->n == 0)
		buf_adds(out, "the rule has no filters");
}

void
filters_say_not(struct filters *fs, struct subject *s, struct buf *out)
{
	size_t begin = out->len;

	for (size_t i = 0; i < fs->n; i++) {
		struct filter *f = &fs->v[i];
		int hit = bare(f, s), want = fs->mode != FILTER_NONE;

		if ((hit != f->negated) == want)
			continue;
		if (out->len > begin)
			buf_adds(out, ", ");
		say(f, s, hit, 1, out);
		if (fs->mode != FILTER_ANY)
			return;
	}
	if (out->len == begin)
		buf_adds(out, fs->n == 0 ? "the rule has no filters and asks "
		    "for any" : "no filter rejects it");
}


/* ---- which exclude each other ---- */

/* A filter that all of a list of filters must pass: the i-th, or NULL. */
static const struct filter *
must_pass(const struct filters *fs, size_t i, int *not_)
{
	const struct filter *f = &fs->v[i];

	*not_ = f->negated != (fs->mode == FILTER_NONE);
	return fs->mode == FILTER_ANY && fs->n > 1 ? NULL : f;
}

static void
say_two(const struct filter *f, int not_f, const struct filter *g, int not_g,
    struct buf *said)
{
	const char *word = not_f ? "not " : "";

	if (f == g)
		buf_addf(said, "its '%s%s'", word, f->ops->name);
	else if (not_f == not_g)
		buf_addf(said, "both its '%s%s'", word, f->ops->name);
	else
		buf_addf(said, "both its '%s' and its 'not %s'", f->ops->name,
		    f->ops->name);
}

static int
exclude_one(const struct filter *f, int not_f, struct filters *b,
    struct buf *said)
{
	for (size_t i = 0; i < b->n; i++) {
		int not_g;
		const struct filter *g = must_pass(b, i, &not_g);

		if (g == NULL)
			continue;
		if (g->group != NULL) {
			if (!not_g && exclude_one(f, not_f, g->group, said))
				return 1;
			continue;
		}
		if (f->ops != g->ops || f->ops->meet == NULL ||
		    f->ops->meet(f->state, not_f, g->state, not_g))
			continue;
		say_two(f, not_f, g, not_g, said);
		return 1;
	}
	return 0;
}

int
filters_exclude(struct filters *a, struct filters *b, struct buf *said)
{
	for (size_t i = 0; i < a->n; i++) {
		int not_f;
		const struct filter *f = must_pass(a, i, &not_f);

		if (f == NULL)
			continue;
		if (f->group != NULL ? !not_f && filters_exclude(f->group, b,
		    said) : exclude_one(f, not_f, b, said))
			return 1;
	}
	return 0;
}
