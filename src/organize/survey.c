/*
 * survey.c -- rules with a filter `duplicate`: all their files are seen before
 * the first is decided on.
 *
 * The rule's locations are walked as they are for the plan, but a file is only
 * held against the filters before that one, and what gets as far is added to
 * the twins.  Then they are read and compared at once, and the walk for the
 * plan only looks the answer up.
 */
#include <stdlib.h>
#include <string.h>

#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "plan/twin.h"
#include "rules/reader.h"

int
survey_rule(struct run *r, struct err *e)
{
	const struct rule *rule = r->rule;
	size_t absent = 0;
	int rc = 0;

	for (size_t k = 0; k < rule->n_twins && rc == 0; k++) {
		struct twins *t = twins_new(&rule->twins[k]);

		r->twins[k] = t;
		r->survey = &rule->twins[k];
		for (size_t i = 0; i < rule->n_locations && rc == 0; i++)
			rc = plan_location(r, i, &absent, e);
		r->survey = NULL;
		if (rc == 0)
			twins_find(t, r->crew);
	}
	return rc;
}

static size_t
number_of(const struct run *r, unsigned slot)
{
	size_t k = 0;

	while (k < r->rule->n_twins && r->rule->twins[k].slot != slot)
		k++;
	return k;
}

void
survey_add(struct run *r, const struct candidate *c)
{
	const struct overlay_note *note = c->entry->note;
	struct twins *t = r->twins[number_of(r, r->survey->slot)];

	if (note != NULL && note->real_dir == NULL)
		return;		/* its bytes cannot be found before */
	twins_add(t, r->dir->path, c->entry->name,
	    note != NULL ? note->real_dir : NULL,
	    note != NULL ? note->real_name : NULL, folder_id(r, c));
}

int
ask_original(void *run, unsigned slot, const struct subject *s,
    const char **path, struct err *e)
{
	struct run *r = run;
	size_t k = number_of(r, slot);
	const char *dir, *name;
	int hit;

	if (k == r->rule->n_twins || r->twins[k] == NULL)
		return 0;
	hit = twins_original(r->twins[k], s->dir, s->name, &dir, &name, e);
	if (hit != 1)
		return hit;
	buf_reset(&r->path);
	path_join(&r->path, dir, name);
	*path = buf_str(&r->path);
	return 1;
}

void
survey_pack(struct run *r, struct buf *out)
{
	const struct subject *s = &r->subject;

	for (size_t k = 0; k < r->rule->n_twins; k++) {
		struct twin_note n;

		if (r->twins[k] == NULL || twins_original(r->twins[k],
		    r->dir->path, s->first, &n.dir, &n.name, NULL) != 1)
			continue;
		twin_pack(out, &n);
		return;
	}
}

void
survey_fini(struct run *r)
{
	for (size_t k = 0; k < r->rule->n_twins; k++)
		twins_free(r->twins[k]);
}
