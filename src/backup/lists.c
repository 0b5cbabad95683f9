/* lists.c -- --files-from and its kin. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "backup/lexical.h"
#include "backup/text.h"
#include "fs/dir.h"
#include "glob/glob.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

void
backup_paths_add(struct backup_paths *p, const char *path)
{
	XGROW(p->v, p->n + 1, p->cap);
	p->v[p->n++] = xstrdup(path);
	p->v[p->n] = NULL;
}

void
backup_paths_fini(struct backup_paths *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free(p->v[i]);
	free(p->v);
	*p = (struct backup_paths){0};
}

/* A pattern being matched, a component a step (Go's filepath.Glob). */
struct globbing {
	struct backup_paths *out;
	const char	*dir;		/* where relative ones begin */
};

static int expand(const struct globbing *g, const char *path,
    const char *pattern, struct err *e);

static int
has_magic(const char *s, size_t n)
{
	while (n-- > 0)
		if (strchr("*?[\\", s[n]) != NULL)
			return 1;
	return 0;
}

static int
is_there(const struct globbing *g, const char *path)
{
	CLEAN_FREE char *abs = lexical_abs(g->dir, path), *up = lexical_dir(abs);
	struct fs_dir *d;
	struct fs_id id;
	int there;

	if (fs_dir_look(up, &d, NULL) < 0)
		return 0;
	there = fs_stat(d, strcmp(abs, "/") == 0 ? "." : lexical_base(abs), &id,
	    NULL) == 0;
	fs_dir_free(d);
	return there;
}

static char *
below(const char *path, const char *name, size_t n)
{
	size_t len = strlen(path);

	return xasprintf("%s%s%.*s", path,
	    len > 0 && path[len - 1] != '/' ? "/" : "", (int)n, name);
}

/* One component with a wildcard: each name in path that it matches. */
static int
expand_magic(const struct globbing *g, const char *path, const char *pattern,
    size_t n, struct err *e)
{
	CLEAN_FREE char *abs = lexical_abs(g->dir, *path == '\0' ? "." : path);
	CLEAN_FREE char *one = xasprintf("/%.*s", (int)n, pattern);
	struct glob_list *l = glob_list_new(0);
	struct fs_names names = {0};
	struct fs_dir *d = NULL;
	int rc = glob_list_add(l, one, e);
	size_t i;

	if (rc == 0 && (fs_dir_look(abs, &d, NULL) < 0 ||
	    fs_list(d, &names, NULL) < 0))
		names.n = 0;
	for (i = 0; rc == 0 && i < names.n; i++) {
		CLEAN_FREE char *tried = xasprintf("/%s", names.v[i].name);
		CLEAN_FREE char *next = below(path, names.v[i].name,
		    strlen(names.v[i].name));

		if (glob_list_match(l, tried, strlen(tried)))
			rc = expand(g, next, pattern + n, e);
	}
	fs_names_free(&names);
	fs_dir_free(d);
	glob_list_free(l);
	return rc;
}

static int
expand(const struct globbing *g, const char *path, const char *pattern,
    struct err *e)
{
	CLEAN_FREE char *next = NULL;
	size_t n;

	if (*pattern == '/' && *path == '\0')
		return expand(g, "/", pattern + 1, e);
	pattern += strspn(pattern, "/");
	if (*pattern == '\0') {
		if (is_there(g, path))
			backup_paths_add(g->out, path);
		return 0;
	}
	n = strcspn(pattern, "/");
	if (has_magic(pattern, n))
		return expand_magic(g, path, pattern, n, e);
	next = below(path, pattern, n);
	return expand(g, next, pattern + n, e);
}

static int
read_globs(struct backup_paths *p, struct buf *text, const char *dir,
    void (*warn)(void *arg, const char *text), void *arg, struct err *e)
{
	struct globbing g = { p, dir };
	CLEAN_FREE char *said = NULL;
	char *line, q[QUOTE_SIZE];
	size_t at = 0, before;

	while (text_line(text, &at, 1, &line)) {
		if (*line == '\0' || *line == '#')
			continue;
		before = p->n;
		if (expand(&g, "", line, e) < 0)
			return err_wrap(e, "pattern: %s",
			    quote_to(q, sizeof(q), line));
		if (p->n > before || warn == NULL)
			continue;
		free(said);
		said = xasprintf("pattern %s does not match any files, skipping",
		    quote_to(q, sizeof(q), line));
		warn(arg, said);
	}
	return 0;
}

static int
read_raw(struct backup_paths *p, struct buf *text, struct err *e)
{
	const char *at = buf_str(text), *end = at + text->len;

	if (text->len > 0 && end[-1] != '\0')
		return err_set(e, ERR_USAGE,
		    "--files-from-raw: trailing zero byte missing");
	for (; at < end; at += strlen(at) + 1) {
		if (*at == '\0')	/* else it would stand for "." */
			return err_set(e, ERR_USAGE,
			    "--files-from-raw: empty filename in listing");
		backup_paths_add(p, at);
	}
	return 0;
}

int
backup_paths_read(struct backup_paths *p, enum backup_list how,
    const char *file, int in, const char *dir,
    void (*warn)(void *arg, const char *text), void *arg, struct err *e)
{
	CLEAN_BUF struct buf text = {0};
	size_t at = 0;
	char *line;

	if ((how == BACKUP_LIST_RAW ? text_read : text_read_decoded)(file, in,
	    &text, e) < 0)
		return -1;
	if (how == BACKUP_LIST_GLOB)
		return read_globs(p, &text, dir, warn, arg, e);
	if (how == BACKUP_LIST_RAW)
		return read_raw(p, &text, e);
	while (text_line(&text, &at, 0, &line))
		if (*line != '\0')
			backup_paths_add(p, line);
	return 0;
}
