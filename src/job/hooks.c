/* hooks.c -- before, after and on_error, as they are written. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/get.h"
#include "job/hooks.h"
#include "util/err.h"
#include "util/words.h"
#include "util/xalloc.h"

const char *
hook_kind_name(enum hook_kind k)
{
	static const char *const names[] = { "before", "after", "on_error" };

	return names[k];
}

static void
read_text(struct hook *h, const struct conf_node *n, struct arena *a,
    struct conf_faults *f)
{
	const char *s = NULL;
	struct err e = {0};

	if (conf_str(n, &s, f) != 1)
		return;
	h->text = arena_str(a, s);
	if (words_split(s, a, &h->argv, &e) < 0)
		conf_remedy(conf_bad(n, e.text, f), "quote it, or write "
		    "{shell: '...'}", NULL);
}

static void
read_words(struct hook *h, const struct conf_node *n, struct arena *a,
    struct conf_faults *f)
{
	struct conf_strs s = {0};

	if (n->kind != CONF_LIST) {
		read_text(h, n, a, f);
		return;
	}
	if (conf_strs(n, a, &s, f) != 1)
		return;
	if (s.n == 0) {
		conf_wrong(n, "a command", f);
		return;
	}
	h->argv = arena_alloc(a, (s.n + 1) * sizeof(*h->argv));
	memcpy(h->argv, s.text, s.n * sizeof(*h->argv));
	h->text = s.text[0];
}

static void
read_shell(struct hook *h, const struct conf_node *n, struct arena *a,
    struct conf_faults *f)
{
	const char *s = NULL;

	if (conf_str(n, &s, f) != 1)
		return;
	h->argv = arena_alloc(a, 4 * sizeof(*h->argv));
	h->argv[0] = "/bin/sh";
	h->argv[1] = "-c";
	h->argv[2] = h->text = arena_str(a, s);
}

static void
read_one(struct hook *h, const struct conf_node *n, struct arena *a,
    struct conf_faults *f)
{
	static const char *const known[] = { "run", "shell", "timeout", NULL };
	const struct conf_keys keys = { .what = "a hook", .known = known };
	const struct conf_node *run = conf_get(n, "run"),
	    *shell = conf_get(n, "shell");
	int64_t ns = 0;

	h->timeout = HOOK_TIMEOUT;
	if (n->kind != CONF_MAP) {
		read_text(h, n, a, f);
		return;
	}
	if (conf_map_check(n, &keys, f) < 0)
		return;
	if ((run != NULL) == (shell != NULL)) {
		conf_expected(conf_bad(n, "it must say what to run, once", f),
		    "'run' or 'shell'");
		return;
	}
	if (run != NULL)
		read_words(h, run, a, f);
	else
		read_shell(h, shell, a, f);
	if (conf_span(conf_get(n, "timeout"), "minutes", &ns, f) == 1)
		h->timeout = ns / 1000;
}

static void
read_list(struct job_hooks *h, enum hook_kind k, const struct conf_node *list,
    struct conf_faults *f)
{
	struct conf_each it = conf_each(list);
	const struct conf_node *n;
	size_t many = 0;

	while (conf_next(&it) != NULL)
		many++;
	h->of[k].v = arena_alloc(&h->mem, (many + 1) * sizeof(*h->of[k].v));
	it = conf_each(list);
	while ((n = conf_next(&it)) != NULL)
		read_one(&h->of[k].v[h->of[k].n++], n, &h->mem, f);
}

struct job_hooks *
hooks_read(const struct conf_node *entry, struct conf_faults *f)
{
	struct job_hooks *h = NULL;
	const struct conf_node *list;
	int k;

	for (k = 0; k < HOOK_KINDS; k++) {
		list = conf_get(entry, hook_kind_name((enum hook_kind)k));
		if (list == NULL)
			continue;
		if (h == NULL) {
			h = xalloc(sizeof(*h));
			h->at = list;
		}
		read_list(h, (enum hook_kind)k, list, f);
	}
	return h;
}

void
hooks_free(struct job_hooks *h)
{
	if (h == NULL)
		return;
	arena_fini(&h->mem);
	free(h);
}
