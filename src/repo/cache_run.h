#ifndef REPO_CACHE_RUN_H
#define REPO_CACHE_RUN_H

/*
 * The files in which index runs (index_run.h) lie: made without a name, written
 * by their owner through fd, and given a name when they are whole and durable.
 *
 * Where there is no folder for them they never get a name: they lie in $TMPDIR,
 * else in /var/tmp or /tmp, else in memory, and are gone with us.
 */
struct err;

struct cache_run_file {
	int		 fd;		/* to read and write */
	int		 dir;		/* the folder, borrowed; -1: none */
	char		 temp[48];	/* its name so far; "" none */
};

/* -1 only if there is no room for it anywhere that it may lie. */
int cache_run_make(int dir, struct cache_run_file *f, struct err *e);

/*
 * Flush it and give it its name, which others may have done by now with just
 * the same bytes: 1.  0 if that cannot be; the file may be used all the same.
 */
int cache_run_publish(struct cache_run_file *f, const char *name);

/* Close it; what has no name is gone. */
void cache_run_drop(struct cache_run_file *f);

/* By name: the descriptor, to read, or -1. */
int cache_run_open(int dir, const char *name);
void cache_run_remove(int dir, const char *name);

/* Each file of the folder that has a name; those left behind by a process that
 * was killed a day ago are removed by the way. */
void cache_run_each(int dir, void (*each)(void *arg, const char *name),
    void *arg);

#endif
