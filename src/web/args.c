#include <stdlib.h>
#include <string.h>

#include "util/base64.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"
#include "util/pack.h"
#include "util/xalloc.h"
#include "web/args.h"

#define BYTES	"_bytes"

void
args_fini(struct args *a)
{
	while (a->n > 0) {
		a->n--;
		free(a->name[a->n]);
		free(a->value[a->n]);
	}
}

int
args_add(struct args *a, const char *name, const char *value)
{
	size_t len = strlen(name), tail = strlen(BYTES);
	CLEAN_BUF struct buf b = {0};

	if (a->n >= ARGS_MAX)
		return -1;
	if (len > tail && strcmp(name + len - tail, BYTES) == 0) {
		if (base64_parse(value, strlen(value), &b) < 0 ||
		    memchr(buf_str(&b), '\0', b.len) != NULL)
			return -1;
		a->name[a->n] = xstrndup(name, len - tail);
		a->value[a->n++] = buf_steal(&b);
		return 0;
	}
	a->name[a->n] = xstrdup(name);
	a->value[a->n++] = xstrdup(value);
	return 0;
}

/* The value that was begun. */
static int
take(struct args *a, struct json_read *r, const char *name, int in_list,
    struct err *e)
{
	const char *value;
	int n;

	switch (r->event) {
	case JSON_STRING:
		if (strlen(r->str) != r->len)
			return json_fail(r, "there is a NUL in a text", e);
		value = r->str;
		break;
	case JSON_NUMBER:
		value = r->str;
		break;
	case JSON_TRUE:
		value = "true";
		break;
	case JSON_FALSE:
		value = "false";
		break;
	case JSON_NULL:
		return 0;
	case JSON_ARRAY:
		if (in_list)
			return json_fail(r, "a list in a list", e);
		while ((n = json_item(r, e)) == 1)
			if (take(a, r, name, 1, e) < 0)
				return -1;
		return n;
	default:
		return json_fail(r, "an object in an object", e);
	}
	return args_add(a, name, value) < 0 ?
	    json_fail(r, "too much of it, or no base64", e) : 0;
}

int
args_of_json(struct args *a, const void *json, size_t len, struct err *e)
{
	__attribute__((cleanup(json_read_fini))) struct json_read r;
	int n, bad = 0;

	json_read_init(&r, json, len);
	if (json_expect(&r, JSON_OBJECT, e) < 0)
		return -1;
	while (!bad && (n = json_member(&r, e)) == 1) {
		char *name = xstrdup(r.str);

		if (args_get(a, name) != NULL)
			bad = json_fail(&r, "a name comes twice", e);
		else
			bad = json_next(&r, e) < 0 || take(a, &r, name, 0, e) < 0;
		free(name);
	}
	return bad || n < 0 ? -1 : json_end(&r, e);
}

void
args_pack(const struct args *a, struct buf *out)
{
	size_t i;

	pack_u64(out, a->n);
	for (i = 0; i < a->n; i++) {
		pack_str(out, a->name[i]);
		pack_str(out, a->value[i]);
	}
}

int
args_unpack(struct args *a, struct unpack *u)
{
	uint64_t n = unpack_u64(u);

	if (n > ARGS_MAX)
		return -1;
	for (a->n = 0; a->n < n; a->n++) {
		a->name[a->n] = unpack_str(u);
		a->value[a->n] = unpack_str(u);
	}
	return u->bad ? -1 : 0;
}

const char *
args_get(const struct args *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (strcmp(a->name[i], name) == 0)
			return a->value[i];
	return NULL;
}

int
args_need(const struct args *a, const char *name, const char **out,
    struct err *e)
{
	*out = args_get(a, name);
	if (*out == NULL || **out == '\0')
		return err_set(e, ERR_USAGE, "'%s' is missing", name);
	return 1;
}

int
args_number(const struct args *a, const char *name, int64_t least,
    int64_t most, int64_t *out, struct err *e)
{
	const char *s = args_get(a, name);
	char *end = NULL;
	long long n;

	if (s == NULL)
		return 0;
	n = *s >= '0' && *s <= '9' && strlen(s) < 19 ? strtoll(s, &end, 10) : -1;
	if (n < least || n > most || end == NULL || *end != '\0')
		return err_set(e, ERR_USAGE, "'%s' is a whole number from %lld to "
		    "%lld", name, (long long)least, (long long)most);
	*out = n;
	return 1;
}
