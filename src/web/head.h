#ifndef WEB_HEAD_H
#define WEB_HEAD_H

#include <stddef.h>
#include <stdint.h>

/*
 * The head of a request, looked at before the HTTP library sees a byte of it.
 *
 * The library is lenient, as servers of the web must be; we talk to one browser
 * and one metrics collector, so whatever two readers could understand in two
 * ways is refused here: bare LF, folded lines, two lengths, a length beside a
 * transfer coding, a coding at all, other methods, other hosts' names.
 */
#define HEAD_MAX	8192		/* bytes, the empty line included */
#define HEAD_FIELDS	64
#define HEAD_TARGET	2048
#define HEAD_BODY	65536

struct head_rules {
	/* A Host of this port and one of these names, lower case, NULL-ended;
	 * port 0: any (behind the bridge of `fettle web`). */
	const char	*const *hosts;
	uint16_t	 port;
};

enum head_method { HEAD_OTHER, HEAD_GET, HEAD_HEAD, HEAD_POST };

struct head {
	enum head_method method;
	unsigned	 n_fields, n_hosts, n_lengths;
	uint64_t	 length;
};

/*
 * 0: it is not whole yet; 200: it is good, and *len bytes long; else the status
 * to refuse it with.
 */
int head_check(const void *data, size_t size, const struct head_rules *r,
    struct head *out, size_t *len);

/* The same a piece at a time, where the library has read it (TLS): 200, or the
 * status to refuse it with. */
int head_line(struct head *h, const char *method, const char *target,
    const char *version);
int head_field(struct head *h, const char *name, const char *value,
    const struct head_rules *r);
int head_end(const struct head *h);

/* Is this Host one of ours? */
int head_is_ours(const char *host, const struct head_rules *r);

#endif
