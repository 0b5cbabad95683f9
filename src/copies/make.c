/*
 * make.c -- making one copy.
 *
 * The last complete copy's manifest is the memory: a file whose size, mtime,
 * ctime, owner and mode are those it tells is linked to that copy.  Where only
 * the ctime differs (it was renamed, or somebody set its mtime back) the file
 * is read: equal content and equal metadata are linked, all else is copied.  A
 * file that moved is found by its identity.  Names that are one file in the
 * source are one file in the copy.
 *
 * Order: tree filled, manifest durable, tree shown by one rename, `latest`.
 * So a copy that can be seen has a manifest, always.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/place.h"
#include "apply/tree.h"
#include "catalog/catalog.h"
#include "copies/impl.h"
#include "crypto/sha256.h"
#include "fs/dir.h"
#include "fs/writing.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define TARGET_MAX	((size_t)4096)
#define XATTR_MAX	((size_t)64 << 10)
#define READ_SIZE	((size_t)128 << 10)

struct making {
	const struct copies	*c;
	const struct copies_env	*env;
	const struct apply_report *r;
	struct copies_result	*res;
	struct fs_dir		*place;
	struct tree		*t;
	struct buf		 text;		/* the new manifest */
	struct manifest		 last;		/* {0} if there is none */
	char			*last_name;
	struct fs_dir		*last_dir;	/* <place>/<last_name> */
	struct fs_dir		*old;		/* folder of it in hand */
	char			*old_path;
	struct map		 by_path, by_id;	/* into last.v */
	struct map		 links;		/* fs, ino -> first path seen */
	char			**firsts;
	size_t			 n_firsts, cap_firsts;
	struct folder_seen {
		char		*path, *abs;
		struct fs_id	 id;
	}			*folders;
	size_t			 n_folders, cap_folders;
	struct sha256		*sha;
	uint64_t		 total;		/* bytes that the copy holds */
};

struct id_key {
	uint64_t	 fs, ino;
};

/* ---- the last copy ---- */
static int
load_last(struct making *m, struct err *e)
{
	struct copy_names names = {0};
	struct manifest_entry *en;
	size_t i;

	if (copies_names(m->place, &names, e) < 0)
		return -1;
	if (names.n > 0 && manifest_load(m->place, names.v[names.n - 1].name,
	    &m->last, e) == 0 && fs_dir_below(m->place,
	    names.v[names.n - 1].name, &m->last_dir, e) == 0)
		m->last_name = xstrdup(names.v[names.n - 1].name);
	else
		manifest_fini(&m->last);	/* then everything is copied */
	copies_names_free(&names);
	for (i = 0; i < m->last.n; i++) {
		en = &m->last.v[i];
		if (en->en.kind != 'f')
			continue;
		map_put(&m->by_path, en->en.path, strlen(en->en.path), i);
		map_put(&m->by_id, &(struct id_key){ en->fs, en->ino },
		    sizeof(struct id_key), i);
	}
	return 0;
}

/* The folder of the last copy in which path lies, held while it is the same. */
static struct fs_dir *
old_folder(struct making *m, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *dir = slash ? xstrndup(path, (size_t)(slash - path)) :
	    xstrdup("");

	*name = slash ? slash + 1 : path;
	if (*dir == '\0')
		return m->last_dir;
	if (m->old_path != NULL && strcmp(m->old_path, dir) == 0)
		return m->old;
	fs_dir_free(m->old);
	free(m->old_path);
	m->old = NULL;
	m->old_path = NULL;
	if (fs_dir_below(m->last_dir, dir, &m->old, NULL) < 0)
		return NULL;
	m->old_path = xstrdup(dir);
	return m->old;
}

static int
same_look(const struct manifest_entry *o, const struct fs_id *id)
{
	return o->en.size == id->size && o->en.mtime == id->mtime &&
	    o->en.mode == id->mode && o->uid == id->uid && o->gid == id->gid;
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
	CLEAN_FREE char *piece = xalloc(READ_SIZE);
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	off_t at = 0;
	ssize_t n;

	sha256_start(m->sha);
	while ((n = pread(fd, piece, READ_SIZE, at)) > 0 ||
	    (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		sha256_add(m->sha, piece, (size_t)n);
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

/*
 * Link to the last copy if it holds this very file: 1 linked, and *o is its
 * entry; 0 it must be copied; -1.
 */
static int
try_link(struct making *m, const struct source_item *it,
    const struct manifest_entry **o, struct err *e)
{
	struct id_key key = { it->id.fs, it->id.ino };
	uint64_t *at = map_get(&m->by_path, it->path, strlen(it->path));
	CLEAN_FD int fd = -1;
	struct fs_dir *dir;
	const char *name;

	if (at == NULL)
		at = map_get(&m->by_id, &key, sizeof(key));
	if (at == NULL || m->last_dir == NULL)
		return 0;
	*o = &m->last.v[*at];
	if (!same_look(*o, &it->id) ||
	    (dir = old_folder(m, (*o)->en.path, &name)) == NULL)
		return 0;
	if ((*o)->ctime != it->id.ctime || (*o)->ino != it->id.ino ||
	    (*o)->fs != it->id.fs) {
		if ((fd = open_item(it, e)) < 0)
			return -1;
		if (!same_content(m, fd, (*o)->en.sha256) ||
		    !same_xattrs(fd, dir, name))
			return 0;
	}
	if (tree_link_from(m->t, it->path, dir, name, e) == 0)
		return 1;
	return e->kind == ERR_STOPPED ? -1 : 0;
}

/* ---- one thing ---- */
static void
told(const struct making *m, enum op_state state, const char *abs,
    const char *why)
{
	struct op op = { .kind = OP_COPY, .state = state,
	    .from_dir = PLAN_NONE, .to_dir = PLAN_NONE, .from = "", .to = "",
	    .text = "" };

	if (m->r != NULL && m->r->op != NULL)
		m->r->op(m->r->arg, &op, abs, "", why);
}

static void
write_down(struct making *m, const struct source_item *it, char kind,
    const char *sha256, const char *target)
{
	struct manifest_entry en = {
		.en = { .path = it->path, .kind = kind, .sha256 = sha256,
			.target = target, .mtime = it->id.mtime,
			.mode = it->id.mode,
			.size = kind == 'f' || kind == 'h' ? it->id.size : 0 },
		.uid = it->id.uid, .gid = it->id.gid, .fs = it->id.fs,
		.ino = it->id.ino, .ctime = it->id.ctime,
	};

	manifest_add(&m->text, &en);
}

/* A further name of a file that is already in this copy: 1 if it was one. */
static int
second_name(struct making *m, const struct source_item *it, struct err *e)
{
	struct id_key key = { it->id.fs, it->id.ino };
	uint64_t *first;
	int added;

	if (it->id.nlink < 2)
		return 0;
	first = map_add(&m->links, &key, sizeof(key), &added);
	if (added) {
		*first = m->n_firsts;
		XGROW(m->firsts, m->n_firsts, m->cap_firsts);
		m->firsts[m->n_firsts++] = xstrdup(it->path);
		return 0;
	}
	if (tree_link(m->t, it->path, m->firsts[*first], e) < 0) {
		if (e->kind == ERR_FULL && e->sys == ENOSPC)
			return -1;
		return 0;	/* too many links: copy it */
	}
	write_down(m, it, 'h', "", m->firsts[*first]);
	return 1;
}

static int
copy_file(struct making *m, const struct source_item *it, struct err *e)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	CLEAN_FD int fd = open_item(it, e);

	if (fd < 0 || tree_file(m->t, it->path, fd, &it->id, sum, e) < 0)
		return -1;
	sha256_hex(sum, hex);
	write_down(m, it, 'f', hex, "");
	m->res->copied++;
	m->res->bytes += it->id.size;
	if (fs_writing(it->dir, it->name) == FS_OPEN_WRITER)
		told(m, OP_DONE, it->abs, "still being written: copied as it "
		    "was");
	return 0;
}

static int
add_file(struct making *m, const struct source_item *it, struct err *e)
{
	const struct manifest_entry *o;
	struct err why = {0};
	int r = second_name(m, it, e);

	if (r == 0) {
		r = try_link(m, it, &o, &why);
		if (r == 1) {
			write_down(m, it, 'f', o->en.sha256, "");
			m->res->linked++;
		} else if (r == 0)
			r = copy_file(m, it, e);
		else
			*e = why;
	}
	if (r < 0)
		return -1;
	m->res->files++;
	m->total += it->id.size;
	return 0;
}

static int
add_folder(struct making *m, const struct source_item *it, struct err *e)
{
	struct folder_seen *f;

	if (*it->path != '\0' && tree_folder(m->t, it->path, e) < 0)
		return -1;
	XGROW(m->folders, m->n_folders, m->cap_folders);
	f = &m->folders[m->n_folders++];
	*f = (struct folder_seen){ xstrdup(it->path), xstrdup(it->abs), it->id };
	if (*it->path != '\0')
		write_down(m, it, 'd', "", "");
	return 0;
}

static int
add_symlink(struct making *m, const struct source_item *it, struct err *e)
{
	char target[TARGET_MAX + 1];
	ssize_t n = readlinkat(it->dir->fd, it->name, target, TARGET_MAX);

	if (n < 0)
		return err_sys(e, "read the symlink");
	target[n] = '\0';
	if (tree_symlink(m->t, it->path, target, &it->id, e) < 0)
		return -1;
	write_down(m, it, 'l', "", target);
	m->res->files++;
	return 0;
}

static int
on_item(void *arg, const struct source_item *it, struct err *e)
{
	struct making *m = arg;

	if (S_ISDIR(it->id.mode))
		return add_folder(m, it, e);
	if (m->r != NULL && m->r->progress != NULL)
		m->r->progress(m->r->arg, m->res->files, m->res->bytes);
	if (S_ISREG(it->id.mode))
		return add_file(m, it, e);
	if (S_ISLNK(it->id.mode))
		return add_symlink(m, it, e);
	if (S_ISFIFO(it->id.mode)) {
		if (tree_fifo(m->t, it->path, &it->id, e) < 0)
			return -1;
		write_down(m, it, 'p', "", "");
	}
	return 0;
}

static void
on_failed(void *arg, const char *abs, const char *why)
{
	struct making *m = arg;

	m->res->failed++;
	m->res->partial = 1;
	told(m, OP_FAILED, abs, why);
}

static int
on_stop(void *arg)
{
	struct making *m = arg;

	return m->env->stop != NULL && m->env->stop(m->env->stop_arg);
}

/* ---- the whole ---- */

/* Folders' own metadata, children before parents, when nothing more is put
 * into them. */
static void
finish_folders(struct making *m)
{
	struct fs_dir *d;
	struct err e = {0};
	size_t i;

	for (i = m->n_folders; i-- > 0;) {
		if (fs_dir_open(m->folders[i].abs, &d, &e) < 0) {
			on_failed(m, m->folders[i].abs, e.text);
			continue;
		}
		if (tree_folder_meta(m->t, m->folders[i].path, d->fd,
		    &m->folders[i].id, &e) < 0)
			on_failed(m, m->folders[i].abs, e.text);
		fs_dir_free(d);
	}
}

/* The number that name has as a copy like base: 1 is base itself, 0 none. */
static unsigned long
number_of(const char *name, const char *base)
{
	size_t n = strlen(base);
	char *end;
	unsigned long v;

	if (strncmp(name, base, n) != 0)
		return 0;
	if (name[n] == '\0')
		return 1;
	if (name[n] != '-' || name[n + 1] < '1' || name[n + 1] > '9')
		return 0;
	v = strtoul(name + n + 1, &end, 10);
	return *end == '\0' ? v : 0;
}

/*
 * The pattern's name, or with -2, -3 ...: after the highest that is there, so
 * that a later copy never has the lower number, whatever keep let go.
 */
static int
choose_name(struct making *m, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct fs_names names;
	unsigned long n, last = 0;
	size_t i;

	if (time_name(&b, m->c->pattern, m->env->now, e) < 0 ||
	    fs_list(m->place, &names, e) < 0)
		return -1;
	for (i = 0; i < names.n; i++) {
		n = number_of(names.v[i].name, buf_str(&b));
		last = n > last ? n : last;
	}
	fs_names_free(&names);
	if (last == 0)
		snprintf(m->res->name, sizeof(m->res->name), "%.240s",
		    buf_str(&b));
	else
		snprintf(m->res->name, sizeof(m->res->name), "%.230s-%lu",
		    buf_str(&b), last + 1);
	return 0;
}

static int
commit(struct making *m, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *own = NULL;
	CLEAN_BUF struct buf file = {0};
	struct err later = {0};

	manifest_end(&m->text, m->res->files, m->total, m->res->partial);
	buf_addf(&file, "%s.manifest", m->res->name);
	if (place_folder(m->place, COPIES_OWN, &own, e) < 0)
		return -1;
	place_sweep(own);
	if (place_write(own, buf_str(&file), m->text.data, m->text.len, 1, e) < 0)
		return -1;
	if (tree_commit(m->t, e) < 0) {
		place_remove(own, buf_str(&file), NULL);
		return -1;
	}
	/* The copy is there; a missing `latest` is a nuisance, not a failure. */
	if (place_link(m->place, COPIES_LATEST, m->res->name, &later) < 0)
		on_failed(m, m->place->path, later.text);
	return 0;
}

static int
fill(struct making *m, struct err *e)
{
	struct source_report r = { on_item, on_failed, on_stop, m };
	size_t missing, i;

	manifest_start(&m->text, m->env->now);
	for (i = 0; i < m->c->n_paths; i++)
		manifest_root(&m->text, m->c->at[i], m->c->paths[i]);
	if (source_walk(m->c, m->env->leave_out, &r, &missing, e) < 0)
		return -1;
	if (missing == m->c->n_paths)
		return err_set(e, ERR_NOENT, "none of its paths is there");
	m->res->shrunk = missing > 0 || m->res->files < m->last.files / 2;
	finish_folders(m);
	return commit(m, e);
}

static int
make(struct making *m, struct err *e)
{
	struct tree_options o = {
		.catalog = m->env->catalog, .run = m->env->run,
		.job = m->env->job, .why = "backup", .event = EVENT_BACKED_UP,
		.min_free = m->env->min_free,
		.min_free_percent = m->env->min_free_percent,
	};

	if (load_last(m, e) < 0 || choose_name(m, e) < 0)
		return -1;
	if (tree_start(m->place, m->res->name, &o, &m->t, e) < 0) {
		m->res->state = e->kind == ERR_FULL ? OP_HELD : OP_FAILED;
		return -1;
	}
	m->sha = sha256_new();
	return fill(m, e);
}

static void
making_fini(struct making *m)
{
	size_t i;

	tree_free(m->t);
	sha256_free(m->sha);
	manifest_fini(&m->last);
	fs_dir_free(m->last_dir);
	fs_dir_free(m->old);
	fs_dir_free(m->place);
	free(m->old_path);
	free(m->last_name);
	map_fini(&m->by_path);
	map_fini(&m->by_id);
	map_fini(&m->links);
	for (i = 0; i < m->n_firsts; i++)
		free(m->firsts[i]);
	free(m->firsts);
	for (i = 0; i < m->n_folders; i++) {
		free(m->folders[i].path);
		free(m->folders[i].abs);
	}
	free(m->folders);
	buf_fini(&m->text);
}

int
copies_run(const struct copies *c, const struct copies_env *env,
    const struct apply_report *r, struct copies_result *res, struct err *e)
{
	__attribute__((cleanup(making_fini))) struct making m = {
		.c = c, .env = env, .r = r, .res = res,
	};
	CLEAN_BUF struct buf why = {0};
	int there;

	*res = (struct copies_result){ .state = OP_FAILED };
	there = copies_open_place(c, env->catalog, 1, &m.place, &why, e);
	if (there < 0)
		return -1;
	if (there == 0) {
		res->state = OP_WAITING;
		return 0;
	}
	if (make(&m, e) < 0)	/* held: there was no room to begin with */
		return res->state == OP_HELD ? 0 : -1;
	res->state = OP_DONE;
	return 0;
}
