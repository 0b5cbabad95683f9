/*
 * delay.c -- a long line: delay MS PORT TARGET_PORT.  Listens on 127.0.0.1:PORT (0:
 * any, which is printed) and passes everything on to TARGET_PORT, each byte half of
 * MS milliseconds later than it came, either way; as many bytes may be on their way
 * as fit into WINDOW.  Nothing is made slower: only the round trip is longer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIECE	((size_t)64 << 10)
#define WINDOW	1024		/* pieces */

static long delay_us;

struct piece {
	int64_t	 due;
	size_t	 len;
	char	*data;
};

struct way {
	int		 from, to;
	struct piece	 ring[WINDOW];
	unsigned	 first, n;
	int		 ended;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
};

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
put(struct way *w, struct piece p)
{
	pthread_mutex_lock(&w->mutex);
	while (w->n == WINDOW)
		pthread_cond_wait(&w->changed, &w->mutex);
	w->ring[(w->first + w->n++) % WINDOW] = p;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

static void *
take_in(void *arg)
{
	struct way *w = arg;
	struct piece p = {0};
	ssize_t n;

	for (;;) {
		char *data = malloc(PIECE);

		n = read(w->from, data, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		p = (struct piece){ now() + delay_us, n > 0 ? (size_t)n : 0, data };
		put(w, p);
		if (n <= 0)
			return NULL;
	}
}

static int
write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n)
		if ((n = write(fd, data, len)) < 0)
			return -1;
	return 0;
}

static void *
give_out(void *arg)
{
	struct way *w = arg;
	struct piece p;
	int64_t left;

	for (;;) {
		pthread_mutex_lock(&w->mutex);
		while (w->n == 0)
			pthread_cond_wait(&w->changed, &w->mutex);
		p = w->ring[w->first];
		w->first = (w->first + 1) % WINDOW;
		w->n--;
		pthread_cond_signal(&w->changed);
		pthread_mutex_unlock(&w->mutex);
		if ((left = p.due - now()) > 0)
			usleep((useconds_t)left);
		if (p.len == 0 || write_all(w->to, p.data, p.len) < 0) {
			shutdown(w->to, SHUT_WR);
			shutdown(w->from, SHUT_RD);
			free(p.data);
			return NULL;
		}
		free(p.data);
	}
}

static void
one_way(int from, int to)
{
	struct way *w = calloc(1, sizeof(*w));
	pthread_t t;

	w->from = from;
	w->to = to;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->changed, NULL);
	pthread_create(&t, NULL, take_in, w);
	pthread_detach(t);
	pthread_create(&t, NULL, give_out, w);
	pthread_detach(t);
}

static struct sockaddr_in
loopback(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a, b;
	socklen_t len = sizeof(a);
	int s, c, d, on = 1;

	if (argc != 4) {
		fprintf(stderr, "usage: delay MS PORT TARGET_PORT\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	delay_us = strtol(argv[1], NULL, 10) * 500;
	a = loopback((int)strtol(argv[2], NULL, 10));
	b = loopback((int)strtol(argv[3], NULL, 10));
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 64) < 0 ||
	    getsockname(s, (struct sockaddr *)&a, &len) < 0) {
		perror("delay");
		return 1;
	}
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	while ((c = accept(s, NULL, NULL)) >= 0) {
		d = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(d, (struct sockaddr *)&b, sizeof(b)) < 0) {
			close(c);
			close(d);
			continue;
		}
		setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(d, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		one_way(c, d);
		one_way(d, c);
	}
	return 1;
}
