#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply_impl.h"
#include "apply/folders.h"
#include "apply/later.h"
#include "util/err.h"
#include "util/xalloc.h"

#define FOLDERS_MOST	64	/* held; beyond it, all is flushed at once */

struct held {
	int		 fd;
	dev_t		 dev;
	ino_t		 ino;
};

struct later {
	struct apply_options o;
	struct load	**loads;
	size_t		 n, cap;
	struct held	 held[FOLDERS_MOST];
	size_t		 n_held;
	size_t		 count;
};

struct later *
later_new(struct catalog *c, int64_t run)
{
	struct later *l = xalloc(sizeof(*l));

	l->o = (struct apply_options){ .catalog = c, .run = run };
	return l;
}

static void
let_go(struct later *l)
{
	while (l->n_held > 0)
		close(l->held[--l->n_held].fd);
}

void
later_free(struct later *l)
{
	size_t i;

	if (l == NULL)
		return;
	let_go(l);
	for (i = 0; i < l->n; i++)
		load_free(l->loads[i]);
	free(l->loads);
	free(l);
}

size_t
later_count(const struct later *l)
{
	return l->count;
}

/* Only renames, and what is told but not done. */
static int
is_plain(const struct load *l)
{
	const struct item *it;

	if (l->open || l->stopped || l->n_bundles > 0 || l->touched.whole ||
	    l->touched.files > 0)
		return 0;
	for (it = l->items; it < l->items + l->n; it++)
		if (it->entry != NO_ENTRY && ((it->op.kind != OP_MOVE &&
		    it->op.kind != OP_RENAME) || it->flags & ITEM_FAR ||
		    (it->state == OP_DONE && !(it->flags & ITEM_MOVED))))
			return 0;
	return 1;
}

static int
hold(struct later *l, const struct fs_dir *d)
{
	struct stat st;
	size_t i;
	int fd;

	if (fstat(d->fd, &st) < 0)
		return -1;
	for (i = 0; i < l->n_held; i++)
		if (l->held[i].dev == st.st_dev && l->held[i].ino == st.st_ino)
			return 0;
	if (l->n_held == FOLDERS_MOST ||
	    (fd = fcntl(d->fd, F_DUPFD_CLOEXEC, 3)) < 0)
		return -1;
	l->held[l->n_held++] = (struct held){ fd, st.st_dev, st.st_ino };
	return 0;
}

int
later_take(struct later *l, struct apply *a, struct load *load)
{
	const struct fs_dir *d;
	size_t i;
	int r = 0;

	if (!is_plain(load))
		return 0;
	for (i = 0; i < load->touched.n && r == 0; i++) {
		/* One that is gone needs no flush: the one above it has it. */
		d = folders_hold_again(a->folders, load->touched.v[i], NULL);
		if (d == NULL)
			continue;
		r = hold(l, d);
		folders_release(a->folders, load->touched.v[i]);
	}
	if (r < 0)
		return 0;
	XGROW(l->loads, l->n, l->cap);
	l->loads[l->n++] = load;
	l->count += load->n;
	return 1;
}

/* Nobody knows what of it is on disk. */
static void
doubt(struct later *l, const struct err *e)
{
	size_t i, k;

	for (i = 0; i < l->n; i++)
		for (k = 0; k < l->loads[i]->n; k++) {
			struct item *it = &l->loads[i]->items[k];

			if (it->state == OP_DONE && it->entry != NO_ENTRY)
				item_attention(l->loads[i], it, e);
		}
}

int
later_flush(struct later *l, struct err *e)
{
	struct apply a = { .o = &l->o, .ended = l->loads, .n_ended = l->n,
	    .cap_ended = l->cap };
	struct err why = {0};
	size_t i;
	int r = 0;

	for (i = 0; i < l->n_held && r == 0; i++)
		if (fsync(l->held[i].fd) < 0)
			r = err_sys(&why, "flush a folder: it is not known "
			    "whether the changes there are on disk");
	if (r < 0)
		doubt(l, &why);
	let_go(l);
	if (journal_commit(&a, NULL, e) < 0)
		return -1;		/* the loads are still ours */
	l->loads = a.ended;
	l->n = a.n_ended;
	l->cap = a.cap_ended;
	l->count = 0;
	if (r < 0)
		*e = why;
	return r;
}
