/*
 * check.c -- re-reading copies and comparing them with their manifests.
 *
 * Linked files are one file on the disk: each is read once, and a damage is
 * told for every copy that holds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copies/impl.h"
#include "crypto/sha256.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/map.h"
#include "util/xalloc.h"

#define READ_SIZE	((size_t)256 << 10)

struct checking {
	void (*say)(void *arg, const char *copy, const char *path,
	    const char *what);
	void		*arg;
	struct sha256	*sha;
	unsigned char	*piece;
	struct map	 seen;		/* inode -> index into sums */
	struct sum {
		char	hex[SHA256_HEX];	/* "" could not be read */
	}		*sums;
	size_t		 n_sums, cap_sums;
	int		 found;
};

static void
tell(struct checking *k, const char *copy, const char *path, const char *what)
{
	k->found = 1;
	k->say(k->arg, copy, path, what);
}

static int
hash_fd(struct checking *k, int fd, char hex[SHA256_HEX])
{
	unsigned char sum[SHA256_LEN];
	ssize_t n;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	sha256_start(k->sha);
	while ((n = read(fd, k->piece, READ_SIZE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		sha256_add(k->sha, k->piece, (size_t)n);
	}
	sha256_end(k->sha, sum);
	sha256_hex(sum, hex);
	return 0;
}

/* The sum of the file at dir/name, read once an inode. */
static const char *
sum_of(struct checking *k, const struct fs_dir *dir, const char *name,
    const struct fs_id *id)
{
	CLEAN_FD int fd = -1;
	uint64_t *at;
	int added;

	at = map_add(&k->seen, &id->ino, sizeof(id->ino), &added);
	if (added) {
		*at = k->n_sums;
		XGROW(k->sums, k->n_sums, k->cap_sums);
		k->sums[k->n_sums].hex[0] = '\0';
		fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
		    O_CLOEXEC);
		if (fd < 0 || hash_fd(k, fd, k->sums[k->n_sums].hex) < 0)
			k->sums[k->n_sums].hex[0] = '\0';
		k->n_sums++;
	}
	return k->sums[*at].hex;
}

static mode_t
type_of(char kind)
{
	return kind == 'd' ? S_IFDIR : kind == 'l' ? S_IFLNK :
	    kind == 'p' ? S_IFIFO : S_IFREG;
}

static void
check_entry(struct checking *k, const struct fs_dir *dir, const char *name,
    const char *copy, const struct manifest_entry *en)
{
	struct fs_id id;
	const char *sum;

	if (fs_stat(dir, name, &id, NULL) < 0)
		tell(k, copy, en->en.path, "is missing");
	else if ((id.mode & S_IFMT) != type_of(en->en.kind))
		tell(k, copy, en->en.path, "is of another kind");
	else if (en->en.kind == 'f') {
		sum = sum_of(k, dir, name, &id);
		if (*sum == '\0')
			tell(k, copy, en->en.path, "cannot be read");
		else if (strcmp(sum, en->en.sha256) != 0)
			tell(k, copy, en->en.path, "has other content than "
			    "was copied");
		else if (id.mtime != en->en.mtime)
			tell(k, copy, en->en.path, "has another time");
	}
}

/* One copy: every line of its manifest, folder by folder. */
static int
check_copy(struct checking *k, const struct fs_dir *place, const char *name,
    struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *top = NULL;
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *sub = NULL;
	__attribute__((cleanup(manifest_fini))) struct manifest m = {0};
	CLEAN_FREE char *held = NULL;
	const char *slash;
	struct err why = {0};
	size_t i, len;

	if (manifest_load(place, name, &m, &why) < 0) {
		tell(k, name, "", why.text);
		return 0;
	}
	if (fs_dir_below(place, name, &top, e) < 0)
		return -1;
	for (i = 0; i < m.n; i++) {
		slash = strrchr(m.v[i].en.path, '/');
		len = slash ? (size_t)(slash - m.v[i].en.path) : 0;
		if (len > 0 && (held == NULL || strncmp(held, m.v[i].en.path,
		    len) != 0 || held[len] != '\0')) {
			fs_dir_free(sub);
			sub = NULL;
			free(held);
			held = xstrndup(m.v[i].en.path, len);
			fs_dir_below(top, held, &sub, &why);
		}
		if (len > 0 && sub == NULL)
			tell(k, name, m.v[i].en.path, "is missing");
		else
			check_entry(k, len > 0 ? sub : top, slash ? slash + 1 :
			    m.v[i].en.path, name, &m.v[i]);
	}
	return 0;
}

int
copies_check(const struct copies *c, const char *name,
    void (*say)(void *arg, const char *copy, const char *path,
    const char *what), void *arg, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *place = NULL;
	struct checking k = { .say = say, .arg = arg };
	struct copy_names names = {0};
	CLEAN_FREE char *one = NULL;
	size_t i;
	int r;

	if (copies_hold(c, &place, e) < 0)
		return -1;
	k.sha = sha256_new();
	k.piece = xalloc(READ_SIZE);
	if (name != NULL) {
		r = copies_pick(c, place, name, 0, &one, e);
		if (r == 0)
			r = check_copy(&k, place, one, e);
	} else {
		r = copies_names(place, &names, e);
		for (i = 0; i < names.n && r == 0; i++)
			r = check_copy(&k, place, names.v[i].name, e);
	}
	copies_names_free(&names);
	sha256_free(k.sha);
	free(k.piece);
	free(k.sums);
	map_fini(&k.seen);
	return r < 0 ? -1 : k.found;
}
