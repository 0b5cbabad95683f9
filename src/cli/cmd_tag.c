/* cmd_tag.c -- other tags for snapshots. */
#include <stdlib.h>
#include <string.h>

#include "cli/about.h"
#include "cli/repo_show.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	SNAPSHOT_FILTER_OPTS,
	{ "set", 0, "TAG,...", "these instead of what they have", 1 },
	{ "add", 0, "TAG,...", "these, too", 1 },
	{ "remove", 0, "TAG,...", "not these any more", 1 },
	{ NULL, 0, NULL, NULL, 0 },
};

static size_t
count(char **v)
{
	size_t n = 0;

	while (v != NULL && v[n] != NULL)
		n++;
	return n;
}

static int
has(char **v, const char *tag, size_t len)
{
	for (; v != NULL && *v != NULL; v++)
		if (strlen(*v) == len && memcmp(*v, tag, len) == 0)
			return 1;
	return 0;
}

static int
add(struct snapshot *s, const char *tag, size_t len)
{
	size_t n = count(s->tags);

	if (len == 0 || has(s->tags, tag, len))
		return 0;
	s->tags = xrealloc(s->tags, n + 2, sizeof(*s->tags));
	s->tags[n] = xstrndup(tag, len);
	s->tags[n + 1] = NULL;
	return 1;
}

static int
drop(struct snapshot *s, const char *tag, size_t len)
{
	size_t i, k = 0, n = count(s->tags);

	if (!has(s->tags, tag, len))
		return 0;
	for (i = 0; i < n; i++)
		if (strlen(s->tags[i]) == len &&
		    memcmp(s->tags[i], tag, len) == 0)
			free(s->tags[i]);
		else
			s->tags[k++] = s->tags[i];
	s->tags[k] = NULL;
	return 1;
}

/* Each tag of lists like "a,b", without the blanks around it; how many changed
 * something, or are there (without a snapshot). */
static int
each_tag(struct snapshot *s, const char *const *lists,
    int (*what)(struct snapshot *s, const char *tag, size_t len))
{
	const char *p;
	int n = 0;
	size_t len, bare;

	for (; lists != NULL && *lists != NULL; lists++)
		for (p = *lists; *p != '\0'; p += len + (p[len] == ',')) {
			p += strspn(p, SNAPSHOT_BLANKS);
			bare = len = strcspn(p, ",");
			while (bare > 0 &&
			    strchr(SNAPSHOT_BLANKS, p[bare - 1]) != NULL)
				bare--;
			n += s != NULL ? what(s, p, bare) : bare > 0;
		}
	return n;
}

static int
change(struct snapshot *s, const struct opts *o)
{
	size_t i, n = count(s->tags);

	if (opt_values(o, "set") == NULL)
		return each_tag(s, opt_values(o, "add"), add) +
		    each_tag(s, opt_values(o, "remove"), drop);
	for (i = 0; i < n; i++)
		free(s->tags[i]);
	if (n > 0)
		s->tags[0] = NULL;
	each_tag(s, opt_values(o, "set"), add);
	return 1;
}

/* The new one is there before the old one goes. */
static int
replace(struct repo *r, struct snapshot *s, struct err *e)
{
	struct id old = s->id;

	if (!s->has_original) {
		s->original = old;
		s->has_original = 1;
	}
	if (snapshot_save(r, s, e) < 0)
		return -1;
	return id_equal(&old, &s->id) ? 0 :
	    repo_remove(r, STORE_SNAPSHOT, &old, e);
}

static void
tell(const struct cli *c, const struct id *old, const struct id *new)
{
	char a[ID_HEX], b[ID_HEX];

	id_hex(old, a);
	id_hex(new, b);
	if (c->json)
		cli_outf("{\"message_type\":\"changed\",\"old_snapshot_id\":\"%s\","
		    "\"new_snapshot_id\":\"%s\"}\n", a, b);
	else if (c->verbose)
		cli_outf("%.8s is now %.8s\n", a, b);
}

static int
tag(struct about *a, const struct opts *o, struct snapshots *l)
{
	struct err e = {0};
	struct id old;
	size_t i, n = 0;

	for (i = 0; i < l->n; i++) {
		old = l->v[i].id;
		if (!change(&l->v[i], o))
			continue;
		if (replace(a->repo, &l->v[i], &e) < 0)
			return cli_fail(a->c, &e);
		tell(a->c, &old, &l->v[i].id);
		n++;
	}
	if (a->c->json)
		cli_outf("{\"message_type\":\"summary\","
		    "\"changed_snapshots\":%zu}\n", n);
	else
		cli_say(a->c, "changed %zu snapshot%s", n, n == 1 ? "" : "s");
	return EXIT_DONE;
}

static int
run(struct cli *c, const struct opts *o)
{
	int set = opt_given(o, "set"), others = opt_given(o, "add") ||
	    opt_given(o, "remove"), status;
	struct snapshot_filter f;
	struct snapshots l = {0};
	struct about a;

	if (set == others)
		return cli_usage(c, set ? "--set, or --add and --remove" :
		    "nothing to do: --set, --add or --remove");
	/* A variable that was not set must not take the tags of all: what
	 * 'keep' holds on to may hang by them. */
	if (set && each_tag(NULL, opt_values(o, "set"), NULL) == 0)
		return cli_usage(c, "--set wants a tag; to take tags away: "
		    "--remove");
	status = about_open(c, ABOUT_EXCLUSIVE | ABOUT_WRITES, &a);
	if (status != EXIT_DONE)
		return status;
	show_filter(o, &f);
	status = show_find(c, a.repo, o, &f, &l);
	if (status == EXIT_DONE)
		status = tag(&a, o, &l);
	snapshots_fini(&l);
	return about_close(&a, status);
}

const struct command cmd_tag = {
	"tag", "[SNAPSHOT...]", "Change the tags of snapshots",
	"Of those named, or all that fit.  A snapshot gets a new id by it, and keeps its\n"
	"first one as 'original'.", opts, run, COMMAND_REPO,
};
