/*
 * mail.c -- SMTP through libcurl, which speaks STARTTLS, AUTH and dots.
 *
 * TLS is never a matter of luck: it is demanded, or it is not spoken.  To
 * loopback it is not, since what could listen there could read our memory.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "net/mail.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/time.h"

#define CONNECT_MS	15000L
#define US_PER_S	1000000

struct sending {
	const struct buf	*text;
	size_t			 at;
	int			 all;	/* it was asked for more than there is */
	int			 fd;	/* of the connection, or -1 */
	int64_t			 end;	/* time_mono */
	int			 late;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t
give(char *to, size_t size, size_t n, void *arg)
{
	struct sending *s = arg;
	size_t left = s->text->len - s->at;

	n *= size;
	if (n > left)
		n = left;
	if (n == 0)
		s->all = 1;
	else
		memcpy(to, s->text->data + s->at, n);
	s->at += n;
	return n;
}

static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct sending *s = arg;

	(void)purpose;
	s->fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	return s->fd;
}

/*
 * Asked about once a second.  When time is up the connection is cut under
 * curl's hands: its own limit would let it say goodbye, and wait for the answer
 * for as long again.
 */
static int
look_at_clock(void *arg, curl_off_t a, curl_off_t b, curl_off_t c,
    curl_off_t d)
{
	struct sending *s = arg;

	(void)a, (void)b, (void)c, (void)d;
	if (time_mono() < s->end)
		return 0;
	s->late = 1;
	if (s->fd >= 0)
		shutdown(s->fd, SHUT_RDWR);
	return 1;
}

static int
is_loopback(const char *url)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]",
	    NULL };
	const char *host = strstr(url, "://");
	size_t i, n;

	host = host != NULL ? host + 3 : url;
	for (i = 0; names[i] != NULL; i++) {
		n = strlen(names[i]);
		if (strncasecmp(host, names[i], n) == 0 &&
		    strchr(":/", host[n]) != NULL)
			return 1;
	}
	return 0;
}

static struct curl_slist *
recipients(const struct mail *m)
{
	struct curl_slist *list = NULL;
	const char *const *to;
	size_t len;

	for (to = m->to; *to != NULL; to++) {
		CLEAN_BUF struct buf b = {0};
		const char *a = mail_address(*to, &len);

		buf_addf(&b, "<%.*s>", (int)len, a);
		list = curl_slist_append(list, buf_str(&b));
	}
	return list;
}

static void
set_up(CURL *c, const struct mail_server *s)
{
	int plain = s->no_tls || is_loopback(s->url);

	curl_easy_setopt(c, CURLOPT_URL, s->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(c, CURLOPT_USE_SSL, (long)(plain ? CURLUSESSL_NONE :
	    CURLUSESSL_ALL));
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT,
	    (long)(s->timeout / US_PER_S) + 1);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	if (s->ca_file != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, s->ca_file);
	if (s->user != NULL) {
		curl_easy_setopt(c, CURLOPT_USERNAME, s->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, s->password != NULL ?
		    s->password : "");
	}
}

/* What the server answered last decides, where curl only says that something
 * was strange. */
static int
tell(CURLcode r, long code, const char *words, struct err *e)
{
	if (r == CURLE_LOGIN_DENIED)
		return err_set(e, ERR_DENIED, "the mail server does not take "
		    "user and password");
	if (r == CURLE_USE_SSL_FAILED)
		return err_set(e, ERR_NET, "the mail server does not offer "
		    "STARTTLS, which smtp:// demands (smtps:// may be meant, or "
		    "'tls: no')");
	if (code >= 400)
		return err_set(e, ERR_NET, "the mail server answered %ld (%s)",
		    code, *words != '\0' ? words : curl_easy_strerror(r));
	return err_set(e, ERR_NET, "mail: %s", *words != '\0' ? words :
	    curl_easy_strerror(r));
}

int
mail_send(const struct mail_server *s, const struct mail *m, int *unsure,
    struct err *e)
{
	char words[CURL_ERROR_SIZE] = "";
	CLEAN_BUF struct buf text = {0}, from = {0};
	struct sending sending = { .text = &text, .fd = -1,
	    .end = time_mono() + s->timeout };
	struct curl_slist *to = recipients(m);
	size_t len;
	const char *a = mail_address(m->from, &len);
	CURLcode r;
	long code = 0;
	CURL *c;

	pthread_once(&once, start_curl);
	*unsure = 0;
	mail_print(m, &text);
	buf_addf(&from, "<%.*s>", (int)len, a);
	c = curl_easy_init();
	if (c == NULL || to == NULL) {
		curl_slist_free_all(to);
		curl_easy_cleanup(c);
		return err_set(e, ERR_NET, "libcurl could not be started");
	}
	set_up(c, s);
	curl_easy_setopt(c, CURLOPT_MAIL_FROM, buf_str(&from));
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(c, CURLOPT_READDATA, &sending);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &sending);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look_at_clock);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, &sending);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, words);
	r = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	curl_slist_free_all(to);
	curl_easy_cleanup(c);
	if (r == CURLE_OK)
		return 0;
	*unsure = sending.all && code < 400;
	if (sending.late)
		return err_set(e, ERR_NET, "the mail server took too long");
	return tell(r, code, words, e);
}
