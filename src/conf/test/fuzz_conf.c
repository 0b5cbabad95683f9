/*
 * fuzz_conf.c -- no text may crash, hang or leak, whatever is asked of it.
 *
 * And one property: what conf_show prints without a mask is read back without
 * fault, and shown again is the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/env.h"
#include "conf/get.h"
#include "conf/show.h"
#include "util/arena.h"
#include "util/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
var(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "X") == 0 ? "/x{y}" : NULL;
}

static int
home(void *arg, uid_t uid, const char *user, struct buf *out)
{
	(void)arg;
	(void)uid;
	buf_adds(out, "/home");
	return user ? -1 : 0;
}

static int
hostname(void *arg, struct buf *out)
{
	(void)arg;
	buf_adds(out, "box");
	return 0;
}

/* Ask one node for all it could be. */
static void
ask(const struct conf_node *n, struct conf_faults *f)
{
	static const char *const words[] = { "skip", "a", NULL };
	static const char *const later[] = { "b", NULL };
	static const struct conf_keys keys = { "a test", words, later, true };
	const struct conf_env env = { 1, NULL, var, home, hostname, NULL };
	const struct conf_where where = { &env, "/d", true };
	CLEAN_ARENA struct arena a = {0};
	struct conf_strs strs;
	const char *s;
	uint64_t size;
	uint32_t ppm;
	int64_t i;
	unsigned word;
	bool b;

	conf_map_check(n, &keys, f);
	conf_str(n, &s, f);
	conf_bool(n, &b, f);
	conf_int(n, -5, 5, &i, f);
	conf_size(n, false, &size, f);
	conf_span(n, NULL, &i, f);
	conf_percent(n, &ppm, f);
	conf_enum(n, words, later, &word, f);
	conf_strs(n, &a, &strs, f);
	conf_path_list(n, &where, &a, &strs, f);
	conf_need(n, "a", "a test", f);
}

static void
ask_all(const struct conf_node *n, unsigned *left, struct conf_faults *f)
{
	size_t i;

	if (*left == 0)
		return;
	--*left;
	ask(n, f);
	for (i = 0; n->kind == CONF_LIST && i < n->n; i++)
		ask_all(n->items[i], left, f);
	for (i = 0; n->kind == CONF_MAP && i < n->n; i++)
		ask_all(n->pairs[i].value, left, f);
}

/* Show, read, show: the same twice, if it fits into a file at all. */
static void
check_shown(const struct conf *c)
{
	CLEAN_BUF struct buf once = {0}, twice = {0};
	struct conf_faults *f = conf_faults_new();
	struct conf *again = NULL;

	conf_show(conf_root(c), false, &once);
	if (once.len <= CONF_FILE_MAX) {
		if (conf_parse("again", once.data, once.len, f, &again) < 0 ||
		    conf_faults_count(f, CONF_FAULT) > 0)
			abort();
		conf_show(conf_root(again), false, &twice);
		if (strcmp(buf_str(&once), buf_str(&twice)) != 0)
			abort();
	}
	conf_free(again);
	conf_faults_free(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_faults *f = conf_faults_new();
	CLEAN_BUF struct buf out = {0};
	unsigned left = 200;
	struct conf *c;

	if (conf_parse("f", data, size, f, &c) == 0) {
		ask_all(conf_root(c), &left, f);
		check_shown(c);
		conf_show(conf_root(c), true, &out);
	} else if (conf_faults_count(f, CONF_FAULT) == 0) {
		abort();	/* no tree, and nobody says why */
	}
	conf_faults_print(f, &out);
	conf_faults_json(f, &out);
	conf_free(c);
	conf_faults_free(f);
	return 0;
}
