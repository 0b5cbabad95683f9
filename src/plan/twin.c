#include <string.h>

#include "plan/twin.h"
#include "util/buf.h"
#include "util/pack.h"

#define MARK	'D'	/* unlike the notes of apply/note.h */

void
twin_pack(struct buf *out, const struct twin_note *n)
{
	buf_addc(out, MARK);
	pack_bytes(out, n->dir, strlen(n->dir) + 1);
	pack_bytes(out, n->name, strlen(n->name) + 1);
}

static const char *
text(struct unpack *u)
{
	size_t len;
	const char *s = unpack_bytes(u, &len);

	if (len > 1 && memchr(s, '\0', len) == s + len - 1)
		return s;
	u->bad = 1;
	return "";
}

int
twin_unpack(const void *data, size_t len, struct twin_note *out)
{
	const unsigned char *p = data;
	struct unpack u;

	if (len == 0 || p[0] != MARK)
		return -1;
	u = unpack_start(p + 1, len - 1);
	out->dir = text(&u);
	out->name = text(&u);
	return unpack_end(&u) < 0 || out->dir[0] != '/' ||
	    strchr(out->name, '/') != NULL ? -1 : 0;
}
