#ifndef REPO_CHECK_IMPL_H
#define REPO_CHECK_IMPL_H

#include <pthread.h>

#include "repo/check.h"
#include "repo/index.h"

/* The inside of a check, for check*.c. */

struct check_pack {
	struct id	 id;
	uint64_t	 must, is;	/* bytes */
	unsigned char	 there, chosen;
	unsigned char	 asked;		/* for: it may be read */
};

struct check {
	struct repo	*r;
	const struct check_options *o;
	struct check_result *out;
	struct check_pack *v;		/* that index files name, by id */
	size_t		 n, cap;
	pthread_mutex_t	 lock;		/* of out, and of words about it */
};

void check_step(struct check *c, enum check_step step, uint64_t done,
    uint64_t total);
void check_fault(struct check *c, enum check_grade g, const struct id *pack,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
struct check_pack *check_find(const struct check *c, const struct id *id);

/* Fill v, and look at what the index says of packs and whether they are there. */
int check_packs(struct check *c, struct err *e);
/* Choose packs to be read, and read them. */
int check_data(struct check *c, struct err *e);

/* One pack: what is wrong with it, a line each; nothing if it is fine. */
struct buf;
struct pack_reader;
struct pack_reader *pack_reader_new(struct repo *r);
void pack_reader_free(struct pack_reader *p);
void pack_reader_check(struct pack_reader *p, const struct id *pack,
    uint64_t size, const struct pack_entry *v, size_t n, struct buf *faults);

#endif
