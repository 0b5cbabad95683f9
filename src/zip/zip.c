/* zip.c -- see zip.h. */
#include <stdlib.h>

#include <zstd.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"
#include "zip/zip.h"

struct zip {
	ZSTD_CCtx	*ctx;
};

struct unzip {
	ZSTD_DCtx	*ctx;
	unsigned char	*piece;		/* of unzip_look, once it is called */
};

/* RFC 8878, 3.1.1; what else libzstd reads (frames to be passed over, its own
 * early formats) is none of ours. */
static const unsigned char magic[4] = { 0x28, 0xB5, 0x2F, 0xFD };

/* Frames of others may look this far back: their memory while streaming. */
#define WINDOW_LOG_MAX	27

/* A frame that does not tell its length grows from here. */
#define FIRST_ROOM	((size_t)64 << 10)

/* What unzip_look has at a time: a zstd block. */
#define PIECE		((size_t)128 << 10)

static const int levels[] = {
	[ZIP_FASTEST] = 1, [ZIP_AUTO] = 3, [ZIP_BETTER] = 7, [ZIP_MAX] = 11,
};

struct zip *
zip_new(enum zip_level level)
{
	struct zip *z = xalloc(sizeof(*z));

	z->ctx = ZSTD_createCCtx();
	/*
	 * The window is left to the level: never longer than the piece, so 512
	 * KiB as restic for most, and 4 MiB at most for the longest.
	 */
	if (z->ctx == NULL || ZSTD_isError(ZSTD_CCtx_setParameter(z->ctx,
	    ZSTD_c_compressionLevel, levels[level])))
		abort();
	return z;
}

void
zip_free(struct zip *z)
{
	if (z == NULL)
		return;
	ZSTD_freeCCtx(z->ctx);
	free(z);
}

size_t
zip_bound(size_t n)
{
	return ZSTD_compressBound(n);
}

size_t
zip_pack(struct zip *z, void *out, const void *data, size_t len)
{
	size_t n = ZSTD_compress2(z->ctx, out, zip_bound(len), data, len);

	/* With room for the bound, only want of memory is left. */
	if (ZSTD_isError(n))
		abort();
	return n;
}

struct unzip *
unzip_new(void)
{
	struct unzip *u = xalloc(sizeof(*u));

	u->ctx = ZSTD_createDCtx();
	if (u->ctx == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(u->ctx,
	    ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		abort();
	return u;
}

void
unzip_free(struct unzip *u)
{
	if (u == NULL)
		return;
	ZSTD_freeDCtx(u->ctx);
	free(u->piece);
	free(u);
}

static int
is_frame(const unsigned char *p, size_t len)
{
	size_t i;

	if (len < sizeof(magic))
		return 0;
	for (i = 0; i < sizeof(magic); i++)
		if (p[i] != magic[i])
			return 0;
	return 1;
}

static int
corrupt(const char *why, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "decompress: %s", why);
}

int
unzip_exact(struct unzip *u, void *out, size_t plain_len, const void *data,
    size_t len, struct err *e)
{
	size_t n;

	if (!is_frame(data, len))
		return corrupt("no zstd frame", e);
	n = ZSTD_findFrameCompressedSize(data, len);
	if (ZSTD_isError(n))
		return corrupt(ZSTD_getErrorName(n), e);
	if (n != len)
		return corrupt("bytes behind the frame", e);
	n = ZSTD_decompressDCtx(u->ctx, out, plain_len, data, len);
	if (ZSTD_isError(n))
		return corrupt(ZSTD_getErrorName(n), e);
	if (n != plain_len)
		return err_set(e, ERR_CORRUPT, "decompress: %zu bytes where "
		    "%zu should be", n, plain_len);
	return 0;
}

int
unzip_look(struct unzip *u, size_t plain_len, const void *data, size_t len,
    void (*each)(void *arg, const void *plain, size_t n), void *arg,
    struct err *e)
{
	ZSTD_inBuffer in = { data, len, 0 };
	size_t left = 1, told = 0;

	if (!is_frame(data, len))
		return corrupt("no zstd frame", e);
	if (u->piece == NULL)
		u->piece = xalloc(PIECE);
	ZSTD_DCtx_reset(u->ctx, ZSTD_reset_session_only);
	while (left != 0) {
		ZSTD_outBuffer to = { u->piece, PIECE, 0 };

		left = ZSTD_decompressStream(u->ctx, &to, &in);
		if (ZSTD_isError(left))
			return corrupt(ZSTD_getErrorName(left), e);
		if (to.pos > plain_len - told)
			return corrupt("it is too long", e);
		told += to.pos;
		each(arg, u->piece, to.pos);
		if (left != 0 && to.pos < to.size)
			return corrupt("the frame is cut off", e);
	}
	if (in.pos != len)
		return corrupt("bytes behind the frame", e);
	return told == plain_len ? 0 : err_set(e, ERR_CORRUPT, "decompress: "
	    "%zu bytes where %zu should be", told, plain_len);
}

/*
 * Into what room there is, then more.  room counts one byte beyond max, so that
 * a frame of exactly max bytes ends and a longer one shows.
 */
static int
stream(struct unzip *u, struct buf *out, size_t max, size_t room,
    const void *data, size_t len, struct err *e)
{
	ZSTD_inBuffer in = { data, len, 0 };
	ZSTD_outBuffer to = { NULL, 0, 0 };
	size_t base = out->len, left;

	ZSTD_DCtx_reset(u->ctx, ZSTD_reset_session_only);
	for (;;) {
		to.dst = buf_room(out, room) - (out->len - base);
		to.size = out->len - base + room;
		left = ZSTD_decompressStream(u->ctx, &to, &in);
		out->len = base + to.pos;
		if (ZSTD_isError(left))
			return corrupt(ZSTD_getErrorName(left), e);
		if (to.pos > max)
			return err_set(e, ERR_CORRUPT, "decompress: more than "
			    "%zu bytes", max);
		if (left == 0)
			break;
		if (to.pos < to.size)
			return corrupt("the frame is cut off", e);
		room = to.pos > FIRST_ROOM ? to.pos : FIRST_ROOM;
		if (room > max - to.pos + 1)
			room = max - to.pos + 1;
	}
	return in.pos == len ? 0 : corrupt("bytes behind the frame", e);
}

int
unzip_any(struct unzip *u, struct buf *out, size_t max, const void *data,
    size_t len, struct err *e)
{
	size_t before = out->len, room = FIRST_ROOM;
	unsigned long long told;

	if (!is_frame(data, len))
		return corrupt("no zstd frame", e);
	told = ZSTD_getFrameContentSize(data, len);
	if (told == ZSTD_CONTENTSIZE_ERROR)
		return corrupt("no zstd frame", e);
	if (told != ZSTD_CONTENTSIZE_UNKNOWN && told > max)
		return err_set(e, ERR_CORRUPT, "decompress: more than %zu "
		    "bytes", max);
	/* One call fills it if there is room: then nothing is copied twice. */
	if (told != ZSTD_CONTENTSIZE_UNKNOWN)
		room = (size_t)told;
	else if (room > max)
		room = max + 1;
	if (stream(u, out, max, room, data, len, e) < 0) {
		out->len = before;
		return -1;
	}
	return 0;
}
