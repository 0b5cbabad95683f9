/*
 * fence.c -- Landlock and seccomp by hand: Debian's headers know too old a
 * Landlock, and a filter of thirty lines needs no library.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/fence.h"

#if defined(__x86_64__)
#define ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH	AUDIT_ARCH_AARCH64
#else
#define ARCH	0u		/* no filter for it */
#endif

/* All that changes a file system, by the Landlock version that knows it. */
#define LANDLOCK_WRITES_1	0x1ff2u	/* write, remove, make */
#define LANDLOCK_REFER		0x2000u
#define LANDLOCK_TRUNCATE	0x4000u

struct ruleset {
	uint64_t	 fs;
};

static int
no_writing(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u);
	struct ruleset r = { .fs = LANDLOCK_WRITES_1 };
	long fd;
	long rc;

	if (version < 1)
		return 0;
	if (version >= 2)
		r.fs |= LANDLOCK_REFER;
	if (version >= 3)
		r.fs |= LANDLOCK_TRUNCATE;
	fd = syscall(SYS_landlock_create_ruleset, &r, sizeof(r), 0u);
	if (fd < 0)
		return -1;
	rc = syscall(SYS_landlock_restrict_self, (int)fd, 0u);
	close((int)fd);
	return rc < 0 ? -1 : 0;
}

static int
set_limit(int what, uint64_t soft)
{
	struct rlimit r = { soft, soft };

	return setrlimit((__rlimit_resource_t)what, &r);
}

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what)	BPF_STMT(BPF_RET | BPF_K, (what))
#define NOT_ALLOWED	(SECCOMP_RET_ERRNO | EPERM)

static int
filter(struct sock_filter *code, size_t n)
{
	struct sock_fprog prog = { .len = (unsigned short)n, .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (ARCH == 0)
		return 0;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0 ||
	    errno == EINVAL || errno == ENOSYS)
		return 0;
	return -1;
}

#define DENY(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(nr), 0, 1), \
	RETURN(NOT_ALLOWED)

static struct sock_filter no_network[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	DENY(SYS_socket), DENY(SYS_socketpair), DENY(SYS_ptrace),
	DENY(SYS_io_uring_setup), DENY(SYS_process_vm_writev),
	DENY(SYS_kill), DENY(SYS_mount),
	RETURN(SECCOMP_RET_ALLOW),
};

int
fence_program(const struct fence_limits *l)
{
	if (set_limit(RLIMIT_CORE, 0) < 0 ||
	    (l->memory > 0 && set_limit(RLIMIT_AS, l->memory) < 0) ||
	    (l->cpu > 0 && set_limit(RLIMIT_CPU, l->cpu) < 0) ||
	    filter(no_network, sizeof(no_network) / sizeof(no_network[0])) < 0)
		return -1;
	return no_writing();
}

#define ALLOW(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(nr), 0, 1), \
	RETURN(SECCOMP_RET_ALLOW)
/* With the third argument (protection) not executable. */
#define ALLOW_DATA(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(nr), 0, 4), \
	LOAD(args[2]), \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), \
	RETURN(NOT_ALLOWED), \
	RETURN(SECCOMP_RET_ALLOW)

static struct sock_filter reader[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	ALLOW(SYS_read), ALLOW(SYS_pread64), ALLOW(SYS_write),
	ALLOW(SYS_sendmsg), ALLOW(SYS_sendto), ALLOW(SYS_recvmsg),
	ALLOW(SYS_close), ALLOW(SYS_lseek),
	ALLOW_DATA(SYS_mmap), ALLOW_DATA(SYS_mprotect),
	ALLOW(SYS_munmap), ALLOW(SYS_mremap), ALLOW(SYS_madvise),
	ALLOW(SYS_brk), ALLOW(SYS_futex),
	ALLOW(SYS_clock_gettime), ALLOW(SYS_getrandom),
	ALLOW(SYS_getrusage), ALLOW(SYS_setrlimit), ALLOW(SYS_prlimit64),
	ALLOW(SYS_rt_sigprocmask), ALLOW(SYS_rt_sigreturn),
	ALLOW(SYS_rt_sigaction), ALLOW(SYS_sigaltstack),
	ALLOW(SYS_getpid), ALLOW(SYS_gettid), ALLOW(SYS_tgkill),
	ALLOW(SYS_sched_yield), ALLOW(SYS_restart_syscall),
	ALLOW(SYS_exit), ALLOW(SYS_exit_group),
	RETURN(NOT_ALLOWED),
};

int
fence_reader(void)
{
	return filter(reader, sizeof(reader) / sizeof(reader[0]));
}

int
fence_reader_works(void)
{
	return ARCH != 0;
}
