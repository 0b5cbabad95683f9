/*
 * template_maps.c -- placeholders that have members: sizes, and what filters
 * caught.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/template_impl.h"
#include "util/civil.h"

/* ---- sizes ---- */

enum unit { TRADITIONAL, BINARY, DECIMAL };

/* "1.2 MB": n is below base when it is printed, so one comma at most. */
static void
print_unit(struct buf *out, uint64_t size, unsigned base, const char *tail,
    int small_k)
{
	static const char prefixes[] = "KMGTPEZY";
	double n = (double)size;
	size_t i = 0;

	if (size == 1) {
		buf_adds(out, "1 byte");
		return;
	}
	if (size < base) {
		buf_addf(out, size < 1000 ? "%u bytes" : "1,%03u bytes",
		    (unsigned)(size < 1000 ? size : size - 1000));
		return;
	}
	for (n /= base; n >= base && prefixes[i + 1] != '\0'; i++)
		n /= base;
	if (n >= 999.95)
		buf_addf(out, "1,%05.1f", n - 1000 > 0 ? n - 1000 : 0.0);
	else
		buf_addf(out, "%.1f", n);
	buf_addf(out, " %c%s", small_k && i == 0 ? 'k' : prefixes[i], tail);
}

static void
print_size(struct buf *out, enum unit how, uint64_t size)
{
	if (how == TRADITIONAL)
		print_unit(out, size, 1024, "B", 0);
	else if (how == BINARY)
		print_unit(out, size, 1024, "iB", 0);
	else
		print_unit(out, size, 1000, "B", 1);
}

static const char *const size_keys[] = { "bytes", "traditional", "binary",
    "decimal", NULL };
static const enum expr_type size_types[] = { EXPR_INT, EXPR_TEXT, EXPR_TEXT,
    EXPR_TEXT };

static int
size_get(struct expr_run *run, const struct expr_value *map, const char *key,
    size_t len, struct expr_value *out)
{
	CLEAN_BUF struct buf b = {0};
	size_t i = 0;

	while (size_keys[i] != NULL && (strlen(size_keys[i]) != len ||
	    memcmp(size_keys[i], key, len) != 0))
		i++;
	if (size_keys[i] == NULL)
		return 0;
	if (i == 0) {
		*out = expr_int(map->n);
		return 1;
	}
	print_size(&b, (enum unit)(i - 1), (uint64_t)map->n);
	return expr_keep(run, b.data, b.len, out) < 0 ? -1 : 1;
}

/* As Python prints the dict that organize has. */
static void
size_print(const struct expr_value *map, struct buf *out)
{
	uint64_t size = (uint64_t)map->n;

	buf_addf(out, "{'bytes': %llu, 'traditional': '",
	    (unsigned long long)size);
	print_size(out, TRADITIONAL, size);
	buf_adds(out, "', 'binary': '");
	print_size(out, BINARY, size);
	buf_adds(out, "', 'decimal': '");
	print_size(out, DECIMAL, size);
	buf_adds(out, "'}");
}

const struct expr_map template_size_map = { .said = "size",
    .keys = size_keys, .types = size_types, .get = size_get,
    .print = size_print };

/* ---- what was caught ---- */

/* map->self of what filters caught. */
struct caught {
	const struct captures *c;
	const char	*filter;	/* "exif" */
	const char	*prefix;	/* of its keys: "", "image." */
};

static int caught_get(struct expr_run *run, const struct expr_value *map,
    const char *key, size_t len, struct expr_value *out);
static void caught_print(const struct expr_value *map, struct buf *out);

#define CAUGHT(words)	{ .said = (words), .get = caught_get, \
	.print = caught_print }

const struct expr_map template_regex_map =
    CAUGHT("what the regex filters of this rule catch");
const struct expr_map template_name_map =
    CAUGHT("what the name filters of this rule catch");
const struct expr_map template_content_map =
    CAUGHT("what the filecontent filters of this rule catch");
static const char *const duplicate_keys[] = { "original", NULL };
static const enum expr_type duplicate_types[] = { EXPR_PATH };
const struct expr_map template_duplicate_map = { .said = "duplicate",
    .keys = duplicate_keys, .types = duplicate_types, .get = caught_get,
    .print = caught_print };
const struct expr_map template_tree_map = CAUGHT("what the filter found");

static struct expr_value
value_of(const struct captures *c, const struct capture *v)
{
	struct expr_value x = expr_text(captures_text(c, v), v->len);

	switch (v->type) {
	case CAPTURE_TEXT:
		break;
	case CAPTURE_INT:
		x = expr_int(v->n);
		break;
	case CAPTURE_FLOAT:
		x = (struct expr_value){ .type = EXPR_FLOAT,
		    .x = strtod(captures_text(c, v), NULL) };
		break;
	case CAPTURE_PATH:
		x.type = EXPR_PATH;
		x.from = EXPR_WRITTEN;
		break;
	case CAPTURE_TIME:
		x = (struct expr_value){ .type = EXPR_TIME, .n = v->n,
		    .utc = 1 };
		break;
	case CAPTURE_DATE:
		x = (struct expr_value){ .type = EXPR_DATE,
		    .n = floor_div(v->n, DAY_US * 1000) };
		break;
	case CAPTURE_SPAN:
		x = (struct expr_value){ .type = EXPR_SPAN, .n = v->n };
		break;
	}
	return x;
}

/* What stands behind the prefix in the key of v, or NULL if it is not below. */
static const char *
below(const struct captures *c, const struct capture *v, const char *filter,
    const char *prefix)
{
	const char *key = captures_key(c, v);
	size_t n = strlen(prefix);

	return strcmp(v->filter, filter) == 0 &&
	    strncmp(key, prefix, n) == 0 ? key + n : NULL;
}

int
template_caught(struct expr_run *run, const struct captures *c,
    const struct expr_map *map, const char *filter, const char *prefix,
    struct expr_value *out)
{
	struct caught *x = expr_alloc(run, sizeof(*x));

	if (x == NULL)
		return -1;
	*x = (struct caught){ c, filter, prefix };
	*out = (struct expr_value){ .type = EXPR_MAP, .map = map, .self = x };
	return 1;
}

int
template_found(const struct captures *c, const char *filter,
    struct expr_value *out)
{
	const struct capture *v = c != NULL ? captures_find(c, filter, "") :
	    NULL;

	if (v == NULL)
		return 0;
	*out = value_of(c, v);
	return 1;
}

static int
caught_get(struct expr_run *run, const struct expr_value *map, const char *key,
    size_t len, struct expr_value *out)
{
	const struct caught *x = map->self;
	size_t n = strlen(x->prefix);
	const struct capture *v;
	char *name;

	if (x->c == NULL || len > EXPR_TEXT_MAX)
		return 0;
	if ((name = expr_alloc(run, n + len + 2)) == NULL)
		return -1;
	memcpy(name, x->prefix, n);
	memcpy(name + n, key, len);
	name[n + len] = '\0';
	if ((v = captures_find(x->c, x->filter, name)) != NULL) {
		*out = value_of(x->c, v);
		return 1;
	}
	name[n + len] = '.';
	name[n + len + 1] = '\0';
	for (size_t i = 0; i < x->c->n; i++)
		if (below(x->c, &x->c->v[i], x->filter, name) != NULL)
			return template_caught(run, x->c, &template_tree_map,
			    x->filter, name, out);
	return 0;
}

/* As Python prints a dict: {'image': {'model': 'X'}}. */
static void
print_below(const struct captures *c, const char *filter, const char *prefix,
    struct buf *out)
{
	const char *sep = "", *rest, *other;

	buf_addc(out, '{');
	for (size_t i = 0; i < c->n; i++) {
		CLEAN_BUF struct buf deeper = {0};
		struct expr_value v, key;
		size_t len, k = 0;

		if ((rest = below(c, &c->v[i], filter, prefix)) == NULL)
			continue;
		len = strcspn(rest, ".");
		while (k < i && ((other = below(c, &c->v[k], filter,
		    prefix)) == NULL || strcspn(other, ".") != len ||
		    memcmp(other, rest, len) != 0))
			k++;
		if (k < i)
			continue;		/* it was among those before */
		key = expr_text(rest, len);
		buf_adds(out, sep);
		expr_print_quoted(&key, out);
		buf_adds(out, ": ");
		buf_adds(&deeper, prefix);
		buf_add(&deeper, rest, len);
		if (rest[len] == '.') {
			buf_addc(&deeper, '.');
			print_below(c, filter, buf_str(&deeper), out);
		} else {
			v = value_of(c, captures_find(c, filter,
			    buf_str(&deeper)));
			expr_print_quoted(&v, out);
		}
		sep = ", ";
	}
	buf_addc(out, '}');
}

static void
caught_print(const struct expr_value *map, struct buf *out)
{
	const struct caught *x = map->self;

	if (x->c != NULL)
		print_below(x->c, x->filter, x->prefix, out);
	else
		buf_adds(out, "{}");
}
