#ifndef JOB_SET_NOTIFY_H
#define JOB_SET_NOTIFY_H

#include "job/settings.h"

/*
 * `notify:` into s->notify, once all jobs are there: whom it names must be one
 * of them.  commands: may the configuration run any?
 */
struct conf_node;
struct conf_where;
struct conf_faults;

void set_notify(struct settings *s, const struct conf_node *n, int commands,
    const struct conf_where *w, struct conf_faults *f);
void set_notify_free(struct settings *s);

#endif
