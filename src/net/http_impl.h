#ifndef NET_HTTP_IMPL_H
#define NET_HTTP_IMPL_H

#include <curl/curl.h>

#include "net/http.h"

/* One request under way: what curl calls back (http_transfer.c). */
enum transfer_end {
	END_WELL, END_STOPPED, END_STALLED, END_LATE, END_TOO_LONG,
	END_HEADERS_TOO_LONG, END_TAKER, END_GIVER, END_TOLD
};

struct transfer {
	const struct http_options	*o;
	const struct http_request	*r;
	struct http_answer		*a;
	CURL				*curl;
	size_t				 sent, header_bytes;
	int64_t				 began, moved;	/* time_mono */
	int64_t				 bytes;		/* both ways, at moved */
	enum transfer_end		 end;
	char				 why[CURL_ERROR_SIZE];
};

size_t transfer_read(char *out, size_t size, size_t n, void *arg);
int transfer_seek(void *arg, curl_off_t offset, int origin);
size_t transfer_write(char *data, size_t size, size_t n, void *arg);
size_t transfer_header(char *data, size_t size, size_t n, void *arg);
int transfer_progress(void *arg, curl_off_t down_all, curl_off_t down,
    curl_off_t up_all, curl_off_t up);

/* What http_do returns: code is a CURLcode. */
int transfer_end(const struct transfer *t, int code, struct err *e);

#endif
