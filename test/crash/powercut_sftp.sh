#!/bin/bash
# powercut_sftp.sh FETTLE ext4|xfs|btrfs [PROGRAM] -- the server's power is cut right
# after "saved": fettle backs up through OpenSSH's sftp-server inside a User-Mode Linux,
# the kernel is killed as soon as it says so, and restic must find the snapshot on the
# disk, whole.  PROGRAM: restic, to see what becomes of its own.  Needs root,
# user-mode-linux, restic and openssh-server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fettle=$(realpath "$1") fs=$2 program=${3:-fettle}
server=/usr/lib/openssh/sftp-server
[ -x $server ] || { echo "needs $server"; exit 2; }
case $program in
fettle) run="$fettle" ;;
restic) run="$(command -v restic)" ;;
esac
work="
export HOME=/mnt/tmp LC_ALL=C.UTF-8 TZ=UTC RESTIC_PASSWORD=x XDG_CACHE_HOME=/mnt/tmp/cache
mkdir -p /mnt/tmp/src /mnt/tmp/cache
far() { $run -r sftp:nobody@here:/mnt/a/r -o sftp.command=$server \"\$@\"; }
sync
far init >/dev/null || exit 1
for i in 1 2 3; do head -c 3000000 /dev/urandom >/mnt/tmp/src/\$i; done
sha256sum /mnt/tmp/src/1
far backup /mnt/tmp/src && echo CUT-NOW
"
check="
want=\$(tr -d '\r' <\$OUT | grep -aoE '^[0-9a-f]{64}' | head -n 1)
export RESTIC_PASSWORD=x
restic -q -r \$DISK/r --no-cache --no-lock check --read-data >&2 || exit 1
got=\$(restic -q -r \$DISK/r --no-cache --no-lock dump latest /mnt/tmp/src/1 | sha256sum | cut -c1-64)
[ \"\$got\" = \"\$want\" ] || { echo \"the file is not there: \$got, not \$want\"; exit 1; }
"
exec "$here/powercut.sh" "$fs" "$work" CUT-NOW "$check"
