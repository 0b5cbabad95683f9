#ifndef TAR_TEST_SAMPLE_H
#define TAR_TEST_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "tar/tar.h"

/*
 * Members of every kind, with the names, times, attributes and holes that
 * archives get wrong.  Call sample_start first.
 */
#define S	INT64_C(1000000000)
#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

#define SAMPLE_N	21
extern const struct tar_entry sample[SAMPLE_N];
#define SAMPLE_PLAIN	1	/* "d/plain", 300000 bytes, with an attribute */
#define SAMPLE_HOLES	3	/* "d/holes" */

void sample_start(void);
/* The byte that the content of t has there; 0 in its holes. */
unsigned char sample_byte(const struct tar_entry *t, uint64_t at);
/* Write t and its content in pieces of that size; fails the test if it must. */
void sample_add(struct tar_writer *w, const struct tar_entry *t, size_t piece);

#endif
