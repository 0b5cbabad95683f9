/*
 * cache.c -- see cache.h.
 *
 * Files come to lie here whole, but without a flush: after a power cut one may be
 * short or empty.  Whoever reads a whole file holds it
 * against its name; whoever reads a piece finds that it does not open.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "repo/cache.h"
#include "repo/cache_impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/time.h"
#include "util/xalloc.h"

#define VERSION		"1"
#define TAG		"Signature: 8a477f597d28d172789f06886806bc55\n"
#define WHOLE_MAX	((size_t)512 << 20)
#define TEMP_PREFIX	"tmp-"		/* restic's as well */
#define TEMP_OLD	((int64_t)86400)

struct cache {
	int		 repo;			/* <dir>/<repository id> */
	int		 kinds[STORE_KINDS];	/* -1: not cached */
	int		 runs;
};

static const struct {
	enum store_kind	 kind;
	const char	*folder;
} folders[] = {
	{ STORE_INDEX, "index" },
	{ STORE_SNAPSHOT, "snapshots" },
	{ STORE_PACK, "data" },
};
#define FOLDERS	(sizeof(folders) / sizeof(folders[0]))

static int
open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Open a folder, made if it is not there: -1 with errno. */
static int
make_dir(int at, const char *name)
{
	int fd = open_dir(at, name);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return open_dir(at, name);
}

/* A small file of fixed text: 0 if it is there already, or now. */
static int
make_note(int at, const char *name, const char *text)
{
	CLEAN_FD int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL |
	    O_CLOEXEC, 0644);

	if (fd < 0)
		return errno == EEXIST ? 0 : -1;
	return fd_write_all(fd, text, strlen(text));
}

/* 0 if the version is ours, or was none and is ours now; -1. */
static int
check_version(int repo)
{
	CLEAN_FD int fd = openat(repo, "version", O_RDWR | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	char text[8];
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? make_note(repo, "version", VERSION) : -1;
	n = fd_pread_full(fd, text, sizeof(text), 0);
	if (n == 1 && text[0] == VERSION[0])
		return 0;
	/* Whoever made it was killed before it said so. */
	if (n == 0)
		return fd_write_all(fd, VERSION, strlen(VERSION));
	errno = EPROTO;		/* a later restic's */
	return -1;
}

int
cache_open_dir(const char *dir, struct err *e)
{
	CLEAN_FREE char *here = NULL, *whole = NULL;
	int fd;

	if (*dir != '/') {
		if ((here = getcwd(NULL, 0)) == NULL)
			return err_sys(e, "open the cache folder");
		whole = xasprintf("%s/%s", here, dir);
		dir = whole;
	}
	return file_private_dir(dir, &fd, e) < 0 ? -1 : fd;
}

static int
open_inside(struct cache *c, int top, const struct id *repo)
{
	char hex[ID_HEX];
	size_t i;

	id_hex(repo, hex);
	if (make_note(top, "CACHEDIR.TAG", TAG) < 0 ||
	    (c->repo = make_dir(top, hex)) < 0 || check_version(c->repo) < 0)
		return -1;
	/* Its time is that of the last use. */
	(void)futimens(c->repo, NULL);
	for (i = 0; i < FOLDERS; i++) {
		c->kinds[folders[i].kind] = make_dir(c->repo, folders[i].folder);
		if (c->kinds[folders[i].kind] < 0)
			return -1;
	}
	c->runs = make_dir(c->repo, "fettle");
	return 0;
}

struct cache *
cache_open(const char *dir, const struct id *repo, struct buf *why)
{
	struct cache *c = xalloc(sizeof(*c));
	CLEAN_FD int top = -1;
	struct err e = {0};
	size_t i;

	c->repo = c->runs = -1;
	for (i = 0; i < STORE_KINDS; i++)
		c->kinds[i] = -1;
	top = cache_open_dir(dir, &e);
	if (top >= 0 && open_inside(c, top, repo) < 0)
		(void)err_sys(&e, "use the cache folder %s", dir);
	if (e.kind == ERR_NONE)
		return c;
	if (why != NULL)
		buf_adds(why, e.text);
	cache_close(c);
	return NULL;
}

void
cache_close(struct cache *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < STORE_KINDS; i++)
		if (c->kinds[i] >= 0)
			close(c->kinds[i]);
	if (c->runs >= 0)
		close(c->runs);
	if (c->repo >= 0)
		close(c->repo);
	free(c);
}

int
cache_runs_fd(struct cache *c)
{
	return c == NULL ? -1 : c->runs;
}

/* "ab/abcd...", and the kind's folder; -1 if that is not cached. */
#define PATH_SIZE	80
static int
place_of(const struct cache *c, enum store_kind kind, const struct id *id,
    char path[PATH_SIZE])
{
	char hex[ID_HEX];

	if (c == NULL || c->kinds[kind] < 0)
		return -1;
	id_hex(id, hex);
	snprintf(path, PATH_SIZE, "%.2s/%s", hex, hex);
	return c->kinds[kind];
}

static int
open_file(const struct cache *c, enum store_kind kind, const struct id *id)
{
	char path[PATH_SIZE];
	int at = place_of(c, kind, id, path);

	return at < 0 ? -1 : openat(at, path, O_RDONLY | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

int
cache_get(struct cache *c, enum store_kind kind, const struct id *id,
    struct buf *out)
{
	CLEAN_FD int fd = open_file(c, kind, id);
	size_t before = out->len;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size <= 0 || (uint64_t)st.st_size > WHOLE_MAX)
		return 0;
	buf_room(out, (size_t)st.st_size);
	if (fd_pread_full(fd, out->data + before, (size_t)st.st_size, 0) !=
	    (ssize_t)st.st_size)
		return 0;
	out->len += (size_t)st.st_size;
	return 1;
}

int
cache_get_at(struct cache *c, enum store_kind kind, const struct id *id,
    uint64_t at, void *out, size_t len)
{
	CLEAN_FD int fd = open_file(c, kind, id);

	return fd >= 0 && fd_pread_full(fd, out, len, at) == (ssize_t)len;
}

/* ---- putting ---- */

#define PIECE	((size_t)4 << 20)	/* a request each, if it is far */

/* What is put: bytes that are there, or come piece by piece. */
struct source {
	const unsigned char *data;	/* or NULL, and then: */
	int (*piece)(void *arg, uint64_t at, void *out, size_t n);
	void		*arg;
	uint64_t	 size;
	int		 dry;		/* a piece did not come */
};

static int
write_pieces(int fd, struct source *s)
{
	CLEAN_FREE unsigned char *room = xalloc(s->size < PIECE ?
	    (size_t)s->size + 1 : PIECE);
	uint64_t at;
	size_t n;

	for (at = 0; at < s->size; at += n) {
		n = s->size - at < PIECE ? (size_t)(s->size - at) : PIECE;
		if (s->piece(s->arg, at, room, n) < 0) {
			s->dry = 1;
			return -1;
		}
		if (fd_write_all(fd, room, n) < 0)
			return -1;
	}
	return 0;
}

static int
write_source(int fd, struct source *s)
{
	return s->data != NULL ? fd_write_all(fd, s->data, (size_t)s->size) :
	    write_pieces(fd, s);
}

static int
write_temp(int folder, char temp[40], struct source *s)
{
	CLEAN_FD int fd = -1;
	uint64_t r;

	random_bytes(&r, sizeof(r));
	snprintf(temp, 40, TEMP_PREFIX "%016llx", (unsigned long long)r);
	fd = openat(folder, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : write_source(fd, s);
}

/* Without a name until it is whole: a crash leaves nothing.  0; 1 where that
 * cannot be (NFS, FUSE), or the name is taken, maybe by what is damaged; -1. */
static int
put_nameless(int folder, const char *name, struct source *s)
{
	CLEAN_FD int fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC,
	    0644);
	char self[64];

	if (fd < 0)
		return 1;
	if (write_source(fd, s) < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, folder, name, AT_SYMLINK_FOLLOW) < 0;
}

static int
put(struct cache *c, enum store_kind kind, const struct id *id,
    struct source *s)
{
	char path[PATH_SIZE], temp[40];
	int at = place_of(c, kind, id, path), r;
	CLEAN_FD int folder = -1;

	if (at < 0)
		return -1;
	path[2] = '\0';
	if ((folder = make_dir(at, path)) < 0)
		return -1;
	if ((r = put_nameless(folder, path + 3, s)) <= 0)
		return r;
	if (write_temp(folder, temp, s) == 0 &&
	    renameat2(folder, temp, folder, path + 3, 0) == 0)
		return 0;
	unlinkat(folder, temp, 0);
	return -1;
}

void
cache_put(struct cache *c, enum store_kind kind, const struct id *id,
    const void *data, size_t len)
{
	struct source s = { .data = data, .size = len };

	(void)put(c, kind, id, &s);
}

int
cache_fill(struct cache *c, enum store_kind kind, const struct id *id,
    uint64_t size, int (*piece)(void *arg, uint64_t at, void *out, size_t n),
    void *arg, int *full)
{
	struct source s = { .piece = piece, .arg = arg, .size = size };
	int r = put(c, kind, id, &s);

	*full = r < 0 && !s.dry;
	return r;
}

void
cache_forget(struct cache *c, enum store_kind kind, const struct id *id)
{
	char path[PATH_SIZE];
	int at = place_of(c, kind, id, path);

	if (at >= 0)
		unlinkat(at, path, 0);
}

/* A temporary that nobody wrote to for a day is a crash's. */
static int
old_temp(int folder, const char *name)
{
	struct stat st;

	return strncmp(name, TEMP_PREFIX, sizeof(TEMP_PREFIX) - 1) == 0 &&
	    fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    time_now() / 1000000 - st.st_mtime > TEMP_OLD;
}

static void
sweep_folder(DIR *d, int (*keep)(void *arg, const struct id *id), void *arg)
{
	struct dirent *f;
	struct id id;

	while ((f = readdir(d)) != NULL) {
		if (id_parse(f->d_name, &id) == 0 ? !keep(arg, &id) :
		    old_temp(dirfd(d), f->d_name))
			unlinkat(dirfd(d), f->d_name, 0);
	}
}

void
cache_sweep(struct cache *c, enum store_kind kind,
    int (*keep)(void *arg, const struct id *id), void *arg)
{
	char name[3];
	unsigned i;
	DIR *d;
	int fd;

	if (c == NULL || c->kinds[kind] < 0)
		return;
	for (i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "%02x", i);
		if ((fd = open_dir(c->kinds[kind], name)) < 0)
			continue;
		if ((d = fdopendir(fd)) == NULL) {
			close(fd);
			continue;
		}
		sweep_folder(d, keep, arg);
		closedir(d);
	}
}
