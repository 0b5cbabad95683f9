#ifndef JOB_HOOKS_H
#define JOB_HOOKS_H

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

/*
 * `before`, `after` and `on_error` of a job: commands.
 *
 *	before: systemctl --user stop notes		words, no shell
 *	before: [first command, second command]
 *	on_error: {shell: 'echo $FETTLE_ERROR >> ~/log', timeout: 10s}
 *	after: {run: [umount, '/media/my disk']}
 *
 * A text is taken apart into words without a shell (util/words.h), and what
 * only a shell could do is a fault, so nobody finds out at night that "| gzip"
 * was an argument.
 */
struct conf_faults;
struct conf_node;

#define HOOK_TIMEOUT	((int64_t)3600 * 1000000)	/* µs, the default */

struct hook {
	const char	**argv;		/* NULL-ended */
	const char	*text;		/* as written, for messages */
	int64_t		 timeout;	/* µs */
};

enum hook_kind { HOOK_BEFORE, HOOK_AFTER, HOOK_ON_ERROR, HOOK_KINDS };
const char *hook_kind_name(enum hook_kind k);	/* "on_error" */

struct job_hooks {
	struct arena	 mem;
	const struct conf_node *at;	/* where the first was written */
	struct {
		struct hook	*v;
		size_t		 n;
	}		 of[HOOK_KINDS];
};

/* Those of an entry; NULL if it has none.  The tree must outlive them. */
struct job_hooks *hooks_read(const struct conf_node *entry,
    struct conf_faults *f);
void hooks_free(struct job_hooks *h);	/* NULL is fine */

#endif
