#ifndef APPLY_ATTRS_H
#define APPLY_ATTRS_H

#include <stddef.h>

/*
 * What an operation does to the attributes (xattrs) of its file, packed: in
 * op->extra, in the journal, in undo's plan.  Each with the value it had and
 * the one it gets, so that recovery can tell which of the two is there and
 * undo knows what to put back.  Names are whole ("user.xdg.tags").
 */
struct buf;

#define ATTRS_MAX	32		/* of one operation */
#define ATTR_VALUE_MAX	65536		/* bytes; Linux holds no more */

struct attr {
	const char	*name;
	int		 had, has;	/* or there was, is to be, none */
	const void	*was, *now;
	size_t		 was_len, now_len;
};

struct attrs {
	struct attr	 v[ATTRS_MAX];
	size_t		 n;
};

/* Begins with 'X'. */
void attrs_pack(struct buf *out, const struct attrs *a);
/* 0, or -1 if it is no such note.  Names and values are borrowed. */
int attrs_unpack(const void *data, size_t len, struct attrs *out);
/* For people: "xdg.tags=a,b, no xdg.comment"; what no text is, in hex. */
void attrs_words(struct buf *out, const struct attrs *a);
/* What they were and what they get change places. */
void attrs_turn(struct attrs *a);

/* Is it as it was (or, after, as it is to be)?  1, 0, -1 and errno. */
int attr_is(int fd, const struct attr *a, int after);
/* 1: all of them are, 0, -1 and errno. */
int attrs_are(int fd, const struct attrs *a, int after);
/*
 * All of them as they are to be; fd may be open for reading.  -1 and errno:
 * those set before are as they were again, and *left is how many could not be.
 * *bad is the name of the one that failed.
 */
int attrs_set(int fd, const struct attrs *a, const char **bad, size_t *left);
/* Those that are as they are to be get back what they were: how many could not
 * be. */
size_t attrs_back(int fd, const struct attrs *a);

#endif
