/* log_format.c -- a record as a line of text or of JSON. */
#include <string.h>

#include "util/json.h"
#include "util/log_impl.h"
#include "util/quote.h"

static const char *const level_text[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
static const char *const level_json[] = { "debug", "info", "warning", "error" };

static int
there(const char *s)
{
	return s != NULL && *s != '\0';
}

/* The stamp is made once a second; only its last three digits change. */
static void
add_stamp(struct buf *out, struct log_stamp *stamp, int64_t now)
{
	int64_t second = now / 1000000;
	int ms = (int)(now / 1000 % 1000);
	size_t len;

	if (now < 0 || second != stamp->second) {
		time_stamp(stamp->text, now);
		stamp->second = now < 0 ? -1 : second;
	}
	len = strlen(stamp->text);
	buf_add(out, stamp->text, len);
	if (now >= 0) {
		out->data[out->len - 3] = (unsigned char)('0' + ms / 100);
		out->data[out->len - 2] = (unsigned char)('0' + ms / 10 % 10);
		out->data[out->len - 1] = (unsigned char)('0' + ms % 10);
	}
}

static void
add_text(struct buf *out, const char *before, const char *text,
    const char *after)
{
	if (!there(text))
		return;
	buf_adds(out, before);
	quote_text(out, text, strlen(text));
	buf_adds(out, after);
}

static void
add_name(struct buf *out, const char *before, const char *name)
{
	if (!there(name))
		return;
	buf_adds(out, before);
	quote_str(out, name);
}

void
log_format_body(struct buf *out, const struct log_fields *f)
{
	add_text(out, "", f->text, "");
	add_name(out, " ", f->from);
	add_name(out, " to ", f->to);
	add_text(out, ": ", f->error, "");
	add_text(out, " (", f->job, ")");
}

void
log_format_text(struct buf *out, struct log_stamp *stamp, int64_t now,
    enum log_level level, const struct log_fields *f)
{
	add_stamp(out, stamp, now);
	buf_addc(out, ':');
	buf_adds(out, level_text[level]);
	buf_addc(out, ':');
	log_format_body(out, f);
	buf_addc(out, '\n');
}

static void
put_name(struct json *j, const char *key, const char *name)
{
	if (there(name))
		json_name(j, key, name, strlen(name));
}

static void
put_text(struct json *j, const char *key, const char *text)
{
	if (!there(text))
		return;
	json_key(j, key);
	json_str(j, text);
}

void
log_format_json(struct buf *out, int64_t now, enum log_level level,
    const struct log_fields *f)
{
	CLEAN_BUF struct buf stamp = {0};
	struct json j = { .out = out };

	time_rfc3339(&stamp, now);
	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	put_text(&j, "time", buf_str(&stamp));
	put_text(&j, "level", level_json[level]);
	put_text(&j, "text", f->text);
	put_name(&j, "from", f->from);
	put_name(&j, "to", f->to);
	put_text(&j, "error", f->error);
	put_text(&j, "job", f->job);
	put_text(&j, "why", f->why);
	if (f->run != 0) {
		json_key(&j, "run");
		json_i64(&j, f->run);
	}
	json_object_end(&j);
	json_line(&j);
}
