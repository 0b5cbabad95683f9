#!/bin/bash
# fuzz.sh [SECONDS] -- build the fuzz targets (libFuzzer, ASan, UBSan) and run
# each for so long (default 600) from its corpus in test/fuzz/NAME.
set -eu
cd "$(dirname "$0")/.."
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
seconds=${1:-600} B=build-fuzz
cc=clang
! command -v ccache >/dev/null || cc="ccache clang"
[ -f $B/build.ninja ] || CC=$cc meson setup $B -Dfuzz=true -Dtests=disabled \
	-Db_sanitize=address,undefined -Db_lundef=false >/dev/null
ninja -C $B >/dev/null
for t in $B/src/fuzz-*; do
	[ -x "$t" ] && [ -f "$t" ] || continue
	name=${t##*/fuzz-}
	work=$(mktemp -d)
	corpus=test/fuzz/$name
	[ -d "$corpus" ] || corpus=
	# shellcheck disable=SC2086 # none or one word
	"$t" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
	    -print_final_stats=0 -verbosity=0 "$work" $corpus || { echo "fuzz $name failed"; exit 1; }
	rm -rf "$work"
	echo "fuzz $name: $seconds s, nothing found"
done
