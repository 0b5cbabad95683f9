#ifndef RULES_SIMPLEMATCH_H
#define RULES_SIMPLEMATCH_H

#include <stddef.h>

#include "rules/subject.h"

/*
 * organize's patterns for names (simplematch): '*' is anything, {name} catches
 * anything, {} does so without a name, {name:int} {name:float} {name:letters}
 * {name:email} {name:url} {name:ipv4} {name:ipv6} {name:bitcoin} {name:ssn}
 * {name:ccard} catch what looks like one.  The pattern is for the whole name.
 */
struct err;
struct regex_match;
struct simplematch;

/* -1 (ERR_CONF). */
int simplematch_new(const char *pattern, int case_sensitive,
    struct simplematch **out, struct err *e);
void simplematch_free(struct simplematch *m);	/* NULL is fine */

/* 1 or 0; -1 if the pattern is too costly for this text. */
int simplematch_find(struct simplematch *m, const char *s, size_t len,
    struct err *e);

/* The i-th named group, or NULL. */
const char *simplematch_group(const struct simplematch *m, size_t i);

/*
 * What it caught in the last simplematch_find that gave 1, as organize prints
 * it: "007" of an int is "7".  *len bytes, borrowed until the next call.
 */
const char *simplematch_value(struct simplematch *m, size_t i, size_t *len);

/* What the i-th group is to be taken for. */
enum capture_type simplematch_type(const struct simplematch *m, size_t i);

#endif
