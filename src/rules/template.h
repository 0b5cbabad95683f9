#ifndef RULES_TEMPLATE_H
#define RULES_TEMPLATE_H

#include <stddef.h>

#include "rules/subject.h"

/*
 * Text with placeholders: "~/Documents/{extension.upper()}/{path.stem}.pdf".
 *
 * A template is compiled once, against what the rule's filters will have
 * caught, and expanded for each file.  What is written expands once, and a
 * placeholder's value never, so a file called "$HOME.txt" or "{x}" stays itself:
 * in TEMPLATE_TEXT and TEMPLATE_NAME "~/" at the start, $VAR and ${VAR}, unknown
 * ones staying as they are (as in Python); in TEMPLATE_PATH nothing, since
 * conf_expand (conf/get.h) has done it and told unknown ones as faults.  A
 * value that is not there is an error of that file, never empty.
 *
 * In this version an expression is a name, its attributes and the methods
 * below, or a quoted text:
 *
 *	name  extension                 as the filters saw the file
 *	name.KEY  regex.KEY             what was caught in the name
 *	path  relative_path  location   .stem .name .suffix .parent
 *	lastmodified  created  now() utcnow() today()
 *	                                .year .month .day .hour .minute .second
 *	                                .microsecond .strftime('%Y-%m')
 *	size                            .bytes .traditional .binary .decimal
 *	env.VAR  hostname  rule  rule_nr
 *	and on any text                 .upper() .lower()
 */
struct buf;
struct conf_env;
struct err;
struct template;

enum template_kind {
	TEMPLATE_TEXT,		/* anything: echo */
	TEMPLATE_PATH,		/* a '/' in a value becomes '_', unless the
				   value is a path or a date's own format */
	TEMPLATE_NAME,		/* a file name: no '/' at all */
};

#define TEMPLATE_MAX	((size_t)64 << 10)	/* bytes of one */

/* What filters of the rule will have caught. */
struct template_scope {
	const struct conf_env	*env;
	const char *const	*regex;		/* names; NULL ends; may be NULL */
	const char *const	*name;
};

/*
 * -1 (ERR_CONF): e says what is wrong, and *near is the nearest word there is,
 * or NULL; near may be NULL.
 */
int template_parse(const char *text, enum template_kind kind,
    const struct template_scope *scope, struct template **out,
    const char **near, struct err *e);
void template_free(struct template *t);		/* NULL is fine */

/* NEED_*; without NEED_FILE it expands to the same for every file. */
unsigned template_needs(const struct template *t);

/* Append the path, or its beginning up to a '/', that holds for every file. */
void template_fixed(const struct template *t, struct buf *out);

/*
 * Append what it means for s.  -1: a value is missing, or one would make an
 * empty name, "." or ".." of a path's part; what out then holds is of no use.
 * Nothing is allocated but by out.
 */
int template_expand(const struct template *t, const struct subject *s,
    struct buf *out, struct err *e);

#endif
