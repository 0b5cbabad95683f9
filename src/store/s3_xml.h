#ifndef STORE_S3_XML_H
#define STORE_S3_XML_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/*
 * The little XML that S3 answers with, read as what it is: elements with text in
 * them.  No DTD, no entities but the five and numbers, so nothing grows.
 */
struct s3_xml {
	const char	*at, *end;
};

/*
 * The text of the next element of this name, from *at on, decoded into out (of at
 * most max bytes); x moves behind it.  1, 0 if there is no more, -1 if it is no
 * XML or too long.
 */
int s3_xml_next(struct s3_xml *x, const char *name, size_t max,
    struct buf *out);

/* The span of the next element of this name, to be searched by itself. */
int s3_xml_span(struct s3_xml *x, const char *name, struct s3_xml *inner);

#endif
