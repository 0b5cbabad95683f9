/*
 * document.c -- which reader a document needs.
 *
 * Text is decoded here; zips are taken apart in the probe, PDFs by pdftotext
 * behind a fence.
 */
#include <string.h>

#include "media/pdf.h"
#include "media/probe.h"
#include "media/text.h"
#include "media/type.h"
#include "rules/document.h"
#include "rules/filter.h"
#include "tar/members.h"
#include "util/err.h"
#include "util/fd.h"

/* Members with text, by how their names begin and end; as docx2txt has them:
 * headers, the document itself, footers. */
static const struct part {
	const char	*start, *end;
	int		 rank;
} parts[] = {
	{ "word/header", ".xml", 0 }, { "word/document", ".xml", 1 },
	{ "word/footnotes", ".xml", 2 }, { "word/endnotes", ".xml", 2 },
	{ "word/footer", ".xml", 2 }, { "xl/sharedStrings", ".xml", 0 },
	{ "xl/worksheets/", ".xml", 1 }, { "ppt/slides/slide", ".xml", 1 },
	{ "ppt/notesSlides/", ".xml", 2 }, { "content.xml", "", 1 },
	{ "", ".xhtml", 1 }, { "", ".html", 1 }, { "", ".htm", 1 },
};
#define RANKS	3

static const struct part *
part_of(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t a = strlen(parts[i].start), b = strlen(parts[i].end);

		if (len >= a + b && memcmp(name, parts[i].start, a) == 0 &&
		    memcmp(name + len - b, parts[i].end, b) == 0)
			return &parts[i];
	}
	return NULL;
}

static int
too_long(struct err *e)
{
	return err_set(e, ERR_FULL, "its text is longer than %zu MiB",
	    TEXT_MAX >> 20);
}

static int
read_members(struct members *m, struct buf text[RANKS], struct err *e)
{
	CLEAN_BUF struct buf xml = {0};
	const struct part *p;
	const char *name;
	size_t room = TEXT_MAX;
	int n;

	while ((n = members_next(m, &name, e)) == 1) {
		if ((p = part_of(name)) == NULL)
			continue;
		size_t before = text[p->rank].len;

		buf_reset(&xml);
		if (members_read(m, TEXT_MAX, &xml, e) < 0)
			return -1;
		if (text_of_xml(xml.data, xml.len, room, &text[p->rank]) < 0)
			return too_long(e);
		room -= text[p->rank].len - before;
	}
	return n;
}

/* In the probe. */
static int
read_zip(const struct probe_file *f, struct buf *out, struct err *e)
{
	struct buf text[RANKS] = {0};
	struct members *m;
	int rc;

	if (members_open(f->fd, f->size, &m, e) < 0)
		return -1;
	rc = read_members(m, text, e);
	members_free(m);
	for (size_t i = 0; i < RANKS; i++) {
		if (rc == 0)
			buf_add(out, text[i].data, text[i].len);
		buf_fini(&text[i]);
	}
	return rc;
}

static int
zip_text(const struct content *c, struct buf *out, struct err *e)
{
	static const struct probe_work work = { read_zip, TEXT_MAX };

	if (c->probe == NULL)
		return err_set(e, ERR_ABSENT, "there is nothing to read "
		    "documents with here");
	return probe_ask(c->probe, &work, c->fd, c->size, out, e);
}

static int
plain_text(const struct content *c, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf raw = {0};
	ssize_t n;

	if (c->size > TEXT_MAX)
		return too_long(e);
	n = fd_pread_full(c->fd, buf_room(&raw, (size_t)c->size + 1),
	    (size_t)c->size, 0);
	if (n < 0)
		return err_sys(e, "read it");
	raw.len = (size_t)n;
	if (out->data == NULL && text_is_plain(raw.data, raw.len)) {
		*out = raw;
		raw = (struct buf){0};
		return 0;
	}
	if (text_plain(raw.data, raw.len, TEXT_MAX, out) < 0)
		return too_long(e);
	return 0;
}

static int
is_zip_of_text(const char *ext)
{
	static const char *const exts[] = { "docx", "xlsx", "pptx", "ooxml",
	    "odt", "ods", "odp", "odg", "epub", NULL };

	for (size_t i = 0; exts[i] != NULL; i++)
		if (strcmp(exts[i], ext) == 0)
			return 1;
	return 0;
}

int
document_text(const struct content *c, struct buf *out, struct err *e)
{
	unsigned char head[TYPE_HEAD];
	ssize_t n = fd_pread_full(c->fd, head, sizeof(head), 0);
	const struct type *t;
	struct buf text = {0};
	int rc;

	if (n < 0)
		return err_sys(e, "read it");
	if (n == 0)
		return 1;
	if (type_is_text(head, (size_t)n) &&
	    (n < 5 || memcmp(head, "%PDF-", 5) != 0))
		return plain_text(c, out, e) < 0 ? -1 : 1;
	t = type_of(head, (size_t)n);
	if (t == NULL)
		return 0;
	if (strcmp(t->ext, "pdf") == 0)
		rc = pdf_text(c->fd, &text, e);
	else if (is_zip_of_text(t->ext))
		rc = zip_text(c, &text, e);
	else
		return 0;
	text_tidy(&text);
	if (rc == 0)
		buf_add(out, text.data, text.len);
	buf_fini(&text);
	return rc < 0 ? -1 : 1;
}
