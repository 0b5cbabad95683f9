#ifndef UTIL_PROC_H
#define UTIL_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct err;
struct fence_limits;

/*
 * Children: a program and its arguments, never a shell, with exactly the
 * descriptors that it is given.
 */
struct proc_spec {
	/* argv[0] is a path if it holds a '/', else it is looked up in our
	 * PATH, of which only absolute folders count.  Ends with NULL. */
	const char *const *argv;

	/* Its descriptors 0, 1 and 2; -1 is /dev/null.  Start with PROC_NULL, as
	 * {0} would give it our own standard input three times. */
	int		 in, out, err;

	/* Others that it inherits under the same numbers (3 and up), such as
	 * the lock of the catalog.  Everything else is closed. */
	const int	*keep;
	size_t		 n_keep;

	/* "NAME=value"s that it gets in addition, or instead of ours; ends with
	 * NULL, which may be all.  With clean_env it has nothing of ours but
	 * PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ, TERM, TMPDIR,
	 * XDG_RUNTIME_DIR and DBUS_SESSION_BUS_ADDRESS. */
	const char *const *env;
	int		 clean_env;

	/* Root may start it as another: with his rights and groups, and no
	 * others.  NULL: ours. */
	const struct proc_user {
		uid_t		 uid;
		gid_t		 gid;
		const gid_t	*groups;
		size_t		 n_groups;
	}		*user;

	int		 dir;		/* it starts in this folder; -1: ours */
	int		 own_group;	/* a process group of its own, so that
					 * proc_signal reaches what it starts */

	/*
	 * It is killed when we die, so that recovery cannot begin while it still
	 * works on files.  To the kernel "we" is the thread that calls
	 * proc_start: that thread must not end before the child.
	 */
	int		 die_with_us;

	/* It is put behind a fence first (util/fence.h): it reads what may be
	 * hostile.  NULL: it is not. */
	const struct fence_limits *fence;
};

#define PROC_NULL	.in = -1, .out = -1, .err = -1, .dir = -1

struct proc {
	pid_t		 pid;		/* 0: none, or it was waited for */
	int		 fd;		/* pidfd: readable when it has ended */
	int		 own_group;
};

#define PROC_NONE	{ .pid = 0, .fd = -1 }

/*
 * Start it: 0, or -1 and nothing was started; a program that is not there or
 * cannot be run is found out here (ERR_NOENT, ERR_DENIED).  Signals are as at
 * the start of a program: none blocked, none ignored.  A struct proc that was
 * started is to be ended with proc_wait (to 1) or proc_end.
 */
int proc_start(const struct proc_spec *s, struct proc *p, struct err *e);

/*
 * Wait until it has ended, but not longer than timeout microseconds (negative:
 * as long as it takes): 1 and *status (which may be NULL), 0 if it still runs,
 * -1 on failure.  status is what it exited with, or 128 + the signal's number,
 * as a shell tells it.
 */
int proc_wait(struct proc *p, int64_t timeout, int *status, struct err *e);

/* Send a signal, to its group if it has its own; nothing if it has ended. */
void proc_signal(const struct proc *p, int sig);

/*
 * End it: SIGTERM, and SIGKILL after grace microseconds, also to what is left of
 * its own group.  Blocks until it is gone.  Nothing if p is PROC_NONE or was
 * waited for.
 */
void proc_end(struct proc *p, int64_t grace);

/*
 * Run it to its end and append what it writes on its standard output (s->out is
 * not used): 0 and *status, or -1.  A child that takes longer than timeout
 * (negative: no limit) or writes more than limit bytes is ended as by proc_end,
 * and that is ERR_STOPPED or ERR_FULL.  What it leaves running behind it is not
 * waited for.  On -1 out is as it was.
 */
int proc_run(const struct proc_spec *s, size_t limit, int64_t timeout,
    struct buf *out, int *status, struct err *e);

#endif
