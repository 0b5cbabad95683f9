#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules/category.h"
#include "util/xalloc.h"

/*
 * An open table.  Its keys come from us and from the configuration, so an
 * unkeyed hash will do: hostile file names are only looked up, and a look-up
 * ends at the first free slot.
 */
struct slot {
	char		 ext[CATEGORY_EXT_MAX];
	uint8_t		 len;		/* 0: free */
	int		 category;
};

struct categories {
	struct slot	*slots;
	size_t		 n, cap;	/* cap is a power of two */
	char		**names;
	size_t		 n_names, cap_names;
	size_t		 own;		/* names that came before the built-in */
	size_t		 longest;	/* extension, in bytes */
	unsigned	 parts;		/* most dots in one, plus one */
};

static inline char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* FNV-1a of the lower-cased bytes; they also go to out. */
static inline size_t
fold(char *out, const char *s, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++) {
		out[i] = lower(s[i]);
		h = (h ^ (unsigned char)out[i]) * 0x100000001b3u;
	}
	return (size_t)(h ^ h >> 32);
}

static inline struct slot *
look(const struct categories *c, const char *ext, size_t len, size_t hash)
{
	for (size_t i = hash;; i++) {
		struct slot *s = &c->slots[i & (c->cap - 1)];

		if (s->len == 0 ||
		    (s->len == len && memcmp(s->ext, ext, len) == 0))
			return s;
	}
}

static void
grow(struct categories *c)
{
	struct slot *old = c->slots;
	size_t n = c->cap;
	char ext[CATEGORY_EXT_MAX];

	c->cap *= 2;
	c->slots = xallocn(c->cap, sizeof(*c->slots));
	for (size_t i = 0; i < n; i++)
		if (old[i].len > 0)
			*look(c, old[i].ext, old[i].len,
			    fold(ext, old[i].ext, old[i].len)) = old[i];
	free(old);
}

struct categories *
categories_new(void)
{
	struct categories *c = xalloc(sizeof(*c));

	c->cap = 64;
	c->slots = xallocn(c->cap, sizeof(*c->slots));
	return c;
}

void
categories_free(struct categories *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_names; i++)
		free(c->names[i]);
	free(c->names);
	free(c->slots);
	free(c);
}

int
categories_add(struct categories *c, const char *name)
{
	for (size_t i = 0; i < c->n_names; i++)
		if (strcmp(c->names[i], name) == 0)
			return (int)i;
	if (c->n_names == CATEGORY_MAX)
		return -1;
	XGROW(c->names, c->n_names, c->cap_names);
	c->names[c->n_names] = xstrdup(name);
	return (int)c->n_names++;
}

int
categories_add_ext(struct categories *c, int n, const char *ext)
{
	char low[CATEGORY_EXT_MAX];
	unsigned parts = 1;
	struct slot *s;
	size_t len, hash;

	if (*ext == '.')
		ext++;
	len = strlen(ext);
	for (size_t i = 0; i < len; i++)
		parts += ext[i] == '.';
	if (len == 0 || len > CATEGORY_EXT_MAX || parts > CATEGORY_PARTS_MAX ||
	    ext[0] == '.' || ext[len - 1] == '.' || strchr(ext, '/') != NULL)
		return -1;
	if (c->n * 4 >= c->cap)
		grow(c);
	hash = fold(low, ext, len);
	s = look(c, low, len, hash);
	if (s->len == 0)
		c->n++;
	memcpy(s->ext, low, len);
	s->len = (uint8_t)len;
	s->category = n;
	if (parts > c->parts)
		c->parts = parts;
	if (len > c->longest)
		c->longest = len;
	return 0;
}

static int
has_own(const struct categories *c, const char *name)
{
	for (size_t i = 0; i < c->own; i++)
		if (strcasecmp(c->names[i], name) == 0)
			return 1;
	return 0;
}

/* Add the words of a list, but those that are taken. */
static void
add_words(struct categories *c, int n, const char *words)
{
	char ext[CATEGORY_EXT_MAX + 1];

	while (*words != '\0') {
		size_t len = strcspn(words, " ");

		memcpy(ext, words, len);
		ext[len] = '\0';
		if (look(c, ext, len, fold(ext, ext, len))->len == 0)
			(void)categories_add_ext(c, n, ext);
		words += len + strspn(words + len, " ");
	}
}

void
categories_add_builtin(struct categories *c)
{
	c->own = c->n_names;
	for (const struct category_builtin *b = category_builtin;
	    b->name != NULL; b++)
		if (!has_own(c, b->name))
			add_words(c, categories_add(c, b->name), b->exts);
}

int
categories_find(const struct categories *c, const char *name, size_t len,
    const char **ext)
{
	size_t dots[CATEGORY_PARTS_MAX];
	unsigned n = 0;

	if (len == 0 || name[0] == '.')
		return CATEGORY_HIDDEN;
	for (size_t i = len; --i > 0 && n < c->parts && len - i - 1 <= c->longest;)
		if (name[i] == '.')
			dots[n++] = i;
	while (n > 0) {			/* the longest first */
		const char *p = name + dots[--n] + 1;
		size_t plen = len - dots[n] - 1;
		char low[CATEGORY_EXT_MAX];
		const struct slot *s;

		if (plen == 0 || plen > CATEGORY_EXT_MAX)
			continue;
		s = look(c, low, plen, fold(low, p, plen));
		if (s->len > 0) {
			if (ext != NULL)
				*ext = p;
			return s->category;
		}
	}
	return CATEGORY_UNKNOWN;
}

const char *
categories_name(const struct categories *c, int n)
{
	return c->names[n];
}

size_t
categories_count(const struct categories *c)
{
	return c->n_names;
}
