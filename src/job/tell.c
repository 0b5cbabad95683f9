#include "job/tell.h"
#include "util/log.h"

static const struct words {
	const char	*past, *failed;
} words[OP_KINDS] = {
	[OP_MOVE]	= { "moved", "could not move" },
	[OP_RENAME]	= { "renamed", "could not rename" },
	[OP_COPY]	= { "copied", "could not copy" },
	[OP_LINK]	= { "linked", "could not link" },
	[OP_SYMLINK]	= { "linked", "could not link" },
	[OP_TRASH]	= { "trashed", "could not trash" },
	[OP_DELETE]	= { "deleted", "could not delete" },
	[OP_WRITE]	= { "wrote", "could not write" },
	[OP_ECHO]	= { "said", "could not say" },
	[OP_SHELL]	= { "ran", "could not run" },
	[OP_ARCHIVE]	= { "archived", "could not archive" },
	[OP_BACKUP]	= { "backed up", "could not back up" },
	[OP_RMDIR]	= { "removed empty folder", "could not remove folder" },
	[OP_UNTRASH]	= { "moved", "could not move" },
	[OP_MKDIR]	= { "made folder", "could not make folder" },
	[OP_BUNDLE]	= { "archived", "could not archive" },
	[OP_UNBUNDLE]	= { "unpacked", "could not unpack" },
	[OP_PURGE]	= { "deleted", "could not delete" },
	[OP_CONFIRM]	= { "agreed to", "could not ask" },
	[OP_XATTR]	= { "marked", "could not mark" },
};

const char *
tell_past(enum op_kind k)
{
	return words[k].past;
}

void
tell_count(struct job_totals *t, const struct op *op)
{
	switch (op->state) {
	case OP_PLANNED:
		t->planned++;
		break;
	case OP_DONE:
		t->done++;
		t->changes += op->kind != OP_ECHO && op->kind != OP_BACKUP &&
		    op->kind != OP_PURGE && op->kind != OP_CONFIRM &&
		    op->kind != OP_SHELL;
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

/* What the log's sentence begins with. */
static const char *
opening(const struct op_told *t)
{
	switch (t->op->state) {
	case OP_DONE:
		return words[t->op->kind].past;
	case OP_FAILED:
		return words[t->op->kind].failed;
	default:
		return op_state_name(t->op->state);
	}
}

static enum log_level
level_of(enum op_state s)
{
	return s == OP_DONE ? LOG_INFO : s == OP_FAILED ? LOG_ERROR :
	    s == OP_SKIPPED ? LOG_DEBUG : LOG_WARNING;
}

void
tell_log(struct log *l, const struct op_told *t)
{
	struct log_fields f = {
		.text = opening(t), .from = t->from, .to = t->to,
		.error = t->error, .job = t->job, .why = t->why,
		.run = t->run,
	};

	if (l == NULL)
		return;
	if ((t->op->kind == OP_ECHO || t->op->kind == OP_CONFIRM) &&
	    t->op->state == OP_DONE) {
		f.text = t->op->text;
		f.from = f.to = NULL;
	}
	log_write(l, level_of(t->op->state), &f);
}
