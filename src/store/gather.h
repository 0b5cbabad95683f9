#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include <stdatomic.h>
#include <stddef.h>

/*
 * Bytes of an upload, kept until they are needed: by a back end that must know
 * a file's length or name first, and by whoever must be able to send them
 * again.
 *
 * Of all uploads of a store together GATHER_HELD stay in memory.  What is more
 * lies in files without a name in $TMPDIR, or /var/tmp; they are as sealed as
 * they will be in the repository, and are gone with us.  Where no such file can
 * be made memory is used.
 */
struct err;

#define GATHER_HELD	((size_t)12 << 20)

/* What a back end is handed: in memory (data), or in a file from its start. */
struct store_bytes {
	const void	*data;
	int		 fd;		/* if data is NULL */
	size_t		 len;
};

/* len bytes from at on, which must be there.  ERR_IO. */
int store_bytes_read(const struct store_bytes *b, size_t at, void *out,
    size_t len, struct err *e);

struct gather;
/* held: how much all of them have in memory; outlives it. */
struct gather *gather_new(atomic_size_t *held);
void gather_free(struct gather *g);		/* NULL is fine */
/* ERR_IO, ERR_FULL: the file could not be written to. */
int gather_add(struct gather *g, const void *data, size_t len, struct err *e);
/* Until the next add or free. */
struct store_bytes gather_bytes(const struct gather *g);

#endif
