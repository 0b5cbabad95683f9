#ifndef JOB_FIND_H
#define JOB_FIND_H

#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

/*
 * Any file, anywhere: its history from the catalog, the copies and archives
 * that hold it from their manifests, the snapshots from their repositories.
 */
struct apply_report;

struct find_event {
	int64_t		 time, run;	/* µs; 0 where unknown */
	const char	*event;		/* "moved", "backed_up" ... */
	const char	*from, *to;	/* absolute, "" if none */
	const char	*job, *why;
	const char	*backup, *snapshot;
};

/* What of source a question is held against: all of it, or its name. */
const char *find_name(const char *what, const char *source);
/* Is the disk simply not there?  That is no fault. */
int find_is_away(const struct err *e);

struct find_report {
	void (*event)(void *arg, const struct find_event *ev);
	/* Something that should be asked cannot be read: what is told may lack
	 * some.  NULL: it need not be told. */
	void (*lacks)(void *arg, const char *text);
	void		*arg;
};

/*
 * Everything known of a path, a name or a glob, oldest first.  A glob is as
 * catalog_where's: one with a '/' is held against whole paths, and what is there
 * under that very name or path is not taken for a glob.  A disk that is not
 * there is passed over; what is there and cannot be read is not.  1 if there was
 * something, 0 if nothing.
 */
int find_where(struct hall *h, const char *what, const struct find_report *r,
    struct err *e);

/* What is to be brought back; all of it is borrowed. */
struct find_wish {
	const char	*const *what;	/* paths, names or globs */
	size_t		 n;
	int64_t		 as_of;		/* as it was then (µs); 0: the newest */
	const char	*to;		/* this folder; NULL: where it came from */
};

/*
 * Bring back, of each that is wished for, the newest copy that is not younger
 * than as_of, from copies, archives or repositories, beside if the name is taken.
 * A run of its own, for which the folders are claimed as for any; blocks until it
 * is done.  ERR_NOENT where no backup holds it.  A manifest that cannot be
 * read is told, and counts as missed.
 */
int find_get(struct hall *h, const struct find_wish *w,
    const struct job_doing *d, const struct sink *k, struct job_done *out,
    struct err *e);

#endif
