/*
 * category_table.c -- the built-in categories.
 *
 * The first words of Images, Documents and Videos are what the first users'
 * scripts sorted by and stay what they are.  An extension that means different
 * things to different people is left out (key: keynote or a secret key; log,
 * dat, bin, bak): unknown types stay where they are, which hurts nobody.
 * Installable packages and disk images are archives in all but name.
 */
#include "rules/category.h"

const struct category_builtin category_builtin[] = {
	{ "Images",
	    "jpg jpeg png gif "
	    "jpe jfif webp heic heif avif jxl svg svgz bmp tif tiff ico jp2 "
	    "j2k tga pcx ppm pgm pbm pnm xpm xbm qoi exr hdr dds "
	    "raw cr2 cr3 crw nef nrw arw srf sr2 orf rw2 raf dng pef srw 3fr "
	    "erf mrw x3f iiq kdc dcr mos rwl "
	    "psd psb xcf kra ora ai eps cdr afphoto afdesign icns" },
	{ "Documents",
	    "pdf docx txt "
	    "doc docm dot dotx rtf odt ott fodt wpd wps pages "
	    "xls xlsx xlsm xlsb xlt xltx ods ots fods numbers csv tsv "
	    "ppt pptx pptm pps ppsx pot potx odp otp fodp "
	    "md markdown rst tex bib ps djvu xps oxps odg odf "
	    "epub mobi azw azw3 fb2 cbz cbr lit" },
	{ "Videos",
	    "mp4 avi mov "
	    "mkv webm wmv flv f4v m4v mpg mpeg mpe m2v m2ts mts 3gp 3g2 ogv "
	    "vob rm rmvb asf divx mxf qt" },
	{ "Audio",
	    "mp3 flac wav ogg opus m4a aac wma mid midi oga mka aif aiff aifc "
	    "alac ape amr wv m4b m4r mpc ac3 dts au spx dsf dff caf" },
	{ "Archives",
	    "zip tar tar.gz tgz tar.bz2 tbz tbz2 tar.xz txz tar.zst tzst "
	    "tar.lz tlz tar.lzma tar.lz4 tar.z taz tar.br "
	    "gz bz2 xz zst lz lz4 lzma lzo z br 7z rar arj lzh lha ace cab cpio "
	    "zipx zpaq wim deb rpm appimage apk jar war snap flatpak "
	    "pkg.tar.zst pkg.tar.xz iso img dmg vhd vhdx vmdk vdi qcow2" },
	{ "Code",
	    "c h py json js ts html css sh go rs java xml yaml yml toml sql "
	    "ipynb "
	    "cc cpp cxx hh hpp hxx m mm cs vb fs fsx kt kts scala groovy "
	    "gradle swift dart lua pl pm rb php phtml r jl hs lhs ml mli erl "
	    "hrl ex exs clj cljs lisp el scm rkt nim zig d v vhdl sv f "
	    "f90 f95 pas ada adb ads asm s bash zsh fish ps1 bat cmd awk tcl "
	    "htm xhtml jsx tsx mjs cjs vue svelte scss sass less jsonl ndjson "
	    "json5 jsonc graphql proto cmake mk diff patch wasm pyi pyx rmd "
	    "xsd xsl xslt" },
	{ "Fonts",
	    "ttf otf ttc woff woff2 pfb pfm bdf pcf" },
	{ NULL, NULL }
};
