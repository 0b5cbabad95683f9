#ifndef STORE_DRY_H
#define STORE_DRY_H

#include "store/store.h"

/*
 * A store for --dry-run: what is read comes from another, what is written or
 * removed is said to have been, and was not.  The other is borrowed.
 */
struct store *store_dry(struct store *inner);

#endif
