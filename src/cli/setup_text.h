#ifndef CLI_SETUP_TEXT_H
#define CLI_SETUP_TEXT_H

#include <stddef.h>

/*
 * The starter configuration as text.  Pure.
 */
struct buf;
struct err;

struct setup {
	char		**mess;		/* absolute folders to be sorted */
	size_t		 n_mess;
	char		**important;	/* absolute folders to be backed up */
	size_t		 n_important;
	char		*to;		/* an absolute folder, or a label */
	int		 to_is_label;
	int		 plain;		/* plain copies, no repository */
	const char	*home;		/* shown as ~; NULL: nothing is */
	const char	*dir;		/* where the configuration will lie */
	const char	*schema;	/* the schema's URL for editors, or NULL */
};

/* The name of the backup that it sets up, and its key's file beside the
 * configuration. */
#define SETUP_BACKUP	"important"
#define SETUP_KEY	"important.key"
#define SETUP_SHEET	"important-recovery.txt"

/* ERR_USAGE: a path that cannot be written into a configuration. */
int setup_text(const struct setup *s, struct buf *out, struct err *e);

#endif
