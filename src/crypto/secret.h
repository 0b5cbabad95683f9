#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stddef.h>

/*
 * Memory for keys and passwords: locked if the limits allow (memfd_secret, or
 * mlock), never in a core file (MADV_DONTDUMP) nor in a child
 * (MADV_WIPEONFORK), and wiped when given back.  Zeroed, page-aligned, at most
 * 64 KiB a piece.  It never fails: where locking is not allowed it is memory
 * like any other, and wiped all the same.
 */
void *secret_alloc(size_t n);
void secret_free(void *p, size_t n);	/* NULL is fine */

/* Overwrite, in a way no compiler takes out.  NULL is fine if n is 0. */
void secret_wipe(void *p, size_t n);

/* Equal?  In time that tells nothing of where they differ. */
int secret_equal(const void *a, const void *b, size_t n);

#endif
