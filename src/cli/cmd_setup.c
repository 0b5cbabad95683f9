/*
 * cmd_setup.c -- fettle setup: the starter configuration.
 *
 * Asks where the mess, the important files and a place for backups are; every
 * question is an option as well.  Nothing is changed before the last answer:
 * then the destination is made, and the file is written, which must not be
 * there yet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/place.h"
#include "cli/cli.h"
#include "cli/runs.h"
#include "cli/setup_key.h"
#include "cli/setup_text.h"
#include "conf/env.h"
#include "conf/faults.h"
#include "conf/paths.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define ANSWER_MAX	4096
#define FOLDERS_MADE	16	/* above the configuration file, at most */

static const struct opt_def opts[] = {
	{ "mess", 0, "FOLDER", "a folder to be sorted; '' for none", 1 },
	{ "important", 0, "FOLDER", "a folder to be backed up; '' for none", 1 },
	{ "to", 0, "PLACE", "where backups go: a folder, or a disk's label", 0 },
	{ "plain", 0, NULL, "plain copies instead of an encrypted repository", 0 },
	{ "yes", 'y', NULL, "do not ask whether to write the file", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct asking {
	struct cli	*c;
	const struct opts *o;
	struct setup	 s;
	char		*file;
	struct fs_dir	*made;		/* the destination, held */
};

/* ---- answers ---- */

/* One line from the terminal without its end: 0, or -1 at its end. */
static int
ask_line(const char *question, const char *preset, char line[ANSWER_MAX])
{
	fprintf(stderr, preset != NULL ? "%s [%s] " : "%s ", question, preset);
	if (fgets(line, ANSWER_MAX, stdin) == NULL)
		return -1;
	line[strcspn(line, "\n")] = '\0';
	if (*line == '\0' && preset != NULL)
		snprintf(line, ANSWER_MAX, "%s", preset);
	return 0;
}

/* What was typed as an absolute path: the shell saw no ~ in an answer. */
static char *
absolute(const struct asking *a, const char *path)
{
	CLEAN_FREE char *home = NULL;

	if (a->s.home != NULL && path[0] == '~' &&
	    (path[1] == '/' || path[1] == '\0'))
		home = xasprintf("%s%s", a->s.home, path + 1);
	return runs_absolute(a->c, home != NULL ? home : path);
}

static int
is_folder(const char *path, struct err *e)
{
	struct stat st;
	char q[QUOTE_SIZE];

	if (stat(path, &st) < 0)
		return err_sys(e, "%s", quote_to(q, sizeof(q), path));
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_USAGE, "%s is not a folder",
		    quote_to(q, sizeof(q), path));
	return 0;
}

/* Add a folder that must be there; "" adds nothing. */
static int
add_folder(const struct asking *a, char ***v, size_t *n, const char *path,
    struct err *e)
{
	char *abs;

	if (*path == '\0')
		return 0;
	abs = absolute(a, path);
	if (is_folder(abs, e) < 0) {
		free(abs);
		e->kind = ERR_USAGE;
		return -1;
	}
	*v = xrealloc(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = abs;
	return 0;
}

/* No terminal, and the option is missing. */
static int
must_be_told(const char *option, struct err *e)
{
	return err_set(e, ERR_USAGE, "there is no terminal to ask on: give --%s",
	    option);
}

static int
folders(struct asking *a, const char *option, const char *question,
    const char *usual, char ***v, size_t *n, struct err *e)
{
	const char *const *given = opt_values(a->o, option);
	CLEAN_FREE char *preset = absolute(a, usual);
	char line[ANSWER_MAX];
	struct err none = {0};

	for (; given != NULL && *given != NULL; given++)
		if (add_folder(a, v, n, *given, e) < 0)
			return err_wrap(e, "--%s", option);
	if (opt_given(a->o, option))
		return 0;
	if (!isatty(STDIN_FILENO))
		return must_be_told(option, e);
	for (;;) {
		if (ask_line(question, is_folder(preset, &none) == 0 ? usual :
		    NULL, line) < 0)
			return err_set(e, ERR_STOPPED, "nothing was written");
		if (*line == '\0')
			continue;
		if (strcmp(line, "-") == 0)
			return 0;
		if (add_folder(a, v, n, line, e) == 0)
			return 0;
		cli_say(a->c, "%s", e->text);
	}
}

/* A word is a disk's label, unless a folder here has that name. */
static void
take_place(struct asking *a, const char *word)
{
	CLEAN_FREE char *abs = absolute(a, word);
	struct err e = {0};

	a->s.to_is_label = strchr(word, '/') == NULL && *word != '~' &&
	    is_folder(abs, &e) < 0;
	a->s.to = a->s.to_is_label ? xstrdup(word) : xstrdup(abs);
}

static int
place(struct asking *a, struct err *e)
{
	const char *given = opt_value(a->o, "to");
	char line[ANSWER_MAX] = "";

	if (a->s.n_important == 0)
		return 0;
	if (given == NULL && !isatty(STDIN_FILENO))
		return must_be_told("to", e);
	while (given == NULL && *line == '\0')
		if (ask_line("Where shall copies of them go? A folder on "
		    "another disk, or the disk's label:", NULL, line) < 0)
			return err_set(e, ERR_STOPPED, "nothing was written");
	if (given != NULL && *given == '\0')
		return err_set(e, ERR_USAGE, "--to: copies must go somewhere");
	take_place(a, given ? given : line);
	return 0;
}

/* A copy within what is copied, or sorted, would grow by itself. */
static int
check_place(const struct asking *a, char *const *v, size_t n, struct err *e)
{
	char q[QUOTE_SIZE], p[QUOTE_SIZE];
	size_t i, len;

	for (i = 0; i < n && !a->s.to_is_label && a->s.to != NULL; i++) {
		len = strlen(v[i]);
		if (strncmp(a->s.to, v[i], len) == 0 && (len == 1 ||
		    a->s.to[len] == '/' || a->s.to[len] == '\0'))
			return err_set(e, ERR_USAGE, "copies cannot go to %s: "
			    "it lies in %s", quote_to(q, sizeof(q), a->s.to),
			    quote_to(p, sizeof(p), v[i]));
	}
	return 0;
}

static int
ask_all(struct asking *a, struct err *e)
{
	if (folders(a, "mess", "Which folder is a mess, and shall be sorted? "
	    "('-' for none)", "~/Downloads", &a->s.mess, &a->s.n_mess, e) < 0 ||
	    folders(a, "important", "Which folder is important, and shall be "
	    "backed up? ('-' for none)", "~/Documents", &a->s.important,
	    &a->s.n_important, e) < 0 || place(a, e) < 0)
		return -1;
	if (a->s.n_mess + a->s.n_important == 0)
		return err_set(e, ERR_USAGE, "then there is nothing to set up");
	if (check_place(a, a->s.mess, a->s.n_mess, e) < 0)
		return -1;
	return check_place(a, a->s.important, a->s.n_important, e);
}

/* ---- doing it ---- */

static char *
folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return xstrndup(file, slash == file ? 1 : (size_t)(slash - file));
}

static int
find_file(struct asking *a, struct err *e)
{
	__attribute__((cleanup(conf_paths_fini))) struct conf_paths p = {0};
	CLEAN_BUF struct buf home = {0};
	struct conf_env env;
	const char *var;
	char q[QUOTE_SIZE];
	struct stat st;

	conf_env_system(&env);
	if (conf_paths(&p, &env, a->c->config, e) < 0)
		return -1;
	a->file = runs_absolute(a->c, p.config);
	/* As the configuration will read ~. */
	var = env.var(env.arg, "HOME");
	if (var != NULL && *var == '/')
		a->s.home = xstrdup(var);
	else if (env.home(env.arg, env.uid, NULL, &home) == 0)
		a->s.home = buf_steal(&home);
	a->s.dir = folder_of(a->file);
	if (lstat(a->file, &st) == 0)
		return err_set(e, ERR_EXISTS, "%s is there already; it is never "
		    "overwritten", quote_to(q, sizeof(q), a->file));
	return 0;
}

/* 1, 0 if the answer was no, or -1. */
static int
agreed(const struct asking *a, struct buf *text, struct err *e)
{
	CLEAN_FREE char *question = NULL;
	char q[QUOTE_SIZE];

	if (opt_given(a->o, "yes"))
		return 1;
	if (!isatty(STDIN_FILENO))
		return must_be_told("yes", e);
	fprintf(stderr, "\n%s\n", buf_str(text));
	question = xasprintf("write this to %s?", quote_to(q, sizeof(q),
	    a->file));
	return cli_ask(a->c, question, 1);
}

/* Will there be a repository, with a key of its own? */
static int
has_repository(const struct asking *a)
{
	return a->s.n_important > 0 && !a->s.to_is_label && !a->s.plain;
}

/* The destination first: without it the file would promise too much.  A key
 * that is there already is never overwritten. */
static int
write_all(struct asking *a, struct buf *text, struct err *e)
{
	const char *name = strrchr(a->file, '/') + 1;
	struct fs_dir *d;
	int r;

	if (a->s.to != NULL && !a->s.to_is_label &&
	    place_open(a->s.to, 1, &a->made, NULL, e) < 0)
		return err_wrap(e, "make the place for copies");
	if (place_open(a->s.dir, FOLDERS_MADE, &d, NULL, e) < 0)
		return -1;
	r = has_repository(a) ? setup_key_write(d, SETUP_KEY, e) : 0;
	if (r == 0)
		r = place_write(d, name, text->data, text->len, 0, e);
	fs_dir_free(d);
	return r;
}

static void
tell(struct asking *a)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	if (!a->c->json) {
		buf_adds(&b, "wrote ");
		cli_path(a->c, &b, a->file);
		cli_line(&b);
		cli_outf("see what it would do: fettle plan\n");
		return;
	}
	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	json_name(&j, "file", a->file, strlen(a->file));
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

/* 1 it is written, 0 it was not wished, -1. */
static int
set_up(struct asking *a, struct err *e)
{
	CLEAN_BUF struct buf text = {0};
	int r;

	a->s.plain = opt_given(a->o, "plain");
	if (find_file(a, e) < 0 || ask_all(a, e) < 0 ||
	    setup_text(&a->s, &text, e) < 0)
		return -1;
	r = agreed(a, &text, e);
	if (r != 1)
		return r;
	return write_all(a, &text, e) < 0 ? -1 : 1;
}

static void
asking_fini(struct asking *a)
{
	size_t i;

	for (i = 0; i < a->s.n_mess; i++)
		free(a->s.mess[i]);
	for (i = 0; i < a->s.n_important; i++)
		free(a->s.important[i]);
	free(a->s.mess);
	free(a->s.important);
	free(a->s.to);
	free((void *)(uintptr_t)a->s.home);
	free((void *)(uintptr_t)a->s.dir);
	free(a->file);
	fs_dir_free(a->made);
}

static int
run(struct cli *c, const struct opts *o)
{
	struct asking a = { .c = c, .o = o, .s.schema = FETTLE_SCHEMA };
	struct err e = {0};
	int status = EXIT_DONE, r;

	if (o->n_args > 0)
		return cli_usage(c, "fettle setup takes no argument");
	r = set_up(&a, &e);
	if (r < 0)
		status = cli_fail(c, &e);
	else if (r == 0)
		cli_say(c, "nothing was written");
	else {
		tell(&a);
		/* Ours is to be faultless; whoever reads it says so. */
		c->config = a.file;
		status = cli_load(c);
		if (status == EXIT_DONE && has_repository(&a))
			status = setup_repository(c, a.s.dir);
		c->config = NULL;
	}
	asking_fini(&a);
	return status;
}

const struct command cmd_setup = {
	"setup", "", "Write the starter configuration; starts nothing",
	"Asks for what is not given as an option. Without a terminal all must be\n"
	"given. An existing configuration is never overwritten.",
	opts, run, COMMAND_SETTING,
};
