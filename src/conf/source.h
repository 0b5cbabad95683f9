#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <stdbool.h>

#include "conf/text.h"
#include "util/arena.h"
#include "util/buf.h"

/*
 * The text of one file while it is read, inside this room.
 *
 * Some slips (exclude: [*.tmp]) end the reading of YAML although it is plain
 * what was meant.  Then the line is told as a fault, repaired in memory, and
 * the text is read again, so that the faults behind it are told in the same
 * go.  What is shown is always the line as it was written, and columns are
 * counted in it: conf_source_column leads back from a repaired line.
 */
#define CONF_REPAIRS_MAX	64	/* lines repaired in one file */
#define CONF_REPAIR_LINE_MAX	4096	/* bytes; longer lines are only told */

struct conf_faults;

struct conf_repair {
	unsigned	 line;		/* 1-based */
	char		*original;	/* the line as it was written */
	unsigned	*columns;	/* [0-based char now] -> char then */
	size_t		 n;
};

struct conf_source {
	char			*path;
	unsigned		 order;	/* in which the files were read */
	struct buf		 text;	/* as repaired so far */
	size_t			*starts; /* of its lines */
	size_t			 n_lines, cap_lines;
	struct arena		 tree;	/* what was read from it */
	struct conf_repair	 repairs[CONF_REPAIRS_MAX];
	size_t			 n_repairs;
};

/* Take a copy of the text, without a byte order mark. */
struct conf_source *conf_source_new(const char *path, unsigned order,
    const void *data, size_t len);
void conf_source_free(struct conf_source *s);

/*
 * Tell every byte that no configuration may hold: NUL, control characters,
 * what is not UTF-8, breaks that only YAML sees.  0 if there is none, else -1.
 */
int conf_source_scan(struct conf_source *s, struct conf_faults *f);

/* A line (1-based) without its break: now, and as written.  Borrowed. */
struct conf_slice conf_source_line(const struct conf_source *s, unsigned line);
struct conf_slice conf_source_written(const struct conf_source *s,
    unsigned line);

/* The column (1-based) as written of a column as it is now. */
unsigned conf_source_column(const struct conf_source *s, unsigned line,
    unsigned column);

/*
 * Put other bytes in the place of [from, to) of a line.  False, and nothing
 * is changed, if there were too many repairs or the line is too long.
 */
bool conf_source_splice(struct conf_source *s, unsigned line, size_t from,
    size_t to, const char *bytes, size_t len);

#endif
