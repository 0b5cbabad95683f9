/*
 * sftp_put.c -- how a file comes to lie in a repository behind SFTP.
 *
 * It is written under a temporary name, flushed (fsync@openssh.com), renamed into
 * place (posix-rename@openssh.com), and flushed once more, still open: on ext4,
 * xfs and btrfs a flush of a file that was just renamed makes its new name
 * durable with it.  Its folder is flushed, too, where it can be opened as a file
 * (OpenSSH lets us; a handle of OPENDIR it refuses to flush).  So at every instant,
 * power cut of the server included, a name is either absent or whole, and after a
 * success it is there.  restic does not flush over SFTP; a cut right after
 * "saved" can take everything from it.
 *
 * Writes go out without waiting for answers; but nothing is renamed before every
 * one of them was said to have been done.  Three round trips a file.
 *
 * A temporary of a pack lies in data/, one level above its place, where few names
 * lie, so that old ones are come upon by listing.  Each attempt has a name of its
 * own: a server whose line was cut may still be writing to the one before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/sha256.h"
#include "store/sftp.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define LEAST_ROOM	((uint64_t)1 << 20)	/* bytes: less, and it is full */

struct putting {
	struct sftp	*s;
	struct line	*l;
	const struct store_name *n;
	const struct store_bytes *bytes;
	struct sha256	*sum;		/* of what lies in a file; or NULL */
	struct err	 failed;	/* it could not be read */
	size_t		 len, next;
	int		 flushed;	/* the request for it is made */
	struct line_reply file;		/* its handle */
	struct line_reply folder;	/* and the folder's, if it gives one */
	char		 rel[SFTP_REL_MAX], tmp[SFTP_REL_MAX];
};

static void
ask_fsync(struct putting *p, const struct line_reply *what, uint32_t tag)
{
	line_begin(p->l, WIRE_EXTENDED);
	wire_text(&p->l->out, "fsync@openssh.com");
	wire_bytes(&p->l->out, what->handle, what->handle_len);
	line_end(p->l, tag, 0);
}

/* A failure that says no more than that: is it for want of room? */
static int
why_not(struct putting *p, const char *verb, const char *rel,
    const struct line_reply *refusal, struct err *e)
{
	struct line_reply r;
	uint64_t room, names;

	(void)sftp_refused(p->s, verb, rel, refusal, e);
	if (p->l->dead || !p->l->statvfs || refusal->type != WIRE_STATUS ||
	    refusal->status != WIRE_FAILURE)
		return -1;
	line_begin(p->l, WIRE_EXTENDED);
	wire_text(&p->l->out, "statvfs@openssh.com");
	sftp_add_path(p->s, p->l, "");
	line_end(p->l, 0, 0);
	if (line_replies(p->l, &r, 1, NULL) < 0 ||
	    r.type != WIRE_EXTENDED_REPLY || r.n_numbers < 11)
		return -1;
	if (__builtin_mul_overflow(r.numbers[1], r.numbers[4], &room))
		return -1;
	/* Some file systems count no inodes: none at all, none free. */
	names = r.numbers[5] == 0 ? 1 : r.numbers[7];
	if (room < LEAST_ROOM + p->len || names == 0)
		return err_set(e, ERR_FULL, "%s %s/%s: the disk over there is "
		    "full", verb, p->s->base.place, rel);
	return -1;
}

/* ---- the parts ---- */
/* The temporary, and its folder to be, for the flush at the end. */
static int
ask_open(struct putting *p, struct err *e)
{
	char folder[SFTP_REL_MAX];
	struct line_reply r[2];
	unsigned n = 1;

	sftp_folder(folder, p->n->kind, p->n->id);
	line_begin(p->l, WIRE_OPEN);
	sftp_add_path(p->s, p->l, p->tmp);
	wire_u32(&p->l->out, WIRE_O_WRITE | WIRE_O_CREAT | WIRE_O_EXCL);
	wire_mode(&p->l->out, p->s->file_mode);
	line_end(p->l, 0, 0);
	if (p->l->fsync && p->n->kind != STORE_LOCK) {
		line_begin(p->l, WIRE_OPEN);
		sftp_add_path(p->s, p->l, folder);
		wire_u32(&p->l->out, WIRE_O_READ);
		wire_mode(&p->l->out, -1);
		line_end(p->l, n++, 0);
	}
	if (line_replies(p->l, r, n, e) < 0)
		return -1;
	p->file = r[0];
	p->folder = n == 2 ? r[1] : (struct line_reply){0};
	return 0;
}

/* The folder is not there: make it, and the one above. */
static int
make_folders(struct putting *p, struct err *e)
{
	struct line_reply r[2];
	char folder[SFTP_REL_MAX];
	unsigned n = 0;

	sftp_folder(folder, p->n->kind, p->n->id);
	if (p->n->kind == STORE_CONFIG)
		return 0;
	line_begin(p->l, WIRE_MKDIR);
	sftp_add_path(p->s, p->l, store_kind_folder(p->n->kind));
	wire_mode(&p->l->out, p->s->dir_mode);
	line_end(p->l, n++, 0);
	if (p->n->kind == STORE_PACK) {
		line_begin(p->l, WIRE_MKDIR);
		sftp_add_path(p->s, p->l, folder);
		wire_mode(&p->l->out, p->s->dir_mode);
		line_end(p->l, n++, 0);
	}
	/* That one is there already is a failure, too: what follows tells. */
	return line_replies(p->l, r, n, e);
}

static int
open_temporary(struct putting *p, struct err *e)
{
	uint64_t number;
	const char *folder = store_kind_folder(p->n->kind);

	random_bytes(&number, sizeof(number));
	snprintf(p->tmp, sizeof(p->tmp), "%s%s" SFTP_TMP "%016llx", folder,
	    *folder == '\0' ? "" : "/", (unsigned long long)number);
	if (ask_open(p, e) < 0)
		return -1;
	if (p->file.type == WIRE_STATUS && p->file.status == WIRE_NO_SUCH_FILE &&
	    (make_folders(p, e) < 0 || ask_open(p, e) < 0))
		return -1;
	if (p->file.type == WIRE_HANDLE)
		return 0;
	(void)why_not(p, "write", p->rel, &p->file, e);
	/* The repository's own folder is gone: that is no missing file. */
	if (e != NULL && e->kind == ERR_NOENT)
		e->kind = ERR_ABSENT;
	return -1;
}

/* What cannot be read goes out as noughts, and is never given a name. */
static void
add_piece(struct putting *p, size_t len)
{
	struct buf *out = &p->l->out;
	unsigned char *to;

	wire_u32(out, (uint32_t)len);
	to = buf_room(out, len);
	if (store_bytes_read(p->bytes, p->next, to, len, &p->failed) < 0)
		memset(to, 0, len);
	if (p->sum != NULL)
		sha256_add(p->sum, to, len);
	out->len += len;
}

static int
more_writes(void *arg, struct line *l)
{
	struct putting *p = arg;
	size_t len = p->len - p->next;

	if (p->failed.kind != ERR_NONE)
		return 0;
	if (len == 0) {
		if (p->flushed || !l->fsync)
			return 0;
		ask_fsync(p, &p->file, 0);
		p->flushed = 1;
		return 1;
	}
	if (len > l->write_max)
		len = l->write_max;
	line_begin(l, WIRE_WRITE);
	wire_bytes(&l->out, p->file.handle, p->file.handle_len);
	wire_u64(&l->out, p->next);
	add_piece(p, len);
	line_end(l, 0, len);
	p->next += len;
	return 1;
}

static int
heard_write(void *arg, struct line *l, uint32_t tag, struct wire_answer *a,
    struct err *e)
{
	struct putting *p = arg;

	(void)l;
	(void)tag;
	if (a->type == WIRE_STATUS && a->status == WIRE_OK)
		return 0;
	/* Why is asked when the line is quiet again. */
	p->file.type = a->type;
	p->file.status = a->status;
	p->file.words[0] = '\0';
	return err_set(e, ERR_IO, "refused");
}

/* What lay in a file of ours on its way was read whole, and is still that. */
static int
is_what_it_was(struct putting *p, struct err *e)
{
	unsigned char sum[SHA256_LEN];

	if (p->failed.kind != ERR_NONE) {
		if (e != NULL)
			*e = p->failed;
		return -1;
	}
	if (p->sum == NULL)
		return 0;
	sha256_end(p->sum, sum);
	return memcmp(sum, p->n->id, sizeof(sum)) == 0 ? 0 :
	    err_set(e, ERR_CORRUPT, "a temporary file of an upload is not what "
	    "was written to it");
}

static int
write_all(struct putting *p, struct err *e)
{
	const struct line_talk t = { .more = more_writes, .heard = heard_write,
	    .arg = p };

	if (line_talk(p->l, &t, e) == 0)
		return is_what_it_was(p, e);
	return p->l->dead ? -1 : why_not(p, "write", p->rel, &p->file, e);
}

/* By the extension it replaces what is there; else it must not be there. */
static int
ask_rename(struct putting *p, int replace, struct line_reply *r, struct err *e)
{
	unsigned n = 1;

	line_begin(p->l, replace ? WIRE_EXTENDED : WIRE_RENAME);
	if (replace)
		wire_text(&p->l->out, "posix-rename@openssh.com");
	sftp_add_path(p->s, p->l, p->tmp);
	sftp_add_path(p->s, p->l, p->rel);
	line_end(p->l, 0, 0);
	if (p->l->fsync)
		ask_fsync(p, &p->file, n++);
	if (p->folder.type == WIRE_HANDLE)
		ask_fsync(p, &p->folder, n++);	/* what it says is not judged */
	return line_replies(p->l, r, n, e);
}

/* A file of this name is there: 1, 0, -1. */
static int
is_there(struct putting *p, uint64_t *size, struct err *e)
{
	struct line_reply r;

	if (sftp_ask(p->s, p->l, WIRE_STAT, p->rel, &r, e) < 0)
		return -1;
	*size = r.attrs.size;
	return r.type == WIRE_ATTRS;
}

/* Without the extension: what has this name has these bytes, but for one that
 * was cut short by a crash. */
static int
name_slowly(struct putting *p, struct line_reply *r, struct err *e)
{
	struct line_reply ignored;
	uint64_t size;
	int there = is_there(p, &size, e);

	if (there < 0)
		return -1;
	if (there && p->n->kind == STORE_CONFIG)
		return err_set(e, ERR_EXISTS, "write %s: it is there already",
		    p->rel);
	if (there && size == p->len) {
		sftp_litter(p->s, p->tmp);
		return 0;
	}
	if (there && sftp_ask(p->s, p->l, WIRE_REMOVE, p->rel, &ignored, e) < 0)
		return -1;
	if (!there && r->status == WIRE_FAILURE)
		return why_not(p, "write", p->rel, r, e);
	if (ask_rename(p, 0, r, e) < 0)
		return -1;
	return r->type == WIRE_STATUS && r->status == WIRE_OK ? 0 :
	    why_not(p, "write", p->rel, r, e);
}

static int
name_it(struct putting *p, struct err *e)
{
	int replace = p->l->posix_rename && p->n->kind != STORE_CONFIG;
	struct line_reply r[3] = { [1] = { .type = WIRE_STATUS } };

	if (ask_rename(p, replace, r, e) < 0)
		return -1;
	if (r->type == WIRE_STATUS && r->status == WIRE_NO_SUCH_FILE &&
	    (make_folders(p, e) < 0 || ask_rename(p, replace, r, e) < 0))
		return -1;
	if (r->type != WIRE_STATUS || r->status != WIRE_OK) {
		if (replace || r->status != WIRE_FAILURE)
			return why_not(p, "write", p->rel, r, e);
		if (name_slowly(p, r, e) < 0)
			return -1;
	}
	return sftp_want(p->s, WIRE_STATUS, "flush", p->rel, &r[1], e);
}

/* What was begun goes: the line is good, or it is remembered. */
static void
take_back(struct putting *p)
{
	sftp_litter(p->s, p->tmp);
	if (!p->l->dead) {
		sftp_sweep(p->s, p->l);
		(void)line_replies(p->l, NULL, 0, NULL);
	}
}

static int
put_on(struct putting *p, struct err *e)
{
	uint64_t size;
	int r = 0;

	if (p->n->kind == STORE_CONFIG && (r = is_there(p, &size, e)) == 1)
		return err_set(e, ERR_EXISTS, "write %s/%s: it is there already",
		    p->s->base.place, p->rel);
	if (r < 0)
		return -1;
	if (open_temporary(p, e) < 0) {
		if (p->l->dead)
			sftp_litter(p->s, p->tmp);
		return -1;
	}
	struct line_reply file = p->file;

	r = write_all(p, e);
	p->file = file;
	if (r == 0)
		r = name_it(p, e);
	line_forget(p->l, p->file.handle, p->file.handle_len);
	if (p->folder.type == WIRE_HANDLE)
		line_forget(p->l, p->folder.handle, p->folder.handle_len);
	if (r < 0)
		take_back(p);
	else
		sftp_sweep(p->s, p->l);
	return r;
}

int
sftp_put_bytes(struct store *base, const struct store_name *n,
    const struct store_bytes *b, struct err *e)
{
	struct sftp *s = (struct sftp *)base;
	struct putting p = { .s = s, .n = n, .bytes = b, .len = b->len };
	int r;

	sftp_rel(p.rel, n);
	if (sftp_take(s, n->kind, &p.l, e) < 0)
		return -1;
	if (b->data == NULL && n->kind != STORE_CONFIG) {
		p.sum = sha256_new();
		sha256_start(p.sum);
	}
	r = put_on(&p, e);
	sha256_free(p.sum);
	if (p.l->dead)
		(void)sftp_broken(s, "write", p.rel, e);
	sftp_give(s, p.l);
	return r;
}

int
sftp_put(struct store *base, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	const struct store_bytes b = { data, -1, len };

	return sftp_put_bytes(base, n, &b, e);
}
