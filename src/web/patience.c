#include <stddef.h>
#include <sys/socket.h>

#include "web/patience.h"

void
patience_init(struct patience *p)
{
	size_t i;

	pthread_mutex_init(&p->lock, NULL);
	for (i = 0; i < PATIENCE_CALLERS; i++)
		p->v[i] = (struct waiting){ .fd = -1 };
}

struct waiting *
patience_enter(struct patience *p, int fd, int64_t until)
{
	struct waiting *w, *found = NULL;

	pthread_mutex_lock(&p->lock);
	for (w = p->v; w < p->v + PATIENCE_CALLERS && found == NULL; w++)
		if (w->fd < 0)
			found = w;
	if (found != NULL)
		*found = (struct waiting){ fd, until };
	pthread_mutex_unlock(&p->lock);
	return found;
}

void
patience_until(struct patience *p, struct waiting *w, int64_t until)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	w->until = until;
	pthread_mutex_unlock(&p->lock);
}

void
patience_leave(struct patience *p, struct waiting *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	*w = (struct waiting){ .fd = -1 };
	pthread_mutex_unlock(&p->lock);
}

unsigned
patience_end(struct patience *p, int64_t now)
{
	struct waiting *w;
	unsigned n = 0;

	pthread_mutex_lock(&p->lock);
	for (w = p->v; w < p->v + PATIENCE_CALLERS; w++)
		if (w->fd >= 0 && w->until != 0 && now > w->until) {
			shutdown(w->fd, SHUT_RDWR);	/* its thread closes it */
			w->until = 0;
			n++;
		}
	pthread_mutex_unlock(&p->lock);
	return n;
}
