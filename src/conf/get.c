#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "conf/get.h"
#include "conf/get_impl.h"
#include "conf/nearest.h"
#include "conf/secret.h"
#include "conf/trap.h"
#include "conf/units.h"
#include "util/arena.h"

/* "'exclude'", or what stands there if it has no key. */
static struct conf_said
name_of(const struct conf_node *n)
{
	struct conf_said said = { "the top of the file" };

	return n->key ? conf_said(n->key) : said;
}

/* The value as a message may show it. */
static struct conf_said
value_of(const struct conf_node *n)
{
	struct conf_said said = { "what is there" };

	if (n->text == NULL ||
	    (n->key != NULL && conf_secret_key(n->key, strlen(n->key))))
		return said;
	return conf_said(n->text);
}

/* Where to point for a value that may not be there at all. */
static const struct conf_mark *
place(const struct conf_node *n)
{
	if (n->kind == CONF_NULL && n->text[0] == '\0' && !n->in_list &&
	    n->key_at.line > 0)
		return &n->key_at;
	return &n->at;
}

/*
 * key: #text -- what follows '#' without a blank was hardly meant as a
 * comment.  NULL if there is no such thing.
 */
static struct conf_fault *
tell_comment(const struct conf_node *n, struct conf_faults *f)
{
	struct conf_slice line = conf_source_line(n->at.source, n->at.line);
	size_t from = conf_offset(line, n->at.column - 1);
	struct conf_node text = *n;
	struct conf_fault *x;

	from = conf_skip_blanks(line, from);
	if (from + 1 >= line.len || line.p[from] != '#' ||
	    strchr(" #\t!", line.p[from + 1]) != NULL)
		return NULL;
	text.at.column = conf_chars(line, from) + 1;
	text.at.width = conf_chars(line, line.len) - text.at.column + 1;
	x = conf_fault(f, &text.at, "'#' begins a comment in YAML, and %s has "
	    "no value", name_of(n).s);
	conf_quoted(x, &text);
	return x;
}

static struct conf_fault *
tell_null(const struct conf_node *n, const char *wanted, struct conf_faults *f)
{
	struct conf_fault *x;

	if (n->text[0] != '\0') {
		x = conf_fault(f, &n->at, "%s alone means 'nothing' in YAML",
		    conf_said(n->text).s);
		if (strcmp(wanted, "text") == 0)
			conf_quoted(x, n);
		else
			conf_expected(x, "%s", wanted);
		return x;
	}
	if ((x = tell_comment(n, f)) != NULL)
		return x;
	return conf_fault(f, place(n), n->in_list ?
	    "an empty item in %s" : "%s has no value", name_of(n).s);
}

static const char *
kind_of(const struct conf_node *n)
{
	switch (n->kind) {
	case CONF_LIST:
		return "a list";
	case CONF_MAP:
		return "a map";
	default:
		return "text";
	}
}

/* "name:x" where a map belongs: the colon makes a key only with a blank. */
static void
mend_colon(struct conf_fault *x, const struct conf_node *n)
{
	struct conf_slice line = conf_source_line(n->at.source, n->at.line);
	size_t from = conf_offset(line, n->at.column - 1);
	const char *colon = strchr(n->text, ':');
	CLEAN_BUF struct buf b = {0};

	if (n->style != CONF_PLAIN || !n->one_line || colon == NULL ||
	    colon == n->text || strncmp(colon, "://", 3) == 0)
		return;
	from = conf_skip_properties(line, from);
	from += (size_t)(colon + 1 - n->text);
	if (from > line.len)
		return;
	buf_add(&b, line.p, from);
	buf_addc(&b, ' ');
	buf_add(&b, line.p + from, line.len - from);
	conf_remedy(x, "put a blank behind the colon", buf_str(&b));
}

struct conf_fault *
conf_wrong(const struct conf_node *n, const char *wanted,
    struct conf_faults *f)
{
	struct conf_fault *x;

	if (conf_faults_full(f))
		return conf_fault(f, &n->at, "%s is wrong", name_of(n).s);
	if (n->kind == CONF_NULL)
		return tell_null(n, wanted, f);
	x = conf_fault(f, &n->at, "%s%s must be %s, not %s",
	    n->in_list ? "an item of " : "", name_of(n).s, wanted, kind_of(n));
	if (n->kind == CONF_SCALAR)
		mend_colon(x, n);
	else if (conf_on_one_line(n) && strcmp(wanted, "text") == 0)
		conf_quoted(x, n);
	return x;
}

struct conf_fault *
conf_bad(const struct conf_node *n, const char *why, struct conf_faults *f)
{
	return conf_fault(f, &n->at, "%s%s cannot be %s: %s",
	    n->in_list ? "an item of " : "", name_of(n).s, value_of(n).s, why);
}

static void
tell_unknown(const struct conf_pair *p, const struct conf_keys *keys,
    struct conf_faults *f)
{
	const char *near = conf_nearest(p->key, keys->known);
	CLEAN_BUF struct buf b = {0};
	struct conf_fault *x;
	size_t i;

	x = conf_fault(f, &p->at, "unknown key %s in %s",
	    conf_said(p->key).s, keys->what);
	if (near == NULL)
		near = conf_nearest(p->key, keys->later);
	conf_suggest(x, near);
	if (strncmp(p->key, "\xc2\xa0", 2) == 0)
		conf_expected(x, "a plain blank, not a non-breaking one");
	if (near != NULL || strncmp(p->key, "\xc2\xa0", 2) == 0)
		return;
	for (i = 0; keys->known[i] != NULL; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", keys->known[i]);
	conf_expected(x, "one of %s", buf_str(&b));
}

static bool
is_word_of(const char *word, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

int
conf_map_check(const struct conf_node *n, const struct conf_keys *keys,
    struct conf_faults *f)
{
	const struct conf_pair *p;
	int r = 1;
	size_t i;

	if (n == NULL)
		return 0;
	if (n->kind == CONF_NULL && n->text[0] == '\0')
		return 1;
	if (n->kind != CONF_MAP)
		return conf_wrong(n, "a map", f), -1;
	for (i = 0; i < n->n; i++) {
		p = &n->pairs[i];
		if (is_word_of(p->key, keys->known) ||
		    (keys->extras && conf_is_extra(p)))
			continue;
		if (is_word_of(p->key, keys->later))
			conf_fault(f, &p->at, "%s is not yet in this version",
			    conf_said(p->key).s);
		else
			tell_unknown(p, keys, f);
		r = -1;
	}
	return r;
}

const struct conf_node *
conf_need(const struct conf_node *map, const char *key, const char *what,
    struct conf_faults *f)
{
	const struct conf_node *n = conf_get(map, key);

	if (n == NULL && map != NULL)
		conf_fault(f, map->kind == CONF_NULL ? place(map) : &map->at,
		    "%s is missing in %s", conf_said(key).s, what);
	return n;
}

/*
 * size: >1 -- to YAML that is an empty block of text, indented by one.  A
 * block that is empty because nothing is below it is just no value.
 */
static void
tell_empty_block(const struct conf_node *n, struct conf_faults *f)
{
	struct conf_slice line = conf_source_line(n->at.source, n->at.line);
	struct conf_node header = *n;
	size_t from;

	if (conf_faults_full(f)) {
		conf_wrong(n, "text", f);
		return;
	}
	header.one_line = true;
	from = conf_offset(line, n->at.column - 1);
	from = conf_skip_properties(line, from);
	if (from + 1 < line.len && line.p[from + 1] >= '0' &&
	    line.p[from + 1] <= '9')
		conf_quoted(conf_fault(f, &n->at, "'%c' begins a block of text "
		    "in YAML", line.p[from]), &header);
	else
		conf_fault(f, &n->at, "%s has no value", name_of(n).s);
}

/* 1 if n is text, else as all getters. */
static int
need_text(const struct conf_node *n, const char *wanted, struct conf_faults *f)
{
	if (n == NULL)
		return 0;
	if (n->kind != CONF_SCALAR)
		return conf_wrong(n, wanted, f), -1;
	if ((n->style != CONF_FOLDED && n->style != CONF_LITERAL) ||
	    n->text[strspn(n->text, "\n ")] != '\0')
		return 1;
	tell_empty_block(n, f);
	return -1;
}

int
conf_str(const struct conf_node *n, const char **out, struct conf_faults *f)
{
	int r = need_text(n, "text", f);

	if (r == 1)
		*out = n->text;
	return r;
}

int
conf_bool(const struct conf_node *n, bool *out, struct conf_faults *f)
{
	static const char *const words[] = { "true", "yes", "on", "false",
	    "no", "off", NULL };
	int r = need_text(n, "true or false", f);
	size_t i;

	if (r < 1)
		return r;
	for (i = 0; words[i] != NULL; i++)
		if (strcasecmp(n->text, words[i]) == 0) {
			*out = i < 3;
			return 1;
		}
	conf_suggest(conf_bad(n, "it must be true or false", f),
	    conf_nearest(n->text, words));
	return -1;
}

int
conf_int(const struct conf_node *n, int64_t least, int64_t most, int64_t *out,
    struct conf_faults *f)
{
	char why[CONF_WHY];
	int r = need_text(n, "a whole number", f);

	if (r == 1 && conf_text_int(n->text, least, most, out, why) < 0)
		return conf_bad(n, why, f), -1;
	return r;
}

int
conf_size(const struct conf_node *n, bool bare, uint64_t *bytes,
    struct conf_faults *f)
{
	char why[CONF_WHY];
	int r = need_text(n, "a size", f);

	if (r == 1 && conf_text_size(n->text, bare, bytes, why) < 0)
		return conf_bad(n, why, f), -1;
	return r;
}

int
conf_span(const struct conf_node *n, const char *unit, int64_t *ns,
    struct conf_faults *f)
{
	char why[CONF_WHY];
	int r = need_text(n, "a time span", f);

	if (r == 1 && conf_text_span(n->text, unit, ns, why) < 0)
		return conf_bad(n, why, f), -1;
	return r;
}

int
conf_percent(const struct conf_node *n, uint32_t *ppm, struct conf_faults *f)
{
	char why[CONF_WHY];
	int r = need_text(n, "a share", f);

	if (r == 1 && conf_text_percent(n->text, ppm, why) < 0)
		return conf_bad(n, why, f), -1;
	return r;
}

int
conf_min_free(const struct conf_node *n, uint64_t *bytes, unsigned *percent,
    struct conf_faults *f)
{
	uint64_t size = 0;
	uint32_t ppm = 0;
	int r, share = n != NULL && n->kind == CONF_SCALAR &&
	    strchr(n->text, '%') != NULL;

	r = conf_is(n, "0") ? 1 :	/* none needs no unit */
	    share ? conf_percent(n, &ppm, f) : conf_size(n, false, &size, f);
	if (r == 1) {
		*bytes = size;
		*percent = (ppm + 9999) / 10000;
	}
	return r;
}

int
conf_enum(const struct conf_node *n, const char *const *words,
    const char *const *later, unsigned *out, struct conf_faults *f)
{
	CLEAN_BUF struct buf all = {0};
	int r = need_text(n, "a word", f);
	struct conf_fault *x;
	unsigned i;

	if (r < 1)
		return r;
	for (i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], n->text) == 0) {
			*out = i;
			return 1;
		}
		buf_addf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	if (is_word_of(n->text, later)) {
		conf_fault(f, &n->at, "%s is not yet in this version",
		    value_of(n).s);
		return -1;
	}
	x = conf_fault(f, &n->at, "%s%s cannot be %s",
	    n->in_list ? "an item of " : "", name_of(n).s, value_of(n).s);
	conf_expected(x, "one of %s", buf_str(&all));
	conf_suggest(x, conf_nearest(n->text, words));
	return -1;
}

bool
conf_is(const struct conf_node *n, const char *word)
{
	return n != NULL && n->kind == CONF_SCALAR &&
	    strcasecmp(n->text, word) == 0;
}

int
conf_list(const struct conf_node *n, struct arena *a, struct conf_strs *out,
    int (*one)(void *arg, const struct conf_node *n, const char **text),
    void *arg, struct conf_faults *f)
{
	struct conf_each it = conf_each(n);
	const struct conf_node *item;
	struct conf_strs strs = {0};
	size_t max = 0;
	int r = 1;

	if (n == NULL)
		return 0;
	if (n->kind == CONF_NULL)
		return conf_wrong(n, "text", f), -1;
	while (conf_next(&it) != NULL)
		max++;
	strs.text = arena_alloc(a, (max + 1) * sizeof(*strs.text));
	strs.node = arena_alloc(a, (max + 1) * sizeof(*strs.node));
	it = conf_each(n);
	while ((item = conf_next(&it)) != NULL) {
		strs.node[strs.n] = item;
		if (one(arg, item, &strs.text[strs.n++]) < 0)
			r = -1;
	}
	if (r == 1)
		*out = strs;
	return r;
}

static int
one_str(void *arg, const struct conf_node *n, const char **text)
{
	return conf_str(n, text, arg);
}

int
conf_strs(const struct conf_node *n, struct arena *a, struct conf_strs *out,
    struct conf_faults *f)
{
	return conf_list(n, a, out, one_str, f, f);
}
