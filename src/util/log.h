#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/*
 * The log: a line a record, always.  As text in the form of Python's logging,
 *
 *	2026-11-22 01:00:00,123:INFO:moved /a/x.jpg to /a/Images/x.jpg (rule)
 *
 * as JSON Lines, or as fields to journald.  Names are quoted by util/quote.h,
 * other texts escaped, so that no name can forge a line or reach a terminal.
 *
 * Logging never stops the program.  Records gather in memory and are written
 * in pieces of some 64 KiB, at log_flush, after an error, and at the end; a
 * write that fails (a full disk) is told once, through the trouble function,
 * and what was to be written is kept, up to 1 MiB, and tried again.  Records
 * beyond that are lost and counted, and the log itself says so, once there is
 * room again.  (A process that may meet RLIMIT_FSIZE must ignore SIGXFSZ, one
 * that logs into a pipe SIGPIPE.)
 *
 * Several processes may log into one file, since each write is whole lines
 * appended.  The file is made with mode 0600, never followed if it is a
 * symbolic link, and refused if it is no plain file.  When it would grow beyond
 * max_size it becomes NAME.1, NAME.1 becomes NAME.2, and what was NAME.keep is
 * gone; NAME exists at every moment.  A file that somebody else moved away
 * (logrotate) is noticed at the next write and opened anew.
 *
 * A struct log may be used by several threads, and log_* take NULL for "no
 * log".  A process that forks flushes before: the child has a copy of what
 * waits.  The level names are those of <syslog.h>, which is not to be used
 * beside this header.
 */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_AS_TEXT, LOG_AS_JSON, LOG_AS_JOURNAL };

#define LOG_MAX_SIZE	((uint64_t)10 << 20)
#define LOG_KEEP	5
#define LOG_KEEP_MAX	1000

struct log_options {
	enum log_level	 level;		/* less is dropped */
	enum log_format	 format;
	int		 dir;		/* folder of the file; borrowed until */
	const char	*name;		/* log_close.  name NULL: no file */
	int		 fd;		/* lines go here if there is no file, */
					/* and if journald cannot be reached */
	uint64_t	 max_size;	/* 0: LOG_MAX_SIZE */
	unsigned	 keep;		/* 0: LOG_KEEP */

	/* Called without any lock, once for each time that writing starts to
	 * fail; may be NULL. */
	void		(*trouble)(void *arg, const struct err *e);
	void		*arg;

	int64_t		(*now)(void);	/* NULL: time_now */
	const char	*journal;	/* journald's socket; NULL: the usual */
};

struct log;

/* 0, or -1 if the file cannot be opened.  End it with log_close. */
int log_open(const struct log_options *o, struct log **out, struct err *e);

/* Write what waits and free it: 0, or -1 if something could not be written,
 * and e tells why.  It is freed in any case. */
int log_close(struct log *l, struct err *e);

/* A record of one sentence, in which names are quoted by the caller. */
void log_line(struct log *l, enum log_level level, const char *text);

/*
 * A record whose parts are told apart in JSON and journald.  In text they are
 * "TEXT FROM to TO: ERROR (JOB)"; why is left out there.  NULL or "" or 0 is
 * absent.
 */
struct log_fields {
	const char	*text;		/* "moved" */
	const char	*from, *to;	/* file names, any bytes */
	const char	*error;
	const char	*job;
	const char	*why;
	int64_t		 run;
};

void log_write(struct log *l, enum log_level level,
    const struct log_fields *f);

/* 1 if a record of this level would be kept; to save making it. */
int log_wants(const struct log *l, enum log_level level);

/*
 * Write what waits, at moments when the log should agree with the disk: 0, or
 * -1 and e if it could not be written (it is kept as told above).  It is given
 * to the kernel, not flushed to the disk.
 */
int log_flush(struct log *l, struct err *e);

/*
 * Write what waits, and open the file anew by its name (SIGUSR1; not from the
 * signal's handler): 0, or -1 and the log goes on with the old one.
 */
int log_reopen(struct log *l, struct err *e);

/* How many records were lost since log_open. */
uint64_t log_lost(struct log *l);

#endif
