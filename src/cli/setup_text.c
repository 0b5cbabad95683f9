#include <string.h>

#include "cli/setup_text.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/unicode.h"

static const char head[] =
"# fettle's configuration: what is put in order, backed up and put away.\n"
"#\n"
"#   fettle plan     shows what would happen, and why\n"
"#   fettle run      does it\n"
"#   fettle undo     takes it back\n"
"\n";

static const char archives[] =
"# Files that have not changed for long can be put away:\n"
"#\n"
"# archives:\n"
"#   - name: old downloads\n"
"#     locations: ~/Downloads\n"
"#     older_than: 90 days\n"
"#     to: ~/Archive\n"
"\n";

static const char schedule[] =
"# When `fettle daemon` runs all this; `fettle run` does it at any time.\n"
"schedule: every day at 01:00\n";

/* May the text stand there as it is?  Better too many quotes than too few. */
static int
is_plain(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789/._-+~ ") == strlen(s) && s[strlen(s) - 1] != ' ' &&
	    (*s == '/' || strncmp(s, "~/", 2) == 0);
}

/* JSON's strings are YAML's double-quoted ones. */
static void
add_value(struct buf *out, const char *s)
{
	struct json j = { .out = out };

	if (is_plain(s))
		buf_adds(out, s);
	else
		json_bytes(&j, s, strlen(s));
}

/* A path as it must be written to be read as itself. */
static int
add_path(const struct setup *s, const char *path, struct buf *out,
    struct err *e)
{
	size_t n = s->home ? strlen(s->home) : 0;
	CLEAN_BUF struct buf b = {0};
	char q[QUOTE_SIZE];

	if (!utf8_valid(path, strlen(path)) || strpbrk(path, "{}") != NULL)
		return err_set(e, ERR_USAGE, "%s cannot be written into a "
		    "configuration: it has braces, or is not UTF-8",
		    quote_to(q, sizeof(q), path));
	if (n > 1 && strncmp(path, s->home, n) == 0 && path[n] == '/') {
		buf_addc(&b, '~');
		path += n;
	}
	for (; *path != '\0'; path++) {
		if (*path == '$')	/* else it would be a variable */
			buf_addc(&b, '$');
		buf_addc(&b, *path);
	}
	add_value(out, buf_str(&b));
	return 0;
}

static int
add_list(const struct setup *s, char *const *v, size_t n, struct buf *out,
    struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_adds(out, "      - ");
		if (add_path(s, v[i], out, e) < 0)
			return -1;
		buf_addc(out, '\n');
	}
	return 0;
}

static int
add_rules(const struct setup *s, struct buf *out, struct err *e)
{
	buf_adds(out, "rules:\n"
	    "  - name: sort by type\n"
	    "    locations:\n");
	if (add_list(s, s->mess, s->n_mess, out, e) < 0)
		return -1;
	buf_adds(out, "    actions:\n"
	    "      - sort: by-type        # Images/ Documents/ Videos/ ...\n"
	    "\n");
	return 0;
}

/* A path in a folder, as a value. */
static int
add_in(const struct setup *s, const char *dir, const char *name,
    struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf path = {0};

	buf_addf(&path, "%s/%s", dir, name);
	return add_path(s, buf_str(&path), out, e);
}

static int
add_place(const struct setup *s, struct buf *out, struct err *e)
{
	if (s->to_is_label) {
		buf_adds(out, "    copies:\n      label: ");
		add_value(out, s->to);
		buf_adds(out, "\n      path: fettle");
		return 0;
	}
	if (s->plain) {
		buf_adds(out, "    copies: ");
		return add_path(s, s->to, out, e);
	}
	buf_adds(out, "    repository: ");
	if (add_in(s, s->to, SETUP_BACKUP, out, e) < 0)
		return -1;
	buf_adds(out, "\n    password_file: ");
	return add_in(s, s->dir, SETUP_KEY, out, e);
}

static int
add_backups(const struct setup *s, struct buf *out, struct err *e)
{
	buf_adds(out, "backups:\n"
	    "  - name: " SETUP_BACKUP "\n"
	    "    paths:\n");
	if (add_list(s, s->important, s->n_important, out, e) < 0)
		return -1;
	if (add_place(s, out, e) < 0)
		return -1;
	buf_adds(out, "\n    keep: {last: 3, daily: 7, weekly: 5, monthly: 12, "
	    "yearly: 10}\n\n");
	return 0;
}

int
setup_text(const struct setup *s, struct buf *out, struct err *e)
{
	if (s->schema != NULL)
		buf_addf(out, "# yaml-language-server: $schema=%s\n", s->schema);
	buf_adds(out, head);
	if (s->n_mess > 0 && add_rules(s, out, e) < 0)
		return -1;
	if (s->n_important > 0 && add_backups(s, out, e) < 0)
		return -1;
	buf_adds(out, archives);
	buf_adds(out, schedule);
	return 0;
}
