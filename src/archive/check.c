/* check.c -- what an archive holds, re-read and compared; and getting it back. */
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
#include "util/fd.h"
#include "util/map.h"
#include "util/xalloc.h"

static int
load(const struct archive *a, struct fs_dir **to, struct buf *text,
    struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *own = NULL;
	CLEAN_FD int fd = -1;

	if (fs_dir_open(a->to, to, e) < 0 ||
	    fs_dir_below(*to, ARCHIVE_OWN, &own, e) < 0)
		return -1;
	fd = openat(own->fd, ARCHIVE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, ARCHIVE_MAX, text) < 0)
		return err_sys(e, "read the manifest in %s", a->to);
	return 0;
}

int
archive_each(const struct archive *a,
    int (*each)(void *arg, const struct archive_entry *en), void *arg,
    struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *to = NULL;
	CLEAN_BUF struct buf text = {0};

	if (load(a, &to, &text, e) < 0)
		return -1;
	return record_parse(&text, each, arg);
}

struct checking {
	const struct archive	*a;
	struct fs_dir		*to;
	void (*say)(void *arg, const char *path, const char *what);
	void			*arg;
	struct map		 want;	/* bundle NUL member -> sha index */
	char			(*sums)[65];
	size_t			 n_sums, cap_sums;
	struct map		 bundles;
	int			 found;
};

static void
tell(struct checking *k, const char *path, const char *what)
{
	k->found = 1;
	k->say(k->arg, path, what);
}

static void
member_key(struct buf *b, const char *bundle, const char *member)
{
	buf_reset(b);
	buf_adds(b, bundle);
	buf_addc(b, '\0');
	buf_adds(b, member);
}

/* Undo took it back: it lies where it came from, as it was. */
static int
went_home(const struct archive_entry *en)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *d = NULL;
	const char *slash = strrchr(en->source, '/');
	CLEAN_FREE char *dir = slash ? xstrndup(en->source, slash ==
	    en->source ? 1 : (size_t)(slash - en->source)) : NULL;
	struct fs_id id;

	return dir != NULL && fs_dir_open(dir, &d, NULL) == 0 &&
	    fs_stat(d, slash + 1, &id, NULL) == 0 && id.size == en->size &&
	    id.mtime == en->mtime;
}

/* Plain files are read at once; members are kept until their bundle's turn. */
static int
check_entry(void *arg, const struct archive_entry *en)
{
	struct checking *k = arg;
	CLEAN_BUF struct buf key = {0};
	struct err e = {0};
	char hex[65];

	if (*en->bundle != '\0') {
		member_key(&key, en->bundle, en->member);
		XGROW(k->sums, k->n_sums, k->cap_sums);
		memcpy(k->sums[k->n_sums], en->sha256, 65);
		map_put(&k->want, key.data, key.len, k->n_sums++);
		map_put(&k->bundles, en->bundle, strlen(en->bundle), 1);
		return 0;
	}
	if (record_sum(k->to, en->path, hex, &e) < 0) {
		if (e.kind != ERR_NOENT || !went_home(en))
			tell(k, en->path, e.kind == ERR_NOENT ? "is missing" :
			    e.text);
	} else if (strcmp(hex, en->sha256) != 0)
		tell(k, en->path, "has other content than was put away");
	return 0;
}

static int
member_sum(struct tar_reader *tr, struct sha256 *s, char hex[65],
    struct err *e)
{
	unsigned char sum[SHA256_LEN];
	const void *data;
	size_t len;
	int n;

	sha256_start(s);
	while ((n = tar_read(tr, &data, &len, e)) == 1)
		sha256_add(s, data, len);
	sha256_end(s, sum);
	sha256_hex(sum, hex);
	return n;
}

static void
check_bundle(struct checking *k, const char *bundle)
{
	const struct tar_entry *t;
	CLEAN_BUF struct buf key = {0};
	struct sha256 *s = sha256_new();
	struct tar_reader *tr = NULL;
	struct err e = {0};
	CLEAN_FD int fd = record_open(k->to, bundle, &e);
	uint64_t *at;
	char hex[65];
	int n = fd < 0 || tar_open(fd, NULL, &tr, &e) < 0 ? -1 : 1;

	while (n >= 0 && (n = tar_next(tr, &t, &e)) == 1) {
		member_key(&key, bundle, t->path);
		at = map_get(&k->want, key.data, key.len);
		if (t->type != TAR_FILE || at == NULL)
			continue;
		if ((n = member_sum(tr, s, hex, &e)) < 0)
			break;
		if (strcmp(hex, k->sums[*at]) != 0)
			tell(k, bundle, "a member has other content than was "
			    "put away");
		map_remove(&k->want, key.data, key.len);
	}
	if (n < 0)
		tell(k, bundle, e.text);
	tar_reader_free(tr);
	sha256_free(s);
}

int
archive_check(const struct archive *a,
    void (*say)(void *arg, const char *path, const char *what), void *arg,
    struct err *e)
{
	struct checking k = { .a = a, .say = say, .arg = arg };
	CLEAN_BUF struct buf text = {0};
	struct map_entry m;
	size_t at = 0;
	int r = load(a, &k.to, &text, e);

	if (r == 0)
		r = record_parse(&text, check_entry, &k);
	while (r == 0 && map_next(&k.bundles, &at, &m))
		check_bundle(&k, m.key);
	for (at = 0; r == 0 && map_next(&k.want, &at, &m);)
		tell(&k, m.key + strlen(m.key) + 1, "is missing in its bundle");
	map_fini(&k.want);
	map_fini(&k.bundles);
	free(k.sums);
	fs_dir_free(k.to);
	return r < 0 ? -1 : k.found;
}
