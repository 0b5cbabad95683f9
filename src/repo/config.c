/* config.c -- the config file's JSON: see repo_impl.h. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "repo/chunker.h"
#include "repo/repo_impl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"

void
config_write(struct buf *out, const struct config *c)
{
	char id[ID_HEX];

	id_hex(&c->id, id);
	buf_addf(out, "{\"version\":%u,\"id\":\"%s\",\"chunker_polynomial\":"
	    "\"%" PRIx64 "\"}", c->version, id, c->polynomial);
}

static int
get_version(struct json_read *r, unsigned *version, struct err *e)
{
	uint64_t v;

	if (json_get_u64(r, &v, e) < 0)
		return -1;
	if (v < 1 || v > 2)
		return err_set(e, ERR_USAGE, "the repository is of version "
		    "%" PRIu64 "; known are 1 and 2", v);
	*version = (unsigned)v;
	return 0;
}

static int
get_id(struct json_read *r, struct id *id, struct err *e)
{
	const char *s;

	if (json_get_str(r, &s, NULL, e) < 0)
		return -1;
	return id_parse(s, id) < 0 ? json_fail(r, "no id", e) : 0;
}

static int
get_polynomial(struct json_read *r, uint64_t *p, struct err *e)
{
	static const char digits[] = "0123456789abcdef";
	const char *s, *d;
	size_t i, len;
	uint64_t v = 0;

	if (json_get_str(r, &s, &len, e) < 0)
		return -1;
	for (i = 0; i < len && i <= 16; i++) {
		d = s[i] == '\0' ? NULL : strchr(digits, s[i]);
		if (d == NULL)
			break;
		v = v << 4 | (uint64_t)(d - digits);
	}
	if (len == 0 || len > 16 || i < len)
		return json_fail(r, "no polynomial", e);
	*p = v;
	return 0;
}

/*
 * rustic's: another chunker, or other sizes, cut files where nobody else would,
 * and nothing would be found again.
 */
static int
get_chunker(struct json_read *r, struct err *e)
{
	static const struct {
		const char	*key;
		uint64_t	 value;
	} sizes[] = {
		{ "chunk_size", 1 << 20 },
		{ "chunk_min_size", CHUNK_MIN },
		{ "chunk_max_size", CHUNK_MAX },
	};
	int same = 0;
	uint64_t v;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (strcasecmp(r->str, sizes[i].key) == 0)
			break;
	if (json_next(r, e) < 0)
		return -1;
	if (r->event == JSON_NULL)
		return 0;
	if (r->event == JSON_STRING)
		same = i == 3 && strcmp(r->str, "rabin") == 0;
	else if (r->event == JSON_NUMBER && i < 3)
		same = json_u64_of(r, &v, NULL) == 0 && v == sizes[i].value;
	if (!same)
		return err_set(e, ERR_USAGE, "the repository cuts files by "
		    "another chunker than restic's");
	return 0;
}

static int
read_member(struct json_read *r, struct config *c, int *seen, struct err *e)
{
	if (strcasecmp(r->str, "version") == 0) {
		*seen |= 1;
		return get_version(r, &c->version, e);
	}
	if (strcasecmp(r->str, "id") == 0) {
		*seen |= 2;
		return get_id(r, &c->id, e);
	}
	if (strcasecmp(r->str, "chunker_polynomial") == 0) {
		*seen |= 4;
		return get_polynomial(r, &c->polynomial, e);
	}
	if (strcasecmp(r->str, "chunker") == 0 ||
	    strncasecmp(r->str, "chunk_", 6) == 0)
		return get_chunker(r, e);
	return json_skip(r, e);
}

int
config_read(const void *json, size_t len, struct config *out, struct err *e)
{
	CLEAN_JSON_READ struct json_read r;
	struct chunker *c;
	int n, seen = 0;

	json_read_init(&r, json, len);
	if (json_expect(&r, JSON_OBJECT, e) < 0)
		return -1;
	while ((n = json_member(&r, e)) == 1)
		if (read_member(&r, out, &seen, e) < 0)
			return -1;
	if (n < 0 || json_end(&r, e) < 0)
		return -1;
	if (seen != 7)
		return err_set(e, ERR_CORRUPT, "its version, id or polynomial "
		    "is missing");
	if (chunker_new(out->polynomial, &c, e) < 0)
		return -1;
	chunker_free(c);
	return 0;
}
