/* names.c -- the names in a folder, in order. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/names.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define LIST_SIZE	((size_t)64 << 10)

void
names_fini(struct names *l)
{
	free(l->v);
	buf_fini(&l->text);
	*l = (struct names){0};
}

static uint64_t
head_of(const char *s)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8 && s[i] != '\0'; i++)
		v |= (uint64_t)(unsigned char)s[i] << (56 - 8 * i);
	return v;
}

void
names_add(struct names *l, const char *name, unsigned char type)
{
	XGROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct name){ .head = head_of(name),
	    .at = (uint32_t)l->text.len, .type = type };
	buf_add(&l->text, name, strlen(name) + 1);
}

static int
compare(const void *va, const void *vb, void *arg)
{
	const struct name *a = va, *b = vb;
	const struct buf *text = arg;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return strcmp((const char *)text->data + a->at,
	    (const char *)text->data + b->at);
}

void
names_sort(struct names *l)
{
	if (l->n > 1)
		qsort_r(l->v, l->n, sizeof(*l->v), compare, &l->text);
}

size_t
names_find(const struct names *l, const char *name)
{
	size_t lo = 0, hi = l->n, mid;
	int cmp;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		cmp = strcmp(names_get(l, mid), name);
		if (cmp == 0)
			return mid;
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return SIZE_MAX;
}

void
names_keep(struct names *l, int (*keep)(void *arg, const char *name),
    void *arg)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		if (keep(arg, names_get(l, i)))
			l->v[n++] = l->v[i];
	l->n = n;
}

/* The type, asked for where the file system does not tell. */
static unsigned char
type_of(int fd, const struct dirent64 *ent)
{
	struct stat st;

	if (ent->d_type != DT_UNKNOWN ||
	    fstatat(fd, ent->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ent->d_type;
	return (unsigned char)IFTODT(st.st_mode);
}

static int
is_dots(const char *s)
{
	return s[0] == '.' && (s[1] == '\0' || (s[1] == '.' && s[2] == '\0'));
}

int
names_list(struct names *l, int fd, struct err *e)
{
	CLEAN_FREE char *buf = xrealloc(NULL, LIST_SIZE, 1);
	const struct dirent64 *ent;
	ssize_t n, at;

	while ((n = getdents64(fd, buf, LIST_SIZE)) > 0) {
		for (at = 0; at < n; at += ent->d_reclen) {
			ent = (const struct dirent64 *)(const void *)(buf + at);
			if (!is_dots(ent->d_name))
				names_add(l, ent->d_name, type_of(fd, ent));
		}
		if (l->n > NAMES_MAX || l->text.len > UINT32_MAX - LIST_SIZE) {
			errno = EFBIG;
			n = -1;
			break;
		}
	}
	if (n < 0)
		return err_sys(e, "list");
	names_sort(l);
	return 0;
}
