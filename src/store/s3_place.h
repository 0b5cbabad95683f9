#ifndef STORE_S3_PLACE_H
#define STORE_S3_PLACE_H

#include "store/store.h"

/*
 * Where an S3 repository lies.  restic's forms, behind "s3:":
 *
 *	https://HOST[:PORT]/BUCKET[/PREFIX]	http://, too
 *	HOST[:PORT]/BUCKET[/PREFIX]		https; "//" may stand before it
 *
 * and its options: s3.region, s3.bucket-lookup (auto, dns, path),
 * s3.storage-class, s3.connections, s3.list-objects-v1, s3.retries (which we
 * take and do not use: STORE_RETRY), s3.unsafe-anonymous-auth; and ours:
 * s3.retention-mode (governance, compliance) with s3.retention-days, which put a
 * lock on every pack, index, snapshot and key for so long (object lock); and
 * s3.profile, of ~/.aws/credentials, so that two places may have two accounts.
 */
struct s3_place {
	char		*label;		/* "s3:https://HOST/BUCKET/PREFIX", for
					 * people */
	char		*origin;	/* "https://HOST[:PORT]": what is asked */
	char		*host;		/* "HOST[:PORT]", of the Host header */
	char		*root;		/* encoded path of the repository, "/" or
					 * "/BUCKET/PREFIX/": ends with '/' */
	char		*bucket;	/* encoded path of the bucket: "/" or
					 * "/BUCKET" */
	char		*prefix;	/* of keys: "" or "PREFIX/" */
	int		 archive;	/* the class cannot be read at once */
	char		*region;	/* where to begin; may turn out different */
	int		 region_told;	/* by the user: it is not asked for */
	char		*profile;	/* of ~/.aws/credentials, only; NULL: as
					 * s3_keys.h says */
	char		*storage_class;	/* of packs; NULL: the bucket's */
	const char	*retention;	/* "GOVERNANCE", "COMPLIANCE", or NULL */
	unsigned	 retention_days;
	unsigned	 connections;
	int		 list_v1, anonymous;
};

int s3_place_parse(const char *place, const struct store_options *o,
    struct s3_place *p, struct err *e);
void s3_place_fini(struct s3_place *p);		/* also after -1 */

/* A region's name: letters, digits and '-', nothing that leads elsewhere. */
int s3_is_region(const char *s);

#endif
