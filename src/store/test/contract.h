#ifndef STORE_TEST_CONTRACT_H
#define STORE_TEST_CONTRACT_H

#include "store/store.h"
#include "store/test/far_server.h"
#include "testing/scratch.h"

/* A store that test_contract.c asks, and what it lies on; s stays NULL where its
 * server is not installed. */
struct place {
	struct scratch		 dir;	/* no path: none */
	struct far_server	*far;
	struct store		*s;
};

void open_rest(struct place *p);
void open_rest_v1(struct place *p);	/* on a unix socket */
void open_s3(struct place *p);
void open_s3_old(struct place *p);	/* no version 2, no conditions */
void open_rclone(struct place *p);

/* Its size is told, alone and with its beginning (store_get_first). */
void expect_size(struct store *s, const struct store_name *n,
    const char *text);

#endif
