/*
 * proc_start.c -- how a child begins.
 *
 * All that may fail or take memory is done before fork; the child calls only
 * what is safe after a fork of a process with threads.  Why it could not run
 * comes back through a pipe that a successful exec closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clean.h"
#include "util/err.h"
#include "util/fence.h"
#include "util/proc.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define PATH_DEFAULT	"/usr/local/bin:/usr/bin:/bin"
#define SIGNALS		64
#define SIGNALS_SIZE	((size_t)SIGNALS / 8)

struct child {
	const struct proc_spec *s;
	char		*path, **argv, **env;
	int		 fds[3];
	int		 tell;		/* the pipe's end for failures */
	pid_t		 parent;
};

struct failure {
	int		 sys;
	int		 in_dir;	/* it was the folder, not the program */
};

/* A file that we may run: 1; 0 and errno otherwise. */
static int
can_run(const char *path)
{
	struct stat st;

	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ||
	    fstatat(AT_FDCWD, path, &st, 0) < 0)
		return 0;
	errno = EACCES;
	return S_ISREG(st.st_mode);
}

/* Look a name up in PATH: the path, to be freed, or NULL and errno. */
static char *
find_program(const char *name)
{
	const char *list = getenv("PATH"), *end;
	int why = ENOENT;
	char *path;

	if (strchr(name, '/') != NULL)
		return xstrdup(name);
	for (list = list ? list : PATH_DEFAULT; *list != '\0'; list = end) {
		end = strchrnul(list, ':');
		path = xasprintf("%.*s/%s", (int)(end - list), list, name);
		end += *end == ':';
		if (*list == '/' && *name != '\0' && can_run(path))
			return path;
		if (*list == '/' && errno == EACCES)
			why = EACCES;
		free(path);
	}
	errno = why;
	return NULL;
}

/* NULL-terminated pointers, copied, for execve, which does not know const. */
static char **
copy_list(const char *const *list)
{
	size_t n = 0;
	char **copy;

	while (list[n] != NULL)
		n++;
	copy = xallocn(n + 1, sizeof(*copy));
	memcpy(copy, list, n * sizeof(*copy));
	return copy;
}

static int
is_harmless(const char *entry)
{
	static const char *const names[] = { "PATH", "HOME", "USER", "LOGNAME",
	    "SHELL", "LANG", "TZ", "TERM", "TMPDIR", "XDG_RUNTIME_DIR",
	    "DBUS_SESSION_BUS_ADDRESS" };
	size_t len = strcspn(entry, "="), i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && memcmp(names[i], entry, len) == 0)
			return 1;
	return strncmp(entry, "LC_", 3) == 0;
}

/* Is there an entry of the same name among env? */
static int
is_replaced(const char *entry, const char *const *env)
{
	size_t len = strcspn(entry, "=") + 1;

	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, entry, len) == 0)
			return 1;
	return 0;
}

static char **
make_env(const struct proc_spec *s)
{
	const char **list = NULL;
	size_t n = 0, cap = 0, i;
	char **copy;

	for (i = 0; environ != NULL && environ[i] != NULL; i++) {
		if ((s->clean_env && !is_harmless(environ[i])) ||
		    is_replaced(environ[i], s->env))
			continue;
		XGROW(list, n, cap);
		list[n++] = environ[i];
	}
	for (i = 0; s->env != NULL && s->env[i] != NULL; i++) {
		XGROW(list, n, cap);
		list[n++] = s->env[i];
	}
	XGROW(list, n, cap);
	list[n] = NULL;
	copy = copy_list(list);
	free(list);
	return copy;
}

/*
 * By the kernel's calls: the C library keeps two signals to itself and leaves
 * them as it found them, so a parent that ignored those would be inherited.
 * To the kernel SIG_DFL, no flags and an empty mask are all zeroes.
 */
static void
signals_as_new(void)
{
	static const unsigned long plain[8], none[1];
	int i;

	for (i = 1; i <= SIGNALS; i++)
		syscall(SYS_rt_sigaction, i, plain, NULL, SIGNALS_SIZE);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, SIGNALS_SIZE);
}

/* Put the descriptors where they belong and mark all others to be closed. */
static int
place_fds(struct child *c)
{
	size_t k;
	int i;

	/* First out of the way of 0, 1 and 2, or one would cover another. */
	if (c->tell <= 2 && (c->tell = fcntl(c->tell, F_DUPFD_CLOEXEC, 3)) < 0)
		return -1;
	for (i = 0; i < 3; i++)
		if (c->fds[i] <= 2 &&
		    (c->fds[i] = fcntl(c->fds[i], F_DUPFD_CLOEXEC, 3)) < 0)
			return -1;
	for (i = 0; i < 3; i++)
		if (dup2(c->fds[i], i) < 0)
			return -1;
	if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return -1;
	for (k = 0; k < c->s->n_keep; k++)
		if (fcntl(c->s->keep[k], F_SETFD, 0) < 0)
			return -1;
	return 0;
}

/*
 * For good, and before all that such a change would take away again.  The C
 * library's calls would look for our other threads.
 */
static int
become_user(const struct proc_user *u)
{
	return u == NULL || (syscall(SYS_setgroups, u->n_groups, u->groups) == 0 &&
	    syscall(SYS_setresgid, u->gid, u->gid, u->gid) == 0 &&
	    syscall(SYS_setresuid, u->uid, u->uid, u->uid) == 0) ? 0 : -1;
}

/* Become the program; returns only on failure, which f tells. */
static void
become(struct child *c, struct failure *f)
{
	signals_as_new();
	if (c->s->own_group && setpgid(0, 0) < 0)
		return;
	if (become_user(c->s->user) < 0)
		return;
	if (c->s->die_with_us) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			return;
		if (getppid() != c->parent)
			_exit(127);	/* we died before it was set */
	}
	f->in_dir = 1;
	if (c->s->dir >= 0 && fchdir(c->s->dir) < 0)
		return;
	f->in_dir = 0;
	if (place_fds(c) == 0 &&
	    (c->s->fence == NULL || fence_program(c->s->fence) == 0))
		execve(c->path, c->argv, c->env);
}

static _Noreturn void
run_child(struct child *c)
{
	struct failure f = {0};

	become(c, &f);
	f.sys = errno;
	if (write(c->tell, &f, sizeof(f)) < 0)
		_exit(126);
	_exit(127);
}

/*
 * Fork with all signals blocked, so that none of our handlers runs in the
 * child before they are put back.
 */
static pid_t
fork_child(struct child *c)
{
	sigset_t all, was;
	pid_t pid;
	int saved;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &was);
	c->parent = getpid();
	pid = fork();
	if (pid == 0)
		run_child(c);
	saved = errno;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	errno = saved;
	return pid;
}

/* What the child has to say: 0 if it runs, else -1 with f. */
static int
hear(int fd, struct failure *f)
{
	ssize_t n;

	do {
		n = read(fd, f, sizeof(*f));
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*f) ? -1 : 0;
}

static int
spawn(struct child *c, struct proc *p, struct err *e)
{
	CLEAN_FD int ear = -1, tell = -1;
	struct failure f = {0};
	char q[QUOTE_SIZE];
	int pipe[2];
	pid_t pid;

	quote_to(q, sizeof(q), c->path);
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return err_sys(e, "start %s", q);
	ear = pipe[0];
	tell = c->tell = pipe[1];
	if ((pid = fork_child(c)) < 0)
		return err_sys(e, "start %s", q);
	close(tell);
	tell = -1;
	if (hear(ear, &f) < 0) {
		waitpid(pid, NULL, 0);
		errno = f.sys;
		return err_sys(e, f.in_dir ? "start %s in its folder" :
		    "start %s", q);
	}
	*p = (struct proc){ .pid = pid, .own_group = c->s->own_group };
	if ((p->fd = pidfd_open(pid, 0)) >= 0)
		return 0;
	err_sys(e, "start %s", q);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	*p = (struct proc)PROC_NONE;
	return -1;
}

int
proc_start(const struct proc_spec *s, struct proc *p, struct err *e)
{
	CLEAN_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct child c = { .s = s, .fds = { s->in, s->out, s->err } };
	char q[QUOTE_SIZE];
	int i, r;

	*p = (struct proc)PROC_NONE;
	if (null < 0)
		return err_sys(e, "open /dev/null");
	for (i = 0; i < 3; i++)
		if (c.fds[i] < 0)
			c.fds[i] = null;
	if ((c.path = find_program(s->argv[0])) == NULL)
		return err_sys(e, "start %s",
		    quote_to(q, sizeof(q), s->argv[0]));
	c.argv = copy_list(s->argv);
	c.env = make_env(s);
	r = spawn(&c, p, e);
	free(c.path);
	free(c.argv);
	free(c.env);
	return r;
}
