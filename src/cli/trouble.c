#include <string.h>

#include "cli/trouble.h"
#include "util/buf.h"

/* These show it themselves, or are no moment for it. */
static const char *const silent[] = { "status", "daemon", "setup", "install",
    "uninstall", "version", "config", NULL };

static int
is_silent(const struct command *cmd)
{
	size_t i;

	for (i = 0; silent[i] != NULL; i++)
		if (strcmp(silent[i], cmd->name) == 0)
			return 1;
	return 0;
}

/* Whatever keeps us from knowing is no matter of this command's. */
void
trouble_tell(const struct cli *c, const struct command *cmd)
{
	CLEAN_BUF struct buf b = {0};
	struct err ignored = {0};
	struct hall *h;

	if (!c->err_tty || c->json || c->quiet || c->settings == NULL ||
	    c->settings->n_jobs == 0 || *c->settings->file == '\0' ||
	    is_silent(cmd))
		return;
	if (hall_open(c->settings, HALL_ASK, "a look", 0, NULL, &h,
	    &ignored) < 0)
		return;
	if (job_trouble(h, c->now, &b, &ignored) == 1)
		cli_say(c, "not all is well: %s; see fettle status", buf_str(&b));
	hall_close(h);
}
