"""Backups by us and by restic into one repository: the same trees, byte for byte;
what we write, restic checks and restores.  The driver is src/backup/test/drive.c."""
import os
import re
import random
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from box import STRACE, can_mount, is_root, needs_root_reason   # noqa: E402
from both import DRIVE, RESTIC, World, describe   # noqa: E402

pytestmark = pytest.mark.skipif(RESTIC is None or not os.access(DRIVE, os.X_OK),
                                reason="needs restic and backup-drive")
KIB, MIB = 1 << 10, 1 << 20
SEED = int(os.environ.get("FETTLE_SEED", "1"))


@pytest.fixture
def w(tmp_path):
    # Not under pytest's folder: sockets want short names.
    d = tempfile.mkdtemp(prefix="fettle-interop.")
    yield World(d)
    subprocess.run(["chmod", "-R", "u+rwx", d], capture_output=True)
    shutil.rmtree(d, ignore_errors=True)


def put(path, data=b"x", mtime=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    if mtime is not None:
        os.utime(path, ns=(mtime, mtime))


def rand(n, seed=0):
    return random.Random("%d-%d" % (SEED, seed)).randbytes(n)


# ------------------------------------------------------------------ awkward things

def odd_names(top):
    top = os.fsencode(top)
    os.mkdir(top)
    for c in range(1, 256):
        if c != ord("/"):
            put(top.decode() + "/plain%d" % c)
            for name in (b"a" + bytes([c]) + b"z", bytes([c])):
                if name not in (b".",):
                    with open(os.path.join(top, name), "wb") as f:
                        f.write(name)
    for name in ("é", "e\u0301", "\u2028", "\u200b", "\ufeff", "\ufffd", "😀", "\U000e0001", "\u00a0", "\u0600",
                 "<&>", '"quoted"', "back\\slash", "new\nline", "tab\t", "x" * 255, "é" * 127, "..x", "-r", "*", "\x7f"):
        with open(os.path.join(top, name.encode()), "wb") as f:
            f.write(b"1")
    for name in (b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"ok\xff", b"\xc3", b"\xf0\x9f\x98"):
        with open(os.path.join(top, name), "wb") as f:
            f.write(b"2")


def odd_types(top):
    os.mkdir(top)
    put(top + "/empty", b"")
    os.mkdir(top + "/emptydir")
    os.mkfifo(top + "/fifo")
    s = socket.socket(socket.AF_UNIX)
    s.bind(top + "/sock")
    s.close()
    for i, t in enumerate(("nowhere", "/", "..", "a" * 4000, "sp ace\n", "é", "<>&")):
        os.symlink(t, top + "/link%d" % i)
    put(top + "/one", b"linked")
    os.link(top + "/one", top + "/two")
    os.mkdir(top + "/other")
    os.link(top + "/one", top + "/other/three")
    put(top + "/biglink", rand(3 * MIB, 5))
    os.link(top + "/biglink", top + "/other/biglink2")
    os.link(top + "/fifo", top + "/fifo2")
    os.symlink("x", top + "/l1")
    os.link(top + "/l1", top + "/l2", follow_symlinks=False)
    for mode in (0o4755, 0o2755, 0o1755, 0o7777, 0o000, 0o400, 0o6711):
        put(top + "/mode%o" % mode)
        os.chmod(top + "/mode%o" % mode, mode)
        os.mkdir(top + "/dir%o" % mode)
        os.chmod(top + "/dir%o" % mode, mode if is_root() else mode | 0o500)
    if is_root():
        os.mknod(top + "/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.mknod(top + "/disk", stat.S_IFBLK | 0o660, os.makedev(259, 70000))
        put(top + "/nobody")
        os.chown(top + "/nobody", 65534, 12345678)


def odd_times(top):
    os.mkdir(top)
    for i, ns in enumerate((0, 1, -1, -10**9, -1500000000, -2147483648 * 10**9, 2147483647 * 10**9 + 999999999,
                            4000000000 * 10**9 + 1, 10**9 + 500000000, 10**9 + 123456789, 10**9 + 120000000)):
        put(top + "/t%d" % i, b"t", ns)
    os.symlink("x", top + "/l")
    os.utime(top + "/l", ns=(5, 7), follow_symlinks=False)


def odd_xattrs(top):
    os.mkdir(top)
    try:
        put(top + "/x")
        os.setxattr(top + "/x", "user.a", b"1")
    except OSError:
        pytest.skip("no user xattrs here")
    os.setxattr(top + "/x", "user.empty", b"")
    os.setxattr(top + "/x", "user.bin", bytes(range(256)))
    os.setxattr(top + "/x", "user.<&>é\u2028", b"\x00\xff")
    put(top + "/large")
    os.setxattr(top + "/large", "user.large", rand(3000, 1))
    put(top + "/many")
    for i in range(30):
        os.setxattr(top + "/many", "user.n%d" % i, b"v" * i)
    os.mkdir(top + "/d")
    os.setxattr(top + "/d", "user.dir", b"d")
    put(top + "/acl")
    # Version 2: user::rw-, user:65534:r--, group::r--, mask::r--, other::---
    acl = bytes.fromhex("02000000" "01000600ffffffff" "02000400feff0000" "04000400ffffffff" "10000400ffffffff" "20000000ffffffff")
    try:
        os.setxattr(top + "/acl", "system.posix_acl_access", acl)
        os.setxattr(top + "/d", "system.posix_acl_default", acl)
    except OSError:
        pass


def odd_sizes(top):
    os.mkdir(top)
    for i, n in enumerate((1, 63, 64, 65, 512 * KIB - 1, 512 * KIB, 512 * KIB + 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB)):
        put(top + "/r%d" % n, rand(n, i))
        put(top + "/z%d" % n, bytes(n))
    put(top + "/ones", b"\x01" * (20 * MIB))
    put(top + "/period", bytes(range(251)) * (12 * MIB // 251))


def holes(top):
    os.mkdir(top)
    r = random.Random(SEED)

    def sparse(name, size, pieces):
        with open(os.path.join(top, name), "wb") as f:
            f.truncate(size)
            for at, data in pieces:
                f.seek(at)
                f.write(data)
    sparse("all", 30 * MIB + 17, [])
    sparse("small", 100 * KIB, [])
    sparse("begin", 10 * MIB, [(9 * MIB, rand(MIB, 1))])
    sparse("end", 10 * MIB, [(0, rand(MIB, 2))])
    sparse("middle", 16 * MIB + 1, [(0, rand(600 * KIB, 3)), (5 * MIB + 4096, rand(4096, 4)), (12 * MIB, b"x")])
    for k in range(8):
        size = r.randrange(1, 24 * MIB)
        sparse("r%d" % k, size, [(at, r.randbytes(min(size - at, r.choice((1, 63, 64, 65, 4096, 70000, 900000)))))
                                 for at in sorted(r.randrange(size) for _ in range(r.randrange(9)))])


def deep(top, levels=200):
    fd = os.open(os.path.dirname(top), os.O_RDONLY)
    os.mkdir(top)
    p = top
    for i in range(levels):
        p += "/d%d" % i
        os.mkdir(p)
        if i % 3 == 0:
            put(p + "/f", b"%d" % i)
    os.close(fd)


AWKWARD = [odd_names, odd_types, odd_times, odd_xattrs, odd_sizes, holes, deep]


@pytest.mark.parametrize("make", AWKWARD, ids=[f.__name__ for f in AWKWARD])
def test_awkward_trees(w, make):
    make(w.src + "/t")
    ours = w.both("--", "src")
    assert ours["problems"] == 0
    again = w.drive("--", "src")
    assert again["tree"] == ours["tree"] and again["data_blobs"] == again["tree_blobs"] == 0
    assert again["files"][:2] == [0, 0] and again["dirs"][:2] == [0, 0]
    w.check()
    to = w.top + "/to"
    w.restic("restore", ours["snapshot"], "--target", to)
    assert describe(to + "/src") == describe(w.src)


def test_restic_first_then_ours_adds_nothing(w):
    for i, make in enumerate(AWKWARD):
        make(w.src + "/%d" % i)
    theirs = w.restic_backup("src")
    ours = w.drive("--", "src")
    assert ours["tree"] == theirs["tree"]
    assert ours["data_blobs"] == ours["tree_blobs"] == 0
    assert ours["parent"].startswith(theirs["snapshot_id"])
    assert ours["files"][:2] == [0, 0] and ours["dirs"][:2] == [0, 0]
    # And on top of ours, restic finds nothing to do either.
    more = w.restic_backup("src")
    assert more["tree"] == ours["tree"] and more["files_unmodified"] == ours["files"][2]
    assert more["snapshot"]["parent"] == ours["snapshot"]


def test_in_turns(w):
    """Both append to one repository, with changes between."""
    r = random.Random(SEED)
    for i in range(60):
        put(w.src + "/d%d/f%d" % (i % 7, i), r.randbytes(r.randrange(2000)))
    put(w.src + "/big", r.randbytes(6 * MIB))
    for turn in range(6):
        for _ in range(5):
            i = r.randrange(60)
            put(w.src + "/d%d/f%d" % (i % 7, i), r.randbytes(r.randrange(2000)))
        with open(w.src + "/big", "r+b") as f:
            f.seek(r.randrange(5 * MIB))
            f.write(r.randbytes(100))
        if turn % 2:
            one, two = w.restic_backup("src"), w.drive("--", "src")
            assert two["data_blobs"] == two["tree_blobs"] == 0
        else:
            two, one = w.drive("--", "src"), w.restic_backup("src")
            assert one["data_blobs"] == one["tree_blobs"] == 0
        assert one["tree"] == two["tree"]
    w.check()


# ------------------------------------------------------------------ paths

def test_targets(w):
    for p in ("a/b/c/f", "a/b/g", "a/h", "x/f", "x/b/f", "y/x/b/g", "y/x/f", "f", "g"):
        put(w.src + "/" + p, p.encode())
    os.symlink("a", w.src + "/la")
    s = w.src
    for cwd, paths in (
            (s, ["."]), (s, ["./"]), (s, ["a", "x/f"]), (s, ["a/b", "a/b/c"]), (s, ["a/b/c", "a"]), (s, ["a", "a"]),
            (s + "/y", ["x", "../x", "../f"]), (s + "/y", ["x/b", "../x/b", s + "/x"]), (s + "/y", ["..", "x"]),
            (s + "/y/x", ["../..", "."]), (s, [s]), (s, [s + "/a/b", "a"]), (s, ["f", "g", s + "/f"]),
            (s, ["la/b", "la"]), (s, ["a/../x", "./g", "a//b/"]), (s, ["f"]), (s, ["la"]),
            (s, ["y/x", "y", "y/x/b/g"])):
        w.both("--", *paths, cwd=cwd)
    w.check()


def test_missing_paths_are_told_and_passed_over(w):
    put(w.src + "/f")
    ours = w.drive("--", "src/f", "src/no", rc=3)
    assert "does not exist" in w.err and ours["problems"] == 1
    theirs = w.restic_backup("src/f", "src/no")
    assert theirs["tree"] == ours["tree"]
    assert theirs["snapshot"]["paths"] == w.snapshot(ours["snapshot"])["paths"]
    w.drive("--", "src/no", rc=1)


def test_files_from(w):
    for p in ("a/1.txt", "a/2.txt", "a/.h.txt", "b/[x].txt", "b/ sp ", "c/d/e", "star*"):
        put(w.src + "/" + p, p.encode())
    globs = "# comment\n\n a/*.txt \nb/\\[x\\].txt\nc/*/e\nnothing*\n?tar\\*\n"
    put(w.top + "/globs", globs.encode())
    put(w.top + "/utf16", b"\xff\xfe" + globs.encode("utf-16-le"))
    put(w.top + "/bom", b"\xef\xbb\xbf" + b"a\r\nc\r\n")
    put(w.top + "/verbatim", "star*\nb/ sp \n\n".encode())
    put(w.top + "/raw", b"star*\0b/ sp \0a\0")
    for args in (["--files-from", w.top + "/globs"], ["--files-from", w.top + "/utf16"], ["--files-from", w.top + "/bom"],
                 ["--files-from-verbatim", w.top + "/verbatim"], ["--files-from-raw", w.top + "/raw"]):
        w.both(*args, cwd=w.src)
    w.both("--files-from-verbatim", w.top + "/verbatim", "--", "c", cwd=w.src)
    put(w.top + "/raw", b"star*\0b")
    w.drive("--files-from-raw", w.top + "/raw", rc=1, cwd=w.src)
    put(w.top + "/raw", b"star*\0\0")
    w.drive("--files-from-raw", w.top + "/raw", rc=1, cwd=w.src)


# ------------------------------------------------------------------ what is left out

def test_excludes(w):
    for p in ("a/x.tmp", "a/keep.txt", "a/Sub/x.TMP", "a/Sub/y.c", "b/node_modules/m/f", "b/f.c", "c/.git/HEAD",
              "c/[1]", "c/1", "d/e/f/g/h.c", "d/big"):
        put(w.src + "/" + p, p.encode() * 100)
    put(w.top + "/patterns", b"# no\n *.tmp \n\n$THING/f\n$$x\n/${NOTHING}abs\n!x.tmp\n")
    w.env["THING"] = "node_modules/m"
    s = w.src
    for args in (["--exclude", "*.tmp"], ["--iexclude", "*.tmp"], ["--exclude", "node_modules"], ["--exclude", s + "/a"],
                 ["--exclude", "a/Sub"], ["--exclude", "d/**/h.c"], ["--exclude", "**/g"], ["--exclude", "c/[[]1]"],
                 ["--exclude", "*.c", "--exclude", "!y.c"], ["--exclude-file", w.top + "/patterns"],
                 ["--exclude", ".git", "--exclude", "big", "--iexclude", "SUB"], ["--exclude-larger-than", "700"],
                 ["--exclude-larger-than", "1k"], ["--exclude", s + "/b/*"]):
        w.both(*args, "--", "src")
    w.both("--exclude", "a", "--", ".", cwd=s)


def test_what_is_named_is_never_left_out(w):
    """Patterns and tags are about what lies below what was asked for (as restic 0.19)."""
    s = w.src
    for p in ("a/f", "b/f", "tagged/.nobackup", "tagged/x", "tagged/y", "big"):
        put(s + "/" + p, b"x" * 2000)

    def saved(*args):
        out = w.drive(*args, cwd=s)
        return w.restic("ls", "-q", out["snapshot"]).split()

    assert saved("--exclude", s + "/b", "--", "a", "b") == ["/a", "/a/f", "/b"]
    assert saved("--exclude", "b", "--", "b/f") == ["/b", "/b/f"]
    assert saved("--exclude-if-present", ".nobackup", "--", "tagged/x") == ["/tagged", "/tagged/x"]
    assert saved("--exclude-if-present", ".nobackup", "--", "tagged") == ["/tagged", "/tagged/.nobackup"]
    assert saved("--exclude-larger-than", "1k", "--", "big") == ["/big"]


def test_a_wrong_pattern_is_refused(w):
    put(w.src + "/f")
    w.drive("--exclude", "[", "--", "src", rc=1)
    w.drive("--exclude-larger-than", "many", "--", "src", rc=1)
    w.drive("--exclude-if-present", ":x", "--", "src", rc=1)


def test_folders_with_a_tag(w):
    sig = b"Signature: 8a477f597d28d172789f06886806bc55"
    put(w.src + "/cache/CACHEDIR.TAG", sig + b"\n# more")
    put(w.src + "/cache/f")
    put(w.src + "/cache/d/g")
    put(w.src + "/false/CACHEDIR.TAG", b"Signature: no")
    put(w.src + "/false/f")
    put(w.src + "/short/CACHEDIR.TAG", sig[:10])
    put(w.src + "/short/f")
    put(w.src + "/no/.nobackup", b"")
    put(w.src + "/no/x")
    put(w.src + "/two/.nobackup", b"")
    put(w.src + "/two/.other", b"head")
    put(w.src + "/two/x")
    for args in (["--exclude-caches"], ["--exclude-if-present", ".nobackup"], ["--exclude-if-present", ".other:head"],
                 ["--exclude-if-present", ".other:tail"], ["--exclude-if-present", ".nobackup", "--exclude-if-present", ".other:head"]):
        w.both(*args, "--", "src")
    w.drive("--exclude-caches", "--", "src")
    assert "short" in w.err and "invalid" in w.err


@pytest.mark.skipif(not can_mount(), reason=needs_root_reason("mounts"))
def test_one_file_system(w):
    put(w.src + "/f")
    put(w.src + "/d/f")
    os.mkdir(w.src + "/m")
    subprocess.run(["mount", "-t", "tmpfs", "none", w.src + "/m"], check=True)
    try:
        put(w.src + "/m/inside")
        w.both("--one-file-system", "--", "src")
        w.both("--one-file-system", "--", "src", "src/m")
        w.both("--one-file-system", "--", ".", cwd=w.src)
        w.both("--", "src")
    finally:
        subprocess.run(["umount", w.src + "/m"], check=True)


def test_our_own_folders_are_left_out(w):
    put(w.src + "/f")
    put(w.src + "/own/g")
    os.symlink("own", w.src + "/to-own")
    out = w.drive("--leave-out", w.src + "/own", "--items", "--", "src")
    assert not any("own/" in i for i in w.items) and out["files"] == [1, 0, 0]


# ------------------------------------------------------------------ parents and change

def counts(r):
    return r["files"]


def test_what_is_read_again(w):
    put(w.src + "/a", b"one")
    put(w.src + "/b", b"two")
    first = w.drive("--", "src")
    st = os.stat(w.src + "/a")
    put(w.src + "/a", b"ONE", st.st_mtime_ns)      # same size and mtime; ctime tells
    second = w.drive("--", "src")
    assert counts(second) == [0, 1, 1] and second["parent"] == first["snapshot"]
    put(w.src + "/a", b"uno", st.st_mtime_ns)
    assert counts(w.drive("--ignore-ctime", "--", "src")) == [0, 0, 2]
    # Another inode with the same size and mtime.
    put(w.src + "/n", b"two", os.stat(w.src + "/b").st_mtime_ns)
    os.rename(w.src + "/n", w.src + "/b")
    assert counts(w.drive("--ignore-ctime", "--no-move-detection", "--parent", first["snapshot"], "--", "src")) == [0, 1, 1]
    assert counts(w.drive("--ignore-inode", "--parent", first["snapshot"], "--", "src")) == [0, 0, 2]
    assert counts(w.drive("--force", "--", "src")) == [2, 0, 0]
    os.remove(w.src + "/b")
    os.mkdir(w.src + "/b")
    assert counts(w.drive("--", "src")) == [0, 0, 1]
    w.check()


def test_same_counts_as_restic(w):
    for i in range(20):
        put(w.src + "/d%d/f%d" % (i % 4, i), b"%d" % i)
    p = w.drive("--", "src")["snapshot"]
    put(w.src + "/d0/f0", b"changed")
    put(w.src + "/d1/new")
    os.remove(w.src + "/d2/f2")
    os.chmod(w.src + "/d3/f3", 0o600)
    os.chmod(w.src + "/d3", 0o700)
    ours = w.drive("--parent", p, "--no-move-detection", "--", "src")
    theirs = w.restic_backup("--parent", p, "src")
    assert ours["files"] == [theirs["files_" + k] for k in ("new", "changed", "unmodified")]
    assert ours["dirs"] == [theirs["dirs_" + k] for k in ("new", "changed", "unmodified")]
    assert ours["tree"] == theirs["tree"]


def test_metadata_is_always_fresh(w):
    put(w.src + "/f", b"text")
    w.drive("--", "src")
    os.chmod(w.src + "/f", 0o640)
    try:
        os.setxattr(w.src + "/f", "user.new", b"1")
    except OSError:
        pass
    out = w.drive("--ignore-ctime", "--", "src")
    assert out["files"] == [0, 0, 1] and out["data_blobs"] == 0 and out["tree_blobs"] > 0
    assert w.restic_backup("--force", "src")["tree"] == out["tree"]


def test_choice_of_parent(w):
    put(w.src + "/a/f")
    put(w.src + "/b/g")
    a = w.drive("--time", "2024-01-02 00:00:00", "--", "src/a")["snapshot"]
    ab = w.drive("--time", "2024-01-03 00:00:00", "--tag", "t", "--", "src/a", "src/b")["snapshot"]
    late = w.drive("--time", "2024-01-09 00:00:00", "--", "src/a")["snapshot"]
    other = w.drive("--time", "2024-01-08 00:00:00", "--host", "there", "--", "src/a")
    assert other["parent"] == ""
    assert w.drive("--time", "2024-01-05 00:00:00", "--", "src/a")["parent"] == ab     # has all of them
    assert w.drive("--time", "2024-01-02 12:00:00", "--", "src/a")["parent"] == a
    assert w.drive("--time", "2024-01-10 00:00:00", "--group-by", "", "--", "src/b")["parent"] == late
    assert w.drive("--time", "2024-01-08 12:00:00", "--group-by", "host,tags", "--tag", "t", "--", "src/b")["parent"] == ab
    assert w.drive("--parent", a[:10], "--", "src/b")["parent"] == a
    w.drive("--parent", "ffffffff", "--", "src", rc=1)


def test_with_atime(w):
    put(w.src + "/f")
    os.utime(w.src + "/f", ns=(10**18, 10**17))
    w.both("--with-atime", "--", "src/f")
    w.both("--", "src/f")


def test_skip_if_unchanged(w):
    put(w.src + "/f")
    first = w.drive("--skip-if-unchanged", "--", "src")
    assert first["snapshot"]
    assert w.drive("--skip-if-unchanged", "--", "src")["snapshot"] == ""
    put(w.src + "/f", b"other")
    assert w.drive("--skip-if-unchanged", "--", "src")["snapshot"]
    assert len(w.snapshots()) == 2


def listing(top):
    return sorted((os.path.join(d, n), os.lstat(os.path.join(d, n)).st_size)
                  for d, _, names in os.walk(top) for n in names if "/locks" not in d)


def test_dry_run_writes_nothing(w):
    put(w.src + "/f", rand(5 * MIB))
    put(w.src + "/g", b"text " * 1000)
    w.drive("--", "src/g")      # makes the cache
    before = listing(w.repo), listing(w.cache)
    dry = w.drive("--dry-run", "--", "src")
    assert (listing(w.repo), listing(w.cache)) == before and dry["snapshot"] == ""
    real = w.drive("--", "src")
    for k in ("tree", "files", "dirs", "data_blobs", "tree_blobs", "added", "packed"):
        assert dry[k] == real[k], k
    before = listing(w.repo)
    assert w.drive("--dry-run", "--", "src")["files"] == [0, 0, 2]
    assert listing(w.repo) == before


def test_stdin(w):
    data = rand(3 * MIB) + b"text" * 100000
    ours = w.drive("--stdin-filename", "/x/y.sql", "--time", "2024-01-02 03:04:05", stdin=data)
    assert ours["files"] == [1, 0, 0] and ours["total_bytes"] == len(data)
    assert w.snapshot(ours["snapshot"])["paths"] == ["/x/y.sql"]
    out = subprocess.run([RESTIC, "-r", w.repo, "dump", ours["snapshot"], "/x/y.sql"], env=w.env, capture_output=True)
    assert out.stdout == data
    theirs = w.restic_backup("--stdin", "--stdin-filename", "y.sql", "--time", "2024-01-02 03:04:05", stdin=data)
    mine = w.drive("--stdin-filename", "y.sql", "--time", "2024-01-02 03:04:05", stdin=data)
    assert mine["tree"] == theirs["tree"] and mine["data_blobs"] == 0
    w.drive("--stdin-filename", "/", rc=1, stdin=data)
    w.check()


def test_nothing_on_stdin_is_told(w):
    """What should have written failed: no empty file takes the place of a dump."""
    w.fettle("backup", "--stdin", "--stdin-filename", "x.sql", rc=3)
    assert "nothing came" in w.err
    assert w.fettle("-q", "ls", "latest") == w.restic("-q", "ls", "latest") == ""
    w.fettle("backup", "--stdin-from-command", "--", "true", rc=3)
    w.fettle("backup", "--stdin", "--files-from", "x", rc=2)
    assert len(w.snapshots()) == 2
    w.check()


# ------------------------------------------------------------------ moves

def opened(w, *args):
    """The files below src that a backup opens to read."""
    log = w.top + "/strace"
    out = w.drive(*args, wrap=[*STRACE, "-e", "trace=openat,open", "-o", log])
    names = set()
    for line in open(log, errors="replace"):
        if re.search(r'"(run-|moves-|version"|[0-9a-f]{2}/[0-9a-f]{64}")', line):
            continue        # of our own cache
        if "openat(" in line and "O_DIRECTORY" not in line and "O_NOFOLLOW" in line and "O_NONBLOCK" in line and "O_NOCTTY" in line:
            names.add(line.split('"')[1])
    return out, names


needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@needs_strace
def test_moved_files_are_not_opened(w):
    for i in range(30):
        put(w.src + "/d/s%d/f%d" % (i % 3, i), rand(1000, i))
    put(w.src + "/big", rand(3 * MIB))
    w.drive("--", "src")
    os.rename(w.src + "/d", w.src + "/e")               # a folder with all in it
    os.rename(w.src + "/big", w.src + "/e/large")
    os.rename(w.src + "/e/s0/f0", w.src + "/e/s1/f0")
    put(w.src + "/new", b"new")
    out, names = opened(w, "--", "src")
    assert "new" in names and not any(n.startswith("f") or n == "large" for n in names), names
    assert out["moved"] == 31 and out["data_blobs"] == 1
    assert out["tree"] == w.restic_backup("--force", "src")["tree"]
    # Told not to look for moves, it reads them.
    os.rename(w.src + "/e/large", w.src + "/again")
    out, names = opened(w, "--no-move-detection", "--", "src")
    assert "again" in names and out["moved"] == 0
    w.check()


@needs_strace
def test_what_only_looks_moved_is_read(w):
    put(w.src + "/a", b"content one")
    put(w.src + "/keep", b"content two")
    w.drive("--", "src")
    # A second name: the first is still there.
    os.link(w.src + "/keep", w.src + "/link")
    # Changed since, but renamed and of the same size.
    put(w.src + "/a", b"CONTENT ONE")
    os.rename(w.src + "/a", w.src + "/b")
    out, names = opened(w, "--", "src")
    assert "b" in names and out["moved"] == 0
    assert out["tree"] == w.restic_backup("--force", "src")["tree"]


@needs_strace
def test_renamed_over_others(w):
    """As logs are rotated: each name was there, with another file."""
    for i in range(5):
        put(w.src + "/log.%d" % i, rand(1000 + i, i))
    w.drive("--", "src")
    for i in range(4, 0, -1):
        os.rename(w.src + "/log.%d" % (i - 1), w.src + "/log.%d" % i)
    put(w.src + "/log.0", b"fresh")
    out, names = opened(w, "--", "src")
    assert names == {"log.0"} and out["moved"] == 4
    assert out["tree"] == w.restic_backup("--force", "src")["tree"]


@needs_strace
def test_moves_that_somebody_else_knows(w):
    """fettle's catalog: also to another file system, where the inode differs."""
    put(w.src + "/a/f", rand(2000), 10**18)
    w.drive("--", w.src)
    put(w.src + "/b/g", rand(2000), 10**18)
    os.remove(w.src + "/a/f")
    out, names = opened(w, "--moved", w.src + "/a/f=" + w.src + "/b/g", "--", w.src)
    assert out["moved"] == 1 and "g" not in names
    # The word is not taken where size or mtime differ.
    put(w.src + "/b/h", rand(2001), 10**18)
    out, names = opened(w, "--moved", w.src + "/b/g=" + w.src + "/b/h", "--", w.src)
    assert out["moved"] == 0 and "h" in names
    w.same(out["tree"], w.restic_backup("--force", w.src)["tree"])


def test_a_broken_cache_of_moves_costs_nothing_but_time(w):
    for i in range(20):
        put(w.src + "/f%d" % i, rand(500, i))
    w.drive("--", "src")
    r = random.Random(SEED)
    for turn in range(20):
        for d, _, names in os.walk(w.cache):
            for n in names:
                if not n.startswith("moves-"):
                    continue
                p = os.path.join(d, n)
                b = bytearray(open(p, "rb").read())
                if turn % 3 == 0:
                    b = b[:r.randrange(len(b))]
                else:
                    for _ in range(4):
                        b[r.randrange(len(b))] ^= 1 << r.randrange(8)
                open(p, "wb").write(b)
        os.rename(w.src + "/f%d" % turn, w.src + "/g%d" % turn)
        out = w.drive("--", "src")
        assert out["problems"] == 0
        assert out["tree"] == w.restic_backup("--force", "src")["tree"]
    w.check()


# ------------------------------------------------------------------ interrupted, changed, unreadable

def test_interrupted_backups_are_gone_on_with(w):
    for i in range(400):
        put(w.src + "/d%02d/f%d" % (i // 10, i), rand(3000, i))
    full = w.drive("--", "src")
    for i in range(300):
        put(w.src + "/d%02d/f%d" % (i // 10, i), rand(3000, 1000 + i))
    w.drive("--checkpoint", "1", "--stop-after", "150", "--", "src", rc=130)
    snaps = w.snapshots()
    partial = [s for s in snaps if "partial" in (s.get("tags") or [])]
    assert len(snaps) == 2 and len(partial) == 1
    w.check()
    # Interrupted again, a little later: what the first had is not forgotten.
    w.drive("--checkpoint", "1", "--stop-after", "200", "--", "src", rc=130)
    out = w.drive("--items", "--", "src")
    read = [i for i in w.items if i.startswith(("new", "changed")) and not i.endswith("/")]
    assert len(read) < 200, len(read)       # of 300: a third had been done
    assert out["parent"] == full["snapshot"]
    assert [s for s in w.snapshots() if "partial" in (s.get("tags") or [])] == []
    assert out["tree"] == w.restic_backup("--force", "src")["tree"]
    w.check()


def test_a_tag_partial_of_ones_own_stays(w):
    put(w.src + "/f")
    mine = w.drive("--tag", "partial", "--", "src")["snapshot"]
    assert w.drive("--", "src")["parent"] == mine
    assert mine in [s["id"] for s in w.snapshots()]


@pytest.mark.parametrize("part", range(4))
def test_killed_at_every_call_of_the_store(w, part):
    for i in range(12):
        put(w.src + "/d%d/f%d" % (i % 3, i), rand(200 * KIB, i))
    first = w.drive("--", "src")
    for i in range(12):
        put(w.src + "/d%d/g%d" % (i % 3, i), rand(200 * KIB, 50 + i))
    done = 0
    for n in range(1 + part, 200, 4):
        keep = w.repo + ".keep"
        shutil.copytree(w.repo, keep)
        r = subprocess.run([DRIVE, "--cache", w.cache, "--host", "here", "--checkpoint", "1", "--die-at", str(n), w.repo, "src"],
                           cwd=w.top, env=w.env, capture_output=True, timeout=120)
        if r.returncode == 0:
            done = 1
        else:
            assert r.returncode == -9, (r.returncode, r.stderr)
            w.restic("unlock", "--remove-all")
            out = w.restic("check")
            assert "no errors were found" in out
            assert first["snapshot"] in [s["id"] for s in w.snapshots()]
            w.drive("--", "src")
            w.restic("check")
        shutil.rmtree(w.repo)
        os.rename(keep, w.repo)
        if done:
            break
    assert done


def test_a_checkpoint_that_outlived_its_whole_goes(w):
    """One was killed between the whole and taking its checkpoint away."""
    for i in range(300):
        put(w.src + "/d%02d/f%d" % (i // 10, i), rand(3000, i))
    w.drive("--checkpoint", "1", "--stop-after", "200", "--", "src", rc=130)
    left = [s["id"] for s in w.snapshots()]
    assert [s["tags"] for s in w.snapshots()] == [["partial"]], w.snapshots()
    shutil.copy(w.repo + "/snapshots/" + left[0], w.top + "/aside")
    w.drive("--", "src")
    assert [s.get("tags") for s in w.snapshots()] == [None]
    shutil.copy(w.top + "/aside", w.repo + "/snapshots/" + left[0])
    w.drive("--", "src")
    assert [s.get("tags") for s in w.snapshots()] == [None, None]
    w.restic("check")


def test_a_file_that_changes_all_the_time(w):
    put(w.src + "/log", rand(32 * MIB))     # so that a busy machine lets the writer in meanwhile
    put(w.src + "/still", b"x")
    script = "import os,sys\nf=os.open(sys.argv[1],os.O_WRONLY|os.O_APPEND)\nprint(flush=True)\nwhile 1: os.write(f,b'line\\n')"
    p = subprocess.Popen([sys.executable, "-c", script, w.src + "/log"], stdout=subprocess.PIPE)
    try:
        p.stdout.readline()
        out = w.drive("--", "src")
    finally:
        p.kill()
        p.wait()
    assert out["changed"] == 1 and "changed while read" in w.err and out["files"] == [2, 0, 0]
    w.check()
    out = w.drive("--", "src")
    assert out["files"] == [0, 1, 1] and out["changed"] == 0


@pytest.mark.skipif(not is_root(), reason=needs_root_reason("another user"))
def test_what_cannot_be_read_is_told(w):
    put(w.src + "/f")
    put(w.src + "/secret")
    put(w.src + "/dir/g")
    put(w.src + "/z")
    os.chmod(w.src + "/secret", 0)
    os.chmod(w.src + "/dir", 0)
    os.chmod(w.top, 0o755)
    subprocess.run(["chown", "-R", "65534:65534", w.repo], check=True)
    w.cache = w.top + "/nobody"
    os.mkdir(w.cache)
    os.chown(w.cache, 65534, 65534)
    out = w.drive("--", "src", rc=3, wrap=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    assert out["problems"] == 2 and "secret" in w.err and "dir" in w.err
    names = {n["name"] for n in walk_tree(w, out["tree"])}
    assert {"f", "z"} <= names and "secret" not in names and "g" not in names
    w.check()


def walk_tree(w, id):
    for n in w.tree(id):
        yield n
        if n.get("subtree"):
            yield from walk_tree(w, n["subtree"])


def test_blobs_that_are_lost_are_saved_again(w):
    put(w.src + "/f", rand(MIB))
    put(w.src + "/g", b"text")
    w.drive("--", "src")
    for d, _, names in os.walk(w.repo + "/data"):
        for n in names:
            p = os.path.join(d, n)
            if os.path.getsize(p) > 500 * KIB:
                os.remove(p)
    w.restic("rebuild-index")
    out = w.drive("--", "src", rc=3)
    assert "index" in w.err and out["data_blobs"] >= 1
    w.check()


def test_links_are_read_once(w):
    put(w.src + "/a", rand(5 * MIB))
    for i in range(20):
        os.link(w.src + "/a", w.src + "/l%d" % i)
    out = w.drive("--", "src")
    assert out["files"] == [21, 0, 0]
    if shutil.which("strace"):
        _, names = opened(w, "--force", "--", "src")
        assert len(names) == 1, names


@pytest.mark.slow
def test_a_hundred_thousand_names_in_one_folder(w):
    os.mkdir(w.src + "/d")
    for i in range(100000):
        with open(w.src + "/d/%06d" % (i * 7919 % 1000003), "wb") as f:
            f.write(b"%d" % (i % 1000))
    out = w.both("--", "src")
    again = w.drive("--", "src")
    assert again["tree"] == out["tree"] and again["files"] == [0, 0, 100000]
    w.check()


def test_deeper_than_paths_are_long(w):
    """More folders than are held open, and a path that no call takes at once."""
    fd = os.open(w.src, os.O_RDONLY)
    for i in range(1200):
        name = "d%04d" % i
        os.mkdir(name, dir_fd=fd)
        down = os.open(name, os.O_RDONLY, dir_fd=fd)
        for f in ("after", "zz") if i % 100 == 0 else ():
            os.close(os.open(f, os.O_CREAT | os.O_WRONLY, dir_fd=fd))
        os.close(fd)
        fd = down
    os.close(fd)
    out = w.drive("--", "src")
    assert out["files"] == [24, 0, 0] and out["dirs"] == [1201, 0, 0] and out["problems"] == 0
    assert w.drive("--", "src")["tree"] == out["tree"]
    w.check()
    subprocess.run(["rm", "-rf", w.src], check=True)
