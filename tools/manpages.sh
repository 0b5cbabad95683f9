#!/bin/sh
# manpages.sh FETTLE FOLDER -- a page of the manual for each command, made from
# the program's own help; meson install calls it.
set -eu
fettle=$1 to=${MESON_INSTALL_DESTDIR_PREFIX:+${DESTDIR:-}}$2
mkdir -p "$to"
for c in $("$fettle" help --list); do
	"$fettle" help --mdoc "$c" >"$to/fettle-$c.1"
done
