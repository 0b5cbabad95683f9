#ifndef MEDIA_TAGS_IMPL_H
#define MEDIA_TAGS_IMPL_H

/* What the readers of single formats share. */
#include <stddef.h>
#include <stdint.h>

#include "media/in.h"
#include "media/tags.h"
#include "util/buf.h"

struct tags {
	struct in	*in;
	struct buf	*out;
	size_t		 n;
	/* The best date for Taken so far, and how good it is. */
	char		 taken[32];
	int		 rank;
};

/* Lower is better. */
enum taken_rank {
	TAKEN_ORIGINAL = 1, TAKEN_DIGITIZED, TAKEN_CREATION, TAKEN_MOVIE,
	TAKEN_IMAGE, TAKEN_NONE
};

/* text need not be UTF-8 nor printable: bytes that are neither become '?'. */
void tags_add(struct tags *t, const char *group, const char *name,
    const char *text, size_t len);
/* It was taken at "YYYY:MM:DD HH:MM:SS..."; what is no date is not believed. */
void tags_taken(struct tags *t, enum taken_rank rank, const char *text,
    size_t len);
/* Seconds since 1970, UTC, as such a date. */
#define TAGS_DATE	24
void tags_date(char out[TAGS_DATE], int64_t seconds);

/* A TIFF structure (with an Exif block in it) that begins at base and is at
 * most size bytes long; names its IFDs. */
void tiff_read(struct tags *t, uint64_t base, uint64_t size);
/* One bare IFD chain of Canon's CR3, which goes by another name. */
void tiff_read_as(struct tags *t, uint64_t base, uint64_t size,
    const char *group);

void jpeg_read(struct tags *t, uint64_t base, uint64_t size);
void png_read(struct tags *t);
void riff_read(struct tags *t);
void raf_read(struct tags *t);
void bmff_read(struct tags *t);		/* MP4, MOV, HEIC, CR3, JXL */
void matroska_read(struct tags *t);

/* ---- tiff_names.c ---- */
enum tiff_group { TIFF_MAIN, TIFF_GPS, TIFF_INTEROP };

struct tiff_word {
	uint32_t	 value;
	const char	*word;
};

enum tiff_print { PRINT_PLAIN, PRINT_WORDS, PRINT_LETTERS, PRINT_COMMENT };

struct tiff_name {
	uint16_t	 tag;
	const char	*name;
	enum tiff_print	 print;
	const struct tiff_word *words;	/* PRINT_WORDS; ended by a NULL word */
};

/* NULL if it has no name. */
const struct tiff_name *tiff_name(enum tiff_group g, uint16_t tag);

#endif
