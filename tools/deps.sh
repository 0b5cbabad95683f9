#!/bin/sh
# deps.sh -- the one list of Debian packages.  deps.sh [build|check|far|systemd] installs
# what is missing (as root, or through sudo); deps.sh -l SET only lists.
set -eu
build="gcc libc6-dev make meson ninja-build pkg-config libyaml-dev libsqlite3-dev
libpcre2-dev libarchive-dev libzstd-dev libssl-dev libcurl4-openssl-dev libfuse3-dev tzdata
libmicrohttpd-dev nodejs npm"
demo="python3 coreutils"
check="$demo chromium prometheus libcmocka-dev clang libclang-rt-dev llvm clang-tidy cppcheck universal-ctags
python3-pytest python3-pytest-xdist python3-hypothesis python3-jsonschema python3-yaml python3-aiosmtpd systemd strace
valgrind faketime rsync restic fuse3 poppler-utils tar zstd acl attr sqlite3 mandoc shellcheck procps
openssh-client openssh-server openssl rclone ceph-mon ceph-osd ceph-common radosgw uuid-runtime util-linux e2fsprogs xfsprogs btrfs-progs user-mode-linux git"
far="swift-proxy swift-account swift-container swift-object memcached"
systemd="dbus dbus-user-session libpam-systemd"

set_of() {
	case $1 in
	build) echo "$build" ;;
	demo) echo "$build $demo" ;;
	check) echo "$build $check" ;;
	systemd) echo "$build $check $systemd" ;;
	far) echo "$build $check $far" ;;
	*) echo "deps.sh: no such set: $1" >&2; exit 2 ;;
	esac
}

[ "${1:-}" = -l ] && { set_of "$2"; exit 0; }
missing=
for p in $(set_of "${1:-build}"); do
	# A node that is not Debian's brings its own npm, and Debian's would fight it.
	[ "$p" = npm ] && command -v npm >/dev/null && continue
	dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null |
		grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >/dev/null
# shellcheck disable=SC2086 # a list of words
$as_root apt-get install -y -q --no-install-recommends $missing >/dev/null
