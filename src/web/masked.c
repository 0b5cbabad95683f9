#include <string.h>

#include "conf/secret.h"
#include "util/buf.h"
#include "web/masked.h"

#define STARS	"***"

struct masking;
static void one_line(struct masking *m, const char *line, size_t len);

struct masking {
	struct buf	*out;
	const char	*text;		/* all of it */
	size_t		 deeper;	/* lines with more indentation than this,
					   less one, are hidden; 0: none are */
};

static size_t
indent_of(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && (line[n] == ' ' || line[n] == '-' ||
	    line[n] == '\t'))
		n++;
	return n;
}

/* Where the value of "key: value" begins; 0 if it is no such line. */
static size_t
value_at(const char *line, size_t from, size_t len, size_t *key_len)
{
	size_t i;

	for (i = from; i < len && line[i] != ':' && line[i] != ' ' &&
	    line[i] != '{'; i++)
		;
	*key_len = i - from;
	while (i < len && line[i] == ' ')	/* "password : x" is one, too */
		i++;
	return i < len && line[i] == ':' && *key_len > 0 ? i + 1 : 0;
}

static int
is_hidden(const char *key, size_t len)
{
	while (len > 1 && (*key == '"' || *key == '\'')) {
		key++;
		len -= 2;
	}
	return (len == 3 && memcmp(key, "env", 3) == 0) ||
	    conf_secret_key(key, len);
}

/* Where "*name" stands in a line; NULL: it does not. */
static const char *
alias_in(const char *line, size_t len, const char *name, size_t n)
{
	const char *p = line, *end = line + len;

	while ((p = memchr(p, '*', (size_t)(end - p))) != NULL) {
		p++;
		if ((size_t)(end - p) >= n && memcmp(p, name, n) == 0 &&
		    (p + n == end || strchr(" ,]}\t", p[n]) != NULL))
			return p;
	}
	return NULL;
}

/* Is what is anchored here hidden where it is used? */
static int
is_used_as_secret(const char *text, const char *name, size_t n)
{
	const char *end;

	for (; *text != '\0'; text = end + (*end == '\n')) {
		CLEAN_BUF struct buf b = {0};
		struct masking m = { .out = &b, .text = "" };

		end = strchrnul(text, '\n');
		if (alias_in(text, (size_t)(end - text), name, n) == NULL)
			continue;
		one_line(&m, text, (size_t)(end - text));
		if (alias_in((char *)b.data, b.len, name, n) == NULL)
			return 1;
	}
	return 0;
}

/* Behind the name of an anchor whose value is hidden elsewhere; 0: none. */
static size_t
secret_anchor(const struct masking *m, const char *line, size_t len)
{
	size_t i, n;

	for (i = 0; i + 1 < len; i++) {
		if (line[i] != '&' || (i > 0 && line[i - 1] != ' '))
			continue;
		for (n = 0; i + 1 + n < len && strchr(" ,]}\t",
		    line[i + 1 + n]) == NULL; n++)
			;
		if (n > 0 && is_used_as_secret(m->text, line + i + 1, n))
			return i + 1 + n;
	}
	return 0;
}

static void
one_line(struct masking *m, const char *line, size_t len)
{
	size_t from = indent_of(line, len), key_len, value;
	size_t at = m->out->len;

	if (from == len) {
		buf_add(m->out, line, len);
		return;
	}
	value = value_at(line, from, len, &key_len);
	if (m->deeper > 0 && from + 1 > m->deeper) {
		buf_add(m->out, line, value > 0 ? value : from);
		buf_adds(m->out, value > 0 ? " " STARS : STARS);
		return;
	}
	m->deeper = 0;
	if (*m->text != '\0' && (key_len = secret_anchor(m, line, len)) > 0) {
		m->deeper = from + 1;
		buf_add(m->out, line, key_len);
		if (key_len < len)
			buf_adds(m->out, " " STARS);
		return;
	}
	value = value_at(line, from, len, &key_len);
	if (value > 0 && is_hidden(line + from, key_len)) {
		m->deeper = from + 1;
		buf_add(m->out, line, value);
		if (value < len)
			buf_adds(m->out, " " STARS);
		return;
	}
	buf_add(m->out, line, len);
	conf_mask_line((char *)m->out->data + at, len);
}

void
masked_text(struct buf *out, const char *text)
{
	struct masking m = { .out = out, .text = text };
	const char *end;

	for (; *text != '\0'; text = end + (*end == '\n')) {
		end = strchrnul(text, '\n');
		one_line(&m, text, (size_t)(end - text));
		if (*end == '\n')
			buf_addc(out, '\n');
	}
}
