#ifndef APPLY_BROUGHT_H
#define APPLY_BROUGHT_H

/*
 * What the plans of one run hand on to each other.  A rule takes up what a rule
 * before it copies, or moves to another file system: it was planned with the
 * identity of the original, and there it is another file.  Within a plan the
 * survey keeps who arrives (survey.c); between plans this does, for the paths
 * that a later plan starts from and no others.
 *
 * Tell all later plans first (brought_want), then apply them in turn with it
 * among the options.
 */
struct brought;
struct err;
struct fs_id;
struct plan;

struct brought *brought_new(void);
void brought_free(struct brought *b);		/* NULL is fine */

/* The sources in p that earlier operations bring. */
int brought_want(struct brought *b, const struct plan *p, struct err *e);

/* This file lies at path now; nothing is kept if nobody wants it. */
void brought_put(struct brought *b, const char *path, const struct fs_id *id);

/* 1 and *id if it was put there, else 0; b may be NULL. */
int brought_get(const struct brought *b, const char *path, struct fs_id *id);

#endif
