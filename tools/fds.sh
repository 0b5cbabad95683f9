#!/bin/bash
# fds.sh FETTLE -- under valgrind no command leaves a descriptor open but 0 to 2,
# or reads what was never written.  FETTLE is built without sanitizers.  openat2
# is unknown to valgrind 3.19, so the way without it is gone here.
set -u
fettle=$(realpath "$1")
top=$(mktemp -d "${TMPDIR:-/tmp}/fettle-fds.XXXXXXXX") || exit 2
trap 'rm -rf "$top"' EXIT
cd "$top" || exit 2
for d in config state cache data; do
	export "XDG_${d^^}_HOME=$top/$d"
	mkdir -m 700 "$d"
done
export HOME=$top
unset FETTLE_CONFIG
mkdir -m 700 config/fettle in in/deep old far
for i in 1 2 3; do
	echo "$i" >"in/p$i.pdf"; echo "$i" >"in/i$i.jpg"; echo "$i" >"old/o$i.txt"
	echo "$i" >"in/deep/d$i.bin"
done
ln in/p1.pdf in/deep/again.pdf
ln -s p1.pdf in/link
mkfifo in/fifo
touch -d '100 days ago' old/*
cat >config/fettle/fettle.yaml <<C
rules:
  - name: sorted
    locations: $top/in
    actions:
      - sort: by-type
backups:
  - name: copies
    paths: [$top/in, $top/old]
    copies: {path: $top/far/copies}
    keep: {last: 1}
archives:
  - name: away
    locations: $top/old
    older_than: 30 days
    to: $top/far/away
    bundle: tar.zst
C
echo "a password" >key
chmod 600 key
export RESTIC_REPOSITORY=$top/far/repo RESTIC_PASSWORD_FILE=$top/key
chmod 600 config/fettle/fettle.yaml
bad=0 n=0 tool=memcheck
try() {		# exit status, words...
	local want=$1 rc; shift
	n=$((n + 1))
	valgrind -q --tool=$tool --track-fds=yes --error-exitcode=99 \
	    --log-file="$top/vg.$n.%p" \
	    "$fettle" "$@" <"$top/empty" >"$top/out" 2>"$top/err"
	rc=$?
	[ $rc = "$want" ] || { echo "fettle $*: exit $rc, wanted $want"; bad=1
		cat "$top/out" "$top/err"; }
	# What was open when it began, and valgrind's own file, are not ours.
	awk -v us="$top/vg" '
		/Open (file descriptor|.*socket) [0-9]+:/ { what = $0; next }
		what && /inherited from parent/ { what = "" }
		what && what ~ / [012]:/ { what = "" }
		what && index(what, us) { what = "" }
		what { print FILENAME ": " what; bad = 1; what = "" }
		END { exit bad }' "$top/vg.$n".* ||
	    { echo "fettle $*: a descriptor is left open"; bad=1; }
	[ $rc != 99 ] || cat "$top/vg.$n".*
}
: >empty
try 0 config check
try 0 plan
try 0 run --yes
try 0 run --yes
try 0 where p1.pdf
try 0 why "$top/in/Documents/p1.pdf"
try 0 get p2.pdf --to "$top/far/got"
try 0 get o1.txt --to "$top/far/got"
try 0 -b copies check
try 0 -b away check
try 0 -b copies ls
try 0 -b copies restore --target "$top/far/back"
try 0 undo 1
try 0 runs
try 0 status
try 2 no-such-command
# A repository by itself, as restic's flags have it.  Each of these makes a key
# from the password, which takes memcheck a quarter of a minute: only the
# descriptors are looked at.
tool=none
try 0 init
try 0 backup "$top/in"
echo more >>in/more
try 0 backup "$top/in"
try 0 snapshots
try 0 ls latest
try 0 find more
try 0 dump latest "$top/in/more"
try 0 restore latest --target "$top/far/again"
try 0 forget --keep-last 1 --prune
try 0 check --read-data
[ $bad = 0 ] && echo "$n commands: all is closed"
exit $bad
