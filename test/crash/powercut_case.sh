#!/bin/bash
# powercut_case.sh FETTLE ext4|xfs|btrfs MS [SEED] -- a real power cut: fettle runs in
# a User-Mode Linux on a fresh disk, the kernel is killed after MS milliseconds, the
# disk is mounted here, and no content may be missing; then a run goes on and ends.
# Needs root, user-mode-linux, and the file system's tools.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fettle=$(realpath "$1") fs=$2 ms=$3
# The guest sees our files read-only; the world is built inside it, on the disk.
work="
mkdir -p /mnt/a/x
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c 'import sys; sys.path.insert(0, \"$here\"); import world; world.build(\"/mnt/a/t\", \"/mnt/a/x\", 40)'
sync
echo READY
export HOME=/mnt/a/t LC_ALL=C.UTF-8 TZ=UTC XDG_CONFIG_HOME=/mnt/a/t/xdg/config XDG_STATE_HOME=/mnt/a/t/xdg/state XDG_CACHE_HOME=/mnt/a/t/xdg/cache XDG_DATA_HOME=/mnt/a/t/xdg/data
while :; do $fettle run --yes -q; $fettle undo --yes -q; done
"
# Mounts of its own: several may be at it, and /mnt/a is everybody's.
check="PYTHONDONTWRITEBYTECODE=1 unshare --mount /usr/bin/python3 $here/powercut_check.py $fettle \$DISK"
export DELAY_MS=$ms
exec "$here/powercut.sh" "$fs" "$work" READY "$check"
