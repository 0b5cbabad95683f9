/*
 * asked.c -- what somebody asks for over the control socket (job/live.h): a job
 * now, the end of one, a held plan, an undo.
 *
 * Each is done by a worker with places of its own, so that a click is not kept
 * waiting by the schedule; what is at work in the same folders it waits for,
 * by their claims.  Nothing is started while the question is answered: the
 * loop comes back to it.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/impl.h"
#include "job/due.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

static const char *const verbs[] = { "run", "stop", "approve", "reject", "undo",
    NULL };

static int PRINTF_LIKE(2, 3)
refuse(struct buf *out, const char *fmt, ...)
{
	struct json j = { .out = out };
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	json_key(&j, "ok");
	json_bool(&j, 0);
	json_key(&j, "error");
	json_bytes(&j, text, strlen(text));
	json_object_end(&j);
	json_line(&j);
	return 0;
}

static int
agree(struct buf *out)
{
	buf_adds(out, "{\"v\":1,\"ok\":true}\n");
	return 0;
}

static void
drop(struct daemon *d, size_t i)
{
	free(d->asked[i].arg);
	d->n_asked--;
	memmove(&d->asked[i], &d->asked[i + 1],
	    (d->n_asked - i) * sizeof(d->asked[0]));
}

static int
is_asked(struct daemon *d, const char *verb, const char *arg)
{
	size_t i;

	for (i = 0; i < d->n_asked; i++)
		if (strcmp(d->asked[i].verb, verb) == 0 &&
		    strcmp(d->asked[i].arg, arg) == 0)
			return 1;
	return workers_find(d, verb, arg) != NULL;
}

static int
put(struct daemon *d, const char *verb, const char *arg, struct buf *out)
{
	if (is_asked(d, verb, arg))
		return refuse(out, "it is asked for, or at work, already");
	if (d->n_asked == ASKED_MAX)
		return refuse(out, "too much is asked for already");
	d->asked[d->n_asked++] = (struct asked){ verb, xstrdup(arg) };
	timer_set(&d->again, 0);
	return agree(out);
}

/* What was due is not begun again before its next instant. */
void
asked_pass(struct daemon *d, const char *name)
{
	const struct job *j = settings_job(*d->s, name);

	if (j != NULL)
		due_pass(d->h, j, time_now());
}

static int
stop(struct daemon *d, const char *name, struct buf *out)
{
	struct worker *w = workers_find(d, "run", name);
	char q[QUOTE_SIZE];
	size_t i;

	for (i = d->n_asked; i > 0; i--)
		if (strcmp(d->asked[i - 1].verb, "run") == 0 &&
		    strcmp(d->asked[i - 1].arg, name) == 0) {
			drop(d, i - 1);
			return agree(out);
		}
	if (w != NULL) {
		w->stopped = 1;
		proc_signal(&w->proc, SIGTERM);
		return agree(out);
	}
	if (queue_find(&d->queue, name) != NULL && *name != '\0') {
		asked_pass(d, name);
		timer_set(&d->again, 0);
		return agree(out);
	}
	return refuse(out, "%s is not at work under the daemon",
	    quote_to(q, sizeof(q), name));
}

static int
is_run_number(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len < 19 && strspn(s, "0123456789") == len &&
	    *s != '0';
}

int
asked_answer(struct daemon *d, const char *question, struct buf *out)
{
	size_t len = strcspn(question, " "), i;
	const char *arg = question + len + (question[len] == ' ');
	char q[QUOTE_SIZE];

	for (i = 0; verbs[i] != NULL; i++)
		if (strlen(verbs[i]) == len &&
		    memcmp(verbs[i], question, len) == 0)
			break;
	if (verbs[i] == NULL)
		return -1;
	if (d->ending)
		return refuse(out, "the daemon is about to end");
	if (strcmp(verbs[i], "stop") == 0)
		return stop(d, arg, out);
	if (strcmp(verbs[i], "run") != 0)
		return is_run_number(arg) ? put(d, verbs[i], arg, out) :
		    refuse(out, "%s wants the number of a run", verbs[i]);
	if (*arg != '\0' && settings_job(*d->s, arg) == NULL)
		return refuse(out, "there is no job %s",
		    quote_to(q, sizeof(q), arg));
	return put(d, "run", arg, out);
}

/* The first that was asked for goes to a worker; 0 if there is none, or no
 * place for it. */
int
asked_start(struct daemon *d)
{
	struct asked a;

	if (d->n_asked == 0 || !workers_may_ask(d))
		return 0;
	a = d->asked[0];
	d->n_asked--;
	memmove(&d->asked[0], &d->asked[1], d->n_asked * sizeof(d->asked[0]));
	workers_ask(d, a.verb, a.arg);
	free(a.arg);
	return 1;
}

void
asked_close(struct daemon *d)
{
	while (d->n_asked > 0)
		drop(d, d->n_asked - 1);
}
