/* cmd_unlock.c -- locks that somebody left behind. */
#include "cli/about.h"
#include "repo/lock.h"

static const struct opt_def opts[] = {
	{ "remove-all", 0, NULL, "also those that are in use", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static int
run(struct cli *c, const struct opts *o)
{
	struct about a;
	struct err e = {0};
	size_t n;
	int status = about_open(c, 0, &a);

	if (status != EXIT_DONE)
		return status;
	if (lock_unlock(a.repo, opt_given(o, "remove-all"), &n, &e) < 0)
		status = cli_fail(c, &e);
	else
		cli_say(c, "removed %zu lock%s", n, n == 1 ? "" : "s");
	return about_close(&a, status);
}

const struct command cmd_unlock = {
	"unlock", "", "Remove locks whose owner is gone",
	"A lock is stale when its process is gone, or it was not refreshed for half an\n"
	"hour.", opts, run, COMMAND_REPO,
};
