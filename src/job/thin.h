#ifndef JOB_THIN_H
#define JOB_THIN_H

/*
 * What `keep` lets go, out of repositories.  That it could not be done is told as a
 * warning and is no failure of the backup: its snapshot is there.
 */
struct backup_entry;
struct doing;
struct job;
struct repo;

/* Prune r, if so much can be had that it pays; under the caller's lock, which
 * nobody shares.  name: whose turn it is, for what is told. */
void thin_prune(struct doing *g, struct repo *r, const char *name);

/* Does b's `keep` hold for its copies in to's repository, too? */
int thin_applies(const struct backup_entry *b, const struct backup_entry *to);

/* Let go of the snapshots of the entry in hand that were copied into to's
 * repository r, as its `keep` says, under a lock of its own. */
void thin_target(struct doing *g, const struct job *to, struct repo *r);

#endif
