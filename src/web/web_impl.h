#ifndef WEB_WEB_IMPL_H
#define WEB_WEB_IMPL_H

#include <pthread.h>
#include <stdint.h>

#include "util/buf.h"
#include "web/args.h"
#include "web/channel.h"
#include "web/errand.h"
#include "web/head.h"
#include "web/session.h"
#include "web/web.h"

/*
 * Inside the web child.
 *
 *	child.c		its loop: callers, the channel
 *	serve.c		the HTTP library: a thread a connection
 *	route.c		which request is answered by whom, and who may ask
 *	lane.c		questions to desks
 *	errands.c	what was started from here
 *	hub.c		what is told as it happens
 *	assets.c	the pages
 *
 * The loop never waits; connections' threads do, for desks and errands.
 */
#define WEB_CONNECTIONS	32

struct lane {
	pthread_mutex_t	 busy;		/* one question at a time */
	int		 fd;		/* -1: no desk */
	int		 asked;		/* a new one was asked for */
};

struct errands;
struct hub;
struct server;

struct web {
	int		 channel;
	pthread_mutex_t	 lock;		/* of lanes' fd and asked, and of news */
	pthread_cond_t	 news;		/* the daemon sent something */
	struct web_setup setup;
	struct head_rules rules;
	struct sessions	*sessions;
	struct lane	 lanes[WEB_LANES];
	struct errands	*errands;
	struct hub	*hub;
	struct server	*server;
};

/* ---- lane.c ---- */
/*
 * Ask the desk of a lane: the status it gives and what it says; 502 or 503 in
 * words of our own if there is no answer.
 */
int lane_ask(struct web *w, unsigned lane, const char *what,
    const struct args *a, struct buf *answer);
/* The daemon's answer; fd -1: there is no desk. */
void lane_give(struct web *w, unsigned lane, int fd);

/* ---- errands.c ---- */
#define ERRANDS_KEPT	50
#define ERRAND_LINES	100
#define ERRAND_LINE	1000		/* bytes of one that is kept */

struct errands *errands_new(void);
/*
 * Start one: 202 and the errand as JSON, or the status to refuse it with.
 * about is what it is about, in words.
 */
int errands_start(struct web *w, enum errand_verb v, char *const *args,
    size_t n, const char *about, struct buf *out);
/* One whose output is the caller's: fds[0] it, fds[1] its talk.  200, or the
 * status to refuse it with. */
int errands_stream(struct web *w, enum errand_verb v, char *const *args,
    size_t n, uint64_t *id, int fds[2], struct buf *out);
/* How that ended, waited for: its exit status. */
int errands_wait(struct web *w, uint64_t id);
void errands_drop(struct web *w, uint64_t id);	/* nobody reads on */
void errands_list(struct web *w, struct buf *out);
int errands_show(struct web *w, int64_t id, struct buf *out);	/* 200, 404 */
int errands_stop(struct web *w, int64_t id, struct buf *out);
/* 1: a run of that job from here was asked to end. */
int errands_stop_job(struct web *w, const char *job);
/* The daemon's. */
void errands_started(struct web *w, uint64_t id, const char *why, int fds[2]);
void errands_ended(struct web *w, uint64_t id, int status);

/* ---- hub.c ---- */
#define HUB_LISTENERS	8

struct hub *hub_new(struct web *w);
void hub_publish(struct hub *h, const char *event, const char *data);
struct hub_place {
	uint64_t	 next;		/* the event to be sent next */
	uint64_t	 ticket;	/* how many came before, and itself */
};
/* *at is where this one begins.  The one HUB_LISTENERS before it must end. */
void hub_enter(struct hub *h, struct hub_place *at);
void hub_leave(struct hub *h);
/* What was published since p, ready to be sent; a comment if nothing was for a
 * while; nothing at all: it must end. */
void hub_wait(struct hub *h, struct hub_place *p, struct buf *out);

/* ---- route.c ---- */
struct request {
	enum head_method method;
	const char	*path;
	const struct args *query;
	const char *(*header)(void *arg, const char *name);	/* NULL: none */
	const char *(*cookie)(void *arg, const char *name);
	void		*arg;
	const void	*body;
	size_t		 len;
};

struct reply {
	int		 status;
	const char	*type;
	struct buf	 body;		/* the server's to free */
	const void	*fixed;		/* instead, if not NULL: never freed */
	size_t		 fixed_len;
	const char	*etag;
	int		 gzip, keep;	/* fixed is; browsers may keep it for ever */
	char		*cookie;	/* Set-Cookie, to be freed; or NULL */
	const char	*location;
	char		*name;		/* of an attachment, to be freed */
	/* A stream instead: how many bytes, 0 at the end, -1 broken. */
	long (*read)(void *arg, char *out, size_t max);
	void (*done)(void *arg);
	void		*arg;
};

void web_answer(struct web *w, const struct request *q, struct reply *r);
/* {"v":1,"error":...} */
void web_error(struct reply *r, int status, const char *text);
void web_error_text(struct buf *out, const char *text);

/* route's parts */
void web_download(struct web *w, const struct request *q, struct reply *r);
void web_live(struct web *w, struct reply *r);
/* 1: it is a page or a part of one. */
int web_asset(const struct request *q, struct reply *r);

/* ---- serve.c ---- */
struct server *server_start(struct web *w, struct err *e);
/* A connection whose head was looked at; fd is the server's from now on. */
void server_take(struct server *s, int fd);
unsigned server_connections(struct server *s);
/* Hang up on who does not come to the end of what he wants; now and then. */
void server_sweep(struct server *s);

/* ---- sandbox.c ---- */
/* From now on: no file, no socket, no program.  0, or -1 with errno set. */
int sandbox_enter(void);

#endif
