/* test_server.c -- whatever comes over the socket, the owner lives on and the
 * others are answered. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "catalog/frame.h"
#include "catalog/impl.h"
#include "catalog/test/common.h"
#include "util/clean.h"
#include "util/xalloc.h"

static uint64_t seed;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

struct house {
	char		*dir, *state;
	struct catalog	*owner;
};

static int
enter(void **state)
{
	struct house *h = xalloc(sizeof(*h));
	struct err e = {0};

	h->dir = test_dir();
	h->state = test_state(h->dir);
	h->owner = test_open(h->state, CATALOG_DAEMON, "daemon");
	test_run(h->owner);
	OK(catalog_serve(h->owner, &e));
	*state = h;
	return 0;
}

static int
leave(void **state)
{
	struct house *h = *state;

	catalog_close(h->owner);
	test_dir_free(h->dir);
	free(h->state);
	free(h);
	return 0;
}

static int
dial(const char *state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = 20 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/control", state);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return fd;
}

static void
put_hello(struct buf *b, enum catalog_role role)
{
	size_t start = frame_begin(b);

	pack_str(b, FRAME_HELLO);
	pack_str(b, FETTLE_VERSION);
	pack_u64(b, (uint64_t)role);
	pack_str(b, "a test");
	frame_end(b, start);
}

/* Send and do not mind if nobody wants it. */
static void
throw(int fd, const void *p, size_t len)
{
	ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

	(void)n;
}

static int
dial_greeted(const char *state)
{
	CLEAN_BUF struct buf b = {0};
	unsigned char answer[512];
	int fd = dial(state);

	put_hello(&b, CATALOG_ASK);
	assert_int_equal(send(fd, b.data, b.len, 0), b.len);
	assert_true(recv(fd, answer, sizeof(answer), 0) > 5);
	assert_int_equal(answer[4], FRAME_OK);
	return fd;
}

static int
count_run(void *arg, const struct run *r)
{
	(void)r;
	++*(int *)arg;
	return 0;
}

/* A well-behaved one is served. */
static void
assert_alive(const char *state)
{
	struct catalog *c = test_open(state, CATALOG_ASK, "status");
	struct err e = {0};
	int n = 0;

	assert_false(catalog_is_owner(c));
	OK(catalog_runs(c, 1, 0, count_run, &n, &e));
	assert_int_equal(n, 1);
	catalog_close(c);
}

/* The owner hangs up: nothing more comes, or an error and then nothing. */
static void
assert_hung_up(int fd)
{
	char junk[4096];
	ssize_t n;

	while ((n = recv(fd, junk, sizeof(junk), 0)) > 0)
		;
	assert_true(n == 0 || errno == ECONNRESET);
}

static void
absurd_lengths_are_hung_up_on(void **state)
{
	static const unsigned char v[][4] = { { 0xff, 0xff, 0xff, 0xff },
	    { 0, 0, 0, 0 }, { 1, 0, 0, 4 }, { 0, 0, 0, 0x80 } };
	struct house *h = *state;
	size_t i;
	int fd;

	for (i = 0; i < 4; i++) {
		fd = dial(h->state);
		throw(fd, v[i], 4);
		assert_hung_up(fd);
		close(fd);
		fd = dial_greeted(h->state);
		throw(fd, v[i], 4);
		assert_hung_up(fd);
		close(fd);
	}
	assert_alive(h->state);
}

static void
half_frames_hold_nobody_up(void **state)
{
	struct house *h = *state;
	int fds[8], i;

	for (i = 0; i < 8; i++) {
		fds[i] = i % 2 ? dial(h->state) : dial_greeted(h->state);
		throw(fds[i], "\x10\0\0\0abc", i < 4 ? 7 : 2);
	}
	assert_alive(h->state);
	for (i = 0; i < 8; i++)
		close(fds[i]);
	assert_alive(h->state);
}

static void
a_bad_greeting_is_hung_up_on(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct house *h = *state;
	CLEAN_BUF struct buf b = {0};
	int fd = dial(h->state);
	size_t start;

	throw(fd, http, sizeof(http) - 1);
	assert_hung_up(fd);
	close(fd);
	/* A verb without a greeting, and a role that there is not. */
	fd = dial(h->state);
	throw(fd, "\1\0\0\0\5", 5);
	assert_hung_up(fd);
	close(fd);
	put_hello(&b, (enum catalog_role)77);
	fd = dial(h->state);
	throw(fd, b.data, b.len);
	assert_hung_up(fd);
	close(fd);
	/* One that is right, and something behind it. */
	buf_reset(&b);
	start = frame_begin(&b);
	pack_str(&b, FRAME_HELLO);
	pack_str(&b, FETTLE_VERSION);
	pack_u64(&b, CATALOG_ASK);
	pack_str(&b, "x");
	pack_u64(&b, 1);
	frame_end(&b, start);
	fd = dial(h->state);
	throw(fd, b.data, b.len);
	assert_hung_up(fd);
	close(fd);
	assert_alive(h->state);
}

static void
random_requests_are_only_answered(void **state)
{
	struct house *h = *state;
	unsigned char frame[300], answer[4096];
	int fd = dial_greeted(h->state), i;
	size_t len, j;

	for (i = 0; i < 3000; i++) {
		len = 1 + next_random() % (i % 2 ? 12 : 290);
		memset(frame, 0, sizeof(frame));
		frame[0] = (unsigned char)len;
		frame[1] = (unsigned char)(len >> 8);
		for (j = 0; j < len; j++)
			frame[4 + j] = next_random() % 3 ?
			    (unsigned char)(next_random() % 8) :
			    (unsigned char)next_random();
		frame[4] = (unsigned char)(next_random() % (VERBS + 2));
		/* The one that would make files by any path. */
		if (frame[4] == VERB_BACKUP)
			frame[4] = VERB_GET;
		assert_int_equal(send(fd, frame, len + 4, MSG_NOSIGNAL),
		    len + 4);
		assert_true(recv(fd, answer, sizeof(answer), 0) > 4);
	}
	close(fd);
	assert_alive(h->state);
}

static void
descriptors_sent_along_are_dropped(void **state)
{
	struct house *h = *state;
	union {
		struct cmsghdr	 h;
		char		 room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec v = { (void *)(uintptr_t)"\x08\0\0\0", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = &control, .msg_controllen = sizeof(control) };
	int fd = dial_greeted(h->state), pipes[2], i;
	char c;

	assert_int_equal(pipe(pipes), 0);
	control.h.cmsg_level = SOL_SOCKET;
	control.h.cmsg_type = SCM_RIGHTS;
	control.h.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.h), &pipes[1], sizeof(int));
	for (i = 0; i < 4; i++) {
		assert_int_equal(sendmsg(fd, &m, MSG_NOSIGNAL), 1);
		v.iov_base = (void *)(uintptr_t)"\0";
	}
	assert_alive(h->state);
	close(fd);
	close(pipes[1]);
	/* Nobody else holds the pipe: its end is seen. */
	assert_int_equal(read(pipes[0], &c, 1), 0);
	close(pipes[0]);
}

static void
too_many_are_turned_away(void **state)
{
	struct house *h = *state;
	int fds[31], more, i;

	for (i = 0; i < 31; i++)
		fds[i] = dial_greeted(h->state);
	assert_alive(h->state);
	/* The 32nd is let in, the next is not. */
	i = dial_greeted(h->state);
	more = dial(h->state);
	assert_hung_up(more);
	close(more);
	close(i);
	for (i = 0; i < 31; i++)
		close(fds[i]);
	assert_alive(h->state);
}

/* It asks for much and reads nothing, again and again. */
static void
one_who_never_reads_holds_nobody_up(void **state)
{
	struct house *h = *state;
	CLEAN_BUF struct buf b = {0};
	struct pollfd f = { .events = POLLOUT };
	struct err e = {0};
	char *big = xalloc(6 << 20);
	size_t start;
	int fd, i;

	OK(catalog_put(h->owner, "big", "x", big, 6 << 20, &e));
	free(big);
	fd = dial_greeted(h->state);
	start = frame_begin(&b);
	buf_addc(&b, VERB_GET);
	pack_str(&b, "big");
	pack_str(&b, "x");
	pack_u64(&b, 0);
	frame_end(&b, start);
	f.fd = fd;
	for (i = 0; i < 10000 && poll(&f, 1, 0) == 1; i++)
		throw(fd, b.data, b.len);
	for (i = 0; i < 5; i++)
		assert_alive(h->state);
	close(fd);
	assert_alive(h->state);
}

/* Another user, who got as far as the socket. */
static void
a_stranger_is_hung_up_on(void **state)
{
	struct house *h = *state;
	CLEAN_BUF struct buf b = {0};
	char answer[64];
	int status, fd;
	ssize_t n;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	test_mode(h->dir, ".", 0755);
	test_mode(h->dir, "state", 0755);
	test_mode(h->state, "control", 0666);
	put_hello(&b, CATALOG_ASK);
	pid = fork();
	if (pid == 0) {
		if (setresuid(65534, 65534, 65534) != 0)
			_exit(2);
		fd = dial(h->state);
		throw(fd, b.data, b.len);
		n = recv(fd, answer, sizeof(answer), 0);
		_exit(n > 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_alive(h->state);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
		T(absurd_lengths_are_hung_up_on),
		T(half_frames_hold_nobody_up),
		T(a_bad_greeting_is_hung_up_on),
		T(random_requests_are_only_answered),
		T(descriptors_sent_along_are_dropped),
		T(too_many_are_turned_away),
		T(one_who_never_reads_holds_nobody_up),
		T(a_stranger_is_hung_up_on),
	};
	const char *given = getenv("SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) | 1;
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
