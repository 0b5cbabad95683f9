#ifndef CONF_COMPOSE_H
#define CONF_COMPOSE_H

#include <yaml.h>

#include "conf/conf_impl.h"
#include "conf/source.h"

/*
 * libyaml at work on one source, inside this room: parse.c fetches events and
 * knows documents, compose.c makes nodes of them.
 */
struct conf_anchor {
	const char		*name;
	struct conf_node	*node;
};

struct conf_composer {
	yaml_parser_t		 yaml;
	struct conf		*conf;
	struct arena		*arena;
	struct conf_source	*source;
	struct conf_faults	*f;
	struct conf_anchor		*anchors;
	size_t			 n_anchors, cap_anchors;
	unsigned		 depth, flow;
	struct conf_mark	 open;		/* innermost open [ or { */
	bool			 again;		/* repaired: start over */
	const char		*key;		/* nearest above */
	struct conf_mark	 key_at;
};

/* The next event, to be deleted by the caller; -1 if that was told. */
int conf_event(struct conf_composer *c, yaml_event_t *ev);

/* The node that begins with ev, which is used up.  NULL: told, give up. */
struct conf_node *conf_compose(struct conf_composer *c, yaml_event_t *ev);

/* A place of libyaml's as ours. */
struct conf_mark conf_yaml_mark(const struct conf_composer *c, yaml_mark_t from,
    yaml_mark_t to);

#endif
