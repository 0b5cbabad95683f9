#ifndef BACKUP_NAMES_H
#define BACKUP_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/*
 * The names in a folder, in the order of their bytes: 16 bytes a name and
 * itself.
 */
struct err;

#define NAMES_MAX	((size_t)1 << 26)

struct name {
	uint64_t	 head;		/* the first eight bytes, to sort by */
	uint32_t	 at;		/* in text */
	uint32_t	 type;		/* DT_REG, DT_DIR, ... */
};

struct names {
	struct name	*v;
	size_t		 n, cap;
	struct buf	 text;
};

void names_fini(struct names *l);
void names_add(struct names *l, const char *name, unsigned char type);
void names_sort(struct names *l);
static inline const char *
names_get(const struct names *l, size_t i)
{
	return (const char *)l->text.data + l->v[i].at;
}
/* Where a name is, or SIZE_MAX. */
size_t names_find(const struct names *l, const char *name);
/* Keep only those that keep says 1 to. */
void names_keep(struct names *l, int (*keep)(void *arg, const char *name),
    void *arg);

/* All of an open folder, sorted: fd is read from its beginning.  ERR_FULL: more
 * than NAMES_MAX, or 4 GiB of them. */
int names_list(struct names *l, int fd, struct err *e);

#endif
