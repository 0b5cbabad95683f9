/*
 * fuzz_far.c -- any bytes as what an HTTP server says, or a user writes: the first
 * byte tells to whom.  Names are ids, texts are bounded, and every loop ends.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"
#include "net/url.h"
#include "store/rest.h"
#include "store/s3_keys.h"
#include "store/s3_place.h"
#include "store/s3_xml.h"
#include "testing/must.h"
#include "util/err.h"
#include "util/xalloc.h"

#define TEXT_MAX	((size_t)100)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
see(void *arg, const struct store_name *n, uint64_t size)
{
	(void)size;
	must(n->kind == STORE_PACK);
	return ++*(size_t *)arg > 1000;
}

/* In pieces of any length the same comes out. */
static void
a_list(const uint8_t *data, size_t size)
{
	size_t n = 0, again = 0, i;
	struct rest_list whole = { .kind = STORE_PACK, .each = see, .arg = &n };
	struct rest_list bytes = { .kind = STORE_PACK, .each = see,
	    .arg = &again };
	int a, b = 0;

	a = rest_list_add(&whole, data, size);
	for (i = 0; i < size && b == 0; i++)
		b = rest_list_add(&bytes, data + i, 1);
	must(a == b && n == again);
	must(rest_list_end(&whole, NULL) == rest_list_end(&bytes, NULL));
	rest_list_fini(&whole);
	rest_list_fini(&bytes);
}

static void
xml(const char *text, size_t size)
{
	struct s3_xml x = { text, text + size }, one;
	struct buf b = {0};

	while (s3_xml_span(&x, "C", &one) == 1) {
		must(one.at >= text && one.end <= text + size &&
		    one.at <= one.end);
		if (s3_xml_next(&one, "K", TEXT_MAX, &b) == 1)
			must(b.len <= TEXT_MAX);
	}
	buf_fini(&b);
}

static void
address(const char *text)
{
	struct buf b = {0}, c = {0};
	struct url u, v;

	if (url_parse(text, &u, NULL) == 0) {
		url_print(&u, 1, &b);
		must(url_parse(buf_str(&b), &v, NULL) == 0);
		url_print(&v, 1, &c);
		must(strcmp(buf_str(&b), buf_str(&c)) == 0);
		must(v.user == NULL && v.port == u.port);
		url_fini(&v);
	}
	url_fini(&u);
	buf_fini(&b);
	buf_fini(&c);
}

static void
place(const char *text)
{
	struct s3_place p;

	if (s3_place_parse(text, NULL, &p, NULL) == 0) {
		must(p.root[0] == '/' && p.root[strlen(p.root) - 1] == '/');
		must(strstr(p.root, "/../") == NULL);
		must(strpbrk(p.host, "/\r\n @") == NULL);
	}
	s3_place_fini(&p);
}

static void
keys(const char *text, size_t size)
{
	struct s3_keys k;
	int64_t expires;

	if (s3_keys_of_file(text, size, "default", &k) == 0)
		s3_keys_fini(&k);
	if (s3_keys_of_json(text, size, &k, &expires) == 0)
		s3_keys_fini(&k);
}

static void
headers(const uint8_t *data, size_t size)
{
	struct http_answer a = { .status = 503 };
	size_t len;

	buf_add(&a.headers, data, size);
	must(http_retry_after(&a) >= 0 && http_retry_after(&a) <= 60000000);
	if (http_header(&a, "a", &len) != NULL)
		must(len < size);
	http_answer_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	switch (data[0] % 6) {
	case 0: a_list(data + 1, size - 1); break;
	case 1: xml(text, strlen(text)); break;
	case 2: address(text); break;
	case 3: place(text); break;
	case 4: keys(text, strlen(text)); break;
	default: headers(data + 1, size - 1); break;
	}
	free(text);
	return 0;
}
