#!/bin/bash
# boot.sh BUILD [container|uml] -- the units under a real systemd as process 1.  What
# `make install` puts there is put over a copy of this machine's root in memory (an
# overlay, nothing of it is left afterwards), systemd boots it without anything of the
# host's that is not needed, and inside.py looks at everything from within.
#
# container: namespaces of this kernel, with seccomp, Landlock and the rest; a network
# of its own.  uml: a whole kernel of its own (user-mode-linux), which has no Landlock.
# Needs root.  The build must be one without sanitizers.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1") kind=${2:-container}
[ "$(id -u)" = 0 ] || { echo "boot.sh: needs root" >&2; exit 2; }

# ---- in namespaces of its own from here on; $top is a tmpfs ----
# What this machine does is not wanted: a systemd without units but its own.
only_ours() {
	local etc=$1/etc/systemd
	rm -rf "$etc/system" "$etc/user" "$1/etc/fettle" "$1"/etc/cron* \
		"$1/var/log/journal"
	mkdir -p "$etc/system/fettle-test.target.wants" "$etc/user" "$1/etc/fettle"
	cat >"$etc/system/fettle-test.target" <<-X
	[Unit]
	Requires=basic.target dbus.socket
	After=basic.target dbus.socket
	Wants=systemd-logind.service inside.service
	AllowIsolate=yes
	X
	cat >"$etc/system/inside.service" <<-X
	[Unit]
	After=basic.target dbus.socket systemd-logind.service
	[Service]
	Type=oneshot
	Environment=LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PATIENCE=${PATIENCE:-20}
	ExecStart=/usr/bin/python3 $here/inside.py /run/outside ${ONLY:-}
	ExecStopPost=/usr/bin/systemctl --no-block --force exit
	TimeoutStartSec=300
	X
	for u in systemd-timesyncd systemd-udevd systemd-udev-trigger systemd-sysctl \
	    systemd-modules-load systemd-tmpfiles-setup-dev systemd-resolved \
	    systemd-networkd systemd-binfmt systemd-sysusers ldconfig \
	    systemd-journal-catalog-update systemd-update-done systemd-random-seed \
	    systemd-hwdb-update e2scrub_reap systemd-machine-id-commit; do
		ln -s /dev/null "$etc/system/$u.service"
	done
	for u in dev-mqueue.mount dev-hugepages.mount sys-kernel-debug.mount \
	    sys-kernel-tracing.mount sys-kernel-config.mount \
	    sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount \
	    systemd-udevd-kernel.socket systemd-udevd-control.socket \
	    getty.target remote-fs.target timers.target; do
		ln -s /dev/null "$etc/system/$u"
	done
	: >"$1/etc/fstab"
	uuidgen | tr -d - >"$1/etc/machine-id"
}

devices() {
	mount -t tmpfs -o mode=755 tmpfs "$1/dev"
	for n in null zero full random urandom tty; do
		: >"$1/dev/$n"
		mount --bind "/dev/$n" "$1/dev/$n"
	done
	mkdir "$1/dev/shm" "$1/dev/pts"
	mount -t tmpfs tmpfs "$1/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=666 devpts "$1/dev/pts"
	ln -s pts/ptmx "$1/dev/ptmx"
	ln -s /proc/self/fd "$1/dev/fd"
}

# As process 1 of a pid namespace.
in_container() {
	local root=$1
	mount -t proc proc "$root/proc"
	mount -t sysfs -o ro sysfs "$root/sys"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
	mount --bind "$root/proc/sys" "$root/proc/sys"
	mount -o remount,bind,ro "$root/proc/sys"
	devices "$root"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	mount -t tmpfs tmpfs "$root/tmp"
	mkdir "$root/run/outside"
	mount --bind "$OUT" "$root/run/outside"
	ip link set lo up
	cd "$root"
	mkdir -p old
	pivot_root . old
	umount -l /old
	mount --make-rshared /	# for credentials; systemd leaves it to a container's maker
	exec env -i container=fettle PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		/lib/systemd/systemd --system --unit=fettle-test.target \
		--log-target="${LOG_TARGET:-journal-or-kmsg}" --show-status=no
}

case ${STAGE:-} in
prepare)
	mount --make-rprivate /
	mount -t tmpfs -o size=1g tmpfs "$TOP"
	mkdir "$TOP/up" "$TOP/work" "$TOP/root"
	mount -t overlay overlay -o \
		"lowerdir=/,upperdir=$TOP/up,workdir=$TOP/work" "$TOP/root"
	DESTDIR=$TOP/root meson install -C "$build" --no-rebuild --quiet
	only_ours "$TOP/root"
	STAGE=boot exec unshare --pid --fork --cgroup --kill-child \
		"$0" "$build" "$kind" ;;
boot)
	in_container "$TOP/root" ;;
esac
[ -z "${STAGE:-}" ] || exit 2

TOP=$(mktemp -d "${TMPDIR:-/tmp}/fettle-boot.XXXXXXXX")
OUT=$(mktemp -d "${TMPDIR:-/tmp}/fettle-boot-out.XXXXXXXX")
group=
for g in /sys/fs/cgroup /sys/fs/cgroup/unified; do
	[ "$(stat -fc %T "$g" 2>/dev/null)" != cgroup2fs ] || group=$g/fettle-boot.$$
done
[ -n "$group" ] || { echo "boot.sh: no cgroup2 here" >&2; exit 2; }
clean() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || :
		[ -d "$group" ] || break
		sleep 0.2
	done
	rmdir "$TOP"
	rm -rf --one-file-system "$OUT"
}
trap clean EXIT
mkdir "$group"
export TOP OUT
(
	echo "$BASHPID" >"$group/cgroup.procs"
	STAGE=prepare exec timeout -k 5 "${LIMIT:-300}" unshare --mount --uts --ipc \
		--net "$0" "$build" "$kind"
) </dev/null || :
cat "$OUT/said" 2>/dev/null || :
grep -q '^all is well$' "$OUT/said" 2>/dev/null
