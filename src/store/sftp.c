/*
 * sftp.c -- a repository behind an SFTP server, laid out as restic does it: the
 * same folders as local.c.  See sftp.h for the parts.
 *
 * We start the user's own ssh, so his configuration, agent, jump hosts and known
 * hosts hold.  Of each connection one thread at a time makes use; another one is
 * opened when all are busy, up to `connections`, for one TCP stream is slower
 * than a line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "crypto/sha256.h"
#include "store/sftp.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/thread.h"
#include "util/time.h"
#include "util/xalloc.h"

#define CONNECTIONS	5			/* as restic */
#define TRY_AGAIN	((int64_t)60 * 1000000)	/* µs: for another line */
#define WAIT		((int64_t)200000)	/* µs: how soon a stop is seen */
#define SWEEP_AT_ONCE	16
#define TRIES		4		/* of the first line */
#define TRY_PAUSE	200000000	/* ns, and longer each time */

/* ---- paths and words ---- */
void
sftp_folder(char out[SFTP_REL_MAX], enum store_kind kind,
    const unsigned char *id)
{
	if (kind == STORE_PACK)
		snprintf(out, SFTP_REL_MAX, "data/%02x", id[0]);
	else
		snprintf(out, SFTP_REL_MAX, "%s", store_kind_folder(kind));
}

void
sftp_rel(char out[SFTP_REL_MAX], const struct store_name *n)
{
	char hex[SHA256_HEX];
	size_t len;

	if (n->kind == STORE_CONFIG) {
		snprintf(out, SFTP_REL_MAX, "config");
		return;
	}
	sftp_folder(out, n->kind, n->id);
	sha256_hex(n->id, hex);
	len = strlen(out);
	snprintf(out + len, SFTP_REL_MAX - len, "/%s", hex);
}

void
sftp_add_path(const struct sftp *s, struct line *l, const char *rel)
{
	CLEAN_FREE char *path = *rel == '\0' ? xstrdup(s->place->path) :
	    xasprintf("%s/%s", s->place->path, rel);

	wire_text(&l->out, path);
}

const char *
sftp_whole(const struct sftp *s, const char *rel, char *q)
{
	CLEAN_FREE char *path = *rel == '\0' ? xstrdup(s->base.place) :
	    xasprintf("%s/%s", s->base.place, rel);

	return quote_to(q, QUOTE_SIZE, path);
}

int
sftp_refused(const struct sftp *s, const char *verb, const char *rel,
    const struct line_reply *r, struct err *e)
{
	static const enum err_kind kinds[] = {
		[WIRE_NO_SUCH_FILE] = ERR_NOENT, [WIRE_DENIED] = ERR_DENIED,
		[WIRE_FAILURE] = ERR_IO, [WIRE_NO_CONNECTION] = ERR_NET,
		[WIRE_CONNECTION_LOST] = ERR_NET, [WIRE_UNSUPPORTED] = ERR_DENIED,
	};
	enum err_kind kind = ERR_CORRUPT;
	char q[QUOTE_SIZE];

	sftp_whole(s, rel, q);
	if (r->type != WIRE_STATUS || r->status == WIRE_OK)
		return err_set(e, ERR_CORRUPT, "%s %s: an answer of type %u makes "
		    "no sense", verb, q, (unsigned)r->type);
	if (r->status < sizeof(kinds) / sizeof(*kinds) &&
	    kinds[r->status] != ERR_NONE)
		kind = kinds[r->status];
	return err_set(e, kind, "%s %s: %s (%u)", verb, q, r->words[0] != '\0' ?
	    r->words : "refused", (unsigned)r->status);
}

int
sftp_want(const struct sftp *s, enum wire_type t, const char *verb,
    const char *rel, const struct line_reply *r, struct err *e)
{
	if (r->type == t && (t != WIRE_STATUS || r->status == WIRE_OK))
		return 0;
	return sftp_refused(s, verb, rel, r, e);
}

int
sftp_broken(const struct sftp *s, const char *verb, const char *rel,
    struct err *e)
{
	char q[QUOTE_SIZE];

	return err_wrap(e, "%s %s", verb, sftp_whole(s, rel, q));
}

/* ---- lines ---- */
/* With the mutex held: another one, without it meanwhile.  1; 0: not now, but
 * others are there; -1. */
static int
one_more(struct sftp *s, struct line **out, struct err *e)
{
	int r;

	s->open++;
	pthread_mutex_unlock(&s->mutex);
	r = line_open(&s->base, s->place->argv, 0, out, e);
	pthread_mutex_lock(&s->mutex);
	if (r == 0)
		return 1;
	s->open--;
	s->no_more_until = time_mono() + TRY_AGAIN;
	return s->open > 0 ? 0 : sftp_broken(s, "reach", "", e);
}

/* With the mutex held: out of the idle ones. */
static struct line *
take_idle(struct sftp *s, const unsigned char *pack)
{
	struct line **at, *l;
	unsigned i;

	for (at = &s->idle; pack != NULL && *at != NULL; at = &(*at)->next)
		for (i = 0; i < LINE_FILES; i++)
			if ((*at)->files[i].len > 0 &&
			    memcmp((*at)->files[i].id, pack, STORE_ID_LEN) == 0) {
				l = *at;
				*at = l->next;
				return l;
			}
	l = s->idle;
	s->idle = l->next;
	return l;
}

static int
take(struct sftp *s, enum store_kind kind, const unsigned char *pack,
    struct line **out, struct err *e)
{
	unsigned most = s->base.caps.connections + (kind == STORE_LOCK);
	int r = 0;

	pthread_mutex_lock(&s->mutex);
	while (r == 0) {
		if (s->idle != NULL) {
			*out = take_idle(s, pack);
			r = 1;
		} else if (s->open == 0 || (s->open < most &&
		    time_mono() >= s->no_more_until)) {
			r = one_more(s, out, e);
		} else {
			thread_wait(&s->freed, &s->mutex, WAIT);
			if (kind != STORE_LOCK && store_stopped(&s->base))
				r = err_set(e, ERR_STOPPED, "asked to stop");
		}
	}
	pthread_mutex_unlock(&s->mutex);
	if (r == 1)
		(*out)->holds_on = kind == STORE_LOCK;
	return r < 0 ? -1 : 0;
}

int
sftp_take(struct sftp *s, enum store_kind kind, struct line **out,
    struct err *e)
{
	return take(s, kind, NULL, out, e);
}

int
sftp_take_for(struct sftp *s, const struct store_name *n, struct line **out,
    struct err *e)
{
	return take(s, n->kind, n->kind == STORE_PACK ? n->id : NULL, out, e);
}

void
sftp_give(struct sftp *s, struct line *l)
{
	struct line *lost = NULL, *next;

	pthread_mutex_lock(&s->mutex);
	if (l->dead) {
		/* The others have gone the same way, most likely. */
		lost = s->idle;
		s->idle = NULL;
		l->next = lost;
		for (lost = l; l != NULL; l = l->next) {
			l->dead = 1;
			s->open--;
		}
	} else {
		l->next = s->idle;
		s->idle = l;
	}
	pthread_cond_broadcast(&s->freed);
	pthread_mutex_unlock(&s->mutex);
	for (; lost != NULL; lost = next) {
		next = lost->next;
		line_close(lost);
	}
}

int
sftp_ask(const struct sftp *s, struct line *l, enum wire_type t,
    const char *rel, struct line_reply *r, struct err *e)
{
	line_begin(l, t);
	sftp_add_path(s, l, rel);
	line_end(l, 0, 0);
	return line_replies(l, r, 1, e);
}

/* ---- what was left behind ---- */
void
sftp_litter(struct sftp *s, const char *rel)
{
	pthread_mutex_lock(&s->mutex);
	if (s->n_litter < SFTP_LITTER_MAX) {
		XGROW(s->litter, s->n_litter, s->cap_litter);
		s->litter[s->n_litter++] = xstrdup(rel);
	}
	pthread_mutex_unlock(&s->mutex);
}

void
sftp_sweep(struct sftp *s, struct line *l)
{
	unsigned n = 0;

	pthread_mutex_lock(&s->mutex);
	while (s->n_litter > 0 && line_has_room(l) && n++ < SWEEP_AT_ONCE) {
		line_begin(l, WIRE_REMOVE);
		sftp_add_path(s, l, s->litter[--s->n_litter]);
		line_end(l, LINE_IGNORED, 0);
		free(s->litter[s->n_litter]);
	}
	pthread_mutex_unlock(&s->mutex);
}

/* ---- opening ---- */
static void
sftp_close(struct store *base)
{
	struct sftp *s = (struct sftp *)base;
	struct line *l;
	size_t i;

	while ((l = s->idle) != NULL) {
		s->idle = l->next;
		line_close(l);
	}
	for (i = 0; i < s->n_litter; i++)
		free(s->litter[i]);
	free(s->litter);
	sftp_place_free(s->place);
	pthread_cond_destroy(&s->freed);
	pthread_mutex_destroy(&s->mutex);
	store_fini(base);
	free(s);
}

static const struct store_ops sftp_ops = {
	.scheme	= "sftp",
	.put	= sftp_put,
	.put_bytes = sftp_put_bytes,
	.get	= sftp_get,
	.size	= sftp_size,
	.list	= sftp_list,
	.remove	= sftp_remove,
	.close	= sftp_close,
};

/* A request to make a folder below the root; tag for its answer. */
static void
ask_mkdir(const struct sftp *s, struct line *l, const char *rel, uint32_t tag)
{
	line_begin(l, WIRE_MKDIR);
	sftp_add_path(s, l, rel);
	wire_mode(&l->out, s->dir_mode);
	line_end(l, tag, 0);
}

static int
make_root(const struct sftp *s, struct line *l, struct err *e)
{
	struct line_reply r;
	char q[QUOTE_SIZE];

	ask_mkdir(s, l, "", 0);
	if (line_replies(l, &r, 1, e) < 0)
		return -1;
	if (r.type == WIRE_STATUS && r.status == WIRE_NO_SUCH_FILE)
		return err_set(e, ERR_ABSENT, "make repository %s: there is no "
		    "folder to make it in", sftp_whole(s, "", q));
	/* That it is there already is a "failure": look_at_root will tell. */
	return r.type == WIRE_STATUS && r.status == WIRE_FAILURE ? 0 :
	    sftp_want(s, WIRE_STATUS, "make repository", "", &r, e);
}

static int
look_at_root(struct sftp *s, struct line *l, struct err *e)
{
	struct line_reply r[2];
	char q[QUOTE_SIZE];

	line_begin(l, WIRE_STAT);
	sftp_add_path(s, l, "");
	line_end(l, 0, 0);
	line_begin(l, WIRE_STAT);
	sftp_add_path(s, l, "config");
	line_end(l, 1, 0);
	if (line_replies(l, r, 2, e) < 0)
		return -1;
	if (r[0].type == WIRE_STATUS && r[0].status == WIRE_NO_SUCH_FILE)
		return err_set(e, ERR_ABSENT, "open repository %s: no such folder",
		    sftp_whole(s, "", q));
	if (sftp_want(s, WIRE_ATTRS, "open repository", "", &r[0], e) < 0)
		return -1;
	if (r[0].attrs.has_mode && !S_ISDIR(r[0].attrs.mode))
		return err_set(e, ERR_USAGE, "open repository %s: it is no folder",
		    sftp_whole(s, "", q));
	/* restic's rule for repositories that several people share. */
	if (r[1].type == WIRE_ATTRS && r[1].attrs.has_mode &&
	    (r[1].attrs.mode & S_IRGRP)) {
		s->dir_mode = 0770;
		s->file_mode = 0440;
	}
	return 0;
}

#define SHARDS		256
#define AT_ONCE		64	/* requests */

/* The folders of a new repository, so that a write finds its own. */
static int
make_layout(const struct sftp *s, struct line *l, struct err *e)
{
	CLEAN_FREE struct line_reply *r = xallocn(AT_ONCE, sizeof(*r));
	char rel[SFTP_REL_MAX];
	enum store_kind k;
	unsigned i;

	for (k = STORE_KEY; k < STORE_KINDS; k++)
		ask_mkdir(s, l, store_kind_folder(k), k);
	if (line_replies(l, r, STORE_KINDS, e) < 0)
		return -1;
	for (i = 0; i < SHARDS; i++) {
		snprintf(rel, sizeof(rel), "data/%02x", i);
		ask_mkdir(s, l, rel, i % AT_ONCE);
		if (i % AT_ONCE == AT_ONCE - 1 &&
		    line_replies(l, r, AT_ONCE, e) < 0)
			return -1;
	}
	/* What was there is a failure, too; so the last is looked at. */
	if (sftp_ask(s, l, WIRE_STAT, "data/ff", r, e) < 0)
		return -1;
	return sftp_want(s, WIRE_ATTRS, "make repository", "data/ff", r, e);
}

static int
begin_once(struct sftp *s, int create, struct err *e)
{
	struct line *l;
	int r;

	if (line_open(&s->base, s->place->argv, 1, &l, e) < 0)
		return sftp_broken(s, "reach", "", e);
	s->open = 1;
	s->base.caps.unsure = !l->fsync;
	r = create ? make_root(s, l, e) : 0;
	if (r == 0)
		r = look_at_root(s, l, e);
	if (r == 0 && create)
		r = make_layout(s, l, e);
	if (l->dead)
		(void)sftp_broken(s, "open repository", "", e);
	sftp_give(s, l);
	return r;
}

/*
 * A server that is busy drops some of those who come (MaxStartups), and then it
 * pays to come again; one that cannot be found or refuses is told at once.
 */
static int
was_dropped(const struct err *e)
{
	return e->kind == ERR_NET && (strstr(e->text, "closed") != NULL ||
	    strstr(e->text, "reset") != NULL ||
	    strstr(e->text, "Broken pipe") != NULL ||
	    strstr(e->text, "ended") != NULL);
}

static int
begin(struct sftp *s, int create, struct err *e)
{
	struct err why = {0};
	int i;

	for (i = 1; begin_once(s, create, &why) < 0; i++) {
		if (i == TRIES || !was_dropped(&why) ||
		    store_stopped(&s->base)) {
			if (e != NULL)
				*e = why;
			return -1;
		}
		nanosleep(&(struct timespec){ 0, (long)i * TRY_PAUSE }, NULL);
	}
	return 0;
}

int
store_sftp(const char *place, const struct store_options *o, int create,
    struct store **out, struct err *e)
{
	struct sftp_place *where;
	struct sftp *s;

	if (sftp_place_new(place, o != NULL ? o->extended : NULL, &where, e) < 0)
		return -1;
	sftp_place_hasten(where);
	s = xalloc(sizeof(*s));
	store_init(&s->base, &sftp_ops, where->label, o,
	    where->connections > 0 ? where->connections : CONNECTIONS);
	store_steer(&s->base);
	s->place = where;
	s->dir_mode = 0700;
	s->file_mode = 0400;
	if (pthread_cond_init(&s->freed, NULL) != 0 ||
	    pthread_mutex_init(&s->mutex, NULL) != 0)
		abort();
	if (begin(s, create, e) < 0) {
		sftp_close(&s->base);
		return -1;
	}
	*out = &s->base;
	return 0;
}

int
store_sftp_check(const char *place, const char *const *extended,
    struct err *e)
{
	struct sftp_place *where;

	if (sftp_place_new(place, extended, &where, e) < 0)
		return -1;
	sftp_place_free(where);
	return 0;
}
