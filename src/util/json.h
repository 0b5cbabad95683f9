#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/*
 * JSON (RFC 8259), written and read a piece at a time.
 *
 * Writing.  A struct json writes into a buf of the caller's; {.out = &b} is
 * ready for use, and nothing is to be freed.  Commas come by themselves.
 *
 *	json_object_start(&j);
 *	json_key(&j, "v");
 *	json_u64(&j, 1);
 *	json_name(&j, "from", path, strlen(path));
 *	json_object_end(&j);
 *	json_line(&j);
 *
 * What is written is always valid JSON in UTF-8, and a value is always one
 * line: controls, DEL, C1 controls, U+2028 and U+2029 are escaped.  Writing
 * cannot fail.  An unbalanced object or array is a bug, and json_line aborts.
 */
struct json {
	struct buf	*out;
	unsigned	 depth;		/* arrays and objects that are open */
	int		 comma;		/* one is due before the next piece */
};

void json_object_start(struct json *j);
void json_object_end(struct json *j);
void json_array_start(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);

void json_str(struct json *j, const char *s);	/* NULL is written as null */
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);
void json_double(struct json *j, double v);	/* null if not finite */
void json_bool(struct json *j, int v);
void json_null(struct json *j);

/*
 * Any bytes as a string.  What is not UTF-8 is replaced by U+FFFD, and then
 * 1 is returned, else 0.
 */
int json_bytes(struct json *j, const void *data, size_t len);

/*
 * A member whose value is a file name: "key": "text" and, if the name is not
 * UTF-8, "key_bytes": "base64" as well, so that nothing of it is lost.
 */
void json_name(struct json *j, const char *key, const void *name, size_t len);

/*
 * Members, whole: a text (NULL is ""; not UTF-8: as json_bytes), a number, a
 * number or null (0: there is none), and a time in microseconds since 1970 as RFC
 * 3339, null where there is none (0) or never one (INT64_MAX).
 */
void json_put_text(struct json *j, const char *key, const char *value);
void json_put_u64(struct json *j, const char *key, uint64_t v);
void json_put_i64(struct json *j, const char *key, int64_t v);
void json_put_some(struct json *j, const char *key, int64_t v);
void json_put_time(struct json *j, const char *key, int64_t us);
/* A list of texts, of lines; NULL has none, and empty ones are left out. */
void json_put_lines(struct json *j, const char *key, const char *lines);
/* An object that begins with "v":1, as each of ours does. */
void json_begin(struct json *j);

/* A value that is JSON already; the caller answers for it. */
void json_raw(struct json *j, const void *text, size_t len);

/* End a line of JSON Lines: what follows is a value of its own. */
void json_line(struct json *j);

/*
 * Reading.  A pull parser over bytes in memory, which are borrowed and must
 * outlive it.  Each json_next gives an event; a member of an object is a
 * JSON_KEY and then its value.  Strict: one value and white space round it,
 * valid UTF-8, no lone surrogates, no deeper than JSON_DEPTH_MAX.  Keys that
 * come twice are given twice.  Every error tells the offset in bytes, and after
 * one the reader gives nothing but that error.
 *
 *	CLEAN_JSON_READ struct json_read r;
 *
 *	json_read_init(&r, data, len);
 *	if (json_expect(&r, JSON_OBJECT, e) < 0)
 *		return -1;
 *	while ((n = json_member(&r, e)) == 1) {
 *		if (strcmp(r.str, "size") == 0)
 *			bad = json_get_u64(&r, &size, e);
 *		else
 *			bad = json_skip(&r, e);
 *		if (bad)
 *			return -1;
 *	}
 *	return n < 0 ? -1 : json_end(&r, e);
 */
#define JSON_DEPTH_MAX	64

enum json_event {
	JSON_END,		/* the value is over; only json_next gives it */
	JSON_OBJECT, JSON_OBJECT_END,
	JSON_ARRAY, JSON_ARRAY_END,
	JSON_KEY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE, JSON_FALSE, JSON_NULL,
};

struct json_read {
	enum json_event	 event;	/* the last one */
	const char	*str;	/* of a key, string or number: its text, */
	size_t		 len;	/* decoded, with a NUL behind it; borrowed */
				/* until the next call.  "" otherwise. */
	size_t		 at;	/* offset of the next byte to read */
	size_t		 start;	/* offset where the event began */

	/* The rest is the reader's own. */
	const unsigned char *text;
	size_t		 size;
	struct buf	 scratch;
	uint64_t	 objects; /* a bit a level: 1 in objects, 0 in arrays */
	unsigned	 depth;
	int		 state;
	const char	*wrong;	/* what the error was */
};

void json_read_init(struct json_read *r, const void *text, size_t len);
void json_read_fini(struct json_read *r);

#define CLEAN_JSON_READ	__attribute__((cleanup(json_read_fini)))

/* The next event: 1, 0 if the value is over (JSON_END), or -1. */
int json_next(struct json_read *r, struct err *e);

/* Next, and it must be this event: 0 or -1. */
int json_expect(struct json_read *r, enum json_event event, struct err *e);

/*
 * Say that the last event is not what it should be, in the parser's own form,
 * and end the reading with that: -1.  what must outlive r.
 */
int json_fail(struct json_read *r, const char *what, struct err *e);

/* Nothing but white space may follow: 0 or -1. */
int json_end(struct json_read *r, struct err *e);

/* In an object: 1 and a key in r->str, 0 at the object's end, or -1. */
int json_member(struct json_read *r, struct err *e);

/* In an array: 1 and a value begun (as by json_next), 0 at its end, or -1. */
int json_item(struct json_read *r, struct err *e);

/*
 * Pass over a value: after JSON_KEY the member's, after JSON_OBJECT or
 * JSON_ARRAY what is left of it.  After anything else there is nothing to do.
 */
int json_skip(struct json_read *r, struct err *e);

/*
 * Next, and it must be a value of this kind: 0 or -1.  Numbers are exact: an
 * integer with a fraction, an exponent or too many digits is refused.  The
 * string is borrowed until the next call and may hold NULs, which *len tells;
 * len may be NULL, and then a NUL in it is refused.
 */
int json_get_str(struct json_read *r, const char **s, size_t *len,
    struct err *e);
int json_get_u64(struct json_read *r, uint64_t *v, struct err *e);
int json_get_i64(struct json_read *r, int64_t *v, struct err *e);
int json_get_double(struct json_read *r, double *v, struct err *e);
int json_get_bool(struct json_read *r, int *v, struct err *e);

/* The same of a JSON_NUMBER that was already read. */
int json_u64_of(struct json_read *r, uint64_t *v, struct err *e);
int json_i64_of(struct json_read *r, int64_t *v, struct err *e);
int json_double_of(struct json_read *r, double *v, struct err *e);

#endif
