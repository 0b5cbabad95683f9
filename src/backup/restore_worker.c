/* restore_worker.c -- what a thread of a restore works with. */
#include <stdlib.h>
#include <unistd.h>

#include "apply/lay.h"
#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "crypto/sha256.h"
#include "repo/repo.h"

void
rworker_init(struct rworker *w, struct restore *r)
{
	size_t i;

	*w = (struct rworker){ .r = r, .hand = repo_hand_new(r->repo),
	    .sha = sha256_new() };
	for (i = 0; i < RWORKER_FOLDERS; i++)
		w->held[i].fd = -1;
}

void
rworker_fini(struct rworker *w)
{
	size_t i;

	for (i = 0; i < RWORKER_FOLDERS; i++)
		if (w->held[i].fd >= 0)
			close(w->held[i].fd);
	repo_hand_free(w->hand);
	sha256_free(w->sha);
	buf_fini(&w->part);
	buf_fini(&w->plain);
	buf_fini(&w->path);
	arena_fini(&w->arena);
	free(w->piece);
	free(w->late);
}

int
rworker_at(struct rworker *w, const struct rfolder *f, int *fd, struct err *e)
{
	size_t i;

	for (i = 0; i < RWORKER_FOLDERS; i++)
		if (w->held[i].serial == f->serial) {
			*fd = w->held[i].fd;
			return 0;
		}
	buf_reset(&w->path);
	rfolder_path(f, &w->path);
	if (lay_folder(w->r->lay, buf_str(&w->path), fd, e) < 0)
		return -1;
	i = w->next_held++ % RWORKER_FOLDERS;
	if (w->held[i].fd >= 0)
		close(w->held[i].fd);
	w->held[i].serial = f->serial;
	w->held[i].fd = *fd;
	return 0;
}
