/*
 * sheet.c -- the recovery sheet: what to keep on paper, so that the files can be
 * had back on any machine, with restic alone.
 */
#include <stdlib.h>
#include <string.h>

#include "backup/entry.h"
#include "cli/about.h"
#include "cli/go.h"
#include "crypto/secret.h"
#include "job/job.h"
#include "util/err.h"
#include "repo/password.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/time.h"

void
sheet_text(const struct cli *c, const struct backup_entry *b,
    const void *password, size_t len, struct buf *out)
{
	CLEAN_FREE char *host = backup_host();
	const char **p;

	buf_addf(out, "RECOVERY SHEET for the backup '%s' of %s\nprinted ",
	    b->name, b->host != NULL ? b->host : host);
	time_local(out, c->now);
	buf_adds(out, "\n\nWhat it holds:   ");
	for (p = b->paths; *p != NULL; p++)
		buf_addf(out, "%s%s", *p, p[1] != NULL ? ", " : "\n");
	buf_addf(out, "Where it lies:   %s\nPassword:        ", b->repository);
	buf_add(out, password, len);
	buf_addf(out, "\n\n"
	    "The password is the only way in.  Keep this sheet away from the machine,\n"
	    "and from whoever must not read the files.\n\n"
	    "To get the files back with fettle:\n"
	    "    fettle -r %s snapshots\n"
	    "    fettle -r %s restore latest --target /restored\n\n"
	    "Without fettle, with restic (https://restic.net, in most distributions):\n"
	    "    restic -r %s snapshots\n"
	    "    restic -r %s restore latest --target /restored\n"
	    "Either asks for the password above.\n", b->repository,
	    b->repository, b->repository, b->repository);
}

/* `status` need not warn any more. */
static void
note_printed(struct cli *c, const struct job *j)
{
	struct hall *h;
	struct err e = {0};

	if (go_open(c, HALL_RUN, 0, &h) != EXIT_DONE) {
		cli_say(c, "so 'status' will not know that it was printed");
		return;
	}
	if (job_sheet_printed(h, j, c->now, &e) < 0)
		cli_fail(c, &e);
	hall_close(h);
}

int
sheet_print(struct cli *c)
{
	CLEAN_BUF struct buf out = {0};
	const struct job *j;
	void *password;
	size_t len;
	int status;

	if (c->backup == NULL)
		return cli_usage(c, "the sheet of which backup?  -b NAME");
	if ((status = cli_load(c)) != EXIT_DONE)
		return status;
	j = settings_job(c->settings, c->backup);
	if (j == NULL || j->kind != JOB_BACKUP || j->backup == NULL)
		return cli_usage(c, "there is no backup '%.100s' with a repository",
		    c->backup);
	if (about_password(c, 0, &password, &len, &status) < 0)
		return status;
	buf_room(&out, SHEET_ROOM);	/* so that it does not move */
	sheet_text(c, j->backup, password, len, &out);
	secret_free(password, PASSWORD_MAX);
	cli_out(out.data, out.len);
	secret_wipe(out.data, out.cap);
	note_printed(c, j);
	return EXIT_DONE;
}
