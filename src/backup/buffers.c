/* buffers.c -- what files are read into. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "backup/buffers.h"
#include "repo/chunker.h"
#include "util/xalloc.h"

#define SPARE_MAX	4

struct buffers {
	pthread_mutex_t	 lock;
	unsigned char	*spare[SPARE_MAX];
	size_t		 n;
};

struct buffers *
buffers_new(void)
{
	struct buffers *b = xalloc(sizeof(*b));

	pthread_mutex_init(&b->lock, NULL);
	return b;
}

void
buffers_free(struct buffers *b)
{
	if (b == NULL)
		return;
	while (b->n > 0)
		munmap(b->spare[--b->n], CHUNK_MAX);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

unsigned char *
buffers_take(struct buffers *b)
{
	unsigned char *p = NULL;

	pthread_mutex_lock(&b->lock);
	if (b->n > 0)
		p = b->spare[--b->n];
	pthread_mutex_unlock(&b->lock);
	if (p != NULL)
		return p;
	p = mmap(NULL, CHUNK_MAX, PROT_READ | PROT_WRITE,
	    /* cppcheck-suppress invalidFunctionArg ; -1 is what mmap wants */
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		abort();	/* as any memory that is not there */
	return p;
}

void
buffers_put(struct buffers *b, unsigned char *p, size_t used)
{
	if (p == NULL)
		return;
	if (used > BUFFERS_KEPT)
		madvise(p + BUFFERS_KEPT, CHUNK_MAX - BUFFERS_KEPT,
		    MADV_DONTNEED);
	pthread_mutex_lock(&b->lock);
	if (b->n < SPARE_MAX) {
		b->spare[b->n++] = p;
		p = NULL;
	}
	pthread_mutex_unlock(&b->lock);
	if (p != NULL)
		munmap(p, CHUNK_MAX);
}
