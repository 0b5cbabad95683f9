/*
 * test_log_file.c -- no record is lost while there is room, and nothing that a
 * disk or another process does to the file can stop the program.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "util/test/log_place.h"

/* The newest n old files and the present one, oldest first. */
static void
read_all(const struct place *p, unsigned n, struct buf *out)
{
	char name[64];

	for (; n > 0; n--) {
		snprintf(name, sizeof(name), "fettle.log.%u", n);
		read_file(p, name, out);
	}
	read_file(p, "fettle.log", out);
}

/* Write lines "PREFIX from ... to", each flushed by its number. */
static void
write_lines(struct log *l, const char *prefix, unsigned from, unsigned to,
    unsigned every)
{
	char text[64];

	for (; from < to; from++) {
		snprintf(text, sizeof(text), "%s %06u", prefix, from);
		log_line(l, LOG_INFO, text);
		if (from % every == 0)
			log_flush(l, NULL);
	}
}

/* Every line whole, and how often each of "PREFIX 0 ... n-1" is there. */
static void
count_lines(struct buf *b, const char *prefix, unsigned *seen, unsigned n)
{
	char *line = (char *)b->data, *end, *rest;
	size_t len = strlen(prefix);
	unsigned k;

	buf_str(b);
	for (; line < (char *)b->data + b->len; line = end + 1) {
		assert_non_null(end = strchr(line, '\n'));
		*end = '\0';
		assert_memory_equal(line, "2026-11-22 01:00:00,123:", 24);
		assert_non_null(line = strchr(line + 24, ':'));
		line++;
		if (strncmp(line, prefix, len) == 0) {
			k = (unsigned)strtoul(line + len, &rest, 10);
			assert_true(*rest == '\0' && k < n);
			seen[k]++;
		}
		*end = '\n';
	}
}

static void
a_full_file_moves_on(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0}, last = {0};
	unsigned seen[600] = {0}, i;
	struct log *l;
	struct stat st;

	p->o.max_size = 4096;
	p->o.keep = 3;
	l = start(p);
	write_lines(l, "n", 0, 600, 10);
	assert_int_equal(log_close(l, NULL), 0);
	read_all(p, 9, &b);
	count_lines(&b, "n", seen, 600);
	for (i = 599; i > 0 && seen[i] == 1; i--)
		;
	assert_in_range(i, 100, 300);	/* older ones are gone, */
	for (; i > 0; i--)		/* and nothing between */
		assert_int_equal(seen[i], 0);
	assert_int_equal(fstatat(p->dir, "fettle.log.3", &st, 0), 0);
	assert_in_range(st.st_size, 3000, 4096);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(read_file(p, "fettle.log.4", &last), 0);
	assert_int_equal(read_file(p, "fettle.log.new", &last), 0);
	assert_int_equal(p->troubles, 0);
}

static void
one_old_file_can_be_enough(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	struct log *l;

	p->o.max_size = 1024;
	p->o.keep = 1;
	l = start(p);
	write_lines(l, "n", 0, 200, 5);
	assert_int_equal(log_close(l, NULL), 0);
	assert_int_equal(read_file(p, "fettle.log.1", &b), 1);
	assert_int_equal(read_file(p, "fettle.log.2", &b), 0);
	assert_int_equal(p->troubles, 0);
}

/* A crash between the link and the rename left the file under two names. */
static void
a_rotation_that_was_cut_is_no_trouble(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	unsigned seen[300] = {0}, i;
	struct log *l;
	int fd;

	p->o.max_size = 4096;
	p->o.keep = 2;
	l = start(p);
	write_lines(l, "n", 0, 50, 10);
	log_flush(l, NULL);
	assert_int_equal(linkat(p->dir, "fettle.log", p->dir, "fettle.log.1",
	    0), 0);
	fd = openat(p->dir, "fettle.log.new", O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	write_lines(l, "n", 50, 300, 10);
	assert_int_equal(log_close(l, NULL), 0);
	read_all(p, 2, &b);
	count_lines(&b, "n", seen, 300);
	for (i = 150; i < 300; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(p->troubles, 0);
}

#define PROCESSES	4
#define EACH		3000

static void
processes_share_a_file_and_its_rotation(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	static unsigned seen[EACH];
	pid_t pids[PROCESSES];
	char prefix[16];
	unsigned i, k;
	int status;

	p->o.max_size = 16384;
	p->o.keep = 200;
	for (i = 0; i < PROCESSES; i++) {
		if ((pids[i] = fork()) == 0) {
			struct log *l = NULL;

			if (log_open(&p->o, &l, NULL) < 0)
				_exit(1);
			snprintf(prefix, sizeof(prefix), "p%u", i);
			write_lines(l, prefix, 0, EACH, 7);
			_exit(log_close(l, NULL) < 0 || p->troubles > 0 ? 1 :
			    0);
		}
		assert_true(pids[i] > 0);
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	read_all(p, 200, &b);
	assert_int_equal(read_file(p, "fettle.log.1", &b), 1);
	for (i = 0; i < PROCESSES; i++) {
		CLEAN_BUF struct buf all = {0};

		read_all(p, 200, &all);
		memset(seen, 0, sizeof(seen));
		snprintf(prefix, sizeof(prefix), "p%u", i);
		count_lines(&all, prefix, seen, EACH);
		for (k = 0; k < EACH; k++)
			if (seen[k] != 1)
				fail_msg("%s %u is there %u times", prefix, k,
				    seen[k]);
	}
}

static void *
log_from_a_thread(void *arg)
{
	write_lines(arg, "t", 0, 2000, 50);
	return NULL;
}

static void
threads_share_a_log(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	static unsigned seen[2000];
	pthread_t threads[4];
	struct log *l = start(p);
	unsigned i;

	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
		    log_from_a_thread, l), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	log_close(l, NULL);
	read_all(p, 0, &b);
	count_lines(&b, "t", seen, 2000);
	for (i = 0; i < 2000; i++)
		assert_int_equal(seen[i], 4);
}

static void
set_file_limit(rlim_t size)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = size == RLIM_INFINITY ? r.rlim_max : size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* A limit on the file's size stops a write inside a line, as a full disk does. */
static void
a_full_disk_is_told_once_and_nothing_is_lost(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	unsigned seen[2000] = {0}, i;
	struct log *l = start(p);
	struct err e;

	signal(SIGXFSZ, SIG_IGN);
	set_file_limit(10000);
	write_lines(l, "n", 0, 1000, 3);
	assert_int_equal(log_flush(l, &e), -1);
	assert_int_equal(e.kind, ERR_FULL);
	assert_non_null(strstr(e.text, "write the log fettle.log"));
	assert_int_equal(p->troubles, 1);
	set_file_limit(20000);
	write_lines(l, "n", 1000, 1500, 3);
	assert_int_equal(p->troubles, 1);
	set_file_limit(RLIM_INFINITY);
	assert_int_equal(log_flush(l, &e), 0);
	set_file_limit(15000);
	write_lines(l, "n", 1500, 2000, 1);
	assert_int_equal(p->troubles, 2);
	set_file_limit(RLIM_INFINITY);
	assert_int_equal(log_lost(l), 0);
	assert_int_equal(log_close(l, NULL), 0);
	read_all(p, 0, &b);
	count_lines(&b, "n", seen, 2000);
	for (i = 0; i < 2000; i++)
		assert_int_equal(seen[i], 1);
}

static void
what_is_lost_in_the_end_is_told_in_the_log(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	struct log *l = start(p);
	static unsigned seen[40000];
	char says[64];
	uint64_t lost, told;
	unsigned i;

	signal(SIGXFSZ, SIG_IGN);
	set_file_limit(4096);
	write_lines(l, "n", 0, 40000, 100000);
	told = lost = log_lost(l);
	assert_in_range(lost, 1000, 20000);
	set_file_limit(RLIM_INFINITY);
	assert_int_equal(log_flush(l, NULL), 0);
	log_line(l, LOG_INFO, "later");
	assert_int_equal(log_close(l, NULL), 0);
	read_all(p, 0, &b);
	count_lines(&b, "n", seen, 40000);
	for (i = 0; i < 40000; i++)
		lost += seen[i];
	assert_int_equal(lost, 40000);
	snprintf(says, sizeof(says), ":WARNING:%llu records of this log",
	    (unsigned long long)told);
	assert_non_null(strstr(buf_str(&b), says));
	assert_non_null(strstr(buf_str(&b), ":INFO:later\n"));
}

static void
a_torn_line_is_given_up_when_the_file_moved(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	struct log *l = start(p);
	unsigned seen[100] = {0}, i, all = 0;

	signal(SIGXFSZ, SIG_IGN);
	set_file_limit(1005);		/* no multiple of a line's length */
	write_lines(l, "n", 0, 100, 1);
	assert_int_equal(renameat(p->dir, "fettle.log", p->dir, "away"), 0);
	set_file_limit(RLIM_INFINITY);
	assert_int_equal(log_flush(l, NULL), 0);
	assert_int_equal(log_lost(l), 1);
	log_close(l, NULL);
	read_file(p, "fettle.log", &b);
	assert_non_null(strstr(buf_str(&b), ":WARNING:1 records"));
	b.len = (size_t)(strstr(buf_str(&b), "2026-11-22 01:00:00,123:WARN") -
	    buf_str(&b));
	count_lines(&b, "n", seen, 100);
	for (i = 0; i < 100; i++)
		all += seen[i];
	assert_int_equal(all, 100 - 1005 / 38 - 1);
}

static void
a_file_that_was_moved_is_opened_anew(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0}, away = {0};
	struct log *l = start(p);

	log_line(l, LOG_ERROR, "one");
	assert_int_equal(renameat(p->dir, "fettle.log", p->dir, "away"), 0);
	log_line(l, LOG_ERROR, "two");
	read_file(p, "away", &away);
	read_file(p, "fettle.log", &b);
	assert_non_null(strstr(buf_str(&away), "one"));
	assert_null(strstr(buf_str(&away), "two"));
	assert_non_null(strstr(buf_str(&b), "two"));
	assert_int_equal(unlinkat(p->dir, "fettle.log", 0), 0);
	assert_int_equal(log_reopen(l, NULL), 0);
	assert_int_equal(faccessat(p->dir, "fettle.log", F_OK, 0), 0);
	log_close(l, NULL);
}

static void
a_line_without_its_end_is_ended(void **state)
{
	struct place *p = *state;
	CLEAN_BUF struct buf b = {0};
	int fd = openat(p->dir, "fettle.log", O_CREAT | O_WRONLY, 0600);
	struct log *l;

	assert_int_equal(fd_write_all(fd, "power cut he", 12), 0);
	close(fd);
	l = start(p);
	log_line(l, LOG_ERROR, "whole");
	log_close(l, NULL);
	read_file(p, "fettle.log", &b);
	assert_string_equal(buf_str(&b), "power cut he\n"
	    "2026-11-22 01:00:00,123:ERROR:whole\n");
}

static void
links_and_fifos_are_refused(void **state)
{
	struct place *p = *state;
	struct log *l;
	struct err e;

	assert_int_equal(symlinkat("victim", p->dir, "fettle.log"), 0);
	assert_int_equal(log_open(&p->o, &l, &e), -1);
	assert_int_equal(faccessat(p->dir, "victim", F_OK, 0), -1);
	assert_int_equal(unlinkat(p->dir, "fettle.log", 0), 0);
	assert_int_equal(mkfifoat(p->dir, "fettle.log", 0600), 0);
	assert_int_equal(log_open(&p->o, &l, &e), -1);
	assert_string_equal(e.text, "open the log fettle.log: it is no file");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH_TEST(a_full_file_moves_on),
		EACH_TEST(one_old_file_can_be_enough),
		EACH_TEST(a_rotation_that_was_cut_is_no_trouble),
		EACH_TEST(processes_share_a_file_and_its_rotation),
		EACH_TEST(threads_share_a_log),
		EACH_TEST(a_full_disk_is_told_once_and_nothing_is_lost),
		EACH_TEST(what_is_lost_in_the_end_is_told_in_the_log),
		EACH_TEST(a_torn_line_is_given_up_when_the_file_moved),
		EACH_TEST(a_file_that_was_moved_is_opened_anew),
		EACH_TEST(a_line_without_its_end_is_ended),
		EACH_TEST(links_and_fifos_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
