/*
 * catalog_open.c -- to own the catalog, or to join its owner.
 *
 * The lock decides.  Who gets it owns; who does not asks the holder over the
 * socket.  The holder may be one who only asks and will be gone in a moment,
 * or may just be starting or ending: that is waited for, CATALOG_PATIENCE long.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog/client.h"
#include "catalog/db.h"
#include "catalog/impl.h"
#include "catalog/lock.h"
#include "catalog/peer.h"
#include "catalog/server.h"
#include "catalog/state.h"
#include "util/xalloc.h"

#define NAP_NS	10000000

static struct catalog *
make(void)
{
	struct catalog *c = xalloc(sizeof(*c));

	c->dir_fd = c->lock_fd = -1;
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->tell_lock, NULL);
	pthread_mutex_init(&c->live_lock, NULL);
	pthread_mutex_init(&c->claim_lock, NULL);
	return c;
}

/* Words for others' messages: one line, no control characters. */
static void
set_what(struct catalog *c, const char *what)
{
	char *p;

	snprintf(c->what, sizeof(c->what), "%s", what ? what : "");
	for (p = c->what; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

/*
 * Neither half a value nor a run that nobody does is left behind.  With no
 * room to say so, the catalog can still be read.
 */
static int
tidy(struct catalog *c, struct err *e)
{
	if ((runs_mark_crashed(c, e) < 0 || kv_drop_orphans(c, e) < 0) &&
	    c->db->broken.kind != ERR_FULL)
		return -1;
	return 0;
}

static int
become_owner(struct catalog *c, struct err *e)
{
	c->owner = 1;
	lock_tell(c->lock_fd, c->role, c->what);
	if (db_open(c->dir_fd, c->dir, 0, &c->db, e) < 0)
		return -1;
	if (c->role != CATALOG_ASK)
		c->ballast = state_ballast(c->dir_fd);
	return tidy(c, e);
}

static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
}

/* 1 we hold the lock, 0 joined its holder, -1 (ERR_LOCKED and others). */
static int
own_or_join(struct catalog *c, int lock, struct err *e)
{
	int64_t end = peer_clock() + CATALOG_PATIENCE;
	int r;

	for (;;) {
		if (c->role != CATALOG_WORK && (r = lock_try(lock, e)) != 0)
			return r;
		r = client_join(c->dir_fd, c->role, c->what, &c->remote,
		    &c->lock_fd, e);
		if (r == 1 || r == -1)
			return r < 0 ? -1 : 0;
		if (r == CLIENT_SILENT || peer_clock() >= end)
			break;
		nap();
	}
	if (c->role == CATALOG_WORK)
		return err_set(e, ERR_NOENT,
		    "there is no fettle at work to help");
	return lock_refused(lock, r == CLIENT_SILENT, e);
}

static int
open_in(struct catalog *c, int wait, struct err *e)
{
	int lock = lock_open(c->dir_fd, e), r;

	if (lock < 0)
		return -1;
	r = own_or_join(c, lock, e);
	if (r < 0 && e->kind == ERR_LOCKED && wait && c->role == CATALOG_RUN)
		r = lock_wait(lock, e) < 0 ? -1 : 1;
	if (r != 1) {
		close(lock);
		return r;
	}
	c->lock_fd = lock;
	return become_owner(c, e);
}

int
catalog_open(const struct catalog_options *o, struct catalog **out,
    struct err *e)
{
	struct catalog *c = make();
	struct err own = {0};

	if (e == NULL)
		e = &own;
	*e = (struct err){0};
	c->role = o->role;
	c->dir = xstrdup(o->state_dir);
	set_what(c, o->what);
	if (*c->dir != '/')
		err_set(e, ERR_USAGE, "state folder %s: not an absolute path",
		    c->dir);
	else if (state_open(c->dir, &c->dir_fd, e) == 0 &&
	    open_in(c, o->wait, e) == 0) {
		*out = c;
		return 0;
	}
	catalog_close(c);
	return -1;
}

struct catalog *
catalog_in_memory(void)
{
	struct catalog *c = make();

	c->role = CATALOG_DAEMON;
	c->owner = 1;
	c->dir = xstrdup("(memory)");
	if (db_open(-1, c->dir, 1, &c->db, NULL) < 0)
		abort();
	return c;
}

void
catalog_close(struct catalog *c)
{
	if (c == NULL)
		return;
	server_stop(c->server);
	client_free(c->remote);
	db_close(c->db);
	/* Never an explicit unlock: a child may still hold it for us. */
	if (c->lock_fd >= 0)
		close(c->lock_fd);
	if (c->dir_fd >= 0)
		close(c->dir_fd);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->tell_lock);
	pthread_mutex_destroy(&c->live_lock);
	pthread_mutex_destroy(&c->claim_lock);
	claims_fini(&c->claims);
	reports_fini(&c->reports);
	free(c->dir);
	free(c);
}

int
catalog_is_owner(const struct catalog *c)
{
	return c->owner;
}

int
catalog_lock_fd(const struct catalog *c)
{
	return c->lock_fd;
}

void
catalog_tell(struct catalog *c, const char *what)
{
	pthread_mutex_lock(&c->tell_lock);
	set_what(c, what);
	if (c->owner && c->lock_fd >= 0)
		lock_tell(c->lock_fd, c->role, c->what);
	pthread_mutex_unlock(&c->tell_lock);
}
