#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "cli/runs.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

int
runs_is_number(const char *word, int64_t *run)
{
	if (*word == '\0' || strspn(word, "0123456789") != strlen(word))
		return 0;
	errno = 0;
	*run = strtoll(word, NULL, 10);
	return errno == 0 && *run > 0;
}

/* Append one component to an absolute path, taking "." and ".." as said. */
static void
step(struct buf *b, const char *part, size_t len)
{
	if (len == 0 || (len == 1 && part[0] == '.'))
		return;
	if (len == 2 && part[0] == '.' && part[1] == '.') {
		while (b->len > 0 && b->data[--b->len] != '/')
			;
		return;
	}
	buf_addc(b, '/');
	buf_add(b, part, len);
}

static void
steps(struct buf *b, const char *path)
{
	size_t n;

	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		step(b, path, n);
	}
}

char *
runs_absolute(const struct cli *c, const char *path)
{
	struct buf b = {0};

	if (path[0] != '/')
		steps(&b, c->working_dir);
	steps(&b, path);
	if (b.len == 0)
		buf_addc(&b, '/');
	return buf_steal(&b);
}

struct newest {
	int64_t		 run;
};

static int
look(void *arg, const struct event_row *r)
{
	struct newest *n = arg;

	if (r->event != EVENT_UNDONE && r->run > n->run)
		n->run = r->run;
	return 0;
}

int
runs_of_path(struct cli *c, struct hall *h, const char *path, int64_t *run)
{
	CLEAN_FREE char *abs = runs_absolute(c, path);
	struct newest n = {0};
	char q[QUOTE_SIZE];
	struct err e = {0};

	if (catalog_where(h->catalog, abs, look, &n, &e) < 0)
		return cli_fail(c, &e);
	if (n.run == 0) {
		err_set(&e, ERR_NOENT, "nothing is known of %s",
		    quote_to(q, sizeof(q), abs));
		return cli_fail(c, &e);
	}
	*run = n.run;
	return EXIT_DONE;
}
