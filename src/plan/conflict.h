#ifndef PLAN_CONFLICT_H
#define PLAN_CONFLICT_H

#include <stddef.h>
#include <stdint.h>

/*
 * What an operation does if its target name is taken when it is done, though
 * it was free when it was planned.  Planners pack it into op->extra of moves,
 * renames, copies, links and archives; no extra is CONFLICT_SKIP.
 *
 * Only these two are left to the moment of doing: whatever takes something
 * else away (overwrite, trash, rename_existing, ...) is planned as operations
 * of its own, so a name that is taken by surprise is never one of those.
 */
struct buf;

enum conflict_mode {
	CONFLICT_SKIP = 0,	/* left alone, and told */
	CONFLICT_RENAME = 1,	/* the next free name */
};

/*
 * The next names are stem, separator, counter, extension: "report", " ",
 * 3, ".tar.gz" is "report 3.tar.gz".  A template that does not end so has its
 * pieces where they belong ("", "", 3, " report.gz").  width pads the counter
 * with zeroes.  Strings are borrowed.
 */
struct conflict {
	enum conflict_mode mode;
	const char	*stem, *separator, *extension;
	unsigned	 width;
	uint64_t	 first;		/* the counter to begin with; 2 is usual */
};

void conflict_pack(struct buf *out, const struct conflict *c);
/* Strings are borrowed from data.  -1 if it is not such a packing; length 0
 * gives CONFLICT_SKIP. */
int conflict_unpack(const void *data, size_t len, struct conflict *c);

/*
 * The name with counter n, appended to out (no NUL).  A name past 255 bytes
 * gets a shorter stem, cut between UTF-8 characters; -1 if even an empty stem
 * would not do, or if the name would hold a slash or be "." or "..".
 */
int conflict_name(const struct conflict *c, uint64_t n, struct buf *out);

#endif
