#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/member.h"
#include "apply/meta.h"
#include "apply/place.h"
#include "archive/impl.h"
#include "fs/dir.h"
#include "fs/who.h"
#include "plan/conflict.h"
#include "rules/name.h"
#include "tar/tar.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define TMP_NAME	"unpacked"

/* Unpack one member into the cache folder as TMP_NAME. */
static int
unpack(const struct archive *a, const struct archive_entry *en,
    const struct fs_dir *cache, unsigned *lost, struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *to = NULL;
	const struct tar_entry *t;
	struct tar_reader *tr;
	CLEAN_FD int in = -1;
	CLEAN_FD int out = -1;
	int n, found = 0;

	if (fs_dir_read(a->to, &to, e) < 0 ||
	    (in = record_open(to, en->bundle, e)) < 0 ||
	    tar_open(in, NULL, &tr, e) < 0)
		return -1;
	place_remove(cache, TMP_NAME, NULL);
	out = openat(cache->fd, TMP_NAME, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	n = out < 0 ? err_sys(e, "unpack into %.200s", cache->path) : 1;
	while (n >= 0 && !found && (n = tar_next(tr, &t, e)) == 1) {
		if (strcmp(t->path, en->member) != 0 || t->type != TAR_FILE)
			continue;
		found = 1;
		n = member_pour(tr, t, out, NULL, NULL, lost, e);
	}
	tar_reader_free(tr);
	if (n >= 0 && !found)
		return err_set(e, ERR_NOENT, "the bundle does not hold it");
	return n < 0 ? -1 : 0;
}

static int
copy_out(const char *from_dir, const char *from, const char *to_dir,
    const char *to, const struct apply_options *o,
    const struct apply_report *r, struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *d = NULL;
	size_t len = strlen(to), stem = name_stem(to, len);
	CLEAN_FREE char *s = xstrndup(to, stem);
	struct conflict c = { .mode = CONFLICT_RENAME, .stem = s,
	    .separator = " ", .extension = to + stem, .first = 2 };
	CLEAN_BUF struct buf extra = {0};
	struct plan *p = plan_new(-1);
	struct op op = { .kind = OP_COPY, .from = from, .to = to, .text = "",
	    .flags = OP_RESTORES };
	CLEAN_FREE char *real = NULL, *source = NULL;
	int ret = -1;

	if (fs_way(to_dir, &real, e) < 0 || fs_way(from_dir, &source, e) < 0) {
		plan_free(p);
		return -1;
	}
	conflict_pack(&extra, &c);
	plan_add_job(p, "get", "restore", 0);
	op.extra = extra.data;
	op.extra_len = extra.len;
	op.from_dir = plan_add_dir(p, source);
	op.to_dir = plan_add_dir(p, real);
	op.why = plan_add_text(p, "taken out of the archive");
	if (fs_dir_read(from_dir, &d, e) == 0 &&
	    fs_stat(d, from, &op.id, e) == 0 && plan_add(p, &op, e) == 0)
		ret = apply_plan(p, o, r, e);
	plan_free(p);
	return ret;
}

static const char *
last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What the unpacked file could not be given, the copy has not, either. */
struct lossy {
	const struct apply_report *r;
	int		 lost;
};

static void
tell_lost(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct lossy *l = arg;

	if (l->lost && op->state == OP_DONE && *error == '\0')
		error = MEMBER_LOST;
	l->r->op(l->r->arg, op, from, to, error);
}

static int
get_member(const struct archive *a, const struct archive_entry *en,
    const char *cache_dir, const char *to_dir, const struct apply_options *o,
    const struct apply_report *r, struct err *e)
{
	__attribute__((cleanup(archive_dir_clean))) struct fs_dir *cache = NULL;
	struct lossy lossy = { .r = r };
	struct apply_report telling = { .op = tell_lost, .arg = &lossy };
	unsigned lost = 0;
	int ret;

	if (fs_dir_open(cache_dir, &cache, e) < 0 ||
	    unpack(a, en, cache, &lost, e) < 0)
		return -1;
	lossy.lost = (lost & META_PRECIOUS) != 0;
	ret = copy_out(cache_dir, TMP_NAME, to_dir, last_of(en->source), o,
	    &telling, e);
	place_remove(cache, TMP_NAME, NULL);
	return ret;
}

int
archive_get(const struct archive *a, struct catalog *c, int64_t run,
    const struct archive_entry *en, const char *cache_dir, const char *to_dir,
    const struct apply_report *r, struct err *e)
{
	struct apply_options o = { .catalog = c, .run = run };
	CLEAN_BUF struct buf path = {0};
	char *slash;

	if (*en->bundle != '\0')
		return get_member(a, en, cache_dir, to_dir, &o, r, e);
	buf_addf(&path, "%s/%s", a->to, en->path);
	buf_str(&path);
	slash = strrchr((char *)path.data, '/');
	*slash = '\0';
	return copy_out((char *)path.data, slash + 1, to_dir,
	    last_of(en->source), &o, r, e);
}
