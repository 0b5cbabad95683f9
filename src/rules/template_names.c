/*
 * template_names.c -- what placeholders are called, and where their values come
 * from.
 */
#include <string.h>
#include <time.h>

#include "conf/env.h"
#include "rules/name.h"
#include "rules/template_impl.h"
#include "util/civil.h"

enum id {
	ID_NAME, ID_EXTENSION, ID_PATH, ID_RELATIVE, ID_LOCATION,
	ID_LASTMODIFIED, ID_CREATED, ID_SIZE, ID_NOW, ID_UTCNOW, ID_TODAY,
	ID_REGEX, ID_ENV, ID_HOSTNAME, ID_RULE, ID_RULE_NR,
};

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

/* ---- what was caught ---- */

/* map->self is the filter's name. */
static int
caught_get(struct expr_run *run, const struct expr_value *map, const char *key,
    size_t len, struct expr_value *out)
{
	const struct subject *s = run->arg;
	CLEAN_BUF struct buf name = {0};
	const char *v;
	size_t n;

	buf_add(&name, key, len);
	v = s->captures == NULL ? NULL : captures_get(s->captures,
	    map->self, buf_str(&name), &n);
	if (v == NULL)
		return 0;
	*out = expr_text(v, n);
	return 1;
}

static const struct expr_map size_map = { .said = "size",
    .keys = size_keys, .types = size_types, .get = size_get,
    .print = size_print };
static const struct expr_map regex_map = { .said = "what the regex "
    "filters of this rule catch", .get = caught_get };
static const struct expr_map name_map = { .said = "what the name "
    "filters of this rule catch", .get = caught_get };
static const struct expr_map env_map = { .said = "the environment" };

/* ---- the table ---- */

static const struct expr_name names[] = {
	{ "name", EXPR_TEXT, ID_NAME, 0, &name_map },
	{ "extension", EXPR_TEXT, ID_EXTENSION, 0, NULL },
	{ "path", EXPR_PATH, ID_PATH, 0, NULL },
	{ "relative_path", EXPR_PATH, ID_RELATIVE, 0, NULL },
	{ "location", EXPR_PATH, ID_LOCATION, 0, NULL },
	{ "basedir", EXPR_PATH, ID_LOCATION, 0, NULL },
	{ "lastmodified", EXPR_TIME, ID_LASTMODIFIED, 0, NULL },
	{ "created", EXPR_TIME, ID_CREATED, 0, NULL },
	{ "size", EXPR_MAP, ID_SIZE, 0, &size_map },
	{ "now", EXPR_TIME, ID_NOW, 1, NULL },
	{ "utcnow", EXPR_TIME, ID_UTCNOW, 1, NULL },
	{ "today", EXPR_DATE, ID_TODAY, 1, NULL },
	{ "regex", EXPR_MAP, ID_REGEX, 0, &regex_map },
	{ "env", EXPR_MAP, ID_ENV, 0, &env_map },
	{ "hostname", EXPR_TEXT, ID_HOSTNAME, 0, NULL },
	{ "rule", EXPR_TEXT, ID_RULE, 0, NULL },
	{ "rule_nr", EXPR_INT, ID_RULE_NR, 0, NULL },
	{ 0 },
};

static const unsigned needs[] = {
	[ID_NAME] = NEED_FILE, [ID_EXTENSION] = NEED_FILE,
	[ID_PATH] = NEED_FILE, [ID_RELATIVE] = NEED_FILE,
	[ID_LOCATION] = NEED_FILE,
	[ID_LASTMODIFIED] = NEED_FILE | NEED_ID,
	[ID_CREATED] = NEED_FILE | NEED_ID,
	[ID_SIZE] = NEED_FILE | NEED_ID | NEED_SIZE,
	[ID_REGEX] = NEED_FILE | NEED_CAPTURES,
	[ID_RULE_NR] = 0,
};

int
template_names_has(const char *word, size_t len)
{
	for (const struct expr_name *n = names; n->name != NULL; n++)
		if (strlen(n->name) == len && memcmp(n->name, word, len) == 0)
			return 1;
	return 0;
}

/* ---- while a template is compiled ---- */

static const char *const *
keys(void *arg, const struct expr_name *name)
{
	static const char *const none[] = { NULL };
	const struct template_scope *scope =
	    ((struct template_names *)arg)->scope;
	const char *const *list = name->id == ID_REGEX ? scope->regex :
	    name->id == ID_NAME ? scope->name : NULL;

	if (name->id != ID_REGEX && name->id != ID_NAME)
		return NULL;
	return list != NULL ? list : none;
}

static void
used(void *arg, const struct expr_name *name, const char *key)
{
	struct template_names *n = arg;

	n->needs |= needs[name->id];
	if (name->id == ID_NAME && key != NULL)
		n->needs |= NEED_CAPTURES;
}

/* {env.VAR} and {hostname} are what they are. */
static int
constant(void *arg, const struct expr_name *name, const char *key,
    struct expr_value *out, struct err *e)
{
	struct template_names *n = arg;
	const struct conf_env *env = n->scope->env;
	CLEAN_BUF struct buf b = {0};
	const char *v;

	if (name->id == ID_HOSTNAME && key == NULL) {
		if (env->hostname(env->arg, &b) < 0)
			buf_adds(&b, "localhost");
		*out = expr_text(arena_dup(n->own, buf_str(&b), b.len), b.len);
		return 1;
	}
	if (name->id != ID_ENV || key == NULL)
		return 0;
	if ((v = env->var(env->arg, key)) == NULL)
		return err_set(e, ERR_CONF,
		    "the environment has no variable '%s'", key);
	*out = expr_text(arena_str(n->own, v), strlen(v));
	out->from = EXPR_WRITTEN;
	return 1;
}

struct expr_scope
template_names_scope(struct template_names *n)
{
	return (struct expr_scope){ .names = names, .keys = keys,
	    .constant = constant, .used = used, .arg = n };
}

/* ---- values ---- */

/* A path that is one of the disk's: its '/' are folders. */
static int
path(struct expr_value *out, const char *s, size_t len)
{
	*out = expr_path(s, len);
	out->from = EXPR_WRITTEN;
	return 1;
}

static int
whole_path(struct expr_run *run, const struct subject *s,
    struct expr_value *out)
{
	size_t dir = strlen(s->dir), n;
	char *p;

	dir -= dir == 1;			/* "/" */
	n = dir + 1 + s->name_len;
	if ((p = expr_alloc(run, n + 1)) == NULL)
		return -1;
	memcpy(p, s->dir, dir);
	p[dir] = '/';
	memcpy(p + dir + 1, s->name, s->name_len);
	p[n] = '\0';
	return path(out, p, n);
}

/* From the location on; 0 if the file is not below it any more. */
static int
relative(struct expr_run *run, const struct subject *s,
    struct expr_value *out)
{
	size_t n = strlen(s->location);

	if (whole_path(run, s, out) < 0)
		return -1;
	n -= n == 1 && s->location[0] == '/';
	if (out->len <= n || memcmp(out->s, s->location, n) != 0 ||
	    out->s[n] != '/')
		return 0;
	return path(out, out->s + n + 1, out->len - n - 1);
}

/* organize's {name}: the stem, or of a hidden file all of it. */
static int
name_of(enum id id, const struct subject *s, struct expr_value *out)
{
	size_t stem;

	if (s->first == NULL)
		return 0;
	stem = name_py_stem(s->first, s->first_len);
	if (id == ID_NAME) {
		*out = expr_text(s->first, stem);
		out->map = &name_map;
		out->self = "name";
	} else if (stem == s->first_len) {
		*out = expr_text("", 0);
	} else {
		*out = expr_text(s->first + stem + 1,
		    s->first_len - stem - 1);
	}
	return 1;
}

static int
time_of(enum id id, const struct subject *s, struct expr_value *out)
{
	struct tm tm;
	time_t now = (time_t)floor_div(s->now, 1000000000);

	*out = (struct expr_value){ .type = EXPR_TIME, .n = s->now,
	    .utc = id == ID_UTCNOW };
	if (id == ID_TODAY) {
		out->type = EXPR_DATE;
		localtime_r(&now, &tm);
		out->n = civil_days(tm.tm_year + INT64_C(1900), tm.tm_mon + 1,
		    tm.tm_mday);
	}
	if (id != ID_LASTMODIFIED && id != ID_CREATED)
		return 1;
	out->aware = 1;
	if (s->id == NULL || (id == ID_CREATED && s->id->btime == 0))
		return 0;
	out->n = id == ID_CREATED ? s->id->btime : s->id->mtime;
	return 1;
}

static int
map(struct expr_value *out, const struct expr_map *m, const void *self,
    int64_t n)
{
	*out = (struct expr_value){ .type = EXPR_MAP, .map = m, .self = self,
	    .n = n };
	return 1;
}

int
template_names_value(struct expr_run *run, unsigned id,
    struct expr_value *out)
{
	const struct subject *s = run->arg;

	switch ((enum id)id) {
	case ID_NAME:
	case ID_EXTENSION:
		return name_of((enum id)id, s, out);
	case ID_PATH:
		return s->name == NULL ? 0 : whole_path(run, s, out);
	case ID_RELATIVE:
		return s->name == NULL || s->location == NULL ? 0 :
		    relative(run, s, out);
	case ID_LOCATION:
		return s->location == NULL ? 0 :
		    path(out, s->location, strlen(s->location));
	case ID_SIZE:
		return s->id == NULL ? 0 :
		    map(out, &size_map, NULL, (int64_t)s->size);
	case ID_REGEX:
		return map(out, &regex_map, "regex", 0);
	case ID_RULE:
		*out = expr_text(s->rule, strlen(s->rule));
		return 1;
	case ID_RULE_NR:
		*out = expr_int(s->rule_number);
		return 1;
	case ID_LASTMODIFIED:
	case ID_CREATED:
	case ID_NOW:
	case ID_UTCNOW:
	case ID_TODAY:
		return time_of((enum id)id, s, out);
	case ID_ENV:
	case ID_HOSTNAME:
		break;		/* known when the template was compiled */
	}
	return 0;
}
