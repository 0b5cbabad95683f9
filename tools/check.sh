#!/bin/bash
# check.sh -- everything that must hold.  Each step prints its own tests; the
# last line is "N passed, N failed".  check.sh STEP... runs only these steps:
# build house unit py clang judges threads fuzz fds (all: the default).
# What is random begins at FETTLE_SEED (1): the same check twice says the same.
set -u
cd "$(dirname "$0")/.." || exit 2
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=99
B=build-check
jobs=$(nproc)
passed=0 failed=0 names=
export FETTLE_SEED=${FETTLE_SEED:-1}
export SEED=$FETTLE_SEED TEST_SEED=$FETTLE_SEED DUE_SEED=$FETTLE_SEED
export WORDS_SEED=$FETTLE_SEED ZONE_SEED=$FETTLE_SEED
log=$(mktemp -d "${TMPDIR:-/tmp}/fettle-check.XXXXXXXX")
trap 'rm -rf "$log"' EXIT

step() { printf '== %s (%d min %02d s)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }
count() {	# name, passed, failed
	passed=$((passed + $2)) failed=$((failed + $3))
	if [ "$3" = 0 ]; then printf '   %s: %d passed\n' "$1" "$2"; else
		printf '   %s: %d passed, %d FAILED\n' "$1" "$2" "$3"
		# What failed is told again at the end, where a cut log still has it.
		names="$names   $1${4:+: $4}"$'\n'
	fi
}
one() {		# name, command...: one test
	local name=$1; shift
	if "$@" >"$log/out" 2>&1; then count "$name" 1 0; else
		tail -n 60 "$log/out"
		count "$name" 0 1 "$(grep -E 'error|FAILED|warning|not found|left open' \
		    "$log/out" | head -n 5 | cut -c 1-200 | paste -sd ';')"
	fi
}
each() {	# name, command...: it judges each source file but the tests
	local name=$1; shift
	command -v "$1" >/dev/null || { count "$name" 0 1 "$1 is not there"; return; }
	git ls-files "src/*.c" | grep -v /test/ >"$log/files"
	rm -rf "$log/said" "$log/fell"; mkdir "$log/said"
	: >"$log/fell"
	# shellcheck disable=SC2016 # the inner shell's
	xargs -P "$jobs" -I{} sh -c 'out=$1/said/$$ log=$1 file=$2; shift 2
	    "$@" "$file" >"$out" 2>&1 && exec rm "$out"
	    echo "$file $(grep -m 1 error "$out" | cut -c 1-200)" >>"$log/fell"' \
	    x "$log" {} "$@" <"$log/files" || echo "$name was cut short" >>"$log/fell"
	[ -s "$log/files" ] || echo "there are no files" >>"$log/fell"
	if [ ! -s "$log/fell" ]; then count "$name" 1 0; else
		cat "$log"/said/* | tail -n 120
		count "$name" 0 "$(grep -c . "$log/fell")" "$(head -n 20 "$log/fell" | paste -sd ';')"
	fi
}
setup() {	# folder, compiler, options...
	local d=$1 cc=$2; shift 2
	[ -f "$d/build.ninja" ] && return 0
	command -v ccache >/dev/null && cc="ccache $cc"
	CC=$cc meson setup "$d" -Dwerror=true "$@"
}

tap() {		# name, meson's log of a run
	local p f which
	# Each TAP line of each program is a test; a program that died is one, too.
	read -r p f which < <(python3 - "$2" <<'P'
import json, sys, re
p = f = 0
which = []
for line in open(sys.argv[1]):
    t = json.loads(line)
    out = t.get("stdout", "")
    ok = len(re.findall(r"^ok ", out, re.M))
    # cmocka says "not ok N # SKIP" of what a machine without mounts cannot show.
    bad = re.findall(r"^not ok (?!\d+ # SKIP)(.*(?:\n#.*){0,3})", out, re.M)
    bad = [re.sub(r"\s+", " ", b)[:400] for b in bad]
    if bad or t["result"] not in ("OK", "SKIP") and t.get("returncode") != 0:
        bad = bad or [t["result"]]
        which += [t["name"] + " (" + ", ".join(bad) + ")"]
    p += ok
    f += len(bad)
print(p, f if p + f else 1, "; ".join(which))
P
)
	count "$1" "${p:-0}" "${f:-1}" "${which:-}"
}
do_build() {
	step build
	one "build with ASan and UBSan" sh -c "
	    $(declare -f setup); setup $B gcc -Db_sanitize=address,undefined \
	    -Dbuildtype=debugoptimized && ninja -C $B"
	[ -x $B/src/fettle ] || { echo "$passed passed, $((failed + 1)) failed"; exit 1; }
}
do_house() {
	step house
	one "floors" tools/floors.sh
	one "doors" tools/doors.sh
	one "sizes" tools/sizes.sh
	one "headers compile alone" tools/headers.sh
	one "shellcheck" sh -c 'git ls-files "*.sh" .ci/run | xargs shellcheck -S warning'
	one "man pages" sh -c 'for m in doc/man/*.[1-8]; do mandoc -Tlint -Wwarning "$m" || exit 1; done'
	one "man pages of commands" sh -c 'tools/manpages.sh "$0" "$1/man" &&
	    for m in "$1"/man/*.1; do mandoc -Tlint -Wwarning "$m" || exit 1; done' $B/src/fettle "$log"
}
do_unit() {
	step unit
	rm -f $B/meson-logs/testlog.json
	meson test -C $B --no-rebuild --print-errorlogs >"$log/unit" 2>&1 ||
		grep -vE '^ *[0-9]+/[0-9]+ .* OK' "$log/unit" | tail -n 80
	tap unit $B/meson-logs/testlog.json
}
do_py() {
	step "whole program"
	# Tests wait as much as they work: one more than there are cores.
	FETTLE=$PWD/$B/src/fettle FETTLE_BUILD=$PWD/$B python3 -m pytest test -q \
	    -n $((jobs + 1)) --dist loadgroup -rs -p no:cacheprovider --junitxml="$log/py.xml" >"$log/py" 2>&1
	local rc=$?
	[ $rc = 0 ] || tail -n 120 "$log/py"
	grep -E '^SKIPPED' "$log/py"
	read -r p f which < <(python3 - "$log/py.xml" <<'P'
import sys, xml.etree.ElementTree as E
try:
    s = E.parse(sys.argv[1]).getroot()
    s = s if s.tag == "testsuite" else s[0]
    n, bad, sk = (int(s.get(k)) for k in ("tests", "failures", "skipped"))
    bad += int(s.get("errors"))
    which = [c.get("classname") + "::" + c.get("name") for c in s.iter("testcase")
             if c.find("failure") is not None or c.find("error") is not None]
    print(n - bad - sk, bad, "; ".join(which))
except Exception:
    print(0, 1, "no result to read")
P
)
	count "whole program" "${p:-0}" "${f:-1}" "${which:-}"
}
do_clang() {
	step "clang"
	# DWARF 4: valgrind 3.19 (fds) cannot read clang's 5.
	one "clang builds without a warning" sh -c "
	    $(declare -f setup); setup build-clang clang -Dbuildtype=debug \
	    -Dc_args=-gdwarf-4 && ninja -C build-clang"
}
do_judges() {
	step judges
	[ -f build-clang/compile_commands.json ] || do_clang
	# One file a process: with several, version 14 takes every va_list but
	# the first for unset.  .clang-tidy tells which checks are off, and why.
	# The analyzer takes 20 times as long as all the rest where it may look
	# at 225,000 states of a function: it gets 20,000.
	each "clang-tidy" clang-tidy --quiet -p build-clang \
	    --extra-arg=-Xclang --extra-arg=-analyzer-config \
	    --extra-arg=-Xclang --extra-arg=max-nodes=20000
	# resourceLeak: CLEAN_FD closes, which cppcheck does not see.  readdir
	# and getpwent: each stream, and the list of users, has one reader; and
	# ctuuninitvar: takes what a function is to fill for what it reads.
	# getpwuid's answer is copied by the one thread that asks.
	# CastIntegerToAddressAtReturn: a struct named template confuses it,
	# and the compilers find what is meant.  varFuncNullUB: C's NULL is a
	# pointer, as execl and its like want it.
	one "cppcheck" cppcheck --quiet --std=c11 --error-exitcode=1 "-j$jobs" \
	    --enable=warning,portability --inline-suppr --library=posix \
	    --suppress=missingIncludeSystem -D_GNU_SOURCE -Isrc \
	    --suppress=normalCheckLevelMaxBranches --suppress=resourceLeak \
	    --suppress=readdirCalled --suppress=getpwentCalled \
	    --suppress=getpwuidCalled --suppress=ctuuninitvar \
	    --suppress=CastIntegerToAddressAtReturn --suppress=varFuncNullUB src
	# use-of-uninitialized-value: gcc 12 takes a local that is NULL and has a
	# cleaner for unset; clang-tidy and the sanitizers look for it as well.
	# All write one file, which nobody reads.  Never -o /dev/null: when it
	# fails, gcc removes what it was to write.
	each "gcc -fanalyzer" gcc -std=gnu17 -D_GNU_SOURCE \
	    -DFETTLE_VERSION=\"x\" -DFETTLE_SCHEMA=\"x\" -Isrc -I/usr/include/fuse3 \
	    -O1 -fanalyzer -Wno-analyzer-use-of-uninitialized-value -Werror \
	    -S -o "$log/analyzed.s"
}
do_threads() {
	step threads
	# Only the tests that have threads in them.
	one "built with TSan" sh -c "
	    $(declare -f setup); setup build-tsan gcc -Db_sanitize=thread \
	    -Dbuildtype=debugoptimized && ninja -C build-tsan \$(meson test \
	    -C build-tsan --suite threads --list 2>/dev/null | sed -n 's|.* / |src/test-|p')"
	rm -f build-tsan/meson-logs/testlog.json
	TSAN_OPTIONS=halt_on_error=1 meson test -C build-tsan --no-rebuild \
	    --print-errorlogs --suite threads >"$log/tsan" 2>&1 ||
		grep -vE '^ *[0-9]+/[0-9]+ .* OK' "$log/tsan" | tail -n 80
	tap "TSan" build-tsan/meson-logs/testlog.json
}
do_fuzz() {
	step fuzz
	# As many inputs, not seconds: a slow machine tries the same ones.
	tools/fuzz.sh -n 50000 >"$log/fuzz" 2>&1
	local rc=$? p f
	p=$(grep -c '^fuzz .* nothing found$' "$log/fuzz")
	f=$(grep -c '^fuzz .*: FAILED$' "$log/fuzz")
	[ $rc = 0 ] || { tail -n 120 "$log/fuzz"; [ "$f" != 0 ] || f=1; }
	count "fuzz targets, a short run each" "$p" "$f" \
	    "$(sed -n 's/^fuzz \(.*\): FAILED$/\1/p' "$log/fuzz" | paste -sd ';')"
}
do_fds() {
	step descriptors
	[ -x build-clang/src/fettle ] || do_clang
	one "valgrind: all descriptors are closed" tools/fds.sh build-clang/src/fettle
}

# The judges come behind the tests, not beside them: load is no test.
[ $# -gt 0 ] || set -- build house unit py clang judges threads fuzz fds
for s; do "do_$s"; done
[ $failed = 0 ] || printf 'failed:\n%s' "$names"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
