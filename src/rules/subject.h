#ifndef RULES_SUBJECT_H
#define RULES_SUBJECT_H

#include <stddef.h>
#include <stdint.h>

#include "fs/id.h"
#include "util/buf.h"

/*
 * The file or folder that a rule is looking at, and what has been learnt of
 * it.  The planner fills it in and lends it to filters, actions and templates;
 * none of them keeps anything of it.
 */
struct err;
struct filter;
struct subject;
struct type;

/*
 * What filters caught, for {regex.year}, {name.number}, {exif.image.model},
 * {hash} (its key is "").  A key may have dots in it.  {0} is empty;
 * captures_reset keeps the memory for the next file.
 */
#define CAPTURES_MAX	1024

enum capture_type {
	CAPTURE_TEXT,
	CAPTURE_INT,		/* n */
	CAPTURE_FLOAT,		/* as its text says */
	CAPTURE_PATH,		/* its '/' are folders */
	CAPTURE_TIME,		/* n: ns since 1970, as if what is written there
				   were UTC; of which zone it is nobody knows */
	CAPTURE_DATE,		/* the same of a day, at midnight */
	CAPTURE_SPAN,		/* n: ns; "+02:00" of a time zone */
};

struct capture {
	const char	*filter;	/* "regex"; compared as a string; belongs to
					   the filter */
	enum capture_type type;
	size_t		 key;		/* in text, ended by a NUL */
	size_t		 at, len;	/* in text: the value as it was found,
					   and a NUL */
	int64_t		 n;
};

struct captures {
	struct buf	 text;
	struct capture	*v;
	size_t		 n, cap;
};

void captures_reset(struct captures *c);
void captures_fini(struct captures *c);
/* The newest of a name wins; beyond CAPTURES_MAX they are dropped. */
void captures_add(struct captures *c, const char *filter, const char *key,
    const char *text, size_t len);
void captures_add_typed(struct captures *c, const char *filter,
    const char *key, enum capture_type type, int64_t n, const char *text,
    size_t len);
/* NULL if nothing was caught; else *len and the text, not ended by a NUL. */
const char *captures_get(const struct captures *c, const char *filter,
    const char *key, size_t *len);
/* The same with its type; NULL if nothing was caught. */
const struct capture *captures_find(const struct captures *c,
    const char *filter, const char *key);
const char *captures_key(const struct captures *c, const struct capture *v);
const char *captures_text(const struct captures *c, const struct capture *v);

/*
 * What a filter's fetch read of one file, for its match.  The planner keeps
 * one for each filter of the rule that fetches, by its slot.
 */
struct fetched {
	unsigned char	 done;
	unsigned char	 caught;	/* with what templates want of it */
	struct buf	 data;
	struct err	*error;		/* it failed; NULL if not; owned */
};
void fetched_reset(struct fetched *f);	/* keeps the memory */
void fetched_fini(struct fetched *f);

/* What only the planner can tell. */
struct subject_ask {
	/* Of a folder, as it will be: 1 nothing in it, 0 something, -1. */
	int (*empty)(void *arg, const char *dir, const char *name,
	    struct err *e);
	/* The sizes of all files below it. */
	int (*size)(void *arg, const char *dir, const char *name,
	    uint64_t *bytes, struct err *e);
	/*
	 * Is s a duplicate, as the filter of that slot tells originals: 1 and the
	 * path of the original (without symlinks; until the next call), 0, -1.
	 */
	int (*original)(void *arg, unsigned slot, const struct subject *s,
	    const char **path, struct err *e);
	void		*arg;
};

/* What has to be known before a filter or a template can be asked. */
#define NEED_FILE	0x01u	/* a file at all: not the same for all files */
#define NEED_ID		0x02u	/* id is set */
#define NEED_SIZE	0x04u	/* size is set (a folder's is dear) */
#define NEED_CAPTURES	0x08u	/* captures is set and filled */
#define NEED_FETCH	0x10u	/* what the filter reads of the content */
#define NEED_TWINS	0x20u	/* ask->original can be asked */
#define NEED_ADDED	0x40u	/* added is set */
#define NEED_TYPE	0x80u	/* type is set */

/* Times that a rule may want told in another zone. */
enum subject_time {
	TIME_CREATED,
	TIME_MODIFIED,
	TIME_ADDED,
	TIME_USED,
	SUBJECT_TIMES,
};

struct subject {
	const char	*dir;		/* absolute; where it will lie by now */
	const char	*name;
	size_t		 name_len;
	const char	*first;		/* its name when the filters saw it */
	size_t		 first_len;
	const char	*location;	/* absolute, as the rule walks it */
	const struct fs_id *id;
	uint64_t	 size;
	int64_t		 added;		/* ns since 1970: when it came into its
					   folder, as far as is known */
	const struct type *type;	/* what its first bytes say (media/type.h);
					   NULL: nothing */
	struct captures	*captures;	/* NULL: filters need not catch anything */
	struct fetched	*fetched;	/* by slot; NULL: nothing */
	const struct fetched *got;	/* its own, while match or say is called */
	const struct filter *wants;	/* filters_match: the first that could not
					   be asked for want of its fetch */
	const struct subject_ask *ask;
	int64_t		 now;		/* ns since 1970 */
	const char	*rule;		/* its name */
	unsigned	 rule_number;	/* from 0, as organize counts */
	unsigned char	 is_dir;
	const struct zone *const *zones;	/* SUBJECT_TIMES; NULL, or one of
						   them NULL: local */
};

#endif
