#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "repo/gang.h"

struct one {
	pthread_t	 id;
	unsigned	 who;
	void (*work)(void *arg, unsigned who);
	void		*arg;
};

unsigned
gang_size(unsigned max)
{
	cpu_set_t set;
	unsigned n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (unsigned)CPU_COUNT(&set);
	if (n > GANG_MAX)
		n = GANG_MAX;
	return n < max ? n : max > 0 ? max : 1;
}

static void *
run(void *arg)
{
	const struct one *o = arg;

	o->work(o->arg, o->who);
	return NULL;
}

void
gang_run(unsigned n, void (*work)(void *arg, unsigned who), void *arg)
{
	struct one v[GANG_MAX];
	unsigned started = 1, i;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (; started < n && started < GANG_MAX; started++) {
		v[started] = (struct one){
			.who = started, .work = work, .arg = arg,
		};
		if (pthread_create(&v[started].id, NULL, run, &v[started]))
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	work(arg, 0);
	for (i = 1; i < started; i++)
		pthread_join(v[i].id, NULL);
}
