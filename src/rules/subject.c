#include <string.h>

#include "rules/subject.h"

void
captures_reset(struct captures *c)
{
	buf_reset(&c->text);
	c->n = 0;
}

void
captures_fini(struct captures *c)
{
	buf_fini(&c->text);
	c->n = 0;
}

void
captures_add(struct captures *c, const char *filter, const char *key,
    const char *text, size_t len)
{
	if (c->n == CAPTURES_MAX)
		return;
	c->v[c->n].filter = filter;
	c->v[c->n].key = key;
	c->v[c->n].at = c->text.len;
	c->v[c->n++].len = len;
	buf_add(&c->text, text, len);
}

const char *
captures_get(const struct captures *c, const char *filter, const char *key,
    size_t *len)
{
	for (size_t i = c->n; i-- > 0;) {
		if (strcmp(c->v[i].filter, filter) != 0 ||
		    strcmp(c->v[i].key, key) != 0)
			continue;
		*len = c->v[i].len;
		return c->text.data == NULL ? "" :
		    (const char *)c->text.data + c->v[i].at;
	}
	return NULL;
}
