/*
 * action_write.c -- write: {text, outfile, mode: append | prepend | overwrite,
 * newline, clear_before_first_write, encoding}.  A line of text into a file;
 * what is there goes to the trash where it cannot be added to in place.
 */
#include "rules/action.h"
#include "rules/reader.h"
#include "rules/template.h"
#include "util/charset.h"

struct write {
	struct template	*text, *outfile;
	unsigned	 mode;		/* enum write_mode */
	bool		 newline, clear;
	const char	*encoding;	/* NULL: UTF-8 */
};

static int
write_encoding(struct write *x, const struct conf_node *n,
    struct rule_reader *r)
{
	const char *name;
	int rc = conf_str(n, &name, r->f);

	if (rc != 1)
		return rc;
	if (!charset_is_known(name)) {
		conf_expected(conf_fault(r->f, &n->at, "there is no encoding "
		    "%s", conf_said(name).s), "utf-8, utf-16, latin-1, ascii, "
		    "cp1252 or another one that iconv -l lists");
		return -1;
	}
	if (charset_has_mark(name) && x->mode == WRITE_PREPEND) {
		conf_expected(conf_fault(r->f, &n->at, "what is prepended in %s "
		    "would put its mark in the middle of the file",
		    conf_said(name).s), "one without a mark, such as utf-16-le");
		return -1;
	}
	if (!charset_is_utf8(name))
		x->encoding = arena_str(r->arena, name);
	return 0;
}

static int
write_templates(struct write *x, const struct conf_node *value,
    struct rule_reader *r)
{
	const struct conf_node *text = conf_need(value, "text", "'write'",
	    r->f);
	const struct conf_node *file = conf_need(value, "outfile", "'write'",
	    r->f);
	int rc = 0;

	if (text == NULL || file == NULL)
		return -1;
	rc |= reader_template(r, text, TEMPLATE_TEXT, &x->text);
	rc |= reader_template(r, file, TEMPLATE_PATH, &x->outfile);
	return rc;
}

static int
write_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "text", "outfile", "mode",
	    "newline", "clear_before_first_write", "encoding", NULL };
	static const char *const modes[] = { "append", "prepend", "overwrite",
	    NULL };
	static const struct conf_keys keys = { .what = "'write'",
	    .known = known };
	struct write *x = a->state;
	int rc = 0;

	if (value == NULL || value->kind != CONF_MAP) {
		conf_expected(conf_fault(r->f, r->at, "the action 'write' needs "
		    "a text and a file"), "{text: ..., outfile: PATH}");
		return -1;
	}
	x->newline = true;
	rc |= conf_map_check(value, &keys, r->f) < 0;
	rc |= conf_enum(conf_get(value, "mode"), modes, NULL, &x->mode,
	    r->f) < 0;
	rc |= write_encoding(x, conf_get(value, "encoding"), r) < 0;
	rc |= conf_bool(conf_get(value, "newline"), &x->newline, r->f) < 0;
	rc |= conf_bool(conf_get(value, "clear_before_first_write"), &x->clear,
	    r->f) < 0;
	if (write_templates(x, value, r) < 0 || rc != 0)
		return -1;
	a->needs = template_needs(x->text) | template_needs(x->outfile);
	return 0;
}

static void
write_fini(void *state)
{
	struct write *x = state;

	template_free(x->text);
	template_free(x->outfile);
}

static int
write_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct write *x = state;

	out->kind = INTENT_WRITE;
	out->mode = (enum write_mode)x->mode;
	out->clear = x->clear;
	out->encoding = x->encoding;
	out->later = template_is_later(x->text) != 0;
	out->keep_going_with_original = 1;
	if (template_expand(x->outfile, s, text, e) < 0)
		return -1;
	buf_addc(text, '\0');
	out->words = text->len;
	if (template_expand(x->text, s, text, e) < 0)
		return -1;
	if (x->newline)
		buf_addc(text, '\n');
	return 0;
}

static const struct template *
write_dest(const void *state)
{
	return ((const struct write *)state)->outfile;
}

const struct action_ops action_write = {
	.name	= "write",
	.files	= 1,
	.dirs	= 1,
	.standalone = 1,
	.changes = 1,
	.intends = INTENT_WRITE,
	.size	= sizeof(struct write),
	.read	= write_read,
	.fini	= write_fini,
	.intend	= write_intend,
	.dest	= write_dest,
};
