/*
 * action_archive.c -- archive: ~/Archive | {to, on_conflict, rename_template,
 * keep_metadata: always | when_possible}.  A move that keeps the path from the
 * location on, and by default refuses where owner, ACL or attributes would be
 * lost.  organize has no such action.
 */
#include <string.h>

#include "rules/action.h"
#include "rules/reader.h"
#include "rules/template.h"

struct archiving {
	struct template	*to;
	struct taken	 taken;
	unsigned	 when_possible;
};

static int
archive_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "to", "on_conflict",
	    "rename_template", "keep_metadata", NULL };
	static const char *const keep[] = { "always", "when_possible", NULL };
	static const struct conf_keys keys = { .what = "'archive'",
	    .known = known };
	const struct conf_node *to = reader_short(value, "to");
	struct archiving *x = a->state;
	int rc = 0;

	if (value != NULL && value->kind == CONF_MAP) {
		rc |= conf_map_check(value, &keys, r->f) < 0;
		rc |= conf_enum(conf_get(value, "keep_metadata"), keep, NULL,
		    &x->when_possible, r->f) < 0;
	}
	if (to == NULL) {
		conf_fault(r->f, r->at, "the action 'archive' needs a folder");
		return -1;
	}
	if (on_conflict_read(&x->taken, value, r) < 0 ||
	    reader_template(r, to, TEMPLATE_PATH, &x->to) < 0 || rc != 0)
		return -1;
	a->needs = template_needs(x->to);
	return 0;
}

static void
archive_fini(void *state)
{
	struct archiving *x = state;

	template_free(x->to);
	on_conflict_fini(&x->taken);
}

/* What lies between the location and the file's folder. */
static void
add_between(const struct subject *s, struct buf *text)
{
	size_t n = strlen(s->location);

	n -= n == 1;
	if (strncmp(s->dir, s->location, n) == 0 && s->dir[n] == '/')
		buf_adds(text, s->dir + n);
}

static int
archive_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct archiving *x = state;

	out->kind = INTENT_ARCHIVE;
	out->folder = FOLDER_SURE;
	out->taken = &x->taken;
	out->keep_metadata = x->when_possible == 0;
	if (template_expand(x->to, s, text, e) < 0)
		return -1;
	while (text->len > 1 && text->data[text->len - 1] == '/')
		text->len--;
	add_between(s, text);
	return 0;
}

static const struct taken *
archive_taken(const void *state)
{
	return &((const struct archiving *)state)->taken;
}

static const struct template *
archive_dest(const void *state)
{
	return ((const struct archiving *)state)->to;
}

const struct action_ops action_archive = {
	.name	= "archive",
	.files	= 1,
	.dirs	= 1,
	.changes = 1,
	.leaves	= 1,
	.intends = INTENT_ARCHIVE,
	.size	= sizeof(struct archiving),
	.read	= archive_read,
	.fini	= archive_fini,
	.intend	= archive_intend,
	.taken	= archive_taken,
	.dest	= archive_dest,
};
