#ifndef RULES_CATEGORY_H
#define RULES_CATEGORY_H

#include <stddef.h>

/*
 * Which kind of file a name speaks of: `sort: by-type`.
 *
 * A table maps extensions (without case; "tar.gz" is one) to categories, which
 * are numbered from 0 in the order in which they came.  It is filled once and
 * then only read, by any number of threads.
 */
struct categories;

#define CATEGORY_UNKNOWN	(-1)	/* no extension, or one nobody knows */
#define CATEGORY_HIDDEN		(-2)	/* the name begins with a dot */

#define CATEGORY_EXT_MAX	31	/* bytes of an extension, without its dot */
#define CATEGORY_PARTS_MAX	4	/* "a.b.c.d" */
#define CATEGORY_MAX		1000

struct categories *categories_new(void);
void categories_free(struct categories *c);	/* NULL is fine */

/* The number of a category; a new name makes a new one.  -1: too many. */
int categories_add(struct categories *c, const char *name);
/*
 * ext, with or without its leading dot, now belongs to category n; whoever had
 * it before loses it.  -1 if ext is empty, too long, has too many parts or a
 * '/' in it.
 */
int categories_add_ext(struct categories *c, int n, const char *ext);

/*
 * The built-in categories; those whose names (without case) are among the
 * first own ones in c are left out, and so are extensions that c knows.
 */
void categories_add_builtin(struct categories *c);

/*
 * The category of a name, or CATEGORY_*.  *ext, unless ext is NULL, points at
 * the extension that decided (behind its dot, up to the end of the name).
 */
int categories_find(const struct categories *c, const char *name, size_t len,
    const char **ext);

const char *categories_name(const struct categories *c, int n);
size_t categories_count(const struct categories *c);

/* The built-in table, for it to be shown; a NULL name ends it. */
struct category_builtin {
	const char	*name;
	const char	*exts;		/* "jpg jpeg png ..." */
};
extern const struct category_builtin category_builtin[];

#endif
