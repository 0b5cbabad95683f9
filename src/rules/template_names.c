/*
 * template_names.c -- what placeholders are called, and where their values come
 * from.
 */
#include <string.h>
#include <time.h>

#include "conf/env.h"
#include "rules/later.h"
#include "rules/name.h"
#include "rules/template_impl.h"
#include "util/civil.h"

enum id {
	ID_NAME, ID_EXTENSION, ID_PATH, ID_RELATIVE, ID_LOCATION,
	ID_LASTMODIFIED, ID_CREATED, ID_SIZE, ID_NOW, ID_UTCNOW, ID_TODAY,
	ID_DATE_ADDED, ID_DATE_LASTUSED, ID_REGEX, ID_FILECONTENT, ID_EXIF,
	ID_XATTR, ID_DUPLICATE, ID_HASH, ID_MIMETYPE, ID_ENV, ID_HOSTNAME,
	ID_RULE, ID_RULE_NR, ID_SHELL,
};

static const struct expr_map env_map = { .said = "the environment" };

/* ---- the table ---- */

static const struct expr_name names[] = {
	{ "name", EXPR_TEXT, ID_NAME, 0, &template_name_map },
	{ "extension", EXPR_TEXT, ID_EXTENSION, 0, NULL },
	{ "path", EXPR_PATH, ID_PATH, 0, NULL },
	{ "relative_path", EXPR_PATH, ID_RELATIVE, 0, NULL },
	{ "location", EXPR_PATH, ID_LOCATION, 0, NULL },
	{ "basedir", EXPR_PATH, ID_LOCATION, 0, NULL },
	{ "lastmodified", EXPR_TIME, ID_LASTMODIFIED, 0, NULL },
	{ "created", EXPR_TIME, ID_CREATED, 0, NULL },
	{ "size", EXPR_MAP, ID_SIZE, 0, &template_size_map },
	{ "now", EXPR_TIME, ID_NOW, 1, NULL },
	{ "utcnow", EXPR_TIME, ID_UTCNOW, 1, NULL },
	{ "today", EXPR_DATE, ID_TODAY, 1, NULL },
	{ "date_added", EXPR_TIME, ID_DATE_ADDED, 0, NULL },
	{ "date_lastused", EXPR_TIME, ID_DATE_LASTUSED, 0, NULL },
	{ "regex", EXPR_MAP, ID_REGEX, 0, &template_regex_map },
	{ "filecontent", EXPR_MAP, ID_FILECONTENT, 0, &template_content_map },
	{ "exif", EXPR_MAP, ID_EXIF, 0, &template_tree_map },
	{ "xattr", EXPR_MAP, ID_XATTR, 0, &template_tree_map },
	{ "duplicate", EXPR_MAP, ID_DUPLICATE, 0, &template_duplicate_map },
	{ "hash", EXPR_TEXT, ID_HASH, 0, NULL },
	{ "mimetype", EXPR_TEXT, ID_MIMETYPE, 0, NULL },
	{ "env", EXPR_MAP, ID_ENV, 0, &env_map },
	{ "hostname", EXPR_TEXT, ID_HOSTNAME, 0, NULL },
	{ "rule", EXPR_TEXT, ID_RULE, 0, NULL },
	{ "rule_nr", EXPR_INT, ID_RULE_NR, 0, NULL },
	{ "shell", EXPR_MAP, ID_SHELL, 0, &later_map },
	{ 0 },
};

static const unsigned needs[] = {
	[ID_NAME] = NEED_FILE, [ID_EXTENSION] = NEED_FILE,
	[ID_PATH] = NEED_FILE, [ID_RELATIVE] = NEED_FILE,
	[ID_LOCATION] = NEED_FILE,
	[ID_LASTMODIFIED] = NEED_FILE | NEED_ID,
	[ID_CREATED] = NEED_FILE | NEED_ID,
	[ID_SIZE] = NEED_FILE | NEED_ID | NEED_SIZE,
	[ID_DATE_ADDED] = NEED_FILE | NEED_ID | NEED_ADDED,
	[ID_DATE_LASTUSED] = NEED_FILE | NEED_ID,
	[ID_REGEX] = NEED_FILE | NEED_CAPTURES,
	[ID_FILECONTENT] = NEED_FILE | NEED_CAPTURES,
	[ID_EXIF] = NEED_FILE | NEED_CAPTURES,
	[ID_XATTR] = NEED_FILE | NEED_CAPTURES,
	[ID_DUPLICATE] = NEED_FILE | NEED_CAPTURES,
	[ID_HASH] = NEED_FILE | NEED_CAPTURES,
	[ID_MIMETYPE] = NEED_FILE | NEED_CAPTURES,
	[ID_SHELL] = 0,
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
	const char *const *list;

	switch ((enum id)name->id) {
	case ID_REGEX:
		list = scope->regex;
		break;
	case ID_NAME:
		list = scope->name;
		break;
	case ID_FILECONTENT:
		list = scope->filecontent;
		break;
	default:
		return NULL;
	}
	return list != NULL ? list : none;
}

/* What a filter of the rule has to find: is there that filter? */
static int
has_its_filter(const struct template_scope *scope,
    const struct expr_name *name, struct err *e)
{
	const char *const *f = scope->filters;

	if (name->id < ID_FILECONTENT || name->id > ID_MIMETYPE || f == NULL)
		return 1;
	while (*f != NULL && strcmp(*f, name->name) != 0)
		f++;
	return *f != NULL ? 1 : err_set(e, ERR_CONF, "{%s} needs '%s' among "
	    "the filters of the rule", name->name, name->name);
}

static void
used(void *arg, const struct expr_name *name, const char *key)
{
	struct template_names *n = arg;

	n->needs |= needs[name->id];
	n->shell |= name->id == ID_SHELL;
	n->others |= (needs[name->id] & NEED_FILE) != 0 ||
	    name->id == ID_RULE || name->id == ID_RULE_NR;
	if (name->id == ID_NAME && key != NULL)
		n->needs |= NEED_CAPTURES;
}

/* {env.VAR} and {hostname} are what they are.  And it is here that a name can
 * be refused. */
static int
constant(void *arg, const struct expr_name *name, const char *key,
    struct expr_value *out, struct err *e)
{
	struct template_names *n = arg;
	const struct conf_env *env = n->scope->env;
	CLEAN_BUF struct buf b = {0};
	const char *v;

	if (has_its_filter(n->scope, name, e) < 0)
		return -1;
	if (name->id == ID_SHELL && !n->scope->shell)
		return err_set(e, ERR_CONF, "{shell} needs an action 'shell' "
		    "before it");
	if (name->id == ID_SHELL && (n->kind == TEMPLATE_PATH ||
	    n->kind == TEMPLATE_NAME))
		return err_set(e, ERR_CONF, "what a command prints is known "
		    "only when it has run: no path can be made of it");
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
name_of(struct expr_run *run, enum id id, const struct subject *s,
    struct expr_value *out)
{
	struct expr_value caught;
	size_t stem;

	if (s->first == NULL)
		return 0;
	stem = name_py_stem(s->first, s->first_len);
	if (id == ID_NAME) {
		if (template_caught(run, s->captures, &template_name_map,
		    "name", "", &caught) < 0)
			return -1;
		*out = expr_text(s->first, stem);
		out->map = caught.map;
		out->self = caught.self;
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
	if (id == ID_NOW || id == ID_UTCNOW || id == ID_TODAY)
		return 1;
	out->aware = 1;
	if (s->zones != NULL)
		out->zone = s->zones[id == ID_CREATED ? TIME_CREATED :
		    id == ID_LASTMODIFIED ? TIME_MODIFIED :
		    id == ID_DATE_ADDED ? TIME_ADDED : TIME_USED];
	if (s->id == NULL)
		return 0;
	out->n = id == ID_CREATED ? s->id->btime :
	    id == ID_LASTMODIFIED ? s->id->mtime :
	    id == ID_DATE_LASTUSED ? s->id->atime : s->added;
	return out->n != 0 || id == ID_LASTMODIFIED;
}

/* What filters caught, each under its own name. */
static int
caught_of(struct expr_run *run, enum id id, const struct subject *s,
    struct expr_value *out)
{
	static const struct {
		enum id			 id;
		const char		*filter;
		const struct expr_map	*map;
	} all[] = {
		{ ID_REGEX, "regex", &template_regex_map },
		{ ID_FILECONTENT, "filecontent", &template_content_map },
		{ ID_EXIF, "exif", &template_tree_map },
		{ ID_XATTR, "xattr", &template_tree_map },
		{ ID_DUPLICATE, "duplicate", &template_duplicate_map },
	};
	size_t i = 0;

	while (all[i].id != id)
		i++;
	return template_caught(run, s->captures, all[i].map, all[i].filter, "",
	    out);
}

int
template_names_value(struct expr_run *run, unsigned id,
    struct expr_value *out)
{
	const struct subject *s = run->arg;
	int hit;

	switch ((enum id)id) {
	case ID_NAME:
	case ID_EXTENSION:
		return name_of(run, (enum id)id, s, out);
	case ID_PATH:
		return s->name == NULL ? 0 : whole_path(run, s, out);
	case ID_RELATIVE:
		return s->name == NULL || s->location == NULL ? 0 :
		    relative(run, s, out);
	case ID_LOCATION:
		return s->location == NULL ? 0 :
		    path(out, s->location, strlen(s->location));
	case ID_SIZE:
		if (s->id == NULL)
			return 0;
		*out = (struct expr_value){ .type = EXPR_MAP,
		    .map = &template_size_map, .n = (int64_t)s->size };
		return 1;
	case ID_REGEX:
	case ID_FILECONTENT:
	case ID_EXIF:
	case ID_XATTR:
	case ID_DUPLICATE:
		return caught_of(run, (enum id)id, s, out);
	case ID_HASH:
		return template_found(s->captures, "hash", out);
	case ID_MIMETYPE:
		/* Of a table, not of the file: its '/' makes folders. */
		hit = template_found(s->captures, "mimetype", out);
		out->from = EXPR_WRITTEN;
		return hit;
	case ID_RULE:
		*out = expr_text(s->rule, strlen(s->rule));
		return 1;
	case ID_RULE_NR:
		*out = expr_int(s->rule_number);
		return 1;
	case ID_LASTMODIFIED:
	case ID_CREATED:
	case ID_DATE_ADDED:
	case ID_DATE_LASTUSED:
	case ID_NOW:
	case ID_UTCNOW:
	case ID_TODAY:
		return time_of((enum id)id, s, out);
	case ID_SHELL:
	case ID_ENV:
	case ID_HOSTNAME:
		break;		/* known when the template was compiled */
	}
	return 0;
}
