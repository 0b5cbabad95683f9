#include <signal.h>
#include <stddef.h>

#include "cli/cli.h"
#include "cli/signals.h"

static volatile sig_atomic_t asked;

static void
on_stop(int sig)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	asked = 1;
	sigaction(sig, &dfl, NULL);
}

void
signals_prepare(void)
{
	struct sigaction stop = { .sa_handler = on_stop };
	struct sigaction ign = { .sa_handler = SIG_IGN };

	sigemptyset(&stop.sa_mask);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGPIPE, &ign, NULL);
	sigaction(SIGXFSZ, &ign, NULL);
	sigaction(SIGHUP, &ign, NULL);
}

int
signals_stopped(void)
{
	return asked != 0;
}

int
cli_stopped(void *arg)
{
	(void)arg;
	return asked != 0;
}
