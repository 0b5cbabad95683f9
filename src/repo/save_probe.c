/*
 * save_probe.c -- is it worth compressing?  save_impl.h.
 *
 * zstd finds out by itself that random bytes do not shrink, and needs a third of a
 * second for each gigabyte of them; that is a tenth of all that is done for them.
 * Looking at a few places first takes a tenth of that.
 *
 * Bytes that are used equally often leave nothing to a code of their own, and zstd
 * does not try below a gain of 1/64.  What remains is repetition, which is looked
 * for in one place only; a long blob that repeats itself far apart and is random
 * otherwise is stored as it is.
 */
#include "repo/save_impl.h"
#include "zip/zip.h"

#define LONG		((size_t)256 << 10)	/* shorter ones are compressed */
#define PLACES		32
#define PLACE		((size_t)2048)
#define TRIAL		((size_t)64 << 10)

/*
 * The squares of how often each byte is there sum up to PLACE + PLACE (PLACE - 1)
 * / 256 = 18424 for random bytes, with a deviation of 181.  A sixteenth more is a
 * code shorter by 0.05 of 8 bits.
 */
#define FLAT		19570

static int
is_flat(const unsigned char *p)
{
	unsigned count[256] = {0}, sum = 0;
	size_t i;

	for (i = 0; i < PLACE; i++)
		count[p[i]]++;
	for (i = 0; i < 256; i++)
		sum += count[i] * count[i];
	return sum < FLAT;
}

int
blob_shrinks(struct zip *z, unsigned char *room, const unsigned char *data,
    size_t len)
{
	size_t i, step;

	if (len < LONG)
		return 1;
	step = (len - PLACE) / (PLACES - 1);
	for (i = 0; i < PLACES; i++)
		if (!is_flat(data + i * step))
			return 1;
	return zip_pack(z, room, data + (len - TRIAL) / 2, TRIAL) <
	    TRIAL - TRIAL / 64;
}
