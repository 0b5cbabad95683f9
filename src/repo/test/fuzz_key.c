/*
 * fuzz_key.c -- any bytes as a key file, a master key, a config or a lock: each
 * is read or refused, and what is read is within its bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "repo/key_impl.h"
#include "repo/lock_impl.h"
#include "repo/repo_impl.h"
#include "util/buf.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_key(const uint8_t *data, size_t size, struct err *e)
{
	struct key_file k = {0};

	if (key_file_parse(data, size, &k, e) == 0 && (k.salt.len != 64 ||
	    memchr(k.username, 0, sizeof(k.username)) == NULL ||
	    memchr(k.hostname, 0, sizeof(k.hostname)) == NULL))
		abort();
	key_file_fini(&k);
}

/* What was read can be written, and then is the same. */
static void
try_config(const uint8_t *data, size_t size, struct err *e)
{
	struct config a = {0}, b = {0};
	struct buf text = {0};

	if (config_read(data, size, &a, e) == 0) {
		config_write(&text, &a);
		if (config_read(text.data, text.len, &b, e) < 0 ||
		    a.version != b.version || a.polynomial != b.polynomial ||
		    !id_equal(&a.id, &b.id))
			abort();
	}
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seal_key key = {0};
	struct lock_info lock = {0};
	struct err e = {0};

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'k': try_key(data + 1, size - 1, &e); break;
	case 'm': key_master_parse(data + 1, size - 1, &key, &e); break;
	case 'c': try_config(data + 1, size - 1, &e); break;
	case 'l': lock_file_read(data + 1, size - 1, &lock, &e); break;
	default: break;
	}
	return 0;
}
