#ifndef JOB_POST_IMPL_H
#define JOB_POST_IMPL_H

#include "job/post.h"
#include "notify/queue.h"
#include "util/err.h"

/*
 * What is queued, as the files that look after it share it.
 */
#define POST_SPACE	"notify"
#define POST_TOLD	"notify told"

struct post_queue {
	struct post_queued {
		char			*name;	/* in the catalog */
		struct notify_entry	 x;
	}		*v;
	size_t		 n, cap;
};

/* Everything that waits, oldest first; what cannot be read is dropped. */
int post_load(struct hall *h, struct post_queue *q, struct err *e);
void post_queue_fini(struct post_queue *q);
int post_save(struct hall *h, const char *name, const struct notify_entry *x,
    struct err *e);
int post_told(struct hall *h, const struct notify *n, const char *job,
    struct notify_told *t, struct err *e);
int post_note(struct hall *h, const struct notify *n, const char *job,
    enum notify_event ev, int64_t now, struct err *e);
void post_complain(struct hall *h, int level, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* "mail to me@example.org", without what may be a secret. */
struct buf;
void post_name(const struct notify *n, struct buf *out);

#endif
