#ifndef NOTIFY_TEXT_H
#define NOTIFY_TEXT_H

#include "notify/notify.h"

/*
 * News in words, pure.
 */
struct buf;

/* "backup home failed" */
void notify_title(const struct notify_item *it, struct buf *out);
/* All of it, for a mail: why, numbers, what to type, the end of the log. */
void notify_body(const struct notify_item *it, const struct notify_env *env,
    struct buf *out);
/* Of one, "HOST: backup home failed"; of several, how many of which. */
void notify_subject(const struct notify_item *v, size_t n,
    const struct notify_env *env, struct buf *out);
/* Several in one, the gravest first. */
void notify_digest(const struct notify_item *v, size_t n,
    const struct notify_env *env, struct buf *out);
/* As JSON, an object. */
void notify_json(const struct notify_item *it, const struct notify_env *env,
    struct buf *out);

/*
 * Templates: {title} {text} {event} {job} {kind} {run} {host} {time} {log}
 * {done} {failed} {files} {bytes} {secret}; {{ and }} are braces.  A value is
 * escaped for where it stands.
 */
enum notify_escape {
	NOTIFY_AS_IT_IS, NOTIFY_IN_JSON, NOTIFY_IN_URL, NOTIFY_IN_HEADER
};
/* NULL, or what is wrong: the name that nobody knows (in name), or "". */
const char *notify_template_check(const char *t, char name[64]);
void notify_template(const char *t, const struct notify_item *it,
    const struct notify_env *env, const char *secret,
    enum notify_escape how, struct buf *out);
extern const char *const notify_placeholders[];	/* NULL-ended */

#endif
