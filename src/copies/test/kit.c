#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/conf.h"
#include "conf/env.h"
#include "conf/get.h"
#include "copies/test/kit.h"
#include "util/clean.h"
#include "util/xalloc.h"

static void
read_entry(struct kit *k, const char *entry)
{
	struct conf_env env;
	struct conf_where where = { .env = &env, .dir = k->b.top };
	CLEAN_BUF struct buf yaml = {0};

	conf_env_system(&env);
	for (; *entry != '\0'; entry++)
		if (*entry == '@')
			buf_adds(&yaml, k->b.top);
		else
			buf_addc(&yaml, *entry);
	k->f = conf_faults_new();
	if (conf_parse("test", buf_str(&yaml), yaml.len, k->f, &k->conf) == 0)
		k->c = copies_read(conf_root(k->conf), &where, k->f);
}

void
kit_open_entry(struct kit *k, const char *entry)
{
	*k = (struct kit){ .now = INT64_C(1700000000000000) };
	bench_open(&k->b);
	bench_mkdir(&k->b, "D");
	read_entry(k, entry);
}

void
kit_open(struct kit *k, const char *more)
{
	CLEAN_FREE char *entry = xasprintf("{name: b, paths: @/D, copies: "
	    "{path: @/B}%s}", more);

	kit_open_entry(k, entry);
	assert_non_null(k->c);
}

static void
forget(struct kit *k)
{
	copies_free(k->c);
	conf_free(k->conf);
	conf_faults_free(k->f);
	k->c = NULL;
	k->conf = NULL;
}

void
kit_again(struct kit *k, const char *entry)
{
	forget(k);
	read_entry(k, entry);
	assert_non_null(k->c);
}

void
kit_close(struct kit *k)
{
	forget(k);
	bench_close(&k->b);
}

static void
on_op(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct bench *b = arg;

	XGROW(b->told, b->n_told, b->cap_told);
	b->told[b->n_told++] = (struct told){ op->kind, op->state,
	    xstrdup(from), xstrdup(to), xstrdup(error) };
}

int
kit_run(struct kit *k)
{
	struct apply_report r = { on_op, NULL, &k->b };
	struct copies_env env = { .catalog = k->b.catalog,
	    .stop = k->b.stop, .stop_arg = k->b.stop_arg };
	struct run end = { .state = RUN_DONE };
	int ret;

	k->now += INT64_C(86400000000);
	env.now = k->now;
	if (catalog_run_begin(k->b.catalog, "hand", "", 0, k->now, &env.run,
	    &k->e) < 0 || catalog_run_job(k->b.catalog, env.run, "b", "backup",
	    0, &env.job, &k->e) < 0)
		fail_msg("catalog: %s", k->e.text);
	ret = copies_run(k->c, &env, &r, &k->res, &k->e);
	end.number = env.run;
	end.ended = k->now;
	assert_int_equal(catalog_run_end(k->b.catalog, &end, &k->b.e), 0);
	return ret;
}

char *
kit_in(struct kit *k, const char *rel)
{
	return xasprintf("B/b/%s/%s", k->res.name, rel);
}

uint64_t
kit_ino(struct kit *k, const char *rel)
{
	CLEAN_FREE char *in = kit_in(k, rel), *path = bench_path(&k->b, in);
	struct stat st;

	if (lstat(path, &st) < 0)
		fail_msg("%s is not there", path);
	return (uint64_t)st.st_ino;
}

size_t
kit_failures(const struct kit *k)
{
	size_t i, n = 0;

	for (i = 0; i < k->b.n_told; i++)
		n += k->b.told[i].state == OP_FAILED;
	return n;
}

static void
say(void *arg, const char *copy, const char *path, const char *what)
{
	buf_addf(arg, "%s %s %s\n", copy, path, what);
}

char *
kit_check(struct kit *k, int *r)
{
	struct buf b = {0};

	*r = copies_check(k->c, NULL, say, &b, &k->e);
	return buf_steal(&b);
}
