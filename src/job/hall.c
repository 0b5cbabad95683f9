/* hall.c -- opening and closing what a run needs. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/apply.h"
#include "catalog/catalog.h"
#include "job/job.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/file.h"
#include "util/log.h"
#include "util/quote.h"
#include "util/xalloc.h"

static enum catalog_role
role_of(enum hall_role r)
{
	return r == HALL_ASK ? CATALOG_ASK :
	    r == HALL_RUN ? CATALOG_RUN : CATALOG_DAEMON;
}

struct saying {
	struct hall		*h;
	const struct sink	*k;
};

static void
say_recovered(void *arg, const char *line)
{
	struct saying *s = arg;

	if (s->h->log != NULL)
		log_line(s->h->log, LOG_WARNING, line);
	if (s->k != NULL && s->k->note != NULL)
		s->k->note(s->k->arg, LOG_WARNING, line);
}

static int
open_log(struct hall *h, struct err *e)
{
	struct log_options o = {
		.level = (enum log_level)h->s->log_level,
		.format = (enum log_format)h->s->log_format,
		.name = h->s->log_name, .fd = STDERR_FILENO,
	};

	if (file_private_dir(h->s->log_dir, &h->log_dir, e) < 0)
		return -1;
	o.dir = h->log_dir;
	return log_open(&o, &h->log, e);
}

/* The cache folder is only for spooling: without it, plans stay in memory. */
static void
open_cache(struct hall *h)
{
	struct err e = {0};

	if (file_private_dir(h->s->cache_dir, &h->cache, &e) < 0)
		h->cache = -1;
}

static int
open_all(struct hall *h, enum hall_role role, const char *what, int wait,
    const struct sink *sink, struct err *e)
{
	struct catalog_options o = {
		.state_dir = h->s->state_dir, .role = role_of(role),
		.what = what, .wait = wait,
	};
	struct saying s = { h, sink };

	if (file_private_dir(h->s->state_dir, &h->state, e) < 0 ||
	    catalog_open(&o, &h->catalog, e) < 0)
		return -1;
	open_cache(h);
	if (role == HALL_ASK)
		return 0;
	if (open_log(h, e) < 0)
		return -1;
	if (!catalog_is_owner(h->catalog))
		return 0;
	if (apply_recover(h->catalog, h->s->home_trash, say_recovered, &s, e) < 0)
		return -1;
	return role == HALL_RUN ? catalog_serve(h->catalog, e) : 0;
}

int
hall_open(const struct settings *s, enum hall_role role, const char *what,
    int wait, const struct sink *sink, struct hall **out, struct err *e)
{
	struct hall *h = xalloc(sizeof(*h));

	*h = (struct hall){ .s = s, .cache = -1, .state = -1,
	    .log_dir = -1, .wait = wait };
	if (open_all(h, role, what, wait, sink, e) < 0) {
		hall_close(h);
		return -1;
	}
	*out = h;
	return 0;
}

static void
close_dir(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
hall_close(struct hall *h)
{
	if (h == NULL)
		return;
	if (h->log != NULL)
		log_close(h->log, NULL);
	catalog_close(h->catalog);
	close_dir(h->cache);
	close_dir(h->state);
	close_dir(h->log_dir);
	free(h);
}
