/* daemon.c -- its beginning, its end, and what signals mean. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "daemon/slim.h"
#include "daemon/web.h"
#include "util/err.h"
#include "util/time.h"

/* Of the 2 s in which it must end; the rest is for killing and closing. */
#define GRACE		INT64_C(1200000)

void
say(struct daemon *d, enum log_level level, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_line(d->h->log, level, text);
	if (level > LOG_DEBUG && d->o->sink->note != NULL)
		d->o->sink->note(d->o->sink->arg, (int)level, text);
	log_flush(d->h->log, NULL);
}

void
say_error(struct daemon *d, const struct err *e)
{
	say(d, LOG_ERROR, "%s", e->text);
}

static void
begin_to_end(struct daemon *d)
{
	if (d->ending) {		/* asked twice: at once */
		workers_signal(d, SIGKILL);
		return;
	}
	d->ending = 1;
	systemd_tell(&d->systemd, "STOPPING=1");
	say(d, LOG_INFO, "the daemon was told to end");
	if (workers_running(d) == 0) {
		loop_end(&d->loop);
		return;
	}
	/* They need the catalog to end well, so it is served until they have. */
	workers_signal(d, SIGTERM);
	timer_set(&d->deadline, GRACE);
}

static void
on_deadline(void *arg, uint32_t events)
{
	struct daemon *d = arg;

	(void)events;
	if (timer_take(&d->deadline) == 1)
		workers_signal(d, SIGKILL);
}

static void
reopen_log(struct daemon *d)
{
	struct err e = {0};

	if (log_reopen(d->h->log, &e) < 0)
		say_error(d, &e);
}

static void
on_signal(void *arg, uint32_t events)
{
	struct signalfd_siginfo si;
	struct daemon *d = arg;

	(void)events;
	if (read(d->signals.fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	switch (si.ssi_signo) {
	case SIGTERM:
	case SIGINT:
		begin_to_end(d);
		break;
	case SIGHUP:
		if (!d->ending)
			reload_now(d, 1);
		break;
	case SIGUSR1:
		reopen_log(d);
		break;
	default:
		break;
	}
}

/* From here on they come through the loop; ignored ones would not come. */
static int
signals_open(struct daemon *d, struct err *e)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaddset(&set, ours[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaction(ours[i], &plain, NULL);
	d->signals = (struct watch){ .ready = on_signal, .arg = d };
	d->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (d->signals.fd < 0)
		return err_sys(e, "take signals");
	return loop_add(&d->loop, &d->signals, e);
}

static void
on_watchdog(void *arg, uint32_t events)
{
	struct daemon *d = arg;

	(void)events;
	if (timer_take(&d->watchdog) == 1) {
		systemd_tell(&d->systemd, "WATCHDOG=1");
		timer_set(&d->watchdog, d->systemd.watchdog / 2);
	}
}

static int
watchdog_open(struct daemon *d, struct err *e)
{
	if (d->systemd.watchdog == 0)
		return 0;
	if (timer_open(&d->watchdog, &d->loop, CLOCK_MONOTONIC, on_watchdog, d,
	    e) < 0)
		return -1;
	timer_set(&d->watchdog, d->systemd.watchdog / 2);
	return 0;
}

static const char *
from_environment(const char *name)
{
	return getenv(name);
}

/* The machine's unit has no network unless it is told; better here than by the
 * error of each job. */
static void
check_network(struct daemon *d)
{
	int fd;

	if (!settings_need_network(*d->s))
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		close(fd);
	else
		say(d, LOG_ERROR, "the configuration needs a network, and this "
		    "service may not use one: fettle install --system");
}

static int
open_all(struct daemon *d, struct err *e)
{
	if (hall_open(*d->s, HALL_DAEMON, "daemon", 0, d->o->sink, &d->h,
	    e) < 0 ||
	    loop_open(&d->loop, e) < 0 || signals_open(d, e) < 0 ||
	    clients_open(d, e) < 0 || clock_open(d, e) < 0 ||
	    timer_open(&d->deadline, &d->loop, CLOCK_MONOTONIC, on_deadline, d,
	    e) < 0 || watchdog_open(d, e) < 0 || reload_open(d, e) < 0 ||
	    arrivals_open(d, e) < 0 || news_open(d, e) < 0)
		return -1;
	live_open(d);
	web_open(d);
	return 0;
}

static void
close_all(struct daemon *d)
{
	if (d->h == NULL)
		return;
	live_close(d);
	web_close(d);
	arrivals_close(d);
	asked_close(d);
	news_close(d);
	workers_close(d);
	clients_close(d);
	clock_close(d);
	reload_close(d);
	timer_close(&d->deadline, &d->loop);
	timer_close(&d->watchdog, &d->loop);
	if (d->signals.fd >= 0)
		close(d->signals.fd);
	loop_close(&d->loop);
	hall_close(d->h);
}

int
daemon_run(struct settings **s, const struct daemon_options *o, struct err *e)
{
	struct daemon d = { .o = o, .s = s, .started = time_now(),
	    .next = INT64_MAX, .loop.fd = -1, .signals.fd = -1,
	    .listen.fd = -1, .spare = -1, .clock.watch.fd = -1,
	    .again.watch.fd = -1, .deadline.watch.fd = -1,
	    .arrivals.watch.fd = -1, .arrivals.timer.watch.fd = -1,
	    .arrivals.courier.sock.fd = -1, .conf.watch.fd = -1,
	    .settle.watch.fd = -1, .watchdog.watch.fd = -1,
	    .news.timer.watch.fd = -1, .news.proc = PROC_NONE };
	int ret;

	systemd_open(&d.systemd, from_environment, (long)getpid());
	ret = open_all(&d, e);
	if (ret == 0) {
		say(&d, LOG_INFO, "the daemon has started: %zu jobs",
		    (*s)->n_jobs);
		systemd_tell(&d.systemd, "READY=1");
		check_network(&d);
		clock_ask(&d);
		slim();
		ret = loop_run(&d.loop, e);
		say(&d, LOG_INFO, "the daemon has ended");
	}
	close_all(&d);
	systemd_close(&d.systemd);
	return ret;
}
