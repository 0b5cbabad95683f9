/*
 * settings.c -- the configuration as a whole: each section is read by the room
 * that knows it; here they are put together, names are told apart, and what
 * holds for all is read.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "backup/entry.h"
#include "conf/conf.h"
#include "conf/env.h"
#include "conf/get.h"
#include "conf/paths.h"
#include "copies/copies.h"
#include "job/also.h"
#include "job/hooks.h"
#include "job/judge.h"
#include "job/read.h"
#include "job/set_notify.h"
#include "job/set_web.h"
#include "job/settings.h"
#include "rules/rule.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/span.h"
#include "util/xalloc.h"

#define NS_PER_US	1000
#define SYSTEM		"/etc/fettle/"

static const char *const top_known[] = {
	"rules", "backups", "archives", "schedule", "log", "guard", "trash",
	"history", "allow", "daemon", "notify", "web", "metrics", NULL,
};

static const char *const joined[] = { "rules", "backups", "archives", "notify",
	NULL };

/* The door's environment as conf/ wants it. */
static const char *
env_var(void *arg, const char *name)
{
	const struct whereabouts *w = arg;

	return w->getenv(w->arg, name);
}

static void
world(const struct whereabouts *w, struct conf_env *env)
{
	conf_env_system(env);
	env->uid = w->uid;
	env->var = env_var;
	env->arg = (void *)(uintptr_t)w;
}

static void
split_log(struct settings *s, const char *file)
{
	const char *slash = strrchr(file, '/');

	free(s->log_dir);
	free(s->log_name);
	s->log_dir = xstrndup(file, slash == file ? 1 : (size_t)(slash - file));
	s->log_name = xstrdup(slash + 1);
}

static void
add_left_out(struct settings *s, const char *path)
{
	size_t n = 0;

	while (s->leave_out != NULL && s->leave_out[n] != NULL)
		n++;
	s->leave_out = xrealloc(s->leave_out, n + 2, sizeof(*s->leave_out));
	s->leave_out[n] = xstrdup(path);
	s->leave_out[n + 1] = NULL;
}

/* restic's own cache folder, so that either program warms it for the other. */
static void
find_repository_places(const struct whereabouts *w, const struct conf_env *env,
    struct settings *s)
{
	const char *cache = w->getenv(w->arg, "XDG_CACHE_HOME");
	const char *credentials = w->getenv(w->arg, "CREDENTIALS_DIRECTORY");
	CLEAN_BUF struct buf home = {0};

	if (cache != NULL && *cache == '/')
		s->restic_cache = xasprintf("%s/restic", cache);
	else if (env->home(env->arg, env->uid, NULL, &home) == 0)
		s->restic_cache = xasprintf("%s/.cache/restic", buf_str(&home));
	else
		s->restic_cache = xasprintf("%s/restic", s->cache_dir);
	if (credentials != NULL && *credentials == '/')
		s->credentials = xstrdup(credentials);
}

/* Where state, cache, log and trash lie, and what is therefore left out. */
static int
find_places(const struct whereabouts *w, const struct conf_env *env,
    struct settings *s, struct conf_paths *paths, struct err *e)
{
	const char *data = w->getenv(w->arg, "XDG_DATA_HOME");
	CLEAN_BUF struct buf home = {0}, log = {0};

	if (conf_paths(paths, env, w->config, e) < 0)
		return -1;
	s->state_dir = xstrdup(paths->state);
	s->cache_dir = xstrdup(paths->cache);
	buf_addf(&log, "%s/fettle.log", paths->log);
	split_log(s, buf_str(&log));
	if (data != NULL && *data == '/')
		s->home_trash = xasprintf("%s/Trash", data);
	else if (env->home(env->arg, env->uid, NULL, &home) == 0)
		s->home_trash = xasprintf("%s/.local/share/Trash",
		    buf_str(&home));
	else
		s->home_trash = xasprintf("%s/Trash", s->state_dir);
	find_repository_places(w, env, s);
	add_left_out(s, s->state_dir);
	add_left_out(s, s->cache_dir);
	add_left_out(s, s->log_dir);
	add_left_out(s, s->home_trash);
	s->guard = (struct guard){ 10000, 100, 80, 50 };
	s->trash_keep = INT64_MAX;
	s->history_keep = 2 * SPAN_YEAR;
	s->log_level = LOG_INFO;
	s->log_format = LOG_AS_TEXT;
	return 0;
}

static struct job *
add_job(struct settings *s, enum job_kind kind)
{
	s->jobs = xrealloc(s->jobs, s->n_jobs + 1, sizeof(*s->jobs));
	s->jobs[s->n_jobs] = (struct job){ .kind = kind, .enabled = 1 };
	return &s->jobs[s->n_jobs++];
}

/* Names are unique across sections: `run NAME` must mean one job. */
static void
check_name(const struct settings *s, const struct conf_node *entry,
    const char *name, struct conf_faults *f)
{
	const struct conf_node *n = conf_get(entry, "name");
	size_t i;

	for (i = 0; i < s->n_jobs; i++)
		if (strcmp(s->jobs[i].name, name) == 0)
			conf_fault(f, n ? &n->at : &entry->at,
			    "there are two jobs named %s", conf_said(name).s);
}

/*
 * The machine's own file may be written by others than who may run commands as
 * anybody (a packet, a tool that manages machines): there it is asked for.
 */
static int
may_run_commands(const struct settings *s, const struct conf_node *n,
    struct arena *a, struct conf_faults *f)
{
	static const char *const words[] = { "commands", NULL };
	struct conf_strs list = {0};
	unsigned which;
	size_t i;

	if (n != NULL && n->kind != CONF_NULL && conf_strs(n, a, &list, f) < 0)
		return 1;	/* told already */
	for (i = 0; i < list.n; i++)
		conf_enum(list.node[i], words, NULL, &which, f);
	return list.n > 0 || strncmp(s->file, SYSTEM, strlen(SYSTEM)) != 0;
}

static void
check_commands(const struct rule *r, const struct conf_node *n,
    struct conf_faults *f)
{
	size_t i;

	for (i = 0; i < r->actions.n; i++)
		if (r->actions.v[i].ops->intends == INTENT_SHELL) {
			conf_remedy(conf_fault(f, &n->at, "%s runs a command, "
			    "which must be allowed in " SYSTEM,
			    conf_said(r->name).s),
			    "add 'allow: [commands]' at the top", NULL);
			return;
		}
}

static void
check_hooks(const struct settings *s, int commands, struct conf_faults *f)
{
	size_t i;

	for (i = 0; i < s->n_jobs && !commands; i++)
		if (s->jobs[i].hooks != NULL)
			conf_remedy(conf_fault(f, &s->jobs[i].hooks->at->at,
			    "%s runs a command, which must be allowed in "
			    SYSTEM, conf_said(s->jobs[i].name).s),
			    "add 'allow: [commands]' at the top", NULL);
}

static void
read_rules(struct settings *s, const struct conf_node *list, int commands,
    const struct conf_where *w, struct conf_faults *f)
{
	struct conf_each it = conf_each(list);
	const struct conf_node *n;
	struct rule *r;
	struct job *j;
	unsigned number = 0;

	while ((n = conf_next(&it)) != NULL) {
		r = rule_read(n, number++, w, f);
		if (r == NULL)
			continue;
		check_name(s, n, r->name, f);
		if (!commands)
			check_commands(r, n, f);
		j = add_job(s, JOB_RULE);
		j->rule = r;
		j->name = r->name;
		j->hash = r->hash;
		j->enabled = r->enabled;
		read_common(j, n, f);
	}
}

/* A local repository is not backed up into itself. */
static void
leave_out_repository(struct settings *s, const char *place)
{
	if (strncmp(place, "local:", 6) == 0)
		place += 6;
	if (place[0] == '/')
		add_left_out(s, place);
}

static struct job *
read_copies(struct settings *s, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	struct copies *c = copies_read(n, w, f);
	struct job *j;

	if (c == NULL)
		return NULL;
	check_name(s, n, copies_name(c), f);
	j = add_job(s, JOB_BACKUP);
	j->copies = c;
	j->name = copies_name(c);
	if (copies_place(c) != NULL)
		add_left_out(s, copies_place(c));
	return j;
}

static struct job *
read_repository(struct settings *s, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	struct backup_entry *b = backup_entry_read(n, w, f);
	struct job *j;

	if (b == NULL)
		return NULL;
	check_name(s, n, b->name, f);
	j = add_job(s, JOB_BACKUP);
	j->backup = b;
	j->name = b->name;
	j->hash = b->hash;
	leave_out_repository(s, b->repository);
	return j;
}

static void
read_backups(struct settings *s, const struct conf_node *list,
    const struct conf_where *w, struct conf_faults *f)
{
	struct conf_each it = conf_each(list);
	const struct conf_node *n;
	struct job *j;

	while ((n = conf_next(&it)) != NULL) {
		j = conf_get(n, "repository") != NULL ?
		    read_repository(s, n, w, f) : read_copies(s, n, w, f);
		if (j == NULL)
			continue;
		j->max_age = 7 * SPAN_DAY;
		read_common(j, n, f);
	}
}

static void
read_archives(struct settings *s, const struct conf_node *list,
    const struct conf_where *w, struct conf_faults *f)
{
	struct conf_each it = conf_each(list);
	const struct conf_node *n;
	struct archive *a;
	struct job *j;

	while ((n = conf_next(&it)) != NULL) {
		a = archive_read(n, w, f);
		if (a == NULL)
			continue;
		check_name(s, n, archive_name(a), f);
		j = add_job(s, JOB_ARCHIVE);
		j->archive = a;
		j->name = archive_name(a);
		j->hash = archive_hash(a);
		read_common(j, n, f);
	}
}

static void
limit(const struct conf_node *n, uint64_t *out, struct conf_faults *f)
{
	int64_t v;

	if (conf_is(n, "off"))
		*out = GUARD_OFF;
	else if (conf_int(n, 0, INT64_MAX, &v, f) == 1)
		*out = (uint64_t)v;
}

static void
limit_share(const struct conf_node *n, uint64_t *out, struct conf_faults *f)
{
	uint32_t ppm;

	if (conf_is(n, "off"))
		*out = GUARD_OFF;
	else if (conf_percent(n, &ppm, f) == 1)
		*out = ppm / 10000;
}

static void
read_guard(struct settings *s, const struct conf_node *n, struct conf_faults *f)
{
	static const char *const known[] = { "max_moves", "max_deletes",
	    "max_share", "max_change", NULL };
	const struct conf_keys keys = { .what = "guard", .known = known };

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return;
	limit(conf_get(n, "max_moves"), &s->guard.max_moves, f);
	limit(conf_get(n, "max_deletes"), &s->guard.max_deletes, f);
	limit_share(conf_get(n, "max_share"), &s->guard.max_share, f);
	limit_share(conf_get(n, "max_change"), &s->guard.max_change, f);
}

static void
read_log(struct settings *s, const struct conf_node *n,
    const struct conf_where *w, struct arena *a, struct conf_faults *f)
{
	static const char *const known[] = { "level", "format", "file", NULL };
	static const char *const levels[] = { "debug", "info", "warning",
	    "error", NULL };
	static const char *const formats[] = { "text", "json", "journal", NULL };
	const struct conf_keys keys = { .what = "log", .known = known };
	const char *file;
	unsigned v;

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return;
	if (conf_enum(conf_get(n, "level"), levels, NULL, &v, f) == 1)
		s->log_level = (int)v;
	if (conf_enum(conf_get(n, "format"), formats, NULL, &v, f) == 1)
		s->log_format = (int)v;
	if (conf_path(conf_get(n, "file"), w, a, &file, f) == 1)
		split_log(s, file);
}

/* trash: {keep: 30 days}, history: {keep: 2 years} */
static void
read_keep(const struct conf_node *n, const char *what, int64_t *us,
    struct conf_faults *f)
{
	static const char *const known[] = { "keep", NULL };
	const struct conf_keys keys = { .what = what, .known = known };
	int64_t ns;

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return;
	if (conf_span(conf_get(n, "keep"), "days", &ns, f) == 1)
		*us = ns / NS_PER_US;
}

static void
read_all(struct settings *s, const struct conf_where *w, struct arena *a,
    struct conf_faults *f)
{
	const struct conf_keys keys = { .what = "the configuration",
	    .known = top_known, .extras = true };
	const struct conf_node *top = conf_root(s->conf);
	struct job_schedule *all = NULL;
	int commands;
	size_t i;

	conf_map_check(top, &keys, f);
	commands = may_run_commands(s, conf_get(top, "allow"), a, f);
	read_rules(s, conf_get(top, "rules"), commands, w, f);
	read_backups(s, conf_get(top, "backups"), w, f);
	also_check(s, conf_get(top, "backups"), f);
	also_find(s);
	read_archives(s, conf_get(top, "archives"), w, f);
	judge_rules(s, f);
	read_guard(s, conf_get(top, "guard"), f);
	read_daemon(conf_get(top, "daemon"), &s->daemon, f);
	read_log(s, conf_get(top, "log"), w, a, f);
	s->web = set_web_read(conf_get(top, "web"), w, f);
	s->metrics = set_metrics_read(conf_get(top, "metrics"), w, f);
	s->trash_keep = 30 * SPAN_DAY;
	read_keep(conf_get(top, "trash"), "trash", &s->trash_keep, f);
	read_keep(conf_get(top, "history"), "history", &s->history_keep, f);
	read_schedule(conf_get(top, "schedule"), &all, f);
	for (i = 0; i < s->n_jobs; i++)
		if (s->jobs[i].schedule == NULL && !s->jobs[i].never)
			s->jobs[i].schedule = all;
	s->schedule = all;
	check_hooks(s, commands, f);
	set_notify(s, conf_get(top, "notify"), commands, w, f);
}

int
settings_load(const struct whereabouts *w, struct conf_faults *faults,
    struct settings **out, struct err *e)
{
	__attribute__((cleanup(conf_paths_fini))) struct conf_paths paths = {0};
	CLEAN_ARENA struct arena a = {0};
	struct conf_env env;
	struct conf_where where = { .env = &env,
	    .dir = w->working_dir != NULL && *w->working_dir != '\0' ?
	    w->working_dir : NULL };
	struct settings *s = xalloc(sizeof(*s));

	world(w, &env);
	*out = NULL;
	if (find_places(w, &env, s, &paths, e) < 0) {
		settings_free(s);
		return -1;
	}
	s->file = xstrdup(paths.config);
	s->working_dir = xstrdup(where.dir != NULL ? where.dir : "");
	if (conf_load(paths.config, joined, &env, faults, &s->conf, e) < 0) {
		if (e->kind == ERR_NOENT)
			err_set(e, ERR_NOENT, "there is no configuration (%s); "
			    "'fettle setup' makes one, 'fettle sort FOLDER' "
			    "needs none", paths.config);
		settings_free(s);
		return -1;
	}
	read_all(s, &where, &a, faults);
	if (conf_faults_count(faults, CONF_FAULT) > 0) {
		settings_free(s);
		return err_set(e, ERR_CONF, "the configuration has faults; "
		    "nothing was done");
	}
	*out = s;
	return 0;
}

int
settings_places(const struct whereabouts *w, struct settings **out,
    struct err *e)
{
	__attribute__((cleanup(conf_paths_fini))) struct conf_paths paths = {0};
	struct settings *s = xalloc(sizeof(*s));
	struct conf_env env;

	world(w, &env);
	if (find_places(w, &env, s, &paths, e) < 0) {
		settings_free(s);
		return -1;
	}
	s->file = xstrdup("");
	*out = s;
	return 0;
}

/*
 * The folder is the working folder of a constant text, so its name is never
 * read as YAML or expanded.
 */
int
settings_for_sort(const struct whereabouts *w, const char *folder,
    struct settings **out, struct err *e)
{
	static const char text[] =
	    "rules:\n"
	    "  - name: sort by type\n"
	    "    locations: .\n"
	    "    actions:\n"
	    "      - sort: by-type\n";
	struct conf_faults *f = conf_faults_new();
	struct conf_env env;
	struct conf_where where = { .env = &env, .dir = folder };
	int bad;

	world(w, &env);
	if (settings_places(w, out, e) < 0) {
		conf_faults_free(f);
		return -1;
	}
	if (conf_parse("fettle sort", text, strlen(text), f, &(*out)->conf) == 0)
		read_rules(*out, conf_get(conf_root((*out)->conf), "rules"), 1,
		    &where, f);
	bad = conf_faults_count(f, CONF_FAULT) > 0 || (*out)->n_jobs != 1;
	conf_faults_free(f);
	if (!bad)
		return 0;
	settings_free(*out);
	*out = NULL;
	return err_set(e, ERR_USAGE, "%s cannot be sorted: it must be an "
	    "absolute path", folder);
}

static void
job_fini(struct job *j, const struct job_schedule *all)
{
	char **t;

	if (j->schedule != all)
		schedule_free(j->schedule);
	hooks_free(j->hooks);
	rule_free(j->rule);
	copies_free(j->copies);
	backup_entry_free(j->backup);
	archive_free(j->archive);
	for (t = j->tags; t != NULL && *t != NULL; t++)
		free(*t);
	free(j->tags);
}

void
settings_free(struct settings *s)
{
	char **p;
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n_jobs; i++)
		job_fini(&s->jobs[i], s->schedule);
	free(s->jobs);
	schedule_free(s->schedule);
	set_notify_free(s);
	conf_free(s->conf);
	for (p = s->leave_out; p != NULL && *p != NULL; p++)
		free(*p);
	free(s->leave_out);
	free(s->file);
	free(s->working_dir);
	free(s->state_dir);
	free(s->cache_dir);
	free(s->home_trash);
	free(s->restic_cache);
	free(s->metrics);
	set_web_free(s->web);
	free(s->credentials);
	free(s->log_dir);
	free(s->log_name);
	free(s);
}

struct job *
settings_job(const struct settings *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_jobs; i++)
		if (strcmp(s->jobs[i].name, name) == 0)
			return &s->jobs[i];
	return NULL;
}
