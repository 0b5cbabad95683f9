/* moves.c -- files that lie elsewhere than in the last snapshot. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "backup/folder.h"
#include "backup/impl.h"
#include "backup/lexical.h"
#include "backup/moves.h"
#include "repo/cache.h"
#include "repo/cache_run.h"
#include "repo/index.h"
#include "repo/repo.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define PREFIX		"moves-"
#define MAGIC		"fettle moves 1\n"
#define OTHERS_MAX	64	/* files of other hosts and paths that are kept */
#define BUFFER		((size_t)256 << 10)

struct record {
	uint64_t	 print;
	uint64_t	 at;		/* of the file, from the beginning */
};

struct moves_tail {
	char		 magic[16];
	struct id	 tree;
	uint64_t	 records, n;	/* where they begin; how many */
	uint64_t	 check;		/* fingerprint of the above */
};

struct moves {
	struct run	*r;
	char		 prefix[48];	/* of the names of our files */

	const char	*map;		/* the last one, or NULL */
	size_t		 map_len;
	const struct record *v;
	size_t		 n;
	struct id	 tree;		/* where its files are */

	pthread_mutex_t	 lock;		/* of what follows: the next one */
	struct cache_run_file file;
	struct buf	 buf;
	uint64_t	 at;		/* of buf's end in the file */
	int		 failed;
	struct record	*fresh;
	size_t		 n_fresh, cap;
	uint64_t	 folder_at;	/* of the one that is noted */
};

/* A folder of the tree that was looked into last. */
struct past_memo {
	char		*path;
	struct buf	 text;
};

void
past_memo_free(struct past_memo *p)
{
	if (p == NULL)
		return;
	free(p->path);
	buf_fini(&p->text);
	free(p);
}

/* Two files with the same are told apart by the tree. */
static uint64_t
print_of(const struct look *l)
{
	uint64_t key[7] = { l->dev, l->ino, l->size, (uint64_t)l->mtime.sec,
	    l->mtime.nsec, (uint64_t)l->btime.sec, l->btime.nsec };

	return hash_fixed(1, key, sizeof(key));
}

static int
compare(const void *va, const void *vb)
{
	const struct record *a = va, *b = vb;

	if (a->print != b->print)
		return a->print < b->print ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* ---- the last one ---- */

static uint64_t
check_of(const struct moves_tail *t)
{
	return hash_fixed(3, t, offsetof(struct moves_tail, check));
}

static int
take_map(struct moves *m, int fd)
{
	struct moves_tail tail;
	struct stat st;
	size_t len;
	char *map;

	if (fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof(tail))
		return -1;
	len = (size_t)st.st_size;
	if (fd_pread_full(fd, &tail, sizeof(tail), len - sizeof(tail)) !=
	    (ssize_t)sizeof(tail) || memcmp(tail.magic, MAGIC, sizeof(MAGIC)) != 0 ||
	    tail.check != check_of(&tail) || tail.records % 8 != 0 ||
	    tail.records > len - sizeof(tail) ||
	    tail.n != (len - sizeof(tail) - tail.records) / sizeof(*m->v))
		return -1;
	map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -1;
	m->map = map;
	m->map_len = len;
	m->v = (const struct record *)(const void *)(map + tail.records);
	m->n = tail.n;
	m->tree = tail.tree;
	return 0;
}

struct found {
	struct moves	*m;
	int		 dir;
	char		 newest[300], oldest[300];
	struct timespec	 new, old;
	size_t		 others;
};

static int
older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	    (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static void
note_file(void *arg, const char *name)
{
	struct found *f = arg;
	struct stat st;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
	    strlen(name) >= sizeof(f->newest) ||
	    fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (strncmp(name, f->m->prefix, strlen(f->m->prefix)) != 0) {
		if (f->others++ == 0 || older(&st.st_mtim, &f->old)) {
			strncpy(f->oldest, name, sizeof(f->oldest) - 1);
			f->old = st.st_mtim;
		}
		return;
	}
	if (*f->newest != '\0' && older(&st.st_mtim, &f->new)) {
		cache_run_remove(f->dir, name);
		return;
	}
	if (*f->newest != '\0')
		cache_run_remove(f->dir, f->newest);
	strncpy(f->newest, name, sizeof(f->newest) - 1);
	f->new = st.st_mtim;
}

/* Ours, the newest; and not too many of others. */
static void
open_last(struct moves *m, int dir)
{
	struct found f = { .m = m, .dir = dir };
	CLEAN_FD int fd = -1;

	cache_run_each(dir, note_file, &f);
	if (f.others > OTHERS_MAX)
		cache_run_remove(dir, f.oldest);
	if (*f.newest == '\0')
		return;
	fd = cache_run_open(dir, f.newest);
	if (fd >= 0 && take_map(m, fd) < 0)
		cache_run_remove(dir, f.newest);
}

/* By host and paths: what makes a parent. */
static void
name_it(struct moves *m)
{
	const struct backup_options *o = m->r->o;
	uint64_t print = hash_fixed(4, o->host, strlen(o->host));
	const char *const *p;

	for (p = m->r->paths; *p != NULL; p++)
		print = hash_fixed(print, *p, strlen(*p) + 1);
	snprintf(m->prefix, sizeof(m->prefix), PREFIX "%016llx-",
	    (unsigned long long)print);
}

struct moves *
moves_open(struct run *r)
{
	int dir = r->repo->cache != NULL ? cache_runs_fd(r->repo->cache) : -1;
	struct moves *m;

	if (r->o->no_move_detection || r->o->force || r->o->stdin_name != NULL)
		return NULL;
	if (dir < 0 && r->ev->moved == NULL)
		return NULL;
	m = xalloc(sizeof(*m));
	m->r = r;
	m->file = (struct cache_run_file){ .fd = -1, .dir = -1 };
	pthread_mutex_init(&m->lock, NULL);
	m->failed = 1;
	if (dir < 0)
		return m;
	name_it(m);
	open_last(m, dir);
	if (!r->o->dry_run)
		m->failed = cache_run_make(dir, &m->file, NULL) < 0;
	return m;
}

/* ---- looking ---- */

/* The folder and the name of the file at a place: 0, or -1 if that is none. */
static int
file_at(const struct moves *m, uint64_t at, const char **path,
    const char **snap, const char **name)
{
	const char *end = (const char *)m->v, *p = m->map + at, *f;
	uint64_t back = 0;
	unsigned shift = 0;
	const char *start = p;

	if (at >= (uint64_t)(end - m->map) || *p++ != 'f')
		return -1;
	for (;; shift += 7) {
		if (p == end || shift > 56)
			return -1;
		back |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80))
			break;
	}
	if (back > at || memchr(p, '\0', (size_t)(end - p)) == NULL)
		return -1;
	*name = p;
	f = start - back;
	if (*f++ != 'F')
		return -1;
	*path = f;
	f = memchr(f, '\0', (size_t)(end - f));
	if (f == NULL || memchr(f + 1, '\0', (size_t)(end - f - 1)) == NULL)
		return -1;
	*snap = f + 1;
	return 0;
}

/* Does this very file not lie there any more? */
static int
has_left(const char *dir, const char *name, const struct look *l)
{
	CLEAN_FREE char *path = lexical_join(dir, name);
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return st.st_ino != l->ino || st.st_dev != l->dev;
}

/* The tree of a folder of the snapshot `root`, kept for the next. */
static const struct buf *
folder_text(struct worker *w, const struct id *root, const char *path)
{
	CLEAN_FREE char *key = NULL;
	CLEAN_ARENA struct arena arena = {0};
	char hex[ID_HEX];
	struct node n;

	id_hex(root, hex);
	key = xasprintf("%s:%s", hex, path);
	if (w->memo != NULL && strcmp(w->memo->path, key) == 0)
		return &w->memo->text;
	past_memo_free(w->memo);
	w->memo = NULL;
	if (tree_find(w->r->repo, w->hand, root, path, &arena, &n, NULL) < 0 ||
	    !n.has_subtree)
		return NULL;
	w->memo = xalloc(sizeof(*w->memo));
	if (tree_load(w->r->repo, w->hand, &n.subtree, &w->memo->text,
	    NULL) < 0) {
		past_memo_free(w->memo);
		w->memo = NULL;
		return NULL;
	}
	w->memo->path = key;
	key = NULL;
	return &w->memo->text;
}

/* The content of a file in a snapshot's folder, if it is just this file. */
static int
content_of(struct worker *w, const struct id *root, const char *folder,
    const char *name, const struct look *l, int inode, struct id **content,
    size_t *n)
{
	const struct buf *text = folder_text(w, root, folder);
	CLEAN_TREE_READ struct tree_read rd = {0};
	const struct node *was = &rd.node;
	size_t i;
	int cmp = -1;

	if (text == NULL)
		return 0;
	tree_read_init(&rd, text->data, text->len);
	while (cmp < 0 && tree_read_next(&rd, NULL) == 1)
		cmp = strcmp(rd.node.name, name);
	if (cmp != 0 || was->type != NODE_FILE || was->size != l->size ||
	    was->mtime.sec != l->mtime.sec ||
	    (uint32_t)was->mtime.nsec != l->mtime.nsec ||
	    (inode && (was->inode != l->ino || was->device_id != l->dev)))
		return 0;
	for (i = 0; i < was->n_content; i++)
		if (!index_has(w->r->repo->index, BLOB_DATA, &was->content[i]))
			return 0;
	*n = was->n_content;
	*content = xallocn(*n + 1, sizeof(**content));
	if (*n > 0)
		memcpy(*content, was->content, *n * sizeof(**content));
	return 1;
}

/* As fettle's catalog knows it. */
static int
find_told(struct worker *w, const struct look *l, const char *path,
    struct id **content, size_t *n)
{
	struct run *r = w->r;
	CLEAN_BUF struct buf earlier = {0};
	CLEAN_FREE char *dir = NULL;
	int moved;

	if (path == NULL || r->ev->moved == NULL || !r->parents.has)
		return 0;
	pthread_mutex_lock(&r->tell);
	moved = r->ev->moved(r->ev->arg, path, &earlier) == 1;
	pthread_mutex_unlock(&r->tell);
	if (!moved)
		return 0;
	dir = lexical_dir(buf_str(&earlier));
	return content_of(w, &r->parents.tree, dir, lexical_base(buf_str(&earlier)),
	    l, 0, content, n);
}

static int
find_kept(struct worker *w, const struct look *l, struct id **content,
    size_t *n)
{
	struct moves *m = w->r->moves;
	const char *path, *snap, *name;
	struct record key = { .print = print_of(l) };
	size_t lo = 0, hi = m->n, mid;

	if (w->r->o->ignore_inode)
		return 0;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (compare(&m->v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < m->n && m->v[lo].print == key.print; lo++) {
		if (file_at(m, m->v[lo].at, &path, &snap, &name) == 0 &&
		    has_left(path, name, l) &&
		    content_of(w, &m->tree, snap, name, l, 1, content, n))
			return 1;
	}
	return 0;
}

int
moves_find(struct worker *w, const struct look *l, const char *path,
    struct id **content, size_t *n)
{
	if (w->r->moves == NULL || l->size == 0)
		return 0;
	return find_told(w, l, path, content, n) ||
	    find_kept(w, l, content, n);
}

/* ---- the next one ---- */

static void
flush(struct moves *m)
{
	if (!m->failed && fd_write_all(m->file.fd, m->buf.data, m->buf.len) < 0)
		m->failed = 1;
	buf_reset(&m->buf);
}

static void
put(struct moves *m, const void *data, size_t len)
{
	buf_add(&m->buf, data, len);
	m->at += len;
	if (m->buf.len >= BUFFER)
		flush(m);
}

static void
put_number(struct moves *m, uint64_t v)
{
	unsigned char b[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		b[n++] = (unsigned char)(v | 0x80);
	b[n++] = (unsigned char)v;
	put(m, b, n);
}

int
moves_begin(struct moves *m, const struct folder *f)
{
	if (m == NULL || m->failed || f->virtual)
		return 0;
	pthread_mutex_lock(&m->lock);
	m->folder_at = m->at;
	put(m, "F", 1);
	put(m, f->path, strlen(f->path) + 1);
	put(m, f->snap, strlen(f->snap) + 1);
	return 1;
}

void
moves_note(struct moves *m, const struct look *l, const char *name)
{
	struct record rec = { print_of(l), m->at };

	if (l->size == 0)
		return;
	put(m, "f", 1);
	put_number(m, rec.at - m->folder_at);
	put(m, name, strlen(name) + 1);
	XGROW(m->fresh, m->n_fresh, m->cap);
	m->fresh[m->n_fresh++] = rec;
}

void
moves_end(struct moves *m)
{
	pthread_mutex_unlock(&m->lock);
}

/* Whole and under its name, unless that one is there: then it has the same. */
static void
publish(struct moves *m, const struct id *tree)
{
	struct moves_tail tail = { .magic = MAGIC, .tree = *tree,
	    .n = m->n_fresh };
	char name[sizeof(m->prefix) + ID_SHORT], shown[ID_SHORT];

	if (m->failed || (m->map != NULL && id_equal(&m->tree, tree)))
		return;
	while (m->at % 8 != 0)
		put(m, "", 1);
	tail.records = m->at;
	tail.check = check_of(&tail);
	if (m->n_fresh > 1)
		qsort(m->fresh, m->n_fresh, sizeof(*m->fresh), compare);
	flush(m);
	if (!m->failed && m->n_fresh > 0 && fd_write_all(m->file.fd, m->fresh,
	    m->n_fresh * sizeof(*m->fresh)) < 0)
		m->failed = 1;
	put(m, &tail, sizeof(tail));
	flush(m);
	id_short(tree, shown);
	snprintf(name, sizeof(name), "%s%s", m->prefix, shown);
	if (!m->failed)
		cache_run_publish(&m->file, name);
}

void
moves_close(struct moves *m, const struct id *tree)
{
	if (m == NULL)
		return;
	if (tree != NULL)
		publish(m, tree);
	cache_run_drop(&m->file);
	if (m->map != NULL) {
		/* mmap gave it, and munmap takes it as it was given. */
		munmap((void *)(uintptr_t)m->map, m->map_len);
	}
	pthread_mutex_destroy(&m->lock);
	buf_fini(&m->buf);
	free(m->fresh);
	free(m);
}
