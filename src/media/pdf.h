#ifndef MEDIA_PDF_H
#define MEDIA_PDF_H

struct buf;
struct err;

/*
 * The text of a PDF, by pdftotext (poppler-utils), which runs behind a fence
 * (util/fence.h) and has the file as its standard input only.  Appended to out.
 * ERR_ABSENT if the program is not installed; ERR_STOPPED past PDF_WAIT,
 * ERR_FULL past TEXT_MAX, ERR_CORRUPT if it finds no PDF.  fd's offset is used.
 */
#define PDF_WAIT	((int64_t)30 * 1000000)		/* µs */
#define PDF_CPU		20u				/* seconds */
#define PDF_MEMORY	((uint64_t)1 << 30)

int pdf_text(int fd, struct buf *out, struct err *e);

#endif
