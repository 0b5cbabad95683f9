#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing/nobody.h"

static _Noreturn void
be_nobody(int (*fn)(const struct scratch *s), const struct scratch *s)
{
	int line;

	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(2);
	line = fn(s);
	if (line != 0)
		fprintf(stderr, "as nobody: line %d\n", line);
	_exit(line != 0 ? 1 : 0);
}

int
as_nobody(int (*fn)(const struct scratch *s), const struct scratch *s)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);	/* or the child would print it once more */
	pid = fork();
	if (pid == 0)
		be_nobody(fn, s);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("as nobody");
		abort();
	}
	return status;
}

int
not_root(const char *why)
{
	if (geteuid() == 0)
		return 0;
	printf("# skipped: needs root (%s)\n", why);
	return 1;
}

int
count_fds(void)
{
	int n = 0, fd;

	for (fd = 0; fd < 4096; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}
