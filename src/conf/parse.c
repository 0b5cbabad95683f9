/*
 * parse.c -- one file's text, read as YAML.
 *
 * When libyaml stumbles, syntax.c finds words for it and may repair the line;
 * then all is composed once more from the start (conf/source.h).  Faults that
 * are told again by that are kept once.
 */
#include <stdlib.h>

#include "conf/compose.h"
#include "conf/get.h"
#include "conf/syntax.h"

struct conf_mark
conf_yaml_mark(const struct conf_composer *c, yaml_mark_t from, yaml_mark_t to)
{
	struct conf_mark m = { c->source, (unsigned)from.line + 1,
	    (unsigned)from.column + 1, 1 };

	if (to.line == from.line && to.column > from.column)
		m.width = (unsigned)(to.column - from.column);
	return m;
}

/* What libyaml could not read; c->again says whether it was repaired. */
static void
stumble(struct conf_composer *c)
{
	const yaml_parser_t *y = &c->yaml;
	struct conf_stumble st = {
		.context = y->context ? y->context : "",
		.problem = y->problem ? y->problem : "",
		.context_line = (unsigned)y->context_mark.line + 1,
		.context_column = (unsigned)y->context_mark.column + 1,
		.line = (unsigned)y->problem_mark.line + 1,
		.column = (unsigned)y->problem_mark.column + 1,
		.flow = y->flow_level > 0,
		.open = c->open,
	};

	if (y->error == YAML_MEMORY_ERROR)
		abort();
	c->again = conf_syntax(c->source, &st, c->f);
}

int
conf_event(struct conf_composer *c, yaml_event_t *ev)
{
	if (yaml_parser_parse(&c->yaml, ev))
		return 0;
	stumble(c);
	return -1;
}

static struct conf_node *
empty_map(struct conf_composer *c)
{
	struct conf_node *n = arena_alloc(c->arena, sizeof(*n));

	n->kind = CONF_MAP;
	n->style = CONF_BLOCK;
	n->at = (struct conf_mark){ c->source, 1, 1, 1 };
	n->weight = n->height = 1;
	return n;
}

/* The next event is of this type; it is dropped.  Otherwise it is told. */
static int
pass(struct conf_composer *c, yaml_event_type_t type)
{
	struct conf_mark at;
	yaml_event_t ev;
	bool fits;

	if (conf_event(c, &ev) < 0)
		return -1;
	fits = ev.type == type;
	at = conf_yaml_mark(c, ev.start_mark, ev.start_mark);
	yaml_event_delete(&ev);
	if (!fits)
		conf_fault(c->f, &at, "a second document begins here; "
		    "a file holds one");
	return 0;
}

static struct conf_node *
document(struct conf_composer *c)
{
	struct conf_node *root;
	yaml_event_t ev;

	if (conf_event(c, &ev) < 0)
		return NULL;
	yaml_event_delete(&ev);			/* the stream begins */
	if (conf_event(c, &ev) < 0)
		return NULL;
	if (ev.type == YAML_STREAM_END_EVENT)
		return yaml_event_delete(&ev), empty_map(c);
	yaml_event_delete(&ev);			/* the document begins */
	if (conf_event(c, &ev) < 0 || (root = conf_compose(c, &ev)) == NULL)
		return NULL;
	if (pass(c, YAML_DOCUMENT_END_EVENT) < 0 ||
	    pass(c, YAML_STREAM_END_EVENT) < 0)
		return NULL;
	if (root->kind == CONF_NULL)
		return empty_map(c);
	if (root->kind == CONF_MAP)
		return root;
	conf_expected(conf_wrong(root, "a map of sections", c->f),
	    "lines like 'rules:' or 'backups:', with a blank after the colon");
	return NULL;
}

static struct conf_node *
read_once(struct conf *conf, struct conf_source *s, struct conf_faults *f,
    bool *again)
{
	struct conf_composer c = { .conf = conf, .source = s, .f = f,
	    .arena = &s->tree };
	size_t weight = conf->weight;
	struct conf_node *root;

	if (!yaml_parser_initialize(&c.yaml))
		abort();
	yaml_parser_set_encoding(&c.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&c.yaml, s->text.data, s->text.len);
	root = document(&c);
	yaml_parser_delete(&c.yaml);
	free(c.anchors);
	*again = c.again;
	if (root == NULL) {
		arena_fini(&s->tree);
		conf->weight = weight;
	}
	return root;
}

struct conf_node *
conf_read(struct conf *conf, struct conf_source *s, struct conf_faults *f)
{
	struct conf_node *root;
	bool again = true;
	int pass_no;

	if (conf_source_scan(s, f) < 0)
		return NULL;
	for (pass_no = 0; again && pass_no <= CONF_REPAIRS_MAX; pass_no++)
		if ((root = read_once(conf, s, f, &again)) != NULL)
			return root;
	return NULL;
}
