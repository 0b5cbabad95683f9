/* stdin.c -- a snapshot of what comes in. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/impl.h"
#include "backup/lexical.h"
#include "backup/read.h"
#include "backup/stdin.h"
#include "repo/tree.h"
#include "util/clean.h"

/* As restic makes them up: of the snapshot's time, and of who runs it. */
static void
basic_node(struct run *r, const char *name, uint32_t mode, struct node *n)
{
	*n = (struct node){
		.name = name, .mode = node_mode_of(mode), .user = "",
		.group = "", .uid = (uint32_t)getuid(),
		.gid = (uint32_t)getgid(),
		.type = S_ISDIR(mode) ? NODE_DIR : NODE_FILE,
	};
	node_time_local(r->time / 1000000, (int32_t)(r->time % 1000000 * 1000),
	    &n->mtime);
	n->atime = n->ctime = n->mtime;
}

/* The tree of one node. */
static int
save_alone(struct run *r, const struct node *n, struct id *tree)
{
	CLEAN_BUF struct buf text = {0};
	struct saved how;

	tree_begin(&text);
	tree_add(&text, n);
	tree_end(&text);
	return run_save(r, r->me.hand, BLOB_TREE, text.data, text.len, tree,
	    &how);
}

static int
save_folders(struct run *r, char *path, struct id *tree)
{
	struct node n;
	char *slash;

	while ((slash = strrchr(path, '/')) != NULL && slash != path) {
		*slash = '\0';
		basic_node(r, lexical_base(path), S_IFDIR | 0755, &n);
		n.has_subtree = 1;
		n.subtree = *tree;
		if (save_alone(r, &n, tree) < 0)
			return -1;
		atomic_fetch_add(&r->n_dirs[BACKUP_NEW], 1);
	}
	return 0;
}

/* No byte came: most likely what should have written them failed.  That is told
 * (exit 3), and no empty file takes the place of a dump. */
static int
save_nothing(struct run *r, const char *path, struct id *tree)
{
	CLEAN_BUF struct buf text = {0};
	struct err why = {0};
	struct saved how;

	err_set(&why, ERR_NOENT, "nothing came on standard input");
	run_problem(r, path, &why);
	tree_begin(&text);
	tree_end(&text);
	return run_save(r, r->me.hand, BLOB_TREE, text.data, text.len, tree,
	    &how);
}

int
stdin_save(struct run *r, struct id *tree, struct err *e)
{
	CLEAN_FREE char *path = lexical_join("/", r->o->stdin_name);
	struct content c = {0};
	struct giving g;
	struct node n;
	int rc;

	if (strcmp(path, "/") == 0)
		return err_set(e, ERR_USAGE, "--stdin-filename is no file name");
	giving_init(&g);
	rc = read_stream(&r->me, r->o->stdin_fd, &g, &c, e);
	giving_wait(&g, &r->me);
	giving_fini(&g);
	if (rc < 0) {
		err_wrap(e, "standard input");
	} else if (c.size == 0 && !run_over(r)) {
		rc = save_nothing(r, path, tree);
	} else if (!run_over(r)) {
		basic_node(r, lexical_base(path), S_IFREG | 0644, &n);
		n.size = c.size;
		n.content = c.v;
		n.n_content = c.n;
		rc = save_alone(r, &n, tree);
		atomic_fetch_add(&r->n_files[BACKUP_NEW], 1);
		atomic_fetch_add(&r->sum, c.size);
		if (rc == 0)
			rc = save_folders(r, path, tree);
	}
	content_fini(&c);
	return rc < 0 || run_over(r) ? -1 : 0;
}
