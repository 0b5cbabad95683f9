/*
 * corpus.c -- writes the seeds of the fuzz targets into a folder: one tiny file
 * of each kind.  corpus FOLDER
 */
#include <stdio.h>
#include <stdlib.h>

#include "media/test/made.h"

#define MODEL	"NIKON D3200"
#define DATE	"2018:02:22 12:34:56"

static void
put(const char *folder, const char *name, struct buf *b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (f == NULL || fwrite(b->data, 1, b->len, f) != b->len ||
	    fclose(f) != 0) {
		perror(path);
		exit(1);
	}
	buf_reset(b);
}

int
main(int argc, char **argv)
{
	CLEAN_BUF struct buf b = {0};

	if (argc != 2)
		return 2;
	made_tiff(&b, MODEL, DATE), put(argv[1], "tiff", &b);
	made_jpeg(&b, MODEL, DATE), put(argv[1], "jpeg", &b);
	made_png(&b, MODEL, DATE), put(argv[1], "png", &b);
	made_webp(&b, MODEL, DATE), put(argv[1], "webp", &b);
	made_heic(&b, MODEL, DATE), put(argv[1], "heic", &b);
	made_mov(&b, 3602147696u, "2018-02-22T13:34:56+0100");
	put(argv[1], "mov", &b);
	made_mkv(&b, INT64_C(540995696) * 1000000000), put(argv[1], "mkv", &b);
	return 0;
}
