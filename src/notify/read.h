#ifndef NOTIFY_READ_H
#define NOTIFY_READ_H

#include "net/mail.h"
#include "notify/notify.h"

/*
 * What the files that read `notify:` share, inside this room.
 */
struct conf_faults;
struct conf_node;
struct conf_where;

struct reading {
	struct arena		*mem;
	const struct conf_where	*w;
	struct conf_faults	*f;
	int			 commands;	/* are they allowed? */
};

/* NULL if it is not there, or is wrong (told). */
const char *read_str(struct reading *r, const struct conf_node *n);
const char **read_strs(struct reading *r, const struct conf_node *n);
/* A command: a text taken apart without a shell, or a list of words. */
void read_words(struct reading *r, const struct conf_node *n,
    const char ***argv);
/* WHAT_file, WHAT_command or credential; never the secret itself. */
void read_secret(struct reading *r, const struct conf_node *n,
    const char *what, struct notify_secret *out);

void read_webhook(struct reading *r, const struct conf_node *n,
    struct notify *out);
void read_ping(struct reading *r, const struct conf_node *n,
    struct notify *out);

#endif
