#ifndef CONF_PATHS_H
#define CONF_PATHS_H

struct conf_env;
struct err;

/*
 * Where fettle's own things lie.
 *
 *			root			everybody else
 *	config file	/etc/fettle/fettle.yaml	~/.config/fettle/fettle.yaml
 *	state folder	/var/lib/fettle		~/.local/state/fettle
 *	cache folder	/var/cache/fettle	~/.cache/fettle
 *	log folder	/var/log/fettle		the state folder
 *
 * XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_CACHE_HOME win where they are set,
 * also for root (the log goes with the state then); a relative one counts as
 * not set, as their specification says.  The file is taken from option (what
 * -c names, or NULL) before $FETTLE_CONFIG before all that.
 *
 * Pure but for env: nothing is looked for or made.
 */
struct conf_paths {
	char	*config, *state, *cache, *log;
};

/* 0, or -1: ERR_USAGE for an empty option, ERR_CONF if there is no home. */
int conf_paths(struct conf_paths *out, const struct conf_env *env,
    const char *option, struct err *e);
void conf_paths_fini(struct conf_paths *p);

#endif
