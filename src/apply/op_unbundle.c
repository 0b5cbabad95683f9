/*
 * op_unbundle.c -- out of a bundle again: the undo of op_bundle.c.
 *
 * The bundle is read once for all its members of the load.  Each becomes a
 * copy as in stage.c, from there on: staging name, COPIED, NOREPLACE.  The
 * bundle stays until all of its members are back; then it goes.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/bundle.h"
#include "apply/folders.h"
#include "apply/gone.h"
#include "apply/member.h"
#include "apply/meta.h"
#include "apply/note.h"
#include "apply/stage_impl.h"
#include "apply/token.h"
#include "tar/tar.h"
#include "util/buf.h"
#include "util/clean.h"

struct unpacking {
	struct hands	*h;
	struct item	*first;
	struct map	 wanted;	/* member -> item */
};

static int
same_bundle(const struct unpacking *u, const struct item *it)
{
	return it->op.kind == OP_UNBUNDLE && it->entry != NO_ENTRY &&
	    it->from_dir == u->first->from_dir &&
	    strcmp(it->op.from, u->first->op.from) == 0;
}

static void
gather(struct unpacking *u)
{
	struct load *l = u->h->load;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (same_bundle(u, &l->items[i]) &&
		    l->items[i].state == OP_PLANNED)
			map_put(&u->wanted, l->items[i].op.text,
			    strlen(l->items[i].op.text), i);
}

static int
watch(void *arg, uint64_t bytes)
{
	struct unpacking *u = arg;

	atomic_fetch_add_explicit(&u->h->a->bytes, bytes,
	    memory_order_relaxed);
	return hands_stopped(u->h);
}

static int
unpack_to(struct unpacking *u, struct tar_reader *tr,
    const struct tar_entry *t, const struct fs_dir *d, struct pending *p,
    struct err *e)
{
	char part[TOKEN_NAME];
	CLEAN_FD int fd = -1;
	unsigned lost;

	token_part(p->it->token, part);
	if (room_for(d, t->size, u->h->a->o->min_free,
	    u->h->a->o->min_free_percent, e) < 0)
		return -1;
	fd = openat(d->fd, part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "write in %s", d->path);
	p->source.size = t->size;
	if (member_pour(tr, t, fd, watch, u, &lost, e) < 0)
		return -1;
	if (lost & META_PRECIOUS)
		item_words(u->h->load, p->it, MEMBER_LOST);
	return fs_stat_fd(d, fd, &p->part, e);
}

static void
unpack_one(struct unpacking *u, struct tar_reader *tr,
    const struct tar_entry *t, struct item *it)
{
	const struct fs_dir *d = hands_target(u->h, it);
	struct pending p = { .it = it };
	struct err e = {0};

	if (d == NULL)
		return;
	if (unpack_to(u, tr, t, d, &p, &e) == 0) {
		stage_add(u->h, &p);
		return;
	}
	stage_discard(u->h, it, d);
	if (e.kind == ERR_STOPPED) {
		u->h->load->stopped = 1;
		item_result(it)->outcome = OUTCOME_ROLLED_BACK;
	} else
		item_fail(u->h->load, it, &e);
}

static int
unpack_all(struct unpacking *u, int fd, struct err *e)
{
	struct load *l = u->h->load;
	const struct tar_entry *t;
	struct tar_reader *tr;
	const uint64_t *at;
	int n;

	if (tar_open(fd, NULL, &tr, e) < 0)
		return -1;
	while ((n = tar_next(tr, &t, e)) == 1 && !l->stopped) {
		at = map_get(&u->wanted, t->path, strlen(t->path));
		if (at != NULL && t->type == TAR_FILE)
			unpack_one(u, tr, t, &l->items[*at]);
	}
	tar_reader_free(tr);
	return n < 0 ? -1 : 0;
}

/* What is still planned was not found, or could not be read. */
static void
end_rest(struct unpacking *u, const struct err *e)
{
	struct load *l = u->h->load;
	size_t i;

	for (i = 0; i < l->n && !l->stopped; i++)
		if (same_bundle(u, &l->items[i]) &&
		    l->items[i].state == OP_PLANNED) {
			if (e->kind != ERR_NONE)
				item_fail(l, &l->items[i], e);
			else
				item_skip(l, &l->items[i],
				    "the bundle does not hold it");
		}
}

static uint64_t *
count_of(struct hands *h, const struct item *it)
{
	CLEAN_BUF struct buf key = {0};

	buf_addf(&key, "%u/%s", it->from_dir, it->op.from);
	return map_add(&h->unbundled, key.data, key.len, NULL);
}

static void
count(struct unpacking *u)
{
	struct load *l = u->h->load;
	struct map_entry en;
	size_t at;

	for (at = 0; map_next(&u->wanted, &at, &en);)
		if (l->items[*en.value].state == OP_DONE)
			++*count_of(u->h, u->first);
}

void
op_unbundle(struct hands *h, struct item *it)
{
	const struct fs_dir *s = hands_source(h, it);
	struct unpacking u = { .h = h, .first = it };
	struct err e = {0};
	struct fs_id now;
	CLEAN_FD int fd = -1;

	if (s == NULL)
		return;
	fd = openat(s->fd, it->op.from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0)
		err_sys(&e, "open the bundle");
	else if (fs_stat_fd(s, fd, &now, &e) == 0 && it->expect.ino != 0 &&
	    !fs_id_unchanged(&now, &it->expect))
		err_set(&e, ERR_CHANGED, "the bundle is not the one that was "
		    "made");
	gather(&u);
	if (e.kind == ERR_NONE)
		unpack_all(&u, fd, &e);
	stage_flush(h);
	count(&u);
	end_rest(&u, &e);
	map_fini(&u.wanted);
}

void
op_drop_bundle(struct hands *h, struct item *it)
{
	struct note n = note_read(it->op.extra, it->op.extra_len);

	if (*count_of(h, it) < n.id.size)
		item_skip(h->load, it, "it still holds files that are nowhere else");
	else
		op_delete(h, it);
}
