#ifndef REPO_KEY_H
#define REPO_KEY_H

#include <stdint.h>

#include "crypto/seal.h"
#include "repo/id.h"

/*
 * Key files: the master key, sealed under a key that scrypt makes of a
 * password.  Plain JSON (restic-format 1.3).  At most KEY_TRIES of them are
 * tried when a repository is opened, as restic does.
 */
struct err;
struct repo;
struct store;

#define KEY_TRIES	20

struct key_info {
	struct id	 id;
	int64_t		 created;	/* µs */
	char		 username[128], hostname[256];
	int		 current;	/* it opened the repository */
};

/* Find the master key: into key (secret memory), *id tells which file it was.
 * ERR_PASSWORD: no key file has this password. */
int key_open(struct store *s, const void *password, size_t len,
    const char *hint, struct seal_key *key, struct id *id, struct err *e);

/* What a new key file is made of; all borrowed. */
struct key_new {
	const void	*password;
	size_t		 len;
	const char	*hostname, *username;
	int64_t		 created;	/* µs */
	struct scrypt	 strength;	/* KEY_STRENGTH, but in tests */
};

/* restic's own on most machines: 32 MiB, half a second. */
#define KEY_STRENGTH	((struct scrypt){ .n = 32768, .r = 8, .p = 5 })

/* Write a new key file for this master key. */
int key_add(struct store *s, const struct seal_key *master,
    const struct key_new *key, struct id *id, struct err *e);

/* A fresh random master key. */
void key_make(struct seal_key *out);

int key_each(struct repo *r, int (*each)(void *arg, const struct key_info *k),
    void *arg, struct err *e);
/* ERR_USAGE for the one that is in use. */
int key_remove(struct repo *r, const struct id *id, struct err *e);

#endif
