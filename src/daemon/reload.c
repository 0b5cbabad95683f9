/*
 * reload.c -- the configuration, taken anew when it changed.
 *
 * What a faultless one says is also kept as LAST_GOOD in the state folder:
 * while the file has faults, workers read that instead.  An editor changes a
 * file in several steps, so it is read when it has been quiet for a moment.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apply/place.h"
#include "conf/conf.h"
#include "conf/show.h"
#include "daemon/impl.h"
#include "daemon/web.h"
#include "fs/dir.h"
#include "job/set_web.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define LAST_GOOD	"last-good.yaml"
#define QUIET		INT64_C(200000)

char *
reload_file(const struct daemon *d)
{
	const struct settings *s = *d->s;

	return d->faults == NULL ? xstrdup(s->file) :
	    xasprintf("%s/" LAST_GOOD, s->state_dir);
}

/* Failing costs no more than runs while the file has faults. */
static void
keep_good(struct daemon *d)
{
	const struct settings *s = *d->s;
	CLEAN_BUF struct buf b = {0};
	struct fs_dir *dir;
	struct err e = {0};

	buf_adds(&b, "# The last configuration without faults, kept by the "
	    "daemon.\n");
	conf_show(conf_root(s->conf), false, &b);
	if (fs_dir_open(s->state_dir, &dir, &e) < 0) {
		say_error(d, &e);
		return;
	}
	if (place_write(dir, LAST_GOOD, b.data, b.len, 1, &e) < 0)
		say_error(d, &e);
	fs_dir_free(dir);
}

/* Each fault's own line to the log; all of it, with carets, to who listens. */
static void
tell_faults(struct daemon *d, const char *text)
{
	const char *end;
	char *line;

	for (; *text != '\0'; text = end + (*end == '\n')) {
		end = strchrnul(text, '\n');
		if (*text == ' ' || end == text)
			continue;
		line = xstrndup(text, (size_t)(end - text));
		log_line(d->h->log, LOG_ERROR, line);
		free(line);
	}
}

static void
refuse(struct daemon *d, struct conf_faults *f, const struct err *e)
{
	CLEAN_BUF struct buf b = {0};

	conf_faults_print(f, &b);
	if (b.len == 0)
		buf_addf(&b, "%s\n", e->text);
	if (d->faults != NULL && strcmp(d->faults, buf_str(&b)) == 0)
		return;
	tell_faults(d, buf_str(&b));
	if (d->o->faults != NULL)
		d->o->faults(d->o->arg, buf_str(&b));
	say(d, LOG_ERROR, "the configuration has faults; the last good one "
	    "holds");
	free(d->faults);
	d->faults = buf_steal(&b);
}

static void
take(struct daemon *d, struct settings *s)
{
	struct settings *old = *d->s;
	struct err e = {0};
	int same_web;

	if (hall_take(d->h, s, &e) < 0) {
		say_error(d, &e);
		settings_free(s);
		return;
	}
	*d->s = s;
	same_web = set_web_same(old->web, s->web);
	settings_free(old);
	web_reload(d, same_web);
	keep_good(d);
	arrivals_again(d);
	say(d, LOG_INFO, "took the new configuration: %zu jobs", s->n_jobs);
}

void
reload_now(struct daemon *d, int asked)
{
	struct conf_faults *f = conf_faults_new();
	struct settings *s = NULL;
	struct err e = {0};

	timer_set(&d->settle, INT64_MAX);
	systemd_reloading(&d->systemd);
	confwatch_again(&d->conf);
	if (settings_load(d->o->where, f, &s, &e) < 0) {
		refuse(d, f, &e);
	} else {
		int mended = d->faults != NULL;

		free(d->faults);
		d->faults = NULL;
		if (conf_fingerprint(s->conf) != conf_fingerprint((*d->s)->conf))
			take(d, s);
		else {
			settings_free(s);
			if (mended)
				say(d, LOG_INFO, "the configuration is as it was "
				    "before its faults");
			else if (asked)
				say(d, LOG_INFO, "the configuration is "
				    "unchanged");
		}
	}
	conf_faults_free(f);
	systemd_tell(&d->systemd, "READY=1");
	log_flush(d->h->log, NULL);
	clock_ask(d);
}

static void
on_settled(void *arg, uint32_t events)
{
	struct daemon *d = arg;

	(void)events;
	if (timer_take(&d->settle) == 1 && !d->ending)
		reload_now(d, 0);
}

static void
on_change(void *arg)
{
	struct daemon *d = arg;

	timer_set(&d->settle, QUIET);
}

int
reload_open(struct daemon *d, struct err *e)
{
	struct err why = {0};

	if (timer_open(&d->settle, &d->loop, CLOCK_MONOTONIC, on_settled, d,
	    e) < 0)
		return -1;
	if (confwatch_open(&d->conf, &d->loop, (*d->s)->file, on_change, d,
	    &why) < 0) {
		say_error(d, &why);
		say(d, LOG_WARNING, "changes of the configuration are taken on "
		    "SIGHUP only");
	}
	keep_good(d);
	return 0;
}

void
reload_close(struct daemon *d)
{
	confwatch_close(&d->conf, &d->loop);
	timer_close(&d->settle, &d->loop);
	free(d->faults);
}
