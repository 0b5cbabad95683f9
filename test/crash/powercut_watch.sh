#!/bin/bash
# powercut_watch.sh FETTLE ext4|xfs|btrfs MS [SEED] -- a real power cut in a burst of
# arrivals: the daemon watches in a User-Mode Linux on a fresh disk, the kernel is killed
# MS milliseconds after the burst began, and powercut_watch.py looks at what is left.
# Needs root, user-mode-linux, and the file system's tools.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fettle=$(realpath "$1") fs=$2 ms=$3 seed=${4:-1}
script="PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 $here/powercut_watch.py"
# Mounts of its own: several may be at it, and /mnt/a is everybody's.
check="grep -aq READY \$OUT || { echo 'the daemon did not get going in the guest'; exit 1; }
PYTHONDONTWRITEBYTECODE=1 unshare --mount /usr/bin/python3 $here/powercut_watch.py check $fettle \$DISK"
export DELAY_MS=$ms
exec "$here/powercut.sh" "$fs" "$script feed $fettle $seed" READY "$check"
