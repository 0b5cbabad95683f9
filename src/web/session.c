#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "util/hex.h"
#include "util/xalloc.h"
#include "web/session.h"

#define SECOND	INT64_C(1000000)

struct session {
	char		 cookie[SESSION_TEXT], csrf[SESSION_TEXT];
	int64_t		 began, used;	/* used 0: free */
};

struct token {
	char		 text[SESSION_TEXT];
	int64_t		 given;		/* 0: none */
};

struct sessions {
	pthread_mutex_t	 lock;
	char		*password;
	struct session	 v[SESSIONS];
	struct token	 tokens[SESSION_TOKENS];
	unsigned	 next_token;
	int64_t		 failed[SESSION_TRIES];
	unsigned	 n_failed;
	double		 left;		/* requests that may still come; grows with time */
	int64_t		 filled;
};

int
session_same(const char *a, const char *b)
{
	size_t n = strlen(a), i;
	unsigned char differ = 0;

	if (strlen(b) != n)
		return 0;
	for (i = 0; i < n; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

struct sessions *
sessions_new(const char *password)
{
	struct sessions *s = xalloc(sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	s->password = xstrdup(password);
	s->left = SESSION_BURST;
	return s;
}

void
sessions_free(struct sessions *s)
{
	if (s == NULL)
		return;
	explicit_bzero(s->password, strlen(s->password));
	free(s->password);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void
make(char out[SESSION_TEXT])
{
	unsigned char bytes[SESSION_ID];

	random_bytes(bytes, sizeof(bytes));
	hex_put(out, bytes, sizeof(bytes));
}

void
sessions_expect(struct sessions *s, const char *token, int64_t now)
{
	struct token *t;

	if (strlen(token) != SESSION_TEXT - 1)
		return;
	pthread_mutex_lock(&s->lock);
	t = &s->tokens[s->next_token++ % SESSION_TOKENS];
	memcpy(t->text, token, SESSION_TEXT);
	t->given = now > 0 ? now : 1;
	pthread_mutex_unlock(&s->lock);
}

/* As many as may fail in a minute have failed in this one. */
static int
is_too_often(const struct sessions *s, int64_t now)
{
	return s->n_failed >= SESSION_TRIES &&
	    now - s->failed[s->n_failed % SESSION_TRIES] < 60 * SECOND;
}

static int
begin(struct sessions *s, int64_t now, char cookie[SESSION_TEXT])
{
	struct session *x = &s->v[0], *i;

	for (i = s->v; i < s->v + SESSIONS; i++)
		if (i->used < x->used)
			x = i;
	make(x->cookie);
	make(x->csrf);
	x->began = now;
	x->used = now > 0 ? now : 1;
	memcpy(cookie, x->cookie, SESSION_TEXT);
	return 200;
}

static int
refuse(struct sessions *s, int64_t now)
{
	s->failed[s->n_failed++ % SESSION_TRIES] = now;
	if (s->n_failed >= 2 * SESSION_TRIES)
		s->n_failed -= SESSION_TRIES;
	return 401;
}

int
sessions_enter(struct sessions *s, const char *token, int64_t now,
    char cookie[SESSION_TEXT])
{
	struct token *t, *hit = NULL;
	int status;

	pthread_mutex_lock(&s->lock);
	for (t = s->tokens; t < s->tokens + SESSION_TOKENS; t++)
		if (t->given != 0 && now - t->given < SESSION_TOKEN_US &&
		    session_same(t->text, token))
			hit = t;
	/* A right one is never a guess, and must open while somebody guesses. */
	if (hit != NULL) {
		hit->given = 0;
		status = begin(s, now, cookie);
	} else
		status = is_too_often(s, now) ? 429 : refuse(s, now);
	pthread_mutex_unlock(&s->lock);
	return status;
}

int
sessions_login(struct sessions *s, const char *password, int64_t now,
    char cookie[SESSION_TEXT])
{
	int status;

	pthread_mutex_lock(&s->lock);
	if (is_too_often(s, now))
		status = 429;
	else if (*s->password == '\0' || !session_same(s->password, password))
		status = refuse(s, now);
	else
		status = begin(s, now, cookie);
	pthread_mutex_unlock(&s->lock);
	return status;
}

static struct session *
find(struct sessions *s, const char *cookie)
{
	struct session *i, *hit = NULL;

	for (i = s->v; i < s->v + SESSIONS; i++)
		if (i->used != 0 && session_same(i->cookie, cookie))
			hit = i;
	return hit;
}

int
sessions_find(struct sessions *s, const char *cookie, int64_t now,
    char csrf[SESSION_TEXT])
{
	struct session *x;

	pthread_mutex_lock(&s->lock);
	x = find(s, cookie);
	if (x != NULL && (now - x->used > SESSION_IDLE_US ||
	    now - x->began > SESSION_MOST_US)) {
		*x = (struct session){0};
		x = NULL;
	}
	if (x != NULL) {
		x->used = now > 0 ? now : 1;
		memcpy(csrf, x->csrf, SESSION_TEXT);
	}
	pthread_mutex_unlock(&s->lock);
	return x != NULL;
}

void
sessions_leave(struct sessions *s, const char *cookie)
{
	struct session *x;

	pthread_mutex_lock(&s->lock);
	if ((x = find(s, cookie)) != NULL)
		*x = (struct session){0};
	pthread_mutex_unlock(&s->lock);
}

int
sessions_rate(struct sessions *s, int64_t now)
{
	int ok;

	pthread_mutex_lock(&s->lock);
	s->left += (double)(now - s->filled) / (double)SECOND * SESSION_RATE;
	s->filled = now;
	if (s->left > SESSION_BURST)
		s->left = SESSION_BURST;
	ok = s->left >= 1;
	if (ok)
		s->left -= 1;
	pthread_mutex_unlock(&s->lock);
	return ok;
}
