/* sftp_cipher.c -- see sftp_cipher.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "store/sftp_cipher.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/proc.h"
#include "util/xalloc.h"

#define ANSWER_MAX	((size_t)256 << 10)
#define ANSWER_TIME	((int64_t)10 * 1000000)	/* µs */
#define CHACHA		"chacha20-poly1305@openssh.com"
#define GCM		"aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define CTR		"aes128-ctr,aes192-ctr,aes256-ctr"

#if defined(__x86_64__) || defined(__i386__)
static int
has_aes(void)
{
	return __builtin_cpu_supports("aes") &&
	    __builtin_cpu_supports("pclmul");
}
#elif defined(__aarch64__)
static int
has_aes(void)
{
	return (getauxval(AT_HWCAP) & (1 << 3)) != 0;
}
#else
static int
has_aes(void)
{
	return 0;
}
#endif

/* The value of "ciphers" in what ssh -G prints, ended; or NULL. */
static const char *
find(char *text)
{
	static const char key[] = "ciphers ";
	char *line, *next;

	for (line = text; line != NULL; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			return line + sizeof(key) - 1;
	}
	return NULL;
}

char *
sftp_ciphers(char *const *argv)
{
	CLEAN_BUF struct buf out = {0};
	const char **words, *v;
	struct proc_spec spec = { PROC_NULL };
	size_t n = 0;
	int status, r;

	if (!has_aes())
		return NULL;
	while (argv[n] != NULL)
		n++;
	words = xallocn(n + 2, sizeof(*words));
	words[0] = argv[0];
	words[1] = "-G";
	memcpy(words + 2, argv + 1, n * sizeof(*words));
	spec.argv = words;
	r = proc_run(&spec, ANSWER_MAX, ANSWER_TIME, &out, &status, NULL);
	free(words);
	if (r < 0 || status != 0)
		return NULL;
	(void)buf_str(&out);
	v = find((char *)out.data);
	/* OpenSSH's own defaults, before 10 and since. */
	if (v == NULL || (strcmp(v, CHACHA "," CTR "," GCM) != 0 &&
	    strcmp(v, CHACHA "," GCM "," CTR) != 0))
		return NULL;
	return xstrdup("Ciphers=" GCM "," CHACHA "," CTR);
}
