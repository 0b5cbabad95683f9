/*
 * type_table.c -- what is what.  The order matters where one signature begins
 * another: the longer stands first.
 */
#include <string.h>

#include "media/type.h"
#include "media/type_table.h"

static const struct type types[] = {
	{ "image/jpeg", "jpg" },
	{ "image/png", "png" },
	{ "image/gif", "gif" },
	{ "image/webp", "webp" },
	{ "image/bmp", "bmp" },
	{ "image/x-canon-cr2", "cr2" },
	{ "image/x-canon-cr3", "cr3" },
	{ "image/x-fuji-raf", "raf" },
	{ "image/x-olympus-orf", "orf" },
	{ "image/x-panasonic-rw2", "rw2" },
	{ "image/tiff", "tif" },
	{ "image/heic", "heic" },
	{ "image/heif", "heif" },
	{ "image/avif", "avif" },
	{ "image/jp2", "jp2" },
	{ "image/jxl", "jxl" },
	{ "image/vnd.adobe.photoshop", "psd" },
	{ "image/vnd.djvu", "djvu" },
	{ "image/x-icon", "ico" },
	{ "image/x-xcf", "xcf" },
	{ "image/svg+xml", "svg" },
	{ "video/mp4", "mp4" },
	{ "video/x-m4v", "m4v" },
	{ "video/quicktime", "mov" },
	{ "video/3gpp", "3gp" },
	{ "video/3gpp2", "3g2" },
	{ "video/x-matroska", "mkv" },
	{ "video/webm", "webm" },
	{ "video/x-msvideo", "avi" },
	{ "video/ogg", "ogv" },
	{ "video/mpeg", "mpg" },
	{ "video/x-flv", "flv" },
	{ "video/x-ms-wmv", "wmv" },
	{ "audio/mpeg", "mp3" },
	{ "audio/aac", "aac" },
	{ "audio/flac", "flac" },
	{ "audio/mp4", "m4a" },
	{ "audio/ogg", "ogg" },
	{ "audio/opus", "opus" },
	{ "audio/x-wav", "wav" },
	{ "audio/x-aiff", "aiff" },
	{ "audio/midi", "mid" },
	{ "audio/amr", "amr" },
	{ "audio/x-ape", "ape" },
	{ "application/pdf", "pdf" },
	{ "application/postscript", "ps" },
	{ "application/rtf", "rtf" },
	{ "application/zip", "zip" },
	{ "application/gzip", "gz" },
	{ "application/x-bzip2", "bz2" },
	{ "application/x-xz", "xz" },
	{ "application/zstd", "zst" },
	{ "application/x-lz4", "lz4" },
	{ "application/x-7z-compressed", "7z" },
	{ "application/vnd.rar", "rar" },
	{ "application/x-tar", "tar" },
	{ "application/x-cpio", "cpio" },
	{ "application/vnd.debian.binary-package", "deb" },
	{ "application/x-archive", "a" },
	{ "application/x-rpm", "rpm" },
	{ "application/vnd.ms-cab-compressed", "cab" },
	{ "application/x-iso9660-image", "iso" },
	{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	    "docx" },
	{ "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx" },
	{ "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	    "pptx" },
	{ "application/vnd.ms-visio.drawing", "vsdx" },
	{ "application/x-ooxml", "ooxml" },
	{ "application/vnd.oasis.opendocument.text", "odt" },
	{ "application/vnd.oasis.opendocument.spreadsheet", "ods" },
	{ "application/vnd.oasis.opendocument.presentation", "odp" },
	{ "application/vnd.oasis.opendocument.graphics", "odg" },
	{ "application/epub+zip", "epub" },
	{ "application/java-archive", "jar" },
	{ "application/vnd.android.package-archive", "apk" },
	{ "application/vnd.google-earth.kmz", "kmz" },
	{ "model/3mf", "3mf" },
	{ "application/x-ole-storage", "ole" },
	{ "application/vnd.sqlite3", "sqlite" },
	{ "application/x-elf", "elf" },
	{ "application/vnd.microsoft.portable-executable", "exe" },
	{ "application/x-bittorrent", "torrent" },
	{ "application/x-riff", "riff" },
	{ "application/pgp-encrypted", "pgp" },
	{ "application/wasm", "wasm" },
	{ "font/ttf", "ttf" },
	{ "font/otf", "otf" },
	{ "font/woff", "woff" },
	{ "font/woff2", "woff2" },
	{ "text/html", "html" },
	{ "text/xml", "xml" },
	{ "text/x-shellscript", "sh" },
	{ "text/x-php", "php" },
	{ "text/vcard", "vcf" },
	{ "text/calendar", "ics" },
	{ "message/rfc822", "eml" },
	{ "text/plain", "txt" },
	{ "inode/x-empty", "" },
};

#define TYPES	(sizeof(types) / sizeof(types[0]))

/* Bytes at a place, and the extension of what they tell. */
static const struct signature {
	unsigned short	 at, len;
	const char	*bytes, *ext;
} signatures[] = {
#define SIGN(at, bytes, ext)	{ at, sizeof(bytes) - 1, bytes, ext }
	SIGN(0, "-----BEGIN PGP MESSAGE", "pgp"),
	SIGN(0, "SQLite format 3\000", "sqlite"),
	SIGN(0, "FUJIFILMCCD-RAW", "raf"),
	SIGN(0, "!<arch>\ndebian-", "deb"),
	SIGN(0, "d8:announce", "torrent"),
	SIGN(0, "\000\000\000\x0cjP  \r\n", "jp2"),
	SIGN(0, "\x89PNG\r\n\x1a\n", "png"),
	SIGN(0, "\000\000\000\x0cJXL ", "jxl"),
	SIGN(0, "AT&TFORM", "djvu"),
	SIGN(0, "gimp xcf", "xcf"),
	SIGN(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"),
	SIGN(0, "!<arch>\n", "a"),
	SIGN(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
	SIGN(0, "GIF87a", "gif"),
	SIGN(0, "GIF89a", "gif"),
	SIGN(0, "\xfd" "7zXZ\000", "xz"),
	SIGN(0, "7z\xbc\xaf\x27\x1c", "7z"),
	SIGN(0, "Rar!\x1a\x07", "rar"),
	SIGN(0, "070701", "cpio"),
	SIGN(0, "070707", "cpio"),
	SIGN(0, "#!AMR", "amr"),
	SIGN(0, "%PDF-", "pdf"),
	SIGN(257, "ustar", "tar"),
	SIGN(0, "\000\x01\000\000\000", "ttf"),
	SIGN(0, "IIRO", "orf"),
	SIGN(0, "IIRS", "orf"),
	SIGN(0, "MMOR", "orf"),
	SIGN(0, "IIU\000", "rw2"),
	SIGN(0, "II*\000", "tif"),
	SIGN(0, "MM\000*", "tif"),
	SIGN(0, "8BPS", "psd"),
	SIGN(0, "\000\000\x01\000", "ico"),
	SIGN(0, "\000\000\x01\xba", "mpg"),
	SIGN(0, "\000\000\x01\xb3", "mpg"),
	SIGN(0, "FLV\x01", "flv"),
	SIGN(0, "fLaC", "flac"),
	SIGN(8, "AIFF", "aiff"),
	SIGN(8, "AIFC", "aiff"),
	SIGN(0, "MThd", "mid"),
	SIGN(0, "MAC ", "ape"),
	SIGN(0, "PK\x05\x06", "zip"),
	SIGN(0, "PK\x07\x08", "zip"),
	SIGN(0, "\x28\xb5\x2f\xfd", "zst"),
	SIGN(0, "\x04\x22\x4d\x18", "lz4"),
	SIGN(0, "\xed\xab\xee\xdb", "rpm"),
	SIGN(0, "MSCF", "cab"),
	SIGN(0, "\x7f\x45LF", "elf"),
	SIGN(0, "\000asm", "wasm"),
	SIGN(0, "OTTO", "otf"),
	SIGN(0, "wOFF", "woff"),
	SIGN(0, "wOF2", "woff2"),
	SIGN(0, "\xff\xd8\xff", "jpg"),
	SIGN(0, "ID3", "mp3"),
	SIGN(0, "BZh", "bz2"),
	SIGN(0, "BM", "bmp"),
	SIGN(0, "\xff\x0a", "jxl"),
	SIGN(0, "\xff\xfb", "mp3"),
	SIGN(0, "\xff\xf3", "mp3"),
	SIGN(0, "\xff\xf2", "mp3"),
	SIGN(0, "\xff\xf1", "aac"),
	SIGN(0, "\xff\xf9", "aac"),
	SIGN(0, "\x1f\x8b", "gz"),
	SIGN(0, "MZ", "exe"),
#undef SIGN
};

#define SIGNATURES	(sizeof(signatures) / sizeof(signatures[0]))

const struct type *
type_by_ext(const char *ext)
{
	for (size_t i = 0; i < TYPES; i++)
		if (strcmp(types[i].ext, ext) == 0)
			return &types[i];
	return NULL;
}

const struct type *
type_by_mime(const char *mime, size_t len)
{
	for (size_t i = 0; i < TYPES; i++) {
		size_t n = strlen(types[i].mime);

		if (n <= len && memcmp(types[i].mime, mime, n) == 0)
			return &types[i];
	}
	return NULL;
}

static int
is_letters(const struct signature *s)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->bytes[i] < ' ' || s->bytes[i] > '~')
			return 0;
	return 1;
}

const struct type *
type_by_signature(const unsigned char *b, size_t len)
{
	for (size_t i = 0; i < SIGNATURES; i++) {
		const struct signature *s = &signatures[i];

		if (s->at + (size_t)s->len > len ||
		    memcmp(b + s->at, s->bytes, s->len) != 0)
			continue;
		/* A text may begin with "BM", or "MAC ". */
		if (s->len < 5 && is_letters(s) &&
		    type_is_text(b, len < TYPE_HEAD ? len : TYPE_HEAD))
			continue;
		return type_by_ext(s->ext);
	}
	return NULL;
}
