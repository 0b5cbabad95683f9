#!/bin/bash
# fuzz.sh [SECONDS | -n INPUTS] -- build the fuzz targets (libFuzzer, ASan,
# UBSan) and run each for so long (default 600), or with so many inputs, from its
# corpus in test/fuzz/NAME; two cores, two targets at a time.  The inputs begin
# at FETTLE_SEED (1): as many of them twice are the same ones.  What brings a
# target down stays in build-fuzz/found.
set -eu
cd "$(dirname "$0")/.."
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
export B=build-fuzz SEED=${FETTLE_SEED:-1} LIMIT
LIMIT=-max_total_time=${1:-600} said="${1:-600} s"
[ "${1:-}" != -n ] || { LIMIT=-runs=$2 said="$2 inputs"; }
export said
cc=clang
! command -v ccache >/dev/null || cc="ccache clang"
[ -f $B/build.ninja ] || CC=$cc meson setup $B -Dfuzz=true -Dtests=disabled \
	-Db_sanitize=address,undefined -Db_lundef=false >/dev/null
targets=$(ninja -C $B -t targets all | sed -n 's|^\(src/fuzz-[^/:]*\): .*|\1|p')
[ -n "$targets" ] || { echo "fuzz: there are no targets"; exit 1; }
# shellcheck disable=SC2086 # a list of words
ninja -C $B $targets >"$B/build.log" || { tail -n 40 "$B/build.log"; exit 1; }
mkdir -p $B/found

fuzz() {	# target
	local name=${1##*/fuzz-} corpus work rc=0
	work=$(mktemp -d "${TMPDIR:-/tmp}/fettle-fuzz.XXXXXXXX")
	corpus=test/fuzz/$name
	[ -d "$corpus" ] || corpus=
	mkdir "$work/new"
	# shellcheck disable=SC2086 # none or one word
	"$B/$1" "$LIMIT" -seed="$SEED" -timeout=30 -rss_limit_mb=1024 -verbosity=0 \
	    -artifact_prefix="$B/found/$name-" "$work/new" $corpus >"$work/out" 2>&1 || rc=1
	if [ $rc = 0 ]; then echo "fuzz $name: $said, nothing found"; else
		tail -n 60 "$work/out"; echo "fuzz $name: FAILED"; fi
	rm -rf "$work"
	return $rc
}
export -f fuzz
echo "$targets" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}'
