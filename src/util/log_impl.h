#ifndef UTIL_LOG_IMPL_H
#define UTIL_LOG_IMPL_H

#include <pthread.h>

#include "util/buf.h"
#include "util/log.h"
#include "util/time.h"

/* The inside of the log, for log*.c only. */

#define LOG_PIECE	((size_t)64 << 10)	/* written at once */
#define LOG_WAITING_MAX	((size_t)1 << 20)	/* kept while it fails */

struct log_stamp {
	int64_t		 second;	/* that text tells, or -1 */
	char		 text[TIME_STAMP_SIZE];
};

struct log {
	struct log_options o;
	char		*name;
	char		*journal;
	pthread_mutex_t	 lock;		/* of all below */
	int		 fd;		/* of the file, or -1 */
	int		 socket;	/* to journald, or -1 */
	struct buf	 waiting;	/* whole lines, but for torn */
	int		 torn;		/* waiting begins inside a line ... */
	uint64_t	 torn_at;	/* whose start ends the file there */
	size_t		 untried;	/* bytes since the last try */
	uint64_t	 lost;		/* records, ever */
	uint64_t	 lost_untold;	/* and not yet told in the log */
	int		 failing;	/* the last write failed */
	int		 stuck;		/* the last rotation failed */
	int		 slow;		/* journald made us wait, in vain */
	struct err	 why;		/* of the last failure */
	int		 tell;		/* trouble is to be called with it */
	struct log_stamp stamp;
	struct buf	 scratch;
};

/* log_format.c: append a record, with its newline; and what text says of it,
 * without stamp, level and newline. */
void log_format_text(struct buf *out, struct log_stamp *stamp, int64_t now,
    enum log_level level, const struct log_fields *f);
void log_format_body(struct buf *out, const struct log_fields *f);
void log_format_json(struct buf *out, int64_t now, enum log_level level,
    const struct log_fields *f);

/* log_journal.c: send a record: 0, or -1 with errno, and the caller writes it
 * elsewhere.  Waits a short time for journald, but not again and again. */
int log_journal_send(struct log *l, enum log_level level,
    const struct log_fields *f);

/* log_file.c: open the file; make ready for n more bytes, which may rotate it
 * or find it moved. */
int log_file_open(struct log *l, struct err *e);
void log_file_ready(struct log *l, size_t n);

/*
 * log_rotate.c: make NAME the newest old file and put an empty one in its
 * place: its descriptor, or -1 with errno and NAME is as it was; the older ones
 * may have moved one further.  fd is NAME's.  EAGAIN: another process is at it.
 */
int log_rotate(int dir, const char *name, int fd, unsigned keep);

/* log.c: note a failure from errno, to be told or not. */
void log_trouble(struct log *l, const char *what, int tell);

/* log.c: waiting begins inside a line, which is given up. */
void log_drop_torn(struct log *l);

#endif
