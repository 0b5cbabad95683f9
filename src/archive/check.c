/* check.c -- what an archive holds, told, and re-read and compared. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/impl.h"
#include "crypto/sha256.h"
#include "fs/dir.h"
#include "tar/tar.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* Hold the archive and open its manifest: 1, 0 nothing was put away yet, -1. */
static int
open_manifest(const struct archive *a, struct fs_dir **to, int *fd,
    struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *own = NULL;
	char q[QUOTE_SIZE];

	if (fs_dir_read(a->to, to, e) < 0)
		return -1;
	if (fs_dir_below(*to, ARCHIVE_OWN, &own, e) < 0)
		return e->kind == ERR_NOENT ? 0 : -1;
	*fd = openat(own->fd, ARCHIVE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (*fd >= 0)
		return 1;
	return errno == ENOENT ? 0 : err_sys(e, "open the manifest in %s",
	    quote_to(q, sizeof(q), a->to));
}

int
archive_each(const struct archive *a,
    int (*each)(void *arg, const struct archive_entry *en), void *arg,
    struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *to = NULL;
	CLEAN_FD int fd = -1;
	int r = open_manifest(a, &to, &fd, e);

	return r == 1 ? record_each(fd, each, arg, e) : r;
}


struct checking {
	struct fs_dir		*to;
	void (*say)(void *arg, const char *path, const char *what);
	void			*arg;
	struct map		 lines;	/* what it is of -> number of its line */
	uint64_t		 line;
	struct map		 want;	/* members -> index into wanted */
	struct wanted {
		char		sha256[65];
		char		*source;
		uint64_t	 size;
		int64_t		 mtime;
	}			*wanted;
	size_t			 n_wanted, cap_wanted;
	struct map		 bundles;
	int			 found;
};

static void
tell(struct checking *k, const char *path, const char *what)
{
	k->found = 1;
	k->say(k->arg, path, what);
}

/* Undo took it back: it lies where it came from, as it was. */
static int
went_home(const char *source, uint64_t size, int64_t mtime)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *d = NULL;
	const char *slash = strrchr(source, '/');
	CLEAN_FREE char *dir = slash ? xstrndup(source, slash ==
	    source ? 1 : (size_t)(slash - source)) : NULL;
	struct fs_id id;

	return dir != NULL && fs_dir_read(dir, &d, NULL) == 0 &&
	    fs_stat(d, slash + 1, &id, NULL) == 0 && id.size == size &&
	    id.mtime == mtime;
}

/* What a line is of, as a short key: two files in a row are told apart well
 * enough by 64 bits under a key of this process. */
static uint64_t
key_of(const struct archive_entry *en)
{
	return hash_keyed(hash_keyed(0, en->path, strlen(en->path)), en->member,
	    strlen(en->member));
}

/* The first time through: the last line of each counts. */
static int
count_entry(void *arg, const struct archive_entry *en)
{
	struct checking *k = arg;
	uint64_t key = key_of(en);

	map_put(&k->lines, &key, sizeof(key), ++k->line);
	return 0;
}

static void
want_member(struct checking *k, const struct archive_entry *en)
{
	CLEAN_BUF struct buf key = {0};
	struct wanted *w;

	XGROW(k->wanted, k->n_wanted, k->cap_wanted);
	w = &k->wanted[k->n_wanted];
	*w = (struct wanted){ .source = xstrdup(en->source), .size = en->size,
	    .mtime = en->mtime };
	memcpy(w->sha256, en->sha256, sizeof(w->sha256));
	record_key(&key, en->bundle, en->member);
	map_put(&k->want, key.data, key.len, k->n_wanted++);
	map_put(&k->bundles, en->bundle, strlen(en->bundle), 1);
}

/* Plain files are read at once; members are kept until their bundle's turn. */
static int
check_entry(void *arg, const struct archive_entry *en)
{
	struct checking *k = arg;
	uint64_t key = key_of(en), *last = map_get(&k->lines, &key, sizeof(key));
	struct err e = {0};
	char hex[65];

	k->line++;
	if (last == NULL || *last != k->line)
		return 0;
	if (*en->bundle != '\0') {
		want_member(k, en);
		return 0;
	}
	if (record_sum(k->to, en->path, hex, &e) < 0) {
		if (e.kind != ERR_NOENT ||
		    !went_home(en->source, en->size, en->mtime))
			tell(k, en->path, e.kind == ERR_NOENT ? "is missing" :
			    e.text);
	} else if (strcmp(hex, en->sha256) != 0)
		tell(k, en->path, "has other content than was put away");
	return 0;
}

/* A bundle that is gone is told by its members, unless they went home. */
static void
check_bundle(struct checking *k, const char *bundle)
{
	const struct tar_entry *t;
	CLEAN_BUF struct buf key = {0}, text = {0};
	struct sha256 *s = sha256_new();
	struct tar_reader *tr = NULL;
	struct err e = {0};
	CLEAN_FD int fd = record_open(k->to, bundle, &e);
	uint64_t *at;
	char hex[65];
	int n = fd < 0 || tar_open(fd, NULL, &tr, &e) < 0 ? -1 : 1;

	while (n >= 0 && (n = tar_next(tr, &t, &e)) == 1) {
		record_key(&key, bundle, t->path);
		at = map_get(&k->want, key.data, key.len);
		if (t->type != TAR_FILE || at == NULL)
			continue;
		if ((n = record_member_sum(tr, s, hex, &e)) < 0)
			break;
		if (strcmp(hex, k->wanted[*at].sha256) != 0) {
			buf_reset(&text);
			buf_adds(&text, "has other content than was put away: ");
			quote_add(&text, (char *)key.data + strlen(bundle) + 1,
			    key.len - strlen(bundle) - 1);
			tell(k, bundle, buf_str(&text));
		}
		map_remove(&k->want, key.data, key.len);
	}
	if (n < 0 && e.kind != ERR_NOENT)
		tell(k, bundle, e.text);
	tar_reader_free(tr);
	sha256_free(s);
}

static void
check_bundles(struct checking *k)
{
	const struct wanted *w;
	struct map_entry m;
	size_t at;

	for (at = 0; map_next(&k->bundles, &at, &m);)
		check_bundle(k, m.key);
	for (at = 0; map_next(&k->want, &at, &m);) {
		w = &k->wanted[*m.value];
		if (!went_home(w->source, w->size, w->mtime))
			tell(k, m.key + strlen(m.key) + 1,
			    "is missing in its bundle");
	}
}

static void
checking_fini(struct checking *k)
{
	map_fini(&k->lines);
	map_fini(&k->want);
	map_fini(&k->bundles);
	while (k->n_wanted > 0)
		free(k->wanted[--k->n_wanted].source);
	free(k->wanted);
	fs_dir_free(k->to);
}

int
archive_check(const struct archive *a,
    void (*say)(void *arg, const char *path, const char *what), void *arg,
    struct err *e)
{
	__attribute__((cleanup(checking_fini))) struct checking k = {
		.say = say, .arg = arg,
	};
	CLEAN_FD int fd = -1;
	int r = open_manifest(a, &k.to, &fd, e);

	if (r <= 0)
		return r;
	if (record_each(fd, count_entry, &k, e) < 0 &&
	    e->kind != ERR_CORRUPT)
		return -1;
	k.line = 0;
	if (record_each(fd, check_entry, &k, e) < 0) {
		if (e->kind != ERR_CORRUPT)
			return -1;
		tell(&k, ARCHIVE_OWN "/" ARCHIVE_FILE, e->text);
	}
	check_bundles(&k);
	return k.found;
}
