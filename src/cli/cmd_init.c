/* cmd_init.c -- a new repository. */
#include <string.h>

#include "cli/about.h"
#include "crypto/secret.h"
#include "repo/node.h"
#include "repo/password.h"
#include "repo/repo.h"
#include "store/store.h"
#include "util/buf.h"

static const struct opt_def opts[] = {
	{ "repository-version", 0, "N", "2 or latest (default), 1, or stable", 0 },
	{ "copy-chunker-params", 0, NULL, "cut files as the repository of --from-repo "
	    "does", 0 },
	ABOUT_FROM_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

static void
tell(const struct cli *c, const struct repo *r)
{
	CLEAN_BUF struct buf b = {0};
	const char *place = store_place(r->store);
	char hex[ID_HEX];

	id_hex(&r->id, hex);
	if (c->json) {
		buf_addf(&b, "{\"message_type\":\"initialized\",\"id\":\"%s\","
		    "\"repository\":", hex);
		node_string(&b, place, strlen(place));
		buf_addc(&b, '}');
		cli_line(&b);
		return;
	}
	buf_addf(&b, "made the repository %.10s at ", hex);
	cli_path(c, &b, place);
	cli_line(&b);
	cli_say(c, "Its password is the only way in: without it everything in the "
	    "repository is lost.");
}

static int
make(struct cli *c, unsigned version, const struct repo *like)
{
	struct repo_options ro = {0};
	struct store *store;
	struct repo *r;
	struct err e = {0};
	void *password;
	int status = EXIT_DONE;

	if (about_options(c, &ro, &status) < 0 ||
	    about_password(c, 1, &password, &ro.password_len, &status) < 0)
		return status;
	ro.password = password;
	if (about_store(c, 1, &store, &status) == 0) {
		if (repo_init(store, &ro, version, like, &r, &e) < 0)
			status = cli_fail(c, &e);
		else {
			tell(c, r);
			repo_close(r);
		}
	}
	secret_free(password, PASSWORD_MAX);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	const char *v = opt_value(o, "repository-version");
	struct repo *like = NULL;
	unsigned version = 2;
	int status;

	if (v != NULL && strcmp(v, "1") == 0)
		version = 1;
	else if (v != NULL && strcmp(v, "2") != 0 && strcmp(v, "latest") != 0 &&
	    strcmp(v, "stable") != 0)
		return cli_usage(c, "--repository-version is 1, 2, latest or "
		    "stable, not '%.40s'", v);
	if (opt_given(o, "copy-chunker-params") &&
	    (status = about_from(c, o, &like)) != EXIT_DONE)
		return status;
	status = make(c, version, like);
	repo_close(like);
	return status;
}

const struct command cmd_init = {
	"init", "", "Make a repository",
	"In an empty or new folder, in restic's format.  With -b NAME, the one that the\n"
	"entry names; with -r, that place.", opts, run, COMMAND_REPO,
};
