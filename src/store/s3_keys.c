/* s3_keys.c -- see s3_keys.h. */
#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"
#include "net/url.h"
#include "store/s3_keys.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/time.h"
#include "util/xalloc.h"

#define FILE_MAX	((size_t)1 << 20)
#define ANSWER_MAX	((size_t)64 << 10)
#define TTL		"X-aws-ec2-metadata-token-ttl-seconds: 21600"
#define EARLY		((int64_t)300 * 1000000)	/* µs */
#define CONNECT		((int64_t)1000000)
#define TOTAL		((int64_t)10 * 1000000)

struct s3_source {
	pthread_mutex_t	 mutex;
	char		*profile;	/* NULL: any */
	struct s3_keys	 keys;
	int64_t		 expires;	/* 0: never */
	struct http_options http;
};

/* ---- a file of profiles ---- */
/* The next line without spaces round it, in place; NULL at the end. */
static char *
next_line(char **at)
{
	char *s = *at, *end;

	if (*s == '\0')
		return NULL;
	end = s + strcspn(s, "\n");
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	while (isspace((unsigned char)*s))
		s++;
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

/* Is it the head of this profile: "[name]" or "[profile name]"? */
static int
is_profile(char *line, const char *profile)
{
	size_t n = strlen(line);

	if (n < 2 || line[n - 1] != ']')
		return 0;
	line[n - 1] = '\0';
	line++;
	if (strncmp(line, "profile ", 8) == 0)
		line += 8;
	while (isspace((unsigned char)*line))
		line++;
	return strcmp(line, profile) == 0;
}

static void
take_line(char *line, struct s3_keys *k)
{
	static const char *const names[] = { "aws_access_key_id",
	    "aws_secret_access_key", "aws_session_token" };
	char **to[] = { &k->id, &k->secret, &k->token };
	char *eq = strchr(line, '='), *value, *end;
	size_t i;

	if (eq == NULL)
		return;
	for (end = eq; end > line && isspace((unsigned char)end[-1]); end--)
		;
	*end = '\0';
	for (value = eq + 1; isspace((unsigned char)*value); value++)
		;
	for (i = 0; i < 3; i++)
		if (strcmp(line, names[i]) == 0 && *to[i] == NULL &&
		    *value != '\0')
			*to[i] = xstrdup(value);
}

static int
is_whole(struct s3_keys *k)
{
	if (k->id != NULL && k->secret != NULL)
		return 1;
	s3_keys_fini(k);
	return 0;
}

int
s3_keys_of_file(const char *text, size_t len, const char *profile,
    struct s3_keys *k)
{
	char *copy = xstrndup(text, len), *at = copy, *line;
	int ours = 0;

	*k = (struct s3_keys){0};
	while ((line = next_line(&at)) != NULL) {
		if (*line == '[')
			ours = is_profile(line, profile);
		else if (ours && *line != '#' && *line != ';')
			take_line(line, k);
	}
	explicit_bzero(copy, len);
	free(copy);
	return is_whole(k) ? 0 : -1;
}

static const char *
env(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0' ? v : NULL;
}

static int
of_file(const char *profile, struct s3_keys *k)
{
	const char *path = env("AWS_SHARED_CREDENTIALS_FILE");
	const char *home = env("HOME");
	CLEAN_FREE char *whole = path != NULL ? xstrdup(path) :
	    xasprintf("%s/.aws/credentials", home != NULL ? home : "");
	CLEAN_BUF struct buf b = {0};
	CLEAN_FD int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    O_NOCTTY);
	int r;

	if (fd < 0 || fd_read_all(fd, FILE_MAX, &b) < 0)
		return -1;
	if (profile == NULL)
		profile = env("AWS_PROFILE");
	r = s3_keys_of_file(buf_str(&b), b.len,
	    profile != NULL ? profile : "default", k);
	explicit_bzero(b.data, b.len);
	return r;
}

static int
of_environment(struct s3_keys *k, struct err *e)
{
	const char *id = env("AWS_ACCESS_KEY_ID");
	const char *secret = env("AWS_SECRET_ACCESS_KEY");

	if (id == NULL && secret == NULL)
		return 0;
	if (id == NULL || secret == NULL)
		return err_set(e, ERR_USAGE, "%s is set, but %s is not",
		    id != NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
		    id != NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	k->id = xstrdup(id);
	k->secret = xstrdup(secret);
	k->token = xstrdup(env("AWS_SESSION_TOKEN"));
	return 1;
}

/* ---- a service of the machine or container ---- */
static int
read_member(struct json_read *r, struct s3_keys *k, int64_t *expires)
{
	static const char *const names[] = { "AccessKeyId", "SecretAccessKey",
	    "Token", "Expiration" };
	char **to[] = { &k->id, &k->secret, &k->token, NULL };
	const char *s;
	size_t i;

	for (i = 0; i < 4 && strcmp(r->str, names[i]) != 0; i++)
		;
	if (i == 4)
		return json_skip(r, NULL);
	if (json_get_str(r, &s, NULL, NULL) < 0)
		return -1;
	if (to[i] == NULL)
		return time_parse_rfc3339(s, expires, NULL, NULL);
	if (*to[i] == NULL)
		*to[i] = xstrdup(s);
	return 0;
}

int
s3_keys_of_json(const void *text, size_t len, struct s3_keys *k,
    int64_t *expires)
{
	CLEAN_JSON_READ struct json_read r;
	int n;

	*k = (struct s3_keys){0};
	*expires = 0;
	json_read_init(&r, text, len);
	n = json_expect(&r, JSON_OBJECT, NULL) < 0 ? -1 : 1;
	while (n == 1 && (n = json_member(&r, NULL)) == 1)
		if (read_member(&r, k, expires) < 0)
			n = -1;
	if (n == 0 && is_whole(k))
		return 0;
	s3_keys_fini(k);
	return -1;
}

/* Ask it: 0 and a 200. */
static int
ask(struct s3_source *s, const char *method, const char *url,
    const char *header, struct http_answer *a)
{
	const char *headers[] = { header, NULL };
	struct http_request q = { .method = method, .url = url,
	    .headers = headers, .max = ANSWER_MAX, .total = TOTAL };
	struct http *h;
	int r;

	if (http_new(&s->http, &h, NULL) < 0)
		return -1;
	r = http_do(h, &q, a, NULL);
	http_free(h);
	return r == 0 && a->status == 200 ? 0 : -1;
}

static int
read_answer(struct s3_source *s, struct http_answer *a)
{
	int r = s3_keys_of_json(a->body.data, a->body.len, &s->keys,
	    &s->expires);

	if (a->body.len > 0)
		explicit_bzero(a->body.data, a->body.len);
	return r;
}

/* Nobody but the machine itself may be asked without TLS. */
static int
is_near(const char *text)
{
	static const char *const near[] = { "169.254.170.2", "169.254.170.23",
	    "localhost", "127.0.0.1", "[::1]", "[fd00:ec2::23]" };
	CLEAN_URL struct url u = {0};
	size_t i;

	if (url_parse(text, &u, NULL) < 0)
		return 0;
	if (strcmp(u.scheme, "https") == 0)
		return 1;
	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		if (strcmp(u.host, near[i]) == 0)
			return 1;
	return 0;
}

static int
of_container(struct s3_source *s)
{
	const char *relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	const char *token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	CLEAN_FREE char *url = relative != NULL ?
	    xasprintf("http://169.254.170.2%s", relative) : xstrdup(full);
	CLEAN_FREE char *header = token == NULL || strpbrk(token, "\r\n") ?
	    NULL : xasprintf("Authorization: %s", token);
	CLEAN_HTTP_ANSWER struct http_answer a = {0};

	if (url == NULL || !is_near(url) || ask(s, "GET", url, header, &a) < 0)
		return -1;
	return read_answer(s, &a);
}

/* EC2: a token, the name of the machine's role, and the role's keys. */
static int
of_machine(struct s3_source *s)
{
	const char *off = env("AWS_EC2_METADATA_DISABLED");
	const char *at = env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	CLEAN_HTTP_ANSWER struct http_answer a = {0};
	CLEAN_FREE char *base = xasprintf("%s/latest",
	    at != NULL ? at : "http://169.254.169.254");
	CLEAN_FREE char *first = xasprintf("%s/api/token", base);
	CLEAN_FREE char *roles = xasprintf(
	    "%s/meta-data/iam/security-credentials/", base);
	CLEAN_FREE char *header = NULL, *role = NULL;
	CLEAN_BUF struct buf url = {0};

	if ((off != NULL && strcmp(off, "true") == 0) ||
	    ask(s, "PUT", first, TTL, &a) < 0 ||
	    strpbrk(buf_str(&a.body), "\r\n") != NULL)
		return -1;
	header = xasprintf("X-aws-ec2-metadata-token: %s", buf_str(&a.body));
	if (ask(s, "GET", roles, header, &a) < 0)
		return -1;
	role = xstrndup(buf_str(&a.body), strcspn(buf_str(&a.body), "\r\n"));
	buf_adds(&url, roles);
	url_encode(&url, role, "");
	if (*role == '\0' || ask(s, "GET", buf_str(&url), header, &a) < 0)
		return -1;
	return read_answer(s, &a);
}

/* ---- all of them ---- */
struct s3_source *
s3_source_new(const char *profile, int (*stop)(void *arg), void *stop_arg)
{
	struct s3_source *s = xalloc(sizeof(*s));

	s->profile = xstrdup(profile);
	if (pthread_mutex_init(&s->mutex, NULL) != 0)
		abort();
	s->http = (struct http_options){ .connect = CONNECT, .stall = TOTAL,
	    .stop = stop, .stop_arg = stop_arg };
	return s;
}

void
s3_source_free(struct s3_source *s)
{
	if (s == NULL)
		return;
	s3_keys_fini(&s->keys);
	free(s->profile);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

void
s3_source_forget(struct s3_source *s)
{
	pthread_mutex_lock(&s->mutex);
	s3_keys_fini(&s->keys);
	pthread_mutex_unlock(&s->mutex);
}

/* With the mutex held. */
static int
find(struct s3_source *s, struct err *e)
{
	int r = 0;

	s->expires = 0;
	if (s->profile != NULL)
		return of_file(s->profile, &s->keys) == 0 ? 0 : err_set(e,
		    ERR_USAGE, "~/.aws/credentials has no keys for the "
		    "profile of -o s3.profile");
	r = of_environment(&s->keys, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (of_file(NULL, &s->keys) == 0 || of_container(s) == 0 ||
	    of_machine(s) == 0)
		return 0;
	return err_set(e, ERR_USAGE, "there are no keys for S3: set "
	    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them to "
	    "~/.aws/credentials");
}

int
s3_source_get(struct s3_source *s, int64_t now, struct s3_keys *k,
    struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&s->mutex);
	if (s->expires != 0 && now > s->expires - EARLY)
		s3_keys_fini(&s->keys);
	if (s->keys.id == NULL)
		r = find(s, e);
	if (r == 0)
		*k = (struct s3_keys){ xstrdup(s->keys.id),
		    xstrdup(s->keys.secret), xstrdup(s->keys.token) };
	pthread_mutex_unlock(&s->mutex);
	return r;
}
