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

/*
 * What a filter caught in the name, for {regex.year} or {name.number}.
 * {0} is empty; captures_reset keeps the memory for the next file.
 */
#define CAPTURES_MAX	64

struct captures {
	struct buf	 text;
	struct {
		const char	*filter;	/* "regex"; compared as a string */
		const char	*key;		/* both belong to the filter */
		size_t		 at, len;	/* in text */
	} v[CAPTURES_MAX];
	size_t		 n;
};

void captures_reset(struct captures *c);
void captures_fini(struct captures *c);
/* The newest of a name wins; beyond CAPTURES_MAX they are dropped. */
void captures_add(struct captures *c, const char *filter, const char *key,
    const char *text, size_t len);
/* NULL if nothing was caught; else *len and the text, not ended by a NUL. */
const char *captures_get(const struct captures *c, const char *filter,
    const char *key, size_t *len);

/* What only the planner can tell of a folder, as it will be. */
struct subject_ask {
	/* 1 nothing in it, 0 something, -1. */
	int (*empty)(void *arg, const char *dir, const char *name,
	    struct err *e);
	/* The sizes of all files below it. */
	int (*size)(void *arg, const char *dir, const char *name,
	    uint64_t *bytes, struct err *e);
	void		*arg;
};

/* What has to be known before a filter or a template can be asked. */
#define NEED_FILE	0x01u	/* a file at all: not the same for all files */
#define NEED_ID		0x02u	/* id is set */
#define NEED_SIZE	0x04u	/* size is set (a folder's is dear) */
#define NEED_CAPTURES	0x08u	/* captures is set and filled */

struct subject {
	const char	*dir;		/* absolute; where it will lie by now */
	const char	*name;
	size_t		 name_len;
	const char	*first;		/* its name when the filters saw it */
	size_t		 first_len;
	const char	*location;	/* absolute, as the rule walks it */
	const struct fs_id *id;
	uint64_t	 size;
	struct captures	*captures;	/* NULL: filters need not catch anything */
	const struct subject_ask *ask;
	int64_t		 now;		/* ns since 1970 */
	const char	*rule;		/* its name */
	unsigned	 rule_number;	/* from 0, as organize counts */
	unsigned char	 is_dir;
};

#endif
