/* setup_key.c -- a new repository's key, and the sheet to recover by. */
#include <string.h>

#include "apply/place.h"
#include "backup/entry.h"
#include "cli/about.h"
#include "cli/setup_key.h"
#include "cli/setup_text.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "fs/dir.h"
#include "repo/password.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/clean.h"

#define LETTERS	32		/* of the password, five bits each */

/* No letter that looks like another (RFC 4648's base32 without case, but for
 * what is mistaken on paper). */
static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";

int
setup_key_write(const struct fs_dir *d, const char *name, struct err *e)
{
	unsigned char r[LETTERS];
	char text[LETTERS + LETTERS / 4 + 1];
	struct err why = {0};
	size_t i, n = 0;
	int ret;

	random_bytes(r, sizeof(r));
	for (i = 0; i < LETTERS; i++) {
		if (i > 0 && i % 4 == 0)
			text[n++] = '-';
		text[n++] = alphabet[r[i] % 32];
	}
	text[n++] = '\n';
	ret = place_write(d, name, text, n, 0, &why);
	if (ret < 0 && why.kind != ERR_EXISTS)
		*e = why;
	else
		ret = 0;
	secret_wipe(text, sizeof(text));
	secret_wipe(r, sizeof(r));
	return ret;
}

static int
make(const struct backup_entry *b, const void *password, size_t len,
    struct err *e)
{
	struct repo_options o = { .password = password, .password_len = len };
	struct store_options so = {0};
	struct store *s;
	struct repo *r;

	backup_entry_store(b, &so);
	if (store_create(b->repository, &so, &s, e) < 0)
		return -1;
	if (repo_init(s, &o, 2, NULL, &r, e) < 0)	/* it took s over */
		return e->kind == ERR_EXISTS ? 0 : -1;
	repo_close(r);
	return 0;
}

static int
write_sheet(struct cli *c, const struct backup_entry *b, const char *dir,
    const void *password, size_t len, struct err *e)
{
	CLEAN_BUF struct buf text = {0};
	struct fs_dir *d;
	int r;

	buf_room(&text, SHEET_ROOM);	/* so that it does not move */
	sheet_text(c, b, password, len, &text);
	r = place_open(dir, 0, &d, NULL, e);
	if (r == 0) {
		r = place_write(d, SETUP_SHEET, text.data, text.len, 1, e);
		fs_dir_free(d);
	}
	secret_wipe(text.data, text.cap);
	return r;
}

int
setup_repository(struct cli *c, const char *dir)
{
	const struct job *j = settings_job(c->settings, SETUP_BACKUP);
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};
	void *password;
	size_t len;
	int r;

	if (backup_entry_password(j->backup, NULL, &password, &len, &e) < 0)
		return cli_fail(c, &e);
	r = make(j->backup, password, len, &e);
	if (r == 0)
		r = write_sheet(c, j->backup, dir, password, len, &e);
	secret_free(password, PASSWORD_MAX);
	if (r < 0)
		return cli_fail(c, &e);
	buf_adds(&b, "made the repository ");
	cli_path(c, &b, j->backup->repository);
	cli_say(c, "%s", buf_str(&b));
	cli_say(c, "print the recovery sheet and keep it elsewhere: "
	    "%s/" SETUP_SHEET, dir);
	return EXIT_DONE;
}
