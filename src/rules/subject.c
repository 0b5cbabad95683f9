#include <stdlib.h>
#include <string.h>

#include "rules/subject.h"
#include "util/xalloc.h"

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
	free(c->v);
	*c = (struct captures){0};
}

void
captures_add_typed(struct captures *c, const char *filter, const char *key,
    enum capture_type type, int64_t n, const char *text, size_t len)
{
	struct capture *v;

	if (c->n == CAPTURES_MAX)
		return;
	XGROW(c->v, c->n, c->cap);
	v = &c->v[c->n++];
	*v = (struct capture){ .filter = filter, .type = type, .n = n,
	    .key = c->text.len, .len = len };
	buf_add(&c->text, key, strlen(key) + 1);
	v->at = c->text.len;
	buf_add(&c->text, text, len);
	buf_addc(&c->text, '\0');
}

void
captures_add(struct captures *c, const char *filter, const char *key,
    const char *text, size_t len)
{
	captures_add_typed(c, filter, key, CAPTURE_TEXT, 0, text, len);
}

const char *
captures_key(const struct captures *c, const struct capture *v)
{
	return (const char *)c->text.data + v->key;
}

const char *
captures_text(const struct captures *c, const struct capture *v)
{
	return (const char *)c->text.data + v->at;
}

const struct capture *
captures_find(const struct captures *c, const char *filter, const char *key)
{
	for (size_t i = c->n; i-- > 0;)
		if (strcmp(c->v[i].filter, filter) == 0 &&
		    strcmp(captures_key(c, &c->v[i]), key) == 0)
			return &c->v[i];
	return NULL;
}

const char *
captures_get(const struct captures *c, const char *filter, const char *key,
    size_t *len)
{
	const struct capture *v = captures_find(c, filter, key);

	if (v == NULL)
		return NULL;
	*len = v->len;
	return captures_text(c, v);
}

void
fetched_reset(struct fetched *f)
{
	f->done = f->caught = 0;
	buf_reset(&f->data);
	free(f->error);
	f->error = NULL;
}

void
fetched_fini(struct fetched *f)
{
	buf_fini(&f->data);
	free(f->error);
	*f = (struct fetched){0};
}
