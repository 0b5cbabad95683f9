#ifndef BACKUP_READ_H
#define BACKUP_READ_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/meta.h"
#include "repo/id.h"

/*
 * A file's bytes into blobs.
 *
 * A file is read and cut by one worker; what it cut off is hashed, packed and
 * sealed by itself, or given to another that has nothing to do.  So a content
 * is complete only after giving_wait.
 */
struct err;
struct run;
struct worker;

/* What was given away and is not back yet. */
struct giving {
	pthread_mutex_t	 lock;
	pthread_cond_t	 back;
	size_t		 left;
};

void giving_init(struct giving *g);
void giving_fini(struct giving *g);
/* Until all is back; works on pieces meanwhile. */
void giving_wait(struct giving *g, struct worker *w);

struct content {
	struct id	*v;
	size_t		 n, cap;
	uint64_t	 size;		/* bytes read */
	uint64_t	 added, packed;	/* new to the repository */
};

/* Not while pieces of it are away. */
void content_fini(struct content *c);
void content_take(struct content *c, struct id *v, size_t n);

/*
 * Read fd from its beginning to its end into c, which is empty.  l is what it
 * was when it was looked at: holes are looked for if it takes less room than
 * its size.  -1 and e if it cannot be read; a failure of the repository ends
 * the run instead.
 */
int read_file(struct worker *w, int fd, const struct look *l,
    struct giving *g, struct content *c, struct err *e);
/* The same for what is no file: read on to the end (standard input). */
int read_stream(struct worker *w, int fd, struct giving *g, struct content *c,
    struct err *e);

#endif
