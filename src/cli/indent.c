#include "cli/indent.h"
#include "util/buf.h"

static void
new_line(struct buf *out, size_t depth)
{
	buf_addc(out, '\n');
	while (depth-- > 0)
		buf_adds(out, "  ");
}

void
indent_json(struct buf *out, const void *json, size_t len)
{
	const char *s = json;
	size_t depth = 0, i;
	int quoted = 0;
	char c;

	for (i = 0; i < len; i++) {
		c = s[i];
		if (quoted) {
			buf_addc(out, c);
			if (c == '\\' && i + 1 < len)
				buf_addc(out, s[++i]);
			quoted = c != '"';
			continue;
		}
		if (c == '}' || c == ']') {
			depth -= depth > 0;
			if (i > 0 && s[i - 1] != '{' && s[i - 1] != '[')
				new_line(out, depth);
		}
		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			buf_addc(out, c);
		quoted = c == '"';
		if (c == ':')
			buf_addc(out, ' ');
		if ((c == '{' || c == '[') && i + 1 < len &&
		    s[i + 1] != '}' && s[i + 1] != ']')
			new_line(out, ++depth);
		else if (c == '{' || c == '[')
			depth++;
		else if (c == ',')
			new_line(out, depth);
	}
}
