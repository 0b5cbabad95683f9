#ifndef JOB_SET_DAEMON_H
#define JOB_SET_DAEMON_H

#include <stdint.h>

struct conf_faults;
struct conf_node;
struct job;

/* daemon: how jobs are run that nobody waits for. */
enum ioprio { IOPRIO_NORMAL, IOPRIO_LOW, IOPRIO_IDLE };

struct daemon_settings {
	int		 nice;		/* 0 to 19 */
	enum ioprio	 ioprio;
	int		 pause_on_battery;
	int		 pause_on_metered;	/* backups to elsewhere */
	int		 no_fence;	/* around jobs (job/fence.h) */
};

void read_daemon(const struct conf_node *n, struct daemon_settings *out,
    struct conf_faults *f);

/* retry: 3 every 10min; the first after that long, the next after twice that
 * long and so on. */
#define RETRY_EVERY	INT64_C(600000000)	/* unless it is said */
#define RETRY_MOST	100

void read_retry(const struct conf_node *n, struct job *j,
    struct conf_faults *f);

#endif
