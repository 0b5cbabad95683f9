/* recorder.c -- writing down what has arrived in an archive. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/place.h"
#include "archive/impl.h"
#include "crypto/sha256.h"
#include "fs/dir.h"
#include "tar/tar.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/map.h"
#include "util/xalloc.h"

struct archive_recorder {
	const struct archive	*a;
	int64_t			 now;
	struct fs_dir		*to;
	struct buf		 lines;
	struct map		 sources;	/* bundle NUL member -> index */
	char			**paths;	/* the sources, absolute */
	size_t			 n_paths, cap_paths;
	struct map		 bundles;	/* paths below `to` */
	struct err		 first;		/* the first thing that failed */
};

struct archive_recorder *
archive_record(const struct archive *a, int64_t now)
{
	struct archive_recorder *r = xalloc(sizeof(*r));

	r->a = a;
	r->now = now;
	return r;
}

static void
failed(struct archive_recorder *r, const struct err *e)
{
	if (r->first.kind == ERR_NONE)
		r->first = *e;
}

static void
add_file(struct archive_recorder *r, const char *from, const char *path)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *d = NULL;
	CLEAN_FREE char *dir = NULL;
	const char *slash = strrchr(path, '/');
	struct archive_entry en = { .path = path, .source = from, .bundle = "",
	    .member = "", .time = r->now };
	struct fs_id id;
	struct err e = {0};
	char hex[65];

	dir = xstrndup(path, slash ? (size_t)(slash - path) : 0);
	if (record_sum(r->to, path, hex, &e) < 0 ||
	    fs_dir_below(r->to, slash ? dir : ".", &d, &e) < 0 ||
	    fs_stat(d, slash ? slash + 1 : path, &id, &e) < 0) {
		failed(r, &e);
		return;
	}
	en.sha256 = hex;
	en.size = id.size;
	en.mtime = id.mtime;
	record_line(&r->lines, &en);
}

void
archive_record_add(struct archive_recorder *r, enum op_kind kind,
    const char *from, const char *to)
{
	size_t n = strlen(r->a->to);
	struct err e = {0};

	if (strncmp(to, r->a->to, n) != 0 || to[n] != '/')
		return;
	if (r->to == NULL && fs_dir_open(r->a->to, &r->to, &e) < 0) {
		failed(r, &e);
		return;
	}
	if (kind == OP_ARCHIVE)
		add_file(r, from, to + n + 1);
	if (kind != OP_BUNDLE)
		return;
	map_put(&r->bundles, to + n + 1, strlen(to + n + 1), 1);
	XGROW(r->paths, r->n_paths, r->cap_paths);
	r->paths[r->n_paths] = xstrdup(from);
	map_put(&r->sources, from, strlen(from), r->n_paths++);
}

/* The source that became this member: the path that ends with it. */
static const char *
source_of(struct archive_recorder *r, const char *member)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	for (i = 0; i < r->a->n_locations; i++) {
		buf_reset(&b);
		buf_addf(&b, "%s/%s", r->a->locations[i], member);
		uint64_t *at = map_get(&r->sources, b.data, b.len);

		if (at != NULL)
			return r->paths[*at];
	}
	return member;
}

/* Every member of a new bundle, read once more. */
static int
add_bundle(struct archive_recorder *r, const char *bundle, struct err *e)
{
	CLEAN_FD int fd = record_open(r->to, bundle, e);
	const struct tar_entry *t;
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	struct tar_reader *tr;
	struct sha256 *s;
	const void *data;
	size_t len;
	int n;

	if (fd < 0 || tar_open(fd, NULL, &tr, e) < 0)
		return -1;
	s = sha256_new();
	while ((n = tar_next(tr, &t, e)) == 1) {
		struct archive_entry en = { .path = bundle, .bundle = bundle,
		    .time = r->now, .size = t->size, .mtime = t->mtime };
		CLEAN_FREE char *member = xstrdup(t->path);

		if (t->type != TAR_FILE)
			continue;
		sha256_start(s);
		while ((n = tar_read(tr, &data, &len, e)) == 1)
			sha256_add(s, data, len);
		if (n < 0)
			break;
		sha256_end(s, sum);
		sha256_hex(sum, hex);
		en.member = member;
		en.source = source_of(r, member);
		en.sha256 = hex;
		record_line(&r->lines, &en);
	}
	sha256_free(s);
	tar_reader_free(tr);
	return n;
}

static int
append(struct archive_recorder *r, struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *own = NULL;
	CLEAN_FD int fd = -1;

	if (place_folder(r->to, ARCHIVE_OWN, &own, e) < 0)
		return -1;
	fd = openat(own->fd, ARCHIVE_FILE, O_WRONLY | O_APPEND | O_CREAT |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, r->lines.data, r->lines.len) < 0 ||
	    fsync(fd) < 0 || fsync(own->fd) < 0)
		return err_sys(e, "write the manifest in %s", r->a->to);
	return 0;
}

int
archive_record_close(struct archive_recorder *r, struct err *e)
{
	struct map_entry m;
	size_t at = 0, i;
	struct err why = {0};
	int ret = 0;

	if (r == NULL)
		return 0;
	while (map_next(&r->bundles, &at, &m))
		if (add_bundle(r, m.key, &why) < 0)
			failed(r, &why);
	if (r->lines.len > 0 && append(r, &why) < 0)
		failed(r, &why);
	if (r->first.kind != ERR_NONE) {
		*e = r->first;
		ret = -1;
	}
	for (i = 0; i < r->n_paths; i++)
		free(r->paths[i]);
	free(r->paths);
	map_fini(&r->sources);
	map_fini(&r->bundles);
	buf_fini(&r->lines);
	fs_dir_free(r->to);
	free(r);
	return ret;
}
