#ifndef REPO_KEY_IMPL_H
#define REPO_KEY_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/seal.h"
#include "repo/id.h"
#include "util/buf.h"

/* One key file, for key.c and the tests. */
struct err;
struct store;

struct key_file {
	int64_t		 created;
	char		 username[128], hostname[256];
	int		 is_scrypt;
	struct scrypt	 scrypt;
	struct buf	 salt, data;
};

/* Read one, and the master key's own JSON: ERR_CORRUPT. */
int key_file_parse(const void *json, size_t len, struct key_file *k,
    struct err *e);
int key_master_parse(const void *json, size_t len, struct seal_key *key,
    struct err *e);

/* Fetch it, and hold it against its name. */
int key_file_load(struct store *s, const struct id *id, struct key_file *k,
    struct err *e);
void key_file_fini(struct key_file *k);

/* 1: opened, the master key is in key (secret memory); 0: it has another
 * password; -1.  Blocks for scrypt. */
int key_file_try(const struct key_file *k, const void *password, size_t len,
    struct seal_key *key, struct err *e);

#endif
