#include <stdbool.h>
#include <stdlib.h>

#include "conf/env.h"
#include "conf/paths.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

/* A variable that is set to something; NULL if not. */
static const char *
set_var(const struct conf_env *env, const char *name)
{
	const char *value = env->var(env->arg, name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* $HOME, or what the user database says. */
static int
find_home(const struct conf_env *env, struct buf *out, struct err *e)
{
	const char *home = set_var(env, "HOME");

	if (home != NULL && home[0] == '/')
		buf_adds(out, home);
	else if (env->home(env->arg, env->uid, NULL, out) < 0)
		return err_set(e, ERR_CONF, "no home folder is known: set "
		    "HOME, or name a file with -c and set XDG_STATE_HOME and "
		    "XDG_CACHE_HOME");
	while (out->len > 0 && out->data[out->len - 1] == '/')
		out->len--;
	return 0;
}

/*
 * The folder for one purpose: by variable, or the fixed one of root, or below
 * the home of everybody else.  NULL on failure.
 */
static char *
folder(const struct conf_env *env, const char *variable, const char *of_root,
    const char *below_home, struct err *e)
{
	const char *xdg = set_var(env, variable);
	CLEAN_BUF struct buf b = {0};

	if (xdg != NULL && xdg[0] == '/') {
		buf_adds(&b, xdg);
		while (b.len > 0 && b.data[b.len - 1] == '/')
			b.len--;
		buf_adds(&b, "/fettle");
		return buf_steal(&b);
	}
	if (env->uid == 0)
		return xstrdup(of_root);
	if (find_home(env, &b, e) < 0)
		return NULL;
	buf_addf(&b, "/%s/fettle", below_home);
	return buf_steal(&b);
}

static char *
config_file(const struct conf_env *env, const char *option, struct err *e)
{
	char *dir, *file;

	if (option == NULL)
		option = set_var(env, "FETTLE_CONFIG");
	if (option != NULL)
		return xstrdup(option);
	dir = folder(env, "XDG_CONFIG_HOME", "/etc/fettle", ".config", e);
	if (dir == NULL)
		return NULL;
	file = xasprintf("%s/fettle.yaml", dir);
	free(dir);
	return file;
}

int
conf_paths(struct conf_paths *out, const struct conf_env *env,
    const char *option, struct err *e)
{
	const char *xdg_state = set_var(env, "XDG_STATE_HOME");
	bool fixed_log = env->uid == 0 &&
	    (xdg_state == NULL || xdg_state[0] != '/');

	*out = (struct conf_paths){0};
	if (option != NULL && option[0] == '\0')
		return err_set(e, ERR_USAGE, "-c needs the name of a file");
	out->config = config_file(env, option, e);
	out->state = folder(env, "XDG_STATE_HOME", "/var/lib/fettle",
	    ".local/state", e);
	out->cache = folder(env, "XDG_CACHE_HOME", "/var/cache/fettle",
	    ".cache", e);
	if (out->config == NULL || out->state == NULL || out->cache == NULL) {
		conf_paths_fini(out);
		return -1;
	}
	out->log = xstrdup(fixed_log ? "/var/log/fettle" : out->state);
	return 0;
}

void
conf_paths_fini(struct conf_paths *p)
{
	free(p->config);
	free(p->state);
	free(p->cache);
	free(p->log);
	*p = (struct conf_paths){0};
}
