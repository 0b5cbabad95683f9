/* rest_list.c -- see rest.h: a list of files, an element at a time. */
#include <string.h>

#include "store/far.h"
#include "store/rest.h"
#include "util/json.h"

enum { BEFORE, BETWEEN, INSIDE, AFTER };	/* the array's '[' and ']' */

static int
bad(struct rest_list *l, const char *what)
{
	err_set_text(&l->failed, ERR_CORRUPT, "list %s: %s",
	    store_kind_name(l->kind), what);
	return 1;
}

/* A name, as what it may mean: names that are no ids are passed over. */
static int
tell(struct rest_list *l, const char *name, size_t len, uint64_t size)
{
	struct store_name n = { .kind = l->kind };

	if (far_id(name, len, n.id) < 0)
		return 0;
	if (++l->files > FAR_LIST_MAX)
		return bad(l, "more files than any repository has");
	l->answer = l->each(l->arg, &n, size);
	return l->answer != 0;
}

/* {"name": "...", "size": 1} */
static int
read_object(struct rest_list *l, struct json_read *r, char *name, size_t *len,
    uint64_t *size)
{
	struct err *e = &l->failed;
	const char *s;
	int n, wrong;

	while ((n = json_member(r, e)) == 1) {
		if (strcmp(r->str, "name") == 0) {
			wrong = json_get_str(r, &s, len, e);
			if (wrong == 0 && *len <= (size_t)STORE_ID_LEN * 2)
				memcpy(name, s, *len);
		} else if (strcmp(r->str, "size") == 0) {
			wrong = json_get_u64(r, size, e);
		} else {
			wrong = json_skip(r, e);
		}
		if (wrong)
			return -1;
	}
	return n;
}

static int
read_element(struct rest_list *l)
{
	CLEAN_JSON_READ struct json_read r;
	char name[STORE_ID_LEN * 2];
	uint64_t size = UINT64_MAX;
	size_t len = 0;

	json_read_init(&r, l->element.data, l->element.len);
	if (json_next(&r, &l->failed) < 0)
		return 1;
	if (r.event == JSON_STRING)
		return tell(l, r.str, r.len, UINT64_MAX);
	if (r.event != JSON_OBJECT)
		return bad(l, "the answer is no list of files");
	if (read_object(l, &r, name, &len, &size) < 0)
		return 1;
	return len > sizeof(name) ? 0 : tell(l, name, len, size);
}

/* The end of an element was met: read it. */
static int
element_end(struct rest_list *l)
{
	int r = read_element(l);

	if (r != 0 && l->failed.kind != ERR_NONE)
		l->failed.kind = ERR_CORRUPT;
	buf_reset(&l->element);
	l->state = BETWEEN;
	return r;
}

static int
add_inside(struct rest_list *l, char c)
{
	if (l->element.len == REST_ELEMENT_MAX)
		return bad(l, "a name has no end");
	buf_addc(&l->element, c);
	if (l->in_string) {
		if (l->escaped)
			l->escaped = 0;
		else if (c == '\\')
			l->escaped = 1;
		else if (c == '"')
			l->in_string = 0;
	} else if (c == '"') {
		l->in_string = 1;
	} else if (c == '{' || c == '[') {
		l->depth++;
	} else if (c == '}' || c == ']') {
		l->depth--;
	}
	if (!l->in_string && l->depth == 0)
		return element_end(l);
	return 0;
}

static int
add_one(struct rest_list *l, char c)
{
	if (l->state == INSIDE)
		return add_inside(l, c);
	if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
		return 0;
	if (l->state == BEFORE && c == '[')
		l->state = BETWEEN;
	else if (l->state == BETWEEN && c == ']')
		l->state = AFTER;
	else if (l->state == BETWEEN && (c == '{' || c == '"')) {
		l->state = INSIDE;
		return add_inside(l, c);
	} else if (l->state != BETWEEN || c != ',')
		return bad(l, "the answer is no list of files");
	return 0;
}

int
rest_list_add(void *list, const void *data, size_t len)
{
	struct rest_list *l = list;
	const char *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		if (add_one(l, p[i]) != 0)
			return 1;
	return 0;
}

int
rest_list_end(struct rest_list *l, struct err *e)
{
	if (l->failed.kind == ERR_NONE && l->state != AFTER)
		(void)bad(l, "the answer is no list of files, or not all of it");
	if (l->failed.kind == ERR_NONE)
		return 0;
	if (e != NULL)
		*e = l->failed;
	return -1;
}

void
rest_list_fini(struct rest_list *l)
{
	buf_fini(&l->element);
}
