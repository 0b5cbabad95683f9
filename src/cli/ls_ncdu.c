/* ls_ncdu.c -- see ls_ncdu.h. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/ls_ncdu.h"
#include "repo/node.h"
#include "repo/snapshot.h"
#include "util/buf.h"

#define BLOCK	512	/* what lies on a disk is counted in these */

void
ls_ncdu_begin(struct ls_ncdu *k, const struct snapshot *s)
{
	CLEAN_BUF struct buf b = {0};

	buf_adds(&b, "[1, 2, ");
	snapshot_write(&b, s);
	buf_adds(&b, ", [{\"name\":\"/\"}");
	cli_out(b.data, b.len);
	k->depth = 1;
}

static void
add_object(struct buf *b, const struct node *n)
{
	uint64_t blocks = n->size / BLOCK + (n->size % BLOCK != 0);

	buf_adds(b, "{\"name\":");
	node_string(b, n->name, strlen(n->name));
	buf_addf(b, ",\"asize\":%" PRIu64 ",\"dsize\":%" PRIu64
	    ",\"dev\":%" PRIu64 ",\"ino\":%" PRIu64 ",\"nlink\":%" PRIu64,
	    n->size, blocks * BLOCK, n->device_id, n->inode, n->links);
	/* A time before 1970 is none that ncdu takes. */
	buf_addf(b, ",\"notreg\":%s,\"uid\":%" PRIu32 ",\"gid\":%" PRIu32
	    ",\"mode\":%" PRIu32 ",\"mtime\":%" PRId64 "}",
	    n->type == NODE_FILE || n->type == NODE_DIR ? "false" : "true",
	    n->uid, n->gid, node_st_mode(n) & 07777,
	    n->mtime.sec > 0 ? n->mtime.sec : 0);
}

void
ls_ncdu_add(struct ls_ncdu *k, const struct node *n)
{
	CLEAN_BUF struct buf b = {0};
	int dir = n->type == NODE_DIR;

	buf_addf(&b, ",\n%*s%s", (int)(2 * k->depth), "", dir ? "[" : "");
	if (dir)
		buf_addf(&b, "\n%*s", (int)(2 * ++k->depth), "");
	add_object(&b, n);
	cli_out(b.data, b.len);
}

void
ls_ncdu_leave(struct ls_ncdu *k)
{
	k->depth--;
	cli_outf("\n%*s]", (int)(2 * k->depth), "");
}

void
ls_ncdu_end(struct ls_ncdu *k)
{
	k->depth = 0;
	cli_outf("\n]\n]\n");
}
