/* http_answer.c -- what an answer says: its headers, and its status in words. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "net/http.h"

#define RETRY_AFTER_MAX	60		/* s */

const char *
http_header(const struct http_answer *a, const char *name, size_t *len)
{
	const char *at = (const char *)a->headers.data, *end, *stop, *value;
	size_t n = strlen(name);

	if (at == NULL)
		return NULL;
	for (stop = at + a->headers.len; at < stop; at = end + 1) {
		if ((end = memchr(at, '\n', (size_t)(stop - at))) == NULL)
			return NULL;
		if ((size_t)(end - at) <= n || at[n] != ':' ||
		    strncasecmp(at, name, n) != 0)
			continue;
		value = at + n + 1;
		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		while (end > value && isspace((unsigned char)end[-1]))
			end--;
		*len = (size_t)(end - value);
		return value;
	}
	return NULL;
}

int
http_header_is(const struct http_answer *a, const char *name,
    const char *value)
{
	size_t len;
	const char *v = http_header(a, name, &len);

	return v != NULL && len == strlen(value) &&
	    strncasecmp(v, value, len) == 0;
}

int64_t
http_retry_after(const struct http_answer *a)
{
	size_t len, i;
	const char *v = http_header(a, "Retry-After", &len);
	int64_t s = 0;

	if (v == NULL)
		return 0;
	for (i = 0; i < len && isdigit((unsigned char)v[i]); i++)
		if (s <= RETRY_AFTER_MAX)
			s = s * 10 + (v[i] - '0');
	return (s > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : s) * 1000000;
}

static const struct {
	int		 status;
	enum err_kind	 kind;
	const char	*words;
} known[] = {
	{ 400, ERR_IO,	   "the server does not understand the request" },
	{ 401, ERR_DENIED, "the server does not know us: user or password?" },
	{ 403, ERR_DENIED, "the server does not allow it" },
	{ 404, ERR_NOENT,  "not found" },
	{ 405, ERR_DENIED, "the server does not allow it" },
	{ 408, ERR_NET,	   "the server waited too long" },
	{ 409, ERR_EXISTS, "it is there already" },
	{ 410, ERR_NOENT,  "not found" },
	{ 412, ERR_EXISTS, "it is there already" },
	{ 413, ERR_FULL,   "too large for the server" },
	{ 416, ERR_CORRUPT, "it is too short" },
	{ 425, ERR_NET,	   "the server wants to be asked again" },
	{ 429, ERR_NET,	   "the server has too much to do" },
	{ 501, ERR_IO,	   "the server cannot do that" },
	{ 503, ERR_NET,	   "the server has too much to do" },
	{ 507, ERR_FULL,   "the server has no room left" },
};

int
http_told(const struct http_answer *a, const char *what, struct err *e)
{
	const char *words = "the server said no";
	enum err_kind kind = ERR_IO;
	size_t i;

	if (a->status / 100 == 5) {
		kind = ERR_NET;
		words = "the server failed";
	} else if (a->status / 100 == 3) {
		words = "the server wants us to ask elsewhere";
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == a->status) {
			kind = known[i].kind;
			words = known[i].words;
		}
	err_set_text(e, kind, "%s: %s (%d)", what, words, a->status);
	if (e != NULL && kind == ERR_DENIED)
		e->sys = EACCES;
	return -1;
}

void
http_answer_reset(struct http_answer *a)
{
	buf_reset(&a->headers);
	buf_reset(&a->body);
	a->status = 0;
	a->len = 0;
}

void
http_answer_fini(struct http_answer *a)
{
	buf_fini(&a->headers);
	buf_fini(&a->body);
}
