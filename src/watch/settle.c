/*
 * settle.c -- a table of files by path, a heap of those that have a time, and
 * two lists of those that are ready.
 */
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/xalloc.h"
#include "watch/settle.h"

/* One that is being written is told to us when it is closed.  Where it is not
 * (another mount, a side file), it is looked at now and then. */
#define AGAIN_FIRST	INT64_C(500000)
#define AGAIN_MOST	INT64_C(30000000)
#define NOWHERE		SIZE_MAX

struct file {
	struct settle_file f;		/* first: it is cast back */
	struct settle_wish wish;
	char		*path, *why;
	uint64_t	 hash;
	int64_t		 since;		/* steady from then on */
	uint64_t	 size;
	int64_t		 mtime;
	int64_t		 again;		/* the next pause while it is written */
	size_t		 heap;		/* where in the heap, or NOWHERE */
	struct file	*next;		/* in its bucket */
	struct file	*older, *newer;	/* in the list of its kind, if ready */
	unsigned char	 known;		/* size and mtime are */
	unsigned char	 touched, left;	/* while it was away */
};

struct ready {
	struct file	*first, *last;
	size_t		 n;
};

struct settle {
	struct file	**buckets;
	size_t		 n, cap;	/* cap: 0 or a power of two */
	struct file	**heap;
	size_t		 n_heap, cap_heap;
	struct ready	 ready[2];	/* by found */
};

struct settle *
settle_new(void)
{
	return xalloc(sizeof(struct settle));
}

/* ---- the table ---- */

static struct file **
bucket(const struct settle *s, uint64_t hash)
{
	return &s->buckets[hash & (s->cap - 1)];
}

static uint64_t
hash_of(const char *path)
{
	return hash_keyed(0x5e771e, path, strlen(path));
}

static struct file *
find(const struct settle *s, const char *path)
{
	uint64_t hash = hash_of(path);
	struct file *f;

	if (s->cap == 0)
		return NULL;
	for (f = *bucket(s, hash); f != NULL; f = f->next)
		if (f->hash == hash && strcmp(f->path, path) == 0)
			return f;
	return NULL;
}

static void
grow(struct settle *s)
{
	struct settle old = *s;
	struct file *f, *next;
	size_t i;

	s->cap = old.cap == 0 ? 64 : old.cap * 2;
	s->buckets = xallocn(s->cap, sizeof(struct file *));
	for (i = 0; i < old.cap; i++)
		for (f = old.buckets[i]; f != NULL; f = next) {
			next = f->next;
			f->next = *bucket(s, f->hash);
			*bucket(s, f->hash) = f;
		}
	free(old.buckets);
}

static struct file *
add(struct settle *s, const char *path)
{
	struct file *f;

	if (s->n >= s->cap)
		grow(s);
	f = xalloc(sizeof(*f));
	*f = (struct file){ .path = xstrdup(path), .hash = hash_of(path),
	    .heap = NOWHERE };
	f->f.path = f->path;
	f->next = *bucket(s, f->hash);
	*bucket(s, f->hash) = f;
	s->n++;
	return f;
}

/* ---- the heap ---- */

static void
put(struct settle *s, size_t i, struct file *f)
{
	s->heap[i] = f;
	f->heap = i;
}

static void
sift(struct settle *s, size_t i)
{
	struct file *f = s->heap[i];
	size_t k;

	while (i > 0 && s->heap[(i - 1) / 2]->f.at > f->f.at) {
		put(s, i, s->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	while ((k = 2 * i + 1) < s->n_heap) {
		if (k + 1 < s->n_heap &&
		    s->heap[k + 1]->f.at < s->heap[k]->f.at)
			k++;
		if (s->heap[k]->f.at >= f->f.at)
			break;
		put(s, i, s->heap[k]);
		i = k;
	}
	put(s, i, f);
}

static void
set_time(struct settle *s, struct file *f, int64_t at)
{
	size_t i = f->heap;

	f->f.at = at;
	if (at == INT64_MAX) {
		if (i == NOWHERE)
			return;
		f->heap = NOWHERE;
		s->n_heap--;
		if (i < s->n_heap) {
			put(s, i, s->heap[s->n_heap]);
			sift(s, i);
		}
		return;
	}
	if (i == NOWHERE) {
		XGROW(s->heap, s->n_heap, s->cap_heap);
		i = s->n_heap++;
		put(s, i, f);
	}
	sift(s, i);
}

/* ---- those that are ready, in the order they became so ---- */

static void
unready(struct settle *s, struct file *f)
{
	struct ready *r = &s->ready[f->f.found];

	if (f->f.state != SETTLE_READY)
		return;
	*(f->older != NULL ? &f->older->newer : &r->first) = f->newer;
	*(f->newer != NULL ? &f->newer->older : &r->last) = f->older;
	f->older = f->newer = NULL;
	r->n--;
}

static void
set_ready(struct settle *s, struct file *f)
{
	struct ready *r = &s->ready[f->f.found];

	set_time(s, f, INT64_MAX);
	f->f.state = SETTLE_READY;
	f->older = r->last;
	f->newer = NULL;
	*(r->last != NULL ? &r->last->newer : &r->first) = f;
	r->last = f;
	r->n++;
}

static void
set_state(struct settle *s, struct file *f, enum settle_state state,
    int64_t at)
{
	unready(s, f);
	f->f.state = state;
	set_time(s, f, at);
}

static void
end(struct settle *s, struct file *f)
{
	struct file **p = bucket(s, f->hash);

	unready(s, f);
	set_time(s, f, INT64_MAX);
	while (*p != f)
		p = &(*p)->next;
	*p = f->next;
	s->n--;
	free(f->path);
	free(f->why);
	free(f);
}

void
settle_free(struct settle *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->cap; i++)
		while (s->buckets[i] != NULL)
			end(s, s->buckets[i]);
	free(s->buckets);
	free(s->heap);
	free(s);
}

/* ---- what happens ---- */

int
settle_touch(struct settle *s, const char *path, int64_t now, int64_t since,
    int found, const struct settle_wish *w)
{
	struct file *f = find(s, path);

	if (f == NULL) {
		if (s->n >= SETTLE_MOST)
			return -1;
		f = add(s, path);
		f->f.arrived = since;
		f->f.found = found != 0;
	}
	if (f->f.state == SETTLE_AWAY) {
		f->touched = 1;
		f->left = 0;
		return 0;
	}
	set_state(s, f, SETTLE_STEADY, now);
	f->wish = *w;
	f->since = since;
	f->known = 0;
	f->again = AGAIN_FIRST;
	return 0;
}

static void
leave(struct settle *s, struct file *f)
{
	if (f->f.state != SETTLE_AWAY) {
		end(s, f);
		return;
	}
	f->left = 1;
	f->touched = 0;
}

void
settle_gone(struct settle *s, const char *path)
{
	struct file *f = find(s, path);

	if (f != NULL)
		leave(s, f);
}

void
settle_gone_below(struct settle *s, const char *folder)
{
	size_t n = strlen(folder), i;
	struct file *f, *next;

	for (i = 0; i < s->cap; i++)
		for (f = s->buckets[i]; f != NULL; f = next) {
			next = f->next;
			if (strncmp(f->path, folder, n) == 0 &&
			    f->path[n] == '/')
				leave(s, f);
		}
}

void
settle_poke(struct settle *s, const char *path, int64_t now)
{
	struct file *f = find(s, path);

	if (f != NULL && (f->f.state == SETTLE_WRITING ||
	    f->f.state == SETTLE_PUT_OFF))
		set_time(s, f, now);
}

int64_t
settle_next(const struct settle *s)
{
	return s->n_heap > 0 ? s->heap[0]->f.at : INT64_MAX;
}

struct settle_file *
settle_due(struct settle *s, int64_t now)
{
	return s->n_heap > 0 && s->heap[0]->f.at <= now ? &s->heap[0]->f :
	    NULL;
}

/* Steady and old enough?  Then it is ready; else when. */
static void
judge(struct settle *s, struct file *f, int64_t now)
{
	int64_t steady = f->since + f->wish.settle;
	int64_t old = f->f.arrived + f->wish.after;

	if (steady > now)
		set_state(s, f, SETTLE_STEADY, steady);
	else if (old > now)
		set_state(s, f, SETTLE_AFTER, old);
	else if (f->f.state != SETTLE_READY)
		set_ready(s, f);
}

void
settle_look(struct settle *s, struct settle_file *file,
    const struct settle_facts *x, int64_t now)
{
	struct file *f = (struct file *)file;

	if (!x->there) {
		end(s, f);
		return;
	}
	if (f->known && (f->size != x->size || f->mtime != x->mtime))
		f->since = now;
	f->known = 1;
	f->size = x->size;
	f->mtime = x->mtime;
	f->f.writing = x->writing;
	if (x->writing == FS_QUIET) {
		judge(s, f, now);
		return;
	}
	/* Steady counts from when nobody writes any more. */
	f->since = now;
	set_state(s, f, SETTLE_WRITING, x->writing == FS_PARTIAL_NAME ?
	    INT64_MAX : now + f->again);
	f->again = f->again * 2 < AGAIN_MOST ? f->again * 2 : AGAIN_MOST;
}

size_t
settle_ready(const struct settle *s, int found)
{
	return found < 0 ? s->ready[0].n + s->ready[1].n :
	    s->ready[found != 0].n;
}

struct settle_file *
settle_take(struct settle *s, int found)
{
	struct file *f = s->ready[found > 0].first;

	if (f == NULL && found < 0)
		f = s->ready[1].first;
	if (f == NULL)
		return NULL;
	set_state(s, f, SETTLE_AWAY, INT64_MAX);
	f->touched = f->left = 0;
	return &f->f;
}

void
settle_back(struct settle *s, const char *path, const char *why, int64_t now,
    int64_t at)
{
	struct file *f = find(s, path);

	if (f == NULL || f->f.state != SETTLE_AWAY)
		return;
	if (f->left || (why == NULL && !f->touched)) {
		end(s, f);
		return;
	}
	f->f.state = SETTLE_PUT_OFF;	/* no longer away */
	if (f->touched) {
		settle_touch(s, path, now, now, 0, &f->wish);
		return;
	}
	free(f->why);
	f->why = xstrdup(why);
	f->f.why = f->why;
	set_state(s, f, SETTLE_PUT_OFF, at);
}

void
settle_all_back(struct settle *s, int64_t now)
{
	struct file *f, *next;
	size_t i;

	for (i = 0; i < s->cap; i++)
		for (f = s->buckets[i]; f != NULL; f = next) {
			next = f->next;
			if (f->f.state != SETTLE_AWAY)
				continue;
			if (f->left)
				end(s, f);
			else
				set_state(s, f, SETTLE_STEADY, now);
		}
}

size_t
settle_len(const struct settle *s)
{
	return s->n;
}

void
settle_each(const struct settle *s,
    int (*each)(void *arg, const struct settle_file *f), void *arg)
{
	const struct file *f;
	size_t i;

	for (i = 0; i < s->cap; i++)
		for (f = s->buckets[i]; f != NULL; f = f->next)
			if (each(arg, &f->f) != 0)
				return;
}

const char *
settle_why(const struct settle_file *f)
{
	switch (f->state) {
	case SETTLE_STEADY:
		return "it has changed a moment ago";
	case SETTLE_AFTER:
		return "it has arrived a short while ago ('after')";
	case SETTLE_WRITING:
		return fs_writing_text(f->writing);
	case SETTLE_PUT_OFF:
		return f->why;
	case SETTLE_READY:
		return "others come first";
	case SETTLE_AWAY:
		return "it is being handled";
	}
	return "";
}
