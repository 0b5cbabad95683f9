/*
 * making.c -- one file into the copy that is made.
 *
 * The copy before is the memory: a file whose size, mtime, ctime, owner and
 * mode are those its manifest tells is linked to that copy.  Where only the
 * ctime differs (it was renamed, or somebody set its mtime back) the file is
 * read: equal content and equal metadata are linked, all else is copied.  A
 * file that moved is found by its identity.  Names that are one file in the
 * source are one file in the copy.
 *
 * Somebody may have written into the old copy.  So what is linked to must look
 * as its manifest tells, or the damage would be saved once more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/tree.h"
#include "copies/making.h"
#include "fs/dir.h"
#include "fs/writing.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define XATTR_MAX	((size_t)64 << 10)
#define READ_SIZE	((size_t)128 << 10)
#define READ_TRIES	3	/* of a file that changes while it is read */
#define RECENT		(INT64_C(3600) * 1000000)
#define NS		INT64_C(1000000000)

struct id_key {
	uint64_t	 fs, ino;
};

/* ---- the copy before ---- */
static int
same_look(const struct manifest_entry *o, const struct fs_id *id)
{
	return o->en.size == id->size && o->en.mtime == id->mtime &&
	    o->en.mode == id->mode && o->uid == id->uid && o->gid == id->gid;
}

static int
same_moment(const struct manifest_entry *o, const struct fs_id *id)
{
	return o->ctime == id->ctime && o->ino == id->ino && o->fs == id->fs;
}

/* Does the old copy's file look as it was made?  Some file systems keep whole
 * seconds only. */
static int
is_as_made(const struct fs_dir *dir, const char *name,
    const struct manifest_entry *o)
{
	int64_t rest = o->en.mtime % NS;
	struct stat st;

	if (fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || (uint64_t)st.st_size != o->en.size)
		return 0;
	rest += rest < 0 ? NS : 0;
	return st.st_mtim.tv_sec == (o->en.mtime - rest) / NS &&
	    (st.st_mtim.tv_nsec == rest || st.st_mtim.tv_nsec == 0);
}

/* All extended attributes (ACLs are among them) as one value to compare. */
static int
xattrs(int fd, uint64_t *hash)
{
	CLEAN_FREE char *list = xalloc(XATTR_MAX);
	CLEAN_FREE char *value = xalloc(XATTR_MAX);
	ssize_t n = flistxattr(fd, list, XATTR_MAX), v;
	const char *name;

	*hash = 0;
	if (n < 0)
		return errno == ENOTSUP ? 0 : -1;
	for (name = list; name < list + n; name += strlen(name) + 1) {
		v = fgetxattr(fd, name, value, XATTR_MAX);
		if (v < 0)
			return -1;
		/* The kernel's order is not ours to trust: a sum does not mind. */
		*hash += hash_fixed(hash_fixed(0, name, strlen(name)), value,
		    (size_t)v);
	}
	return 0;
}

static int
same_xattrs(int fd, const struct fs_dir *dir, const char *name)
{
	CLEAN_FD int other = openat(dir->fd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint64_t a, b;

	return other >= 0 && xattrs(fd, &a) == 0 && xattrs(other, &b) == 0 &&
	    a == b;
}

/* Has the file the content that the manifest tells? */
static int
same_content(struct making *m, int fd, const char *sha256)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	off_t at = 0;
	ssize_t n;

	if (m->sha == NULL) {
		m->sha = sha256_new();
		m->piece = xalloc(READ_SIZE);
	}
	sha256_start(m->sha);
	while ((n = pread(fd, m->piece, READ_SIZE, at)) > 0 ||
	    (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		sha256_add(m->sha, m->piece, (size_t)n);
		at += n;
	}
	sha256_end(m->sha, sum);
	sha256_hex(sum, hex);
	return n == 0 && strcmp(hex, sha256) == 0;
}

static int
open_item(const struct source_item *it, struct err *e)
{
	int fd = openat(it->dir->fd, it->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(it->dir->fd, it->name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "open") : fd;
}

/* The entry of the last copy that may be this file, or NULL; it is counted. */
static const struct manifest_entry *
find_old(struct making *m, const struct source_item *it)
{
	const struct manifest_entry *o, *named;

	if (m->last == NULL)
		return NULL;
	o = named = last_by_path(m->last, it->path);
	if (o == NULL || !same_look(o, &it->id))
		o = last_by_id(m->last, &it->id);
	if (o != NULL && same_look(o, &it->id)) {
		m->res->known++;
		return o;
	}
	if (named != NULL) {
		m->res->changed++;
		return NULL;
	}
	m->res->added++;
	if (m->env->is_new != NULL)
		m->env->is_new(m->env->is_new_arg, it->path);
	return NULL;
}

/*
 * Link to the last copy if it holds this very file: 1 linked, and sum is its
 * own; 0 it must be copied; -1.
 */
static int
try_link(struct making *m, const struct source_item *it, char sum[SHA256_HEX],
    struct err *e)
{
	const struct manifest_entry *o = find_old(m, it);
	const struct fs_dir *dir;
	CLEAN_FD int fd = -1;
	const char *name;

	if (o == NULL || (dir = last_folder(m->last, o->en.path,
	    &name)) == NULL || !is_as_made(dir, name, o))
		return 0;
	if (!same_moment(o, &it->id)) {
		if ((fd = open_item(it, e)) < 0)
			return 0;	/* copying it tells why */
		if (!same_content(m, fd, o->en.sha256) ||
		    !same_xattrs(fd, dir, name))
			return 0;
	}
	if (tree_link_from(m->t, it->path, dir, name, e) < 0)
		return e->kind == ERR_FULL && e->sys != EMLINK ? -1 : 0;
	memcpy(sum, o->en.sha256, SHA256_HEX);
	return 1;
}

/* ---- one file ---- */
static int
write_line(struct making *m, const struct thing *t, struct err *e)
{
	const struct fs_id *id = &t->it.id;
	struct manifest_entry en = {
		.en = { .path = t->it.path, .kind = t->kind,
			.sha256 = t->sum, .target = t->target,
			.mtime = id->mtime, .mode = id->mode,
			.size = t->kind == 'f' || t->kind == 'h' ? id->size : 0 },
		.uid = id->uid, .gid = id->gid, .fs = id->fs,
		.ino = id->ino, .ctime = id->ctime,
	};

	return manifest_add(m->w, &en, e);
}

static void
told(const struct making *m, enum op_state state, const char *abs,
    const char *why)
{
	/* What went into the backup is nothing that undo could take back. */
	struct op op = { .kind = state == OP_DONE ? OP_BACKUP : OP_COPY,
	    .state = state, .from_dir = PLAN_NONE,
	    .to_dir = PLAN_NONE, .from = "", .to = "", .text = "" };

	if (m->r != NULL && m->r->op != NULL)
		m->r->op(m->r->arg, &op, abs, "", why);
}

/*
 * Is it the disk of the copies that failed, not the file?  Read-only: we only
 * write there.  An I/O error: if that disk cannot even be looked at.
 */
static int
is_disk_gone(const struct making *m, const struct err *e)
{
	struct fs_id id;

	if (e->sys == EROFS)
		return 1;
	return e->sys == EIO &&
	    (fs_stat_fd(m->place, m->place->fd, &id, NULL) < 0 ||
	    fs_stat(m->place, COPIES_OWN, &id, NULL) < 0);
}

int
making_is_over(const struct making *m, struct err *e)
{
	if (e->sys == EFBIG)		/* this file is too big, others are not */
		e->kind = ERR_IO;
	else if (is_disk_gone(m, e))
		e->kind = ERR_ABSENT;
	return e->kind == ERR_FULL || e->kind == ERR_ABSENT ||
	    e->kind == ERR_STOPPED;
}

void
making_failed(struct making *m, const char *abs, const char *why)
{
	m->res->failed++;
	m->res->partial = 1;
	told(m, OP_FAILED, abs, why);
}

/* The file's name in this copy, if it is there under another: 1; 0 if not. */
static int
second_name(struct making *m, const struct source_item *it, struct err *e)
{
	struct id_key key = { it->id.fs, it->id.ino };
	const struct first_name *f;
	uint64_t *at;

	if (it->id.nlink < 2)
		return 0;
	if (loads_drain(m, e) < 0)	/* the first may be on its way */
		return -1;
	at = map_get(&m->links, &key, sizeof(key));
	if (at == NULL)
		return 0;
	f = &m->firsts[*at];
	if (tree_link(m->t, it->path, f->path, e) < 0)
		return e->kind == ERR_FULL && e->sys != EMLINK ? -1 : 0;
	m->res->known++;
	return loads_add(m, it, 'h', THING_READY, f->sum, f->path, e) < 0 ?
	    -1 : 1;
}

/* It is in the copy now: further names of it will be links. */
static void
remember_name(struct making *m, const struct thing *t)
{
	struct id_key key = { t->it.id.fs, t->it.id.ino };
	struct first_name *f;

	if (t->kind != 'f' || t->it.id.nlink < 2)
		return;
	map_put(&m->links, &key, sizeof(key), m->n_firsts);
	XGROW(m->firsts, m->n_firsts, m->cap_firsts);
	f = &m->firsts[m->n_firsts++];
	f->path = xstrdup(t->it.path);
	memcpy(f->sum, t->sum, SHA256_HEX);
}

/* Asking for writers costs more than copying a small file: only where there
 * may have been one lately. */
static int
is_recent(const struct making *m, const struct fs_id *id)
{
	return id->mtime / 1000 > m->env->now - RECENT;
}

/* The file as it is by now, which may be later than the walk's look: 1 copied,
 * and t->it.id is what was copied; 0 it is gone. */
static int
copy_file(const struct making *m, struct tree_hand *hand, struct thing *t,
    struct err *e)
{
	unsigned char sum[SHA256_LEN];
	struct source_item *it = &t->it;
	CLEAN_FD int fd = open_item(it, e);
	int i, r = -1;

	if (fd < 0)
		return e->kind == ERR_NOENT ? 0 : -1;
	for (i = 0; i < READ_TRIES && r < 0; i++) {
		if (fs_stat_fd(it->dir, fd, &it->id, e) < 0)
			return -1;
		if (!S_ISREG(it->id.mode))
			return err_set(e, ERR_CHANGED,
			    "it is no longer a file");
		r = tree_hand_file(hand, it->path, fd, &it->id, sum, e);
		if (r < 0 && e->kind != ERR_CHANGED)
			return -1;
	}
	if (r < 0)
		return -1;
	sha256_hex(sum, t->sum);
	t->written_to = is_recent(m, &it->id) &&
	    fs_writing(it->dir, it->name) == FS_OPEN_WRITER;
	return 1;
}

void
making_copy(struct making *m, struct tree_hand *hand, struct thing *t)
{
	struct err e = {0};
	int r = copy_file(m, hand, t, &e);

	t->state = r > 0 ? THING_COPIED : r == 0 ? THING_GONE : THING_FAILED;
	if (r >= 0)
		return;
	t->error = xalloc(sizeof(*t->error));
	*t->error = e;
	if (making_is_over(m, t->error))
		atomic_store(&m->cancel, 1);
}

int
making_file(struct making *m, const struct source_item *it, struct err *e)
{
	char sum[SHA256_HEX];
	int r = second_name(m, it, e);

	if (r != 0)
		return r < 0 ? -1 : 0;
	r = try_link(m, it, sum, e);
	if (r < 0)
		return -1;
	return r == 1 ? loads_add(m, it, 'f', THING_LINKED, sum, NULL, e) :
	    loads_add(m, it, 'f', THING_COPY, NULL, NULL, e);
}

static int
count(struct making *m, const struct thing *t, struct err *e)
{
	const uint64_t size = t->it.id.size;

	if (t->state == THING_COPIED) {
		m->res->copied++;
		m->res->bytes += size;
		if (t->written_to)
			told(m, OP_DONE, t->it.abs, "still being written: copied "
			    "as it was");
	}
	m->res->linked += t->state == THING_LINKED;
	m->res->files += t->kind == 'f' || t->kind == 'h' || t->kind == 'l';
	m->total += t->kind == 'f' || t->kind == 'h' ? size : 0;
	remember_name(m, t);
	return write_line(m, t, e);
}

void
making_ended(struct making *m, const struct thing *t)
{
	struct err e = {0};
	char q[QUOTE_SIZE];

	if (t->state == THING_GONE || t->state == THING_COPY)
		return;			/* of the latter: all is cancelled */
	if (t->state == THING_FAILED)
		e = *t->error;
	else if (count(m, t, &e) == 0)
		return;
	if (!making_is_over(m, &e)) {
		making_failed(m, t->it.abs, e.text);
		return;
	}
	m->fatal = e;
	if (e.kind != ERR_STOPPED)
		err_wrap(&m->fatal, "%s", quote_to(q, sizeof(q), t->it.abs));
}

void
making_files_fini(struct making *m)
{
	size_t i;

	sha256_free(m->sha);
	free(m->piece);
	map_fini(&m->links);
	for (i = 0; i < m->n_firsts; i++)
		free(m->firsts[i].path);
	free(m->firsts);
}
