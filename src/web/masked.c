#include <string.h>

#include "conf/secret.h"
#include "util/buf.h"
#include "web/masked.h"

#define STARS	"***"

struct masking {
	struct buf	*out;
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
	struct masking m = { .out = out };
	const char *end;

	for (; *text != '\0'; text = end + (*end == '\n')) {
		end = strchrnul(text, '\n');
		one_line(&m, text, (size_t)(end - text));
		if (*end == '\n')
			buf_addc(out, '\n');
	}
}
