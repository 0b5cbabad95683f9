/* names.c -- operations in words and paths, as JSON and people read them, and
 * as rules remember them. */
#include "plan/plan.h"
#include "util/buf.h"
#include "util/hash.h"

static const char *const kinds[OP_KINDS] = {
	[OP_MOVE] = "move", [OP_RENAME] = "rename", [OP_COPY] = "copy",
	[OP_LINK] = "link", [OP_SYMLINK] = "symlink", [OP_TRASH] = "trash",
	[OP_DELETE] = "delete", [OP_WRITE] = "write", [OP_ECHO] = "echo",
	[OP_SHELL] = "shell", [OP_ARCHIVE] = "archive",
	[OP_BACKUP] = "backup", [OP_RMDIR] = "delete",
	[OP_UNTRASH] = "move", [OP_MKDIR] = "move", [OP_BUNDLE] = "archive",
	[OP_UNBUNDLE] = "move", [OP_PURGE] = "delete",
	[OP_CONFIRM] = "confirm", [OP_XATTR] = "xattr",
};

static const char *const states[OP_STATES] = {
	[OP_PLANNED] = "planned", [OP_DONE] = "done",
	[OP_SKIPPED] = "skipped", [OP_FAILED] = "failed",
	[OP_HELD] = "held", [OP_WAITING] = "waiting",
};

const char *
op_kind_name(enum op_kind k)
{
	return k < OP_KINDS ? kinds[k] : "";
}

const char *
op_state_name(enum op_state s)
{
	return s < OP_STATES ? states[s] : "";
}

static void
add_path(const struct plan *p, uint32_t dir, const char *name, struct buf *out)
{
	const char *path;

	if (dir == PLAN_NONE)
		return;
	path = plan_dir(p, dir);
	buf_adds(out, path);
	if (*name == '\0')
		return;
	if (path[0] != '/' || path[1] != '\0')
		buf_addc(out, '/');
	buf_adds(out, name);
}

void
plan_from(const struct plan *p, const struct op *op, struct buf *out)
{
	add_path(p, op->from_dir, op->from, out);
}

void
plan_to(const struct plan *p, const struct op *op, struct buf *out)
{
	add_path(p, op->to_dir, op->to, out);
}

/* An exclusive or, so that the rule's part can be taken out again.  0 means no
 * key; a file whose key would be 0 has 1, once in 2^64. */
static uint64_t
print_of(const struct fs_id *id)
{
	const uint64_t v[] = { id->fs, id->ino, (uint64_t)id->btime, id->size,
	    (uint64_t)id->mtime };

	return hash_fixed(1, v, sizeof(v));
}

uint64_t
plan_done_key(uint64_t salt, const struct fs_id *id)
{
	uint64_t key = hash_fixed(2, &salt, sizeof(salt)) ^ print_of(id);

	return key != 0 ? key : 1;
}

uint64_t
plan_done_again(uint64_t key, const struct fs_id *was,
    const struct fs_id *now)
{
	key ^= print_of(was) ^ print_of(now);
	return key != 0 ? key : 1;
}
