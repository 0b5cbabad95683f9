#include <stdlib.h>
#include <string.h>

#include "rules/reader.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/pack.h"
#include "util/xalloc.h"

static const char *const known[] = { "name", "enabled", "targets", "locations",
    "subfolders", "filter_mode", "filters", "any", "all", "none", "actions",
    "tags", "schedule", "retry", "stop", "watch", "before", "after", "on_error",
    "companions", NULL };
static const char *const later[] = { "after_backup", NULL };

/*
 * A value as bytes that are equal where the meaning is: one value is a list
 * of one, lists in lists are flat, comments and quotes are gone.
 */
static void
pack_node(struct buf *out, const struct conf_node *n)
{
	struct conf_each it = conf_each(n);
	const struct conf_node *item;

	while ((item = conf_next(&it)) != NULL) {
		if (item->kind != CONF_MAP) {
			buf_addc(out, item->kind == CONF_NULL ? 'n' : 's');
			pack_str(out, item->kind == CONF_NULL ? "" : item->text);
			continue;
		}
		buf_addc(out, 'm');
		for (size_t i = 0; i < item->n; i++) {
			pack_str(out, item->pairs[i].key);
			pack_node(out, item->pairs[i].value);
		}
		buf_addc(out, '.');
	}
	buf_addc(out, '.');
}

static uint64_t
hash_of(const struct rule *r, const struct conf_node *entry)
{
	static const char *const groups[] = { "all", "any", "none" };
	CLEAN_BUF struct buf b = {0};

	pack_u64(&b, 1);		/* of this packing */
	pack_u64(&b, (uint64_t)r->dirs);
	pack_u64(&b, r->filters.mode);
	for (size_t i = 0; i < r->n_locations; i++)
		location_pack(&r->locations[i], &b);
	pack_node(&b, conf_get(entry, "filters"));
	if (conf_get(entry, "companions") != NULL) {
		pack_str(&b, "companions");
		pack_node(&b, conf_get(entry, "companions"));
	}
	for (size_t i = 0; i < 3; i++)
		if (conf_get(entry, groups[i]) != NULL) {
			pack_str(&b, groups[i]);
			pack_node(&b, conf_get(entry, groups[i]));
		}
	pack_node(&b, conf_get(entry, "actions"));
	return hash_fixed(0, b.data, b.len);
}

static int
read_name(struct rule *r, const struct conf_node *entry, struct rule_reader *g)
{
	CLEAN_BUF struct buf b = {0};
	const struct conf_node *n = conf_get(entry, "name");
	const char *name = NULL;

	if (!reader_nothing(n) && conf_str(n, &name, g->f) < 0)
		return -1;
	if (name == NULL || *name == '\0') {
		buf_addf(&b, "rule %u", r->number + 1);
		name = buf_str(&b);
	}
	r->name = g->rule = arena_str(&r->arena, name);
	return 0;
}

static int
read_tags(struct rule *r, const struct conf_node *n, struct rule_reader *g)
{
	struct conf_strs list = {0};
	const char **tags;

	if (!reader_nothing(n) && conf_strs(n, g->arena, &list, g->f) < 0)
		return -1;
	tags = arena_alloc(&r->arena, (list.n + 1) * sizeof(*tags));
	for (size_t i = 0; i < list.n; i++)
		tags[i] = arena_str(&r->arena, list.text[i]);
	r->tags = tags;
	return 0;
}

/* companions: true, or [xmp, srt]: with or without their dots. */
static int
read_companions(struct rule *r, const struct conf_node *n,
    struct rule_reader *g)
{
	struct conf_strs list = {0};
	const char **exts;
	bool usual;

	if (reader_nothing(n))
		return 0;
	if (r->dirs) {
		conf_fault(g->f, &n->at, "'companions' is not for folders "
		    "(targets: dirs)");
		return -1;
	}
	if (conf_is(n, "true") || conf_is(n, "false") || conf_is(n, "yes") ||
	    conf_is(n, "no") || conf_is(n, "on") || conf_is(n, "off")) {
		if (conf_bool(n, &usual, g->f) < 0)
			return -1;
		r->companions_usual = usual;
		return 0;
	}
	if (conf_strs(n, g->arena, &list, g->f) < 0)
		return -1;
	exts = arena_alloc(&r->arena, (list.n + 1) * sizeof(*exts));
	for (size_t i = 0; i < list.n; i++) {
		exts[i] = list.text[i] + (list.text[i][0] == '.');
		if (*exts[i] == '\0' || strpbrk(exts[i], "./*") != NULL) {
			conf_expected(conf_bad(list.node[i], "it is no extension",
			    g->f), "an extension, as srt or .xmp");
			return -1;
		}
	}
	r->companions = exts;
	return 0;
}

/* Watched are folders for files that arrive. */
static int
read_watch(struct rule *r, const struct conf_node *entry,
    struct rule_reader *g)
{
	const struct conf_node *n = conf_get(entry, "watch");

	if (rule_watch_read(n, &r->watch, g->f) < 0)
		return -1;
	if (!r->watch.on)
		return 0;
	if (r->dirs) {
		conf_fault(g->f, &n->at, "'watch' is not for folders "
		    "(targets: dirs)");
		return -1;
	}
	if (reader_nothing(conf_get(entry, "locations"))) {
		conf_fault(g->f, &n->at, "there is nothing to watch: the rule "
		    "has no locations");
		return -1;
	}
	return 0;
}

/* The words and switches; *mode and *depth are for the rest. */
static int
read_plain(struct rule *r, const struct conf_node *entry, unsigned *mode,
    int *depth, struct rule_reader *g)
{
	static const char *const targets[] = { "files", "dirs", NULL };
	static const char *const modes[] = { "all", "any", "none", NULL };
	bool enabled = true, subfolders = false, stop = false;
	unsigned target = 0;
	int rc = 0;

	rc |= conf_bool(conf_get(entry, "enabled"), &enabled, g->f) < 0;
	rc |= conf_bool(conf_get(entry, "subfolders"), &subfolders, g->f) < 0;
	rc |= conf_bool(conf_get(entry, "stop"), &stop, g->f) < 0;
	rc |= conf_enum(conf_get(entry, "targets"), targets, NULL, &target,
	    g->f) < 0;
	rc |= conf_enum(conf_get(entry, "filter_mode"), modes, NULL, mode,
	    g->f) < 0;
	rc |= read_name(r, entry, g) < 0;
	rc |= read_tags(r, conf_get(entry, "tags"), g) < 0;
	r->enabled = enabled;
	r->stop = stop;
	r->dirs = g->dirs = target == 1;
	rc |= read_companions(r, conf_get(entry, "companions"), g) < 0;
	r->schedule = conf_get(entry, "schedule");
	rc |= read_watch(r, entry, g) < 0;
	*depth = subfolders ? -1 : 0;
	return rc != 0 ? -1 : 0;
}

static int
read_all(struct rule *r, const struct conf_node *entry, struct rule_reader *g)
{
	static const struct conf_keys keys = { .what = "a rule",
	    .known = known, .later = later };
	const struct conf_node *actions;
	unsigned mode = FILTER_ALL;
	int depth, rc = 0;

	if (conf_map_check(entry, &keys, g->f) < 0)
		rc = -1;
	if (entry->kind != CONF_MAP)
		return -1;
	rc |= read_plain(r, entry, &mode, &depth, g);
	rc |= locations_read(&r->locations, &r->n_locations,
	    conf_get(entry, "locations"), depth, g);
	rc |= filters_read_rule(&r->filters, entry, (enum filter_mode)mode, g);
	if (rc == 0 && r->n_locations == 0 && r->filters.n > 0) {
		conf_fault(g->f, &entry->at, "the rule has filters, but no "
		    "locations to look at");
		rc = -1;
	}
	r->slots = g->slots;
	memcpy(r->twins, g->twins, sizeof(r->twins));
	r->n_twins = g->n_twins;
	memcpy(r->zones, g->zones, sizeof(r->zones));
	g->scope.regex = filters_groups(&r->filters, "regex", g);
	g->scope.name = filters_groups(&r->filters, "name", g);
	g->scope.filecontent = filters_groups(&r->filters, "filecontent", g);
	g->scope.filters = filters_names(&r->filters, g);
	actions = conf_need(entry, "actions", "a rule", g->f);
	if (actions == NULL)
		return -1;
	return rc | actions_read(&r->actions, actions,
	    rc == 0 && r->n_locations == 0, g);
}

struct rule *
rule_read(const struct conf_node *entry, unsigned number,
    const struct conf_where *where, struct conf_faults *f)
{
	struct rule *r = xalloc(sizeof(*r));
	struct rule_reader g = { .f = f, .where = where, .arena = &r->arena,
	    .at = &entry->at, .scope.env = where->env };

	r->number = number;
	r->entry = entry;
	if (read_all(r, entry, &g) < 0) {
		rule_free(r);
		return NULL;
	}
	r->hash = hash_of(r, entry);
	return r;
}

void
rule_free(struct rule *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_locations; i++)
		location_fini(&r->locations[i]);
	free(r->locations);
	filters_fini(&r->filters);
	actions_fini(&r->actions);
	arena_fini(&r->arena);
	free(r);
}
