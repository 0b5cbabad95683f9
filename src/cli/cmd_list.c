/* cmd_list.c -- the names of what is in a repository. */
#include <string.h>

#include "cli/about.h"
#include "repo/index.h"
#include "repo/pack.h"
#include "repo/repo.h"

static const struct opt_def none[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

static const struct kind {
	const char	*word;
	enum store_kind	 kind;
} kinds[] = {
	{ "packs", STORE_PACK }, { "index", STORE_INDEX },
	{ "snapshots", STORE_SNAPSHOT }, { "keys", STORE_KEY },
	{ "locks", STORE_LOCK },
};

static int
each_name(void *arg, const struct store_name *n, uint64_t size)
{
	char hex[ID_HEX];

	(void)arg;
	(void)size;
	sha256_hex(n->id, hex);
	cli_outf("%s\n", hex);
	return cli_stopped(NULL);
}

static int
each_pack(void *arg, const struct index_pack *p)
{
	char hex[ID_HEX];
	size_t i;

	(void)arg;
	for (i = 0; i < p->n; i++) {
		id_hex(&p->v[i].id, hex);
		cli_outf("%s %s\n", p->v[i].type == BLOB_TREE ? "tree" : "data",
		    hex);
	}
	return cli_stopped(NULL);
}

static int
list(struct about *a, const char *word)
{
	struct err e = {0};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(word, kinds[i].word) == 0)
			return store_list(a->repo->store, kinds[i].kind,
			    each_name, NULL, &e) < 0 ? cli_fail(a->c, &e) :
			    EXIT_DONE;
	/* A list must be whole, whatever became of the cache. */
	return index_verify(a->repo, &e) < 0 ||
	    index_packs(a->repo->index, each_pack, NULL, &e) < 0 ?
	    cli_fail(a->c, &e) : EXIT_DONE;
}

static int
is_known(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(word, kinds[i].word) == 0)
			return 1;
	return strcmp(word, "blobs") == 0;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct about a;
	int how = ABOUT_SHARED, status;

	if (o->n_args != 1 || !is_known(o->args[0]))
		return cli_usage(c, "list what?  blobs, packs, index, snapshots, "
		    "keys or locks");
	if (strcmp(o->args[0], "locks") == 0)
		how = 0;		/* else our own would be among them */
	if (strcmp(o->args[0], "blobs") == 0)
		how |= ABOUT_INDEX;
	status = about_open(c, how, &a);
	return status != EXIT_DONE ? status :
	    about_close(&a, list(&a, o->args[0]));
}

const struct command cmd_list = {
	"list", "WHAT", "The names of blobs, packs, index files, snapshots, keys or "
	"locks", NULL, none, run, COMMAND_REPO,
};
