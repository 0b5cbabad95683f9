/*
 * sftp_list.c -- the names in a repository behind SFTP.  All folders of packs are
 * read at once, a request each on its way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "crypto/sha256.h"
#include "store/sftp.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define SHARDS		256
#define AT_ONCE		64		/* requests for files looked at singly */
#define PACKS_MAX	((uint64_t)16000000)	/* 256 TiB of them */
#define NAMES_MAX	((uint64_t)1000000)	/* of every other kind */
#define SHARDS_MAX	((uint64_t)20000)	/* of folders, and what lies beside */
#define AHEAD		4		/* requests, once a folder proves long */

enum turn { TO_OPEN, OPENING, READING, DONE };

/* A folder being read. */
struct folder {
	enum turn	 turn;
	unsigned	 asked, heard;	/* READDIRs */
	unsigned char	 handle[WIRE_HANDLE_MAX];
	size_t		 handle_len;
};

struct temporary {
	uint32_t	 mtime;		/* s, by the server's clock */
	char		 name[SFTP_TMP_NAME];
};

struct listing {
	struct sftp	*s;
	enum store_kind	 kind;
	int		 shards;	/* which of data's folders are there is read */
	int (*each)(void *arg, const struct store_name *n, uint64_t size);
	void		*arg;
	int		 answer;	/* each's, if not 0 */
	struct folder	*v;
	size_t		 n, first;	/* before first all are done */
	const unsigned char *which;	/* of v: its shard; NULL: v is one folder */
	uint64_t	 names;
	unsigned char	*there;		/* of shards: 1 if it is there */
	struct store_name *unclear;	/* links, and what came without a size */
	size_t		 n_unclear, cap_unclear;
	uint32_t	 newest;	/* s: the server's clock is not before */
	struct temporary *temps;	/* of ours, in v's only folder */
	size_t		 n_temps, cap_temps;
};

/* restic writes lower case, so nothing else can be found by its id. */
static int
read_id(const struct wire_bytes *name, unsigned char *id)
{
	char hex[SHA256_HEX];

	if (name->len != 64)
		return -1;
	memcpy(hex, name->data, 64);
	hex[64] = '\0';
	return strspn(hex, "0123456789abcdef") == 64 ? sha256_parse(hex, id) : -1;
}

static void
rel_of(const struct listing *g, size_t i, char rel[SFTP_REL_MAX])
{
	unsigned char first = g->which == NULL ? 0 : g->which[i];

	if (g->which == NULL)
		snprintf(rel, SFTP_REL_MAX, "%s", store_kind_folder(g->kind));
	else
		sftp_folder(rel, STORE_PACK, &first);
}

static void
see_other(struct listing *g, const struct wire_bytes *name,
    const struct wire_attrs *a)
{
	struct temporary *t;

	if (name->len < sizeof(SFTP_TMP) || name->len >= SFTP_TMP_NAME ||
	    memcmp(name->data, SFTP_TMP, sizeof(SFTP_TMP) - 1) != 0 ||
	    !a->has_time || !a->has_mode || !S_ISREG(a->mode) ||
	    g->n_temps == SFTP_LITTER_MAX)
		return;
	XGROW(g->temps, g->n_temps, g->cap_temps);
	t = &g->temps[g->n_temps++];
	t->mtime = a->mtime;
	memcpy(t->name, name->data, name->len);
	t->name[name->len] = '\0';
}

/*
 * Old temporaries of ours are remembered; whoever writes next removes them.
 * Old by the server's clock too: what another machine is writing now would be
 * old by ours, if the two clocks differ.  The folder itself and its newest file
 * tell what the server's clock has reached.
 */
static void
note_litter(const struct listing *g)
{
	int64_t ours = time(NULL), now = g->newest < ours ? g->newest : ours;
	char rel[SFTP_REL_MAX];
	size_t i;

	for (i = 0; i < g->n_temps; i++) {
		if (now - (int64_t)g->temps[i].mtime < SFTP_TMP_OLD)
			continue;
		snprintf(rel, sizeof(rel), "%s/%s", store_kind_folder(g->kind),
		    g->temps[i].name);
		sftp_litter(g->s, rel);
	}
}

static void
see_shard(struct listing *g, const struct wire_bytes *name)
{
	static const char digits[] = "0123456789abcdef";
	const char *a, *b;

	if (name->len != 2 || (a = strchr(digits, name->data[0])) == NULL ||
	    (b = strchr(digits, name->data[1])) == NULL)
		return;
	g->there[(a - digits) << 4 | (b - digits)] = 1;
}

static int
see_name(struct listing *g, size_t i, const struct wire_bytes *name,
    const struct wire_attrs *a)
{
	struct store_name n = { .kind = g->kind };

	if (g->which == NULL && a->has_time && a->mtime > g->newest)
		g->newest = a->mtime;
	if (g->shards)
		see_shard(g, name);
	if (read_id(name, n.id) < 0) {
		if (g->which == NULL)
			see_other(g, name, a);
		return 0;
	}
	if (g->shards || (g->which != NULL && n.id[0] != g->which[i]))
		return 0;
	if (!a->has_size || !a->has_mode || S_ISLNK(a->mode)) {
		XGROW(g->unclear, g->n_unclear, g->cap_unclear);
		g->unclear[g->n_unclear++] = n;
		return 0;
	}
	return S_ISREG(a->mode) ? g->each(g->arg, &n, a->size) : 0;
}

static uint64_t
most(const struct listing *g)
{
	return g->shards ? SHARDS_MAX : g->kind == STORE_PACK ? PACKS_MAX :
	    NAMES_MAX;
}

static int
see_names(struct listing *g, size_t i, struct wire_answer *a, struct err *e)
{
	struct wire_attrs attrs;
	struct wire_bytes name;
	int r;

	/* Nothing, again and again, would have no end. */
	if (a->count == 0)
		return err_set(e, ERR_CORRUPT, "the server lists nothing and says "
		    "that there is more");
	while ((r = wire_name(a, &name, &attrs, e)) == 1) {
		if (g->names++ == most(g))
			return err_set(e, ERR_CORRUPT, "more names than a "
			    "repository can have");
		if ((g->answer = see_name(g, i, &name, &attrs)) != 0)
			return err_set(e, ERR_STOPPED, "ended");
	}
	return r;
}

/* ---- requests and answers; a tag is the folder's number ---- */
static int
more_requests(void *arg, struct line *l)
{
	struct listing *g = arg;
	struct folder *f;
	char rel[SFTP_REL_MAX];
	size_t i;

	while (g->first < g->n && g->v[g->first].turn == DONE)
		g->first++;
	for (i = g->first; i < g->n; i++) {
		f = &g->v[i];
		if (f->turn == TO_OPEN) {
			rel_of(g, i, rel);
			line_begin(l, WIRE_OPENDIR);
			sftp_add_path(g->s, l, rel);
			line_end(l, (uint32_t)i, 0);
			f->turn = OPENING;
			return 1;
		}
		if (f->turn == READING && f->asked - f->heard <
		    (f->heard >= 2 ? AHEAD : 1)) {
			line_begin(l, WIRE_READDIR);
			wire_bytes(&l->out, f->handle, f->handle_len);
			line_end(l, (uint32_t)i, 0);
			f->asked++;
			return 1;
		}
	}
	return 0;
}

static int
opened(struct listing *g, size_t i, const struct wire_answer *a,
    struct err *e)
{
	struct line_reply r = { .type = a->type, .status = a->status };
	struct folder *f = &g->v[i];
	char rel[SFTP_REL_MAX];

	if (a->type == WIRE_HANDLE) {
		memcpy(f->handle, a->bytes.data, a->bytes.len);
		f->handle_len = a->bytes.len;
		f->turn = READING;
		return 0;
	}
	f->turn = DONE;
	if (a->type == WIRE_STATUS && a->status == WIRE_NO_SUCH_FILE)
		return 0;
	rel_of(g, i, rel);
	return sftp_refused(g->s, "list", rel, &r, e);
}

static int
heard(void *arg, struct line *l, uint32_t tag, struct wire_answer *a,
    struct err *e)
{
	struct listing *g = arg;
	struct folder *f = &g->v[tag];
	struct line_reply r = { .type = a->type, .status = a->status };
	char rel[SFTP_REL_MAX];

	if (f->turn == OPENING)
		return opened(g, tag, a, e);
	f->heard++;
	if (a->type == WIRE_NAME && f->turn == READING)
		return see_names(g, tag, a, e);
	if (a->type == WIRE_STATUS && a->status == WIRE_EOF) {
		if (f->turn == READING)
			line_forget(l, f->handle, f->handle_len);
		f->turn = DONE;
		return 0;
	}
	rel_of(g, tag, rel);
	return sftp_refused(g->s, "list", rel, &r, e);
}

static int
run(struct listing *g, struct line *l, size_t n, struct err *e)
{
	const struct line_talk t = { .more = more_requests, .heard = heard,
	    .arg = g };
	int r;

	g->n = n;
	g->first = 0;
	g->v = xallocn(n, sizeof(*g->v));
	r = line_talk(l, &t, e);
	free(g->v);
	return r;
}

/* What a link leads to, and sizes that were not told. */
static int
look_closer(struct listing *g, struct line *l, struct err *e)
{
	CLEAN_FREE struct line_reply *r = xallocn(AT_ONCE, sizeof(*r));
	char rel[SFTP_REL_MAX];
	size_t i, k, n;

	for (i = 0; i < g->n_unclear; i += n) {
		n = g->n_unclear - i < AT_ONCE ? g->n_unclear - i : AT_ONCE;
		for (k = 0; k < n; k++) {
			sftp_rel(rel, &g->unclear[i + k]);
			line_begin(l, WIRE_STAT);
			sftp_add_path(g->s, l, rel);
			line_end(l, (uint32_t)k, 0);
		}
		if (line_replies(l, r, n, e) < 0)
			return -1;
		for (k = 0; k < n; k++)
			if (r[k].type == WIRE_ATTRS && r[k].attrs.has_size &&
			    (!r[k].attrs.has_mode || S_ISREG(r[k].attrs.mode)) &&
			    (g->answer = g->each(g->arg, &g->unclear[i + k],
			    r[k].attrs.size)) != 0)
				return err_set(e, ERR_STOPPED, "ended");
	}
	return 0;
}

/* Packs: first which folders there are, then all of them. */
static int
list_packs(struct listing *g, struct line *l, struct err *e)
{
	unsigned char there[SHARDS] = {0}, which[SHARDS];
	unsigned i, n = 0;

	g->there = there;
	g->shards = 1;
	if (run(g, l, 1, e) < 0)
		return -1;
	g->shards = 0;
	g->names = 0;
	for (i = 0; i < SHARDS; i++)
		if (there[i])
			which[n++] = (unsigned char)i;
	g->which = which;
	return n == 0 ? 0 : run(g, l, n, e);
}

int
sftp_list(struct store *base, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	struct sftp *s = (struct sftp *)base;
	struct listing g = { .s = s, .kind = kind, .each = each, .arg = arg };
	struct line *l;
	int r;

	if (sftp_take(s, kind, &l, e) < 0)
		return -1;
	r = kind == STORE_PACK ? list_packs(&g, l, e) : run(&g, l, 1, e);
	if (r == 0)
		r = look_closer(&g, l, e);
	note_litter(&g);
	free(g.unclear);
	free(g.temps);
	if (l->dead)
		(void)sftp_broken(s, "list", store_kind_folder(kind), e);
	sftp_give(s, l);
	return r < 0 && g.answer != 0 ? g.answer : r;
}
