#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "conf/secret.h"

static const char *const words[] = {
	"password", "passwd", "passphrase", "secret", "token", "credential",
	"api_key", "apikey", "api-key", "access_key", "private_key",
	"authorization", "webhook",
};

/* Who knows the address may use it: keys that are just this. */
static const char *const addresses[] = { "ping", "url" };

static bool
holds(const char *key, size_t len, const char *word)
{
	size_t n = strlen(word), i;

	for (i = 0; i + n <= len; i++)
		if (strncasecmp(key + i, word, n) == 0)
			return true;
	return false;
}

static bool
ends(const char *key, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && strncasecmp(key + len - n, word, n) == 0;
}

bool
conf_secret_key(const char *key, size_t len)
{
	size_t i;

	if (key == NULL || ends(key, len, "_file"))
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (holds(key, len, words[i]))
			return true;
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (strlen(addresses[i]) == len &&
		    strncasecmp(key, addresses[i], len) == 0)
			return true;
	return false;
}

bool
conf_secret_part(const char *text, size_t len, size_t *from, size_t *to)
{
	const char *p = memmem(text, len, "://", 3), *end = text + len, *q;
	const char *colon = NULL, *at = NULL;

	if (p == NULL)
		return false;
	for (q = p + 3; q < end && strchr("/?# \t'\"", *q) == NULL; q++) {
		if (*q == ':' && colon == NULL)
			colon = q;
		if (*q == '@')
			at = q;
	}
	if (colon == NULL || at == NULL || at < colon)
		return false;
	*from = (size_t)(colon + 1 - text);
	*to = (size_t)(at - text);
	return *to > *from;
}

/* Where the key begins that ends at the colon; *end leaves out its quote. */
static size_t
key_before(const char *line, size_t colon, size_t *end)
{
	size_t from = colon;

	if (from > 0 && strchr("'\"", line[from - 1]) != NULL)
		from--;
	*end = from;
	while (from > 0 && (isalnum((unsigned char)line[from - 1]) ||
	    strchr("_-.", line[from - 1]) != NULL))
		from--;
	return from;
}

#define GONE	'\177'	/* the tail of a wide letter; squeezed out */

static void
stars(char *line, size_t from, size_t to)
{
	for (; from < to; from++)
		line[from] = ((unsigned char)line[from] & 0xc0) == 0x80 ?
		    GONE : '*';
}

static void
squeeze(char *line, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		if (line[i] != GONE)
			line[n++] = line[i];
	memset(line + n, '\0', len - n);
}

void
conf_mask_line(char *line, size_t len)
{
	size_t i, from, to;

	for (i = 0; conf_secret_part(line + i, len - i, &from, &to); i += to)
		stars(line, i + from, i + to);
	for (i = 0; i < len; i++) {
		if (line[i] != ':')
			continue;
		from = key_before(line, i, &to);
		if (!conf_secret_key(line + from, to - from))
			continue;
		for (i++; i < len && line[i] == ' '; i++)
			continue;
		stars(line, i, len);	/* where it ends is not for sure */
		i = len;
	}
	squeeze(line, len);
}
