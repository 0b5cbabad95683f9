#ifndef CONF_FAULTS_H
#define CONF_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

/*
 * All that is wrong with a configuration, told in one go.
 *
 * Whoever reads the tree (conf/conf.h) tells a fault and goes on; at the end
 * the caller asks conf_faults_count, and nothing runs from a file that has
 * one.  A fault keeps its own copy of the line it is about, so it may outlive
 * the tree.  What is secret in that line (a password) is hidden.
 *
 * At most CONF_FAULTS_MAX of each severity are kept, the rest is counted.
 * The same fault at the same place is kept once: a node may be met twice by
 * way of an alias.  Not for two threads at a time.
 */
#define CONF_FAULTS_MAX		100

struct buf;
struct conf_source;
struct conf_faults;
struct conf_fault;

enum conf_severity { CONF_FAULT, CONF_WARNING };

/*
 * A place in a file: line and column from 1, the column in characters, and
 * how many characters it is wide (0 counts as 1).  Line 0 is the file as a
 * whole, and source NULL no file at all.
 */
struct conf_mark {
	const struct conf_source	*source;
	unsigned			 line, column, width;
};

struct conf_faults *conf_faults_new(void);
void conf_faults_free(struct conf_faults *f);	/* NULL is fine */

/*
 * Tell one.  The message is a clause without a full stop: "unknown key 'x' in
 * a rule".  Never NULL; borrowed, to add to it with the functions below.
 */
struct conf_fault *conf_fault(struct conf_faults *f, const struct conf_mark *at,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
struct conf_fault *conf_warning(struct conf_faults *f,
    const struct conf_mark *at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same about a file that may not even be open: it has no lines. */
struct conf_fault *conf_fault_file(struct conf_faults *f, const char *path,
    const char *fmt, ...) PRINTF_LIKE(3, 4);
struct conf_fault *conf_warning_file(struct conf_faults *f, const char *path,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Would another fault only be counted?  Then its words may be spared. */
bool conf_faults_full(const struct conf_faults *f);

/* "expected: ..."; "did you mean 'word'?" (NULL: nothing is said). */
void conf_expected(struct conf_fault *x, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
void conf_suggest(struct conf_fault *x, const char *word);

/* What to do ("put it in quotes"), and the line as it should be, or NULL. */
void conf_remedy(struct conf_fault *x, const char *what, const char *line);

/* How many were told, those beyond the limit included. */
size_t conf_faults_count(const struct conf_faults *f, enum conf_severity s);

/*
 * A word of the user's, quoted for a message: without control characters, and
 * cut to a bearable length:
 *	conf_fault(f, at, "unknown key %s", conf_said(key).s)
 */
struct conf_said {
	char	s[120];
};
struct conf_said conf_said(const char *text);

/*
 * Add them to out in the order of files, lines and columns:
 *
 *	/home/me/.config/fettle/fettle.yaml:7:5: unknown key 'x' in a rule
 *	    x: ~/Downloads
 *	    ^
 *	  did you mean 'y'?
 *
 * or as JSON Lines, an object each: v, severity, file, line, column, message,
 * text, and where there is one expected, suggestion, remedy, corrected.
 */
void conf_faults_print(const struct conf_faults *f, struct buf *out);
void conf_faults_json(const struct conf_faults *f, struct buf *out);

#endif
