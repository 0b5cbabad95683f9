#ifndef RULES_TEMPLATE_H
#define RULES_TEMPLATE_H

#include <stddef.h>

#include "rules/subject.h"

/*
 * Text with placeholders: "~/Documents/{extension.upper()}/{path.stem}.pdf".
 * What stands between braces is an expression (expr/expr.h); {# ... #} is a
 * comment.
 *
 * A template is compiled once, against what the rule's filters will have
 * caught, and expanded for each file.  What is written expands once, and a
 * placeholder's value never, so a file called "$HOME.txt" or "{x}" stays itself:
 * in TEMPLATE_TEXT and TEMPLATE_NAME "~/" at the start, $VAR and ${VAR}, unknown
 * ones staying as they are (as in Python); in TEMPLATE_PATH nothing, since
 * conf_expand (conf/get.h) has done it and told unknown ones as faults; in
 * TEMPLATE_SHELL nothing, since the shell does it.  A value that is not there
 * is an error of that file, never empty.
 *
 * The names that there are:
 *
 *	name  extension			as the filters saw the file
 *	name.KEY  regex.KEY		what was caught in the name
 *	filecontent.KEY  exif.GROUP.KEY  xattr.KEY	in the file
 *	hash  mimetype  duplicate.original		what such filters found
 *	path  relative_path  location	paths
 *	lastmodified  created  date_added  date_lastused  now() utcnow()	times
 *	today()				a date
 *	size				.bytes .traditional .binary .decimal
 *	env.VAR  hostname  rule  rule_nr
 *	shell.output  shell.returncode	of the command before (later.h)
 */
struct buf;
struct conf_env;
struct err;
struct template;

enum template_kind {
	TEMPLATE_TEXT,		/* anything: echo */
	TEMPLATE_PATH,		/* a '/' in a value becomes '_', unless the
				   value is a path or the user's own text */
	TEMPLATE_NAME,		/* a file name: no '/' at all */
	TEMPLATE_SHELL,		/* a command: values are quoted (shell_quote.h),
				   but for texts that stand in the template */
};

#define TEMPLATE_MAX	((size_t)64 << 10)	/* bytes of one */

/* What filters of the rule will have caught. */
struct template_scope {
	const struct conf_env	*env;
	const char *const	*regex;		/* names; NULL ends; may be NULL */
	const char *const	*name;
	const char *const	*filecontent;
	const char *const	*filters;	/* the rule's; NULL: any are there */
	int			 shell;		/* a command runs before */
};

/* What is wrong: where, and the nearest word there is, or NULL. */
struct template_fault {
	size_t		 at, len;		/* bytes of the text */
	char		 near[64];		/* "" if none is near */
};

/* -1 (ERR_CONF): e says what is wrong, and f where; f may be NULL. */
int template_parse(const char *text, enum template_kind kind,
    const struct template_scope *scope, struct template **out,
    struct template_fault *f, struct err *e);
void template_free(struct template *t);		/* NULL is fine */

/* NEED_*; without NEED_FILE it expands to the same for every file. */
unsigned template_needs(const struct template *t);

/* What it expands to has open places: see later.h. */
int template_is_later(const struct template *t);

/* Append the path, or its beginning up to a '/', that holds for every file. */
void template_fixed(const struct template *t, struct buf *out);

/*
 * Append what it means for s.  -1: a value is missing, an expression cannot be
 * worked out, or a value would make an empty name, "." or ".." of a path's
 * part; what out then holds is of no use.  Room inside t is used: one thread at
 * a time.
 */
int template_expand(const struct template *t, const struct subject *s,
    struct buf *out, struct err *e);

#endif
