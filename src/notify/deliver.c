/* deliver.c -- handing news over. */
#include <stdlib.h>
#include <string.h>

#include "net/mail.h"
#include "notify/impl.h"
#include "notify/text.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"

/* The same news has the same Message-ID whenever it is tried. */
static void
add_id(const struct delivery *d, struct buf *out)
{
	const struct notify_news *w = d->v[0].news;
	uint64_t h = hash_fixed(d->n->id, w->job, strlen(w->job));

	h = hash_fixed(h ^ (uint64_t)w->time, "", d->v[0].ev == 0);
	buf_addf(out, "fettle.%llx.%llx.%x", (unsigned long long)w->time,
	    (unsigned long long)h, (unsigned)d->v[0].ev);
}

static int
deliver_mail(const struct delivery *d, struct err *e)
{
	CLEAN_BUF struct buf subject = {0}, body = {0}, id = {0};
	struct mail_server s = {
		.url = d->n->smtp, .no_tls = d->n->no_tls,
		.user = d->n->user, .password = d->secret,
		.ca_file = d->n->ca_file, .timeout = d->timeout,
	};
	struct mail m = { .from = d->n->from, .to = d->n->to,
	    .date = d->env->now };

	notify_subject(d->v, d->count, d->env, &subject);
	if (d->count == 1)
		notify_body(&d->v[0], d->env, &body);
	else
		notify_digest(d->v, d->count, d->env, &body);
	add_id(d, &id);
	m.subject = buf_str(&subject);
	m.body = buf_str(&body);
	m.id = buf_str(&id);
	return mail_send(&s, &m, d->unsure, e);
}

int
notify_deliver(const struct notify *n, const struct notify_item *v,
    size_t count, const struct notify_env *env, int *unsure, struct err *e)
{
	static int (*const ways[])(const struct delivery *, struct err *) = {
		[NOTIFY_MAIL] = deliver_mail,
		[NOTIFY_WEBHOOK] = deliver_http,
		[NOTIFY_PING] = deliver_http,
		[NOTIFY_DESKTOP] = deliver_desktop,
		[NOTIFY_COMMAND] = deliver_command,
		[NOTIFY_JOURNAL] = deliver_journal,
	};
	struct delivery d = { .n = n, .v = v, .count = count, .env = env,
	    .timeout = n->timeout < env->most ? n->timeout : env->most,
	    .unsure = unsure };
	char *secret;
	int r;

	*unsure = 0;
	if (secret_get(&n->secret, env->credentials, d.timeout, &secret, e) < 0)
		return -1;
	d.secret = secret;
	r = ways[n->kind](&d, e);
	secret_done(secret);
	return r;
}
