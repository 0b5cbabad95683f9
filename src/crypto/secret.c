/* secret.c -- see secret.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "crypto/secret.h"
#include "util/clean.h"

#define SECRET_MAX	((size_t)64 << 10)

static size_t
pages(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (n > SECRET_MAX)
		abort();
	return n == 0 ? page : (n + page - 1) / page * page;
}

/*
 * memfd_secret is out of the kernel's own reach as well.  It is shared memory,
 * which cannot be wiped for a child, so a child does not get it at all.
 */
static void *
from_memfd(size_t n)
{
	CLEAN_FD int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
	void *p;

	if (fd < 0 || ftruncate(fd, (off_t)n) < 0)
		return NULL;
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (madvise(p, n, MADV_DONTFORK) == 0)
		return p;
	munmap(p, n);
	return NULL;
}

void *
secret_alloc(size_t n)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *p;

	n = pages(n);
	if ((p = from_memfd(n)) != NULL)
		return p;
	/* cppcheck-suppress invalidFunctionArg ; -1 is no file */
	p = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (p == MAP_FAILED)
		abort();
	/* Each as far as this kernel and these limits go. */
	mlock(p, n);
	madvise(p, n, MADV_DONTDUMP);
	madvise(p, n, MADV_WIPEONFORK);
	return p;
}

void
secret_free(void *p, size_t n)
{
	if (p == NULL)
		return;
	n = pages(n);
	secret_wipe(p, n);
	munmap(p, n);
}

void
secret_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

int
secret_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}
