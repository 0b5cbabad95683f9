#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalog/test/house.h"
#include "util/xalloc.h"

/* As the daemon will: accept, and one request a call. */
static void *
loop(void *arg)
{
	struct house *h = arg;
	struct pollfd f[8] = { { .fd = h->stop[0], .events = POLLIN } };
	struct err e = {0};
	nfds_t n = 2, i;

	f[1].fd = catalog_listen(h->owner, &e);
	f[1].events = POLLIN;
	for (;;) {
		poll(f, n, -1);
		if (f[0].revents)
			break;
		for (i = 2; i < n; i++)
			if (f[i].revents &&
			    catalog_serve_one(h->owner, f[i].fd) != 1) {
				close(f[i].fd);
				f[i--] = f[--n];
			}
		if (f[1].revents && n < 8) {
			f[n].fd = accept(f[1].fd, NULL, NULL);
			f[n].revents = 0;
			f[n++].events = POLLIN;
		}
	}
	while (n > 2)
		close(f[--n].fd);
	return NULL;
}

static int
enter(void **state)
{
	struct house *h = xalloc(sizeof(*h));
	struct err e = {0};

	h->mode = *(enum mode *)*state;
	h->dir = test_dir();
	h->state = test_state(h->dir);
	h->owner = h->c = test_open(h->state, CATALOG_DAEMON, "daemon");
	assert_true(catalog_is_owner(h->owner));
	if (h->mode == THREAD)
		OK(catalog_serve(h->owner, &e));
	if (h->mode == LOOP) {
		assert_int_equal(pipe(h->stop), 0);
		assert_true(catalog_listen(h->owner, &e) >= 0);
		assert_int_equal(pthread_create(&h->loop, NULL, loop, h), 0);
	}
	if (h->mode != DIRECT) {
		h->c = test_open(h->state, CATALOG_RUN, "run");
		assert_false(catalog_is_owner(h->c));
	}
	*state = h;
	return 0;
}

static int
leave(void **state)
{
	struct house *h = *state;

	if (h->c != h->owner)
		catalog_close(h->c);
	if (h->mode == LOOP) {
		assert_int_equal(write(h->stop[1], "x", 1), 1);
		pthread_join(h->loop, NULL);
		close(h->stop[0]);
		close(h->stop[1]);
	}
	catalog_close(h->owner);
	free(h->state);
	test_dir_free(h->dir);
	free(h);
	return 0;
}

int
keep_run(void *arg, const struct run *r)
{
	struct told *t = arg;

	assert_true(t->n < 8);
	t->v[t->n] = *r;
	t->v[t->n].trigger = xstrdup(r->trigger);
	t->v[t->n].command = xstrdup(r->command);
	t->v[t->n++].jobs = xstrdup(r->jobs);
	return t->n == t->stop_at;
}

void
forget(struct told *t)
{
	while (t->n > 0)
		run_fini(&t->v[--t->n]);
}

int
keep_batch(void *arg, const struct catalog_batch *b)
{
	struct batches *t = arg;

	t->all++;
	if (t->n < 8)
		t->v[t->n++] = *b;
	return 0;
}

int
house_run(const char *name, const struct CMUnitTest *tests, size_t n)
{
	static const char *const modes[] = { "direct", "thread", "loop" };
	static enum mode m[3] = { DIRECT, THREAD, LOOP };
	struct CMUnitTest *all = xallocn(3 * n, sizeof(*all));
	size_t i;
	int failed;

	for (i = 0; i < 3 * n; i++) {
		all[i] = tests[i % n];
		all[i].name = xasprintf("%s: %s", modes[i / n],
		    tests[i % n].name);
		all[i].setup_func = enter;
		all[i].teardown_func = leave;
		all[i].initial_state = &m[i / n];
	}
	failed = _cmocka_run_group_tests(name, all, 3 * n, NULL, NULL);
	for (i = 0; i < 3 * n; i++)
		free((void *)(uintptr_t)all[i].name);
	free(all);
	return failed;
}
