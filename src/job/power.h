#ifndef JOB_POWER_H
#define JOB_POWER_H

#include "job/settings.h"

/*
 * Manners of a program that works by itself: it lets others go first, and waits
 * while the machine runs on its battery or its network costs money.  What cannot
 * be found out is taken as "no".
 */

/* Others go first from now on: what `daemon:` says of nice and ioprio, for this
 * thread and those that it starts.  Only ever lower. */
void power_yield(const struct daemon_settings *d);

/* Runs the machine on its battery?  sysfs: /sys/class/power_supply, but for
 * tests. */
#define POWER_SUPPLY	"/sys/class/power_supply"
int power_on_battery(const char *sysfs);

/* Does NetworkManager take the network for metered?  Asks it, 3 s at most. */
int power_is_metered(void);

/*
 * Is this job to wait, and why ("on battery")?  NULL: no.  ask_network: whether
 * somebody may be asked who takes his time.
 */
const char *power_waits(const struct settings *s, const struct job *j,
    int ask_network);

#endif
