#ifndef MEDIA_IN_H
#define MEDIA_IN_H

#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of a foreign file, for parsers: numbers at offsets, none beyond the
 * end, and no more of them than a budget allows, so that no file keeps a
 * parser busy for ever.
 *
 * What is not there reads as a failure, never as zeroes.  One thread.
 */
#define IN_WINDOW	((size_t)16 << 10)
#define IN_BYTES_MAX	((uint64_t)64 << 20)	/* read from the file in all */
#define IN_ASKED_MAX	2000000			/* reads in all */

struct in {
	int		 fd;		/* -1: data is all of it */
	const unsigned char *data;
	uint64_t	 size;
	uint64_t	 bytes;		/* spent so far */
	unsigned	 asked;
	uint64_t	 at;		/* where the window is */
	size_t		 held;
	unsigned char	 window[IN_WINDOW];
};

/* A file (read with pread; fd stays the caller's), or memory. */
void in_file(struct in *in, int fd, uint64_t size);
void in_memory(struct in *in, const void *data, size_t len);

/* n bytes at off: 0, or -1 if not all of them are there. */
int in_read(struct in *in, uint64_t off, void *to, size_t n);
/* As many of n as there are from off on: how many. */
size_t in_some(struct in *in, uint64_t off, void *to, size_t n);

/* Unsigned numbers of 1 to 8 bytes, big and little end first.  -1: not there. */
int in_be(struct in *in, uint64_t off, unsigned bytes, uint64_t *out);
int in_le(struct in *in, uint64_t off, unsigned bytes, uint64_t *out);

#endif
