#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/opts.h"
#include "conf/nearest.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define DEFS_MAX	128

static size_t
count_defs(const struct opt_def *defs)
{
	size_t n = 0;

	while (defs[n].name != NULL)
		n++;
	return n;
}

/* The def whose name is text (or the only one it abbreviates), or NULL. */
static const struct opt_def *
find_long(const struct opt_def *defs, const char *text, size_t len)
{
	const struct opt_def *found = NULL;
	size_t i;

	for (i = 0; defs[i].name != NULL; i++) {
		if (strncmp(defs[i].name, text, len) != 0)
			continue;
		if (defs[i].name[len] == '\0')
			return &defs[i];
		if (found != NULL)
			return NULL;
		found = &defs[i];
	}
	return found;
}

static const struct opt_def *
find_letter(const struct opt_def *defs, char letter)
{
	for (; defs->name != NULL; defs++)
		if (defs->letter != '\0' && defs->letter == letter)
			return defs;
	return NULL;
}

/* Of restic, and not of ours: what to do instead. */
static const struct refused {
	const char	*name, *why;
} refused[] = {
	{ "insecure-tls", "a certificate that nobody vouches for is no lock; name "
	    "the server's own with --cacert FILE" },
	{ "unsafe-recover-no-free-space", "prune never removes before it has "
	    "written; make room, or: forget, and prune --max-repack-size 0" },
	{ "use-fs-snapshot", "that is of Windows" },
	{ "exclude-cloud-files", "that is of Windows" },
	{ "http-user-agent", "servers are told fettle's own" },
};

/* Those that choose what the whole program reads; `leading` in main.c has them. */
static const char *const early[][2] = {
	{ "config", "c" }, { "working-dir", "W" },
};

/* An option that is known and not there: -1 and why; 0 if it is not known. */
static int
refuse(const char *name, struct err *e)
{
	size_t i;

	for (i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		if (strcmp(early[i][0], name) == 0 ||
		    strcmp(early[i][1], name) == 0)
			return err_set(e, ERR_USAGE, "-%s (--%s) stands before "
			    "the command", early[i][1], early[i][0]);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(refused[i].name, name) == 0)
			return err_set(e, ERR_USAGE, "there is no option --%s: "
			    "%s", name, refused[i].why);
	return 0;
}

static int
unknown(const struct opt_def *defs, const char *text, struct err *e)
{
	const char *names[DEFS_MAX + 1];
	char name[64];
	const char *near;
	size_t n = count_defs(defs), i;

	for (i = 0; i < n; i++)
		names[i] = defs[i].name;
	names[n] = NULL;
	for (i = 0; i < sizeof(name) - 1 && text[i] && text[i] != '='; i++)
		name[i] = text[i];
	name[i] = '\0';
	if (refuse(name, e) < 0)
		return -1;
	near = strlen(name) > 1 ? conf_nearest(name, names) : NULL;
	if (near != NULL)
		return err_set(e, ERR_USAGE, "there is no option --%s; did you "
		    "mean --%s?", name, near);
	return err_set(e, ERR_USAGE, "there is no option %s%s",
	    strlen(name) > 1 ? "--" : "-", name);
}

static int
add(struct opts *o, const struct opt_def *d, const char *value, struct err *e)
{
	size_t i = (size_t)(d - o->defs);

	if (o->counts[i] > 0 && !d->many && d->value != NULL)
		return err_set(e, ERR_USAGE, "--%s is given twice", d->name);
	o->values[i] = xrealloc(o->values[i], o->counts[i] + 2,
	    sizeof(*o->values[i]));
	o->values[i][o->counts[i]++] = value;
	o->values[i][o->counts[i]] = NULL;
	return 0;
}

static int
take_long(struct opts *o, const char *text, char **argv, int argc, int *at,
    struct err *e)
{
	const char *eq = strchr(text, '=');
	size_t len = eq ? (size_t)(eq - text) : strlen(text);
	const struct opt_def *d = find_long(o->defs, text, len);

	if (d == NULL)
		return unknown(o->defs, text, e);
	if (d->value == NULL && eq != NULL)
		return err_set(e, ERR_USAGE, "--%s takes no value", d->name);
	if (d->value == NULL)
		return add(o, d, "", e);
	if (eq != NULL)
		return add(o, d, eq + 1, e);
	if (*at + 1 >= argc)
		return err_set(e, ERR_USAGE, "--%s wants %s", d->name, d->value);
	return add(o, d, argv[++*at], e);
}

static int
take_letters(struct opts *o, const char *text, char **argv, int argc, int *at,
    struct err *e)
{
	const struct opt_def *d;
	char one[2] = "";

	for (; *text != '\0'; text++) {
		one[0] = *text;
		if ((d = find_letter(o->defs, *text)) == NULL)
			return unknown(o->defs, one, e);
		if (d->value == NULL) {
			if (add(o, d, "", e) < 0)
				return -1;
			continue;
		}
		if (text[1] != '\0')
			return add(o, d, text + 1, e);
		if (*at + 1 >= argc)
			return err_set(e, ERR_USAGE, "-%c wants %s", d->letter,
			    d->value);
		return add(o, d, argv[++*at], e);
	}
	return 0;
}

int
opts_parse(struct opts *o, const struct opt_def *defs, int argc, char **argv,
    struct err *e)
{
	size_t n = count_defs(defs);
	int i, only_args = 0, r;

	*o = (struct opts){
		.defs = defs,
		.values = xallocn(n, sizeof(*o->values)),
		.counts = xallocn(n, sizeof(*o->counts)),
		.args = xallocn((size_t)argc + 1, sizeof(*o->args)),
	};
	for (i = 0; i < argc; i++) {
		r = 0;
		if (only_args || argv[i][0] != '-' || argv[i][1] == '\0')
			o->args[o->n_args++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			only_args = 1;
		else if (argv[i][1] == '-')
			r = take_long(o, argv[i] + 2, argv, argc, &i, e);
		else
			r = take_letters(o, argv[i] + 1, argv, argc, &i, e);
		if (r < 0)
			return -1;
	}
	return 0;
}

void
opts_fini(struct opts *o)
{
	size_t i, n = o->defs ? count_defs(o->defs) : 0;

	for (i = 0; i < n; i++)
		free(o->values[i]);
	free(o->values);
	free(o->counts);
	free(o->args);
	*o = (struct opts){0};
}

static size_t
index_of(const struct opts *o, const char *name)
{
	size_t i;

	for (i = 0; o->defs[i].name != NULL; i++)
		if (strcmp(o->defs[i].name, name) == 0)
			return i;
	abort();		/* a command asks for an option it has not */
}

int
opt_given(const struct opts *o, const char *name)
{
	return o->counts[index_of(o, name)] > 0;
}

const char *
opt_value(const struct opts *o, const char *name)
{
	size_t i = index_of(o, name);

	return o->counts[i] ? o->values[i][o->counts[i] - 1] : NULL;
}

const char *const *
opt_values(const struct opts *o, const char *name)
{
	return o->values[index_of(o, name)];
}

int
opt_number(const struct opts *o, const char *name, long min, long max, long *v,
    struct err *e)
{
	const char *text = opt_value(o, name);
	char *end;
	long n;

	if (text == NULL)
		return 1;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < min || n > max)
		return err_set(e, ERR_USAGE, "--%s wants a number from %ld to "
		    "%ld, not '%.60s'", name, min, max, text);
	*v = n;
	return 0;
}

/* Where the second column begins; what is longer has a line of its own. */
enum { HELP_COLUMN = 28 };

void
opts_help(const struct opt_def *defs, size_t n, struct buf *out)
{
	CLEAN_BUF struct buf left = {0};

	for (; n > 0 && defs->name != NULL; defs++, n--) {
		if (defs->help == NULL)
			continue;
		buf_reset(&left);
		if (defs->letter)
			buf_addf(&left, "-%c, ", defs->letter);
		else
			buf_adds(&left, "    ");
		buf_addf(&left, "--%s%s%s", defs->name, defs->value ? " " : "",
		    defs->value ? defs->value : "");
		buf_addf(out, "  %-*s", HELP_COLUMN, left.data);
		if (left.len > HELP_COLUMN)
			buf_addf(out, "\n  %*s", HELP_COLUMN, "");
		buf_addf(out, " %s\n", defs->help);
	}
}
