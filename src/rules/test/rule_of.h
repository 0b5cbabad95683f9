#ifndef RULES_TEST_RULE_OF_H
#define RULES_TEST_RULE_OF_H

/*
 * A rule from its YAML, in a world that stands still: the home is /home/me,
 * the working folder /cwd, and there is a variable BOX.
 */
#include <stddef.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/env.h"
#include "conf/get.h"
#include "rules/rule.h"
#include "util/buf.h"

struct rule_of {
	struct conf_faults	*f;
	struct conf		*conf;
	struct rule		*rule;		/* NULL: see faults */
	struct buf		 faults;	/* as they print */
};

static inline const char *
rule_of_var(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "BOX") == 0 ? "/srv/box" :
	    strcmp(name, "HOME") == 0 ? "/home/me" : NULL;
}

static inline int
rule_of_home(void *arg, uid_t uid, const char *user, struct buf *out)
{
	(void)arg, (void)uid;
	if (user != NULL)
		return -1;
	buf_adds(out, "/home/me");
	return 0;
}

static inline int
rule_of_host(void *arg, struct buf *out)
{
	(void)arg;
	buf_adds(out, "box");
	return 0;
}

/* yaml is a whole `rules:`; the n-th rule is read (from 0). */
static inline struct rule_of
rule_of_nth(const char *yaml, unsigned n, const char *dir)
{
	static const struct conf_env env = { .var = rule_of_var,
	    .home = rule_of_home, .hostname = rule_of_host };
	struct conf_where where = { .env = &env, .dir = dir };
	struct rule_of x = { .f = conf_faults_new() };
	const struct conf_node *list;

	if (conf_parse("test.yaml", yaml, strlen(yaml), x.f, &x.conf) == 0) {
		list = conf_get(conf_root(x.conf), "rules");
		if (list != NULL && list->kind == CONF_LIST && list->n > n)
			x.rule = rule_read(list->items[n], n, &where, x.f);
	}
	conf_faults_print(x.f, &x.faults);
	return x;
}

static inline struct rule_of
rule_of(const char *yaml)
{
	return rule_of_nth(yaml, 0, "/cwd");
}

static inline void
rule_of_fini(struct rule_of *x)
{
	rule_free(x->rule);
	conf_free(x->conf);
	conf_faults_free(x->f);
	buf_fini(&x->faults);
}

#define CLEAN_RULE_OF	__attribute__((cleanup(rule_of_fini)))

#endif
