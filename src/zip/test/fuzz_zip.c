/*
 * fuzz_zip.c -- any bytes as a frame: nothing more than asked for comes out,
 * and where the three ways to decompress say yes they agree.  The same bytes,
 * compressed, come back.
 */
#include <stdint.h>
#include <string.h>

#include "testing/must.h"
#include "util/buf.h"
#include "util/err.h"
#include "zip/zip.h"

#define MAX	((size_t)64 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_piece(void *arg, const void *plain, size_t n)
{
	buf_add(arg, plain, n);
}

static void
check_frame(struct unzip *u, const void *data, size_t size)
{
	CLEAN_BUF struct buf any = {0}, look = {0}, exact = {0};
	struct err e = {0};
	size_t n;
	int bad;

	buf_addc(&any, 'x');	/* it is added to what is there */
	bad = unzip_any(u, &any, MAX, data, size, &e);
	n = any.len - 1;
	must(any.data[0] == 'x');
	must(bad == 0 ? n <= MAX : n == 0 && e.kind == ERR_CORRUPT);
	/* Another length is refused whatever it is of. */
	buf_room(&exact, MAX + 2);
	must(bad != 0 || unzip_exact(u, exact.data, n + 1, data, size, &e) < 0);
	must(bad != 0 || n == 0 ||
	    unzip_exact(u, exact.data, n - 1, data, size, &e) < 0);
	if (bad != 0)
		return;
	must(unzip_exact(u, exact.data, n, data, size, &e) == 0);
	must(memcmp(exact.data, any.data + 1, n) == 0);
	must(unzip_look(u, n, data, size, add_piece, &look, &e) == 0);
	must(look.len == n && (n == 0 ||
	    memcmp(look.data, any.data + 1, n) == 0));
}

static void
check_round_trip(struct zip *z, struct unzip *u, const void *data, size_t size)
{
	CLEAN_BUF struct buf packed = {0}, back = {0};

	packed.len = zip_pack(z, buf_room(&packed, zip_bound(size)), data,
	    size);
	must(packed.len <= zip_bound(size));
	must(unzip_any(u, &back, size, packed.data, packed.len, NULL) == 0);
	must(back.len == size && (size == 0 ||
	    memcmp(back.data, data, size) == 0));
	check_frame(u, packed.data, packed.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zip *z;
	static struct unzip *u;

	if (z == NULL) {
		z = zip_new(ZIP_FASTEST);
		u = unzip_new();
	}
	check_frame(u, data, size);
	check_round_trip(z, u, data, size);
	return 0;
}
