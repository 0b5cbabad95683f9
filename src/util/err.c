#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/err.h"

static void
tell(struct err *e, enum err_kind kind, int sys, const char *fmt, va_list ap)
{
	if (e == NULL)
		return;
	e->kind = kind;
	e->sys = sys;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
}

static enum err_kind
kind_of(int sys)
{
	switch (sys) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOENT;
	case EEXIST:
	case ENOTEMPTY:
		return ERR_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_FULL;
	case EXDEV:
		return ERR_XDEV;
	default:
		return ERR_IO;
	}
}

void
err_set_text(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(e, kind, 0, fmt, ap);
	va_end(ap);
}

void
err_sys_text(struct err *e, const char *fmt, ...)
{
	int sys = errno;
	size_t n;
	va_list ap;

	if (e == NULL)
		return;
	va_start(ap, fmt);
	tell(e, kind_of(sys), sys, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror(sys));
}

void
err_wrap_text(struct err *e, const char *fmt, ...)
{
	char front[sizeof(e->text)], back[sizeof(e->text)];
	va_list ap;

	if (e == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(front, sizeof(front), fmt, ap);
	va_end(ap);
	memcpy(back, e->text, sizeof(back));
	snprintf(e->text, sizeof(e->text), "%.200s: %.270s", front, back);
}
