#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/place.h"
#include "backup/backup.h"
#include "backup/entry.h"
#include "backup/restore.h"
#include "copies/copies.h"
#include "fs/dir.h"
#include "job/catalog_copy.h"
#include "job/job.h"
#include "job/vault.h"
#include "repo/lock.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/arena.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define OWN		".fettle"
#define FILE_NAME	"catalog.db"

static void
clean_dir(struct fs_dir **d)
{
	fs_dir_free(*d);
}

#define CLEAN_DIR	__attribute__((cleanup(clean_dir)))

/* ---- plain copies ---- */
/* 1 the folder of ours beside them, 0 it is not there. */
static int
open_own(const struct job *j, struct fs_dir **own, struct err *e)
{
	const char *place = copies_place(j->copies);
	CLEAN_DIR struct fs_dir *d = NULL;

	if (place == NULL)
		return 0;
	if (fs_dir_open(place, &d, e) == 0 && fs_dir_below(d, OWN, own, e) == 0)
		return 1;
	return e->kind == ERR_NOENT ? 0 : -1;
}

static int
put_beside(const struct job *j, int from, struct err *e)
{
	CLEAN_DIR struct fs_dir *own = NULL;
	int r = open_own(j, &own, e);

	return r <= 0 ? r : place_copy(own, FILE_NAME, from, 1, e);
}

/* 1 and the open file, 0 there is none. */
static int
open_beside(const struct job *j, int *fd, struct err *e)
{
	CLEAN_DIR struct fs_dir *own = NULL;
	int r = open_own(j, &own, e);

	if (r <= 0)
		return r;
	*fd = openat(own->fd, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK);
	if (*fd >= 0)
		return 1;
	err_sys(e, "open the copy of the catalog in %s",
	    copies_place(j->copies));
	return e->kind == ERR_NOENT ? 0 : -1;
}

static int
newest_beside(const struct job *j, struct catalog_copy *out, struct err *e)
{
	CLEAN_FD int fd = -1;
	struct stat st;
	int r = open_beside(j, &fd, e);

	if (r == 1 && fstat(fd, &st) < 0)
		r = err_sys(e, "look at the copy of the catalog");
	if (r == 1)
		out->time = (int64_t)st.st_mtim.tv_sec * 1000000 +
		    st.st_mtim.tv_nsec / 1000;
	return r;
}

/* ---- repositories ---- */
static const char *
host_of(const struct backup_entry *b, char **own)
{
	return b->host != NULL ? b->host : (*own = backup_host());
}

/* Those of this host, oldest first. */
static int
load(struct repo *r, const struct backup_entry *b, struct snapshots *out,
    struct err *e)
{
	CLEAN_FREE char *own = NULL;
	const char *hosts[] = { host_of(b, &own), NULL };
	const char *tags[] = { CATALOG_COPY_TAG, NULL };
	const struct snapshot_filter f = { .hosts = hosts, .tags = tags };

	return snapshots_load(r, &f, NULL, NULL, out, e);
}

static int
save(struct repo *r, const struct backup_entry *b, int from, struct err *e)
{
	CLEAN_FREE char *own = NULL;
	const char *tags[] = { CATALOG_COPY_TAG, NULL };
	const struct backup_events quiet = {0};
	struct backup_result res;
	struct lock *lock;
	int ret;

	if (lseek(from, 0, SEEK_SET) < 0)
		return err_sys(e, "read the copy of the catalog");
	if (lock_take(r, 0, b->retry_lock, &lock, e) < 0)
		return -1;
	const struct backup_options o = {
		.stdin_name = CATALOG_COPY_NAME, .stdin_fd = from,
		.tags = tags, .host = host_of(b, &own),
		.program = "fettle " FETTLE_VERSION, .lock = lock,
		.skip_if_unchanged = 1, .group_by = BACKUP_BY_DEFAULT,
	};
	ret = repo_load_index(r, e);
	if (ret == 0)
		ret = backup_run(r, &o, &quiet, &res, e);
	lock_release(lock);
	return ret;
}

/* Only under a lock of its own does a snapshot go. */
static int
thin_out(struct repo *r, const struct backup_entry *b, struct err *e)
{
	struct snapshots l = {0};
	struct lock *lock;
	size_t i;
	int ret;

	if (lock_take(r, 1, b->retry_lock, &lock, e) < 0)
		return -1;
	ret = load(r, b, &l, e);
	for (i = 0; ret == 0 && i + CATALOG_COPY_KEEP < l.n; i++)
		if (!lock_lost(lock))
			ret = repo_remove(r, STORE_SNAPSHOT, &l.v[i].id, e);
	snapshots_fini(&l);
	lock_release(lock);
	return ret;
}

static int
put_into(struct hall *h, const struct job *j, int from, struct err *e)
{
	struct snapshots l = {0};
	struct repo *r;
	int ret;

	if (vault_open(h, j, &r, NULL, e) < 0)
		return e->kind == ERR_ABSENT ? 0 : -1;
	if (save(r, j->backup, from, e) < 0 || load(r, j->backup, &l, e) < 0)
		return -1;
	ret = l.n > CATALOG_COPY_KEEP && j->backup->prune == BACKUP_PRUNE_AUTO ?
	    thin_out(r, j->backup, e) : 0;
	snapshots_fini(&l);
	return ret;
}

static int
newest_in(struct hall *h, const struct job *j, struct catalog_copy *out,
    struct err *e)
{
	struct snapshots l = {0};
	struct repo *r;
	int ret;

	if (vault_open(h, j, &r, NULL, e) < 0)
		return e->kind == ERR_ABSENT ? 0 : -1;
	if (load(r, j->backup, &l, e) < 0)
		return -1;
	ret = l.n > 0;
	if (ret) {
		const struct node_time *t = &l.v[l.n - 1].time;

		out->time = t->sec * 1000000 + t->nsec / 1000;
		out->snapshot = l.v[l.n - 1].id;
	}
	snapshots_fini(&l);
	return ret;
}

static int
dump(struct repo *r, const struct id *snapshot, int fd, struct err *e)
{
	CLEAN_ARENA struct arena mem = {0};
	struct repo_hand *hand = NULL;
	struct snapshot s;
	struct node n;
	int ret;

	if (snapshot_load(r, snapshot, &s, e) < 0)
		return -1;
	ret = repo_load_index(r, e);
	hand = repo_hand_new(r);
	if (ret == 0)
		ret = tree_find(r, hand, &s.tree, CATALOG_COPY_NAME, &mem, &n,
		    e);
	if (ret == 0)
		ret = restore_dump_file(r, &n, fd, e);
	repo_hand_free(hand);
	snapshot_fini(&s);
	return ret;
}

static int
get_from(struct hall *h, const struct catalog_copy *c, int *out,
    struct err *e)
{
	CLEAN_FD int fd = h->cache < 0 ? -1 : openat(h->cache, ".",
	    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct repo *r;

	if (fd < 0)
		fd = memfd_create("fettle-catalog", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "room for the copy of the catalog");
	if (vault_open(h, c->job, &r, NULL, e) < 0 ||
	    dump(r, &c->snapshot, fd, e) < 0)
		return -1;
	*out = fd;
	fd = -1;
	return 0;
}

/* ---- either ---- */
int
catalog_copy_put(struct hall *h, const struct job *j, int from,
    struct err *e)
{
	return j->copies != NULL ? put_beside(j, from, e) :
	    put_into(h, j, from, e);
}

int
catalog_copy_newest(struct hall *h, const struct job *j,
    struct catalog_copy *out, struct err *e)
{
	*out = (struct catalog_copy){ .job = j };
	return j->copies != NULL ? newest_beside(j, out, e) :
	    newest_in(h, j, out, e);
}

int
catalog_copy_get(struct hall *h, const struct catalog_copy *c, int *fd,
    struct err *e)
{
	int r;

	*fd = -1;
	if (c->job->copies == NULL)
		return get_from(h, c, fd, e);
	r = open_beside(c->job, fd, e);
	return r == 0 ? err_set(e, ERR_NOENT, "the copy of the catalog has gone") :
	    r < 0 ? -1 : 0;
}
