#ifndef CLI_SYSTEMCTL_H
#define CLI_SYSTEMCTL_H

#include "cli/cli.h"

/*
 * The service of fettle with systemd: for one user, for the machine, or in the
 * file tree of another one (root), where nothing is started.
 */
struct fs_dir;

struct service {
	struct cli	*c;
	int		 system;
	const char	*root;		/* NULL: this machine */
};

/* Which one the options mean (--user, --system, --root): the exit status. */
int service_which(struct cli *c, const struct opts *o, struct service *out);

/* The folder of units that are an administrator's or a user's own. */
char *service_dir(const struct service *s);
/* "systemctl --user", as it is typed. */
const char *service_typed(const struct service *s);

/* Run systemctl with these words; what it says is shown.  0, or -1. */
int service_do(const struct service *s, const char *const *words,
    struct err *e);

/* Do sessions end the service, as loginctl knows it?  Not known: no. */
int service_lingers(void);
int service_linger(struct err *e);

/* How a unit begins that install wrote. */
#define SERVICE_MARK	"# Written by 'fettle install'; 'fettle uninstall' removes it.\n"

#endif
