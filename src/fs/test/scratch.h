#ifndef FS_TEST_SCRATCH_H
#define FS_TEST_SCRATCH_H

/*
 * For tests of fs, walk and plan: a folder of their own, files in it, and the
 * eyes of another user.
 */
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct scratch {
	char	 path[128];
	int	 fd;
};

static inline void
scratch_must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

/* Others may go through it, so a test as nobody works below it. */
static inline struct scratch
scratch_new(void)
{
	const char *tmp = getenv("TMPDIR");
	struct scratch s;

	snprintf(s.path, sizeof(s.path), "%.80s/fettle-test-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	scratch_must(mkdtemp(s.path) != NULL, s.path);
	scratch_must(chmod(s.path, 0755) == 0, s.path);
	s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scratch_must(s.fd >= 0, s.path);
	return s;
}

static inline void
scratch_free(struct scratch *s)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", "--", s->path, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	close(s->fd);
}

/* The absolute path of something in it; lives until the 64th next call. */
static inline const char *
scratch_path(const struct scratch *s, const char *rel)
{
	static char ring[64][512];
	static unsigned at;
	char *p = ring[at++ % 64];

	snprintf(p, sizeof(ring[0]), "%s%s%s", s->path, *rel ? "/" : "", rel);
	return p;
}

static inline void
scratch_dir(const struct scratch *s, const char *rel)
{
	scratch_must(mkdirat(s->fd, rel, 0755) == 0, rel);
}

static inline void
scratch_file(const struct scratch *s, const char *rel, const char *text)
{
	int fd = openat(s->fd, rel, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0644);

	scratch_must(fd >= 0, rel);
	scratch_must(write(fd, text, strlen(text)) == (ssize_t)strlen(text),
	    rel);
	close(fd);
}

static inline void
scratch_link(const struct scratch *s, const char *target, const char *rel)
{
	scratch_must(symlinkat(target, s->fd, rel) == 0, rel);
}

/*
 * Run fn as an ordinary user in a child: what it returns, 0 if all was well.
 * Needs root.
 */
#define NOBODY	65534

static inline int
as_nobody(int (*fn)(const struct scratch *s), const struct scratch *s)
{
	int status = 0, r;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	scratch_must(pid >= 0, "fork");
	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 ||
		    setuid(NOBODY) < 0)
			_exit(2);
		r = fn(s);
		if (r != 0)
			fprintf(stderr, "as nobody: line %d\n", r);
		_exit(r != 0 ? 1 : 0);
	}
	scratch_must(waitpid(pid, &status, 0) == pid, "waitpid");
	return status;
}

/* For use in fn: says where. */
#define CHECK(x)	do { if (!(x)) return __LINE__; } while (0)

static inline int
count_fds(void)
{
	int n = 0, fd;

	for (fd = 0; fd < 4096; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static inline int
not_root(const char *why)
{
	if (geteuid() == 0)
		return 0;
	printf("# skipped: needs root (%s)\n", why);
	return 1;
}

#endif
