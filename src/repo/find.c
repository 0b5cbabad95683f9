/*
 * find.c -- a finder, and what matches by name: see find.h.
 *
 * What is found goes into a journal, one note after the other.  All that was
 * found in a folder, and in those in it, is a stretch of the journal; where it is
 * met again the stretch is told once more, and if that happens inside another
 * folder's stretch, a note that points to it stands in for it.  So a note is
 * written once, and the journal grows by what is new.
 *
 * A folder is known by a sum over its id and its path.  A journal that has grown
 * to JOURNAL_MAX takes no more: only folders with nothing in them are then still
 * remembered, and others are read again.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "glob/glob.h"
#include "repo/find.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/map.h"
#include "util/xalloc.h"

#define JOURNAL_MAX	((size_t)64 << 20)
#define FOLDERS_MAX	((size_t)4 << 20)	/* that are remembered */
#define KEY_LEN		16

struct stretch {
	size_t		 begin, end;
};

/* A folder that is being read. */
struct open {
	struct id	 tree;
	unsigned char	 key[KEY_LEN];
	size_t		 begin;
	int		 lost;		/* something of it is not written down */
};

struct finder {
	struct repo	*r;
	struct repo_hand *hand;
	const struct find_watch *w;
	int		 keep;
	struct buf	 journal, path;
	struct map	 known;		/* a place in stretches */
	struct stretch	*stretches;
	size_t		 n_stretches, cap_stretches;
	struct open	*open;
	size_t		 n_open, cap_open;
	uint64_t	 trees;
	int		 ended;
};

/* ---- the journal ---- */

enum note_kind { NOTE_TEXT, NOTE_STRETCH };

struct note {
	enum note_kind	 kind;
	size_t		 len;		/* of the text behind it */
	struct stretch	 other;
};

static void
lose(struct finder *f)
{
	size_t i;

	for (i = 0; i < f->n_open; i++)
		f->open[i].lost = 1;
}

static void
write_down(struct finder *f, const struct note *n, const void *text)
{
	if (!f->keep)
		return;
	if (f->journal.len + sizeof(*n) + n->len > JOURNAL_MAX) {
		lose(f);
		return;
	}
	buf_add(&f->journal, n, sizeof(*n));
	buf_add(&f->journal, text, n->len);
}

static void
tell(struct finder *f, const void *text, size_t len)
{
	if (!f->ended && f->w->found(f->w->arg, text, len) != 0)
		f->ended = 1;
}

void
finder_note(struct finder *f, const void *text, size_t len)
{
	const struct note n = { .kind = NOTE_TEXT, .len = len };

	write_down(f, &n, text);
	tell(f, text, len);
}

/* Stretches point to earlier ones, and only as deep as folders lie. */
static void
tell_stretch(struct finder *f, struct stretch s)
{
	struct note n;

	while (s.begin < s.end && !f->ended) {
		memcpy(&n, f->journal.data + s.begin, sizeof(n));
		s.begin += sizeof(n);
		if (n.kind == NOTE_STRETCH)
			tell_stretch(f, n.other);
		else
			tell(f, f->journal.data + s.begin, n.len);
		s.begin += n.len;
	}
}

/* ---- folders ---- */

static void
key_of(const struct id *tree, const char *path, unsigned char key[KEY_LEN])
{
	CLEAN_BUF struct buf b = {0};
	unsigned char sum[SHA256_LEN];

	buf_add(&b, tree->b, ID_LEN);
	buf_adds(&b, path);
	sha256_of(b.data, b.len, sum);
	memcpy(key, sum, KEY_LEN);
}

/* 1 if the folder was known, and then all of it was told again. */
static int
again(struct finder *f, const unsigned char key[KEY_LEN])
{
	const uint64_t *at = f->keep ? map_get(&f->known, key, KEY_LEN) : NULL;
	struct note n = { .kind = NOTE_STRETCH };

	if (at == NULL)
		return 0;
	n.other = f->stretches[*at];
	if (n.other.begin == n.other.end)
		return 1;
	write_down(f, &n, NULL);
	tell_stretch(f, n.other);
	return 1;
}

static void
open_folder(struct finder *f, const struct id *tree,
    const unsigned char key[KEY_LEN])
{
	struct open *o;

	XGROW(f->open, f->n_open, f->cap_open);
	o = &f->open[f->n_open++];
	*o = (struct open){ .tree = *tree, .begin = f->journal.len };
	memcpy(o->key, key, KEY_LEN);
	f->trees++;
}

static void
close_folder(struct finder *f)
{
	const struct open *o = &f->open[--f->n_open];

	if (!f->keep || o->lost || f->ended || f->known.n >= FOLDERS_MAX)
		return;
	XGROW(f->stretches, f->n_stretches, f->cap_stretches);
	map_put(&f->known, o->key, KEY_LEN, f->n_stretches);
	f->stretches[f->n_stretches++] = (struct stretch){ o->begin,
	    f->journal.len };
}

/* ---- the walk ---- */

static const char *
absolute(struct finder *f, const char *path)
{
	buf_reset(&f->path);
	buf_addc(&f->path, '/');
	buf_adds(&f->path, path);
	return buf_str(&f->path);
}

static int
has_stopped(const struct finder *f)
{
	const struct repo_options *o = &f->r->options;

	return o->stop != NULL && o->stop(o->stop_arg);
}

static int
each(void *arg, const char *path, const struct node *n)
{
	struct finder *f = arg;
	const char *p = absolute(f, path);
	unsigned char key[KEY_LEN];
	int what;

	what = f->w->each(f->w->arg, f, &f->open[f->n_open - 1].tree, p, n);
	if (f->ended || what == TREE_END || has_stopped(f))
		return TREE_END;
	if (n->type != NODE_DIR || what != TREE_ENTER || !n->has_subtree)
		return what == TREE_ENTER && n->type == NODE_DIR ? TREE_ENTER :
		    TREE_PASS;
	key_of(&n->subtree, p, key);
	if (again(f, key))
		return f->ended ? TREE_END : TREE_PASS;
	open_folder(f, &n->subtree, key);
	return TREE_ENTER;
}

/* One without a subtree was not opened. */
static int
leave(void *arg, const char *path, const struct node *n)
{
	(void)path;
	if (n->has_subtree)
		close_folder(arg);
	return ((struct finder *)arg)->ended ? TREE_END : TREE_PASS;
}

static int
bad(void *arg, const char *path, const struct id *tree, const struct err *why)
{
	struct finder *f = arg;

	lose(f);
	if (f->w->bad != NULL)
		f->w->bad(f->w->arg, absolute(f, path), tree, why);
	return TREE_PASS;
}

int
finder_walk(struct finder *f, const struct id *root, struct err *e)
{
	const struct tree_walk w = { .each = each, .leave = leave, .bad = bad,
	    .arg = f };
	unsigned char key[KEY_LEN];
	int r;

	f->ended = 0;
	f->n_open = 0;
	key_of(root, "/", key);
	if (again(f, key))
		return f->ended;
	open_folder(f, root, key);
	r = tree_walk(f->r, f->hand, root, &w, e);
	if (r != 0)
		f->open[0].lost = 1;
	if (f->n_open == 1)
		close_folder(f);
	if (r == 1 && has_stopped(f))
		return err_set(e, ERR_STOPPED, "stopped");
	return r;
}

struct finder *
finder_new(struct repo *r, const struct find_watch *w, int keep)
{
	struct finder *f = xalloc(sizeof(*f));

	f->r = r;
	f->w = w;
	f->keep = keep;
	f->hand = repo_hand_new(r);
	return f;
}

uint64_t
finder_trees(const struct finder *f)
{
	return f->trees;
}

void
finder_free(struct finder *f)
{
	if (f == NULL)
		return;
	repo_hand_free(f->hand);
	buf_fini(&f->journal);
	buf_fini(&f->path);
	map_fini(&f->known);
	free(f->stretches);
	free(f->open);
	free(f);
}

/* ---- by name ---- */

static int
before(const struct node_time *a, const struct node_time *b)
{
	return a->sec != b->sec ? a->sec < b->sec : a->nsec < b->nsec;
}

int
find_matches(const struct find_names *k, const char *path,
    const struct node *n)
{
	return glob_list_match(k->patterns, path, strlen(path)) &&
	    !(k->has_oldest && before(&n->mtime, &k->oldest)) &&
	    !(k->has_newest && before(&k->newest, &n->mtime));
}

int
find_enters(const struct find_names *k, const char *path)
{
	return glob_list_below(k->patterns, path, strlen(path));
}
