#ifndef JOB_FIND_H
#define JOB_FIND_H

#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

/*
 * Any file, anywhere: its history from the catalog, the copies and archives
 * that hold it from their manifests.
 */
struct apply_report;

struct find_event {
	int64_t		 time, run;	/* µs; 0 where unknown */
	const char	*event;		/* "moved", "backed_up" ... */
	const char	*from, *to;	/* absolute, "" if none */
	const char	*job, *why;
	const char	*backup, *snapshot;
};

/*
 * Everything known of a path, a name or a glob, oldest first.  A disk that is
 * not there is passed over.  1 if there was something, 0 if nothing.
 */
int find_where(struct hall *h, const char *what,
    void (*each)(void *arg, const struct find_event *ev), void *arg,
    struct err *e);

/*
 * Bring back the newest copy of what (a path or a name) that is not younger
 * than as_of (0: any), from copies or archives, to folder `to` (NULL: where it
 * came from), beside if the name is taken.  A run of its own.  ERR_NOENT where
 * no backup holds it.
 */
int find_get(struct hall *h, const char *const *what, size_t n, int64_t as_of,
    const char *to, const struct job_doing *d, const struct sink *k,
    struct job_done *out, struct err *e);

#endif
