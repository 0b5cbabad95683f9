/*
 * route.c -- who answers what, and who may ask.
 *
 * In this order: the rate, the method, the cookie, and of what changes
 * something that it comes from a page of ours (Origin, Sec-Fetch-Site) with
 * the session's CSRF value, as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "util/err.h"
#include "util/json.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "web/web_impl.h"

#define COOKIE		"fettle"
#define COOKIE_TLS	"__Host-fettle"
#define JSON		"application/json; charset=utf-8"

struct visit {
	struct web	*w;
	const struct request *q;
	struct reply	*r;
	char		 csrf[SESSION_TEXT];
	struct args	 args;		/* of a POST */
};

/* ---- answers ---- */
void
web_error_text(struct buf *out, const char *text)
{
	struct json j = { .out = out };

	json_begin(&j);
	json_key(&j, "error");
	json_bytes(&j, text, strlen(text));
	json_object_end(&j);
}

void
web_error(struct reply *r, int status, const char *text)
{
	buf_reset(&r->body);
	web_error_text(&r->body, text);
	r->status = status;
	r->type = JSON;
}

static void
say_ok(struct reply *r)
{
	r->status = 200;
	buf_adds(&r->body, "{\"v\":1,\"ok\":true}");
}

static int
is_tls(const struct web *w)
{
	return *w->setup.certificate != '\0';
}

static void
give_cookie(struct visit *v, const char *value, const char *age)
{
	v->r->cookie = xasprintf("%s=%s; Path=/; HttpOnly; SameSite=Strict; "
	    "Max-Age=%s%s", is_tls(v->w) ? COOKIE_TLS : COOKIE, value, age,
	    is_tls(v->w) ? "; Secure" : "");
}

static const char *
cookie(struct visit *v)
{
	return v->q->cookie(v->q->arg, is_tls(v->w) ? COOKIE_TLS : COOKIE);
}

static void
say_session(struct visit *v)
{
	struct json j = { .out = &v->r->body };

	json_begin(&j);
	json_key(&j, "csrf");
	json_str(&j, v->csrf);
	json_key(&j, "version");
	json_str(&j, FETTLE_VERSION);
	json_object_end(&j);
	v->r->status = 200;
}

/* ---- the door ---- */
static void
refuse_entry(struct visit *v, int status)
{
	web_error(v->r, status, status == 429 ?
	    "too many were wrong lately; try again in a minute" :
	    "this does not open the door; a link is given by: fettle web");
}

/* Who followed an old link sees a page that says how to come in. */
static void
refuse_link(struct visit *v, int status)
{
	const char *accept = v->q->header(v->q->arg, "Accept");
	struct request q = *v->q;

	q.path = "/";
	if (accept != NULL && strstr(accept, "text/html") != NULL &&
	    web_asset(&q, v->r))
		v->r->status = status;
	else
		refuse_entry(v, status);
}

static void
enter(struct visit *v)
{
	const char *token = args_get(v->q->query, "token");
	char value[SESSION_TEXT];
	int status;

	if (v->q->method == HEAD_HEAD) {	/* a look must not use it up */
		web_error(v->r, 405, "not this way");
		return;
	}
	status = sessions_enter(v->w->sessions, token ? token : "",
	    time_mono(), value);
	if (status != 200) {
		refuse_link(v, status);
		return;
	}
	give_cookie(v, value, "604800");
	v->r->status = 303;
	v->r->location = "/";
	v->r->type = "text/plain; charset=utf-8";
	buf_adds(&v->r->body, "come in\n");
}

static void
login(struct visit *v)
{
	const char *password = args_get(&v->args, "password");
	char value[SESSION_TEXT];
	int status = sessions_login(v->w->sessions, password ? password : "",
	    time_mono(), value);

	if (status != 200) {
		refuse_entry(v, status);
		return;
	}
	give_cookie(v, value, "604800");
	sessions_find(v->w->sessions, value, time_mono(), v->csrf);
	say_session(v);
}

static void
logout(struct visit *v)
{
	sessions_leave(v->w->sessions, cookie(v));
	give_cookie(v, "", "0");
	say_ok(v->r);
}

/* ---- what desks answer ---- */
struct question {
	const char	*path, *what;
	unsigned	 lane;		/* 0: the catalog's; 1: repositories' */
	int		 is_open;	/* no cookie, where only this machine asks */
};

static const struct question questions[] = {
	{ "/healthz", "health", 0, 1 },
	{ "/metrics", "metrics", 0, 1 },
	{ "/api/today", "today", 0, 0 },
	{ "/api/runs", "runs", 0, 0 },
	{ "/api/run", "run", 0, 0 },
	{ "/api/run/operations", "operations", 0, 0 },
	{ "/api/held", "held", 0, 0 },
	{ "/api/held/operations", "held_operations", 0, 0 },
	{ "/api/rules", "rules", 0, 0 },
	{ "/api/backups", "backups", 0, 0 },
	{ "/api/files", "files", 1, 0 },
	{ "/api/files/why", "why", 1, 0 },
	{ "/api/rules/test", "why", 1, 0 },
	{ "/api/backups/snapshots", "snapshots", 1, 0 },
	{ "/api/backups/tree", "tree", 1, 0 },
	{ "/api/backups/diff", "diff", 1, 0 },
	{ "/api/space", "space", 1, 0 },
	{ "/api/space/growth", "growth", 1, 0 },
	{ "/api/space/duplicates", "duplicates", 1, 0 },
};

static void
ask(struct visit *v, const struct question *x)
{
	v->r->status = lane_ask(v->w, x->lane, x->what, v->q->query,
	    &v->r->body);
	if (strcmp(x->what, "metrics") == 0 && v->r->status == 200)
		v->r->type = "text/plain; version=0.0.4; charset=utf-8";
	if (strcmp(x->what, "health") == 0 && v->r->status != 200)
		v->r->status = 503;
}

/* ---- what is started ---- */
static void
start(struct visit *v, enum errand_verb verb, char *const *args, size_t n,
    const char *about)
{
	v->r->status = errands_start(v->w, verb, args, n, about, &v->r->body);
}

/* Some texts of the body, in this order; those behind `needed` may be absent.
 * 1, or 0 and it is refused. */
static int
take(struct visit *v, const char *const *names, size_t n, size_t needed,
    char **out)
{
	struct err e = {0};
	const char *s;
	size_t i;

	for (i = 0; i < n; i++) {
		if (i < needed && args_need(&v->args, names[i], &s, &e) < 0) {
			web_error(v->r, 400, e.text);
			return 0;
		}
		s = args_get(&v->args, names[i]);
		out[i] = (char *)(uintptr_t)(s != NULL ? s : "");
	}
	return 1;
}

static void
start_job(struct visit *v)
{
	static const char *const names[] = { "job" };
	char *args[1];

	if (!take(v, names, 1, 1, args))
		return;
	/* Nobody would see why it was refused before it has ended. */
	v->r->status = lane_ask(v->w, 0, "job", &v->args, &v->r->body);
	if (v->r->status != 200)
		return;
	buf_reset(&v->r->body);
	start(v, ERRAND_RUN, args, 1, args[0]);
}

static void
stop_job(struct visit *v)
{
	const char *job = args_get(&v->args, "job");

	if (job != NULL && errands_stop_job(v->w, job))
		say_ok(v->r);
	else
		v->r->status = lane_ask(v->w, 0, "stop", &v->args, &v->r->body);
}

static void
undo(struct visit *v)
{
	char *args[ERRAND_ARGS];
	char *about;
	size_t n = 0, i;

	args[n++] = (char *)(uintptr_t)args_get(&v->args, "run");
	for (i = 0; i < v->args.n && n < ERRAND_ARGS; i++)
		if (strcmp(v->args.name[i], "paths") == 0 ||
		    strcmp(v->args.name[i], "path") == 0)
			args[n++] = v->args.value[i];
	if (args[0] == NULL) {
		web_error(v->r, 400, "'run' is missing");
		return;
	}
	v->r->status = lane_ask(v->w, 0, "run", &v->args, &v->r->body);
	if (v->r->status != 200)
		return;
	buf_reset(&v->r->body);
	about = n == 2 ? xasprintf("run %.20s: %.400s", args[0], args[1]) :
	    xasprintf("run %.20s", args[0]);
	start(v, ERRAND_UNDO, args, n, about);
	free(about);
}

static void
decide(struct visit *v, enum errand_verb verb)
{
	static const char *const names[] = { "run" };
	char *args[1], *about;

	if (!take(v, names, 1, 1, args))
		return;
	v->r->status = lane_ask(v->w, 0, "held_operations", &v->args,
	    &v->r->body);
	if (v->r->status != 200)
		return;
	buf_reset(&v->r->body);
	about = xasprintf("run %.20s", args[0]);
	start(v, verb, args, 1, about);
	free(about);
}

static void
approve(struct visit *v)
{
	decide(v, ERRAND_APPROVE);
}

static void
reject(struct visit *v)
{
	decide(v, ERRAND_REJECT);
}

static void
get(struct visit *v)
{
	static const char *const names[] = { "path", "as_of", "to" };
	char *args[3];

	if (take(v, names, 3, 1, args))
		start(v, ERRAND_GET, args, 3, args[0]);
}

/* Is there such a backup?  1, or 0 and it is refused.  *copies: a plain one. */
static int
is_backup(struct visit *v, int *copies)
{
	v->r->status = lane_ask(v->w, 0, "backup", &v->args, &v->r->body);
	*copies = strstr(buf_str(&v->r->body), "\"copies\"") != NULL;
	if (v->r->status != 200)
		return 0;
	buf_reset(&v->r->body);
	return 1;
}

static void
restore(struct visit *v)
{
	static const char *const names[] = { "backup", "snapshot", "path", "to" };
	char *args[4];
	int copies;

	if (take(v, names, 4, 4, args) && is_backup(v, &copies))
		start(v, copies ? ERRAND_RESTORE_COPY : ERRAND_RESTORE, args, 4,
		    args[2]);
}

static void
check(struct visit *v)
{
	static const char *const names[] = { "backup", "share" };
	char *args[2];
	int copies;

	if (take(v, names, 2, 1, args) && is_backup(v, &copies))
		start(v, ERRAND_CHECK, args, 2, args[0]);
}

static void
stop_errand(struct visit *v)
{
	struct err e = {0};
	int64_t id = 0;

	if (args_number(&v->args, "id", 1, INT64_MAX, &id, &e) < 0)
		web_error(v->r, 400, e.text);
	else
		v->r->status = errands_stop(v->w, id, &v->r->body);
}

/* ---- what is answered here ---- */
static void
show_errand(struct visit *v)
{
	struct err e = {0};
	int64_t id = 0;

	if (args_number(v->q->query, "id", 1, INT64_MAX, &id, &e) < 0)
		web_error(v->r, 400, e.text);
	else
		v->r->status = errands_show(v->w, id, &v->r->body);
}

static void
list_errands(struct visit *v)
{
	struct json j = { .out = &v->r->body };

	(void)j;
	errands_list(v->w, &v->r->body);
	v->r->status = 200;
}

static void
download(struct visit *v)
{
	web_download(v->w, v->q, v->r);
}

static void
live(struct visit *v)
{
	web_live(v->w, v->r);
}

struct deed {
	const char	*path;
	enum head_method method;
	void (*fn)(struct visit *v);
	int		 is_open;	/* nobody has a cookie yet */
};

static const struct deed deeds[] = {
	{ "/enter", HEAD_GET, enter, 1 },
	{ "/api/login", HEAD_POST, login, 1 },
	{ "/api/logout", HEAD_POST, logout, 0 },
	{ "/api/session", HEAD_GET, say_session, 0 },
	{ "/api/live", HEAD_GET, live, 0 },
	{ "/api/jobs/start", HEAD_POST, start_job, 0 },
	{ "/api/jobs/stop", HEAD_POST, stop_job, 0 },
	{ "/api/run/undo", HEAD_POST, undo, 0 },
	{ "/api/held/approve", HEAD_POST, approve, 0 },
	{ "/api/held/reject", HEAD_POST, reject, 0 },
	{ "/api/files/get", HEAD_POST, get, 0 },
	{ "/api/backups/download", HEAD_GET, download, 0 },
	{ "/api/backups/restore", HEAD_POST, restore, 0 },
	{ "/api/backups/check", HEAD_POST, check, 0 },
	{ "/api/errands", HEAD_GET, list_errands, 0 },
	{ "/api/errand", HEAD_GET, show_errand, 0 },
	{ "/api/errand/stop", HEAD_POST, stop_errand, 0 },
};

/* ---- who may ask ---- */

/* A page of ours, as the browser tells it; who tells nothing is no browser. */
static int
is_our_page(const struct visit *v)
{
	const char *origin = v->q->header(v->q->arg, "Origin");
	const char *site = v->q->header(v->q->arg, "Sec-Fetch-Site");
	const char *host = v->q->header(v->q->arg, "Host");
	const char *scheme = is_tls(v->w) ? "https://" : "http://";

	if (site != NULL && strcmp(site, "same-origin") != 0 &&
	    strcmp(site, "none") != 0)
		return 0;
	return origin == NULL || (strncmp(origin, scheme, strlen(scheme)) == 0 &&
	    host != NULL && strcmp(origin + strlen(scheme), host) == 0);
}

static int
is_json(const struct request *q)
{
	const char *type = q->header(q->arg, "Content-Type");

	return type != NULL && strncmp(type, "application/json", 16) == 0 &&
	    (type[16] == '\0' || type[16] == ';' || type[16] == ' ');
}

/* Of what changes something: 1, or 0 and it is refused. */
static int
may_change(struct visit *v, int is_open)
{
	const char *csrf = v->q->header(v->q->arg, "X-Fettle-CSRF");
	struct err e = {0};

	if (!is_our_page(v))
		web_error(v->r, 403, "this comes from another page");
	else if (!is_open && (csrf == NULL || !session_same(csrf, v->csrf)))
		web_error(v->r, 403, "the CSRF value is missing or wrong");
	else if (!is_json(v->q))
		web_error(v->r, 415, "it must be application/json");
	else if (args_of_json(&v->args, v->q->body, v->q->len, &e) < 0)
		web_error(v->r, 400, e.text);
	else
		return 1;
	return 0;
}

static int
is_in(struct visit *v)
{
	const char *value = cookie(v);

	if (value != NULL && sessions_find(v->w->sessions, value, time_mono(),
	    v->csrf))
		return 1;
	web_error(v->r, 401, "a link to come in is given by: fettle web");
	return 0;
}

static int
is_method(struct visit *v, enum head_method wanted)
{
	if (v->q->method == wanted ||
	    (v->q->method == HEAD_HEAD && wanted == HEAD_GET))
		return 1;
	web_error(v->r, 405, "not this way");
	return 0;
}

static void
do_deed(struct visit *v, const struct deed *x)
{
	if (!is_method(v, x->method) || (!x->is_open && !is_in(v)))
		return;
	if (x->method == HEAD_POST && !may_change(v, x->is_open))
		return;
	if (x->method == HEAD_GET && !x->is_open && !is_our_page(v))
		web_error(v->r, 403, "this comes from another page");
	else
		x->fn(v);
}

static void
do_question(struct visit *v, const struct question *x)
{
	if (!is_method(v, HEAD_GET))
		return;
	if (!(x->is_open && v->w->setup.is_loopback) && !is_in(v))
		return;
	if (!is_our_page(v))
		web_error(v->r, 403, "this comes from another page");
	else
		ask(v, x);
}

static void
find_and_do(struct visit *v)
{
	size_t i;

	for (i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (strcmp(v->q->path, deeds[i].path) == 0) {
			do_deed(v, &deeds[i]);
			return;
		}
	for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (strcmp(v->q->path, questions[i].path) == 0) {
			do_question(v, &questions[i]);
			return;
		}
	if (strncmp(v->q->path, "/api", 4) == 0 || !is_method(v, HEAD_GET) ||
	    !web_asset(v->q, v->r)) {
		if (v->r->status == 0)
			web_error(v->r, 404, "there is nothing of that name");
	}
}

void
web_answer(struct web *w, const struct request *q, struct reply *r)
{
	struct visit v = { .w = w, .q = q, .r = r };

	r->type = JSON;
	if (!sessions_rate(w->sessions, time_mono()))
		web_error(r, 429, "too many requests");
	else
		find_and_do(&v);
	args_fini(&v.args);
}
