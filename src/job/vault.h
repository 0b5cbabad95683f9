#ifndef JOB_VAULT_H
#define JOB_VAULT_H

/*
 * The repositories of backups, opened when they are first needed and kept while
 * the hall is open: deriving the key takes half a second.
 */
struct buf;
struct err;
struct hall;
struct job;
struct repo;

/*
 * The repository of j (a backup with one), without its index.  ERR_ABSENT: it is
 * not there, and why says what that means: waiting is set if it was used
 * before and is on this machine, so its disk is away; else it was never made, and the text tells what to
 * type.  waiting and why may be NULL.
 */
int vault_open(struct hall *h, const struct job *j, struct repo **out,
    int *waiting, struct err *e);
/* The same with its index, brought up to date. */
int vault_index(struct hall *h, const struct job *j, struct repo **out,
    struct err *e);
/*
 * The same for who asks all repositories there are: 1; 0 if it is to be passed
 * over, being away, or the same repository as that of a job before j for the same
 * host, or one that could not be opened before, which was told then; -1: this is
 * the first time.
 */
int vault_ask(struct hall *h, const struct job *j, struct repo **out,
    struct err *e);
/* Is it there at all?  Asks no password of one on this machine; a far one is
 * opened, and whatever its server says is a failure, never waiting. */
int vault_is_there(struct hall *h, const struct job *j, int *waiting,
    struct err *e);
void vaults_close(struct hall *h);

#endif
