/* commands.c -- the table of commands, in the order in which help lists them. */
#include <string.h>

#include "cli/cli.h"

extern const struct command cmd_sort, cmd_plan, cmd_run, cmd_status,
    cmd_apply, cmd_approve, cmd_reject, cmd_stop, cmd_daemon, cmd_web,
    cmd_deliver, cmd_undo, cmd_runs, cmd_where, cmd_why, cmd_get, cmd_next,
    cmd_report, cmd_setup, cmd_config, cmd_install, cmd_uninstall, cmd_cron,
    cmd_catalog, cmd_help, cmd_version, cmd_init, cmd_backup, cmd_snapshots,
    cmd_ls, cmd_tag, cmd_key, cmd_list, cmd_cat, cmd_unlock, cmd_cache,
    cmd_diff, cmd_forget, cmd_prune, cmd_check, cmd_restore, cmd_dump,
    cmd_find, cmd_stats, cmd_copy, cmd_repair, cmd_rewrite, cmd_recover,
    cmd_mount;

const struct command *const commands[] = {
	&cmd_sort, &cmd_plan, &cmd_run, &cmd_status, &cmd_apply, &cmd_approve,
	&cmd_reject, &cmd_stop, &cmd_daemon, &cmd_web, &cmd_deliver,
	&cmd_undo, &cmd_runs, &cmd_where, &cmd_why, &cmd_get, &cmd_next, &cmd_report,
	&cmd_setup, &cmd_config, &cmd_install, &cmd_uninstall, &cmd_cron,
	&cmd_catalog, &cmd_help, &cmd_version,
	&cmd_init, &cmd_backup, &cmd_snapshots, &cmd_ls, &cmd_tag, &cmd_key, &cmd_list,
	&cmd_cat, &cmd_unlock, &cmd_cache, &cmd_diff, &cmd_forget, &cmd_prune,
	&cmd_check, &cmd_restore, &cmd_dump, &cmd_find, &cmd_stats, &cmd_copy,
	&cmd_repair, &cmd_rewrite, &cmd_recover, &cmd_mount,
	NULL,
};

const struct command *
command_find(const char *name)
{
	int i;

	for (i = 0; commands[i] != NULL; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

const char *
command_full_stop(const struct command *cmd)
{
	size_t len = strlen(cmd->summary);

	return len > 0 && cmd->summary[len - 1] == '?' ? "" : ".";
}
