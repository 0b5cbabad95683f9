#include <stdlib.h>
#include <string.h>

#include "conf/nearest.h"
#include "rules/filter.h"
#include "rules/reader.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

/* Groups of filters. */
static const char *const later[] = { "any", "all", "none", NULL
};

static const struct {
	const char	*name, *why;
} refused[] = {
	{ "python", "fettle runs no Python; 'regex' and templates do much of "
	    "what it is used for" },
	{ "macos_tags", "these tags are of macOS, and fettle is for Linux" },
};

static int
among(const char *const *list, const char *word)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return 1;
	return 0;
}

static int
unknown(const char *name, const struct conf_mark *at, struct rule_reader *r)
{
	const char *names[64];
	struct conf_fault *x;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(refused[i].name, name) == 0) {
			conf_fault(r->f, at, "there is no filter '%s': %s",
			    name, refused[i].why);
			return -1;
		}
	if (among(later, name)) {
		conf_fault(r->f, at, "the filter '%s' is not yet in this "
		    "version", name);
		return -1;
	}
	while (n < 63 && filter_table[n] != NULL) {
		names[n] = filter_table[n]->name;
		n++;
	}
	names[n] = NULL;
	x = conf_fault(r->f, at, "unknown filter %s", conf_said(name).s);
	conf_suggest(x, conf_nearest(name, names));
	return -1;
}

static const struct filter_ops *
by_name(const char *name)
{
	for (size_t i = 0; filter_table[i] != NULL; i++)
		if (strcmp(filter_table[i]->name, name) == 0)
			return filter_table[i];
	return NULL;
}

static void
filter_fini(struct filter *f)
{
	if (f->state != NULL && f->ops->fini != NULL)
		f->ops->fini(f->state);
	free(f->state);
}

/* name and what stands behind it, as one more filter. */
static int
add(struct filters *fs, const char *name, const struct conf_mark *at,
    const struct conf_node *value, struct rule_reader *r)
{
	struct filter *f = &fs->v[fs->n];

	*f = (struct filter){ .negated = strncmp(name, "not ", 4) == 0 };
	if (f->negated)
		for (name += 4; *name == ' '; name++)
			;
	f->ops = by_name(name);
	if (f->ops == NULL)
		return unknown(name, at, r);
	if (r->dirs ? !f->ops->dirs : !f->ops->files) {
		conf_fault(r->f, at, "the filter '%s' is not for %s", name,
		    r->dirs ? "folders (targets: dirs)" :
		    "files (targets: files)");
		return -1;
	}
	r->at = at;
	f->needs = f->ops->needs;
	if (f->ops->fetch != NULL || (f->needs & NEED_TWINS) != 0)
		f->slot = r->slots++;
	f->state = xalloc(f->ops->size);
	if (f->ops->read(f, reader_nothing(value) ? NULL : value, r) < 0) {
		filter_fini(f);
		return -1;
	}
	fs->needs |= f->needs;
	fs->n++;
	return 0;
}

static int
read_one(struct filters *fs, const struct conf_node *n, struct rule_reader *r)
{
	if (n->kind == CONF_SCALAR)
		return add(fs, n->text, &n->at, NULL, r);
	if (n->kind == CONF_MAP && n->n == 1)
		return add(fs, n->pairs[0].key, &n->pairs[0].at,
		    n->pairs[0].value, r);
	conf_expected(conf_wrong(n, "one filter", r->f),
	    "'- NAME' or '- NAME: value', each filter an item of its own");
	return -1;
}

static size_t
count(const struct conf_node *list)
{
	struct conf_each it = conf_each(list);
	size_t n = 0;

	while (conf_next(&it) != NULL)
		n++;
	return n;
}

int
filters_read(struct filters *out, const struct conf_node *list,
    enum filter_mode mode, struct rule_reader *r)
{
	struct conf_each it = conf_each(list);
	const struct conf_node *n;
	int rc = 0;

	*out = (struct filters){ .mode = mode };
	out->v = xallocn(count(list) + 1, sizeof(*out->v));
	while ((n = conf_next(&it)) != NULL)
		if (read_one(out, n, r) < 0)
			rc = -1;
	if (rc < 0)
		filters_fini(out);
	return rc;
}

void
filters_fini(struct filters *fs)
{
	for (size_t i = 0; i < fs->n; i++)
		filter_fini(&fs->v[i]);
	free(fs->v);
	*fs = (struct filters){0};
}

void
filters_begin(struct filters *fs, int64_t now)
{
	for (size_t i = 0; i < fs->n; i++)
		if (fs->v[i].ops->begin != NULL)
			fs->v[i].ops->begin(fs->v[i].state, now);
}

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

int
filters_match(struct filters *fs, struct subject *s, unsigned known,
    struct err *e)
{
	/* What decides at once: a "no" of all, a "yes" of any or none. */
	int decides = fs->mode != FILTER_ALL, later_ = 0, decided = 0;

	s->wants = NULL;
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
filters_reach(struct filters *fs, unsigned slot, struct subject *s,
    unsigned known, struct err *e)
{
	s->wants = NULL;
	for (size_t i = 0; i < fs->n; i++) {
		struct filter *f = &fs->v[i];
		int hit;

		if ((f->needs & NEED_TWINS) != 0 && f->slot == slot)
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

/* What a filter's bare match said of s; errors are a no. */
static int
bare(struct filter *f, struct subject *s)
{
	const struct fetched *got = NULL;
	int hit;

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

const char *const *
filters_groups(const struct filters *fs, const char *name,
    struct rule_reader *r)
{
	const char **list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < fs->n; i++) {
		const struct filter *f = &fs->v[i];
		const char *g;

		if (f->ops->group == NULL || strcmp(f->ops->name, name) != 0)
			continue;
		for (size_t k = 0; (g = f->ops->group(f->state, k)) != NULL;
		    k++) {
			XGROW(list, n, cap);
			list[n++] = g;
		}
	}
	const char **kept = arena_alloc(r->arena, (n + 1) * sizeof(*kept));
	if (n > 0)
		memcpy(kept, list, n * sizeof(*kept));
	free(list);
	return kept;
}
