/*
 * local.c -- a repository in a folder of this machine, laid out as restic does
 * it: config, and keys, locks, index, snapshots, data/00 .. data/ff.
 *
 * Folders are 0700 and files 0400; if the config can be read by its group,
 * 0770 and 0440 (restic's rule for repositories that several people share).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "crypto/sha256.h"
#include "store/local.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define CONNECTIONS	16	/* threads that may be in the kernel at once */

void
local_folder(char out[LOCAL_PATH_MAX], enum store_kind kind,
    const unsigned char *id)
{
	if (kind == STORE_PACK)
		snprintf(out, LOCAL_PATH_MAX, "data/%02x", id[0]);
	else if (kind == STORE_CONFIG)
		snprintf(out, LOCAL_PATH_MAX, ".");
	else
		snprintf(out, LOCAL_PATH_MAX, "%s", store_kind_folder(kind));
}

void
local_path(char out[LOCAL_PATH_MAX], const struct store_name *n)
{
	char hex[SHA256_HEX];
	size_t len;

	if (n->kind == STORE_CONFIG) {
		snprintf(out, LOCAL_PATH_MAX, "config");
		return;
	}
	local_folder(out, n->kind, n->id);
	sha256_hex(n->id, hex);
	len = strlen(out);
	snprintf(out + len, LOCAL_PATH_MAX - len, "/%s", hex);
}

int
local_fail(const struct local *l, const char *verb, const char *path,
    struct err *e)
{
	int sys = errno;
	CLEAN_FREE char *whole = *path == '\0' ? xstrdup(l->base.place) :
	    xasprintf("%s/%s", l->base.place, path);
	char q[QUOTE_SIZE];

	quote_to(q, sizeof(q), whole);
	errno = sys;
	(void)err_sys(e, "%s %s", verb, q);
	if (e != NULL && (sys == ENODEV || sys == ENXIO || sys == ESTALE ||
	    sys == ENOTCONN || sys == ENOMEDIUM || sys == EHOSTDOWN))
		e->kind = ERR_ABSENT;
	return -1;
}

int
local_flush(int fd)
{
	int r;

	do
		r = fsync(fd);
	while (r < 0 && errno == EINTR);
	if (r < 0 && (errno == EINVAL || errno == ENOTSUP))
		return 0;
	return r;
}

static int
open_dir(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Make one folder and see to it that its name stays, also if somebody else makes
 * it just now: 0 or -1. */
static int
make_dir(const struct local *l, const char *path, const char *parent)
{
	CLEAN_FD int fd = -1;

	if (mkdirat(l->root, path, l->dir_mode) < 0 && errno != EEXIST)
		return -1;
	fd = open_dir(l->root, parent);
	return fd < 0 ? -1 : local_flush(fd);
}

int
local_open_folder(const struct local *l, const char *path, int make)
{
	int fd = open_dir(l->root, path);

	if (fd >= 0 || errno != ENOENT || !make)
		return fd;
	if (strncmp(path, "data/", 5) == 0 &&
	    (make_dir(l, "data", ".") < 0 || make_dir(l, path, "data") < 0))
		return -1;
	if (strchr(path, '/') == NULL && make_dir(l, path, ".") < 0)
		return -1;
	return open_dir(l->root, path);
}

static int
open_file(struct local *l, const struct store_name *n, int *fd, struct err *e)
{
	char path[LOCAL_PATH_MAX];

	local_path(path, n);
	/* Whatever somebody put there: a fifo is not waited for. */
	*fd = openat(l->root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    O_NOCTTY);
	return *fd < 0 ? local_fail(l, "read", path, e) : 0;
}

static int
local_get(struct store *s, const struct store_name *n, uint64_t at, void *out,
    size_t len, struct err *e)
{
	struct local *l = (struct local *)s;
	char path[LOCAL_PATH_MAX], q[QUOTE_SIZE];
	CLEAN_FD int fd = -1;
	ssize_t got;

	if (open_file(l, n, &fd, e) < 0)
		return -1;
	local_path(path, n);
	got = fd_pread_full(fd, out, len, at);
	if (got < 0)
		return local_fail(l, "read", path, e);
	if ((size_t)got < len)
		return err_set(e, ERR_CORRUPT, "read %s in %s: it is too short",
		    path, quote_to(q, sizeof(q), s->place));
	return 0;
}

static int
local_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	struct local *l = (struct local *)s;
	char path[LOCAL_PATH_MAX];
	struct stat st;

	local_path(path, n);
	if (fstatat(l->root, path, &st, 0) < 0)
		return local_fail(l, "look at", path, e);
	*size = (uint64_t)st.st_size;
	return 0;
}

static int
local_remove(struct store *s, const struct store_name *n, struct err *e)
{
	struct local *l = (struct local *)s;
	char path[LOCAL_PATH_MAX], folder[LOCAL_PATH_MAX];
	CLEAN_FD int fd = -1;

	local_path(path, n);
	local_folder(folder, n->kind, n->id);
	fd = local_open_folder(l, folder, 0);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || (unlinkat(l->root, path, 0) < 0 && errno != ENOENT) ||
	    local_flush(fd) < 0)
		return local_fail(l, "remove", path, e);
	return 0;
}

static void
local_close(struct store *s)
{
	struct local *l = (struct local *)s;

	close(l->root);
	store_fini(s);
	free(l);
}

static const struct store_ops local_ops = {
	.scheme	= "local",
	.put	= local_put,
	.start	= local_start,
	.add	= local_add,
	.finish	= local_finish,
	.drop	= local_drop,
	.get	= local_get,
	.size	= local_size,
	.list	= local_list,
	.remove	= local_remove,
	.close	= local_close,
};

/* The folders of a new repository, all of them, so that a write finds its own. */
static int
make_layout(struct local *l, struct err *e)
{
	char path[LOCAL_PATH_MAX];
	CLEAN_FD int data = -1;
	enum store_kind k;
	unsigned i;

	for (k = STORE_KEY; k < STORE_KINDS; k++)
		if (mkdirat(l->root, store_kind_folder(k), l->dir_mode) < 0 &&
		    errno != EEXIST)
			return local_fail(l, "make", store_kind_folder(k), e);
	if ((data = open_dir(l->root, "data")) < 0)
		return local_fail(l, "open", "data", e);
	for (i = 0; i < 256; i++) {
		snprintf(path, sizeof(path), "data/%02x", i);
		if (mkdirat(l->root, path, l->dir_mode) < 0 && errno != EEXIST)
			return local_fail(l, "make", path, e);
	}
	if (local_flush(data) < 0 || local_flush(l->root) < 0)
		return local_fail(l, "flush", "", e);
	return 0;
}

/* Make the repository's own folder in its parent, which must be there. */
static int
make_root(const char *path, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(path);
	CLEAN_FD int parent = -1;
	char *slash, *name, q[QUOTE_SIZE];
	size_t n = strlen(copy);

	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	slash = strrchr(copy, '/');
	name = slash == NULL ? copy : slash + 1;
	if (*name == '\0')
		return 0;			/* "/" is there */
	if (slash == NULL)
		parent = open_dir(AT_FDCWD, ".");
	else {
		*slash = '\0';
		parent = open_dir(AT_FDCWD, slash == copy ? "/" : copy);
	}
	if (parent < 0 && errno == ENOENT)
		return err_set(e, ERR_ABSENT, "make repository %s: there is no "
		    "folder to make it in", quote_to(q, sizeof(q), path));
	if (parent < 0 || (mkdirat(parent, name, 0700) < 0 && errno != EEXIST))
		return err_sys(e, "make repository %s",
		    quote_to(q, sizeof(q), path));
	return local_flush(parent) < 0 ? err_sys(e, "flush the folder of %s",
	    quote_to(q, sizeof(q), path)) : 0;
}

static int
open_root(const char *path, struct err *e)
{
	int root = open_dir(AT_FDCWD, path);
	char q[QUOTE_SIZE];

	if (root >= 0)
		return root;
	quote_to(q, sizeof(q), path);
	if (errno == ENOENT)
		return err_set(e, ERR_ABSENT, "open repository %s: no such "
		    "folder; is its disk there?", q);
	return err_sys(e, "open repository %s", q);
}

/* restic's options for this back end; those of others are no affair of ours. */
static int
read_extended(const char *const *v, unsigned *connections, struct err *e)
{
	static const char connections_key[] = "local.connections=";
	char q[QUOTE_SIZE], *end;
	unsigned long n;

	for (; v != NULL && *v != NULL; v++) {
		if (strncmp(*v, "local.", 6) != 0 ||
		    strcmp(*v, "local.layout=") == 0 ||
		    strcmp(*v, "local.layout=default") == 0)
			continue;
		n = 0;
		if (strncmp(*v, connections_key,
		    sizeof(connections_key) - 1) == 0) {
			errno = 0;
			n = strtoul(*v + sizeof(connections_key) - 1, &end, 10);
			if (errno != 0 || *end != '\0' || n > 1000)
				n = 0;
		}
		if (n == 0)
			return err_set(e, ERR_USAGE, "option -o %s: not known, "
			    "or not possible", quote_to(q, sizeof(q), *v));
		*connections = (unsigned)n;
	}
	return 0;
}

/*
 * On a disk of this machine what one process puts is in every other's next list.
 * Not so where a folder's names may be remembered by the kernel, as on NFS.
 */
static int
coherent(int root)
{
	static const uint64_t known[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, TMPFS_MAGIC,
	};
	struct statfs sf;
	size_t i;

	if (fstatfs(root, &sf) < 0)
		return 0;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((uint64_t)sf.f_type == known[i])
			return 1;
	return 0;
}

int
store_local(const char *path, const struct store_options *o, int create,
    struct store **out, struct err *e)
{
	unsigned connections = CONNECTIONS;
	struct local *l;
	struct stat st;
	int root;

	if (o != NULL && read_extended(o->extended, &connections, e) < 0)
		return -1;
	if (create && make_root(path, e) < 0)
		return -1;
	if ((root = open_root(path, e)) < 0)
		return -1;
	l = xalloc(sizeof(*l));
	store_init(&l->base, &local_ops, path, o, connections);
	l->base.caps.streams = 1;
	l->base.caps.near = 1;
	l->base.caps.coherent = coherent(root);
	l->root = root;
	l->dir_mode = 0700;
	l->file_mode = 0600;
	if (fstatat(root, "config", &st, 0) == 0 && (st.st_mode & S_IRGRP)) {
		l->dir_mode = 0770;
		l->file_mode = 0660;
	}
	if (create && make_layout(l, e) < 0) {
		local_close(&l->base);
		return -1;
	}
	*out = &l->base;
	return 0;
}
