#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include <stdint.h>

/*
 * Who may come in: one-time tokens, the password, cookies; and how often one
 * may try.  In memory only: a new child knows nobody.  For several threads.
 * Times are time_mono.
 */
#define SESSION_ID	32		/* random bytes; twice as many digits */
#define SESSION_TEXT	(2 * SESSION_ID + 1)
#define SESSIONS	32		/* the one that was idle longest goes */
#define SESSION_TOKENS	8
#define SESSION_TOKEN_US (INT64_C(5) * 60 * 1000000)
#define SESSION_IDLE_US	(INT64_C(12) * 3600 * 1000000)
#define SESSION_MOST_US	(INT64_C(7) * 24 * 3600 * 1000000)
#define SESSION_TRIES	10		/* failed ones a minute */
#define SESSION_RATE	50		/* requests a second, and */
#define SESSION_BURST	200		/* so many at once */

struct sessions;

/* password: "" for none; copied. */
struct sessions *sessions_new(const char *password);
void sessions_free(struct sessions *s);

/* The daemon gave this one-time token out. */
void sessions_expect(struct sessions *s, const char *token, int64_t now);

/* 200 and a new cookie's value; 401, or 429: too many were wrong lately. */
int sessions_enter(struct sessions *s, const char *token, int64_t now,
    char cookie[SESSION_TEXT]);
int sessions_login(struct sessions *s, const char *password, int64_t now,
    char cookie[SESSION_TEXT]);

/* 1 and the CSRF value that goes with the cookie; 0: nobody's. */
int sessions_find(struct sessions *s, const char *cookie, int64_t now,
    char csrf[SESSION_TEXT]);
void sessions_leave(struct sessions *s, const char *cookie);

/* May one more request be answered? */
int sessions_rate(struct sessions *s, int64_t now);

/* Are two texts the same?  Takes as long for any two of one length. */
int session_same(const char *a, const char *b);

#endif
