#ifndef BACKUP_RESTORE_LINKS_H
#define BACKUP_RESTORE_LINKS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Files with several names: the first that is met is restored, the others are
 * linked to it when it is there.  A name is remembered until all others were met.
 *
 * For the walk, but for links_make.
 */
struct node;
struct rfolder;
struct rworker;
struct window;
struct first_names;

#define LINKS_PATH_MAX	((size_t)64 << 10)	/* a longer one is not linked */

struct first_names *links_first_new(void);
void links_first_free(struct first_names *l);	/* NULL is fine */

/* Its first name, a path below the target, to be freed; NULL: this is the first,
 * and remembered now. */
char *links_first(struct first_names *l, const struct rfolder *f,
    const struct node *n);

/* All links of a window, from `from` to `to`. */
void links_make(struct rworker *w, struct window *win, size_t from, size_t to);

#endif
