#!/bin/bash
# powercut.sh [N] [FETTLE] -- N real power cuts (default 50) on each of ext4, xfs and
# btrfs at random instants; the seed is printed.  Needs root.
set -u
cd "$(dirname "$0")/.." || exit 2
n=${1:-50} fettle=${2:-build/src/fettle} bad=0 done=0
seed=${SEED:-$RANDOM}
RANDOM=$seed
echo "seed $seed"
for ((i = 0; i < n; i++)); do
	for fs in ext4 xfs btrfs; do
		ms=$((RANDOM % 1500))
		done=$((done + 1))
		out=$(test/crash/powercut_case.sh "$fettle" $fs $ms 2>&1) || {
			bad=$((bad + 1))
			printf '%s after %d ms: %s\n' $fs $ms "$out"
		}
	done
done
echo "$((done - bad)) passed, $bad failed"
[ $bad = 0 ]
