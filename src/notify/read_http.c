/* read_http.c -- webhook: and ping:, and the JSON that a webhook sends. */
#include <string.h>

#include "conf/conf.h"
#include "conf/get.h"
#include "conf/nearest.h"
#include "notify/read.h"
#include "notify/text.h"
#include "util/buf.h"
#include "util/json.h"

/* Every {placeholder} must be known. */
static void
check_template(struct reading *r, const struct conf_node *n, const char *t)
{
	CLEAN_BUF struct buf b = {0};
	const char *wrong;
	char name[64];

	wrong = notify_template_check(t, name);
	if (wrong == NULL)
		return;
	buf_addf(&b, "nothing fills '{%s}' in", wrong);
	conf_suggest(conf_bad(n, buf_str(&b), r->f),
	    conf_nearest(name, notify_placeholders));
}

static const char *
read_template(struct reading *r, const struct conf_node *n)
{
	const char *s = read_str(r, n);

	if (s != NULL)
		check_template(r, n, s);
	return s;
}

static const char *
read_url(struct reading *r, const struct conf_node *n)
{
	const char *s = NULL;

	if (conf_expand(n, r->w, r->mem, &s, r->f) != 1)
		return NULL;
	if (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0)
		conf_expected(conf_bad(n, "that is no address of the web", r->f),
		    "https://HOST/...");
	else if (strpbrk(s, " \t\r\n\"<>\\") != NULL)
		conf_bad(n, "an address has no blanks or quotes", r->f);
	else
		check_template(r, n, s);
	return s;
}

/* Does YAML mean this plain word as a number or truth value? */
static int
is_bare(const struct conf_node *n)
{
	const char *s = n->text;

	if (n->style != CONF_PLAIN)
		return 0;
	if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0)
		return 1;
	s += *s == '-';
	return (*s >= '1' && *s <= '9' && strlen(s) < 16 &&
	    s[strspn(s, "0123456789")] == '\0') || strcmp(s, "0") == 0;
}

static void
add_text(struct buf *out, const char *s)
{
	struct json j = { .out = out };

	json_bytes(&j, s, strlen(s));
}

/* As a template: what braces JSON needs are doubled there. */
static void
add_json(struct reading *r, const struct conf_node *n, struct buf *out)
{
	size_t i;

	switch (n->kind) {
	case CONF_NULL:
		buf_adds(out, "null");
		break;
	case CONF_SCALAR:
		check_template(r, n, n->text);
		if (is_bare(n))
			buf_adds(out, n->text);
		else
			add_text(out, n->text);
		break;
	case CONF_LIST:
		buf_addc(out, '[');
		for (i = 0; i < n->n; i++) {
			buf_adds(out, i ? "," : "");
			add_json(r, n->items[i], out);
		}
		buf_addc(out, ']');
		break;
	case CONF_MAP:
		buf_adds(out, "{{");
		for (i = 0; i < n->n; i++) {
			buf_adds(out, i ? "," : "");
			check_template(r, n->pairs[i].value, n->pairs[i].key);
			add_text(out, n->pairs[i].key);
			buf_addc(out, ':');
			add_json(r, n->pairs[i].value, out);
		}
		buf_adds(out, "}}");
		break;
	}
}

static int
is_header(const char *s)
{
	return *s != '\0' && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"
	    "klmnopqrstuvwxyz0123456789-_")] == '\0';
}

static void
read_headers(struct reading *r, const struct conf_node *n, struct notify *out)
{
	const char **v;
	size_t i, k = 0;

	if (n == NULL)
		return;
	if (n->kind != CONF_MAP) {
		conf_wrong(n, "a map of names and values", r->f);
		return;
	}
	v = arena_alloc(r->mem, (2 * n->n + 1) * sizeof(*v));
	for (i = 0; i < n->n; i++) {
		const char *value = read_template(r, n->pairs[i].value);

		if (!is_header(n->pairs[i].key))
			conf_fault(r->f, &n->pairs[i].at, "%s is no name of a "
			    "header", conf_said(n->pairs[i].key).s);
		if (value == NULL)
			continue;
		v[k++] = arena_str(r->mem, n->pairs[i].key);
		v[k++] = value;
	}
	out->headers = v;
}

void
read_webhook(struct reading *r, const struct conf_node *n,
    struct notify *out)
{
	static const char *const words[] = { "url", "method", "headers",
	    "json", "text", "secret_file", "secret_command", "credential",
	    "ca_file", NULL };
	static const char *const methods[] = { "POST", "PUT", "GET", NULL };
	const struct conf_keys keys = { .what = "webhook", .known = words };
	const struct conf_node *json, *text;
	CLEAN_BUF struct buf b = {0};
	unsigned v = 0;

	out->method = methods[0];
	if (n->kind == CONF_SCALAR) {
		out->url = read_url(r, n);
		return;
	}
	if (conf_map_check(n, &keys, r->f) < 0)
		return;
	json = conf_get(n, "json");
	text = conf_get(n, "text");
	out->url = read_url(r, conf_need(n, "url", "webhook", r->f));
	if (conf_enum(conf_get(n, "method"), methods, NULL, &v, r->f) == 1)
		out->method = methods[v];
	read_headers(r, conf_get(n, "headers"), out);
	read_secret(r, n, "secret", &out->secret);
	conf_path(conf_get(n, "ca_file"), r->w, r->mem, &out->ca_file, r->f);
	if (json != NULL && text != NULL)
		conf_bad(text, "there is 'json', too: one of them", r->f);
	if (json != NULL && json->kind != CONF_MAP &&
	    json->kind != CONF_LIST)
		conf_wrong(json, "a map, which is sent as JSON", r->f);
	else if (json != NULL) {
		add_json(r, json, &b);
		out->body = arena_str(r->mem, buf_str(&b));
		out->json = 1;
	} else if (text != NULL)
		out->body = read_template(r, text);
}

void
read_ping(struct reading *r, const struct conf_node *n, struct notify *out)
{
	static const char *const words[] = { "url", "secret_file",
	    "secret_command", "credential", "ca_file", NULL };
	const struct conf_keys keys = { .what = "ping", .known = words };

	if (n->kind == CONF_SCALAR) {
		out->url = read_url(r, n);
		return;
	}
	if (conf_map_check(n, &keys, r->f) < 0)
		return;
	out->url = read_url(r, conf_need(n, "url", "ping", r->f));
	read_secret(r, n, "secret", &out->secret);
	conf_path(conf_get(n, "ca_file"), r->w, r->mem, &out->ca_file, r->f);
}
