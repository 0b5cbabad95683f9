#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/confwatch.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define EVENTS	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | \
		 IN_ATTRIB | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF)
#define MORE	"fettle.d"

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") :
	    xstrndup(path, (size_t)(slash - path));
}

static const char *
name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

void
confwatch_again(struct confwatch *c)
{
	CLEAN_FREE char *folder = folder_of(c->file);
	CLEAN_FREE char *real = realpath(c->file, NULL);
	CLEAN_FREE char *more = xasprintf("%s/" MORE, folder);
	CLEAN_FREE char *real_folder = NULL;

	c->folder = inotify_add_watch(c->watch.fd, folder, EVENTS);
	c->more = inotify_add_watch(c->watch.fd, more, EVENTS | IN_ONLYDIR);
	if (real == NULL)
		return;
	real_folder = folder_of(real);
	c->real_folder = inotify_add_watch(c->watch.fd, real_folder, EVENTS);
	free(c->real_name);
	c->real_name = xstrdup(name_of(real));
}

static int
concerns(const struct confwatch *c, const struct inotify_event *ev)
{
	const char *name = ev->len > 0 ? ev->name : "";

	if (ev->mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_DELETE_SELF |
	    IN_MOVE_SELF))
		return 1;
	if (ev->wd == c->more)
		return 1;
	if (ev->wd == c->folder && (strcmp(name, c->name) == 0 ||
	    strcmp(name, MORE) == 0))
		return 1;
	return ev->wd == c->real_folder && c->real_name != NULL &&
	    strcmp(name, c->real_name) == 0;
}

static void
ready(void *arg, uint32_t events)
{
	struct confwatch *c = arg;
	_Alignas(struct inotify_event) char room[4096];
	const struct inotify_event *ev;
	int changed = 0;
	ssize_t n, at;

	(void)events;
	while ((n = read(c->watch.fd, room, sizeof(room))) > 0)
		for (at = 0; at < n;
		    at += (ssize_t)(sizeof(*ev) + ev->len)) {
			ev = (const void *)(room + at);
			changed |= concerns(c, ev);
		}
	if (changed)
		c->changed(c->arg);
}

int
confwatch_open(struct confwatch *c, struct loop *l, const char *file,
    void (*changed)(void *arg), void *arg, struct err *e)
{
	*c = (struct confwatch){ .folder = -1, .real_folder = -1, .more = -1,
	    .changed = changed, .arg = arg };
	c->watch = (struct watch){ .ready = ready, .arg = c };
	c->watch.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (c->watch.fd < 0)
		return err_sys(e, "watch the configuration");
	c->file = xasprintf("%s%s", strchr(file, '/') ? "" : "./", file);
	c->name = xstrdup(name_of(file));
	confwatch_again(c);
	if (c->folder < 0) {
		err_sys(e, "watch the configuration");
		confwatch_close(c, l);
		return -1;
	}
	if (loop_add(l, &c->watch, e) == 0)
		return 0;
	confwatch_close(c, l);
	return -1;
}

void
confwatch_close(struct confwatch *c, struct loop *l)
{
	if (c->watch.fd >= 0) {
		loop_remove(l, &c->watch);
		close(c->watch.fd);
	}
	free(c->file);
	free(c->name);
	free(c->real_name);
	*c = (struct confwatch){ .watch.fd = -1 };
}
