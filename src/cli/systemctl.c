#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/systemctl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/proc.h"
#include "util/xalloc.h"

#define WORDS_MAX	12
#define TALK_MAX	((size_t)1 << 16)
#define PATIENCE	INT64_C(90000000)	/* a start waits for READY=1 */

int
service_which(struct cli *c, const struct opts *o, struct service *out)
{
	*out = (struct service){ .c = c, .system = opt_given(o, "system"),
	    .root = opt_value(o, "root") };
	if (opt_given(o, "user") == out->system)
		return cli_usage(c, "say --user, for your own files, or "
		    "--system, for the machine");
	if (out->root != NULL && *out->root != '/')
		return cli_usage(c, "--root wants an absolute path");
	if (out->system && out->root == NULL && geteuid() != 0)
		return cli_usage(c, "--system is for root");
	return EXIT_DONE;
}

char *
service_dir(const struct service *s)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (s->root != NULL)
		return xasprintf("%s/etc/systemd/%s", s->root,
		    s->system ? "system" : "user");
	if (s->system)
		return xstrdup("/etc/systemd/system");
	if (config != NULL && *config == '/')
		return xasprintf("%s/systemd/user", config);
	return home != NULL && *home == '/' ?
	    xasprintf("%s/.config/systemd/user", home) : NULL;
}

const char *
service_typed(const struct service *s)
{
	return s->system ? "systemctl" : "systemctl --user";
}

/* Run it, and show what it says if it fails: 0, or -1. */
static int
run(const char *const *argv, struct buf *out, struct err *e)
{
	struct proc_spec spec = { PROC_NULL, .argv = argv };
	int status = 0;

	spec.err = STDERR_FILENO;
	if (proc_run(&spec, TALK_MAX, PATIENCE, out, &status, e) < 0)
		return -1;
	return status == 0 ? 0 : err_set(e, ERR_IO, "%s %s ended with %d",
	    argv[0], argv[1], status);
}

int
service_do(const struct service *s, const char *const *words, struct err *e)
{
	CLEAN_FREE char *root = s->root != NULL ?
	    xasprintf("--root=%s", s->root) : NULL;
	const char *argv[WORDS_MAX + 1];
	CLEAN_BUF struct buf out = {0};
	size_t n = 0;

	argv[n++] = "systemctl";
	if (root != NULL)
		argv[n++] = root;
	if (!s->system)
		argv[n++] = root != NULL ? "--global" : "--user";
	while (*words != NULL && n < WORDS_MAX)
		argv[n++] = *words++;
	argv[n] = NULL;
	return run(argv, &out, e);
}

int
service_lingers(void)
{
	static const char *const argv[] = { "loginctl", "show-user",
	    "--property=Linger", "--value", "self", NULL };
	CLEAN_BUF struct buf out = {0};
	struct err ignored = {0};
	struct proc_spec spec = { PROC_NULL, .argv = argv };
	int status;

	return proc_run(&spec, TALK_MAX, PATIENCE, &out, &status,
	    &ignored) == 0 && status == 0 &&
	    strncmp(buf_str(&out), "yes", 3) == 0;
}

int
service_linger(struct err *e)
{
	static const char *const argv[] = { "loginctl", "enable-linger", NULL };
	CLEAN_BUF struct buf out = {0};

	return run(argv, &out, e);
}
