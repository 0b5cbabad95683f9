#ifndef JOB_SET_WEB_H
#define JOB_SET_WEB_H

#include <stdint.h>

/*
 * `web:` of the configuration: where the dashboard is served, and to whom.
 *
 *	listen		unix (default), or an address and a port
 *	hosts		names by which browsers may call it, beside the address
 *	password_file	what is asked for at the door, beside one-time links
 *	tls		{certificate: FILE, key: FILE}
 *
 * An address that is not loopback wants tls and password_file.
 */
struct conf_faults;
struct conf_node;
struct conf_where;

struct set_web {
	int		 is_unix;
	int		 is_loopback;	/* also of a unix socket */
	char		*listen;	/* as written: "unix", "127.0.0.1:7979" */
	char		*address;	/* "127.0.0.1", "::1"; NULL for unix */
	uint16_t	 port;
	char		**hosts;	/* NULL-ended; may be NULL */
	char		*password_file, *certificate, *key;	/* or NULL */
};

/* NULL: n is NULL, or faults were told. */
struct set_web *set_web_read(const struct conf_node *n,
    const struct conf_where *where, struct conf_faults *f);
void set_web_free(struct set_web *w);		/* NULL is fine */
/* Would both be served alike?  Either may be NULL. */
int set_web_same(const struct set_web *a, const struct set_web *b);

/* metrics: {textfile: PATH}, or NULL; to be freed. */
char *set_metrics_read(const struct conf_node *n,
    const struct conf_where *where, struct conf_faults *f);

#endif
