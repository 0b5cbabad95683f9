#ifndef MEDIA_NAMES_H
#define MEDIA_NAMES_H

#include <stddef.h>

/*
 * What a file is called tells what it is: the types of Python's mimetypes,
 * which organize's filter goes by (guess_type, not strict).  ".tar.gz" is a
 * tar, and names of other case are lower case.
 *
 * A list in the form of /etc/mime.types is read over the built-in one, as
 * Python does; one that cannot be read, or is larger than NAMES_FILE_MAX, is
 * left out.  It is root's own file, not foreign content.
 */
#define NAMES_FILE_MAX	((size_t)4 << 20)
#define NAMES_SYSTEM	"/etc/mime.types"

struct names;

struct names *names_new(const char *list);	/* NULL: the built-in one only */
void names_free(struct names *n);		/* NULL is fine */

/* "image/jpeg", good until names_free; NULL if the name tells nothing. */
const char *names_type(const struct names *n, const char *name);

#endif
