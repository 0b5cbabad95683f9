#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "job/power.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/proc.h"

/* <linux/ioprio.h>, which glibc does not have. */
#define IO_WHO_PROCESS	1
#define IO_CLASS_BE	2
#define IO_CLASS_IDLE	3
#define IO_CLASS_SHIFT	13
#define IO_LOWEST	7

#define WORD_MAX	256
#define ANSWER_MAX	4096
#define ANSWER_TIME	INT64_C(3000000)

void
power_yield(const struct daemon_settings *d)
{
	int io = d->ioprio == IOPRIO_IDLE ? IO_CLASS_IDLE << IO_CLASS_SHIFT :
	    IO_CLASS_BE << IO_CLASS_SHIFT | IO_LOWEST;

	if (getpriority(PRIO_PROCESS, 0) < d->nice)
		setpriority(PRIO_PROCESS, 0, d->nice);
	if (d->ioprio != IOPRIO_NORMAL)
		syscall(SYS_ioprio_set, IO_WHO_PROCESS, 0, io);
}

/* The word in a file of sysfs; "" if there is none. */
static void
word(int dir, const char *file, struct buf *out)
{
	CLEAN_FD int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	buf_reset(out);
	if (fd < 0 || fd_read_all(fd, WORD_MAX, out) < 0)
		buf_reset(out);
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
}

struct supplies {
	int		 mains;		/* at least one is on line */
	int		 discharging;	/* at least one battery of the machine is */
};

static void
look_at(int dir, struct supplies *s)
{
	CLEAN_BUF struct buf type = {0}, b = {0};

	word(dir, "type", &type);
	if (strcmp(buf_str(&type), "Battery") == 0) {
		word(dir, "scope", &b);
		if (strcmp(buf_str(&b), "Device") == 0)
			return;		/* a mouse's */
		word(dir, "status", &b);
		s->discharging |= strcmp(buf_str(&b), "Discharging") == 0;
		return;
	}
	word(dir, "online", &b);
	s->mains |= strcmp(buf_str(&b), "1") == 0;
}

int
power_on_battery(const char *sysfs)
{
	struct supplies s = {0};
	DIR *d = opendir(sysfs);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL) {
		CLEAN_FD int fd = -1;

		if (de->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), de->d_name, O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC);
		if (fd >= 0)
			look_at(fd, &s);
	}
	if (d != NULL)
		closedir(d);
	return s.discharging && !s.mains;
}

/* "u 1": NM_METERED_YES; 3 is its guess. */
int
power_is_metered(void)
{
	static const char *const argv[] = { "busctl", "--system",
	    "get-property", "org.freedesktop.NetworkManager",
	    "/org/freedesktop/NetworkManager",
	    "org.freedesktop.NetworkManager", "Metered", NULL };
	const struct proc_spec spec = { PROC_NULL, .argv = argv,
	    .clean_env = 1 };
	CLEAN_BUF struct buf out = {0};
	struct err ignored = {0};
	int status;

	if (proc_run(&spec, ANSWER_MAX, ANSWER_TIME, &out, &status,
	    &ignored) < 0 || status != 0)
		return 0;
	return strncmp(buf_str(&out), "u 1", 3) == 0 ||
	    strncmp(buf_str(&out), "u 3", 3) == 0;
}

const char *
power_waits(const struct settings *s, const struct job *j, int ask_network)
{
	if (s->daemon.pause_on_battery && power_on_battery(POWER_SUPPLY))
		return "on battery";
	if (ask_network && s->daemon.pause_on_metered && j != NULL &&
	    job_is_far(j) && power_is_metered())
		return "on a metered network";
	return NULL;
}
