/* read.c -- the section `notify:`. */
#include <string.h>
#include <strings.h>

#include "conf/conf.h"
#include "conf/env.h"
#include "conf/get.h"
#include "notify/read.h"
#include "notify/text.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/span.h"
#include "util/words.h"
#include "util/xalloc.h"

#define TIMEOUT		(30 * SPAN_SECOND)
#define TIMEOUT_MOST	(5 * SPAN_MINUTE)
#define DIGEST_AT	(8 * SPAN_HOUR)
#define USUAL_EVENTS	(NOTIFY_TROUBLE | NOTIFY_BIT(NOTIFY_RECOVERED))
#define USUAL_PING	(NOTIFY_BIT(NOTIFY_START) | \
	NOTIFY_BIT(NOTIFY_SUCCESS) | NOTIFY_BIT(NOTIFY_FAILURE))

static const char *const known[] = { "events", "job", "tags", "digest",
	"timeout", "mail", "webhook", "ping", "desktop", "command", NULL };
static const char *const kinds[] = { "mail", "webhook", "ping", "desktop",
	"command", NULL };	/* as enum notify_kind */

const char *
read_str(struct reading *r, const struct conf_node *n)
{
	const char *s = NULL;

	return conf_str(n, &s, r->f) == 1 ? arena_str(r->mem, s) : NULL;
}

const char **
read_strs(struct reading *r, const struct conf_node *n)
{
	struct conf_strs s = {0};
	const char **v;

	if (conf_strs(n, r->mem, &s, r->f) != 1 || s.n == 0)
		return NULL;
	v = arena_alloc(r->mem, (s.n + 1) * sizeof(*v));
	memcpy(v, s.text, s.n * sizeof(*v));
	return v;
}

void
read_words(struct reading *r, const struct conf_node *n, const char ***argv)
{
	const char *s = NULL;
	struct err e = {0};

	if (n != NULL && n->kind == CONF_LIST) {
		*argv = read_strs(r, n);
		return;
	}
	if (conf_str(n, &s, r->f) == 1 &&
	    words_split(s, r->mem, argv, &e) < 0)
		conf_bad(n, e.text, r->f);
}

void
read_secret(struct reading *r, const struct conf_node *n, const char *what,
    struct notify_secret *out)
{
	CLEAN_BUF struct buf file = {0}, command = {0};
	const struct conf_node *in, *by;

	buf_addf(&file, "%s_file", what);
	buf_addf(&command, "%s_command", what);
	in = conf_get(n, buf_str(&file));
	by = conf_get(n, buf_str(&command));
	if (conf_path(in, r->w, r->mem, &out->file, r->f) == 1)
		conf_check_private(out->file, &in->at, r->w->env, r->f);
	read_words(r, by, &out->command);
	out->credential = read_str(r, conf_get(n, "credential"));
	if ((in != NULL) + (by != NULL) + (out->credential != NULL) > 1)
		conf_bad(by != NULL ? by : in, "it is said twice: one of them",
		    r->f);
}

/* ---- what all of them have ---- */

static void
read_events(struct reading *r, const struct conf_node *n, struct notify *out)
{
	static const char *const words[] = { "start", "success", "failure",
	    "partial", "held", "late", "recovered", "integrity", "all", NULL };
	struct conf_strs s = {0};
	unsigned v = 0;
	size_t i;

	out->events = out->kind == NOTIFY_PING ? USUAL_PING : USUAL_EVENTS;
	if (conf_strs(n, r->mem, &s, r->f) != 1)
		return;
	out->events = 0;
	for (i = 0; i < s.n; i++) {
		if (conf_enum(s.node[i], words, NULL, &v, r->f) != 1)
			continue;
		out->events |= v == NOTIFY_EVENTS ? (1u << NOTIFY_EVENTS) - 1 :
		    1u << v;
		if (out->kind == NOTIFY_PING && v != NOTIFY_EVENTS &&
		    (1u << v & (NOTIFY_BIT(NOTIFY_LATE) |
		    NOTIFY_BIT(NOTIFY_RECOVERED))))
			conf_bad(s.node[i], "a ping tells of start, success and "
			    "failure; whoever gets it sees himself what is late",
			    r->f);
	}
}

/* "08:00", "daily" or yes: at eight. */
static void
read_digest(struct reading *r, const struct conf_node *n, struct notify *out)
{
	const char *s = NULL;
	int h = 0, m = 0;

	out->digest = -1;
	if (n == NULL)
		return;
	if (conf_is(n, "daily") || conf_is(n, "yes") || conf_is(n, "true")) {
		out->digest = DIGEST_AT;
		return;
	}
	if (conf_is(n, "no") || conf_is(n, "false"))
		return;
	if (conf_str(n, &s, r->f) != 1)
		return;
	if (strlen(s) == 5 && s[2] == ':' &&
	    strspn(s, "0123456789:") == 5 && s[0] != ':' && s[1] != ':' &&
	    s[3] != ':' && s[4] != ':') {
		h = (s[0] - '0') * 10 + s[1] - '0';
		m = (s[3] - '0') * 10 + s[4] - '0';
		if (h < 24 && m < 60) {
			out->digest = h * SPAN_HOUR + m * SPAN_MINUTE;
			return;
		}
	}
	conf_expected(conf_bad(n, "that is no time of day", r->f),
	    "daily, or a time such as '18:00'");
}

static void
read_timeout(struct reading *r, const struct conf_node *n, struct notify *out)
{
	int64_t ns = 0;

	out->timeout = TIMEOUT;
	if (conf_span(n, "seconds", &ns, r->f) != 1)
		return;
	out->timeout = ns / 1000;
	if (out->timeout < SPAN_SECOND || out->timeout > TIMEOUT_MOST)
		conf_bad(n, "it must be between 1 second and 5 minutes", r->f);
}

/* ---- each kind ---- */

static void
read_addresses(struct reading *r, const struct conf_node *n,
    struct notify *out)
{
	struct conf_strs s = {0};
	struct err e = {0};
	size_t i;

	out->to = read_strs(r, n);
	if (conf_strs(n, r->mem, &s, r->f) != 1)
		return;
	for (i = 0; i < s.n; i++)
		if (mail_check_address(s.text[i], &e) < 0)
			conf_bad(s.node[i], e.text, r->f);
}

static void
read_smtp(struct reading *r, const struct conf_node *n, struct notify *out)
{
	const char *s = read_str(r, n);
	CLEAN_BUF struct buf b = {0};
	int bare;

	if (s == NULL)
		return;
	bare = strstr(s, "://") == NULL;
	if (bare)
		buf_addf(&b, "smtp://%s", s);
	if (!bare && strncmp(s, "smtp://", 7) != 0 &&
	    strncmp(s, "smtps://", 8) != 0)
		conf_expected(conf_bad(n, "that is no mail server", r->f),
		    "smtp://HOST, smtps://HOST or HOST, with :PORT if need be");
	else if (strpbrk(s, " \t@\"\\") != NULL)
		conf_expected(conf_bad(n, "user and password do not belong in "
		    "it", r->f), "'user' and 'password_command' beside it");
	out->smtp = bare ? arena_str(r->mem, buf_str(&b)) : s;
}

static void
read_mail(struct reading *r, const struct conf_node *n, struct notify *out)
{
	static const char *const words[] = { "to", "from", "smtp", "user",
	    "password_file", "password_command", "credential",
	    "tls", "ca_file", NULL };
	const struct conf_keys keys = { .what = "mail", .known = words };
	struct err e = {0};
	bool tls = true;

	if (conf_map_check(n, &keys, r->f) < 0)
		return;
	read_addresses(r, conf_need(n, "to", "mail", r->f), out);
	out->from = read_str(r, conf_get(n, "from"));
	if (out->from == NULL && out->to != NULL)
		out->from = out->to[0];
	else if (out->from != NULL && mail_check_address(out->from, &e) < 0)
		conf_bad(conf_get(n, "from"), e.text, r->f);
	read_smtp(r, conf_need(n, "smtp", "mail", r->f), out);
	out->user = read_str(r, conf_get(n, "user"));
	read_secret(r, n, "password", &out->secret);
	conf_bool(conf_get(n, "tls"), &tls, r->f);
	out->no_tls = !tls;
	conf_path(conf_get(n, "ca_file"), r->w, r->mem, &out->ca_file, r->f);
	if (out->user == NULL && (out->secret.file != NULL ||
	    out->secret.command != NULL))
		conf_bad(n, "there is a password, and no 'user'", r->f);
}

static void
read_desktop(struct reading *r, const struct conf_node *n, struct notify *out)
{
	bool on = true;

	if (conf_bool(n, &on, r->f) == 1 && !on)
		out->events = 0;
}

static void
read_command(struct reading *r, const struct conf_node *n, struct notify *out)
{
	read_words(r, n, &out->argv);
	if (!r->commands)
		conf_remedy(conf_fault(r->f, &n->at, "it runs a command, which "
		    "must be allowed in /etc/fettle/"), "add 'allow: "
		    "[commands]' at the top", NULL);
}

/* Where it goes, so that what is queued for it is known again after the file
 * was changed elsewhere. */
static uint64_t
identity(const struct notify *n)
{
	uint64_t h = hash_fixed((uint64_t)n->kind + 1, "", 0);
	const char **p;

	if (n->url != NULL)
		h = hash_fixed(h, n->url, strlen(n->url));
	if (n->smtp != NULL)
		h = hash_fixed(h, n->smtp, strlen(n->smtp));
	for (p = n->to; p != NULL && *p != NULL; p++)
		h = hash_fixed(h, *p, strlen(*p));
	for (p = n->argv; p != NULL && *p != NULL; p++)
		h = hash_fixed(h, *p, strlen(*p));
	return h ^ (n->digest >= 0 ? UINT64_C(0x9e3779b97f4a7c15) : 0);
}

/* Which of them it is: one, and only one. */
static const struct conf_node *
find_kind(struct reading *r, const struct conf_node *n, struct notify *out)
{
	const struct conf_node *found = NULL, *v;
	size_t i;

	for (i = 0; kinds[i] != NULL; i++) {
		v = conf_get(n, kinds[i]);
		if (v == NULL)
			continue;
		if (found != NULL) {
			conf_fault(r->f, &v->key_at, "an entry of notify has one "
			    "way: '%s' wants an entry of its own", kinds[i]);
			return NULL;
		}
		found = v;
		out->kind = (enum notify_kind)i;
	}
	if (found == NULL)
		conf_expected(conf_fault(r->f, &n->at, "an entry of notify "
		    "needs a way"), "mail, webhook, ping, desktop or command");
	return found;
}

static void
read_entry(struct reading *r, const struct conf_node *n, struct notify *out)
{
	static void (*const by_kind[])(struct reading *,
	    const struct conf_node *, struct notify *) = {
		read_mail, read_webhook, read_ping, read_desktop, read_command,
	};
	const struct conf_keys keys = { .what = "an entry of notify",
	    .known = known };
	const struct conf_node *way;

	if (conf_map_check(n, &keys, r->f) < 0)
		return;
	way = find_kind(r, n, out);
	if (way == NULL)
		return;
	read_events(r, conf_get(n, "events"), out);
	out->job_node = conf_get(n, "job");
	out->jobs = read_strs(r, out->job_node);
	out->tags = read_strs(r, conf_get(n, "tags"));
	read_digest(r, conf_get(n, "digest"), out);
	if (out->digest >= 0 && out->kind != NOTIFY_MAIL)
		conf_bad(conf_get(n, "digest"), "only a mail can be one a day",
		    r->f);
	read_timeout(r, conf_get(n, "timeout"), out);
	by_kind[out->kind](r, way, out);
	out->id = identity(out);
}

/* Nobody said how: where somebody will look. */
static void
usual(struct notify_list *l, uid_t uid)
{
	l->usual = 1;
	l->n = 1;
	l->v = arena_alloc(&l->mem, sizeof(*l->v));
	l->v[0] = (struct notify){
		.kind = uid == 0 ? NOTIFY_JOURNAL : NOTIFY_DESKTOP,
		.events = USUAL_EVENTS, .unattended = 1, .digest = -1,
		.timeout = TIMEOUT, .id = 1,
	};
}

void
notify_read(const struct conf_node *n, const struct conf_where *w,
    int commands, struct notify_list *out, struct conf_faults *f)
{
	struct reading r = { .mem = &out->mem, .w = w, .f = f,
	    .commands = commands };
	struct conf_each it = conf_each(n);
	const struct conf_node *entry;
	size_t many = 0;

	*out = (struct notify_list){0};
	if (n == NULL) {
		usual(out, w->env->uid);
		return;
	}
	while (conf_next(&it) != NULL)
		many++;
	out->v = arena_alloc(&out->mem, (many + 1) * sizeof(*out->v));
	it = conf_each(n);
	while ((entry = conf_next(&it)) != NULL)
		read_entry(&r, entry, &out->v[out->n++]);
}

void
notify_list_fini(struct notify_list *l)
{
	arena_fini(&l->mem);
	*l = (struct notify_list){0};
}
