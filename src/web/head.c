#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web/head.h"

#define TOKEN	"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz" \
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int
has_port(const char *colon, uint16_t port)
{
	char *end;
	unsigned long n;

	if (*colon == '\0')
		return port == 0 || port == 80 || port == 443;
	if (colon[1] < '1' || colon[1] > '9' || strlen(colon) > 6)
		return 0;
	n = strtoul(colon + 1, &end, 10);
	return *end == '\0' && n <= UINT16_MAX && (port == 0 || n == port);
}

int
head_is_ours(const char *host, const struct head_rules *r)
{
	size_t i, n;

	for (i = 0; r->hosts[i] != NULL; i++) {
		n = strlen(r->hosts[i]);
		if (strncasecmp(host, r->hosts[i], n) == 0 &&
		    (host[n] == '\0' || host[n] == ':') &&
		    has_port(host + n, r->port))
			return 1;
	}
	return 0;
}

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Printable, absolute, well escaped, no NUL in it, and no ".." in its path,
 * written in whatever way. */
static int
target_ok(const char *t)
{
	unsigned dots = 0, other = 1;	/* in this part of the path */
	int in_path = 1, c, hi, lo;

	if (*t != '/' || strlen(t) > HEAD_TARGET)
		return 0;
	for (; *t != '\0'; t++) {
		c = (unsigned char)*t;
		if (c <= ' ' || c > '~' || c == '#' || c == '\\')
			return 0;
		if (c == '%') {
			hi = hex_of(t[1]);
			lo = hi < 0 ? -1 : hex_of(t[2]);
			if (lo < 0 || hi * 16 + lo == 0)
				return 0;
			c = hi * 16 + lo;
			if (in_path && (c == '/' || c == '\\'))
				return 0;
			t += 2;
		} else if (c == '?')
			in_path = 0;
		if (!in_path || c == '/') {
			if (dots == 2 && !other)
				return 0;
			dots = other = 0;
			if (!in_path)
				other = 1;
		} else if (c == '.')
			dots++;
		else
			other = 1;
	}
	return dots != 2 || other;
}

int
head_line(struct head *h, const char *method, const char *target,
    const char *version)
{
	*h = (struct head){0};
	if (strcmp(method, "GET") == 0)
		h->method = HEAD_GET;
	else if (strcmp(method, "HEAD") == 0)
		h->method = HEAD_HEAD;
	else if (strcmp(method, "POST") == 0)
		h->method = HEAD_POST;
	if (strlen(target) > HEAD_TARGET)
		return 414;
	if (strcmp(version, "HTTP/1.1") != 0)
		return strncmp(version, "HTTP/", 5) == 0 ? 505 : 400;
	if (h->method == HEAD_OTHER)
		return 405;
	return target_ok(target) ? 200 : 400;
}

static int
take_length(struct head *h, const char *v)
{
	if (++h->n_lengths > 1 || *v == '\0' ||
	    v[strspn(v, "0123456789")] != '\0')
		return 400;
	if (strlen(v) > 9)
		return 413;
	h->length = strtoul(v, NULL, 10);
	return h->length > HEAD_BODY ? 413 : 200;
}

int
head_field(struct head *h, const char *name, const char *value,
    const struct head_rules *r)
{
	const unsigned char *p;

	if (++h->n_fields > HEAD_FIELDS)
		return 431;
	if (*name == '\0' || name[strspn(name, TOKEN)] != '\0')
		return 400;
	for (p = (const unsigned char *)value; *p != '\0'; p++)
		if ((*p < ' ' && *p != '\t') || *p == 0x7f)
			return 400;
	if (strcasecmp(name, "host") == 0) {
		if (++h->n_hosts > 1)
			return 400;
		return head_is_ours(value, r) ? 200 : 421;
	}
	if (strcasecmp(name, "content-length") == 0)
		return take_length(h, value);
	if (strcasecmp(name, "transfer-encoding") == 0 ||
	    strcasecmp(name, "te") == 0)
		return 400;
	if (strcasecmp(name, "expect") == 0)
		return 417;
	if (strcasecmp(name, "upgrade") == 0)
		return 400;
	return 200;
}

int
head_end(const struct head *h)
{
	if (h->n_hosts != 1)
		return 400;
	if (h->method == HEAD_POST)
		return h->n_lengths == 1 ? 200 : 411;
	return h->length == 0 ? 200 : 400;
}

/* ---- the bytes ---- */

/* The line at p, ended by CRLF: where the next begins, or NULL.  It is cut off
 * with a NUL; *bad is set for a bare CR or LF, or a NUL. */
static char *
cut(char *p, const char *end, int *bad)
{
	for (; p < end; p++) {
		if (*p == '\0' || *p == '\n' || (*p == '\r' && p + 1 < end &&
		    p[1] != '\n')) {
			*bad = 1;
			return NULL;
		}
		if (*p == '\r' && p + 1 < end) {
			*p = '\0';
			return p + 2;
		}
	}
	return NULL;
}

static int
first_line(struct head *h, char *line)
{
	char *target = strchr(line, ' ');
	char *version = target != NULL ? strchr(target + 1, ' ') : NULL;

	if (version == NULL || strchr(version + 1, ' ') != NULL)
		return 400;
	*target++ = '\0';
	*version++ = '\0';
	return head_line(h, line, target, version);
}

static int
one_field(struct head *h, char *line, const struct head_rules *r)
{
	char *value = strchr(line, ':'), *end;

	if (value == NULL)
		return 400;
	*value++ = '\0';
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return head_field(h, line, value, r);
}

int
head_check(const void *data, size_t size, const struct head_rules *r,
    struct head *out, size_t *len)
{
	char copy[HEAD_MAX + 1];
	char *line = copy, *next;
	const char *end;
	int bad = 0, status;

	if (size > HEAD_MAX)
		size = HEAD_MAX;
	memcpy(copy, data, size);
	copy[size] = '\0';
	end = copy + size;
	*out = (struct head){0};
	if ((next = cut(line, end, &bad)) == NULL)
		goto more;
	if ((status = first_line(out, line)) != 200)
		return status;
	for (line = next; (next = cut(line, end, &bad)) != NULL; line = next) {
		if (*line == '\0') {
			*len = (size_t)(next - copy);
			return head_end(out);
		}
		if ((status = one_field(out, line, r)) != 200)
			return status;
	}
more:
	if (bad)
		return 400;
	return size == HEAD_MAX ? 431 : 0;
}
