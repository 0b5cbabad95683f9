/* url.c -- see url.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "net/url.h"
#include "util/hex.h"
#include "util/xalloc.h"

int
url_decode(struct buf *out, const char *text, size_t len)
{
	size_t was = out->len, i;
	int high, low;

	for (i = 0; i < len; i++) {
		if (text[i] != '%') {
			buf_addc(out, text[i]);
			continue;
		}
		high = len - i > 2 ? hex_digit(text[i + 1]) : -1;
		low = len - i > 2 ? hex_digit(text[i + 2]) : -1;
		if (high < 0 || low < 0 || high + low == 0) {
			out->len = was;
			return -1;
		}
		buf_addc(out, (char)(high * 16 + low));
		i += 2;
	}
	return 0;
}

void
url_encode(struct buf *out, const char *text, const char *keep)
{
	static const char hex[] = "0123456789ABCDEF";
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p != '\0'; p++) {
		if ((*p < 0x80 && isalnum(*p)) || strchr("-_.~", *p) != NULL ||
		    strchr(keep, *p) != NULL) {
			buf_addc(out, (char)*p);
			continue;
		}
		buf_addc(out, '%');
		buf_addc(out, hex[*p >> 4]);
		buf_addc(out, hex[*p & 15]);
	}
}

/* "name" up to "://", in lower case; *at moves behind it. */
static char *
read_scheme(const char **at)
{
	const char *end = strstr(*at, "://");
	char *scheme, *p;

	if (end == NULL || !isalpha((unsigned char)**at))
		return NULL;
	scheme = xstrndup(*at, (size_t)(end - *at));
	for (p = scheme; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && strchr("+-.", *p) == NULL) {
			free(scheme);
			return NULL;
		}
		*p = (char)tolower((unsigned char)*p);
	}
	*at = end + 3;
	return scheme;
}

/* What a piece stands for, or NULL. */
static char *
decoded(const char *text, size_t len)
{
	struct buf b = {0};

	if (url_decode(&b, text, len) < 0) {
		buf_fini(&b);
		return NULL;
	}
	return buf_steal(&b);
}

/* "user:password" before the '@': 0 or -1. */
static int
read_user(const char *text, size_t len, struct url *u)
{
	const char *colon = memchr(text, ':', len);
	size_t n = colon != NULL ? (size_t)(colon - text) : len;

	u->user = decoded(text, n);
	if (colon != NULL)
		u->password = decoded(colon + 1, len - n - 1);
	return u->user == NULL || (colon != NULL && u->password == NULL) ?
	    -1 : 0;
}

static int
read_port(const char *text, size_t len, struct url *u)
{
	size_t i;

	if (len == 0 || len > 5)
		return -1;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -1;
		u->port = u->port * 10 + (unsigned)(text[i] - '0');
	}
	return u->port == 0 || u->port > 65535 ? -1 : 0;
}

static int
is_host(const char *text, size_t len)
{
	size_t i = 0, last = len;

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		for (i = 1, last = len - 1; i < last; i++)
			if (!isxdigit((unsigned char)text[i]) &&
			    strchr(":.", text[i]) == NULL)
				return 0;
		return 1;
	}
	for (; i < last; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("-._", text[i]) == NULL &&
		    (unsigned char)text[i] < 0x80)
			return 0;
	return len > 0 && text[0] != '-';
}

static int
read_host(const char *text, size_t len, struct url *u)
{
	const char *colon = NULL;
	size_t i, n;

	for (i = len; i > 0 && text[i - 1] != ']'; i--)
		if (text[i - 1] == ':')
			colon = text + i - 1;
	n = colon != NULL ? (size_t)(colon - text) : len;
	if (!is_host(text, n) ||
	    (colon != NULL && read_port(colon + 1, len - n - 1, u) < 0))
		return -1;
	u->host = xstrndup(text, n);
	return 0;
}

/* What is wrong, or NULL. */
static const char *
parse(const char *text, struct url *u)
{
	const char *at = text, *p, *end, *user_end = NULL;

	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return "a space or control character stands in it";
	if ((u->scheme = read_scheme(&at)) == NULL)
		return "it does not begin with a scheme, as https://";
	end = at + strcspn(at, "/?#");
	for (p = at; p < end; p++)
		if (*p == '@')
			user_end = p;
	if (user_end != NULL) {
		if (read_user(at, (size_t)(user_end - at), u) < 0)
			return "its user or password has a bad %-escape";
		at = user_end + 1;
	}
	if (read_host(at, (size_t)(end - at), u) < 0)
		return "its host or port is not one";
	p = end + strcspn(end, "?#");
	u->path = xstrndup(end, (size_t)(p - end));
	if (*p == '?')
		u->query = xstrndup(p + 1, strcspn(p + 1, "#"));
	return NULL;
}

int
url_parse(const char *text, struct url *u, struct err *e)
{
	const char *wrong;

	*u = (struct url){0};
	if ((wrong = parse(text, u)) != NULL)
		return err_set(e, ERR_USAGE, "this is no address: %s", wrong);
	return 0;
}

void
url_fini(struct url *u)
{
	if (u->password != NULL)
		explicit_bzero(u->password, strlen(u->password));
	free(u->scheme);
	free(u->user);
	free(u->password);
	free(u->host);
	free(u->path);
	free(u->query);
	*u = (struct url){0};
}

void
url_origin(const struct url *u, struct buf *out)
{
	buf_addf(out, "%s://%s", u->scheme, u->host);
	if (u->port != 0)
		buf_addf(out, ":%u", u->port);
}

void
url_print(const struct url *u, int bare, struct buf *out)
{
	if (bare || u->user == NULL) {
		url_origin(u, out);
	} else {
		buf_addf(out, "%s://", u->scheme);
		url_encode(out, u->user, "");
		if (u->password != NULL)
			buf_adds(out, ":***");
		buf_addf(out, "@%s", u->host);
		if (u->port != 0)
			buf_addf(out, ":%u", u->port);
	}
	buf_adds(out, u->path);
	if (u->query != NULL)
		buf_addf(out, "?%s", u->query);
}
