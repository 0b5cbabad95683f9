#include <string.h>

#include "conf/nearest.h"
#include "job/select.h"
#include "util/buf.h"
#include "util/err.h"

static int
has_tag(const struct job *j, const char *tag)
{
	char **t;

	for (t = j->tags; t != NULL && *t != NULL; t++)
		if (strcmp(*t, tag) == 0)
			return 1;
	return 0;
}

/* Is it one of them?  Each may be several, "fast,daily", as for organize. */
static int
among(const char *tag, const char *const *tags)
{
	size_t n = strlen(tag), len;

	for (; tags != NULL && *tags != NULL; tags++)
		for (const char *p = *tags;; p += len + 1) {
			len = strcspn(p, ",");
			if (len == n && memcmp(p, tag, n) == 0)
				return 1;
			if (p[len] == '\0')
				break;
		}
	return 0;
}

static int
has_one_of(const struct job *j, const char *const *tags)
{
	for (char **t = j->tags; t != NULL && *t != NULL; t++)
		if (among(*t, tags))
			return 1;
	return 0;
}

int
select_unknown(const struct settings *s, const char *what, unsigned kinds,
    const char *name, struct err *e)
{
	const char *names[256];
	const char *near;
	size_t i, n = 0;

	for (i = 0; i < s->n_jobs && n < 255; i++)
		if (kinds == 0 || (kinds & 1u << s->jobs[i].kind) != 0)
			names[n++] = s->jobs[i].name;
	names[n] = NULL;
	near = conf_nearest(name, names);
	if (near != NULL)
		return err_set(e, ERR_USAGE, "there is no %s '%.100s'; did you "
		    "mean '%.100s'?", what, name, near);
	return err_set(e, ERR_USAGE, "there is no %s '%.100s'", what, name);
}

/* Mark what one word means; 0 if it means nothing. */
static int
mark(const struct settings *s, const char *name, int exact,
    unsigned char *wanted)
{
	size_t i;
	int found = 0;

	for (i = 0; i < s->n_jobs; i++) {
		if (strcmp(s->jobs[i].name, name) != 0 &&
		    (exact || !has_tag(&s->jobs[i], name)))
			continue;
		wanted[i] = 1;
		found = 1;
	}
	return found;
}

/*
 * What --tags and --skip-tags leave, as organize has it: `always` is taken
 * unless just that is skipped, `never` only if just that is asked for.
 */
static int
by_tags(const struct job *j, const char *const *tags,
    const char *const *skip)
{
	static const char *const always[] = { "always", NULL };
	static const char *const never[] = { "never", NULL };

	if (has_one_of(j, always) && !among("always", skip))
		return 1;
	if (has_one_of(j, never) && !among("never", tags))
		return 0;
	if (tags != NULL && *tags != NULL && !has_one_of(j, tags))
		return 0;
	return !has_one_of(j, skip);
}

int
select_jobs(const struct settings *s, const struct job_request *q,
    unsigned char *wanted, struct err *e)
{
	const char *const *name;
	size_t i;

	memset(wanted, 0, s->n_jobs);
	if (q->names != NULL && *q->names != NULL) {
		for (name = q->names; *name != NULL; name++)
			if (!mark(s, *name, q->exact, wanted))
				return select_unknown(s, "job or tag", 0,
				    *name, e);
	} else {
		for (i = 0; i < s->n_jobs; i++)
			wanted[i] = (unsigned char)by_tags(&s->jobs[i], q->tags,
			    q->skip_tags);
	}
	for (i = 0; i < s->n_jobs; i++)
		if (!s->jobs[i].enabled || (q->names != NULL && *q->names !=
		    NULL && has_one_of(&s->jobs[i], q->skip_tags)))
			wanted[i] = 0;
	return 0;
}
