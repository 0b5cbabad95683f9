#ifndef STORE_S3_KEYS_H
#define STORE_S3_KEYS_H

#include "store/s3_sign.h"

/*
 * Where the keys of an S3 store come from, in restic's order: the environment
 * (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN); the file
 * $AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, profile $AWS_PROFILE or
 * "default"; the container's or the machine's own service (ECS, EC2's IMDSv2,
 * unless AWS_EC2_METADATA_DISABLED is "true").
 *
 * Keys of a service end some day; they are asked for anew five minutes before.
 * Any number of threads.
 */
struct err;
struct s3_source;

/* profile: this one of the file, and nothing else; NULL: all of the above.  stop:
 * as http_options.stop. */
struct s3_source *s3_source_new(const char *profile, int (*stop)(void *arg),
    void *stop_arg);
void s3_source_free(struct s3_source *s);	/* NULL is fine */

/*
 * Copy the keys to *k, to be ended with s3_keys_fini: 0, or -1, ERR_USAGE: there
 * are none, and the text tells where they were looked for.
 */
int s3_source_get(struct s3_source *s, int64_t now, struct s3_keys *k,
    struct err *e);
/* The server says that they are over: ask anew next time. */
void s3_source_forget(struct s3_source *s);

/* Parts, for tests: a file of profiles, and the JSON of a service.  0, or -1 if
 * there are no keys in it; *expires is µs since 1970, 0: never. */
int s3_keys_of_file(const char *text, size_t len, const char *profile,
    struct s3_keys *k);
int s3_keys_of_json(const void *text, size_t len, struct s3_keys *k,
    int64_t *expires);

#endif
