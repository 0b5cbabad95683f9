#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "media/names.h"
#include "media/names_impl.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/map.h"
#include "util/xalloc.h"

#define NAME	255

struct names {
	struct map	 types;		/* extension: index of type */
	const char	**type;
	size_t		 n, cap;
	struct arena	 own;
};

static void
add(struct names *n, const char *ext, size_t len, const char *type)
{
	XGROW(n->type, n->n, n->cap);
	n->type[n->n] = type;
	map_put(&n->types, ext, len, n->n++);
}

/* "type ext ext # remark", as Python's read_mime_types takes it. */
static void
add_line(struct names *n, char *line)
{
	char *type = NULL, *word;

	while ((word = strsep(&line, " \t\r\f\v")) != NULL) {
		if (*word == '\0')
			continue;
		if (*word == '#')
			return;
		if (type == NULL)
			type = arena_str(&n->own, word);
		else
			add(n, word, strlen(word), type);
	}
}

static void
read_list(struct names *n, const char *path)
{
	CLEAN_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CLEAN_BUF struct buf b = {0};
	char *text, *line;
	CLEAN_FREE char *whole = NULL;

	if (fd < 0 || fd_read_all(fd, NAMES_FILE_MAX, &b) < 0 || b.len == 0)
		return;
	whole = text = buf_steal(&b);
	while ((line = strsep(&text, "\n")) != NULL)
		add_line(n, line);
}

struct names *
names_new(const char *list)
{
	struct names *n = xalloc(sizeof(*n));

	for (size_t i = 0; i < name_types_n; i++)
		add(n, name_types[i].ext, strlen(name_types[i].ext),
		    name_types[i].type);
	if (list != NULL)
		read_list(n, list);
	return n;
}

void
names_free(struct names *n)
{
	if (n == NULL)
		return;
	map_fini(&n->types);
	free(n->type);
	arena_fini(&n->own);
	free(n);
}

/* The last extension of name[0..len), as Python's splitext: its length with the
 * dot, 0 if there is none.  Leading dots are no extension's. */
static size_t
last_ext(const char *name, size_t len)
{
	size_t start = 0, i;

	while (start < len && name[start] == '.')
		start++;
	for (i = len; i > start && name[i - 1] != '.'; i--)
		;
	return i > start ? len - i + 1 : 0;
}

/* Short forms of two extensions: the first of them, and that the second is a
 * compression.  (.svgz, .tgz ...) */
static const char *
short_form(const char *ext, size_t len)
{
	static const struct { const char *ext, *first; } forms[] = {
		{ "svgz", "svg" }, { "tgz", "tar" }, { "taz", "tar" },
		{ "tz", "tar" }, { "tbz2", "tar" }, { "txz", "tar" },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (len == strlen(forms[i].ext) &&
		    strncasecmp(ext, forms[i].ext, len) == 0)
			return forms[i].first;
	return NULL;
}

static int
is_compression(const char *ext, size_t len)
{
	static const char *const exts[] = { "gz", "Z", "bz2", "xz", "br" };

	for (size_t i = 0; i < sizeof(exts) / sizeof(exts[0]); i++)
		if (len == strlen(exts[i]) && memcmp(ext, exts[i], len) == 0)
			return 1;
	return 0;
}

const char *
names_type(const struct names *n, const char *name)
{
	size_t len = strlen(name), ext = last_ext(name, len), i;
	const char *p = name + len - ext + 1;
	char lower[NAME + 1];
	uint64_t *at;

	if (ext < 2)
		return NULL;
	if (short_form(p, ext - 1) != NULL) {
		p = short_form(p, ext - 1);
		ext = strlen(p) + 1;
	} else if (is_compression(p, ext - 1)) {
		len -= ext;
		ext = last_ext(name, len);
		if (ext < 2)
			return NULL;
		p = name + len - ext + 1;
	}
	if (--ext > NAME)
		return NULL;
	for (i = 0; i < ext; i++)
		lower[i] = (char)tolower((unsigned char)p[i]);
	at = map_get(&n->types, lower, ext);
	return at != NULL ? n->type[*at] : NULL;
}
