#include <string.h>
#include <strings.h>

#include "conf/secret.h"
#include "conf/show.h"
#include "conf/text.h"
#include "util/buf.h"

#define KEY_MAX	200	/* bytes; libyaml allows 1024 characters */

static const char stars[] = "'***'";

static void
indent(struct buf *out, unsigned depth)
{
	for (; depth > 0; depth--)
		buf_adds(out, "  ");
}

/* Letters, digits and what is harmless inside of a plain text. */
static bool
is_plain(const char *s)
{
	static const char *const other[] = { "~", "null", "Null", "NULL" };
	size_t i;

	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (strcmp(s, other[i]) == 0)
			return false;
	if (*s == '\0' || *s == '-' || *s == ' ' || s[strlen(s) - 1] == ' ')
		return false;
	for (i = 0; s[i] != '\0'; i++)
		if ((unsigned char)s[i] >= 0x7f || strchr("0123456789"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "_./+-~$ ", s[i]) == NULL)
			return false;
	return true;
}

/* Does the text need the escapes that only double quotes have? */
static bool
needs_escapes(const char *s)
{
	size_t i, step, len = strlen(s);
	uint32_t cp;

	for (i = 0; i < len; i += step) {
		step = conf_utf8(s + i, len - i, &cp);
		if (step == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
		    cp == 0x2028 || cp == 0x2029 || (cp & 0xfffe) == 0xfffe ||
		    cp == 0xfeff)
			return true;
	}
	return false;
}

static void
add_double(struct buf *out, const char *s)
{
	size_t i, step, len = strlen(s);
	uint32_t cp;

	buf_addc(out, '"');
	for (i = 0; i < len; i += step ? step : 1) {
		step = conf_utf8(s + i, len - i, &cp);
		if (step == 0)
			buf_addf(out, "\\x%02x", (unsigned char)s[i]);
		else if (cp == '"' || cp == '\\')
			buf_addf(out, "\\%c", (char)cp);
		else if (cp == '\n')
			buf_adds(out, "\\n");
		else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			buf_addf(out, "\\x%02x", (unsigned)cp);
		else if (cp == 0x2028 || cp == 0x2029 || cp == 0xfeff ||
		    (cp & 0xfffe) == 0xfffe)
			buf_addf(out, "\\U%08x", (unsigned)cp);
		else
			buf_add(out, s + i, step);
	}
	buf_addc(out, '"');
}

static void
add_text(struct buf *out, const char *s)
{
	if (is_plain(s)) {
		buf_adds(out, s);
		return;
	}
	if (needs_escapes(s)) {
		add_double(out, s);
		return;
	}
	buf_addc(out, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_addc(out, '\'');
		buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

static void
show_scalar(const struct conf_node *n, bool mask, struct buf *out)
{
	CLEAN_BUF struct buf b = {0};
	size_t from, to;

	if (n->kind == CONF_NULL) {
		buf_adds(out, "null");
		return;
	}
	if (!mask || !conf_secret_part(n->text, strlen(n->text), &from, &to)) {
		add_text(out, n->text);
		return;
	}
	buf_add(&b, n->text, from);
	buf_adds(&b, "***");
	buf_adds(&b, n->text + to);
	add_text(out, buf_str(&b));
}

/* All texts below are hidden, their keys are not. */
enum showing { PLAINLY, MASKED, HIDDEN };

static void show(const struct conf_node *n, enum showing how, unsigned depth,
    bool behind_dash, struct buf *out);

static enum showing
below(const char *key, enum showing how)
{
	if (how == MASKED && (conf_secret_key(key, strlen(key)) ||
	    strcasecmp(key, "env") == 0))
		return HIDDEN;
	return how;
}

/* What stands behind "key:", or behind "-" where a block may begin at once. */
static void
show_value(const struct conf_node *n, enum showing how, unsigned depth,
    bool behind_dash, struct buf *out)
{
	bool block = (n->kind == CONF_MAP || n->kind == CONF_LIST) && n->n > 0;

	buf_addc(out, block && !behind_dash ? '\n' : ' ');
	show(n, how, depth + 1, behind_dash, out);
	if (!block)
		buf_addc(out, '\n');
}

/* A key; YAML wants a long one announced. */
static void
show_key(const char *key, unsigned depth, struct buf *out)
{
	CLEAN_BUF struct buf b = {0};

	add_text(&b, key);
	if (b.len > KEY_MAX)
		buf_adds(out, "? ");
	buf_add(out, b.data, b.len);
	if (b.len > KEY_MAX) {
		buf_addc(out, '\n');
		indent(out, depth);
	}
	buf_addc(out, ':');
}

static void
show(const struct conf_node *n, enum showing how, unsigned depth,
    bool behind_dash, struct buf *out)
{
	size_t i;

	if (n->kind == CONF_SCALAR || n->kind == CONF_NULL) {
		if (how == HIDDEN && n->kind == CONF_SCALAR)
			buf_adds(out, stars);
		else
			show_scalar(n, how != PLAINLY, out);
		return;
	}
	if (n->n == 0)
		buf_adds(out, n->kind == CONF_MAP ? "{}" : "[]");
	for (i = 0; i < n->n; i++) {
		if (i > 0 || !behind_dash)
			indent(out, depth);
		if (n->kind == CONF_LIST) {
			buf_addc(out, '-');
			show_value(n->items[i], how, depth, true, out);
			continue;
		}
		show_key(n->pairs[i].key, depth, out);
		show_value(n->pairs[i].value, below(n->pairs[i].key, how),
		    depth, false, out);
	}
}

void
conf_show(const struct conf_node *root, bool mask, struct buf *out)
{
	show(root, mask ? MASKED : PLAINLY, 0, false, out);
	if (root->n == 0)
		buf_addc(out, '\n');
}
