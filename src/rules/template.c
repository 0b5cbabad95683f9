/*
 * template.c -- compiling templates.  Expanding is template_expand.c.
 *
 *	template   := { literal | '{' expression '}' }
 *	expression := primary { '.' word [ '(' [ text ] ')' ] }
 *	primary    := word [ '(' ')' ] | text
 *	text       := "'" ... "'" | '"' ... '"'		with \\ \' \" \n \t
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/env.h"
#include "conf/nearest.h"
#include "rules/letters.h"
#include "rules/template_impl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

enum call { PLAIN, CALLED, EITHER, CALLED_WITH };

static const struct known_root {
	const char	*name;
	enum root	 root;
	enum value_type	 type;
	enum call	 call;
	unsigned	 needs;
} roots[] = {
	{ "name", ROOT_NAME, VALUE_TEXT, PLAIN, NEED_FILE },
	{ "extension", ROOT_EXTENSION, VALUE_TEXT, PLAIN, NEED_FILE },
	{ "path", ROOT_PATH, VALUE_PATH, PLAIN, NEED_FILE },
	{ "relative_path", ROOT_RELATIVE, VALUE_PATH, PLAIN, NEED_FILE },
	{ "location", ROOT_LOCATION, VALUE_PATH, PLAIN, NEED_FILE },
	{ "basedir", ROOT_LOCATION, VALUE_PATH, PLAIN, NEED_FILE },
	{ "lastmodified", ROOT_LASTMODIFIED, VALUE_TIME, PLAIN,
	    NEED_FILE | NEED_ID },
	{ "created", ROOT_CREATED, VALUE_TIME, PLAIN, NEED_FILE | NEED_ID },
	{ "size", ROOT_SIZE, VALUE_SIZE, PLAIN,
	    NEED_FILE | NEED_ID | NEED_SIZE },
	{ "now", ROOT_NOW, VALUE_TIME, EITHER, 0 },
	{ "utcnow", ROOT_UTCNOW, VALUE_TIME, EITHER, 0 },
	{ "today", ROOT_TODAY, VALUE_DATE, EITHER, 0 },
	{ "regex", ROOT_REGEX, VALUE_GROUPS, PLAIN, NEED_FILE | NEED_CAPTURES },
	{ "env", ROOT_ENV, VALUE_GROUPS, PLAIN, 0 },
	{ "hostname", ROOT_LITERAL, VALUE_TEXT, PLAIN, 0 },
	{ "rule", ROOT_RULE, VALUE_TEXT, PLAIN, 0 },
	{ "rule_nr", ROOT_RULE_NR, VALUE_INT, PLAIN, 0 },
};

#define ANY	VALUE_GROUPS	/* in the table below: a date or a time */

static const struct known_step {
	const char	*name;
	enum value_type	 of, gives;
	enum step	 step;
	enum call	 call;
} steps[] = {
	{ "stem", VALUE_PATH, VALUE_TEXT, STEP_STEM, PLAIN },
	{ "name", VALUE_PATH, VALUE_TEXT, STEP_NAME, PLAIN },
	{ "suffix", VALUE_PATH, VALUE_TEXT, STEP_SUFFIX, PLAIN },
	{ "parent", VALUE_PATH, VALUE_PATH, STEP_PARENT, PLAIN },
	{ "year", ANY, VALUE_INT, STEP_YEAR, PLAIN },
	{ "month", ANY, VALUE_INT, STEP_MONTH, PLAIN },
	{ "day", ANY, VALUE_INT, STEP_DAY, PLAIN },
	{ "hour", VALUE_TIME, VALUE_INT, STEP_HOUR, PLAIN },
	{ "minute", VALUE_TIME, VALUE_INT, STEP_MINUTE, PLAIN },
	{ "second", VALUE_TIME, VALUE_INT, STEP_SECOND, PLAIN },
	{ "microsecond", VALUE_TIME, VALUE_INT, STEP_MICROSECOND, PLAIN },
	{ "strftime", ANY, VALUE_TEXT, STEP_STRFTIME, CALLED_WITH },
	{ "bytes", VALUE_SIZE, VALUE_INT, STEP_BYTES, PLAIN },
	{ "traditional", VALUE_SIZE, VALUE_TEXT, STEP_TRADITIONAL, PLAIN },
	{ "binary", VALUE_SIZE, VALUE_TEXT, STEP_BINARY, PLAIN },
	{ "decimal", VALUE_SIZE, VALUE_TEXT, STEP_DECIMAL, PLAIN },
	{ "upper", VALUE_TEXT, VALUE_TEXT, STEP_UPPER, CALLED },
	{ "lower", VALUE_TEXT, VALUE_TEXT, STEP_LOWER, CALLED },
};

#define N_ROOTS	(sizeof(roots) / sizeof(roots[0]))
#define N_STEPS	(sizeof(steps) / sizeof(steps[0]))
#define WORD_MAX	63
#define FORMAT_MAX	200

/* What organize knows and this version does not. */
static const char *const later[] = {
	"duplicate", "exif", "filecontent", "hash", "mimetype", "date_added",
	"date_lastused", NULL
};

/* Where the compiler is. */
struct reader {
	struct template			*t;
	const struct template_scope	*scope;
	const char			*p, *end;	/* of this expression */
	const char			*near;
	struct err			*e;
};

static void
skip_blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
}

static int
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A word into out: its length, 0 if there is none or it is too long. */
static size_t
word(struct reader *r, char out[WORD_MAX + 1])
{
	size_t n = 0;

	skip_blanks(r);
	while (r->p + n < r->end && is_word(r->p[n]))
		n++;
	if (n > WORD_MAX)
		return 0;
	memcpy(out, r->p, n);
	out[n] = '\0';
	r->p += n;
	return n;
}

static int
sign(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->p == r->end || *r->p != c)
		return 0;
	r->p++;
	return 1;
}

/* A quoted text, kept in the template's arena; NULL if there is none. */
static const char *
quoted(struct reader *r)
{
	char quote, *out;
	size_t n = 0;

	skip_blanks(r);
	if (r->p == r->end || (*r->p != '\'' && *r->p != '"'))
		return NULL;
	quote = *r->p++;
	out = arena_alloc(&r->t->own, (size_t)(r->end - r->p) + 1);
	while (r->p < r->end && *r->p != quote) {
		char c = *r->p++;

		if (c == '\\' && r->p < r->end) {
			c = *r->p++;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		out[n++] = c;
	}
	if (r->p == r->end)
		return NULL;
	r->p++;
	return out;
}

/* A word nobody knows; the nearest one helps. */
static int
unknown(struct reader *r, const char *what, const char *word,
    const char *const *list)
{
	r->near = conf_nearest(word, list);
	return err_set(r->e, ERR_CONF, "unknown %s '%s'", what, word);
}

static int
unknown_root(struct reader *r, const char *name)
{
	const char *names[N_ROOTS + 1] = { NULL };

	for (const char *const *l = later; *l != NULL; l++)
		if (strcmp(*l, name) == 0)
			return err_set(r->e, ERR_CONF,
			    "{%s} is not yet in this version", name);
	for (size_t i = 0; i < N_ROOTS; i++)
		names[i] = roots[i].name;
	return unknown(r, "placeholder", name, names);
}

static int
step_fits(const struct known_step *s, enum value_type type)
{
	return s->of == type ||
	    (s->of == ANY && (type == VALUE_TIME || type == VALUE_DATE));
}

static int
unknown_step(struct reader *r, enum value_type type, const char *name)
{
	const char *names[N_STEPS + 1] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < N_STEPS; i++)
		if (step_fits(&steps[i], type))
			names[n++] = steps[i].name;
	return unknown(r, "attribute", name, names);
}

/* "()" as the table wants it. */
static int
parens(struct reader *r, enum call call, const char *name, const char **arg)
{
	int open = sign(r, '(');

	if (!open && (call == CALLED || call == CALLED_WITH))
		return err_set(r->e, ERR_CONF, "'%s' needs its ()", name);
	if (open && call == PLAIN)
		return err_set(r->e, ERR_CONF, "'%s' takes no ()", name);
	if (!open)
		return 0;
	if (call == CALLED_WITH && (*arg = quoted(r)) == NULL)
		return err_set(r->e, ERR_CONF, "'%s' needs a quoted text", name);
	if (!sign(r, ')'))
		return err_set(r->e, ERR_CONF, "'%s(' without its ')'", name);
	if (*arg != NULL && strlen(*arg) > FORMAT_MAX)
		return err_set(r->e, ERR_CONF, "a date's format can have at "
		    "most %d bytes", FORMAT_MAX);
	return 0;
}

/* {env.VAR}: known now, and so a literal. */
static int
env_member(struct reader *r, struct piece *p, const char *key)
{
	const struct conf_env *env = r->scope->env;
	const char *v = env->var(env->arg, key);

	if (v == NULL)
		return err_set(r->e, ERR_CONF,
		    "the environment has no variable '%s'", key);
	p->root = ROOT_LITERAL;
	p->made_here = 1;
	p->text = arena_str(&r->t->own, v);
	p->len = strlen(v);
	return 0;
}

/* {regex.KEY}, {name.KEY}: KEY must be something that filter catches. */
static int
caught_member(struct reader *r, struct piece *p, const char *filter,
    const char *const *keys, const char *key)
{
	static const char *const none[] = { NULL };

	for (const char *const *k = keys != NULL ? keys : none; *k != NULL; k++)
		if (strcmp(*k, key) == 0) {
			p->root = ROOT_CAUGHT;
			p->filter = filter;
			p->text = arena_str(&r->t->own, key);
			r->t->needs |= NEED_FILE | NEED_CAPTURES;
			return 0;
		}
	r->near = keys != NULL ? conf_nearest(key, keys) : NULL;
	return err_set(r->e, ERR_CONF,
	    "no %s filter of this rule has a group '%s'", filter, key);
}

/* One ".word" behind a value of this type; *type becomes what it gives. */
static int
attribute(struct reader *r, struct piece *p, enum value_type *type)
{
	char name[WORD_MAX + 1];
	const char *arg = NULL;

	if (word(r, name) == 0)
		return err_set(r->e, ERR_CONF, "a name is missing behind '.'");
	if (p->root == ROOT_ENV || p->root == ROOT_REGEX) {
		*type = VALUE_TEXT;
		return p->root == ROOT_ENV ? env_member(r, p, name) :
		    caught_member(r, p, "regex", r->scope->regex, name);
	}
	for (size_t i = 0; i < N_STEPS; i++) {
		if (!step_fits(&steps[i], *type) ||
		    strcmp(steps[i].name, name) != 0)
			continue;
		if (p->n_steps == TEMPLATE_STEPS)
			return err_set(r->e, ERR_CONF, "more than %d attributes "
			    "in a row", TEMPLATE_STEPS);
		if (parens(r, steps[i].call, name, &arg) < 0)
			return -1;
		p->made_here |= steps[i].step == STEP_STRFTIME;
		p->steps[p->n_steps].step = steps[i].step;
		p->steps[p->n_steps++].arg = arg;
		*type = steps[i].gives;
		return 0;
	}
	if (p->root == ROOT_NAME && p->n_steps == 0)
		return caught_member(r, p, "name", r->scope->name, name);
	return unknown_step(r, *type, name);
}

static void
hostname(struct reader *r, struct piece *p)
{
	const struct conf_env *env = r->scope->env;
	CLEAN_BUF struct buf b = {0};

	if (env->hostname(env->arg, &b) < 0)
		buf_adds(&b, "localhost");
	p->text = arena_dup(&r->t->own, buf_str(&b), b.len);
	p->len = b.len;
}

static int
primary(struct reader *r, struct piece *p, enum value_type *type)
{
	char name[WORD_MAX + 1];
	const char *text = quoted(r), *arg = NULL;

	*type = VALUE_TEXT;
	if (text != NULL) {
		p->root = ROOT_LITERAL;
		p->made_here = 1;
		p->text = text;
		p->len = strlen(text);
		return 0;
	}
	if (word(r, name) == 0)
		return err_set(r->e, ERR_CONF, "expected a placeholder's name");
	for (size_t i = 0; i < N_ROOTS; i++) {
		if (strcmp(roots[i].name, name) != 0)
			continue;
		p->root = roots[i].root;
		*type = roots[i].type;
		r->t->needs |= roots[i].needs;
		if (p->root == ROOT_LITERAL)
			hostname(r, p);
		return parens(r, roots[i].call, name, &arg);
	}
	return unknown_root(r, name);
}

/* What stands between the braces. */
static int
expression(struct reader *r, const char *said)
{
	struct piece p = { .said = said };
	enum value_type type;

	if (primary(r, &p, &type) < 0)
		return -1;
	while (sign(r, '.'))
		if (attribute(r, &p, &type) < 0)
			return -1;
	skip_blanks(r);
	if (r->p < r->end)
		return err_set(r->e, ERR_CONF, "'%.*s': such expressions are "
		    "not yet in this version", (int)(r->end - r->p > 40 ? 40 :
		    r->end - r->p), r->p);
	if (type == VALUE_GROUPS)
		return err_set(r->e, ERR_CONF, "%s needs a name behind it, as "
		    "in {%s.NAME}", said, p.root == ROOT_ENV ? "env" : "regex");
	r->t->v[r->t->n++] = p;
	return 0;
}

/* Where the expression that begins at s ends: its '}', or NULL. */
static const char *
closing(const char *s)
{
	char quote = 0;

	for (; *s != '\0'; s++) {
		if (quote != 0) {
			if (*s == '\\' && s[1] != '\0')
				s++;
			else if (*s == quote)
				quote = 0;
		} else if (*s == '\'' || *s == '"') {
			quote = *s;
		} else if (*s == '}') {
			return s;
		}
	}
	return NULL;
}

/* $VAR or ${VAR} at s: how long it is, and its value; 0 if it is none. */
static size_t
variable(const struct conf_env *env, const char *s, const char **value)
{
	char name[WORD_MAX + 1];
	int brace = s[1] == '{';
	size_t n = 0;

	while (is_word(s[1 + brace + (int)n]))
		n++;
	if (n == 0 || n > WORD_MAX || (brace && s[2 + n] != '}'))
		return 0;
	memcpy(name, s + 1 + brace, n);
	name[n] = '\0';
	*value = env->var(env->arg, name);
	return *value != NULL ? 1 + n + (brace ? 2 : 0) : 0;
}

/* Add the literal up to the next expression; returns where that is. */
static const char *
literal(struct template *t, const struct conf_env *env, const char *s,
    int first)
{
	int expands = t->kind != TEMPLATE_PATH;
	CLEAN_BUF struct buf b = {0};
	struct piece p = { .root = ROOT_LITERAL, .made_here = 1 };

	if (expands && first && s[0] == '~' && (s[1] == '/' || s[1] == '\0') &&
	    env->home(env->arg, env->uid, NULL, &b) == 0)
		s++;
	while (*s != '\0' && *s != '{') {
		const char *value;
		size_t n = 0;

		if (expands && *s == '$')
			n = variable(env, s, &value);
		if (n > 0)
			buf_adds(&b, value);
		else
			buf_addc(&b, *s);
		s += n > 0 ? n : 1;
	}
	p.len = b.len;
	p.text = p.said = arena_dup(&t->own, buf_str(&b), b.len);
	if (p.len > 0)
		t->v[t->n++] = p;
	return s;
}

static int
compile(struct template *t, const char *text, struct reader *r)
{
	const char *s = text;

	while (*s != '\0') {
		const char *end;

		if (t->n + 2 > TEMPLATE_PIECES)
			return err_set(r->e, ERR_CONF,
			    "more than %d placeholders", TEMPLATE_PIECES / 2);
		if (*s != '{') {
			s = literal(t, r->scope->env, s, s == text);
			continue;
		}
		if (s[1] == '%' || s[1] == '#')
			return err_set(r->e, ERR_CONF, "'{%c' is not yet in "
			    "this version", s[1]);
		if ((end = closing(s + 1)) == NULL)
			return err_set(r->e, ERR_CONF, "'{' without its '}'");
		r->p = s + 1;
		r->end = end;
		if (expression(r, arena_dup(&t->own, s,
		    (size_t)(end + 1 - s))) < 0)
			return -1;
		s = end + 1;
	}
	return 0;
}

/* What dates and letters need, if there are any. */
static void
get_locales(struct template *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->v[i].n_steps; k++) {
			enum step s = t->v[i].steps[k].step;

			if (s == STEP_STRFTIME && t->posix == 0)
				t->posix = newlocale(LC_ALL_MASK, "C",
				    (locale_t)0);
			if ((s == STEP_UPPER || s == STEP_LOWER) &&
			    t->utf8 == 0)
				t->utf8 = letters_open();
		}
}

int
template_parse(const char *text, enum template_kind kind,
    const struct template_scope *scope, struct template **out,
    const char **near, struct err *e)
{
	struct template *t = xalloc(sizeof(*t));
	struct reader r = { .t = t, .scope = scope, .e = e };
	int rc = -1;

	t->kind = kind;
	t->v = xallocn(TEMPLATE_PIECES, sizeof(*t->v));
	if (strlen(text) > TEMPLATE_MAX)
		err_set(e, ERR_CONF, "longer than %zu bytes", TEMPLATE_MAX);
	else
		rc = compile(t, text, &r);
	if (near != NULL)
		*near = r.near;
	if (rc < 0) {
		template_free(t);
		return -1;
	}
	get_locales(t);
	t->v = xrealloc(t->v, t->n > 0 ? t->n : 1, sizeof(*t->v));
	*out = t;
	return 0;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	if (t->posix != 0)
		freelocale(t->posix);
	if (t->utf8 != 0)
		freelocale(t->utf8);
	arena_fini(&t->own);
	free(t->v);
	free(t);
}

unsigned
template_needs(const struct template *t)
{
	return t->needs;
}

void
template_fixed(const struct template *t, struct buf *out)
{
	size_t start = out->len, i;

	for (i = 0; i < t->n && t->v[i].root == ROOT_LITERAL &&
	    t->v[i].n_steps == 0; i++)
		buf_add(out, t->v[i].text, t->v[i].len);
	if (i == t->n)
		return;
	while (out->len > start && out->data[out->len - 1] != '/')
		out->len--;
}
