#include "conf/get.h"
#include "rules/watch.h"

static const char *const known[] = { "settle", "after", NULL };

static int
read_span(const struct conf_node *n, int64_t *us, struct conf_faults *f)
{
	int64_t ns;
	int r = conf_span(n, "s", &ns, f);

	if (r != 1)
		return r;
	if (ns < 0 || ns / 1000 > WATCH_MOST) {
		conf_expected(conf_bad(n, "it is too long", f),
		    "a time span of at most a year");
		return -1;
	}
	*us = ns / 1000;
	return 0;
}

int
rule_watch_read(const struct conf_node *n, struct rule_watch *out,
    struct conf_faults *f)
{
	static const struct conf_keys keys = { .what = "watch",
	    .known = known };
	bool on = false;
	int rc = 0;

	*out = (struct rule_watch){ .settle = WATCH_SETTLE };
	if (n == NULL)
		return 0;
	if (n->kind != CONF_MAP) {
		if (conf_bool(n, &on, f) < 0)
			return -1;
		out->on = on;
		return 0;
	}
	out->on = 1;
	rc |= conf_map_check(n, &keys, f) < 0;
	rc |= read_span(conf_get(n, "settle"), &out->settle, f) < 0;
	rc |= read_span(conf_get(n, "after"), &out->after, f) < 0;
	return rc != 0 ? -1 : 0;
}
