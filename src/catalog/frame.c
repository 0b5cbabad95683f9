#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/frame.h"

size_t
frame_begin(struct buf *b)
{
	size_t start = b->len;

	memset(buf_room(b, FRAME_HEAD), 0, FRAME_HEAD);
	b->len += FRAME_HEAD;
	return start;
}

void
frame_end(struct buf *b, size_t start)
{
	uint32_t len = htole32((uint32_t)(b->len - start - FRAME_HEAD));

	memcpy(b->data + start, &len, FRAME_HEAD);
}

int
frame_whole(const void *data, size_t len, size_t *frame_len)
{
	uint32_t n;

	if (len < FRAME_HEAD)
		return 0;
	memcpy(&n, data, FRAME_HEAD);
	n = le32toh(n);
	if (n == 0 || n > CATALOG_FRAME)
		return -1;
	*frame_len = n;
	return len - FRAME_HEAD >= n;
}

void
frame_put_error(struct buf *b, const struct err *e)
{
	buf_addc(b, (char)FRAME_ERROR);
	pack_u64(b, (uint64_t)e->kind);
	pack_i64(b, e->sys);
	pack_str(b, e->text);
}

int
frame_get_error(struct unpack *u, struct err *e)
{
	uint64_t kind = unpack_u64(u);
	int64_t sys = unpack_i64(u);
	char *text = unpack_str(u);

	if (unpack_end(u) < 0 || kind == ERR_NONE || kind > ERR_STOPPED) {
		free(text);
		return catalog_garbled(e);
	}
	err_set(e, (enum err_kind)kind, "%s", text);
	if (e != NULL)
		e->sys = (int)sys;
	free(text);
	return -1;
}
