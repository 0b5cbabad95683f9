#!/bin/bash
# powercut.sh [N] [FETTLE] -- N real power cuts (default 50) on each of ext4, xfs and
# btrfs at random instants, and as many in a burst of arrivals while the daemon watches;
# the seed is printed.  Needs root.
set -u
cd "$(dirname "$0")/.." || exit 2
n=${1:-50} fettle=${2:-build/src/fettle} bad=0 done=0
seed=${SEED:-$RANDOM}
RANDOM=$seed
echo "seed $seed"

# cut CASE FS MS [SEED]
cut() {
	local out
	done=$((done + 1))
	out=$(test/crash/$1.sh "$fettle" "${@:2}" 2>&1) || {
		bad=$((bad + 1))
		printf '%s: %s\n' "$*" "$out"
	}
}

for ((i = 0; i < n; i++)); do
	for fs in ext4 xfs btrfs; do
		cut powercut_case $fs $((RANDOM % 1500))
		cut powercut_watch $fs $((RANDOM % 4000)) $RANDOM
	done
done
echo "$((done - bad)) passed, $bad failed"
[ $bad = 0 ]
