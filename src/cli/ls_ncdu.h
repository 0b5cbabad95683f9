#ifndef CLI_LS_NCDU_H
#define CLI_LS_NCDU_H

/*
 * A listing in the form that ncdu loads (`ncdu -f FILE`), version 1.2 of its
 * export: an array a folder, whose first object is the folder itself.
 */
struct node;
struct snapshot;

struct ls_ncdu {
	unsigned	 depth;
};

void ls_ncdu_begin(struct ls_ncdu *k, const struct snapshot *s);
/* A folder is open until it is left. */
void ls_ncdu_add(struct ls_ncdu *k, const struct node *n);
void ls_ncdu_leave(struct ls_ncdu *k);
void ls_ncdu_end(struct ls_ncdu *k);

#endif
