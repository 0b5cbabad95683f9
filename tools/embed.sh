#!/bin/sh
# embed.sh OUT NAME=FILE... -- texts as C: const char NAME[] = "...".
out=$1
shift
{
	echo "/* Made by tools/embed.sh. */"
	echo '#include "cli/units.h"'
	for pair; do
		echo "const char ${pair%%=*}[] ="
		sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' "${pair#*=}"
		echo ";"
	done
} >"$out"
