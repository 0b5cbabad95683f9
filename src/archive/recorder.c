/* recorder.c -- writing down what has arrived in an archive. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/place.h"
#include "archive/impl.h"
#include "crypto/sha256.h"
#include "fs/dir.h"
#include "fs/who.h"
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
	struct map		 members;	/* bundle NUL member -> index */
	char			**paths;	/* their sources, absolute */
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

/* What was put into a bundle is told when the bundle is read at close. */
static void
add_member(struct archive_recorder *r, const char *from, const char *bundle,
    const char *member)
{
	CLEAN_BUF struct buf key = {0};

	record_key(&key, bundle, member);
	map_put(&r->bundles, bundle, strlen(bundle), 1);
	XGROW(r->paths, r->n_paths, r->cap_paths);
	r->paths[r->n_paths] = xstrdup(from);
	map_put(&r->members, key.data, key.len, r->n_paths++);
}

void
archive_record_add(struct archive_recorder *r, const struct op *op,
    const char *from, const char *to)
{
	size_t n = strlen(r->a->to);
	struct err e = {0};

	if (strncmp(to, r->a->to, n) != 0 || to[n] != '/')
		return;
	if (r->to == NULL && fs_dir_read(r->a->to, &r->to, &e) < 0) {
		failed(r, &e);
		return;
	}
	if (op->kind == OP_ARCHIVE)
		add_file(r, from, to + n + 1);
	else if (op->kind == OP_BUNDLE)
		add_member(r, from, to + n + 1, op->text);
}

/* The members of a bundle that are new, read once more. */
static int
add_bundle(struct archive_recorder *r, const char *bundle, struct err *e)
{
	CLEAN_FD int fd = record_open(r->to, bundle, e);
	CLEAN_BUF struct buf key = {0};
	const struct tar_entry *t;
	char hex[SHA256_HEX];
	struct tar_reader *tr;
	struct sha256 *s;
	uint64_t *at;
	int n;

	if (fd < 0 || tar_open(fd, NULL, &tr, e) < 0)
		return -1;
	s = sha256_new();
	while ((n = tar_next(tr, &t, e)) == 1) {
		struct archive_entry en = { .path = bundle, .bundle = bundle,
		    .time = r->now, .size = t->size, .mtime = t->mtime };
		CLEAN_FREE char *member = xstrdup(t->path);

		record_key(&key, bundle, member);
		at = map_get(&r->members, key.data, key.len);
		if (t->type != TAR_FILE || at == NULL)
			continue;	/* of an earlier run */
		if ((n = record_member_sum(tr, s, hex, e)) < 0)
			break;
		en.member = member;
		en.source = r->paths[*at];
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
	CLEAN_WHO uid_t before = fs_who();

	if (fs_be(fs_owner(r->a->to), e) < 0)
		return -1;
	return place_folder(r->to, ARCHIVE_OWN, &own, e) < 0 ? -1 :
	    place_append(own, ARCHIVE_FILE, r->lines.data, r->lines.len, e);
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
	map_fini(&r->members);
	map_fini(&r->bundles);
	buf_fini(&r->lines);
	fs_dir_free(r->to);
	free(r);
	return ret;
}
