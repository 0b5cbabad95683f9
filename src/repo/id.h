#ifndef REPO_ID_H
#define REPO_ID_H

#include <string.h>

#include "crypto/sha256.h"

/*
 * The name of everything in a repository: SHA-256, of the plaintext for blobs,
 * of the stored bytes for files.
 */
#define ID_LEN	SHA256_LEN
#define ID_HEX	SHA256_HEX

struct id {
	unsigned char	 b[ID_LEN];
};

static inline int
id_equal(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, ID_LEN) == 0;
}

static inline int
id_cmp(const struct id *a, const struct id *b)
{
	return memcmp(a->b, b->b, ID_LEN);
}

static inline void
id_hex(const struct id *i, char hex[ID_HEX])
{
	sha256_hex(i->b, hex);
}

static inline int
id_parse(const char *hex, struct id *i)
{
	return sha256_parse(hex, i->b);
}

/* As restic shortens them: the first 8 digits. */
#define ID_SHORT	9
static inline void
id_short(const struct id *i, char out[ID_SHORT])
{
	char hex[ID_HEX];

	id_hex(i, hex);
	memcpy(out, hex, ID_SHORT - 1);
	out[ID_SHORT - 1] = '\0';
}

#endif
