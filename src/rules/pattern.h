#ifndef RULES_PATTERN_H
#define RULES_PATTERN_H

#include <stddef.h>

/*
 * A list of file name patterns as organize has them (Python's fnmatch, see
 * glob_new in glob/glob.h); case counts.  The usual shapes ("name", "*.ext",
 * "prefix*") cost a comparison.
 */
struct buf;
struct patterns;

struct patterns *patterns_new(void);
void patterns_free(struct patterns *p);		/* NULL is fine */
/* -1 if the pattern is too long (GLOB_PATTERN_MAX). */
int patterns_add(struct patterns *p, const char *pattern);
size_t patterns_count(const struct patterns *p);	/* NULL has none */

/* The pattern that matches, or NULL.  p may be NULL: nothing does. */
const char *patterns_find(const struct patterns *p, const char *name,
    size_t len);

/* All of them, for a fingerprint.  NULL has none. */
void patterns_pack(const struct patterns *p, struct buf *out);

#endif
