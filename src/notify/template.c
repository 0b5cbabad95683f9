/* template.c -- {placeholders} in what a webhook sends. */
#include <stdio.h>
#include <string.h>

#include "notify/text.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/time.h"

const char *const notify_placeholders[] = { "title", "text", "event", "job",
	"kind", "run", "host", "time", "log", "done", "failed", "files", "bytes",
	"secret", NULL };

static int
index_of(const char *name, size_t len)
{
	int i;

	for (i = 0; notify_placeholders[i] != NULL; i++)
		if (strlen(notify_placeholders[i]) == len &&
		    memcmp(notify_placeholders[i], name, len) == 0)
			return i;
	return -1;
}

/* The next piece: letters as they are (0), a placeholder's number and 1, or -1
 * for what is none; *s goes behind it. */
static int
next(const char **s, const char **piece, size_t *len)
{
	const char *p = *s, *end;

	if ((p[0] == '{' || p[0] == '}') && p[1] == p[0]) {
		*piece = p;
		*len = 1;
		*s = p + 2;
		return 0;
	}
	if (*p == '{') {
		end = strchr(p, '}');
		*piece = p + 1;
		*len = end != NULL ? (size_t)(end - p) - 1 : 0;
		*s = end != NULL ? end + 1 : p + 1;
		return end != NULL && index_of(*piece, *len) >= 0 ?
		    index_of(*piece, *len) + 1 : -1;
	}
	*piece = p;
	*len = *p == '}' ? 1 : strcspn(p, "{}");
	*s = p + *len;
	return 0;
}

const char *
notify_template_check(const char *t, char name[64])
{
	const char *piece;
	size_t len;

	while (*t != '\0')
		if (next(&t, &piece, &len) < 0) {
			snprintf(name, 64, "%.*s", (int)(len < 60 ? len : 60),
			    piece);
			return name;
		}
	return NULL;
}

static void
add_value(const char *name, const struct notify_item *it,
    const struct notify_env *env, const char *secret, struct buf *out)
{
	const struct notify_news *w = it->news;

	if (strcmp(name, "title") == 0)
		notify_title(it, out);
	else if (strcmp(name, "text") == 0)
		buf_adds(out, w->text);
	else if (strcmp(name, "event") == 0)
		buf_adds(out, notify_event_name(it->ev));
	else if (strcmp(name, "job") == 0)
		buf_adds(out, w->job);
	else if (strcmp(name, "kind") == 0)
		buf_adds(out, w->kind);
	else if (strcmp(name, "run") == 0)
		buf_addf(out, "%lld", (long long)w->run);
	else if (strcmp(name, "host") == 0)
		buf_adds(out, env->host);
	else if (strcmp(name, "time") == 0)
		time_rfc3339(out, w->time);
	else if (strcmp(name, "log") == 0)
		buf_adds(out, w->log);
	else if (strcmp(name, "done") == 0)
		buf_addf(out, "%llu", (unsigned long long)w->done);
	else if (strcmp(name, "failed") == 0)
		buf_addf(out, "%llu", (unsigned long long)w->failed);
	else if (strcmp(name, "files") == 0)
		buf_addf(out, "%llu", (unsigned long long)w->files);
	else if (strcmp(name, "bytes") == 0)
		buf_addf(out, "%llu", (unsigned long long)w->bytes);
	else if (secret != NULL)
		buf_adds(out, secret);
}

/* RFC 3986: unreserved characters stand for themselves. */
static void
add_for_url(const char *s, struct buf *out)
{
	for (; *s != '\0'; s++)
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= '0' && *s <= '9') || strchr("-._~", *s) != NULL)
			buf_addc(out, *s);
		else
			buf_addf(out, "%%%02X", (unsigned char)*s);
}

static void
add_for_json(const struct buf *value, struct buf *out)
{
	CLEAN_BUF struct buf quoted = {0};
	struct json j = { .out = &quoted };

	json_bytes(&j, value->data != NULL ? (const char *)value->data : "",
	    value->len);
	buf_add(out, quoted.data + 1, quoted.len - 2);
}

/* One line, whatever a name holds. */
static void
add_for_header(const char *s, struct buf *out)
{
	for (; *s != '\0'; s++)
		buf_addc(out, (unsigned char)*s < ' ' || *s == 0x7f ? ' ' : *s);
}

void
notify_template(const char *t, const struct notify_item *it,
    const struct notify_env *env, const char *secret,
    enum notify_escape how, struct buf *out)
{
	const char *piece;
	size_t len;
	int which;

	while (*t != '\0') {
		CLEAN_BUF struct buf value = {0};

		which = next(&t, &piece, &len);
		if (which <= 0) {
			buf_add(out, piece, len);
			continue;
		}
		piece = notify_placeholders[which - 1];
		add_value(piece, it, env, secret, &value);
		/* A secret in an address is a part of it as it stands. */
		if (how == NOTIFY_IN_URL && strcmp(piece, "secret") != 0)
			add_for_url(buf_str(&value), out);
		else if (how == NOTIFY_IN_JSON)
			add_for_json(&value, out);
		else if (how == NOTIFY_IN_HEADER)
			add_for_header(buf_str(&value), out);
		else
			buf_add(out, value.data, value.len);
	}
}
