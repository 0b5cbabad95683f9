#ifndef JOB_SETTINGS_H
#define JOB_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "job/set_daemon.h"

/*
 * The whole configuration as the rooms read it: a list of jobs in the order in
 * which a run takes them (rules, then backups, then archives, each as written)
 * and what holds for all of them.
 */
struct archive;
struct backup_entry;
struct conf_faults;
struct copies;
struct err;
struct job_hooks;
struct notify_list;
struct rule;

enum job_kind { JOB_RULE, JOB_BACKUP, JOB_ARCHIVE };

struct job {
	const char	*name;		/* unique across sections */
	enum job_kind	 kind;
	struct rule	*rule;		/* the one that kind says; owned */
	struct copies	*copies;	/* a backup is this */
	struct backup_entry *backup;	/* or this */
	struct archive	*archive;
	char		**tags;		/* NULL-ended */
	struct job_schedule *schedule;	/* its own, or the settings'; NULL: none */
	int64_t		 max_age;	/* µs: older than this is late; 0 none */
	uint64_t	 hash;		/* of its definition */
	int		 enabled;
	int		 never;		/* schedule: never */
	unsigned	 retry;		/* how often, when it failed */
	int64_t		 retry_every;	/* µs */
	struct job_hooks *hooks;	/* NULL: none (job/hooks.h) */
};

/* schedule: as written and as parsed (schedule/calendar.h). */
struct calendar;
struct job_schedule {
	char		*text;		/* for `next` and `status` */
	struct calendar	**at;
	size_t		 n;
	int		 catch_up;
	int64_t		 jitter;	/* µs */
};

/* A limit of 0 means none may be, GUARD_OFF that there is none. */
#define GUARD_OFF	UINT64_MAX

struct guard {
	uint64_t	 max_moves;	/* 10000 */
	uint64_t	 max_deletes;	/* 100 */
	uint64_t	 max_share;	/* percent; 80 */
	uint64_t	 max_change;	/* percent of a backup's files; 50 */
};

struct settings {
	char		*file;		/* the configuration, "" for none */
	char		*state_dir, *cache_dir, *home_trash;
	char		*restic_cache;	/* the cache of repositories */
	char		*credentials;	/* $CREDENTIALS_DIRECTORY, or NULL */
	char		*log_dir, *log_name;
	struct job	*jobs;
	size_t		 n_jobs;
	struct guard	 guard;
	struct daemon_settings daemon;
	int64_t		 trash_keep;	/* µs; INT64_MAX for ever */
	int64_t		 history_keep;
	int		 log_level;	/* util/log.h */
	int		 log_format;	/* likewise */
	struct job_schedule *schedule;	/* of jobs without their own; NULL: none */
	struct set_web	*web;		/* job/set_web.h; NULL: no listener */
	char		*metrics;	/* the textfile, or NULL */
	struct notify_list *notify;	/* NULL: nobody is told anything */
	char		*working_dir;	/* of relative paths; "": none */
	char		**leave_out;	/* state, cache, trash: NULL-ended */
	struct conf	*conf;		/* the tree the jobs were read from */
};

/* Where things are, taken from the environment by the door. */
struct whereabouts {
	const char	*config;	/* -c, or NULL for the usual place */
	const char	*working_dir;	/* -W; "" refuses relative paths */
	const char	*(*getenv)(void *arg, const char *name);
	void		*arg;
	uint32_t	 uid;
};

/*
 * Read everything.  -1 with ERR_NOENT: there is no configuration (the text
 * names `fettle setup`); ERR_CONF: faults has them all and nothing may run.
 * Warnings are in faults also on 0.
 */
int settings_load(const struct whereabouts *w, struct conf_faults *faults,
    struct settings **out, struct err *e);
/* Settings without a configuration, with one rule: `fettle sort FOLDER`. */
int settings_for_sort(const struct whereabouts *w, const char *folder,
    struct settings **out, struct err *e);
/* Only the places (state, cache, log): for commands that need no jobs. */
int settings_places(const struct whereabouts *w, struct settings **out,
    struct err *e);
void settings_free(struct settings *s);

/* Has it something to do beyond this machine? */
int settings_need_network(const struct settings *s);
/* Does this job's repository lie there? */
int job_is_far(const struct job *j);

struct job *settings_job(const struct settings *s, const char *name);

#endif
