#ifndef CATALOG_RESULTS_H
#define CATALOG_RESULTS_H

#include <stddef.h>

/* Check packed results of n entries and count those done: ERR_CORRUPT. */
struct err;
int results_count(const void *data, size_t len, size_t n, size_t *done,
    struct err *e);

#endif
