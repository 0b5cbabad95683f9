#ifndef STORE_SFTP_WIRE_H
#define STORE_SFTP_WIRE_H

#include <stddef.h>
#include <stdint.h>

/*
 * SFTP version 3 (draft-ietf-secsh-filexfer-02), as bytes: requests are written
 * into a buf, answers are taken apart.  Pure: no answer, however made, leads
 * beyond the bytes given, and every length in it has a limit.
 *
 * A packet is a length (big-endian, 4 bytes, not counting itself), a type, and
 * what the type says; but for INIT and VERSION an id comes first.  Text is a
 * length and bytes.
 */
struct buf;
struct err;

enum wire_type {
	WIRE_INIT = 1, WIRE_VERSION = 2, WIRE_OPEN = 3, WIRE_CLOSE = 4,
	WIRE_READ = 5, WIRE_WRITE = 6, WIRE_LSTAT = 7, WIRE_FSTAT = 8,
	WIRE_OPENDIR = 11, WIRE_READDIR = 12, WIRE_REMOVE = 13, WIRE_MKDIR = 14,
	WIRE_REALPATH = 16, WIRE_STAT = 17, WIRE_RENAME = 18,
	WIRE_STATUS = 101, WIRE_HANDLE = 102, WIRE_DATA = 103, WIRE_NAME = 104,
	WIRE_ATTRS = 105, WIRE_EXTENDED = 200, WIRE_EXTENDED_REPLY = 201,
};

enum wire_status {
	WIRE_OK = 0, WIRE_EOF = 1, WIRE_NO_SUCH_FILE = 2, WIRE_DENIED = 3,
	WIRE_FAILURE = 4, WIRE_BAD_MESSAGE = 5, WIRE_NO_CONNECTION = 6,
	WIRE_CONNECTION_LOST = 7, WIRE_UNSUPPORTED = 8,
};

enum wire_open {
	WIRE_O_READ = 1, WIRE_O_WRITE = 2, WIRE_O_CREAT = 8, WIRE_O_TRUNC = 16,
	WIRE_O_EXCL = 32,
};

#define WIRE_PACKET_MAX	((size_t)260 << 10)	/* OpenSSH's is 256 KiB */
#define WIRE_HANDLE_MAX	256			/* the draft's limit */
#define WIRE_NAMES_MAX	8192			/* in one answer */

/* ---- writing ---- */
/* Where the packet begins; wire_end puts its length there. */
size_t wire_begin(struct buf *out, enum wire_type t, uint32_t id);
void wire_u32(struct buf *out, uint32_t v);
void wire_u64(struct buf *out, uint64_t v);
void wire_bytes(struct buf *out, const void *data, size_t len);
void wire_text(struct buf *out, const char *s);
/* Attributes: the mode alone, or nothing (negative). */
void wire_mode(struct buf *out, int mode);
void wire_end(struct buf *out, size_t begin);

/* ---- reading ---- */
struct wire_bytes {
	const unsigned char *data;	/* into the packet */
	size_t		 len;
};

struct wire_attrs {
	int		 has_size, has_mode, has_time;
	uint64_t	 size;
	uint32_t	 mode, mtime;
};

struct wire_answer {
	enum wire_type	 type;
	uint32_t	 id;		/* of VERSION: its number */
	uint32_t	 status;	/* STATUS */
	struct wire_bytes bytes;	/* HANDLE, DATA; STATUS: its message;
					 * NAME: the names; VERSION: the pairs;
					 * EXTENDED_REPLY: all of it */
	uint32_t	 count;		/* NAME */
	struct wire_attrs attrs;	/* ATTRS */
};

/*
 * The first packet of what was received: 1 and *used; 0 if it is not all there
 * yet; -1 and ERR_CORRUPT if it cannot be one.
 */
int wire_next(const unsigned char *p, size_t len, struct wire_answer *out,
    size_t *used, struct err *e);

/*
 * The next of a NAME answer's names, with its attributes; bytes and count move
 * on.  1, 0 at the end, -1.  A name that is empty or has a '/' or a NUL in it is
 * ERR_CORRUPT: it would lead out of its folder.
 */
int wire_name(struct wire_answer *a, struct wire_bytes *name,
    struct wire_attrs *attrs, struct err *e);

/* The next pair of a VERSION answer: 1, 0 at the end, -1. */
int wire_pair(struct wire_answer *a, struct wire_bytes *name,
    struct wire_bytes *value, struct err *e);

/* The next number of an EXTENDED_REPLY: 0, or -1 if there is none. */
int wire_number(struct wire_answer *a, uint64_t *v);

int wire_is(const struct wire_bytes *b, const char *text);

#endif
