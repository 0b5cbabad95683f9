/* globals.c -- the options that all commands share, and a command's own. */
#include <string.h>

#include "cli/globals.h"
#include "util/xalloc.h"

const struct opt_def globals[] = {
	{ "config", 'c', "FILE", "use this configuration (before the command)", 0 },
	{ "working-dir", 'W', "DIR", "relative paths are taken from here", 0 },
	{ "backup", 'b', "NAME", "the backup a repository command is about", 0 },
	{ "json", 0, NULL, "results as JSON Lines", 0 },
	{ "quiet", 'q', NULL, "no progress and no talk", 0 },
	{ "verbose", 'v', NULL, "every operation", 0 },
	{ "help", 'h', NULL, "this help", 0 },
	{ "version", 'V', NULL, "the version", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

/* restic's, for repository commands; before the command or behind it. */
static const struct opt_def repo_globals[] = {
	{ "repo", 'r', "REPO", "the repository (default: $RESTIC_REPOSITORY)", 0 },
	{ "repository-file", 0, "FILE", "read the repository's place from a file", 0 },
	{ "password-file", 'p', "FILE", "read its password from a file", 0 },
	{ "password-command", 0, "COMMAND", "a command that prints its password", 0 },
	{ "key-hint", 0, "ID", "try this key first", 0 },
	{ "insecure-no-password", 0, NULL, "its password is empty", 0 },
	{ "no-lock", 0, NULL, "do not lock it, for what only reads", 0 },
	{ "retry-lock", 0, "DURATION", "try so long to lock it (5m, 2h)", 0 },
	{ "cache-dir", 0, "DIR", "the cache (default: restic's)", 0 },
	{ "no-cache", 0, NULL, "use no cache", 0 },
	{ "cleanup-cache", 0, NULL, "remove old cache folders", 0 },
	{ "compression", 0, "MODE", "auto, off, fastest, better or max", 0 },
	{ "pack-size", 0, "MIB", "how large packs are to be (4 to 128)", 0 },
	{ "no-extra-verify", 0, NULL, "do not open again what was sealed", 0 },
	{ "option", 'o', "KEY=VALUE", "an option of the store", 1 },
	{ "limit-upload", 0, "RATE", "send no more a second (KiB, or 5MiB)", 0 },
	{ "limit-download", 0, "RATE", "receive no more a second", 0 },
	{ "cacert", 0, "FILE", "whose certificates are good (PEM)", 0 },
	{ "tls-client-cert", 0, "FILE", "our certificate and its key (PEM)", 0 },
	{ "stuck-request-timeout", 0, "DURATION",
	    "give a silent request up after this (default: 2min)", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static size_t
count(const struct opt_def *defs)
{
	size_t n = 0;

	while (defs != NULL && defs[n].name != NULL)
		n++;
	return n;
}

static void
add_defs(struct opt_def *all, size_t *n, const struct opt_def *more)
{
	size_t k = count(more);

	memcpy(all + *n, more, (k + 1) * sizeof(*more));
	*n += k;
}

struct opt_def *
globals_leading(void)
{
	struct opt_def *all = xallocn(count(globals) + count(repo_globals) + 1,
	    sizeof(*all));
	size_t n = 0;

	add_defs(all, &n, globals);
	add_defs(all, &n, repo_globals);
	return all;
}

struct all_opts
globals_and(const struct command *cmd)
{
	static const char *const late[] = { "backup", "json", "quiet", "verbose",
	    "help" };
	size_t own = count(cmd->opts), n = 0, i, j, k;
	struct all_opts all = { .n_own = own };
	struct opt_def *defs = xallocn(own + count(repo_globals) + 6,
	    sizeof(*defs));

	if (own > 0)
		add_defs(defs, &n, cmd->opts);
	for (j = 0; j < 5; j++)
		for (k = 0; globals[k].name != NULL; k++)
			if (strcmp(globals[k].name, late[j]) == 0)
				defs[n++] = globals[k];
	all.n_every = n - own;
	if (cmd->group == COMMAND_REPO)
		add_defs(defs, &n, repo_globals);
	all.n_repo = n - own - all.n_every;
	for (i = own; i < n; i++)	/* the command's own win */
		for (k = 0; k < own; k++)
			if (defs[k].letter == defs[i].letter)
				defs[i].letter = 0;
	all.defs = defs;
	return all;
}
