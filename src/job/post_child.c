/* post_child.c -- somebody is sent to hand news over. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "job/post_impl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/time.h"
#include "util/xalloc.h"

#define EXE		"/proc/self/exe"
#define GRACE		((int64_t)500000)

void
post_arguments(const char *argv[POST_ARGS], const char *file,
    const char *dir, int daemon)
{
	size_t n = 0;

	argv[n++] = EXE;
	argv[n++] = "-q";
	argv[n++] = "-c";
	argv[n++] = file;
	argv[n++] = "-W";
	argv[n++] = dir;
	argv[n++] = "deliver";
	argv[n++] = "--within";
	argv[n++] = daemon ? "120" : "8";
	argv[n] = NULL;
}

static int
start(struct hall *h, struct err *e)
{
	const char *argv[POST_ARGS];
	struct proc_spec s = { PROC_NULL, .argv = argv, .die_with_us = 1 };

	post_arguments(argv, h->s->file, h->s->working_dir, 0);
	log_flush(h->log, NULL);
	return proc_start(&s, h->post, e);
}

/* Is there something to hand over, and nobody at it? */
static int
is_wanted(struct hall *h)
{
	struct err e = {0};
	int64_t at;

	if (h->post->pid != 0 && proc_wait(h->post, 0, NULL, &e) == 0)
		return 0;
	return post_next(h, &at, &e) == 0 && at <= time_now();
}

/* Only a run by hand that owns the catalog does it itself. */
static int
is_ours(const struct hall *h)
{
	return h->role == HALL_RUN && h->s->notify != NULL &&
	    *h->s->file != '\0' && h->catalog != NULL &&
	    catalog_is_owner(h->catalog);
}

void
post_go(struct hall *h)
{
	CLEAN_BUF struct buf answer = {0};
	struct err e = {0};

	if (h->s->notify == NULL || h->role != HALL_RUN)
		return;
	if (!is_ours(h)) {	/* the daemon sees it else when we end */
		catalog_live(h->catalog, "post", &answer, &e);
		return;
	}
	if (h->post == NULL) {
		h->post = xalloc(sizeof(*h->post));
		*h->post = (struct proc)PROC_NONE;
	}
	if (is_wanted(h) && start(h, &e) < 0)
		post_complain(h, LOG_ERROR, "nobody is told: %s", e.text);
}

void
post_finish(struct hall *h)
{
	int64_t end = time_mono() + POST_WAIT, left;
	struct err e = {0};

	if (!is_ours(h))
		goto out;
	/* Twice: who is at it may have begun before the last news came. */
	for (int i = 0; i < 2; i++) {
		post_go(h);
		left = end - time_mono();
		if (h->post->pid == 0 || proc_wait(h->post, left > 0 ? left : 0,
		    NULL, &e) != 1)
			break;
	}
out:
	if (h->post != NULL)
		proc_end(h->post, GRACE);
	free(h->post);
	h->post = NULL;
}
