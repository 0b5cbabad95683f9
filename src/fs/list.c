/* list.c -- all names of a folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/dir.h"
#include "fs/fs_impl.h"
#include "util/arena.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define READ_SIZE	((size_t)256 << 10)

struct listing {
	struct fs_names	 l;
	uint64_t	*inodes;	/* one a name, until they are in order */
	size_t		 cap, cap_inodes;
	struct arena	*names;
};

/* The type, asked for where the file system does not tell; DT_UNKNOWN: gone. */
static unsigned char
type_of(int fd, const struct dirent64 *ent)
{
	struct stat st;

	if (ent->d_type != DT_UNKNOWN)
		return ent->d_type;
	if (fstatat(fd, ent->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(st.st_mode);
}

static void
add(struct listing *g, int fd, const struct dirent64 *ent)
{
	const char *s = ent->d_name;
	unsigned char type;

	if (s[0] == '.' && (s[1] == '\0' || (s[1] == '.' && s[2] == '\0')))
		return;
	type = type_of(fd, ent);
	if (type == DT_UNKNOWN)
		return;
	XGROW(g->inodes, g->l.n, g->cap_inodes);
	g->inodes[g->l.n] = ent->d_ino;
	XGROW(g->l.v, g->l.n, g->cap);
	g->l.v[g->l.n++] = (struct fs_name){
		.name = arena_str(g->names, s), .type = type,
	};
}

/* Read to the end: 0, or -1 with errno. */
static int
read_all(struct listing *g, int fd)
{
	CLEAN_FREE char *buf = xrealloc(NULL, READ_SIZE, 1);
	const struct dirent64 *ent;
	ssize_t n, at;

	while ((n = getdents64(fd, buf, READ_SIZE)) > 0) {
		for (at = 0; at < n; at += ent->d_reclen) {
			ent = (const struct dirent64 *)(const void *)(buf + at);
			add(g, fd, ent);
		}
		if (g->l.n > FS_NAMES_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
	return (int)n;
}

/* A name and its first eight bytes as a number that sorts as they do. */
struct key {
	uint64_t	 head;
	struct fs_name	 n;
};

static uint64_t
head_of(const char *s)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8 && s[i] != '\0'; i++)
		v |= (uint64_t)(unsigned char)s[i] << (56 - 8 * i);
	return v;
}

static int
compare(const void *va, const void *vb)
{
	const struct key *a = va, *b = vb;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return strcmp(a->n.name, b->n.name);
}

static void
sort_by_name(struct fs_names *l)
{
	CLEAN_FREE struct key *k = xrealloc(NULL, l->n, sizeof(*k));
	size_t i;

	for (i = 0; i < l->n; i++)
		k[i] = (struct key){ head_of(l->v[i].name), l->v[i] };
	qsort(k, l->n, sizeof(*k), compare);
	for (i = 0; i < l->n; i++)
		l->v[i] = k[i].n;
}

/* An inode's number and the place of its name in the directory. */
struct at {
	uint64_t	 inode;
	uint32_t	 place;
};

static int
compare_inodes(const void *va, const void *vb)
{
	const struct at *a = va, *b = vb;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}

/*
 * Files whose inodes lie in one block of the disk come one after the other:
 * renaming them in this order makes a journal of half the size, since a block
 * is changed within one commit and not within many.
 */
static void
sort_by_inode(struct fs_names *l, const uint64_t *inodes)
{
	struct fs_name *v = xrealloc(NULL, l->n, sizeof(*v));
	CLEAN_FREE struct at *k = xrealloc(NULL, l->n, sizeof(*k));
	size_t i;

	for (i = 0; i < l->n; i++)
		k[i] = (struct at){ inodes[i], (uint32_t)i };
	qsort(k, l->n, sizeof(*k), compare_inodes);
	for (i = 0; i < l->n; i++)
		v[i] = l->v[k[i].place];
	free(l->v);
	l->v = v;
}

int
fs_list(const struct fs_dir *d, struct fs_names *out, struct err *e)
{
	/* A descriptor of our own: d's has one place to read from, for all. */
	CLEAN_FD int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct listing g = {0};
	char q[QUOTE_SIZE];

	*out = (struct fs_names){0};
	if (fd < 0)
		return err_sys(e, "read %s", quote_to(q, sizeof(q), d->path));
	g.l.own = g.names = xalloc(sizeof(*g.names));
	if (read_all(&g, fd) < 0) {
		err_sys(e, "read %s", quote_to(q, sizeof(q), d->path));
		free(g.inodes);
		fs_names_free(&g.l);
		return -1;
	}
	if (g.l.n > FS_SORT_MAX)
		sort_by_inode(&g.l, g.inodes);
	else if (g.l.n > 0) {
		g.l.v = xrealloc(g.l.v, g.l.n, sizeof(*g.l.v));
		sort_by_name(&g.l);
	}
	free(g.inodes);
	*out = g.l;
	return 0;
}

void
fs_names_free(struct fs_names *l)
{
	if (l->own != NULL)
		arena_fini(l->own);
	free(l->own);
	free(l->v);
	*l = (struct fs_names){0};
}
