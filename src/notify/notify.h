#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/*
 * Telling people and other programs what happened.
 *
 * This room knows what is written under `notify:` (notify_read), what a piece
 * of news looks like in each form (text.h), how to hand it over
 * (notify_deliver, which blocks for at most the entry's timeout), and when to
 * try again (queue.h, pure).  What is queued lies in the catalog and is looked
 * after by job/.
 */
struct buf;
struct conf_faults;
struct conf_node;
struct conf_where;
struct err;

enum notify_event {		/* written down */
	NOTIFY_START, NOTIFY_SUCCESS, NOTIFY_FAILURE, NOTIFY_PARTIAL,
	NOTIFY_HELD, NOTIFY_LATE, NOTIFY_RECOVERED, NOTIFY_INTEGRITY,
	NOTIFY_EVENTS
};
#define NOTIFY_BIT(ev)	(1u << (ev))
/* Something is wrong with the job until it succeeds again. */
#define NOTIFY_TROUBLE	(NOTIFY_BIT(NOTIFY_FAILURE) | \
	NOTIFY_BIT(NOTIFY_PARTIAL) | NOTIFY_BIT(NOTIFY_HELD) | \
	NOTIFY_BIT(NOTIFY_LATE) | NOTIFY_BIT(NOTIFY_INTEGRITY))

const char *notify_event_name(enum notify_event ev);	/* "failure" */

enum notify_kind { NOTIFY_MAIL, NOTIFY_WEBHOOK, NOTIFY_PING, NOTIFY_DESKTOP,
	NOTIFY_COMMAND, NOTIFY_JOURNAL };

/* A secret: from one of these, or none.  What was written is never kept. */
struct notify_secret {
	const char	*file, *credential;
	const char	**command;	/* argv */
};

struct notify {			/* an entry of `notify:` */
	enum notify_kind kind;
	uint64_t	 id;		/* of where it goes; equal ones are one */
	unsigned	 events;	/* NOTIFY_BIT */
	const char	**jobs, **tags;	/* NULL-ended; NULL: all */
	const struct conf_node *job_node;	/* where jobs were written */
	int		 unattended;	/* only of what nobody looked at */
	int64_t		 digest;	/* µs since midnight, local; -1: at once */
	int64_t		 timeout;	/* µs */
	struct notify_secret secret;

	/* mail */
	const char	**to, *from, *smtp, *user, *ca_file;
	int		 no_tls;
	/* webhook, ping */
	const char	*url, *method, *body;	/* templates */
	int		 json;			/* body is JSON */
	const char	**headers;		/* name, template, ... NULL */
	/* command */
	const char	**argv;
};

struct notify_list {
	struct arena	 mem;
	struct notify	*v;
	size_t		 n;
	int		 usual;		/* nothing was written: v is the default */
};

/*
 * Read what stands under `notify:` (NULL: nothing; then it is a desktop notice
 * for a user, or the journal for root).  commands: may it run any?  All that is
 * wrong goes to faults, and what is wrong is left out.  The tree must outlive
 * it.
 */
void notify_read(const struct conf_node *n, const struct conf_where *w,
    int commands, struct notify_list *out, struct conf_faults *f);
void notify_list_fini(struct notify_list *l);

/*
 * A piece of news.  events: all that it is (success and recovered, say); each
 * entry takes it for the gravest of those that it listens to.
 */
struct notify_news {
	int64_t		 time, started;	/* µs; started 0: unknown */
	int64_t		 run;		/* 0: none */
	unsigned	 events;
	char		*job, *kind;	/* kind: rule, backup, archive, or "" */
	char		*text;		/* a line: why, or "" */
	char		*log;		/* lines, or "" */
	int		 unattended;
	uint64_t	 done, skipped, failed, held, waiting, files, bytes;
	uint64_t	 again;		/* how many the like were held back */
};
void notify_news_fini(struct notify_news *n);
void notify_news_pack(const struct notify_news *n, struct buf *out);
int notify_news_unpack(const void *data, size_t len, struct notify_news *n,
    struct err *e);		/* ERR_CORRUPT */

/* What the entry takes it for: 1 and *ev; 0 if it does not want it.  tags are
 * the job's, NULL-ended, or NULL. */
int notify_wants(const struct notify *n, const struct notify_news *w,
    char *const *tags, enum notify_event *ev);

/* What is told over and over is told once an hour; each ping is a new one. */
int notify_repeats(const struct notify *n, enum notify_event ev);

struct notify_item {
	enum notify_event ev;
	const struct notify_news *news;
};

struct notify_env {
	const char	*host;
	const char	*credentials;	/* $CREDENTIALS_DIRECTORY, or NULL */
	int64_t		 now;
	int64_t		 most;		/* µs that this may take at all */
};

/*
 * Hand it over.  Several items only to an entry with a digest.  -1: *unsure is
 * set if it may have got there all the same, so that it is not sent again soon;
 * ERR_USAGE: it never will, as it stands.
 */
int notify_deliver(const struct notify *n, const struct notify_item *v,
    size_t count, const struct notify_env *env, int *unsure, struct err *e);

#endif
