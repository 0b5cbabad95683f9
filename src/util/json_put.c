#include <string.h>

#include "util/buf.h"
#include "util/json.h"
#include "util/time.h"

void
json_put_text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_bytes(j, value != NULL ? value : "", value != NULL ?
	    strlen(value) : 0);
}

void
json_put_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

void
json_put_i64(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

void
json_put_some(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	if (v == 0)
		json_null(j);
	else
		json_i64(j, v);
}

void
json_put_time(struct json *j, const char *key, int64_t us)
{
	CLEAN_BUF struct buf b = {0};

	json_key(j, key);
	if (us == 0 || us == INT64_MAX) {
		json_null(j);
		return;
	}
	time_rfc3339(&b, us);
	json_str(j, buf_str(&b));
}

void
json_put_lines(struct json *j, const char *key, const char *lines)
{
	const char *p = lines != NULL ? lines : "", *end;

	json_key(j, key);
	json_array_start(j);
	for (; *p != '\0'; p = end + (*end == '\n')) {
		end = strchrnul(p, '\n');
		if (end > p)
			json_bytes(j, p, (size_t)(end - p));
	}
	json_array_end(j);
}

void
json_begin(struct json *j)
{
	json_object_start(j);
	json_put_u64(j, "v", 1);
}
