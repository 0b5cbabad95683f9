/* look.c -- looking at many names, on several cores. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "fs/dir.h"
#include "fs/fs_impl.h"
#include "fs/writing.h"
#include "util/thread.h"

#define THREADS_MAX	4
#define THREADS_FROM	256	/* below it starting one costs more */
#define CHUNK		64

struct crowd {
	const struct fs_dir	*d;
	struct fs_look		*v;
	size_t			 n;
	int			 ask_writing;
	atomic_size_t		 next;		/* the first nobody has taken */
};

static void
look(const struct crowd *c, struct fs_look *l)
{
	struct statx sx;

	l->id = (struct fs_id){0};
	l->writing = FS_QUIET;
	l->error = 0;
	if (!fs_name_ok(l->name)) {
		l->error = EINVAL;
		return;
	}
	if (fs_statx(c->d->fd, l->name, AT_STATX_DONT_SYNC, &sx) < 0) {
		l->error = errno;
		return;
	}
	fs_id_fill(&l->id, fs_volume_of(c->d, l->name, &sx), &sx);
	if (!c->ask_writing)
		return;
	if (fs_partial_name(l->name))
		l->writing = FS_PARTIAL_NAME;
	else if (S_ISREG(sx.stx_mode) && fs_open_writer(c->d->fd, l->name))
		l->writing = FS_OPEN_WRITER;
}

static void *
work(void *arg)
{
	struct crowd *c = arg;
	size_t i, end;

	while ((i = atomic_fetch_add(&c->next, CHUNK)) < c->n) {
		end = c->n - i < CHUNK ? c->n : i + CHUNK;
		for (; i < end; i++)
			look(c, &c->v[i]);
	}
	return NULL;
}

static int
cores(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n > THREADS_MAX ? THREADS_MAX : n;
}

void
fs_look_many(const struct fs_dir *d, struct fs_look *looks, size_t n,
    int ask_writing)
{
	struct crowd c = {
		.d = d, .v = looks, .n = n, .ask_writing = ask_writing,
	};
	pthread_t helpers[THREADS_MAX];
	int want = n < THREADS_FROM ? 1 : cores(), started = 0, i;

	while (started < want - 1 && thread_start(&helpers[started], work,
	    &c) == 0)
		started++;
	work(&c);
	for (i = 0; i < started; i++)
		pthread_join(helpers[i], NULL);
}
