#ifndef RULES_FILTER_H
#define RULES_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "rules/subject.h"

/*
 * Filters: which files a rule is about.
 *
 * Each is one file, filter_NAME.c, with one `const struct filter_ops
 * filter_NAME`; its name in this room's meson.build puts it into the table.
 * A filter without a value never rejects, it only makes its placeholder
 * available.  "not NAME" turns a filter round.  Among filters may stand groups
 * of them: any: [...], all: [...], none: [...].
 */
struct conf_node;
struct err;
struct filter;
struct probe;
struct rule_reader;

/* A file's content, lent to a filter's fetch. */
struct content {
	int		 fd;		/* open for reading; its offset is nobody's */
	uint64_t	 size;
	const char	*name;
	struct probe	*probe;		/* who reads what may be hostile (media/probe.h);
					   NULL: there is none */
};

struct filter_ops {
	const char	*name;
	unsigned char	 files, dirs;	/* targets it can be asked about */
	unsigned	 needs;		/* NEED_*, what match must find set: 0 if
					   the name is enough */
	size_t		 size;		/* of its state */

	/*
	 * Read what stands behind the name (NULL: nothing) into f->state, which
	 * is zeroed; f->needs may be lowered.  -1: a fault was told.
	 */
	int (*read)(struct filter *f, const struct conf_node *value,
	    struct rule_reader *r);
	void (*fini)(void *state);			/* may be NULL */
	void (*begin)(void *state, int64_t now);	/* of a run; or NULL */
	/*
	 * Filters of content: read what match needs (and with catch what templates
	 * want) and append it to out; match has it as s->got->data.  Called by any
	 * thread and for several files at once: nothing else is changed.  -1: it
	 * cannot be told for this file.  NULL for all others.
	 */
	int (*fetch)(const void *state, const struct content *c, int catch,
	    struct buf *out, struct err *e);
	/* 1 or 0; -1: it cannot be told for this file. */
	int (*match)(void *state, struct subject *s, struct err *e);
	/*
	 * In words: "extension is jpg", or if it did not match "extension is
	 * png, not jpg".  Without detail only words that few files differ in.
	 */
	void (*say)(void *state, const struct subject *s, int matched,
	    int detail, struct buf *out);
	/* Can a file pass both (turned round where not_ says so)?  0: none can; a
	 * and b may be the same.  For warnings.  NULL: nobody knows. */
	int (*meet)(const void *a, int not_a, const void *b, int not_b);
	/* The i-th group it catches ({regex.GROUP}), or NULL; may be NULL. */
	const char *(*group)(const void *state, size_t i);
};

struct filters;

struct filter {
	const struct filter_ops *ops;
	struct filters	*group;		/* any: [...]; then ops is NULL */
	void		*state;
	unsigned	 needs;
	unsigned	 catches;	/* NEED_* besides, if it is to catch something */
	unsigned	 slot;		/* its number among those of the rule that
					   fetch, or find twins */
	int		 negated;
};

enum filter_mode { FILTER_ALL, FILTER_ANY, FILTER_NONE };

struct filters {
	struct filter	*v;
	size_t		 n;
	enum filter_mode mode;
	unsigned	 needs;		/* of all of them */
};

/* NULL-ended. */
extern const struct filter_ops *const filter_table[];
/* Filters that are made of filters; in the order of enum filter_mode. */
extern const char *const filter_groups[];

/* A list of filters (NULL: none).  -1: faults were told, nothing is kept. */
int filters_read(struct filters *out, const struct conf_node *list,
    enum filter_mode mode, struct rule_reader *r);
/* Those of a rule: what `filters:` holds, by `filter_mode:`, and each group
 * that stands beside it (`any:`, `all:`, `none:`) must hold. */
int filters_read_rule(struct filters *out, const struct conf_node *entry,
    enum filter_mode mode, struct rule_reader *r);
void filters_fini(struct filters *fs);

/* A run begins: ages count from now. */
void filters_begin(struct filters *fs, int64_t now);

/*
 * Does the rule take s, as far as what is known allows to say?  known is what
 * of NEED_* is set in s; what was fetched speaks for itself.  1 yes, 0 no,
 * FILTERS_LATER if it takes more to say so, -1 if a filter failed.  s->wants
 * is then the filter to fetch for, if that is what is wanting.  With
 * s->captures all of them are asked, so that each catches what it can, and
 * s->wants may be set behind a 1, too.
 */
#define FILTERS_LATER	2
int filters_match(struct filters *fs, struct subject *s, unsigned known,
    struct err *e);

/*
 * Does s get as far as the filter of that slot (it finds twins), when they are
 * asked in the order in which they are written?  As filters_match.
 */
int filters_reach(struct filters *fs, unsigned slot, struct subject *s,
    unsigned known, struct err *e);

/* Why s was taken, in words few files differ in: "extension is jpg". */
void filters_say(struct filters *fs, struct subject *s, struct buf *out);

/*
 * Why s is not taken: the words of the filter that decided, in the order in
 * which they were written, with detail.  All that is needed must be set.
 */
void filters_say_not(struct filters *fs, struct subject *s, struct buf *out);

/*
 * Is it sure that no file can pass both (they may be the same)?  1, and said
 * gets the words of the two filters that exclude each other; 0 if it is not.
 */
int filters_exclude(struct filters *a, struct filters *b, struct buf *said);

/* NULL-ended names of what the filters called name catch; in r's arena. */
const char *const *filters_groups(const struct filters *fs, const char *name,
    struct rule_reader *r);
/* The names of all filters that there are, in the same way. */
const char *const *filters_names(const struct filters *fs,
    struct rule_reader *r);

#endif
