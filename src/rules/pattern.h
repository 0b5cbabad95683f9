#ifndef RULES_PATTERN_H
#define RULES_PATTERN_H

#include <stddef.h>

/*
 * A list of file name patterns as organize has them (Python's fnmatch): '*'
 * is anything, '?' one character, "[abc]" "[a-z]" "[!a]" one of a set; case
 * counts; there is no escape but a set.  The usual shapes ("name", "*.ext",
 * "prefix*") cost a comparison.
 */
struct patterns;

#define PATTERN_MAX	1024		/* bytes of one */

struct patterns *patterns_new(void);
void patterns_free(struct patterns *p);		/* NULL is fine */
/* -1 if the pattern is longer than PATTERN_MAX. */
int patterns_add(struct patterns *p, const char *pattern);
size_t patterns_count(const struct patterns *p);	/* NULL has none */

/* The pattern that matches, or NULL.  p may be NULL: nothing does. */
const char *patterns_find(const struct patterns *p, const char *name,
    size_t len);

/* One pattern against one name: 1 or 0.  Linear in each, never exponential. */
int pattern_match(const char *pattern, const char *name, size_t len);

#endif
