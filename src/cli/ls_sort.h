#ifndef CLI_LS_SORT_H
#define CLI_LS_SORT_H

#include <stddef.h>
#include <stdint.h>

/*
 * What `ls --sort` and `--reverse` put in order: lines that are ready, each with
 * what it is sorted by.  All of them are held until the last is there.
 */
struct node;

enum ls_order {
	LS_AS_IT_COMES, LS_BY_NAME, LS_BY_SIZE, LS_BY_TIME, LS_BY_ATIME,
	LS_BY_CTIME, LS_BY_EXTENSION
};

/* restic's words, "mtime" among them, or -1. */
int ls_order_parse(const char *word, enum ls_order *out);

struct ls_sort;
struct ls_sort *ls_sort_new(enum ls_order by, int reverse);
void ls_sort_free(struct ls_sort *s);		/* NULL is fine */
void ls_sort_add(struct ls_sort *s, const char *path, const struct node *n,
    const char *line, size_t len);
/* Each line to stdout; those that are equal go by their paths. */
void ls_sort_show(struct ls_sort *s);

#endif
