#include <stdint.h>
#include <unistd.h>

#include "media/pdf.h"
#include "media/text.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fence.h"
#include "util/proc.h"

int
pdf_text(int fd, struct buf *out, struct err *e)
{
	/* As organize calls it; "-" is what it reads and where it writes to. */
	static const char *const argv[] = { "pdftotext", "-q", "-enc", "UTF-8",
	    "-layout", "-", "-", NULL };
	static const char *const env[] = { NULL };
	static const struct fence_limits limits = { .memory = PDF_MEMORY,
	    .cpu = PDF_CPU };
	struct proc_spec s = { PROC_NULL, .argv = argv, .env = env,
	    .clean_env = 1, .own_group = 1, .fence = &limits };
	struct err why = {0};
	int status;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "read it");
	s.in = fd;
	if (proc_run(&s, TEXT_MAX, PDF_WAIT, out, &status, &why) < 0) {
		if (why.kind == ERR_NOENT)
			return err_set(e, ERR_ABSENT, "the text of a PDF is read "
			    "by pdftotext, which is not installed (package "
			    "poppler-utils)");
		if (e != NULL)
			*e = why;
		return -1;
	}
	if (status != 0)
		return err_set(e, ERR_CORRUPT, "pdftotext cannot read it "
		    "(it ended with %d)", status);
	return 0;
}
