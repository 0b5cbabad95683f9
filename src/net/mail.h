#ifndef NET_MAIL_H
#define NET_MAIL_H

#include <stddef.h>
#include <stdint.h>

/*
 * One mail: its text (pure), and its way to a server by SMTP.
 */
struct buf;
struct err;

struct mail {
	const char	*from;		/* "a@example.org" or "Name <a@example.org>" */
	const char	*const *to;	/* likewise; NULL-ended, at least one */
	const char	*subject, *body;	/* any bytes; made UTF-8 */
	int64_t		 date;		/* µs since 1970 */
	const char	*id;		/* the left half of its Message-ID */
};

/* Is this an address that can be written to?  0, or -1 with ERR_USAGE and a
 * clause.  Only ASCII: SMTPUTF8 is not to be had everywhere. */
int mail_check_address(const char *s, struct err *e);

/*
 * The mail as RFC 5322 wants it: CRLF, 7 bit, no line over 76 characters,
 * headers in encoded words (RFC 2047) where they are not ASCII, the body in
 * quoted-printable.  No subject can make a header of its own.
 */
void mail_print(const struct mail *m, struct buf *out);

/* The bare address: "a@example.org"; a part of s that is len long. */
const char *mail_address(const char *s, size_t *len);

struct mail_server {
	const char	*url;		/* smtp://host[:port] or smtps:// */
	int		 no_tls;	/* smtp:// without STARTTLS */
	const char	*user, *password;	/* NULL: it asks for none */
	const char	*ca_file;	/* NULL: the system's */
	int64_t		 timeout;	/* µs, for all of it */
};

/*
 * Hand it over.  smtp:// means that STARTTLS is demanded and its certificate
 * checked, but for a server on loopback or with no_tls.  Blocks as long as
 * timeout.  -1: ERR_NET or ERR_DENIED; *unsure is set when the server had all
 * of it and did not say whether it took it.
 */
int mail_send(const struct mail_server *s, const struct mail *m, int *unsure,
    struct err *e);

#endif
