#ifndef REPO_EMIT_H
#define REPO_EMIT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "repo/id.h"

/*
 * Pieces of JSON, written where p points, which must have room (the numbers
 * below tell how much).  Each returns where the next piece goes.  This is what
 * an unchanged backup does most, so nothing here is formatted or allocated.
 */
struct node_time;

#define EMIT_U64_MAX	20
#define EMIT_ID_MAX	(2 * ID_LEN + 2)
#define EMIT_TIME_MAX	48
#define EMIT_STRING_MAX(len)	(6 * (size_t)(len) + 2)

unsigned char *emit_u64(unsigned char *p, uint64_t v);
/* In quotes, as the following are, too. */
unsigned char *emit_id(unsigned char *p, const struct id *id);
unsigned char *emit_time(unsigned char *p, const struct node_time *t);
/* As encoding/json writes a string, and a name that went through
 * strconv.Quote before (node.h). */
unsigned char *emit_string(unsigned char *p, const void *text, size_t len);
unsigned char *emit_name(unsigned char *p, const void *s, size_t len);

/* What is JSON already. */
static inline unsigned char *
emit_raw(unsigned char *p, const void *s, size_t len)
{
	if (len > 0)
		memcpy(p, s, len);
	return p + len;
}

static inline unsigned char *
emit(unsigned char *p, const char *s)
{
	return emit_raw(p, s, strlen(s));
}

#endif
