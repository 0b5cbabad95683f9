/* repair_index.c -- an index that tells what is there: see repair.h. */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repo/index_impl.h"
#include "repo/lock.h"
#include "repo/pack.h"
#include "repo/repair_impl.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/crew.h"
#include "util/err.h"
#include "util/xalloc.h"

#define THREADS_MAX	4

struct ids {
	struct id	*v;
	size_t		 n, cap;
};

struct pack {
	struct id	 id;
	uint64_t	 must, is;	/* bytes; what the index says, what is there */
	unsigned char	 known, there, anew;
};

struct mend {
	struct repo	*r;
	const struct repair_watch *w;
	struct repair_index *out;
	struct ids	 bad;		/* index files */
	struct pack	*v;		/* sorted */
	size_t		 n, cap;
	size_t		 told;		/* how many packs the index has, counting
					   those twice that two files name */

	/* reading headers */
	struct index_writer *writer;
	struct ids	 failed;	/* sorted in the end */
	pthread_mutex_t	 lock;
	size_t		 next;
	int		 ended;
	struct err	*e;
};

static void
mend_fini(struct mend *m)
{
	free(m->bad.v);
	free(m->v);
	free(m->failed.v);
	pthread_mutex_destroy(&m->lock);
}

void
repair_tell(const struct repair_watch *w, const char *fmt, ...)
{
	char text[700];
	va_list ap;

	if (w->told == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	w->told(w->arg, text);
}

void
repair_step(const struct repair_watch *w, enum repair_step step,
    uint64_t done, uint64_t total)
{
	if (w->step != NULL)
		w->step(w->arg, step, done, total);
}

int
repair_may_remove(const struct repair_watch *w, struct err *e)
{
	return w->lock != NULL && lock_lost(w->lock) ?
	    err_set(e, ERR_LOCKED, "the lock could not be refreshed in time") :
	    0;
}

static void
add(struct ids *s, const struct id *id)
{
	XGROW(s->v, s->n, s->cap);
	s->v[s->n++] = *id;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

/* ---- index files ---- */

static int
add_name(void *arg, const struct store_name *n, uint64_t size)
{
	struct id id;

	(void)size;
	memcpy(id.b, n->id, ID_LEN);
	add(arg, &id);
	return 0;
}

static int
take_nothing(void *arg, const struct index_file_pack *p)
{
	(void)arg;
	(void)p;
	return 0;
}

/* 1 if it is damaged; what else goes wrong may be of the moment. */
static int
is_damaged(struct mend *m, const struct id *file, struct buf *json,
    struct err *e)
{
	char hex[ID_HEX];

	buf_reset(json);
	if (repo_get(m->r, STORE_INDEX, file, json, e) == 0 &&
	    index_file_read(json->data, json->len, take_nothing, NULL, e) == 0)
		return 0;
	if (e->kind == ERR_NOENT)
		return 0;
	if (e->kind != ERR_CORRUPT)
		return -1;
	id_hex(file, hex);
	repair_tell(m->w, "index file %s is damaged: %s", hex, e->text);
	return 1;
}

static int
find_bad_files(struct mend *m, struct err *e)
{
	CLEAN_BUF struct buf json = {0};
	struct ids files = {0};
	int bad = 0;
	size_t i;

	if (store_list(m->r->store, STORE_INDEX, add_name, &files, e) < 0)
		bad = -1;
	for (i = 0; i < files.n && bad >= 0; i++) {
		repair_step(m->w, REPAIR_INDEX_FILES, i, files.n);
		bad = is_damaged(m, &files.v[i], &json, e);
		if (bad == 1)
			add(&m->bad, &files.v[i]);
	}
	free(files.v);
	m->out->bad_files = m->bad.n;
	return bad < 0 ? -1 : 0;
}

/* ---- packs ---- */

static struct pack *
find(const struct mend *m, const struct id *id)
{
	return m->n == 0 ? NULL :
	    bsearch(id, m->v, m->n, sizeof(*m->v), by_id);
}

static int
see_indexed(void *arg, const struct index_pack *p)
{
	struct mend *m = arg;
	uint64_t plain = 0, bytes = 0;
	size_t i;

	for (i = 0; i < p->n; i++) {
		plain += !p->v[i].compressed;
		bytes += p->v[i].length;
	}
	XGROW(m->v, m->n, m->cap);
	m->v[m->n++] = (struct pack){ .id = p->id, .known = 1,
	    .must = pack_size(plain, p->n - plain, bytes) };
	return 0;
}

static int
see_file(void *arg, const struct store_name *n, uint64_t size)
{
	struct mend *m = arg;
	struct pack *p;
	struct id id;

	memcpy(id.b, n->id, ID_LEN);
	XGROW(m->v, m->n, m->cap);
	p = &m->v[m->n++];
	*p = (struct pack){ .id = id, .there = 1, .is = size };
	return 0;
}

/* One each, of what the index and the store said. */
static void
put_together(struct mend *m)
{
	size_t i, k = 0;

	if (m->n > 1)
		qsort(m->v, m->n, sizeof(*m->v), by_id);
	for (i = 0; i < m->n; i++) {
		if (k == 0 || !id_equal(&m->v[k - 1].id, &m->v[i].id)) {
			m->v[k++] = m->v[i];
			continue;
		}
		m->v[k - 1].known |= m->v[i].known;
		m->v[k - 1].there |= m->v[i].there;
		m->v[k - 1].must += m->v[i].must;
		m->v[k - 1].is += m->v[i].is;
	}
	m->n = k;
}

static void
judge(struct mend *m, struct pack *p, int all)
{
	char hex[ID_HEX];

	id_hex(&p->id, hex);
	p->anew = p->there && (all || !p->known || p->must != p->is);
	if (!p->there) {
		m->out->gone++;
		repair_tell(m->w, "pack %s is not there: it leaves the index",
		    hex);
	} else if (!p->known)
		repair_tell(m->w, "pack %s is in no index file", hex);
	else if (p->must != p->is)
		repair_tell(m->w, "pack %s has %" PRIu64 " bytes, where the "
		    "index says %" PRIu64, hex, p->is, p->must);
}

static int
find_packs(struct mend *m, int all, struct err *e)
{
	struct index_stat st;
	size_t i;

	if (index_each_whole(m->r->index, NULL, NULL, see_indexed, m, e) != 0 ||
	    store_list(m->r->store, STORE_PACK, see_file, m, e) < 0)
		return -1;
	put_together(m);
	index_stat(m->r->index, &st);
	m->told = st.packs;
	for (i = 0; i < m->n; i++) {
		m->told -= m->v[i].known;
		judge(m, &m->v[i], all);
		m->out->read += m->v[i].anew;
	}
	return 0;
}

/* ---- headers ---- */

struct header {
	struct pack_entry *v;
	size_t		 n, cap;
};

static int
take_entry(void *arg, const struct pack_entry *p)
{
	struct header *h = arg;

	XGROW(h->v, h->n, h->cap);
	h->v[h->n++] = *p;
	return 0;
}

/* The next pack whose header is wanted, or NULL. */
static struct pack *
next_pack(struct mend *m)
{
	const struct repo_options *o = &m->r->options;
	struct pack *p = NULL;

	pthread_mutex_lock(&m->lock);
	if (!m->ended && o->stop != NULL && o->stop(o->stop_arg)) {
		err_set(m->e, ERR_STOPPED, "stopped");
		m->ended = 1;
	}
	while (m->next < m->n && !m->v[m->next].anew)
		m->next++;
	if (!m->ended && m->next < m->n) {
		repair_step(m->w, REPAIR_HEADERS, m->next, m->n);
		p = &m->v[m->next++];
	}
	pthread_mutex_unlock(&m->lock);
	return p;
}

static void
cannot_read(struct mend *m, const struct pack *p, const struct err *why)
{
	char hex[ID_HEX];

	id_hex(&p->id, hex);
	add(&m->failed, &p->id);
	if (!p->known) {
		m->out->junk++;
		repair_tell(m->w, "%s; nobody knows what is in it: it is left "
		    "alone", why->text);
		return;
	}
	m->out->unread++;
	repair_tell(m->w, "%s; the index keeps what it knows of it, save that: "
	    "repair packs %s", why->text, hex);
}

static void
read_header(struct mend *m, struct repo_hand *hand, const struct pack *p,
    struct header *h)
{
	struct err why;
	int r;

	h->n = 0;
	r = pack_read(m->r, hand, &p->id, p->is, take_entry, h, &why);
	pthread_mutex_lock(&m->lock);
	if (m->ended)
		r = 0;
	else if (r == 0) {
		m->out->added += !p->known;
		if (index_writer_pack(m->writer, &p->id, h->v, h->n,
		    m->e) < 0)
			m->ended = 1;
	} else if (why.kind == ERR_STOPPED) {
		*m->e = why;
		m->ended = 1;
	} else
		cannot_read(m, p, &why);
	pthread_mutex_unlock(&m->lock);
}

static void
read_some(void *arg, unsigned who)
{
	struct mend *m = arg;
	struct repo_hand *hand = repo_hand_new(m->r);
	struct header h = {0};
	const struct pack *p;

	(void)who;
	while ((p = next_pack(m)) != NULL)
		read_header(m, hand, p, &h);
	free(h.v);
	repo_hand_free(hand);
}

static int
has_failed(void *arg, const struct run *u, uint32_t pack)
{
	const struct mend *m = arg;

	return m->failed.n > 0 && bsearch(&u->is.packs[pack].id, m->failed.v,
	    m->failed.n, sizeof(struct id), by_id) != NULL;
}

static int
keep_known(void *arg, const struct index_pack *p)
{
	struct mend *m = arg;

	return index_writer_pack(m->writer, &p->id, p->v, p->n, m->e);
}

/* What the packs themselves tell; and of those that tell nothing any more, what
 * was known. */
static int
read_headers(void *arg, struct index_writer *w, struct err *e)
{
	struct mend *m = arg;

	m->writer = w;
	m->e = e;
	crew_once(crew_fit(THREADS_MAX), read_some, m);
	if (m->ended)
		return -1;
	if (m->failed.n == 0)
		return 0;
	qsort(m->failed.v, m->failed.n, sizeof(struct id), by_id);
	return index_each_whole(m->r->index, has_failed, m, keep_known, m,
	    e) == 0 ? 0 : -1;
}

static int
stays(void *arg, const struct id *pack)
{
	const struct pack *p = find(arg, pack);

	return p != NULL && p->there && !p->anew;
}

static int
remove_bad_files(struct mend *m, struct err *e)
{
	size_t i;

	for (i = 0; i < m->bad.n; i++)
		if (repo_remove(m->r, STORE_INDEX, &m->bad.v[i], e) < 0)
			return -1;
	return 0;
}

static int
mend(struct mend *m, int all, struct err *e)
{
	if (find_bad_files(m, e) < 0)
		return -1;
	index_pass_over(m->r, m->bad.v, m->bad.n);
	if (repo_load_index(m->r, e) < 0 || find_packs(m, all, e) < 0 ||
	    repair_may_remove(m->w, e) < 0)
		return -1;
	m->out->changed = m->bad.n > 0 || m->out->gone > 0 ||
	    m->out->read > 0 || m->told > 0;
	if (!m->out->changed)
		return 0;
	if (index_rewrite_with(m->r, all || m->told > 0, stays, read_headers, m,
	    e) < 0)
		return -1;
	return remove_bad_files(m, e);
}

int
repair_index(struct repo *r, int all, const struct repair_watch *w,
    struct repair_index *out, struct err *e)
{
	CLEAN(mend_fini) struct mend m = { .r = r, .w = w, .out = out };
	struct err here;

	*out = (struct repair_index){0};
	pthread_mutex_init(&m.lock, NULL);
	return mend(&m, all, e != NULL ? e : &here);
}
