/* lexical.c -- paths as strings. */
#include <string.h>

#include "backup/lexical.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

/* Take the last component of out away, but not a ".." and not the root. */
static int
up(struct buf *out, size_t floor)
{
	if (out->len <= floor)
		return 0;
	while (out->len > floor && out->data[out->len - 1] != '/')
		out->len--;
	if (out->len > floor)
		out->len--;	/* the slash before it */
	return 1;
}

static void
add(struct buf *out, const char *part, size_t len, int rooted)
{
	if (out->len > (rooted ? 1u : 0u))
		buf_addc(out, '/');
	buf_add(out, part, len);
}

char *
lexical_clean(const char *path)
{
	int rooted = *path == '/';
	struct buf out = {0};
	size_t floor, n;

	if (rooted)
		buf_addc(&out, '/');
	for (floor = out.len; *path != '\0'; path += n) {
		n = strcspn(path, "/");
		if (n == 0) {
			n = 1;
		} else if (n == 2 && path[0] == '.' && path[1] == '.') {
			if (!up(&out, floor) && !rooted) {
				add(&out, "..", 2, 0);
				floor = out.len;
			}
		} else if (n != 1 || *path != '.') {
			add(&out, path, n, rooted);
		}
	}
	if (out.len == 0)
		buf_addc(&out, '.');
	return buf_steal(&out);
}

char *
lexical_join(const char *a, const char *b)
{
	CLEAN_FREE char *both = NULL;

	if (*a == '\0')
		return lexical_clean(b);
	both = xasprintf("%s/%s", a, b);
	return lexical_clean(both);
}

char *
lexical_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *dir = NULL;

	dir = slash == NULL ? xstrdup(".") :
	    xstrndup(path, (size_t)(slash - path) + 1);
	return lexical_clean(dir);
}

const char *
lexical_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}

char *
lexical_abs(const char *dir, const char *path)
{
	return *path == '/' ? lexical_clean(path) : lexical_join(dir, path);
}
