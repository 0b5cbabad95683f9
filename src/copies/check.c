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
#define NS		INT64_C(1000000000)

struct id_key {
	uint64_t	 fs, ino;
};

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
	struct id_key key = { id->fs, id->ino };
	CLEAN_FD int fd = -1;
	uint64_t *at;
	int added;

	at = map_add(&k->seen, &key, sizeof(key), &added);
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

/* Some file systems keep whole seconds, or every second one, only. */
static int
is_time(int64_t is, int64_t was)
{
	return is == was || (is % NS == 0 && is / NS >= was / NS - 1 &&
	    is / NS <= was / NS + 1);
}

static mode_t
type_of(char kind)
{
	return kind == 'd' ? S_IFDIR : kind == 'l' ? S_IFLNK :
	    kind == 'p' ? S_IFIFO : S_IFREG;
}

static void
check_bytes(struct checking *k, const struct fs_dir *dir, const char *name,
    const char *copy, const struct copy_entry *en, const struct fs_id *id)
{
	const char *sum = sum_of(k, dir, name, id);

	if (*sum == '\0')
		tell(k, copy, en->path, "cannot be read");
	else if (strcmp(sum, en->sha256) != 0)
		tell(k, copy, en->path, "has other content than was copied");
	else if (en->kind == 'f' && !is_time(id->mtime, en->mtime))
		tell(k, copy, en->path, "has another time");
}

static int
leads_to(const struct fs_dir *dir, const char *name, const char *target)
{
	size_t len = strlen(target);
	CLEAN_FREE char *is = xalloc(len + 2);
	ssize_t n = readlinkat(dir->fd, name, is, len + 1);

	return n == (ssize_t)len && memcmp(is, target, len) == 0;
}

static void
check_entry(struct checking *k, const struct fs_dir *dir, const char *name,
    const char *copy, const struct copy_entry *en)
{
	struct fs_id id;

	if (dir == NULL || fs_stat(dir, name, &id, NULL) < 0)
		tell(k, copy, en->path, "is missing");
	else if ((id.mode & S_IFMT) != type_of(en->kind))
		tell(k, copy, en->path, "is of another kind");
	else if (en->kind == 'l' && !leads_to(dir, name, en->target))
		tell(k, copy, en->path, "leads elsewhere");
	else if (*en->sha256 != '\0')
		check_bytes(k, dir, name, copy, en, &id);
}

/* One copy: every line of its manifest, folder by folder. */
static void
check_copy(struct checking *k, const struct fs_dir *place, const char *copy)
{
	__attribute__((cleanup(hand_fini))) struct hand h = {0};
	struct manifest_entry en;
	const struct fs_dir *dir;
	struct manifest *m = NULL;
	const char *name;
	struct err e = {0};
	int r = -1;

	if (fs_dir_below(place, copy, &h.top, &e) == 0 &&
	    manifest_open(place, copy, &m, &e) == 0)
		while ((r = manifest_next(m, &en, &e)) == 1) {
			dir = hand_folder(&h, en.en.path, &name,
			    NULL);
			check_entry(k, dir, name, copy, &en.en);
		}
	if (r < 0)
		tell(k, copy, "", e.text);
	manifest_close(m);
}

/* All of them; a folder without a whole manifest cannot be told to be whole. */
static int
check_all(struct checking *k, const struct fs_dir *place, struct err *e)
{
	struct copy_names names = {0};
	size_t i;
	int r = copies_names(place, &names, e);

	for (i = 0; i < names.n && r == 0; i++)
		check_copy(k, place, names.v[i].name);
	for (i = 0; i < names.n_lost && r == 0; i++)
		tell(k, names.lost[i].name, "", names.lost[i].why != NULL ?
		    names.lost[i].why : "has no manifest: it is no copy of this "
		    "job, or its manifest is lost");
	copies_names_free(&names);
	return r;
}

int
copies_check(const struct copies *c, const char *name,
    void (*say)(void *arg, const char *copy, const char *path,
    const char *what), void *arg, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *place = NULL;
	struct checking k = { .say = say, .arg = arg };
	CLEAN_FREE char *one = NULL;
	int r;

	if (copies_hold(c, &place, e) < 0)
		return -1;
	k.sha = sha256_new();
	k.piece = xalloc(READ_SIZE);
	if (name == NULL)
		r = check_all(&k, place, e);
	else if ((r = copies_pick(c, place, name, 0, &one, e)) == 0)
		check_copy(&k, place, one);
	sha256_free(k.sha);
	free(k.piece);
	free(k.sums);
	map_fini(&k.seen);
	return r < 0 ? -1 : k.found;
}
