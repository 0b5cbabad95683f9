/* s3_place.c -- see s3_place.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/url.h"
#include "store/far.h"
#include "store/s3_place.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define AMAZON		"amazonaws.com"
#define DAYS_MAX	36500

int
s3_is_region(const char *s)
{
	size_t n = strlen(s), i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '_')
			return 0;
	return n > 0 && n <= 64 && s[0] != '-';
}

static int
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* s3.REGION.amazonaws.com, s3-REGION.amazonaws.com, s3.dualstack.REGION... */
static char *
region_of_host(const char *host)
{
	const char *end = strstr(host, "." AMAZON), *begin;

	if (end == NULL || strncmp(host, "s3", 2) != 0)
		return NULL;
	begin = memrchr(host, '.', (size_t)(end - host));
	if (begin == NULL)
		begin = host[2] == '-' ? host + 2 : NULL;
	return begin == NULL || end - begin < 2 ? NULL :
	    xstrndup(begin + 1, (size_t)(end - begin - 1));
}

static int
read_region(const struct store_options *o, const struct url *u,
    struct s3_place *p, struct err *e)
{
	const char *told = far_option(o, "s3.region");

	if (told == NULL || *told == '\0')
		told = getenv("AWS_DEFAULT_REGION");
	if (told == NULL || *told == '\0')
		told = getenv("AWS_REGION");
	if (told != NULL && *told != '\0') {
		p->region = xstrdup(told);
		p->region_told = 1;
	} else if ((p->region = region_of_host(u->host)) == NULL) {
		p->region = xstrdup("us-east-1");
	}
	return s3_is_region(p->region) ? 0 : err_set(e, ERR_USAGE,
	    "this is no region of S3");
}

/* Is a bucket of this name part of a host's name, without harm to TLS? */
static int
fits_dns(const char *bucket, const struct url *u)
{
	size_t n = strlen(bucket), i;

	for (i = 0; i < n; i++)
		if (!islower((unsigned char)bucket[i]) && bucket[i] != '-' &&
		    !isdigit((unsigned char)bucket[i]) &&
		    (bucket[i] != '.' || strcmp(u->scheme, "https") == 0))
			return 0;
	return n >= 3 && n <= 63;
}

static int
wants_dns(const struct store_options *o, const struct url *u,
    const char *bucket, int *dns, struct err *e)
{
	const char *how = far_option(o, "s3.bucket-lookup");

	if (how == NULL || strcmp(how, "auto") == 0)
		*dns = ends_with(u->host, "." AMAZON) && fits_dns(bucket, u);
	else if (strcmp(how, "dns") == 0 || strcmp(how, "path") == 0)
		*dns = *how == 'd';
	else
		return err_set(e, ERR_USAGE, "option -o s3.bucket-lookup is auto, "
		    "dns or path");
	return 0;
}

/* "a//b/./c/" is "a/b/c", as restic cleans it; -1: it climbs. */
static int
clean_prefix(const char *s, struct buf *out)
{
	size_t n;

	for (; *s != '\0'; s += n) {
		while (*s == '/')
			s++;
		n = strcspn(s, "/");
		if (n == 0 || (n == 1 && *s == '.'))
			continue;
		if (n == 2 && s[0] == '.' && s[1] == '.')
			return -1;
		buf_add(out, s, n);
		buf_addc(out, '/');
	}
	return 0;
}

/* Bucket and prefix are known: where requests go. */
static int
lay_out(const struct store_options *o, const struct url *u,
    const char *bucket, const char *prefix, struct s3_place *p, struct err *e)
{
	CLEAN_BUF struct buf host = {0}, top = {0}, root = {0};
	int dns;

	if (wants_dns(o, u, bucket, &dns, e) < 0)
		return -1;
	if (dns)
		buf_addf(&host, "%s.", bucket);
	/* Amazon's old address means one region only. */
	if (strcmp(u->host, "s3." AMAZON) == 0 &&
	    strcmp(p->region, "us-east-1") != 0)
		buf_addf(&host, "s3.%s." AMAZON, p->region);
	else
		buf_adds(&host, u->host);
	if (u->port != 0 && u->port != (strcmp(u->scheme, "https") == 0 ?
	    443 : 80))
		buf_addf(&host, ":%u", u->port);
	buf_addc(&top, '/');
	if (!dns)
		url_encode(&top, bucket, "");
	buf_adds(&root, buf_str(&top));
	if (!dns)
		buf_addc(&root, '/');
	url_encode(&root, prefix, "/");
	p->origin = xasprintf("%s://%s", u->scheme, buf_str(&host));
	p->host = buf_steal(&host);
	p->bucket = buf_steal(&top);
	p->root = buf_steal(&root);
	p->prefix = xstrdup(prefix);
	return 0;
}

static int
read_retention(const struct store_options *o, struct s3_place *p,
    struct err *e)
{
	const char *mode = far_option(o, "s3.retention-mode");

	if (mode == NULL && far_option(o, "s3.retention-days") == NULL)
		return 0;
	if (mode == NULL || strcasecmp(mode, "compliance") == 0)
		p->retention = "COMPLIANCE";
	else if (strcasecmp(mode, "governance") == 0)
		p->retention = "GOVERNANCE";
	else
		return err_set(e, ERR_USAGE, "option -o s3.retention-mode is "
		    "governance or compliance");
	if (far_connections(o, "s3.retention-days", &p->retention_days, e) < 0)
		return -1;
	if (p->retention_days == 0)
		return err_set(e, ERR_USAGE, "option -o s3.retention-mode wants "
		    "s3.retention-days, too");
	return 0;
}

static int
read_options(const struct store_options *o, struct s3_place *p, struct err *e)
{
	static const char *const known[] = { "s3.region", "s3.bucket-lookup",
	    "s3.storage-class", "s3.connections", "s3.list-objects-v1",
	    "s3.retries", "s3.unsafe-anonymous-auth", "s3.retention-mode",
	    "s3.retention-days", "s3.profile", NULL };
	const char *class = far_option(o, "s3.storage-class"), *s;

	if (far_check_options(o, "s3.", known, e) < 0 ||
	    far_connections(o, "s3.connections", &p->connections, e) < 0 ||
	    read_retention(o, p, e) < 0)
		return -1;
	if (class != NULL && !s3_is_region(class))
		return err_set(e, ERR_USAGE, "option -o s3.storage-class: this is "
		    "no storage class");
	p->archive = class != NULL && (strcmp(class, "GLACIER") == 0 ||
	    strcmp(class, "DEEP_ARCHIVE") == 0);
	p->storage_class = xstrdup(class);
	p->profile = xstrdup(far_option(o, "s3.profile"));
	s = far_option(o, "s3.list-objects-v1");
	p->list_v1 = s != NULL && strcmp(s, "true") == 0;
	s = far_option(o, "s3.unsafe-anonymous-auth");
	p->anonymous = s != NULL && strcmp(s, "true") == 0;
	return 0;
}

int
s3_place_parse(const char *place, const struct store_options *o,
    struct s3_place *p, struct err *e)
{
	CLEAN_FREE char *whole = NULL, *bucket = NULL;
	CLEAN_BUF struct buf prefix = {0}, path = {0}, label = {0};
	CLEAN_URL struct url u = {0};
	const char *s, *slash;

	*p = (struct s3_place){ .connections = FAR_CONNECTIONS };
	if (strncmp(place, "http://", 7) == 0 ||
	    strncmp(place, "https://", 8) == 0)
		whole = xstrdup(place);
	else
		whole = xasprintf("https://%s", strncmp(place, "//", 2) == 0 ?
		    place + 2 : place);
	if (url_parse(whole, &u, e) < 0)
		return err_wrap(e, "s3:");
	if (u.user != NULL || u.query != NULL)
		return err_set(e, ERR_USAGE, "an S3 repository is written "
		    "s3:https://HOST/BUCKET/PREFIX; its keys are told by "
		    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
	if (url_decode(&path, u.path, strlen(u.path)) < 0)
		return err_set(e, ERR_USAGE, "s3: the prefix has a bad %%-escape");
	for (s = buf_str(&path); *s == '/'; s++)
		;
	slash = s + strcspn(s, "/");
	bucket = xstrndup(s, (size_t)(slash - s));
	if (*bucket == '\0' || strcmp(bucket, ".") == 0 ||
	    strcmp(bucket, "..") == 0 || clean_prefix(slash, &prefix) < 0)
		return err_set(e, ERR_USAGE, "an S3 repository is written "
		    "s3:https://HOST/BUCKET/PREFIX");
	if (read_options(o, p, e) < 0 || read_region(o, &u, p, e) < 0 ||
	    lay_out(o, &u, bucket, buf_str(&prefix), p, e) < 0)
		return -1;
	url_origin(&u, &label);
	p->label = xasprintf("s3:%s/%s%s%.*s", buf_str(&label), bucket,
	    prefix.len > 0 ? "/" : "", prefix.len > 0 ? (int)prefix.len - 1 : 0,
	    buf_str(&prefix));
	return 0;
}

void
s3_place_fini(struct s3_place *p)
{
	free(p->label);
	free(p->origin);
	free(p->host);
	free(p->root);
	free(p->bucket);
	free(p->prefix);
	free(p->region);
	free(p->storage_class);
	free(p->profile);
	*p = (struct s3_place){0};
}
