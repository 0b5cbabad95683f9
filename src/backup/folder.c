/* folder.c -- a tree in the making. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/folder.h"
#include "backup/impl.h"
#include "util/clean.h"
#include "util/hash.h"
#include "util/time.h"
#include "util/xalloc.h"

/* A folder's node ends with its tree's id, whose place is kept by zeroes. */
#define ID_END	2	/* "} */

#define EMPTY	"{\"nodes\":["

struct folder *
folder_new(struct run *r, struct folder *up, size_t slot, char *path,
    char *snap)
{
	struct folder *f = xalloc(sizeof(*f));

	f->r = r;
	f->up = up;
	f->slot = slot;
	f->fd = -1;
	f->path = path;
	f->snap = snap;
	f->users = 1;
	f->same = 1;
	f->began = time_mono();
	tree_begin(&f->text);
	return f;
}

void
folder_free(struct folder *f)
{
	struct made *m;
	size_t i;

	for (i = 0; i < f->n_slots; i++) {
		free(f->slots[i].ids);
		free(f->slots[i].text);
	}
	while ((m = f->made) != NULL) {
		f->made = m->next;
		free(m);
	}
	if (f->fd >= 0)
		close(f->fd);
	past_fini(&f->past);
	names_fini(&f->names);
	buf_fini(&f->text);
	free(f->slots);
	free(f->targets);
	free(f->node);
	free(f->path);
	free(f->snap);
	free(f);
}

void
folder_node(struct folder *f, const struct node *n)
{
	struct node mine = *n;
	struct buf text = {0};

	mine.has_subtree = 1;
	mine.subtree = (struct id){0};
	node_write(&text, &mine);
	f->node_len = text.len;
	f->node = buf_steal(&text);
}

/* A copy of its node with the id of its tree. */
static char *
node_with(const struct folder *f, const struct id *tree)
{
	char *text = xstrndup(f->node, f->node_len), hex[ID_HEX];

	id_hex(tree, hex);
	memcpy(text + f->node_len - ID_END - ID_HEX + 1, hex, ID_HEX - 1);
	return text;
}

void
folder_slots(struct folder *f)
{
	size_t i, n = 0;

	for (i = 0; i < f->names.n; i++)
		n += f->names.v[i].type == DT_DIR;
	f->slots = n > 0 ? xallocn(n, sizeof(*f->slots)) : NULL;
	f->n_slots = n;
	n = 0;
	for (i = 0; i < f->names.n; i++)
		if (f->names.v[i].type == DT_DIR)
			f->slots[n++].entry = (uint32_t)i;
}

void
folder_load_past(struct folder *f, struct repo_hand *hand)
{
	struct err e = {0};

	if (f->past_loaded)
		return;
	f->past_loaded = 1;
	if (past_load(&f->past, f->r->repo, hand, &f->past_ids, &e) < 0)
		run_problem(f->r, f->path, &e);
}

void
folder_find_past(struct folder *f)
{
	struct past_hit hits[PAST_MAX];
	struct slot *s;
	size_t i, j, n;

	for (i = 0; i < f->n_slots && f->past.n > 0; i++) {
		s = &f->slots[i];
		n = past_find(&f->past, names_get(&f->names, s->entry), hits);
		if (n == 0)
			continue;
		s->seen = 1;
		s->before = hash_fixed(0, hits[0].text, hits[0].len);
		s->ids = xallocn(n, sizeof(*s->ids));
		for (j = 0; j < n; j++)
			if (hits[j].node->has_subtree)
				s->ids[s->n_ids++] = hits[j].node->subtree;
	}
	past_rewind(&f->past);
}

/* Under the lock: nodes into the text, noting where it leaves the parent's. */
static void
append(struct folder *f, const char *nodes, size_t len)
{
	const struct buf *was = &f->past.v[0].text;
	size_t at = f->text.len;

	if (len == 0)
		return;
	if (f->text.data[at - 1] != '[')
		buf_addc(&f->text, ',');
	buf_add(&f->text, nodes, len);
	if (f->same && (f->past.n == 0 || f->text.len > was->len ||
	    memcmp(was->data + at, f->text.data + at, f->text.len - at) != 0))
		f->same = 0;
}

/* Under the lock: what is there, in order.  1: the folder is complete. */
static int
advance(struct folder *f)
{
	struct slot *s;
	struct made *m;

	for (;;) {
		s = f->next_slot < f->n_slots ? &f->slots[f->next_slot] : NULL;
		m = f->made;
		if (s != NULL && s->entry == f->committed) {
			if (!s->done)
				break;
			append(f, s->text, s->len);
			free(s->text);
			s->text = NULL;
			f->next_slot++;
			f->committed++;
		} else if (m != NULL && m->first == f->committed) {
			append(f, m->text, m->len);
			f->committed = m->last;
			f->made = m->next;
			free(m);
		} else {
			break;
		}
	}
	f->finishing = f->closed && f->committed == f->names.n;
	return f->finishing;
}

/* The id of a complete text: the parent's if it is the same, else saved. */
static int
save_tree(struct folder *f, struct repo_hand *hand, struct id *tree,
    struct saved *how)
{
	const struct buf *was = &f->past.v[0].text;

	tree_end(&f->text);
	if (f->same && f->past.n > 0 && was->len == f->text.len &&
	    memcmp(was->data, f->text.data, was->len) == 0) {
		*tree = f->past.v[0].id;
		return 0;
	}
	past_fini(&f->past);	/* before the tree is packed beside it */
	return run_save(f->r, hand, BLOB_TREE, f->text.data, f->text.len, tree,
	    how);
}

static void
tell(struct folder *f, const char *node, const struct saved *how)
{
	enum backup_what what = !f->seen ? BACKUP_NEW :
	    hash_fixed(0, node, f->node_len) == f->before ?
	    BACKUP_UNMODIFIED : BACKUP_CHANGED;
	CLEAN_FREE char *path = NULL;

	atomic_fetch_add(&f->r->n_dirs[what], 1);
	if (f->r->ev->item == NULL || f->r->ev->changes_only)
		return;
	path = xasprintf("%s/", f->snap);
	run_item(f->r, &(struct backup_item){ .path = path, .what = what,
	    .dir = 1, .took = time_mono() - f->began,
	    .added = how->fresh ? f->text.len : 0, .packed = how->packed });
}

/* A complete folder: its node goes up, which may complete others. */
static void
finish(struct folder *f, struct repo_hand *hand)
{
	struct run *r = f->r;
	struct folder *up;
	int complete = 1;

	for (; complete; f = up) {
		struct saved how = {0};
		struct id tree;
		struct slot *s;
		char *node = NULL;
		size_t len = 0;

		up = f->up;
		if (!run_over(r) && save_tree(f, hand, &tree, &how) == 0 &&
		    up != NULL) {
			node = node_with(f, &tree);
			len = f->node_len;
			tell(f, node, &how);
		}
		pthread_mutex_lock(&r->lock);
		if (up == NULL) {
			r->root = NULL;
			r->root_tree = tree;
			r->root_done = !run_over(r);
			r->root_empty = f->text.len == strlen(EMPTY "]}\n");
			complete = 0;
		} else {
			s = &up->slots[f->slot];
			s->text = node;
			s->len = (uint32_t)len;
			s->open = NULL;
			s->done = 1;
			complete = advance(up);
		}
		pthread_mutex_unlock(&r->lock);
		folder_free(f);
	}
}

void
folder_skip_slot(struct folder *f, size_t slot, struct repo_hand *hand)
{
	int complete;

	pthread_mutex_lock(&f->r->lock);
	f->slots[slot].done = 1;
	complete = advance(f);
	pthread_mutex_unlock(&f->r->lock);
	if (complete)
		finish(f, hand);
}

/* Under the lock: what came too early waits, in order. */
static void
hold(struct folder *f, size_t first, size_t last, const char *text, size_t len)
{
	struct made **at = &f->made, *m = xalloc(sizeof(*m) + len);

	m->first = first;
	m->last = last;
	m->len = len;
	if (len > 0)
		memcpy(m->text, text, len);
	while (*at != NULL && (*at)->first < first)
		at = &(*at)->next;
	m->next = *at;
	*at = m;
}

void
folder_put(struct folder *f, size_t first, size_t last, const char *text,
    size_t len, struct repo_hand *hand)
{
	int complete;

	pthread_mutex_lock(&f->r->lock);
	if (first == f->committed) {
		append(f, text, len);
		f->committed = last;
	} else {
		hold(f, first, last, text, len);
	}
	complete = advance(f);
	pthread_mutex_unlock(&f->r->lock);
	if (complete)
		finish(f, hand);
}

void
folder_close(struct folder *f, struct repo_hand *hand)
{
	int complete;

	folder_unuse(f);
	pthread_mutex_lock(&f->r->lock);
	f->closed = 1;
	complete = advance(f);
	pthread_mutex_unlock(&f->r->lock);
	if (complete)
		finish(f, hand);
}

void
folder_use(struct folder *f)
{
	pthread_mutex_lock(&f->r->lock);
	f->users++;
	pthread_mutex_unlock(&f->r->lock);
}

void
folder_unuse(struct folder *f)
{
	int fd = -1;

	pthread_mutex_lock(&f->r->lock);
	if (--f->users == 0) {
		fd = f->fd;
		f->fd = -1;
	}
	pthread_mutex_unlock(&f->r->lock);
	if (fd >= 0)
		close(fd);
}

/* ---- checkpoints ---- */

struct partial {
	struct repo_hand *hand;
	int		 failed;
};

static int partial_tree(struct folder *f, struct partial *p, struct id *tree);

static void
add(struct buf *out, const char *nodes, size_t len)
{
	if (len == 0)
		return;
	if (out->data[out->len - 1] != '[')
		buf_addc(out, ',');
	buf_add(out, nodes, len);
}

static void
add_slot(struct buf *out, const struct slot *s, struct partial *p)
{
	CLEAN_FREE char *node = NULL;
	struct id tree;

	if (s->done) {
		add(out, s->text, s->len);
	} else if (s->open != NULL && s->open->node != NULL &&
	    !s->open->finishing &&
	    partial_tree(s->open, p, &tree)) {
		node = node_with(s->open, &tree);
		add(out, node, s->open->node_len);
	}
}

/* Under the lock: 1 and the id of what is there of f, 0 if that is nothing. */
static int
partial_tree(struct folder *f, struct partial *p, struct id *tree)
{
	CLEAN_BUF struct buf out = {0};
	const struct made *m = f->made;
	struct saved how;
	size_t i, empty;

	buf_add(&out, f->text.data, f->text.len);
	empty = strlen(EMPTY);
	for (i = f->next_slot; i < f->n_slots; i++) {
		for (; m != NULL && m->first < f->slots[i].entry; m = m->next)
			add(&out, m->text, m->len);
		add_slot(&out, &f->slots[i], p);
	}
	for (; m != NULL; m = m->next)
		add(&out, m->text, m->len);
	if (out.len == empty || p->failed)
		return 0;
	tree_end(&out);
	if (run_save(f->r, p->hand, BLOB_TREE, out.data, out.len, tree,
	    &how) < 0) {
		p->failed = 1;
		return 0;
	}
	return 1;
}

int
folder_partial(struct run *r, struct repo_hand *hand, struct id *tree)
{
	struct partial p = { .hand = hand };
	int rc = 0;

	pthread_mutex_lock(&r->lock);
	if (r->root != NULL && !r->root->finishing)
		rc = partial_tree(r->root, &p, tree);
	pthread_mutex_unlock(&r->lock);
	return p.failed ? -1 : rc;
}
