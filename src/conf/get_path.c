/*
 * get_path.c -- what stands for something else in a path.
 *
 * One pass over what is written: what a variable gives is not looked at
 * again, and what a placeholder will give later never comes by here.  So a
 * file called "$HOME.txt" stays a file called "$HOME.txt".
 */
#include <limits.h>
#include <string.h>

#include "conf/env.h"
#include "conf/get.h"
#include "conf/get_impl.h"
#include "conf/text.h"
#include "util/arena.h"
#include "util/buf.h"

/* One text while it is expanded. */
struct expand {
	const struct conf_node	*n;
	const struct conf_where	*w;
	struct conf_faults	*f;
	struct buf		 out;
	int			 r;	/* -1 once a fault was told */
};

static void
expand_fini(struct expand *x)
{
	buf_fini(&x->out);
}

static bool
is_name(char c, bool first)
{
	return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (!first && c >= '0' && c <= '9');
}

static size_t
name_length(const char *p)
{
	size_t n = 0;

	while (is_name(p[n], n == 0))
		n++;
	return n;
}

/* A fault at an offset of the text, if that can be found in the line. */
static struct conf_fault *
fault_at(struct expand *x, size_t offset, size_t len, const char *message,
    const char *what)
{
	struct conf_mark at = x->n->at;
	struct conf_slice text = { x->n->text, strlen(x->n->text) };
	bool quoted = x->n->style != CONF_PLAIN;

	x->r = -1;
	if (x->n->one_line && x->n->tag == NULL && x->n->anchor == NULL) {
		at.column += conf_chars(text, offset) + quoted;
		text.p += offset;
		text.len -= offset;
		at.width = conf_chars(text, len);
	}
	return conf_fault(x->f, &at, message, what);
}

/* Put in what was found; braces in it would be read as placeholders. */
static void
put(struct expand *x, const char *value, size_t offset, size_t len)
{
	if (x->w->template && strpbrk(value, "{}") != NULL)
		fault_at(x, offset, len, "what %s stands for holds a brace, "
		    "which would begin a placeholder", "this");
	else
		buf_adds(&x->out, value);
}

static void
put_variable(struct expand *x, const char *name, size_t name_len,
    size_t offset, size_t len)
{
	CLEAN_BUF struct buf b = {0};
	const char *value;

	buf_add(&b, name, name_len);
	value = x->w->env->var(x->w->env->arg, buf_str(&b));
	if (value == NULL)
		conf_expected(fault_at(x, offset, len,
		    "the variable %s is not set", conf_said(buf_str(&b)).s),
		    "a variable of the environment; $$ is a dollar sign");
	else if (value[0] == '\0')
		fault_at(x, offset, len, "the variable %s is empty",
		    conf_said(buf_str(&b)).s);
	else
		put(x, value, offset, len);
}

/* At a '$': how many bytes of the text were used. */
static size_t
dollar(struct expand *x, const char *p)
{
	size_t offset = (size_t)(p - x->n->text), n;

	if (p[1] == '$') {
		buf_addc(&x->out, '$');
		return 2;
	}
	if (p[1] == '{') {
		n = name_length(p + 2);
		if (n > 0 && p[2 + n] == '}') {
			put_variable(x, p + 2, n, offset, n + 3);
			return n + 3;
		}
		conf_expected(fault_at(x, offset, 2, "%s does not name a "
		    "variable", "'${'"), "${NAME}, or $$ for a dollar sign");
		return 2;
	}
	n = name_length(p + 1);
	if (n > 0)
		put_variable(x, p + 1, n, offset, n + 1);
	else
		buf_addc(&x->out, '$');
	return n + 1;
}

static void
put_hostname(struct expand *x, size_t offset, size_t len)
{
	CLEAN_BUF struct buf b = {0};

	if (x->w->env->hostname(x->w->env->arg, &b) < 0)
		fault_at(x, offset, len, "%s has no name", "this host");
	else
		put(x, buf_str(&b), offset, len);
}

/* At a '{': ours, or somebody's placeholder. */
static size_t
brace(struct expand *x, const char *p)
{
	size_t offset = (size_t)(p - x->n->text);
	const char *word = p + 1 + strspn(p + 1, " "), *end;
	size_t n, len;

	if (strncmp(word, "env.", 4) == 0) {
		n = name_length(word + 4);
		end = word + 4 + n;
	} else if (strncmp(word, "hostname", 8) == 0) {
		n = 0;
		end = word + 8;
	} else {
		buf_addc(&x->out, '{');
		return 1;
	}
	end += strspn(end, " ");
	len = (size_t)(end + 1 - p);
	if (*end != '}' || (n == 0 && word[0] == 'e')) {
		buf_addc(&x->out, '{');
		return 1;
	}
	if (n > 0)
		put_variable(x, word + 4, n, offset, len);
	else
		put_hostname(x, offset, len);
	return len;
}

/* At a '~' that begins the text. */
static size_t
tilde(struct expand *x)
{
	CLEAN_BUF struct buf user = {0}, home = {0};
	const struct conf_env *env = x->w->env;
	size_t len = strcspn(x->n->text, "/");
	const char *var = env->var(env->arg, "HOME");

	buf_add(&user, x->n->text + 1, len - 1);
	if (len == 1 && var != NULL && var[0] == '/')
		buf_adds(&home, var);
	else if (env->home(env->arg, env->uid, len == 1 ? NULL :
	    buf_str(&user), &home) < 0) {
		if (len == 1)
			fault_at(x, 0, len, "%s: no home folder is known",
			    "'~'");
		else
			conf_expected(fault_at(x, 0, len, "there is no user %s",
			    conf_said(buf_str(&user)).s),
			    "~/ for your own home, ./~name for a file");
		return len;
	}
	while (home.len > 0 && home.data[home.len - 1] == '/' &&
	    (x->n->text[len] == '/' || home.len > 1))
		home.len--;
	put(x, buf_str(&home), 0, len);
	return len;
}

static void
expand(struct expand *x)
{
	const char *p = x->n->text;

	if (*p == '~')
		p += tilde(x);
	while (*p != '\0')
		if (*p == '$')
			p += dollar(x, p);
		else if (*p == '{')
			p += brace(x, p);
		else
			buf_addc(&x->out, *p++);
}

int
conf_expand(const struct conf_node *n, const struct conf_where *w,
    struct arena *a, const char **out, struct conf_faults *f)
{
	__attribute__((cleanup(expand_fini)))
	struct expand x = { .n = n, .w = w, .f = f, .r = 1 };
	const char *text;
	int r = conf_str(n, &text, f);

	if (r < 1)
		return r;
	expand(&x);
	if (x.r == 1)
		*out = arena_dup(a, buf_str(&x.out), x.out.len);
	return x.r;
}

/* An expanded text as an absolute path. */
static int
make_absolute(const struct conf_node *n, const struct conf_where *w,
    struct arena *a, const char *path, const char **out, struct conf_faults *f)
{
	CLEAN_BUF struct buf b = {0};

	if (path[0] == '\0') {
		conf_fault(f, &n->at, "a path cannot be empty");
		return -1;
	}
	if (w->template && path[0] == '{') {	/* it decides where it begins */
		*out = arena_str(a, path);
		return 1;
	}
	if (path[0] != '/' && w->dir == NULL) {
		conf_expected(conf_fault(f, &n->at, "a relative path has no "
		    "meaning here"), "a path that begins with / or ~/");
		return -1;
	}
	if (path[0] != '/') {
		buf_adds(&b, w->dir);
		while (path[0] == '.' && path[1] == '/')
			path += 2 + strspn(path + 2, "/");
		if (strcmp(path, ".") == 0)
			path = "";
		else if (b.len > 0 && b.data[b.len - 1] != '/')
			buf_addc(&b, '/');
	}
	buf_adds(&b, path);
	if (b.len >= PATH_MAX) {
		conf_fault(f, &n->at, "a path of more than %d bytes",
		    PATH_MAX - 1);
		return -1;
	}
	*out = arena_dup(a, buf_str(&b), b.len);
	return 1;
}

int
conf_path(const struct conf_node *n, const struct conf_where *w,
    struct arena *a, const char **out, struct conf_faults *f)
{
	const char *path = "";
	int r = conf_expand(n, w, a, &path, f);

	return r < 1 ? r : make_absolute(n, w, a, path, out, f);
}

struct place {
	const struct conf_where	*w;
	struct arena		*a;
	struct conf_faults	*f;
};

static int
one_path(void *arg, const struct conf_node *n, const char **text)
{
	const struct place *p = arg;

	return conf_path(n, p->w, p->a, text, p->f);
}

int
conf_path_list(const struct conf_node *n, const struct conf_where *w,
    struct arena *a, struct conf_strs *out, struct conf_faults *f)
{
	struct place p = { w, a, f };

	return conf_list(n, a, out, one_path, &p, f);
}
