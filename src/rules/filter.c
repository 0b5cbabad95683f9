#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules/filter.h"
#include "rules/reader.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

const char *const filter_groups[] = { "all", "any", "none", NULL };

static const struct reader_refusal refused[] = {
	{ "python", "fettle runs no Python; 'regex' and templates do much of "
	    "what it is used for" },
	{ "macos_tags", "these tags are of macOS, and fettle is for Linux" },
	{ NULL, NULL },
};

static int
unknown(const char *name, const struct conf_mark *at, struct rule_reader *r)
{
	const char *names[64];
	size_t n;

	for (n = 0; n < 60 && filter_table[n] != NULL; n++)
		names[n] = filter_table[n]->name;
	for (size_t i = 0; filter_groups[i] != NULL; i++)
		names[n++] = filter_groups[i];
	names[n] = NULL;
	return reader_unknown(r, at, "filter", name, refused, names);
}

/* organize takes them in any case: Extension, as its second version wrote it. */
static const struct filter_ops *
by_name(const char *name)
{
	for (size_t i = 0; filter_table[i] != NULL; i++)
		if (strcasecmp(filter_table[i]->name, name) == 0)
			return filter_table[i];
	return NULL;
}

static void
filter_fini(struct filter *f)
{
	if (f->group != NULL) {
		filters_fini(f->group);
		free(f->group);
	}
	if (f->state != NULL && f->ops->fini != NULL)
		f->ops->fini(f->state);
	free(f->state);
}

/* any: [...]: a filter that is made of filters; 1 if name is none of these. */
static int
add_group(struct filters *fs, const char *name, const struct conf_mark *at,
    const struct conf_node *value, struct rule_reader *r)
{
	struct filter *f = &fs->v[fs->n];
	unsigned mode = 0;

	while (filter_groups[mode] != NULL &&
	    strcmp(filter_groups[mode], name) != 0)
		mode++;
	if (filter_groups[mode] == NULL)
		return 1;
	if (reader_nothing(value)) {
		conf_expected(conf_fault(r->f, at, "'%s' needs a list of "
		    "filters", name), "'- %s: [...]'", name);
		return -1;
	}
	f->group = xalloc(sizeof(*f->group));
	if (filters_read(f->group, value, (enum filter_mode)mode, r) < 0) {
		free(f->group);
		return -1;
	}
	if (f->group->n == 0)
		conf_fault(r->f, at, "'%s' needs a list of filters", name);
	f->needs = f->group->needs;
	fs->needs |= f->needs;
	fs->n++;
	return f->group->n == 0 ? -1 : 0;
}

/* name and what stands behind it, as one more filter. */
static int
add(struct filters *fs, const char *name, const struct conf_mark *at,
    const struct conf_node *value, struct rule_reader *r)
{
	struct filter *f = &fs->v[fs->n];
	int rc;

	*f = (struct filter){ .negated = strncmp(name, "not ", 4) == 0 };
	if (f->negated)
		for (name += 4; *name == ' '; name++)
			;
	if ((rc = add_group(fs, name, at, value, r)) != 1)
		return rc;
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

/* The filters of one key of the rule, as a group of *out. */
static int
read_key(struct filters *out, const struct conf_node *list,
    enum filter_mode mode, struct rule_reader *r)
{
	struct filter *f = &out->v[out->n];

	*f = (struct filter){ .group = xalloc(sizeof(*f->group)) };
	if (filters_read(f->group, list, mode, r) < 0) {
		free(f->group);
		return -1;
	}
	f->needs = f->group->needs;
	out->needs |= f->needs;
	out->n++;
	return 0;
}

int
filters_read_rule(struct filters *out, const struct conf_node *entry,
    enum filter_mode mode, struct rule_reader *r)
{
	const struct conf_node *list = conf_get(entry, "filters");
	int rc = 0, any = 0;

	for (size_t i = 0; filter_groups[i] != NULL; i++)
		any |= conf_get(entry, filter_groups[i]) != NULL;
	if (!any)
		return filters_read(out, list, mode, r);
	*out = (struct filters){ .mode = FILTER_ALL };
	out->v = xallocn(4, sizeof(*out->v));
	if (!reader_nothing(list))
		rc |= read_key(out, list, mode, r);
	for (size_t i = 0; filter_groups[i] != NULL; i++)
		if (conf_get(entry, filter_groups[i]) != NULL)
			rc |= read_key(out, conf_get(entry, filter_groups[i]),
			    (enum filter_mode)i, r);
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
	for (size_t i = 0; i < fs->n; i++) {
		struct filter *f = &fs->v[i];

		if (f->group != NULL)
			filters_begin(f->group, now);
		else if (f->ops->begin != NULL)
			f->ops->begin(f->state, now);
	}
}

/* A list of words that grows. */
struct words {
	const char	**v;
	size_t		 n, cap;
};

static void
add_word(struct words *w, const char *word)
{
	XGROW(w->v, w->n, w->cap);
	w->v[w->n++] = word;
}

/* The groups of filters called name; NULL: the names of all filters. */
static void
gather(const struct filters *fs, const char *name, struct words *w)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct filter *f = &fs->v[i];
		const char *g;

		if (f->group != NULL)
			gather(f->group, name, w);
		else if (name == NULL)
			add_word(w, f->ops->name);
		else if (f->ops->group != NULL &&
		    strcmp(f->ops->name, name) == 0)
			for (size_t k = 0; (g = f->ops->group(f->state,
			    k)) != NULL; k++)
				add_word(w, g);
	}
}

static const char *const *
keep(struct words *w, struct rule_reader *r)
{
	const char **kept = arena_alloc(r->arena, (w->n + 1) * sizeof(*kept));

	if (w->n > 0)
		memcpy(kept, w->v, w->n * sizeof(*kept));
	free(w->v);
	return kept;
}

const char *const *
filters_groups(const struct filters *fs, const char *name,
    struct rule_reader *r)
{
	struct words w = {0};

	gather(fs, name, &w);
	return keep(&w, r);
}

const char *const *
filters_names(const struct filters *fs, struct rule_reader *r)
{
	struct words w = {0};

	gather(fs, NULL, &w);
	return keep(&w, r);
}
