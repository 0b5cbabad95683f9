/*
 * test_log.c -- a line a record, in the form it was asked for, and no name can
 * forge one.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include "util/test/log_place.h"

static void
lines_are_in_pythons_form(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	struct log *l = start(p);
	struct stat st;

	log_write(l, LOG_INFO, &(struct log_fields){ .text = "moved",
	    .from = "/a/x.jpg", .to = "/a/Images/x y.jpg",
	    .job = "sort downloads", .why = "extension is jpg", .run = 12 });
	log_line(l, LOG_DEBUG, "dropped");
	log_line(l, LOG_WARNING, "two\nlines \x1b[31m");
	log_write(l, LOG_ERROR, &(struct log_fields){ .text = "could not move",
	    .from = "/a/\n2026-11-22 01:00:00,123:INFO:lie",
	    .error = "No space left on device" });
	read_file(p, "fettle.log", &b);
	assert_string_equal(buf_str(&b),
	    "2026-11-22 01:00:00,123:INFO:moved /a/x.jpg to "
	    "'/a/Images/x y.jpg' (sort downloads)\n"
	    "2026-11-22 01:00:00,123:WARNING:two\\nlines \\033[31m\n"
	    "2026-11-22 01:00:00,123:ERROR:could not move '/a/'$'\\n'"
	    "'2026-11-22 01:00:00,123:INFO:lie': No space left on device\n");
	assert_int_equal(fstatat(p->dir, "fettle.log", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(log_close(l, NULL), 0);
}

static void
json_tells_the_parts_apart(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	struct log *l;

	p->o.format = LOG_AS_JSON;
	l = start(p);
	log_write(l, LOG_ERROR, &(struct log_fields){ .text = "moved",
	    .from = "/a\xff", .to = "/b", .error = "E", .job = "j",
	    .why = "w", .run = 12 });
	log_line(l, LOG_INFO, "done");
	assert_int_equal(log_close(l, NULL), 0);
	read_file(p, "fettle.log", &b);
	assert_string_equal(buf_str(&b),
	    "{\"v\":1,\"time\":\"2026-11-22T01:00:00.123456+01:00\","
	    "\"level\":\"error\",\"text\":\"moved\",\"from\":\"/a\xef\xbf\xbd\","
	    "\"from_bytes\":\"L2H/\",\"to\":\"/b\",\"error\":\"E\","
	    "\"job\":\"j\",\"why\":\"w\",\"run\":12}\n"
	    "{\"v\":1,\"time\":\"2026-11-22T01:00:00.123456+01:00\","
	    "\"level\":\"info\",\"text\":\"done\"}\n");
}

static void
records_wait_for_the_flush_but_errors_do_not(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	struct log *l = start(p);

	log_line(l, LOG_INFO, "one");
	read_file(p, "fettle.log", &b);
	assert_int_equal(b.len, 0);
	assert_int_equal(log_flush(l, NULL), 0);
	read_file(p, "fettle.log", &b);
	assert_non_null(strstr(buf_str(&b), "INFO:one\n"));
	buf_reset(&b);
	log_line(l, LOG_INFO, "two");
	log_line(l, LOG_ERROR, "three");
	read_file(p, "fettle.log", &b);
	assert_non_null(strstr(buf_str(&b), "INFO:two\n"));
	assert_non_null(strstr(buf_str(&b), "ERROR:three\n"));
	log_close(l, NULL);
	log_line(NULL, LOG_ERROR, "no log is fine");
	assert_int_equal(log_flush(NULL, NULL), 0);
	assert_int_equal(log_close(NULL, NULL), 0);
}

/* A socket in the place where records for journald arrive. */
static int
be_journald(struct place *p, struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/socket",
	    p->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)a, sizeof(*a)), 0);
	p->o.format = LOG_AS_JOURNAL;
	p->o.journal = a->sun_path;
	return fd;
}

static void
journald_gets_fields(void **state)
{
	struct place *p = *state;
	static const char says[] = "MESSAGE=moved 'a'$'\\n''b' to /c (j)\n"
	    "PRIORITY=4\nSYSLOG_IDENTIFIER=fettle\nFETTLE_FROM\n"
	    "\3\0\0\0\0\0\0\0a\nb\nFETTLE_TO=/c\nFETTLE_JOB=j\n"
	    "FETTLE_WHY=w\nFETTLE_RUN=12\n";
	struct sockaddr_un a;
	int fd = be_journald(p, &a);
	struct log *l = start(p);
	char got[1000];

	log_write(l, LOG_WARNING, &(struct log_fields){ .text = "moved",
	    .from = "a\nb", .to = "/c", .job = "j", .why = "w", .run = 12 });
	assert_int_equal(recv(fd, got, sizeof(got), 0), sizeof(says) - 1);
	assert_memory_equal(got, says, sizeof(says) - 1);
	log_line(l, LOG_ERROR, "bad");
	got[recv(fd, got, sizeof(got) - 1, 0)] = '\0';
	assert_string_equal(got, "MESSAGE=bad\nPRIORITY=3\n"
	    "SYSLOG_IDENTIFIER=fettle\n");
	close(fd);
	log_close(l, NULL);
}

static void
without_journald_lines_go_to_the_descriptor(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	struct sockaddr_un a;
	int fd = be_journald(p, &a), i, n = 0;
	struct log *l;
	char got[100];
	const char *at;

	p->o.fd = openat(p->dir, "stderr", O_CREAT | O_WRONLY | O_CLOEXEC,
	    0600);
	l = start(p);
	for (i = 0; i < 2000; i++)	/* it never reads: its queue is full */
		log_line(l, LOG_INFO, "x");
	while (recv(fd, got, sizeof(got), 0) > 0)
		n++;
	close(fd);
	unlinkat(p->dir, "socket", 0);
	log_line(l, LOG_INFO, "gone");
	assert_int_equal(log_lost(l), 0);
	log_close(l, NULL);
	close(p->o.fd);
	read_file(p, "stderr", &b);
	assert_non_null(strstr(buf_str(&b), "INFO:gone\n"));
	for (at = buf_str(&b); (at = strstr(at, "INFO:x\n")) != NULL; at++)
		n++;
	assert_int_equal(n, 2000);
}

static void
a_descriptor_that_takes_nothing_is_no_end(void **state)
{
	struct place *p = *state;
	struct log *l;
	struct err e;

	p->o.name = NULL;
	p->o.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	l = start(p);
	log_line(l, LOG_ERROR, "one");
	log_line(l, LOG_ERROR, "two");
	assert_int_equal(p->troubles, 1);
	assert_int_equal(p->trouble.kind, ERR_FULL);
	assert_int_equal(log_close(l, &e), -1);
	assert_int_equal(e.kind, ERR_FULL);
	close(p->o.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH_TEST(lines_are_in_pythons_form),
		EACH_TEST(json_tells_the_parts_apart),
		EACH_TEST(records_wait_for_the_flush_but_errors_do_not),
		EACH_TEST(journald_gets_fields),
		EACH_TEST(without_journald_lines_go_to_the_descriptor),
		EACH_TEST(a_descriptor_that_takes_nothing_is_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
