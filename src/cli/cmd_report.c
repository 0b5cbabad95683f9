/* cmd_report.c -- fettle report: room, growth, duplicates, what was done. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/place.h"
#include "cli/go.h"
#include "cli/report.h"
#include "fs/dir.h"
#include "job/report.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "html", 0, "FILE", "as one page, printable; - is the output", 0 },
	{ "all", 'a', NULL, "read all that may be a duplicate", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static void
clean_dir(struct fs_dir **d)
{
	fs_dir_free(*d);
}

/* Is there a file, and one that is no report of ours? */
static int
is_foreign(const struct fs_dir *d, const char *name)
{
	char start[sizeof(REPORT_MARK)] = "";
	CLEAN_FD int fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return faccessat(d->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	return read(fd, start, sizeof(start) - 1) < 0 ||
	    strcmp(start, REPORT_MARK) != 0;
}

static int
write_page(struct cli *c, const struct buf *page, const char *file)
{
	__attribute__((cleanup(clean_dir))) struct fs_dir *d = NULL;
	CLEAN_FREE char *abs = *file == '/' ? xstrdup(file) :
	    xasprintf("%s/%s", c->working_dir, file);
	CLEAN_FREE char *dir = NULL;
	const char *name = strrchr(abs, '/') + 1;
	char q[QUOTE_SIZE];
	struct err e = {0};

	dir = xstrndup(abs, (size_t)(name - abs));
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return cli_usage(c, "--html wants the name of a file");
	if (fs_dir_open(dir, &d, &e) < 0)
		return cli_fail(c, &e);
	if (is_foreign(d, name)) {
		err_set(&e, ERR_EXISTS, "%s is there, and is no report of "
		    "fettle's: nothing was written",
		    quote_to(q, sizeof(q), file));
		return cli_fail(c, &e);
	}
	if (place_write(d, name, page->data, page->len, 1, &e) < 0)
		return cli_fail(c, &e);
	cli_say(c, "written: %s", quote_to(q, sizeof(q), file));
	return EXIT_DONE;
}

static int
show(struct cli *c, const struct report *r, const char *html)
{
	CLEAN_BUF struct buf page = {0};

	if (c->json)
		report_json(r);
	else if (html == NULL)
		report_text(c, r);
	if (html == NULL)
		return EXIT_DONE;
	report_html(r, &page);
	if (strcmp(html, "-") != 0)
		return write_page(c, &page, html);
	if (!c->json)
		cli_out(page.data, page.len);
	return EXIT_DONE;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct report_options ro = { .now = c->now, .stop = cli_stopped,
	    .all = opt_given(o, "all") };
	struct report *r;
	struct hall *h;
	struct err e = {0};
	int status;

	if (o->n_args > 0)
		return cli_usage(c, "fettle report takes no argument");
	status = cli_load(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	if (report_make(h, &ro, &r, &e) < 0)
		status = e.kind == ERR_STOPPED ? EXIT_INTERRUPTED :
		    cli_fail(c, &e);
	else {
		status = show(c, r, opt_value(o, "html"));
		report_free(r);
	}
	hall_close(h);
	return status;
}

const struct command cmd_report = {
	"report", "", "Room, growth, duplicates, what was done and what failed",
	"Looks through all folders that the configuration speaks of. Of what may be\n"
	"duplicates 1 GiB is read, the largest files first; --all reads all. An older\n"
	"report is replaced by --html FILE, another file never.",
	opts, run, COMMAND_HISTORY,
};
