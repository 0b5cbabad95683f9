#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stddef.h>
#include <stdint.h>

#include "cli/opts.h"
#include "job/job.h"
#include "util/err.h"

/*
 * The command line: a table of commands, each in a file of its own (cmd_*.c),
 * and what they share.  Results go to stdout, talk to stderr; the exit status
 * is face.md's.
 */
enum exit_status {
	EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SOME = 3,
	EXIT_HELD = 4, EXIT_NO_REPO = 10, EXIT_LOCKED = 11, EXIT_PASSWORD = 12,
	EXIT_NOT_NOW = 75,	/* to the daemon only: ask again later */
	EXIT_INTERRUPTED = 130,
};

/* restic's global flags; strings are borrowed from the command line. */
struct repo_flags {
	const char	*repo, *repository_file;	/* -r */
	const char	*password;	/* from the environment */
	const char	*password_file, *password_command, *key_hint;
	const char	*cache_dir, *compression, *pack_size, *retry_lock;
	const char	*const *extended;		/* -o, NULL-ended or NULL */
	const char	*limit_upload, *limit_download, *stuck;
	const char	*cacert, *client_cert;
	int		 no_lock, no_cache, cleanup_cache, no_password, no_verify;
};

struct cli {
	const char	*config;	/* -c */
	const char	*working_dir;	/* -W, absolute; "" refuses relative paths */
	const char	*backup;	/* -b */
	struct repo_flags repo;
	int		 json, quiet, verbose;
	int		 out_tty, err_tty, colour;
	int		 stdin_taken;	/* it is data, never a password */
	int64_t		 now;		/* µs since 1970, when we were started */
	char		*command_line;	/* as typed, for the history */
	struct settings	*settings;	/* once loaded */
};

/* Where `help` lists a command. */
enum command_group { COMMAND_DAILY, COMMAND_HISTORY, COMMAND_SETTING,
	COMMAND_REPO, COMMAND_HIDDEN };

struct command {
	const char	*name;
	const char	*args;		/* "[NAME...]" */
	const char	*summary;	/* one line */
	const char	*help;		/* more, or NULL */
	const struct opt_def *opts;
	int (*run)(struct cli *c, const struct opts *o);
	int		 group;		/* enum command_group */
};

extern const struct command *const commands[];	/* NULL-ended */
const struct command *command_find(const char *name);
/* What makes a sentence of its summary: "." or, where that is a question, "". */
const char *command_full_stop(const struct command *cmd);

/*
 * Load the configuration into c->settings; every fault is printed.  The exit
 * status, EXIT_DONE if all is well.
 */
int cli_load(struct cli *c);
/* As cli_load, but without a configuration only the places are set. */
int cli_load_places(struct cli *c);
struct whereabouts cli_whereabouts(const struct cli *c);

/* Print "fettle: ..." to stderr (with --json an object, too) and give the exit
 * status for its kind. */
int cli_fail(const struct cli *c, const struct err *e);
void cli_say(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
int cli_usage(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Ask yes or no on the terminal; without one the answer is no. */
int cli_ask(const struct cli *c, const char *question, int preset);

/* Ask for a secret on the terminal, without showing it: 1 and up to size bytes
 * with a NUL, 0 if there is no terminal. */
int cli_ask_secret(const struct cli *c, const char *question, char *out,
    size_t size);
/* The next line of standard input without its end, not a byte behind it is read:
 * 1, with a NUL; 0 if there is none; -1 if it is longer than size or cannot be
 * read.  Blocks until it is there. */
int cli_read_secret(char *out, size_t size);

/* SIGINT and SIGTERM were asked for: commands end soon and whole. */
int cli_stopped(void *arg);

/* stdout, checked: a full disk behind a pipe is an error, told at exit. */
void cli_out(const void *data, size_t len);
void cli_outf(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* With --json: one object of "v" and these keys and texts, NULL-ended. */
void cli_object(const char *key, ...) __attribute__((sentinel));
/* A buf and a newline, then it is emptied. */
void cli_line(struct buf *b);

/* A path as shown: quoted on a terminal, and below home as ~/ there. */
void cli_path(const struct cli *c, struct buf *b, const char *path);
/* A time as shown: local, to the second; "never" for 0. */
void cli_time(struct buf *b, int64_t us);

#endif
