/* cmd_key.c -- the passwords of a repository, and the sheet to recover by. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/entry.h"
#include "cli/about.h"
#include "crypto/secret.h"
#include "repo/key.h"
#include "repo/node.h"
#include "repo/password.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "new-password-file", 0, "FILE", "the new password", 0 },
	{ "new-insecure-no-password", 0, NULL, "the new password is empty", 0 },
	{ "user", 0, "NAME", "the new key's user", 0 },
	{ "host", 0, "NAME", "the new key's host", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct listing {
	const struct cli	*c;
	struct buf		 json;
	size_t			 n;
};

static void
member(struct buf *b, const char *key, const char *text)
{
	buf_addf(b, ",\"%s\":", key);
	node_string(b, text, strlen(text));
}

static int
each(void *arg, const struct key_info *k)
{
	struct listing *l = arg;
	CLEAN_BUF struct buf t = {0}, b = {0};
	char brief[ID_SHORT];

	id_short(&k->id, brief);
	time_local(&t, k->created);
	if (l->c->json) {
		buf_addf(&l->json, "%s{\"current\":%s,\"id\":\"%s\"",
		    l->n++ > 0 ? "," : "", k->current ? "true" : "false", brief);
		member(&l->json, "userName", k->username);
		member(&l->json, "hostName", k->hostname);
		member(&l->json, "created", buf_str(&t));
		buf_addc(&l->json, '}');
		return 0;
	}
	buf_addf(&b, "%c%s  %s  ", k->current ? '*' : ' ', brief, buf_str(&t));
	quote_text(&b, k->username, strlen(k->username));
	buf_addc(&b, '@');
	quote_text(&b, k->hostname, strlen(k->hostname));
	cli_line(&b);
	return 0;
}

static int
list(struct about *a)
{
	struct listing l = { .c = a->c };
	struct err e = {0};
	int status = EXIT_DONE;

	if (key_each(a->repo, each, &l, &e) < 0)
		status = cli_fail(a->c, &e);
	else if (a->c->json) {
		cli_outf("[%s]\n", buf_str(&l.json));
	}
	buf_fini(&l.json);
	return status;
}

static int
new_password(struct cli *c, const struct opts *o, void **out, size_t *len,
    int *status)
{
	struct cli fresh = *c;

	fresh.backup = NULL;
	fresh.repo = (struct repo_flags){
		.password_file = opt_value(o, "new-password-file"),
		.no_password = opt_given(o, "new-insecure-no-password"),
	};
	if (fresh.repo.password_file == NULL && !fresh.repo.no_password)
		fresh.repo.password = "";	/* nothing but the terminal */
	return about_password(&fresh, 1, out, len, status);
}

/* The new key's id, or the exit status. */
static int
add(struct about *a, const struct opts *o, struct id *id)
{
	const struct passwd *pw = getpwuid(geteuid());
	CLEAN_FREE char *host = backup_host();
	const char *user = opt_value(o, "user");
	struct err e = {0};
	struct key_new key;
	void *password;
	size_t len;
	int status = EXIT_DONE;

	if (user == NULL)
		user = pw != NULL ? pw->pw_name : "";
	if (new_password(a->c, o, &password, &len, &status) < 0)
		return status;
	key = (struct key_new){ .password = password, .len = len,
	    .hostname = opt_value(o, "host") ? opt_value(o, "host") : host,
	    .username = user, .created = a->c->now, .strength = KEY_STRENGTH };
	if (key_add(a->repo->store, a->repo->key, &key, id, &e) < 0)
		status = cli_fail(a->c, &e);
	secret_free(password, PASSWORD_MAX);
	return status;
}

static int
run_add(struct about *a, const struct opts *o)
{
	char brief[ID_SHORT];
	struct id id;
	int status = add(a, o, &id);

	if (status != EXIT_DONE)
		return status;
	id_short(&id, brief);
	cli_say(a->c, "there is a new key: %s", brief);
	return EXIT_DONE;
}

/* The new key opens before the old one goes. */
static int
run_passwd(struct about *a, const struct opts *o)
{
	struct id id, old = a->repo->key_id;
	char brief[ID_SHORT];
	struct err e = {0};
	int status = add(a, o, &id);

	if (status != EXIT_DONE)
		return status;
	a->repo->key_id = id;
	if (key_remove(a->repo, &old, &e) < 0)
		return cli_fail(a->c, &e);
	id_short(&id, brief);
	cli_say(a->c, "the password is changed: key %s", brief);
	return EXIT_DONE;
}

static int
run_remove(struct about *a, const struct opts *o)
{
	struct err e = {0};
	struct id id;

	if (o->n_args < 2)
		return cli_usage(a->c, "which key?  See: fettle key list");
	if (repo_find(a->repo, STORE_KEY, o->args[1], &id, &e) < 0 ||
	    key_remove(a->repo, &id, &e) < 0)
		return cli_fail(a->c, &e);
	cli_say(a->c, "the key is gone");
	return EXIT_DONE;
}

static const struct sub {
	const char	*word;
	int		 how;
	int (*run)(struct about *a, const struct opts *o);
} subs[] = {
	{ "add", ABOUT_SHARED | ABOUT_WRITES, run_add },
	{ "remove", ABOUT_EXCLUSIVE | ABOUT_WRITES, run_remove },
	{ "passwd", ABOUT_EXCLUSIVE | ABOUT_WRITES, run_passwd },
};

static int
run_list(struct cli *c)
{
	struct about a;
	int status = about_open(c, ABOUT_SHARED, &a);

	return status != EXIT_DONE ? status : about_close(&a, list(&a));
}

static int
run(struct cli *c, const struct opts *o)
{
	const char *word = o->n_args > 0 ? o->args[0] : "";
	struct about a;
	size_t i;
	int status;

	if (strcmp(word, "list") == 0)
		return run_list(c);
	if (strcmp(word, "sheet") == 0)
		return sheet_print(c);
	for (i = 0; i < sizeof(subs) / sizeof(*subs); i++) {
		if (strcmp(word, subs[i].word) != 0)
			continue;
		status = about_open(c, subs[i].how, &a);
		return status != EXIT_DONE ? status :
		    about_close(&a, subs[i].run(&a, o));
	}
	return cli_usage(c, "key what?  list, add, remove, passwd or sheet");
}

const struct command cmd_key = {
	"key", "list|add|remove|passwd|sheet", "The passwords of a repository",
	"Each key file holds the same master key behind another password.  'sheet' prints\n"
	"what to keep on paper: place, password, and how to restore with restic alone.",
	opts, run, COMMAND_REPO,
};
