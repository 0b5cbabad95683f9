/*
 * watcher_marks.c -- file-system marks, for what the limit of watches leaves
 * over, where we may have them (CAP_SYS_ADMIN).
 *
 * One mark tells of a whole file system, also of what nobody asked about; so
 * they are not the first choice.  An event names its folder by a handle and
 * the file by its name.  The handles of folders that are watched are known
 * since they were read; others' events end at that look-up, and no handle ever
 * has to be opened.
 *
 * Several events of one name may come as one, in no order: then what is there
 * counts.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util/hash.h"
#include "watch/watcher_impl.h"

#define EVENTS	(FAN_CREATE | FAN_CLOSE_WRITE | FAN_MOVED_TO | \
		 FAN_MOVED_FROM | FAN_DELETE | FAN_ONDIR | FAN_EVENT_ON_CHILD)
#define ROOM		65536
#define READS		16
#define HANDLE_MOST	128

struct handle {
	unsigned char	 fsid[8];
	int		 type;
	unsigned	 bytes;
	unsigned char	 v[HANDLE_MOST];
};

static uint64_t
hash_of(const struct handle *h)
{
	return hash_keyed(0xfa40, h, offsetof(struct handle, v) + h->bytes);
}

static int
handle_of(const struct fs_dir *dir, struct handle *out)
{
	union {
		struct file_handle h;
		char		 room[sizeof(struct file_handle) + HANDLE_MOST];
	} u = { .h.handle_bytes = HANDLE_MOST };
	struct statfs s;
	int mount;

	*out = (struct handle){0};
	if (fstatfs(dir->fd, &s) < 0 || name_to_handle_at(dir->fd, "", &u.h,
	    &mount, AT_EMPTY_PATH) < 0)
		return -1;
	memcpy(out->fsid, &s.f_fsid, sizeof(out->fsid));
	out->type = u.h.handle_type;
	out->bytes = u.h.handle_bytes;
	memcpy(out->v, u.h.f_handle, out->bytes);
	return 0;
}

static int
open_marks(struct watcher *w)
{
	struct epoll_event ev = { .events = EPOLLIN };
	unsigned flags = FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC |
	    FAN_NONBLOCK;

	if (w->marks >= 0)
		return 0;
	if (w->no_marks)
		return -1;
	w->marks = fanotify_init(flags | FAN_UNLIMITED_QUEUE, O_RDONLY);
	if (w->marks < 0)
		w->marks = fanotify_init(flags, O_RDONLY);
	if (w->marks < 0)
		return -1;
	return epoll_ctl(w->wait, EPOLL_CTL_ADD, w->marks, &ev);
}

static int
mark(struct watcher *w, const struct fs_dir *dir)
{
	if (set64_has(&w->marked, dir->dev))
		return 0;
	if (fanotify_mark(w->marks, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, EVENTS,
	    dir->fd, NULL) < 0)
		return -1;
	set64_add(&w->marked, dir->dev);
	return 0;
}

int
marks_add(struct watcher *w, const struct fs_dir *dir, const char *path)
{
	struct handle h;
	uint64_t hash, *wd;
	int added;

	if (open_marks(w) < 0 || mark(w, dir) < 0 || handle_of(dir, &h) < 0)
		return -1;
	hash = hash_of(&h);
	wd = map_add(&w->handles, &hash, sizeof(hash), &added);
	if (added || node_find(w, (int)*wd) == NULL)
		*wd = (uint64_t)w->next_mark++;
	node_add(w, (int)*wd, path);
	return 0;
}

/*
 * What stands behind an event: a header, the file system, a handle and the
 * name.  Nothing in it is aligned.
 */
static struct node *
folder_of(struct watcher *w, const char *p, const char *end,
    const char **name)
{
	struct fanotify_event_info_header hdr;
	struct file_handle fh;
	struct handle h = {0};
	const uint64_t *wd;
	uint64_t hash;

	if (p + sizeof(hdr) + sizeof(h.fsid) + sizeof(fh) > end)
		return NULL;
	memcpy(&hdr, p, sizeof(hdr));
	p += sizeof(hdr);
	memcpy(h.fsid, p, sizeof(h.fsid));
	p += sizeof(h.fsid);
	memcpy(&fh, p, sizeof(fh));
	p += sizeof(fh);
	if (hdr.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME ||
	    fh.handle_bytes > HANDLE_MOST || p + fh.handle_bytes >= end ||
	    memchr(p + fh.handle_bytes, '\0', (size_t)(end - p) -
	    fh.handle_bytes) == NULL)
		return NULL;
	h.type = fh.handle_type;
	h.bytes = fh.handle_bytes;
	memcpy(h.v, p, h.bytes);
	*name = p + h.bytes;
	hash = hash_of(&h);
	wd = map_get(&w->handles, &hash, sizeof(hash));
	return wd != NULL ? node_find(w, (int)*wd) : NULL;
}

static void
take(struct watcher *w, const struct fanotify_event_metadata *m,
    const char *at)
{
	const char *name = "";
	struct node *n;

	if (m->fd >= 0)
		close(m->fd);		/* none are asked for */
	if (m->mask & FAN_Q_OVERFLOW) {
		w->overflowed = 1;
		return;
	}
	n = folder_of(w, at + m->metadata_len, at + m->event_len, &name);
	if (n != NULL && *name != '\0' && strcmp(name, ".") != 0)
		watcher_event(w, n, (uint32_t)m->mask, name);
}

int
marks_read(struct watcher *w)
{
	struct fanotify_event_metadata m;
	char room[ROOM];
	ssize_t n, at;
	int i;

	for (i = 0; w->marks >= 0 && i < READS; i++) {
		n = read(w->marks, room, sizeof(room));
		if (n <= 0)
			return 1;
		for (at = 0; n - at >= (ssize_t)sizeof(m);
		    at += (ssize_t)m.event_len) {
			memcpy(&m, room + at, sizeof(m));
			if (m.event_len < sizeof(m) ||
			    (ssize_t)m.event_len > n - at)
				break;
			take(w, &m, room + at);
		}
	}
	return w->marks < 0;
}
