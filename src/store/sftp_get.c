/*
 * sftp_get.c -- reading from a repository behind SFTP, and removing.  All of a
 * read is asked for at once, in pieces as large as the server gives.
 */
#include <stdlib.h>
#include <string.h>

#include "store/sftp.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define CRUMBS_MAX	4096	/* answers that were shorter than asked for */
#define CRUMB		0x80000000u

struct stretch {
	uint32_t	 from, len;
};

struct getting {
	const struct sftp *s;
	const char	*rel;
	const struct line_file *file;
	uint64_t	 at;
	unsigned char	*out;
	size_t		 len, chunk, next;
	struct stretch	*crumbs;
	size_t		 n_crumbs, cap_crumbs, asked;
};

static void
ask_for(struct getting *g, struct line *l, struct stretch p, uint32_t tag)
{
	line_begin(l, WIRE_READ);
	wire_bytes(&l->out, g->file->handle, g->file->len);
	wire_u64(&l->out, g->at + p.from);
	wire_u32(&l->out, p.len);
	line_end(l, tag, p.len);
}

/* The tag's stretch: of the first round by number, else a crumb. */
static struct stretch
stretch_of(const struct getting *g, uint32_t tag)
{
	size_t from = (size_t)tag * g->chunk;

	if (tag & CRUMB)
		return g->crumbs[tag & ~CRUMB];
	return (struct stretch){ (uint32_t)from, (uint32_t)(g->len - from <
	    g->chunk ? g->len - from : g->chunk) };
}

static int
more_reads(void *arg, struct line *l)
{
	struct getting *g = arg;
	uint32_t tag;

	if (g->asked < g->n_crumbs)
		tag = CRUMB | (uint32_t)g->asked++;
	else if (g->next < g->len) {
		tag = (uint32_t)(g->next / g->chunk);
		g->next += g->chunk;
	} else
		return 0;
	ask_for(g, l, stretch_of(g, tag), tag);
	return 1;
}

static int
take_read(void *arg, struct line *l, uint32_t tag, struct wire_answer *a,
    struct err *e)
{
	struct getting *g = arg;
	struct stretch p = stretch_of(g, tag);
	struct line_reply r = { .type = a->type, .status = a->status };
	char q[QUOTE_SIZE];

	(void)l;
	if (a->type == WIRE_STATUS && a->status == WIRE_EOF)
		return err_set(e, ERR_CORRUPT, "read %s: it is too short",
		    sftp_whole(g->s, g->rel, q));
	if (a->type != WIRE_DATA || a->bytes.len == 0 || a->bytes.len > p.len)
		return sftp_refused(g->s, "read", g->rel, &r, e);
	memcpy(g->out + p.from, a->bytes.data, a->bytes.len);
	if (a->bytes.len == p.len)
		return 0;
	if (g->n_crumbs == CRUMBS_MAX)
		return err_set(e, ERR_NET, "read %s: the server gives crumbs "
		    "only", sftp_whole(g->s, g->rel, q));
	XGROW(g->crumbs, g->n_crumbs, g->cap_crumbs);
	g->crumbs[g->n_crumbs++] = (struct stretch){
	    p.from + (uint32_t)a->bytes.len, p.len - (uint32_t)a->bytes.len };
	return 0;
}

int
sftp_open_file(const struct sftp *s, struct line *l, const char *rel,
    struct line_reply *r, struct err *e)
{
	line_begin(l, WIRE_OPEN);
	sftp_add_path(s, l, rel);
	wire_u32(&l->out, WIRE_O_READ);
	wire_mode(&l->out, -1);
	line_end(l, 0, 0);
	return line_replies(l, r, 1, e) < 0 ? sftp_broken(s, "read", rel, e) :
	    sftp_want(s, WIRE_HANDLE, "read", rel, r, e);
}

/*
 * A pack is read in several stretches, one soon behind the other: it is kept open
 * until others have come after it.
 */
static struct line_file *
find_open(struct line *l, const struct store_name *n)
{
	unsigned i;

	for (i = 0; n->kind == STORE_PACK && i < LINE_FILES; i++)
		if (l->files[i].len > 0 &&
		    memcmp(l->files[i].id, n->id, STORE_ID_LEN) == 0)
			return &l->files[i];
	return NULL;
}

static void
close_file(struct line *l, struct line_file *f)
{
	if (f->len > 0)
		line_forget(l, f->handle, f->len);
	f->len = 0;
}

static int
open_one(const struct sftp *s, struct line *l, const struct store_name *n,
    const char *rel, struct line_file **out, struct err *e)
{
	struct line_file *f = &l->files[l->next_file++ % LINE_FILES];
	struct line_reply r;

	close_file(l, f);
	if (sftp_open_file(s, l, rel, &r, e) < 0)
		return -1;
	memcpy(f->id, n->id, sizeof(f->id));
	memcpy(f->handle, r.handle, r.handle_len);
	f->len = r.handle_len;
	*out = f;
	return 0;
}

static int
get_on(const struct sftp *s, struct line *l, const struct store_name *n,
    struct getting *g, struct err *e)
{
	const struct line_talk t = { .more = more_reads, .heard = take_read,
	    .arg = g };
	struct line_file *f = find_open(l, n);
	int r;

	if (f == NULL && open_one(s, l, n, g->rel, &f, e) < 0)
		return -1;
	g->file = f;
	g->chunk = l->read_max;
	r = line_talk(l, &t, e);
	free(g->crumbs);
	if (l->dead)
		return sftp_broken(s, "read", g->rel, e);
	if (r < 0 || n->kind != STORE_PACK)
		close_file(l, f);
	return r;
}

int
sftp_get(struct store *base, const struct store_name *n, uint64_t at,
    void *out, size_t len, struct err *e)
{
	struct sftp *s = (struct sftp *)base;
	char rel[SFTP_REL_MAX];
	struct line *l;
	int r;

	if (len > UINT32_MAX / 2)
		return err_set(e, ERR_USAGE, "read at most 2 GiB at once");
	struct getting g = { .s = s, .rel = rel, .at = at, .out = out,
	    .len = len };

	sftp_rel(rel, n);
	if (sftp_take_for(s, n, &l, e) < 0)
		return -1;
	r = get_on(s, l, n, &g, e);
	sftp_give(s, l);
	return r;
}

int
sftp_size(struct store *base, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	struct sftp *s = (struct sftp *)base;
	char rel[SFTP_REL_MAX];
	struct line_reply reply;
	struct line *l;
	int r;

	sftp_rel(rel, n);
	if (sftp_take(s, n->kind, &l, e) < 0)
		return -1;
	r = sftp_ask(s, l, WIRE_STAT, rel, &reply, e);
	sftp_give(s, l);
	if (r < 0)
		return sftp_broken(s, "look at", rel, e);
	if (sftp_want(s, WIRE_ATTRS, "look at", rel, &reply, e) < 0)
		return -1;
	if (!reply.attrs.has_size)
		return err_set(e, ERR_CORRUPT, "look at %s: the server tells no "
		    "size", rel);
	*size = reply.attrs.size;
	return 0;
}

/* ---- removing ---- */
/*
 * Of what is removed only packs and locks need not be known to be gone: a pack
 * that a power cut brings back is in no index, a lock grows old.  A folder can be
 * flushed if it can be opened as a file, as with OpenSSH.
 */
static int
flush_folder(const struct sftp *s, struct line *l, enum store_kind kind,
    struct err *e)
{
	struct line_reply r;
	char folder[SFTP_REL_MAX];

	if (!l->fsync || kind == STORE_PACK || kind == STORE_LOCK)
		return 0;
	sftp_folder(folder, kind, NULL);
	if (sftp_open_file(s, l, folder, &r, e) < 0)
		return l->dead ? -1 : 0;
	line_begin(l, WIRE_EXTENDED);
	wire_text(&l->out, "fsync@openssh.com");
	wire_bytes(&l->out, r.handle, r.handle_len);
	line_end(l, 0, 0);
	line_forget(l, r.handle, r.handle_len);
	return line_replies(l, &r, 1, e);
}

int
sftp_remove(struct store *base, const struct store_name *n, struct err *e)
{
	struct sftp *s = (struct sftp *)base;
	char rel[SFTP_REL_MAX];
	struct line_reply reply;
	struct line *l;
	int r;

	sftp_rel(rel, n);
	if (sftp_take(s, n->kind, &l, e) < 0)
		return -1;
	r = sftp_ask(s, l, WIRE_REMOVE, rel, &reply, e);
	if (r == 0 && reply.status != WIRE_NO_SUCH_FILE)
		r = sftp_want(s, WIRE_STATUS, "remove", rel, &reply, e);
	if (r == 0)
		r = flush_folder(s, l, n->kind, e);
	if (l->dead)
		(void)sftp_broken(s, "remove", rel, e);
	sftp_give(s, l);
	return r;
}
