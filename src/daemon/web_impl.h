#ifndef DAEMON_WEB_IMPL_H
#define DAEMON_WEB_IMPL_H

#include "daemon/impl.h"
#include "daemon/web.h"
#include "util/buf.h"
#include "util/pack.h"
#include "web/channel.h"
#include "web/web.h"

/*
 * Inside the daemon's side of the dashboard: web.c keeps the child, web_work.c
 * its desks and errands.
 */
#define WEB_EXE		"/proc/self/exe"
#define WEB_ERRANDS	8

struct errand {
	struct proc	 proc;		/* pid 0: free */
	struct watch	 watch;
	struct web_side	*w;
	uint64_t	 id;
};

struct desk {
	struct proc	 proc;
	struct watch	 watch;
	struct web_side	*w;
};

struct web_side {
	struct daemon	*d;
	int		 listener;	/* -1: not open */
	int		 inherited;	/* it is systemd's, and stays open */
	struct proc	 child;
	struct watch	 gone;		/* its pidfd */
	struct watch	 channel;
	struct timer	 again;
	int64_t		 wait;
	struct desk	 desks[WEB_LANES];
	struct errand	 errands[WEB_ERRANDS];
};

/* Start our own program; its output and talk go to out and err. */
int web_start(struct daemon *d, const char *const *argv, int in, int out,
    int err, int with_lock, struct proc *p, struct err *e);
int web_watch_end(struct daemon *d, struct proc *p, struct watch *w,
    void (*ready)(void *arg, uint32_t events), void *arg, struct err *e);
/* It has ended: its status as a shell tells it. */
int web_reap(struct daemon *d, struct proc *p, struct watch *w);
/* End it, if it is there. */
void web_end(struct daemon *d, struct proc *p, struct watch *w);

/* To the child; one that does not listen is killed. */
void web_tell(struct web_side *w, const struct buf *m, const int *fds,
    size_t n);

/* What the child asks for. */
void web_give_desk(struct web_side *w, uint64_t lane);
void web_errand(struct web_side *w, struct unpack *u);
void web_stop_errand(struct web_side *w, uint64_t id);

#endif
