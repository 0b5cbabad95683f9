/*
 * cmd_deliver.c -- hand over the news that waits.  For fettle itself: a run by
 * hand and the daemon start it, and nobody waits for it longer than they say.
 */
#include <stdint.h>
#include <stdlib.h>

#include "catalog/catalog.h"
#include "cli/go.h"
#include "job/post.h"
#include "util/span.h"

#define USUAL	120

static const struct opt_def opts[] = {
	{ "within", 0, "SECONDS", "give up after so long", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static int
run(struct cli *c, const struct opts *o)
{
	const char *within = opt_value(o, "within");
	long seconds = within != NULL ? strtol(within, NULL, 10) : USUAL;
	struct hall *h;
	struct err e = {0};
	int status = cli_load(c);

	if (status == EXIT_DONE)
		status = go_open(c, HALL_POST, 0, &h);
	if (status != EXIT_DONE)
		return status;
	if (post_deliver(h, seconds * SPAN_SECOND, cli_stopped, &e) < 0)
		status = cli_fail(c, &e);
	hall_close(h);
	return status;
}

const struct command cmd_deliver = {
	"deliver", "", "Hand over the notifications that wait",
	"Runs and the daemon do this by themselves.", opts, run, COMMAND_HIDDEN,
};
