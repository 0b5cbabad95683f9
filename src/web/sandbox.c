/*
 * sandbox.c -- the web child speaks HTTP with who knows whom, so from its start
 * on it has what it was given and gets nothing else: no file, no socket, no
 * program.  Two fences, as either may be missing in a kernel: Landlock, which
 * lets no path be used, and a filter of system calls.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "web/web_impl.h"

#if defined(__x86_64__)
#define ARCH	AUDIT_ARCH_X86_64
#define OLD	DENY(SYS_open), DENY(SYS_creat), DENY(SYS_unlink), \
		DENY(SYS_rename), DENY(SYS_mkdir), DENY(SYS_rmdir), \
		DENY(SYS_link), DENY(SYS_symlink), DENY(SYS_chmod), \
		DENY(SYS_fork), DENY(SYS_vfork), DENY(SYS_readlink),
#elif defined(__aarch64__)
#define ARCH	AUDIT_ARCH_AARCH64
#define OLD
#else
#define ARCH	0u
#define OLD
#endif

/* Reading, writing, running: all that Landlock's first version knows. */
#define LANDLOCK_ALL	0x1fffu

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what)	BPF_STMT(BPF_RET | BPF_K, (what))
#define DENY(nr) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(nr), 0, 1), \
	RETURN(SECCOMP_RET_ERRNO | EPERM)
/* Numbers of another convention (x32) mean other calls. */
#define X32	0x40000000u

static struct sock_filter closed[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	OLD
	DENY(SYS_openat), DENY(SYS_openat2), DENY(SYS_open_by_handle_at),
	DENY(SYS_execve), DENY(SYS_execveat),
	DENY(SYS_socket), DENY(SYS_connect), DENY(SYS_bind), DENY(SYS_listen),
	DENY(SYS_unlinkat), DENY(SYS_renameat), DENY(SYS_renameat2),
	DENY(SYS_mkdirat), DENY(SYS_linkat), DENY(SYS_symlinkat),
	DENY(SYS_mknodat), DENY(SYS_fchmodat), DENY(SYS_fchownat),
	DENY(SYS_truncate), DENY(SYS_setxattr), DENY(SYS_removexattr),
	DENY(SYS_readlinkat), DENY(SYS_chdir), DENY(SYS_chroot),
	DENY(SYS_ptrace), DENY(SYS_process_vm_readv),
	DENY(SYS_process_vm_writev), DENY(SYS_pidfd_getfd),
	DENY(SYS_pidfd_open), DENY(SYS_kill), DENY(SYS_mount), DENY(SYS_umount2),
	DENY(SYS_unshare), DENY(SYS_setns), DENY(SYS_bpf), DENY(SYS_keyctl),
	DENY(SYS_add_key), DENY(SYS_request_key), DENY(SYS_io_uring_setup),
	DENY(SYS_perf_event_open), DENY(SYS_userfaultfd),
	DENY(SYS_memfd_create), DENY(SYS_setuid), DENY(SYS_setgid),
	RETURN(SECCOMP_RET_ALLOW),
};

static int
no_paths(void)
{
	struct { uint64_t fs; } rules = { .fs = LANDLOCK_ALL };
	long fd, rc;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1u) < 1)
		return 0;		/* the filter holds all the same */
	fd = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0u);
	if (fd < 0)
		return -1;
	rc = syscall(SYS_landlock_restrict_self, (int)fd, 0u);
	close((int)fd);
	return rc < 0 ? -1 : 0;
}

int
sandbox_enter(void)
{
	struct sock_fprog prog = { .filter = closed,
	    .len = (unsigned short)(sizeof(closed) / sizeof(closed[0])) };
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0 ||
	    setrlimit(RLIMIT_FSIZE, &none) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || no_paths() < 0)
		return -1;
	if (ARCH == 0)
		return 0;
	/* All threads: the HTTP library has begun its own. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_TSYNC, &prog) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? 0 : -1;
}
