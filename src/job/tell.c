#include <string.h>

#include "job/tell.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/quote.h"

static const struct words {
	const char	*past, *could_not;
} words[OP_KINDS] = {
	[OP_MOVE]	= { "moved", "move" },
	[OP_RENAME]	= { "renamed", "rename" },
	[OP_COPY]	= { "copied", "copy" },
	[OP_LINK]	= { "linked", "link" },
	[OP_SYMLINK]	= { "linked", "link" },
	[OP_TRASH]	= { "trashed", "trash" },
	[OP_DELETE]	= { "deleted", "delete" },
	[OP_WRITE]	= { "wrote", "write" },
	[OP_ECHO]	= { "said", "say" },
	[OP_SHELL]	= { "ran", "run" },
	[OP_ARCHIVE]	= { "archived", "archive" },
	[OP_BACKUP]	= { "backed up", "back up" },
	[OP_RMDIR]	= { "removed empty folder", "remove folder" },
	[OP_UNTRASH]	= { "moved", "move" },
	[OP_MKDIR]	= { "made folder", "make folder" },
	[OP_BUNDLE]	= { "archived", "archive" },
	[OP_UNBUNDLE]	= { "unpacked", "unpack" },
	[OP_PURGE]	= { "deleted", "delete" },
};

const char *
tell_past(enum op_kind k)
{
	return words[k].past;
}

void
tell_count(struct job_totals *t, enum op_state s)
{
	switch (s) {
	case OP_PLANNED:
		t->planned++;
		break;
	case OP_DONE:
		t->done++;
		break;
	case OP_SKIPPED:
		t->skipped++;
		break;
	case OP_FAILED:
		t->failed++;
		break;
	case OP_HELD:
		t->held++;
		break;
	case OP_WAITING:
		t->waiting++;
		break;
	case OP_STATES:
		break;
	}
}

static void
add_paths(struct buf *b, const struct op_told *t)
{
	quote_add(b, t->from, strlen(t->from));
	if (*t->to != '\0') {
		buf_adds(b, " to ");
		quote_add(b, t->to, strlen(t->to));
	}
}

void
tell_log(struct log *l, const struct op_told *t)
{
	CLEAN_BUF struct buf b = {0};
	enum log_level level = LOG_INFO;

	if (l == NULL)
		return;
	switch (t->op->state) {
	case OP_DONE:
		if (t->op->kind == OP_ECHO)
			buf_adds(&b, t->op->text);
		else {
			buf_addf(&b, "%s ", words[t->op->kind].past);
			add_paths(&b, t);
		}
		break;
	case OP_FAILED:
		level = LOG_ERROR;
		buf_addf(&b, "could not %s ", words[t->op->kind].could_not);
		add_paths(&b, t);
		buf_addf(&b, ": %s", t->error);
		break;
	case OP_WAITING:
	case OP_HELD:
		level = LOG_WARNING;
		buf_addf(&b, "%s: ", op_state_name(t->op->state));
		add_paths(&b, t);
		buf_addf(&b, ": %s", t->error);
		break;
	default:
		level = LOG_DEBUG;
		buf_adds(&b, "skipped ");
		quote_add(&b, t->from, strlen(t->from));
		buf_addf(&b, ": %s", t->error);
		break;
	}
	if (t->job != NULL && *t->job != '\0')
		buf_addf(&b, " (%s)", t->job);
	log_line(l, level, buf_str(&b));
}
