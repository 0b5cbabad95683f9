/*
 * sftp_line.c -- a line's life: ssh is started, hands are shaken, and what
 * it says when it ends becomes a message.  The talk is in sftp_talk.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/sftp_line.h"
#include "store/sftp_talk.h"
#include "store/store_impl.h"
#include "util/clean.h"
#include "util/time.h"
#include "util/xalloc.h"

#define PIPE_SIZE	(1 << 20)
#define READ_DEFAULT	((size_t)32 << 10)	/* every server can that */
#define PIECE_MAX	((size_t)255 << 10)
#define PIECE_MIN	((size_t)4 << 10)
#define GRACE		((int64_t)500000)	/* µs for ssh to end */

/*
 * ssh is in a process group of its own, so that Ctrl-C reaches only us, who have
 * a lock to remove first.  While it may ask for a passphrase its group is the
 * terminal's; where there is no terminal, or we are not in front of it, nothing
 * is done.  The terminal, or -1.
 */
static int
lend_terminal(pid_t group)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty >= 0 && tcgetpgrp(tty) == getpgrp() &&
	    tcsetpgrp(tty, group) == 0)
		return tty;
	if (tty >= 0)
		close(tty);
	return -1;
}

static void
take_terminal_back(int tty)
{
	sigset_t ttou, was;

	if (tty < 0)
		return;
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &ttou, &was);
	(void)tcsetpgrp(tty, getpgrp());
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	close(tty);
}

static int
start(struct line *l, char *const *argv, struct err *e)
{
	CLEAN_FD int in = -1, out = -1, err = -1;
	struct proc_spec spec = { PROC_NULL, .own_group = 1,
	    .argv = (const char *const *)argv };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "start %s", argv[0]);
	l->to = pair[0];
	in = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "start %s", argv[0]);
	l->from = pair[0];
	out = pair[1];
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, "start %s", argv[0]);
	l->told = pair[0];
	err = pair[1];
	/* Larger ones spare changes between the two; less will do. */
	(void)fcntl(l->from, F_SETPIPE_SZ, PIPE_SIZE);
	(void)setsockopt(l->to, SOL_SOCKET, SO_SNDBUF, &(int){ PIPE_SIZE },
	    sizeof(int));
	if (fcntl(l->to, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(l->from, F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(l->told, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "start %s", argv[0]);
	spec.in = in;
	spec.out = out;
	spec.err = err;
	if (proc_start(&spec, &l->ssh, e) == 0)
		return 0;
	if (e != NULL)
		e->kind = ERR_USAGE;	/* it is there, or it never will be */
	return -1;
}

/* ---- what the server can ---- */
struct hello {
	int	 heard, limits;
};

static int
read_version(void *arg, struct line *l, uint32_t tag, struct wire_answer *a,
    struct err *e)
{
	struct wire_bytes name, value;
	struct hello *h = arg;
	int r;

	(void)tag;
	if (a->type != WIRE_VERSION || a->id < 3)
		return err_set(e, ERR_CORRUPT, "the server speaks SFTP %u, not 3",
		    a->type == WIRE_VERSION ? (unsigned)a->id : 0);
	h->heard = 1;
	while ((r = wire_pair(a, &name, &value, e)) == 1) {
		l->fsync |= wire_is(&name, "fsync@openssh.com");
		l->posix_rename |= wire_is(&name, "posix-rename@openssh.com");
		l->statvfs |= wire_is(&name, "statvfs@openssh.com");
		h->limits |= wire_is(&name, "limits@openssh.com");
	}
	return r;
}

static size_t
piece(uint64_t limit)
{
	if (limit == 0)
		return READ_DEFAULT;
	return limit > PIECE_MAX ? PIECE_MAX : limit < PIECE_MIN ? PIECE_MIN :
	    (size_t)limit;
}

static int
ask_limits(struct line *l, struct err *e)
{
	struct line_reply r;

	line_begin(l, WIRE_EXTENDED);
	wire_text(&l->out, "limits@openssh.com");
	line_end(l, 0, 0);
	if (line_replies(l, &r, 1, e) < 0)
		return -1;
	if (r.type == WIRE_EXTENDED_REPLY && r.n_numbers >= 3) {
		l->read_max = piece(r.numbers[1]);
		l->write_max = piece(r.numbers[2]);
	}
	return 0;
}

static int
shake_hands(struct line *l, struct err *e)
{
	struct hello h = {0};
	const struct line_talk t = { .heard = read_version, .arg = &h };

	l->next_id = 3;			/* where an id stands: the version */
	line_begin(l, WIRE_INIT);
	line_end(l, 0, 0);
	if (line_talk(l, &t, e) < 0)
		return -1;
	return h.limits ? ask_limits(l, e) : 0;
}

int
line_open(const struct store *s, char *const *argv, int foreground,
    struct line **out, struct err *e)
{
	struct line *l = xalloc(sizeof(*l));
	int tty = -1, r;

	l->store = s;
	l->ssh = (struct proc)PROC_NONE;
	l->to = l->from = l->told = -1;
	l->read_max = l->write_max = READ_DEFAULT;
	l->in = xalloc(LINE_IN_MAX);
	l->holds_on = !foreground;
	r = start(l, argv, e);
	if (r == 0) {
		if (foreground)
			tty = lend_terminal(l->ssh.pid);
		r = shake_hands(l, e);
		take_terminal_back(tty);
	}
	l->holds_on = 0;
	if (r < 0)
		line_close(l);
	else
		*out = l;
	return r;
}

static void
shut(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* ssh ends when its input does; but if it hangs, it is not waited for. */
void
line_close(struct line *l)
{
	if (l == NULL)
		return;
	shut(l->to);
	shut(l->from);
	shut(l->told);
	if (l->ssh.pid != 0 && (l->dead ||
	    proc_wait(&l->ssh, GRACE, NULL, NULL) != 1))
		proc_end(&l->ssh, GRACE);
	buf_fini(&l->out);
	free(l->in);
	free(l);
}
