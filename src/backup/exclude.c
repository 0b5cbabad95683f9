/* exclude.c -- what is left out. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backup/exclude.h"
#include "backup/text.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

struct backup_exclude *
backup_exclude_new(void)
{
	struct backup_exclude *x = xalloc(sizeof(*x));

	x->larger = UINT64_MAX;
	return x;
}

void
backup_exclude_free(struct backup_exclude *x)
{
	size_t i;

	if (x == NULL)
		return;
	glob_list_free(x->list);
	glob_list_free(x->nocase);
	for (i = 0; i < x->n_tags; i++) {
		free(x->tags[i].name);
		free(x->tags[i].header);
	}
	for (i = 0; i < x->n_patterns; i++)
		free(x->patterns[i]);
	free(x->tags);
	free(x->patterns);
	free(x);
}

static int
add_pattern(struct backup_exclude *x, const char *pattern, int nocase,
    struct err *e)
{
	struct glob_list **l = nocase ? &x->nocase : &x->list;

	if (*l == NULL)
		*l = glob_list_new(nocase ? GLOB_NOCASE : 0);
	return glob_list_add(*l, pattern, e);
}

int
backup_exclude_pattern(struct backup_exclude *x, const char *pattern,
    int nocase, struct err *e)
{
	if (add_pattern(x, pattern, nocase, e) < 0)
		return -1;
	if (nocase)
		return 0;
	XGROW(x->patterns, x->n_patterns + 1, x->cap_patterns);
	x->patterns[x->n_patterns++] = xstrdup(pattern);
	x->patterns[x->n_patterns] = NULL;
	return 0;
}

/* Add the value of the variable named at p; how much of p it took. */
static size_t
expand_one(struct buf *out, const char *p)
{
	CLEAN_FREE char *name = NULL;
	const char *value;
	size_t n = 0, skip = 0;

	if (*p == '$') {
		buf_addc(out, '$');
		return 1;
	}
	if (*p == '{' && strchr(p, '}') != NULL) {
		n = strcspn(++p, "}");
		skip = 2;
	} else {
		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
		if (n > 0 && isdigit((unsigned char)*p))
			n = 1;
	}
	name = xstrndup(p, n);
	value = getenv(name);
	if (value != NULL)
		buf_adds(out, value);
	return n + skip;
}

/* $VAR and ${VAR}, as Go's os.Expand. */
static void
expand(struct buf *out, const char *line)
{
	while (*line != '\0')
		if (*line == '$')
			line += 1 + expand_one(out, line + 1);
		else
			buf_addc(out, *line++);
}

int
backup_patterns_read(struct backup_paths *p, const char *file, struct err *e)
{
	CLEAN_BUF struct buf text = {0}, pattern = {0};
	size_t at = 0;
	char *line;

	if (text_read_decoded(file, -1, &text, e) < 0)
		return -1;
	while (text_line(&text, &at, 1, &line)) {
		if (*line == '\0' || *line == '#')
			continue;
		buf_reset(&pattern);
		expand(&pattern, line);
		backup_paths_add(p, buf_str(&pattern));
	}
	return 0;
}

int
backup_exclude_file(struct backup_exclude *x, const char *path, int nocase,
    struct err *e)
{
	CLEAN(backup_paths_fini) struct backup_paths found = {0};
	char q[QUOTE_SIZE];
	size_t i;

	if (backup_patterns_read(&found, path, e) < 0)
		return -1;
	for (i = 0; i < found.n; i++)
		if (add_pattern(x, found.v[i], nocase, e) < 0)
			return err_wrap(e, "%s", quote_to(q, sizeof(q), path));
	return 0;
}

int
backup_exclude_if_present(struct backup_exclude *x, const char *spec,
    struct err *e)
{
	const char *colon = strchr(spec, ':');

	if (*spec == '\0' || colon == spec)
		return err_set(e, ERR_USAGE, "name for exclusion tagfile is "
		    "empty");
	XGROW(x->tags, x->n_tags, x->cap_tags);
	x->tags[x->n_tags++] = (struct exclude_tag){
		.name = colon == NULL ? xstrdup(spec) :
		    xstrndup(spec, (size_t)(colon - spec)),
		.header = xstrdup(colon == NULL ? "" : colon + 1),
	};
	return 0;
}

void
backup_exclude_caches(struct backup_exclude *x)
{
	backup_exclude_if_present(x, "CACHEDIR.TAG:"
	    "Signature: 8a477f597d28d172789f06886806bc55", NULL);
}

int
backup_exclude_larger(struct backup_exclude *x, const char *size,
    struct err *e)
{
	static const char units[] = "bkmgt";
	const char *unit;
	char *end, q[QUOTE_SIZE];
	unsigned long long n;
	unsigned shift = 0;

	errno = 0;
	n = strtoull(size, &end, 10);
	unit = *end != '\0' ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (unit != NULL) {
		shift = 10 * (unsigned)(unit - units);
		end++;
	}
	if (!isdigit((unsigned char)*size) || *end != '\0' || errno != 0 ||
	    n > (uint64_t)INT64_MAX >> shift)
		return err_set(e, ERR_USAGE, "%s is no size: a number and k, M, "
		    "G or T", quote_to(q, sizeof(q), size));
	x->larger = (uint64_t)n << shift;
	return 0;
}

int
exclude_path(const struct backup_exclude *x, const char *path, size_t len)
{
	if (x == NULL)
		return 0;
	return (x->list != NULL && glob_list_match(x->list, path, len)) ||
	    (x->nocase != NULL && glob_list_match(x->nocase, path, len));
}

int
exclude_tagged(const struct exclude_tag *t, int dirfd, struct err *why,
    int *told)
{
	CLEAN_FD int fd = -1;
	CLEAN_FREE char *head = NULL;
	size_t len = strlen(t->header);
	char q[QUOTE_SIZE];
	struct stat st;
	ssize_t n;

	*told = 0;
	if (fstatat(dirfd, t->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		*told = errno != ENOENT;
		if (*told)
			err_sys(why, "could not access exclusion tagfile");
		return 0;
	}
	if (len == 0)
		return 1;
	fd = openat(dirfd, t->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	head = xalloc(len);
	n = fd < 0 ? -1 : fd_pread_full(fd, head, len, 0);
	if (n < 0)
		err_sys(why, "could not read exclusion tagfile");
	else if ((size_t)n < len)
		err_set(why, ERR_CORRUPT, "invalid (too short) signature in "
		    "exclusion tagfile %s", quote_to(q, sizeof(q), t->name));
	else if (memcmp(head, t->header, len) != 0)
		err_set(why, ERR_CORRUPT, "invalid signature in exclusion "
		    "tagfile %s", quote_to(q, sizeof(q), t->name));
	else
		return 1;
	*told = 1;
	return 0;
}
