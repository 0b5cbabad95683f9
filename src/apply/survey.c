/*
 * survey.c -- what must be known of the whole plan before its first operation.
 *
 * Room: a job whose copies would leave less than min_free on a destination is
 * held whole, never half done.  Where all folders of a plan lie on one file
 * system and nothing is copied there is nothing to look for.
 *
 * What follows a copy: an operation whose source is a copy made by an earlier
 * one has that copy's identity, which is known only when it is made.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "apply/apply_impl.h"
#include "apply/folders.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* What one job brings to one file system. */
struct need {
	uint32_t	 job, dir;	/* a folder on it */
	uint64_t	 fs, bytes;
};

struct needs {
	struct need	*v;
	size_t		 n, cap;
};

int
room_for(const struct fs_dir *dir, uint64_t size, uint64_t min_free,
    unsigned percent, struct err *e)
{
	uint64_t avail, total, keep;
	char q[QUOTE_SIZE];
	struct statvfs v;

	if (fstatvfs(dir->fd, &v) < 0)
		return err_sys(e, "ask for room in %s",
		    quote_to(q, sizeof(q), dir->path));
	avail = (uint64_t)v.f_bavail * v.f_frsize;
	total = (uint64_t)v.f_blocks * v.f_frsize;
	keep = total / 100 * percent;
	keep = keep > min_free ? keep : min_free;
	if (total == 0 || (size <= avail && avail - size >= keep))
		return 0;
	return err_set(e, ERR_FULL, "not enough room in %s: %" PRIu64
	    " MiB are needed and %" PRIu64 " MiB are to stay free, of %" PRIu64
	    " MiB", quote_to(q, sizeof(q), dir->path), size >> 20, keep >> 20,
	    avail >> 20);
}

static void
add_need(struct needs *n, uint32_t job, uint32_t dir, uint64_t fs,
    uint64_t bytes)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (n->v[i].job == job && n->v[i].fs == fs)
			break;
	if (i == n->n) {
		XGROW(n->v, n->n, n->cap);
		n->v[n->n++] = (struct need){ job, dir, fs, 0 };
	}
	n->v[i].bytes += bytes;
}

/* All folders of the plan lie on one file system, as far as one can tell. */
static int
one_place(struct apply *a)
{
	uint64_t fs, mnt, fs0 = 0, mnt0 = 0;
	uint32_t i, n;

	for (i = 0; *plan_dir(a->plan, i) != '\0'; i++) {
		n = folders_add(a->folders, plan_dir(a->plan, i));
		if (folders_where(a->folders, n, &fs, &mnt) < 0)
			continue;
		if (fs0 == 0) {
			fs0 = fs;
			mnt0 = mnt;
		}
		if (fs != fs0 || mnt != mnt0)
			return 0;
	}
	return 1;
}

static uint64_t
count(const struct plan *p, enum op_kind k)
{
	uint64_t sum = 0;
	uint32_t j;

	for (j = 0; j < plan_jobs(p); j++)
		sum += plan_count(p, j, k, OP_PLANNED);
	return sum;
}

/* How many bytes an operation brings to its target's file system. */
static void
weigh(struct apply *a, const struct op *op, struct needs *needs)
{
	uint64_t from_fs, from_mnt, to_fs, to_mnt;
	uint32_t from, to;

	if (op->state != OP_PLANNED || op->from_dir == PLAN_NONE ||
	    op->to_dir == PLAN_NONE || op->kind == OP_TRASH ||
	    op->kind == OP_LINK || op->kind == OP_SYMLINK)
		return;
	from = folders_add(a->folders, plan_dir(a->plan, op->from_dir));
	to = folders_add(a->folders, plan_dir(a->plan, op->to_dir));
	if (folders_where(a->folders, from, &from_fs, &from_mnt) < 0 ||
	    folders_where(a->folders, to, &to_fs, &to_mnt) < 0)
		return;
	if (op->kind == OP_COPY || op->kind == OP_BUNDLE || from_fs != to_fs)
		add_need(needs, op->job, to, to_fs, op->id.size);
}

static void
hold_job(struct apply *a, uint32_t job, const char *why)
{
	if (a->held[job])
		return;
	a->held[job] = 1;
	a->held_why[job] = xstrdup(why);
}

static void
judge(struct apply *a, const struct need *n)
{
	const char *path = folders_path(a->folders, n->dir), *rest;
	struct err why = {0};
	struct fs_dir *d;

	if (fs_dir_look_existing(path, &d, &rest, &why) < 0)
		return;		/* its operations will tell */
	if (room_for(d, n->bytes, a->o->min_free, a->o->min_free_percent,
	    &why) < 0)
		hold_job(a, n->job, why.text);
	fs_dir_free(d);
}

/* ---- what goes on with a copy ---- */
static uint64_t
print_of(uint32_t job, uint32_t dir, const char *name)
{
	uint64_t v[] = { job, dir };

	return hash_keyed(hash_keyed(4, v, sizeof(v)), name, strlen(name));
}

/* What is done about a file without taking it up, or only after a question or a
 * command, is not taken back by recovery (recover_back.c). */
static void
note_follower(struct apply *a, const struct op *op)
{
	uint64_t print;

	if (!(op->flags & OP_CHAINED) || op->from_dir == PLAN_NONE ||
	    a->o->undoing)
		return;
	print = print_of(op->job, op->from_dir, op->from);
	switch (op->kind) {
	case OP_MOVE:
	case OP_RENAME:
	case OP_ARCHIVE:
	case OP_COPY:
	case OP_TRASH:
	case OP_DELETE:
		if (!(op->flags & (OP_BEHIND | OP_TOGETHER | OP_LATER))) {
			set64_add(&a->goes_on, print);
			break;
		}
		/* FALLTHROUGH */
	default:
		set64_add(&a->not_taken, print);
		break;
	}
}

int
survey_leads(const struct apply *a, const struct op *op)
{
	uint64_t print = print_of(op->job, op->to_dir, op->to);

	return set64_has(&a->goes_on, print) &&
	    !set64_has(&a->not_taken, print);
}

int
survey(struct apply *a, struct err *e)
{
	struct plan_reader *r;
	struct needs needs = {0};
	struct op op;
	size_t i;
	int n;

	if (count(a->plan, OP_COPY) + count(a->plan, OP_BUNDLE) +
	    count(a->plan, OP_SYMLINK) == 0 && one_place(a))
		return 0;
	r = plan_read(a->plan);
	while ((n = plan_next(r, &op, e)) == 1) {
		weigh(a, &op, &needs);
		a->follow |= (op.flags & OP_CHAINED) != 0;
		note_follower(a, &op);
	}
	plan_reader_free(r);
	for (i = 0; i < needs.n; i++)
		judge(a, &needs.v[i]);
	free(needs.v);
	return n;
}

static void
key_of(struct buf *b, uint32_t dir, const char *name)
{
	buf_add(b, &dir, sizeof(dir));
	buf_adds(b, name);
}

int
survey_source(struct apply *a, uint32_t dir, const char *name,
    struct fs_id *id)
{
	CLEAN_BUF struct buf key = {0};
	const uint64_t *at;

	key_of(&key, dir, name);
	at = map_get(&a->arriving, key.data, key.len);
	if (at == NULL)
		return 0;
	if (a->arrived[*at].ino == 0)
		return -1;
	*id = a->arrived[*at];
	return 1;
}

void
survey_arrives(struct apply *a, uint32_t dir, const char *name,
    const struct fs_id *id)
{
	CLEAN_BUF struct buf key = {0};
	uint64_t *at;
	int added;

	key_of(&key, dir, name);
	at = map_add(&a->arriving, key.data, key.len, &added);
	if (added) {
		XGROW(a->arrived, a->n_arrived, a->cap_arrived);
		*at = a->n_arrived++;
	}
	a->arrived[*at] = id != NULL ? *id : (struct fs_id){0};
}

void
survey_failed(struct apply *a, uint32_t dir, const char *name)
{
	CLEAN_BUF struct buf key = {0};

	key_of(&key, dir, name);
	map_remove(&a->arriving, key.data, key.len);
}
