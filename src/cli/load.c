/* load.c -- the configuration, with every fault printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "conf/faults.h"
#include "util/buf.h"

static const char *
from_environment(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

struct whereabouts
cli_whereabouts(const struct cli *c)
{
	return (struct whereabouts){
		.config = c->config, .working_dir = c->working_dir,
		.getenv = from_environment, .uid = geteuid(),
	};
}

static void
print_faults(const struct cli *c, const struct conf_faults *f)
{
	CLEAN_BUF struct buf b = {0};

	if (c->json) {
		conf_faults_json(f, &b);
		cli_out(b.data, b.len);
		return;
	}
	conf_faults_print(f, &b);
	if (b.len > 0)
		fwrite(b.data, 1, b.len, stderr);
}

int
cli_load(struct cli *c)
{
	struct conf_faults *f = conf_faults_new();
	struct whereabouts w = cli_whereabouts(c);
	struct err e = {0};
	int status = EXIT_DONE;

	if (settings_load(&w, f, &c->settings, &e) < 0) {
		print_faults(c, f);
		cli_fail(c, &e);
		status = EXIT_USAGE;
	} else
		print_faults(c, f);
	conf_faults_free(f);
	return status;
}

int
cli_load_places(struct cli *c)
{
	struct conf_faults *f = conf_faults_new();
	struct whereabouts w = cli_whereabouts(c);
	struct err e = {0};
	int status = EXIT_DONE;

	if (settings_load(&w, f, &c->settings, &e) < 0) {
		if (e.kind != ERR_NOENT) {
			print_faults(c, f);
			cli_fail(c, &e);
			status = EXIT_USAGE;
		} else if (settings_places(&w, &c->settings, &e) < 0)
			status = cli_fail(c, &e);
	}
	conf_faults_free(f);
	return status;
}
