/*
 * action_shell.c -- shell: 'open "{path}"' | {cmd, ignore_errors}.  A command
 * for sh; values are quoted for where they stand (shell_quote.h).
 *
 * run_in_simulation is refused: a plan never runs anything, and then there is
 * nothing to simulate an output with, either.
 */
#include "rules/action.h"
#include "rules/reader.h"
#include "rules/template.h"

struct shell {
	struct template	*cmd;
	const char	*dir;		/* where it starts */
	bool		 ignore;
};

static int
refuse_simulation(const struct conf_node *value, struct rule_reader *r)
{
	static const char *const keys[] = { "run_in_simulation",
	    "simulation_output", "simulation_returncode" };
	const struct conf_node *n = conf_get(value, keys[0]);
	bool wanted = false;

	if (conf_bool(n, &wanted, r->f) < 0)
		return -1;
	if (wanted) {
		conf_fault(r->f, &n->at, "'run_in_simulation' is refused: a "
		    "plan runs nothing");
		return -1;
	}
	for (size_t i = 1; i < 3; i++)
		if (conf_get(value, keys[i]) != NULL)
			conf_warning(r->f, &conf_get(value, keys[i])->at,
			    "'%s' has no effect: a plan runs nothing", keys[i]);
	return 0;
}

static int
shell_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "cmd", "ignore_errors",
	    "run_in_simulation", "simulation_output", "simulation_returncode",
	    NULL };
	static const struct conf_keys keys = { .what = "'shell'",
	    .known = known };
	const struct conf_node *cmd = reader_short(value, "cmd");
	struct shell *x = a->state;
	int rc = 0;

	if (value != NULL && value->kind == CONF_MAP) {
		rc |= conf_map_check(value, &keys, r->f) < 0;
		rc |= conf_bool(conf_get(value, "ignore_errors"), &x->ignore,
		    r->f) < 0;
		rc |= refuse_simulation(value, r) < 0;
	}
	if (cmd == NULL) {
		conf_fault(r->f, r->at, "the action 'shell' needs a command");
		return -1;
	}
	x->dir = r->where->dir != NULL ? arena_str(r->arena, r->where->dir) :
	    "/";
	if (reader_template(r, cmd, TEMPLATE_SHELL, &x->cmd) < 0 || rc != 0)
		return -1;
	a->needs = template_needs(x->cmd);
	return 0;
}

static void
shell_fini(void *state)
{
	template_free(((struct shell *)state)->cmd);
}

static int
shell_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct shell *x = state;

	out->kind = INTENT_SHELL;
	out->keep_going_with_original = 1;
	out->ignore = x->ignore;
	out->later = template_is_later(x->cmd) != 0;
	out->dir = x->dir;
	return template_expand(x->cmd, s, text, e);
}

const struct action_ops action_shell = {
	.name	= "shell",
	.files	= 1,
	.dirs	= 1,
	.standalone = 1,
	.changes = 1,
	.intends = INTENT_SHELL,
	.size	= sizeof(struct shell),
	.read	= shell_read,
	.fini	= shell_fini,
	.intend	= shell_intend,
};
