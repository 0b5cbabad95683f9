#include <stdlib.h>
#include <string.h>

#include "glob/glob.h"
#include "rules/pattern.h"
#include "util/buf.h"
#include "util/pack.h"
#include "util/xalloc.h"

enum shape { WHOLE, PREFIX, SUFFIX, GENERAL };

struct pattern {
	char		*text;
	const char	*fixed;		/* the part without wildcard */
	size_t		 len;
	enum shape	 shape;
	struct glob	*glob;		/* of a general one */
};

struct patterns {
	struct pattern	*v;
	size_t		 n, cap;
};

struct patterns *
patterns_new(void)
{
	return xalloc(sizeof(struct patterns));
}

void
patterns_free(struct patterns *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		glob_free(p->v[i].glob);
		free(p->v[i].text);
	}
	free(p->v);
	free(p);
}

int
patterns_add(struct patterns *p, const char *pattern)
{
	struct pattern new = { .text = NULL };
	size_t len = strlen(pattern), wild = strcspn(pattern, "*?[");

	if (glob_new(pattern, 0, &new.glob, NULL) < 0)
		return -1;
	XGROW(p->v, p->n, p->cap);
	new.fixed = new.text = xstrdup(pattern);
	new.len = len;
	if (wild == len) {
		new.shape = WHOLE;
	} else if (wild == len - 1 && pattern[wild] == '*') {
		new.shape = PREFIX;
		new.len--;
	} else if (pattern[0] == '*' && strcspn(pattern + 1, "*?[") == len - 1) {
		new.shape = SUFFIX;
		new.fixed++;
		new.len--;
	} else {
		new.shape = GENERAL;
	}
	p->v[p->n++] = new;
	return 0;
}

size_t
patterns_count(const struct patterns *p)
{
	return p != NULL ? p->n : 0;
}

static int
matches(const struct pattern *p, const char *name, size_t len)
{
	switch (p->shape) {
	case WHOLE:
		return len == p->len && memcmp(name, p->fixed, len) == 0;
	case PREFIX:
		return len >= p->len && memcmp(name, p->fixed, p->len) == 0;
	case SUFFIX:
		return len >= p->len &&
		    memcmp(name + len - p->len, p->fixed, p->len) == 0;
	case GENERAL:
		break;
	}
	return glob_match(p->glob, name, len);
}

const char *
patterns_find(const struct patterns *p, const char *name, size_t len)
{
	for (size_t i = 0; p != NULL && i < p->n; i++)
		if (matches(&p->v[i], name, len))
			return p->v[i].text;
	return NULL;
}

void
patterns_pack(const struct patterns *p, struct buf *out)
{
	pack_u64(out, patterns_count(p));
	for (size_t i = 0; i < patterns_count(p); i++)
		pack_str(out, p->v[i].text);
}
