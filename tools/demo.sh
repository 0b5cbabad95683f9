#!/bin/bash
# demo.sh FETTLE [DIR] -- the main job on a folder made for it; with DIR, the plan
# for a folder of yours, which changes nothing.  Configuration and state are its
# own, in a temporary folder, never yours.
set -eu
cd "$(dirname "$0")/.."
fettle=$(realpath "$1") dir=${2:-}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fettle-demo.XXXXXXXX")
trap 'rm -rf "$tmp"' EXIT
export XDG_CONFIG_HOME=$tmp/config XDG_STATE_HOME=$tmp/state \
	XDG_CACHE_HOME=$tmp/cache XDG_DATA_HOME=$tmp/data
unset FETTLE_CONFIG || :
mkdir -p "$tmp/config/fettle" "$tmp/state" "$tmp/cache" "$tmp/data" "$tmp/disk"
chmod 700 "$tmp/config/fettle"

if [ -n "$dir" ]; then
	dir=$(realpath -- "$dir")
	echo "The plan for $dir; nothing is changed."
	exec "$fettle" sort --plan "$dir" </dev/null
fi

say() { printf '\n\033[1m# %s\033[0m\n' "$*" | { [ -t 1 ] && cat || sed 's/\x1b\[[0-9]*m//g'; }; }
run() { printf '$ fettle'; printf ' %s' "${@@Q}" | sed "s/'\([a-zA-Z0-9_./=-]*\)'/\1/g"; echo; "$fettle" "$@" </dev/null; }
show() { (cd "$tmp" && find "$1" -type d | sort | while read -r d; do
	printf '  %-34s %4d files\n' "$d/" "$(find "$d" -maxdepth 1 -type f -printf x | wc -c)"; done); }

say "A folder like many: some hundred files, real types, awkward names"
python3 tools/sample.py "$tmp/Downloads" 7
show Downloads

say "A configuration: sort it, back it up, put away what is older than 30 days"
cat >"$tmp/config/fettle/fettle.yaml" <<Y
rules:
  - name: sort downloads by type
    locations: $tmp/Downloads
    actions:
      - sort: by-type
backups:
  - name: disk
    paths: $tmp/Downloads
    copies: {path: $tmp/disk/copies}
    keep: {last: 10}
archives:
  - name: old downloads
    locations: $tmp/Downloads
    subfolders: true
    older_than: 30 days
    to: $tmp/Archive
guard: {max_share: off}     # unattended, a job that moves more than 80% is held
Y
chmod 600 "$tmp/config/fettle/fettle.yaml"
sed 's/^/  /' "$tmp/config/fettle/fettle.yaml"
run config check

say "What would happen: the plan"
run plan

say "Do it"
run run
show Downloads; show Archive

say "A second run of the rules and archives finds nothing to do"
run run "sort downloads by type" "old downloads"

say "Where is one of the invoices, and what became of it?"
some=$(find "$tmp/Downloads" "$tmp/Archive" -name 'invoice-*.pdf' -printf '%f\n' | sort | head -n 1)
run where "$some"

say "What was done, and is all well?"
run runs
run status

say "Take the sorting and the putting away back"
run undo 1
show Downloads

say "Check the copies: every byte is read again and compared"
run -b disk check
say "That was all; nothing outside $tmp was touched, and it goes now"
