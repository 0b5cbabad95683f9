#ifndef MEDIA_TAGS_H
#define MEDIA_TAGS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a photo or film tells of itself: names and texts.
 *
 * Names are those of organize's exif filter: "Image Model" is Image.Model,
 * "EXIF DateTimeOriginal" is EXIF.DateTimeOriginal, and texts print as there
 * ("1/60", "[41, 53, 123/5]", "Horizontal (normal)").  Besides those:
 *
 *	QuickTime.CreateDate ModifyDate Duration CreationDate Make Model ...
 *	Matroska.DateTimeOriginal Duration Title
 *	PNG.CreationTime ...	its texts
 *	Taken			when it was taken, the best that there is:
 *				"2018:02:22 12:34:56"
 *
 * Read from JPEG, TIFF and the raw formats built on it (NEF, CR2, ARW, DNG,
 * ORF, RW2, PEF), RAF, CR3, HEIC and AVIF, PNG, WebP, JPEG XL in its container;
 * MP4, MOV, 3GP; MKV and WebM.  The files are foreign: every number in them is
 * doubted, what makes no sense is left out, and the tags found before stay.
 * To be called in a probe (media/probe.h).
 */
struct buf;
struct err;
struct in;

#define TAGS_MAX	600	/* of one file */
#define TAG_BYTES	1000	/* of a text; what is longer is cut */

/* Is there a reader for what begins with these bytes (TAGS_HEAD of them)? */
#define TAGS_HEAD	16
int tags_may_be(const void *head, size_t len);

/*
 * Append what there is to out, packed: tags_next takes it apart.  0, also if
 * there is nothing.
 */
void tags_read(struct in *in, struct buf *out);

struct tag {
	const char	*name;		/* "EXIF.DateTimeOriginal"; ends with a NUL */
	const char	*text;		/* UTF-8; ends with a NUL */
};

/* Walk over what tags_read made; start with *at 0.  1, 0 at the end or where
 * it makes no sense. */
int tags_next(const struct buf *tags, size_t *at, struct tag *out);

#endif
