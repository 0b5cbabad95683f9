/*
 * shelf.c -- see shelf.h.
 *
 * A folder is kept as its text and the places of its nodes in it, since a node
 * that is asked for is quickly read, and most never are.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mount/lru.h"
#include "mount/shelf.h"
#include "repo/index.h"
#include "repo/load.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define FOLDERS_MAX	((size_t)32 << 20)	/* bytes */
#define PIECES_MAX	((size_t)64 << 20)
#define HANDS_MAX	8

struct shelf {
	struct repo	*r;
	struct lru	*folders, *pieces;
	pthread_mutex_t	 lock;		/* of hands */
	struct repo_hand *hands[HANDS_MAX];
	size_t		 n_hands;
};

struct place {
	size_t		 begin, end;
	size_t		 name, name_len;	/* in names */
};

struct folder {
	struct buf	 text, names;
	struct place	*v;
	size_t		 n, cap;
	int		 unordered;
};

static void
drop_folder(void *thing)
{
	struct folder *f = thing;

	buf_fini(&f->text);
	buf_fini(&f->names);
	free(f->v);
	free(f);
}

static void
drop_piece(void *thing)
{
	struct buf *b = thing;

	buf_fini(b);
	free(b);
}

struct shelf *
shelf_new(struct repo *r)
{
	struct shelf *s = xalloc(sizeof(*s));

	s->r = r;
	s->folders = lru_new(FOLDERS_MAX, drop_folder);
	s->pieces = lru_new(PIECES_MAX, drop_piece);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
shelf_free(struct shelf *s)
{
	if (s == NULL)
		return;
	lru_free(s->folders);
	lru_free(s->pieces);
	while (s->n_hands > 0)
		repo_hand_free(s->hands[--s->n_hands]);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct repo_hand *
take_hand(struct shelf *s)
{
	struct repo_hand *h = NULL;

	pthread_mutex_lock(&s->lock);
	if (s->n_hands > 0)
		h = s->hands[--s->n_hands];
	pthread_mutex_unlock(&s->lock);
	return h != NULL ? h : repo_hand_new(s->r);
}

static void
give_hand(struct shelf *s, struct repo_hand *h)
{
	pthread_mutex_lock(&s->lock);
	if (s->n_hands < HANDS_MAX) {
		s->hands[s->n_hands++] = h;
		h = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	repo_hand_free(h);
}

/* ---- folders ---- */

static int
take_places(struct folder *f, struct err *e)
{
	CLEAN_TREE_READ struct tree_read t;
	int more;

	tree_read_init(&t, f->text.data, f->text.len);
	while ((more = tree_read_next(&t, e)) == 1) {
		if (!node_name_ok(t.node.name))
			continue;
		f->unordered |= t.unordered;
		XGROW(f->v, f->n, f->cap);
		f->v[f->n++] = (struct place){ t.begin, t.end, f->names.len,
		    strlen(t.node.name) };
		buf_add(&f->names, t.node.name, strlen(t.node.name) + 1);
	}
	return more;
}

int
shelf_open(struct shelf *s, const struct id *tree, struct shelf_folder *out,
    struct err *e)
{
	struct repo_hand *h;
	struct folder *f;
	int r;

	out->item = lru_take(s->folders, tree);
	if (out->item == NULL) {
		f = xalloc(sizeof(*f));
		h = take_hand(s);
		r = tree_load(s->r, h, tree, &f->text, e);
		give_hand(s, h);
		if (r < 0 || take_places(f, e) < 0) {
			drop_folder(f);
			return -1;
		}
		out->item = lru_put(s->folders, tree, f, sizeof(*f) +
		    f->text.cap + f->names.cap + f->cap * sizeof(*f->v));
	}
	out->n = ((const struct folder *)out->item->thing)->n;
	return 0;
}

void
shelf_close(struct shelf *s, struct shelf_folder *f)
{
	if (f->item != NULL)
		lru_give_back(s->folders, f->item);
	f->item = NULL;
}

int
shelf_nth(const struct shelf_folder *f, size_t i, const void **text,
    size_t *len)
{
	const struct folder *x = f->item->thing;

	if (i >= x->n)
		return 0;
	*text = x->text.data + x->v[i].begin;
	*len = x->v[i].end - x->v[i].begin;
	return 1;
}

static const char *
name_of(const struct folder *x, size_t i)
{
	return (const char *)x->names.data + x->v[i].name;
}

static size_t
search(const struct folder *x, const char *name)
{
	size_t lo = 0, hi = x->n, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = strcmp(name_of(x, mid), name);
		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return x->n;
}

int
shelf_find(const struct shelf_folder *f, const char *name, const void **text,
    size_t *len)
{
	const struct folder *x = f->item->thing;
	size_t i;

	if (!x->unordered)
		return shelf_nth(f, search(x, name), text, len);
	for (i = 0; i < x->n && strcmp(name_of(x, i), name) != 0;)
		i++;
	return shelf_nth(f, i, text, len);
}

int
shelf_node(const void *text, size_t len, struct arena *mem, struct node *out,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	CLEAN_TREE_READ struct tree_read t;
	int more;

	buf_adds(&b, "{\"nodes\":[");
	buf_add(&b, text, len);
	buf_adds(&b, "]}");
	tree_read_init(&t, b.data, b.len);
	more = tree_read_next(&t, e);
	if (more == 1) {
		/* What the node points to lies in the reader's arena: it is ours
		 * now, with all in it. */
		*out = t.node;
		*mem = t.arena;
		t.arena = (struct arena){0};
		return 0;
	}
	return more < 0 ? -1 : err_set(e, ERR_CORRUPT, "there is no node");
}

/* ---- files ---- */

int
shelf_file(struct shelf *s, const struct node *n, struct shelf_file *out,
    struct err *e)
{
	uint64_t end = 0;
	uint32_t len;
	size_t i;

	*out = (struct shelf_file){
		.content = xallocn(n->n_content + 1, sizeof(*out->content)),
		.ends = xallocn(n->n_content + 1, sizeof(*out->ends)),
		.n = n->n_content,
	};
	for (i = 0; i < n->n_content; i++) {
		if (!index_plain(s->r->index, BLOB_DATA, &n->content[i],
		    &len)) {
			shelf_file_fini(out);
			return err_set(e, ERR_CORRUPT, "a piece of it is in no "
			    "index");
		}
		end += len;
		out->content[i] = n->content[i];
		out->ends[i] = end;
	}
	return 0;
}

void
shelf_file_fini(struct shelf_file *f)
{
	free(f->content);
	free(f->ends);
	*f = (struct shelf_file){0};
}

static int
take_piece(struct shelf *s, const struct id *id, struct lru_item **out,
    struct err *e)
{
	struct repo_hand *h;
	struct buf *b;
	int r;

	*out = lru_take(s->pieces, id);
	if (*out != NULL)
		return 0;
	b = xalloc(sizeof(*b));
	h = take_hand(s);
	r = load_blob(s->r, h, BLOB_DATA, id, b, e);
	give_hand(s, h);
	if (r < 0) {
		drop_piece(b);
		return -1;
	}
	*out = lru_put(s->pieces, id, b, sizeof(*b) + b->cap);
	return 0;
}

/* The piece in which this byte lies. */
static size_t
piece_of(const struct shelf_file *f, uint64_t at)
{
	size_t lo = 0, hi = f->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->ends[mid] <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
shelf_read(struct shelf *s, const struct shelf_file *f, uint64_t at,
    void *out, size_t len, size_t *got, struct err *e)
{
	size_t i = piece_of(f, at), skip, n;
	struct lru_item *item;
	const struct buf *b;
	uint64_t begin;

	for (*got = 0; *got < len && i < f->n; i++) {
		if (take_piece(s, &f->content[i], &item, e) < 0)
			return -1;
		b = item->thing;
		begin = i > 0 ? f->ends[i - 1] : 0;
		if (b->len != f->ends[i] - begin) {
			lru_give_back(s->pieces, item);
			return err_set(e, ERR_CORRUPT, "a piece of it is not as "
			    "long as the index has it");
		}
		skip = (size_t)(at + *got - begin);
		n = b->len - skip < len - *got ? b->len - skip : len - *got;
		memcpy((unsigned char *)out + *got, b->data + skip, n);
		*got += n;
		lru_give_back(s->pieces, item);
	}
	return 0;
}

