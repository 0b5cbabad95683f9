/*
 * template.c -- compiling templates: literal text, {expressions}, {# comments #}.
 * Expanding is template_expand.c.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/env.h"
#include "rules/template_impl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define WORD_MAX	63

/* Where the compiler is. */
struct reader {
	struct template			*t;
	const char			*text;
	struct template_names		 names;
	struct shell_lexer		 shell;
	struct template_fault		*fault;
	struct err			*e;
};

static int
fault(struct reader *r, const char *at, size_t len, const char *near,
    const char *text)
{
	if (r->fault != NULL) {
		r->fault->at = (size_t)(at - r->text);
		r->fault->len = len;
		snprintf(r->fault->near, sizeof(r->fault->near), "%s",
		    near != NULL ? near : "");
	}
	return text != NULL ? err_set(r->e, ERR_CONF, "%s", text) : -1;
}

static struct piece *
add_piece(struct template *t)
{
	t->v[t->n] = (struct piece){0};
	return &t->v[t->n++];
}

static void
add_literal(struct reader *r, const char *text, size_t len, int tame)
{
	struct piece *p;

	if (len == 0)
		return;
	p = add_piece(r->t);
	p->text = p->said = arena_dup(&r->t->own, text, len);
	p->len = len;
	p->tame = tame != 0;
	if (r->t->kind == TEMPLATE_SHELL)
		shell_lex(&r->shell, text, len);
}

/* ---- expressions ---- */

/* A value in a command: how it is to be quoted there. */
static int
shell_piece(struct reader *r, struct piece *p, const char *at, size_t len)
{
	const char *why;
	char text[300];

	p->place = shell_value(&r->shell, &why);
	if (p->place != SHELL_NOT)
		return 0;
	snprintf(text, sizeof(text), "a placeholder cannot stand %s", why);
	return fault(r, at, len, NULL, text);
}

static int
add_expression(struct reader *r, const struct expr *x, const char *at,
    size_t len)
{
	const struct expr_value *v = expr_fixed(x);
	int shell = r->t->kind == TEMPLATE_SHELL;
	const char *first = at + 1 + strspn(at + 1, " \t\r\n");
	struct piece *p;

	if (v != NULL && (!shell || *first == '\'' || *first == '"')) {
		CLEAN_BUF struct buf b = {0};

		expr_print(v, &b);
		add_literal(r, buf_str(&b), b.len, v->from == 0);
		return 0;
	}
	p = add_piece(r->t);
	p->expr = x;
	p->said = arena_dup(&r->t->own, at, len);
	if (r->names.shell) {
		if (r->names.others)
			return fault(r, at, len, NULL, "an expression with "
			    "'shell' in it can use no other placeholder; "
			    "write two");
		p->later = 1;
		p->text = arena_dup(&r->t->own, at + 1, len - 2);
		p->len = len - 2;
		r->t->later = 1;
	}
	return shell ? shell_piece(r, p, at, len) : 0;
}

/* The '{' at s: *end is behind its '}'. */
static int
expression(struct reader *r, const char *s, const char **end)
{
	struct expr_scope scope = template_names_scope(&r->names);
	struct expr_fault f = {0};
	struct expr *x;
	size_t used;

	r->names.shell = r->names.others = 0;
	if (expr_parse(s + 1, strlen(s + 1), &scope, &r->t->own, &x, &used, &f,
	    r->e) < 0)
		return fault(r, s + 1 + f.at, f.len, f.near, NULL);
	*end = s + 1 + used + 1;
	return add_expression(r, x, s, (size_t)(*end - s));
}

static int
comment(struct reader *r, const char *s, const char **end)
{
	const char *close = strstr(s, "#}");

	if (close == NULL)
		return fault(r, s, 2, NULL, "'{#' without its '#}'");
	*end = close + 2;
	return 0;
}

/* ---- literals ---- */

static int
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* $VAR or ${VAR} at s: how long it is, and its name; 0 if it is none. */
static size_t
variable(const char *s, char name[WORD_MAX + 1])
{
	int brace = s[1] == '{';
	size_t n = 0;

	while (is_word(s[1 + brace + (int)n]))
		n++;
	if (n == 0 || n > WORD_MAX || (brace && s[2 + n] != '}'))
		return 0;
	memcpy(name, s + 1 + brace, n);
	name[n] = '\0';
	return 1 + n + (brace ? 2 : 0);
}

/* What stands for a '$' at s, into b: how much of s that is. */
static size_t
dollar(const struct reader *r, const char *s, struct buf *b)
{
	const struct conf_env *env = r->names.scope->env;
	char name[WORD_MAX + 1];
	size_t n = variable(s, name);
	const char *value;

	if (r->t->kind == TEMPLATE_SHELL) {
		/* ${VAR} is the shell's; ${path} is not, and is refused. */
		if (n == 0 || s[1] != '{' ||
		    template_names_has(name, strlen(name)))
			n = 1;
		buf_add(b, s, n);
		return n;
	}
	value = n > 0 ? env->var(env->arg, name) : NULL;
	if (value != NULL)
		buf_adds(b, value);
	else
		buf_addc(b, '$');
	return value != NULL ? n : 1;
}

/* Add the literal up to the next expression; returns where that is. */
static const char *
literal(struct reader *r, const char *s)
{
	const struct conf_env *env = r->names.scope->env;
	enum template_kind kind = r->t->kind;
	CLEAN_BUF struct buf b = {0};

	if ((kind == TEMPLATE_TEXT || kind == TEMPLATE_NAME) &&
	    s == r->text && s[0] == '~' && (s[1] == '/' || s[1] == '\0') &&
	    env->home(env->arg, env->uid, NULL, &b) == 0)
		s++;
	while (*s != '\0' && *s != '{') {
		if (*s == '$' && kind != TEMPLATE_PATH)
			s += dollar(r, s, &b);
		else
			buf_addc(&b, *s++);
	}
	add_literal(r, buf_str(&b), b.len, 0);
	return s;
}

static int
compile(struct reader *r)
{
	const char *s = r->text, *why;
	int n;

	while (*s != '\0') {
		if (r->t->n + 2 > TEMPLATE_PIECES)
			return fault(r, s, 1, NULL,
			    "it has too many placeholders");
		n = 0;
		if (*s != '{')
			s = literal(r, s);
		else if (s[1] == '%')
			return fault(r, s, 2, NULL, "there are no statements "
			    "({% ... %}); inside of { } stands 'x if y else "
			    "z'");
		else if (s[1] == '#')
			n = comment(r, s, &s);
		else
			n = expression(r, s, &s);
		if (n < 0)
			return -1;
	}
	why = r->t->kind == TEMPLATE_SHELL ? shell_end(&r->shell) : NULL;
	return why != NULL ? fault(r, s, 1, NULL, why) : 0;
}

int
template_parse(const char *text, enum template_kind kind,
    const struct template_scope *scope, struct template **out,
    struct template_fault *f, struct err *e)
{
	struct template *t = xalloc(sizeof(*t));
	struct reader r = { .t = t, .text = text, .fault = f, .e = e,
	    .names = { .scope = scope, .own = &t->own, .kind = kind } };
	int rc = -1;

	if (f != NULL)
		*f = (struct template_fault){0};
	t->kind = kind;
	t->v = xallocn(TEMPLATE_PIECES, sizeof(*t->v));
	if (strlen(text) > TEMPLATE_MAX)
		err_set(e, ERR_CONF, "it is longer than %zu bytes",
		    TEMPLATE_MAX);
	else
		rc = compile(&r);
	if (rc < 0) {
		template_free(t);
		return -1;
	}
	t->needs = r.names.needs;
	t->v = xrealloc(t->v, t->n > 0 ? t->n : 1, sizeof(*t->v));
	t->run = expr_run_new();
	t->run->value = template_names_value;
	*out = t;
	return 0;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	expr_run_free(t->run);
	arena_fini(&t->own);
	free(t->v);
	free(t);
}

unsigned
template_needs(const struct template *t)
{
	return t->needs;
}

int
template_is_later(const struct template *t)
{
	return t->later;
}

void
template_fixed(const struct template *t, struct buf *out)
{
	size_t start = out->len, i;

	for (i = 0; i < t->n && t->v[i].expr == NULL; i++)
		buf_add(out, t->v[i].text, t->v[i].len);
	if (i == t->n)
		return;
	while (out->len > start && out->data[out->len - 1] != '/')
		out->len--;
}
