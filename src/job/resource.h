#ifndef JOB_RESOURCE_H
#define JOB_RESOURCE_H

#include <stddef.h>

#include "job/job.h"

/*
 * What a job works on: its locations, paths and destinations, as real paths
 * (symlinks resolved as far as the path exists).  Two jobs are kept apart if a
 * path of one is the same as one of the other's, or lies below it.
 *
 * In a set no path lies below another.  A set that would grow beyond
 * RESOURCES_MAX takes parents instead: coarser, never finer.
 */
struct plan;

#define WATCH_CLAIM	"watch"		/* what bursts claim as begins so */
#define RESOURCES_MAX	512

struct resources {
	char		**v;		/* NULL-ended; NULL while n is 0 */
	size_t		 n;
};

/* Add an absolute path as it is; or as a real one.  A real one may also be a
 * repository elsewhere, which is claimed by its name, without the user's. */
void resources_add(struct resources *r, const char *path);
void resources_add_real(struct resources *r, const char *path);
/* As a real one, but what is yet to be made counts as itself, not as the folder
 * that it is made in: nothing else is done there. */
void resources_add_goal(struct resources *r, const char *path);
/*
 * What the configuration says of a job: of targets that come of a template,
 * only how they begin is known before it is planned.  real 0: as written, and
 * no disk is touched, which might not answer.
 */
void resources_of_job(struct resources *r, const struct job *j, int real);
/* Every folder that a plan takes from or puts into. */
int resources_of_plan(struct resources *r, const struct plan *p,
    struct err *e);
void resources_fini(struct resources *r);

#define CLEAN_RESOURCES	__attribute__((cleanup(resources_fini)))

/* Is path, or a folder above it, in the set? */
int resources_cover(const struct resources *r, const char *path);
/* 1 if the two have something in common. */
int resources_meet(const struct resources *a, const struct resources *b);

/*
 * Claim them, as what: from the daemon that owns the catalog; an owner of its
 * own needs no claim, as nobody else can be at work.  ERR_LOCKED names pid and
 * job of who is in the way; if h->wait, it is waited for (ERR_STOPPED: k's stop
 * said so meanwhile).  catalog_unclaim gives all claims back.
 */
int resources_claim(struct hall *h, const struct resources *r,
    const char *what, const struct sink *k, struct err *e);

/*
 * Claim what the configuration says of the jobs that q asks for: before they
 * are planned, so that the plan is not old when it is done.
 */
int jobs_claim(struct hall *h, const struct job_request *q,
    const struct sink *k, struct err *e);

/* Claim what these parts (but the held ones) work on.  Of both, job_do gives
 * the claims back at its end. */
int parts_claim(struct hall *h, const struct parts *p, const struct sink *k,
    struct err *e);

#endif
