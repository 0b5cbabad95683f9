/* secret.c -- a password for a mail server, a token for a webhook. */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "notify/impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/proc.h"
#include "util/quote.h"

#define SECRET_MAX	((size_t)4096)

static void
wipe(struct buf *b)
{
	if (b->data != NULL)
		secret_wipe(b->data, b->cap);
	buf_fini(b);
}

#define WIPE_BUF	__attribute__((cleanup(wipe)))

static int
from_file(const char *path, struct buf *b, struct err *e)
{
	CLEAN_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char q[QUOTE_SIZE];

	if (fd < 0 || fd_read_all(fd, SECRET_MAX, b) < 0)
		return err_sys(e, "read the secret in %s",
		    quote_to(q, sizeof(q), path));
	return 0;
}

static int
from_command(const char **argv, int64_t timeout, struct buf *b, struct err *e)
{
	struct proc_spec spec = { PROC_NULL, .argv = argv, .own_group = 1 };
	int status;

	if (proc_run(&spec, SECRET_MAX, timeout, b, &status, e) < 0)
		return err_wrap(e, "the command that tells the secret");
	if (status != 0)
		return err_set(e, ERR_DENIED, "the command that tells the "
		    "secret, '%.60s', ended with %d", argv[0], status);
	return 0;
}

static int
from_credential(const char *name, const char *dir, struct buf *b,
    struct err *e)
{
	CLEAN_BUF struct buf path = {0};

	if (dir == NULL || strchr(name, '/') != NULL)
		return err_set(e, ERR_USAGE, "there is no credential '%.60s': "
		    "$CREDENTIALS_DIRECTORY is not set", name);
	buf_addf(&path, "%s/%s", dir, name);
	return from_file(buf_str(&path), b, e);
}

int
secret_get(const struct notify_secret *s, const char *credentials,
    int64_t timeout, char **out, struct err *e)
{
	WIPE_BUF struct buf b = {0};
	int r = 1;

	*out = NULL;
	buf_room(&b, SECRET_MAX + 1);	/* so that it does not move */
	if (s->command != NULL)
		r = from_command(s->command, timeout, &b, e);
	else if (s->file != NULL)
		r = from_file(s->file, &b, e);
	else if (s->credential != NULL)
		r = from_credential(s->credential, credentials, &b, e);
	if (r != 0)
		return r < 0 ? -1 : 0;
	while (b.len > 0 && isspace(b.data[b.len - 1]))
		b.len--;
	if (b.len == 0 || memchr(b.data, '\0', b.len) != NULL)
		return err_set(e, ERR_USAGE, "the secret is empty, or is no "
		    "text");
	*out = secret_alloc(SECRET_MAX + 1);
	memcpy(*out, b.data, b.len);
	return 1;
}

void
secret_done(char *s)
{
	secret_free(s, SECRET_MAX + 1);
}
