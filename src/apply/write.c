#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/apply_impl.h"
#include "apply/folders.h"
#include "apply/write.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/pack.h"
#include "util/xalloc.h"

/* What may stand behind the text; a journal of before has neither. */
#define REST_MARK	1u
#define REST_ABOUT	2u
#define REST_STANDS	4u	/* there is no encoding */

void
write_pack(struct buf *out, const struct write_note *n)
{
	buf_addc(out, 'W');
	buf_addc(out, (char)n->how);
	pack_u64(out, n->at);
	pack_i64(out, n->mtime);
	pack_bytes(out, n->text, n->len);
	if (n->encoding == NULL && n->about.ino == 0)
		return;
	pack_u64(out, (n->mark ? REST_MARK : 0) |
	    (n->about.ino != 0 ? REST_ABOUT : 0) |
	    (n->encoding == NULL ? REST_STANDS : 0));
	if (n->encoding != NULL)
		pack_bytes(out, n->encoding, strlen(n->encoding) + 1);
	if (n->about.ino == 0)
		return;
	pack_u64(out, n->about.fs);
	pack_u64(out, n->about.ino);
	pack_i64(out, n->about.btime);
}

static int
unpack_rest(struct unpack *u, struct write_note *n)
{
	uint64_t rest = unpack_u64(u);
	size_t size = 0;

	n->mark = (rest & REST_MARK) != 0;
	if (!(rest & REST_STANDS)) {
		n->encoding = unpack_bytes(u, &size);
		if (size == 0 || n->encoding[size - 1] != '\0')
			return -1;
	}
	if (rest & REST_ABOUT) {
		n->about.fs = unpack_u64(u);
		n->about.ino = unpack_u64(u);
		n->about.btime = unpack_i64(u);
	}
	return 0;
}

int
write_unpack(const void *data, size_t len, struct write_note *n)
{
	const char *p = data;
	struct unpack u;

	if (len < 2 || p[0] != 'W' || memchr("npat", p[1], 4) == NULL)
		return -1;
	u = unpack_start(p + 2, len - 2);
	n->how = (enum write_how)p[1];
	n->at = unpack_u64(&u);
	n->mtime = unpack_i64(&u);
	n->text = unpack_bytes(&u, &n->len);
	n->encoding = NULL;
	n->mark = 0;
	n->about = (struct fs_id){0};
	if (!u.bad && u.p < u.end && unpack_rest(&u, n) < 0)
		return -1;
	return unpack_end(&u);
}

int
write_holds(int fd, uint64_t at, const void *text, size_t len)
{
	CLEAN_FREE char *there = xalloc(len + 1);
	size_t n = 0;

	while (n < len) {
		ssize_t r = pread(fd, there + n, len - n, (off_t)(at + n));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			return 0;
		n += (size_t)r;
	}
	return memcmp(there, text, len) == 0;
}

/* How long the file is that what is on its way will make of it. */
static int
ask_size(struct apply *a, struct item *it, uint64_t *size, struct err *e)
{
	const struct fs_dir *d = folders_hold_his(a->folders, it->to_dir, e);
	struct fs_id now;
	int r;

	if (d == NULL)
		return -1;
	r = fs_stat(d, it->op.to, &now, e);
	folders_release(a->folders, it->to_dir);
	if (r < 0)
		return -1;
	if (it->expect.ino == 0)
		it->expect = now;
	*size = now.size;
	return 0;
}

static void
key_of(struct buf *b, uint32_t dir, const char *name)
{
	buf_add(b, &dir, sizeof(dir));
	buf_adds(b, name);
}

/* What the operation before takes away is put behind the text. */
static uint64_t
size_before(const struct load *l, const struct item *it, const uint64_t *known)
{
	if (known != NULL)
		return *known;
	return it > l->items ? it[-1].op.id.size : 0;
}

int
write_aim(struct apply *a, struct load *l, struct item *it, struct err *e)
{
	CLEAN_BUF struct buf key = {0}, extra = {0};
	struct write_note n;
	uint64_t *known, size;

	if (write_unpack(it->op.extra, it->op.extra_len, &n) < 0)
		return err_set(e, ERR_CORRUPT, "the plan does not say how to "
		    "write");
	key_of(&key, it->to_dir, it->op.to);
	known = map_get(&a->written, key.data, key.len);
	switch (n.how) {
	case WRITE_NEW:
		map_put(&a->written, key.data, key.len, n.len);
		return 0;
	case WRITE_BEFORE:
		map_put(&a->written, key.data, key.len, n.len +
		    size_before(l, it, known));
		return 0;
	case WRITE_CUT:
		map_put(&a->written, key.data, key.len, n.at);
		return 0;
	case WRITE_BEHIND:
		break;
	}
	if (known != NULL)
		size = *known;
	else if (ask_size(a, it, &size, e) < 0)
		return -1;
	map_put(&a->written, key.data, key.len, size + n.len);
	n.at = size;
	write_pack(&extra, &n);
	it->op.extra = arena_dup(&l->own, (const char *)extra.data, extra.len);
	it->op.extra_len = extra.len;
	return 0;
}

int
write_is_known(const struct apply *a, uint32_t dir, const char *name)
{
	CLEAN_BUF struct buf key = {0};

	key_of(&key, dir, name);
	return map_get(&a->written, key.data, key.len) != NULL;
}
