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

static int
has_one_of(const struct job *j, const char *const *tags)
{
	for (; tags != NULL && *tags != NULL; tags++)
		if (has_tag(j, *tags))
			return 1;
	return 0;
}

static int
unknown(const struct settings *s, const char *name, struct err *e)
{
	const char *names[256];
	const char *near;
	size_t i, n = 0;

	for (i = 0; i < s->n_jobs && n < 255; i++)
		names[n++] = s->jobs[i].name;
	names[n] = NULL;
	near = conf_nearest(name, names);
	if (near != NULL)
		return err_set(e, ERR_USAGE, "there is no job or tag '%.100s'; "
		    "did you mean '%.100s'?", name, near);
	return err_set(e, ERR_USAGE, "there is no job or tag '%.100s'", name);
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

int
select_jobs(const struct settings *s, const struct job_request *q,
    unsigned char *wanted, struct err *e)
{
	const char *const *name;
	const struct job *j;
	size_t i;

	memset(wanted, 0, s->n_jobs);
	if (q->names != NULL && *q->names != NULL) {
		for (name = q->names; *name != NULL; name++)
			if (!mark(s, *name, q->exact, wanted))
				return unknown(s, *name, e);
	} else {
		for (i = 0; i < s->n_jobs; i++) {
			j = &s->jobs[i];
			wanted[i] = q->tags == NULL ? !has_tag(j, "never") :
			    has_one_of(j, q->tags) || has_tag(j, "always");
		}
	}
	for (i = 0; i < s->n_jobs; i++)
		if (!s->jobs[i].enabled || has_one_of(&s->jobs[i], q->skip_tags))
			wanted[i] = 0;
	return 0;
}
