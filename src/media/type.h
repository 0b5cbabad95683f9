#ifndef MEDIA_TYPE_H
#define MEDIA_TYPE_H

#include <stddef.h>

/*
 * What a file is, by its first bytes: "image/jpeg", whatever it is called.
 *
 * A table of signatures, some looks into containers (zip, RIFF, ISO boxes,
 * Ogg, EBML), and at the end text, if there is nothing in it that text has
 * not.  Nothing is believed but the bytes given, and nothing is allocated, so
 * it needs no probe.
 */
#define TYPE_HEAD	((size_t)4096)	/* bytes that are enough */

struct type {
	const char	*mime;
	const char	*ext;		/* what such files are called: "jpg" */
};

/* NULL if it is nothing known; a file without bytes is "inode/x-empty". */
const struct type *type_of(const void *head, size_t len);

/* The same of a file that is open for reading.  -1: it could not be read
 * (errno). */
int type_of_file(int fd, const struct type **out);

/* Is it text: no controls but those of text, as UTF-8, UTF-16 with its mark,
 * or a code of one byte a letter?  Of the first bytes, where a character may be
 * cut in two at the end. */
int type_is_text(const void *head, size_t len);

#endif
