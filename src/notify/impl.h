#ifndef NOTIFY_IMPL_H
#define NOTIFY_IMPL_H

#include "notify/notify.h"

/*
 * Ways to hand news over, inside this room; see notify_deliver.
 */
struct buf;
struct err;

struct delivery {
	const struct notify	*n;
	const struct notify_item *v;
	size_t			 count;
	const struct notify_env	*env;
	const char		*secret;	/* NULL: none */
	int64_t			 timeout;
	int			*unsure;
};

int deliver_http(const struct delivery *d, struct err *e);
int deliver_desktop(const struct delivery *d, struct err *e);
int deliver_command(const struct delivery *d, struct err *e);
int deliver_journal(const struct delivery *d, struct err *e);

/* The secret, to be wiped by secret_done: 1, 0 if none is asked for, -1. */
int secret_get(const struct notify_secret *s, const char *credentials,
    int64_t timeout, char **out, struct err *e);
void secret_done(char *s);

#endif
