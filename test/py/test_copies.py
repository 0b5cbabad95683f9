"""Copies: plain timestamped folders, complete or absent, that never change again."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import time

import pytest

from box import STRACE, can_mount, is_root, needs_root_reason, same, tree

CONF = "backups: [{name: b, paths: ~/D, copies: {path: ~/B}%s}]\n"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d{6}Z(-\d+)?$")


def copies(box, rel="B/b"):
    """The names of the copies there are, oldest first."""
    return sorted((n for n in os.listdir(box.path(rel)) if TIME.match(n)),
                  key=lambda n: (n.split("Z")[0], int(n.split("Z-")[1]) if "Z-" in n else 1))


def backup(box, **kw):
    r = box.ok("run", **kw)
    return os.readlink(box.path("B/b/latest")), r


def rsync_differs(a, b):
    """What rsync would do to make b like a, contents and all metadata compared."""
    if shutil.which("rsync") is None:
        pytest.skip("rsync is not there to compare")
    # Folders' times are compared as well; -c reads every byte.
    r = subprocess.run(["rsync", "-n", "-caHAX", "--numeric-ids", "--delete", "--itemize-changes",
                        a + "/", b + "/"], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return r.stdout


@pytest.fixture
def rich(box):
    """A folder with everything that metadata can be."""
    box.put("D/plain.txt", "plain")
    box.put("D/empty", "")
    box.put("D/script.sh", "#!/bin/sh\n", mode=0o755)
    box.put("D/secret", "secret", mode=0o600)
    box.put("D/readonly", "ro", mode=0o444)
    box.put("D/sub/deep/file", "deep")
    box.put(b"D/not utf8 \xff\xfe", "latin")
    box.put("D/two\nlines", "newline")
    box.put("D/-rf", "dash")
    box.put("D/" + "n" * 255, "long")
    os.link(box.path("D/plain.txt"), box.path("D/sub/hard link"))
    os.symlink("plain.txt", box.path("D/link"))
    os.symlink("/nowhere at all", box.path("D/dangling"))
    os.symlink("sub", box.path("D/link to folder"))
    os.mkfifo(box.path("D/fifo"))
    os.mkdir(box.path("D/void"))
    os.chmod(box.path("D/void"), 0o711)
    with open(box.path("D/holes"), "wb") as f:
        f.truncate(4 << 20)
        f.seek(2 << 20)
        f.write(b"in the middle")
    for i, n in enumerate(["plain.txt", "empty", "script.sh", "sub/deep/file", "holes"]):
        os.utime(box.path("D", n), ns=(10**18 + i, 1_234_567_890_123_456_789 + i))
    os.utime(box.path("D/link"), ns=(1, 1_111_111_111_111_111_111), follow_symlinks=False)
    os.utime(box.path("D/secret"), ns=(-10**9, -10**9 + 5))		# before 1970
    os.utime(box.path("D/void"), ns=(1, 1_222_222_222_222_222_222))
    return box


def test_layout(box):
    """<path>/<job>/<UTC time>/ with the contents of the one path; latest points there."""
    box.put("D/a.txt", "a")
    box.put("D/sub/b.txt", "b")
    box.conf(CONF % "")
    t0 = time.time()
    name, _ = backup(box)
    assert TIME.match(name) and copies(box) == [name]
    made = time.mktime(time.strptime(name, "%Y-%m-%dT%H%M%SZ")) - time.timezone
    assert t0 - 2 <= made <= time.time() + 2, "the name is the time in UTC"
    assert box.files("B/b/" + name) == ["a.txt", "sub/b.txt"]
    assert box.read("B/b/latest/sub/b.txt") == b"b"


def test_layout_of_several_paths(box):
    """Several paths lie under their last component, equal ones numbered."""
    for p in ("D", "x/same", "y/same"):
        box.put(p + "/f.txt", p)
    box.conf("backups: [{name: b, paths: [~/D, ~/x/same, ~/y/same], copies: {path: ~/B}}]\n")
    name, _ = backup(box)
    assert box.files("B/b/" + name) == ["D/f.txt", "same 2/f.txt", "same/f.txt"]
    assert box.read("B/b/latest/same/f.txt") == b"x/same"
    assert box.read("B/b/latest/same 2/f.txt") == b"y/same"


def test_seeds_name(box):
    """The seed's naming: name: '%Y%m%d_%H%M%S'."""
    box.put("D/a.txt", "a")
    box.conf("backups: [{name: b, paths: ~/D, copies: {path: ~/B, name: '%Y%m%d_%H%M%S'}}]\n")
    name, _ = backup(box)
    assert re.match(r"^\d{8}_\d{6}$", name)


def test_taken_name(box):
    """A name that is taken gets -2, and the one that is there stays as it is."""
    box.put("D/a.txt", "a")
    box.conf("backups: [{name: b, paths: ~/D, copies: {path: ~/B, name: 'same'}}]\n")
    box.ok("run")
    box.put("D/a.txt", "changed")
    box.ok("run")
    box.ok("run")
    assert {n for n in os.listdir(box.path("B/b")) if n.startswith("same")} == \
        {"same", "same-2", "same-3"}
    assert box.read("B/b/same/a.txt") == b"a" and box.read("B/b/same-2/a.txt") == b"changed"
    assert os.readlink(box.path("B/b/latest")) == "same-3"


def test_all_metadata(rich):
    """Mode, owner, times to the nanosecond, links, holes, symlinks, fifos: as they are."""
    box = rich
    if is_root():
        os.chown(box.path("D/plain.txt"), 1234, 4321)
    box.conf(CONF % "")
    name, _ = backup(box)
    same(box.tree(box.path("D")), box.tree(box.path("B/b/" + name)))
    assert rsync_differs(box.path("D"), box.path("B/b/" + name)) == ""
    for n in ("plain.txt", "empty", "script.sh", "sub/deep/file", "holes", "link", "void"):
        a = os.lstat(box.path("D", n))
        b = os.lstat(box.path("B/b", name, n))
        assert a.st_mtime_ns == b.st_mtime_ns, n
    d = box.path("B/b", name)
    assert os.path.samefile(d + "/plain.txt", d + "/sub/hard link")
    assert os.stat(d + "/holes").st_blocks < 64, "holes stay holes"


def test_second_copy_is_like_the_first(rich):
    """The same after an unchanged second run, linked to the first."""
    box = rich
    box.conf(CONF % "")
    first, _ = backup(box)
    second, _ = backup(box)
    assert first != second and copies(box) == [first, second]
    for n in (first, second):
        assert rsync_differs(box.path("D"), box.path("B/b/" + n)) == ""


def test_xattrs_and_acls(box):
    """Extended attributes and ACLs are in the copy."""
    a = box.put("D/a.txt", "a")
    box.put("D/sub/b.txt", "b")
    try:
        os.setxattr(a, "user.comment", b"kept\0bytes")
        os.setxattr(box.path("D/sub"), "user.folder", b"too")
    except OSError as e:
        pytest.skip("no xattrs here: %s" % e)
    acl = shutil.which("setfacl") and subprocess.run(
        ["setfacl", "-m", "u:1234:r", a], stderr=subprocess.DEVNULL).returncode == 0
    if acl:
        subprocess.run(["setfacl", "-m", "d:u:1234:rx", box.path("D/sub")], check=True)
    box.conf(CONF % "")
    name, _ = backup(box)
    copy = box.path("B/b", name)
    assert os.getxattr(copy + "/a.txt", "user.comment") == b"kept\0bytes"
    assert os.getxattr(copy + "/sub", "user.folder") == b"too"
    if acl:
        get = ["getfacl", "-cn"]
        for n in ("a.txt", "sub"):
            assert subprocess.check_output(get + [copy + "/" + n]) == \
                subprocess.check_output(get + [box.path("D", n)])
    assert rsync_differs(box.path("D"), copy) == ""


def test_unchanged_files_are_shared(box):
    """Unchanged files share their bytes with the last copy; changed ones do not, and the
    last copy does not change."""
    box.put("D/same.bin", os.urandom(100_000))
    box.put("D/changed.txt", "one")
    box.conf(CONF % "")
    first, _ = backup(box)
    picture = box.tree(box.path("B/b", first))
    box.put("D/changed.txt", "two")
    second, _ = backup(box)
    a = os.stat(box.path("B/b", first, "same.bin"))
    b = os.stat(box.path("B/b", second, "same.bin"))
    if a.st_ino != b.st_ino:		# a file system with reflinks
        used = subprocess.run(["filefrag", "-v", box.path("B/b", second, "same.bin")],
                              capture_output=True, text=True).stdout
        assert "shared" in used
    assert box.read("B/b/%s/changed.txt" % first) == b"one"
    assert box.read("B/b/%s/changed.txt" % second) == b"two"
    now = box.tree(box.path("B/b", first))
    same({k: v._replace(links=None) for k, v in picture.items()},
         {k: v._replace(links=None) for k, v in now.items()})


def test_changed_metadata_does_not_reach_old_copies(box):
    """A mode, owner or xattr that changed is in the new copy only: an old copy is never
    written again."""
    a = box.put("D/a.txt", "a" * 5000, mode=0o644)
    box.conf(CONF % "")
    first, _ = backup(box)
    os.chmod(a, 0o600)
    second, _ = backup(box)
    assert os.stat(box.path("B/b", first, "a.txt")).st_mode & 0o7777 == 0o644
    assert os.stat(box.path("B/b", second, "a.txt")).st_mode & 0o7777 == 0o600


def test_same_size_and_time_other_bytes(box):
    """A file replaced by one of equal size and mtime: a new inode is noticed (ctime)."""
    a = box.put("D/a.txt", "AAAA")
    st = os.stat(a)
    box.conf(CONF % "")
    backup(box)
    os.unlink(a)
    box.put("D/a.txt", "BBBB")
    os.utime(a, ns=(st.st_atime_ns, st.st_mtime_ns))
    second, _ = backup(box)
    assert box.read("B/b/%s/a.txt" % second) == b"BBBB"


def test_copies_survive_edits_of_the_source(box):
    """Editing the source in place changes no copy."""
    a = box.put("D/a.txt", "before")
    box.conf(CONF % "")
    first, _ = backup(box)
    with open(a, "r+b") as f:
        f.write(b"AFTER!")
    assert box.read("B/b/%s/a.txt" % first) == b"before"


def test_exclude(box):
    """exclude: by pattern, files and folders; what is ours is left out by itself."""
    box.put("D/keep.txt", "k")
    box.put("D/x.tmp", "t")
    box.put("D/node_modules/y.js", "y")
    box.conf("backups: [{name: b, paths: ~/, exclude: ['*.tmp', node_modules], "
             "copies: {path: ~/B}}]\n")
    name, _ = backup(box)
    assert box.files("B/b/" + name) == ["D/keep.txt"], "B itself is not in it"


def test_own_state_is_left_out(box):
    """State, cache and trash of fettle are left out of a backup that holds their folder."""
    box.put("D/keep.txt", "k")
    box.conf("backups: [{name: b, paths: %s, copies: {path: ~/B}}]\n" % box.top)
    name, _ = backup(box)
    inside = box.files("B/b/" + name)
    assert not [n for n in inside if n.startswith(("state/fettle", "cache/fettle", "home/B"))]
    assert "home/D/keep.txt" in inside and "config/fettle/fettle.yaml" in inside


# Complete or absent.


def test_nothing_half_made_is_visible(box):
    """While a copy is made, none of its name is there; killed, it never was."""
    for i in range(40):
        box.put("D/%d.bin" % i, os.urandom(2000))
    box.conf(CONF % "")
    backup(box)
    if shutil.which("strace") is None:
        pytest.skip("strace is not there to kill it")
    before = copies(box)
    for call, n in (("renameat2", 1), ("linkat", 20), ("mkdirat", 1), ("fsync", 2), ("renameat2", 2)):
        subprocess.run([*STRACE, "-o", "/dev/null", "-e", "trace=" + call,
                        "-e", "inject=%s:signal=KILL:when=%d" % (call, n), box.fettle, "run"],
                       env={**box.env, "ASAN_OPTIONS": "detect_leaks=0"}, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        for name in copies(box):
            assert len(box.files("B/b/" + name)) == 40, (call, n, name)
        assert os.readlink(box.path("B/b/latest")) in copies(box)
    backup(box)
    assert set(before) <= set(copies(box))
    box.ok("-b", "b", "check")
    for name in copies(box):
        assert rsync_differs(box.path("D"), box.path("B/b", name)) == ""
    assert len(os.listdir(box.path("B/b"))) == len(copies(box)) + 2, \
        "nothing but the copies, latest and .fettle: %s" % os.listdir(box.path("B/b"))


def test_a_stranger_in_the_place(box):
    """What lies in the place and is not ours is left alone."""
    box.put("B/b/my own notes.txt", "mine")
    box.put("B/b/2020-01-01T000000Z/theirs.txt", "made by hand")
    box.put("D/a.txt", "a")
    box.conf(CONF % ", keep: {last: 1}")
    r = box.run("run")
    assert r.rc in (0, 1, 3)
    for _ in range(3):
        box.run("run")
    assert box.read("B/b/my own notes.txt") == b"mine"
    assert box.read("B/b/2020-01-01T000000Z/theirs.txt") == b"made by hand"


# Retention.


def test_keep_last(box):
    """keep: {last: 2} leaves the two newest, whole."""
    box.conf(CONF % ", keep: {last: 2}")
    made = []
    for i in range(4):
        box.put("D/a.txt", "version %d" % i)
        box.put("D/%d.txt" % i, "only here")
        made.append(backup(box)[0])
    assert copies(box) == made[2:]
    assert box.read("B/b/%s/a.txt" % made[2]) == b"version 2"
    assert box.read("B/b/%s/a.txt" % made[3]) == b"version 3"
    box.ok("-b", "b", "check")
    assert not [n for n in os.listdir(box.path("B/b")) if n.startswith(".deleting")]


def test_no_keep_forgets_nothing(box):
    """Without keep nothing is forgotten."""
    box.put("D/a.txt", "a")
    box.conf(CONF % "")
    made = [backup(box)[0] for _ in range(4)]
    assert copies(box) == made


def test_keep_daily(box):
    """keep: {daily: 2}: the newest of each of the last two days."""
    box.put("D/a.txt", "a")
    box.conf(CONF % ", keep: {daily: 2}")
    for when in ("-3d", "-2d", "-1d", "+0d"):
        assert box.at(when, "run").rc == 0
    assert len(copies(box)) == 2


def test_nothing_is_forgotten_after_a_partial_backup(plain_box):
    """A backup that could not read all forgets nothing."""
    box = plain_box
    box.conf(CONF % ", keep: {last: 1}")
    box.put("D/a.txt", "a")
    box.put("D/b.txt", "b")
    box.ok("run")
    os.chmod(box.path("D/b.txt"), 0)
    box.ok("run", rc=3)
    assert len(copies(box)) == 2
    os.chmod(box.path("D/b.txt"), 0o600)
    box.ok("run")
    assert len(copies(box)) == 1


def test_nothing_is_forgotten_when_the_source_is_missing(box):
    """A missing source forgets nothing (a disk that is not mounted)."""
    box.conf(CONF % ", keep: {last: 1}")
    box.put("D/a.txt", "a")
    first, _ = backup(box)
    os.rename(box.path("D"), box.path("away"))
    box.ok("run", rc=(1, 3))
    assert box.read("B/b/%s/a.txt" % first) == b"a"


def test_nothing_is_forgotten_after_losing_half(box):
    """A backup that lost half its files forgets nothing."""
    box.conf(CONF % ", keep: {last: 1}")
    for i in range(40):
        box.put("D/%d.txt" % i, "%d" % i)
    first, _ = backup(box)
    for i in range(30):
        os.unlink(box.path("D/%d.txt" % i))
    box.run("run")
    assert len(box.files("B/b/" + first)) == 40


def test_keep_leaves_other_jobs_alone(box):
    """keep touches only this job's copies."""
    box.put("D/a.txt", "a")
    box.conf("backups:\n  - {name: one, paths: ~/D, copies: {path: ~/B}, keep: {last: 1}}\n"
             "  - {name: two, paths: ~/D, copies: {path: ~/B}}\n")
    for _ in range(3):
        box.ok("run")
    assert len(copies(box, "B/one")) == 1 and len(copies(box, "B/two")) == 3


# Manifest, check, restore, get.


def manifest_of(box, name):
    """The file that names each file of this copy with its SHA-256."""
    want = hashlib.sha256(box.read("B/b/%s/a.txt" % name)).hexdigest()
    for d, _, files in os.walk(box.path("B")):
        for f in files:
            if name in f or name in d or "manifest" in f:
                with open(os.path.join(d, f), "rb") as g:
                    if want in g.read().decode(errors="replace"):
                        return os.path.join(d, f)
    return None


def test_manifest_has_sha256(box):
    """Each copy has a manifest with the SHA-256 of its files."""
    box.put("D/a.txt", "some content")
    box.conf(CONF % "")
    name, _ = backup(box)
    assert manifest_of(box, name) is not None


def flip(path):
    st = os.stat(path)
    with open(path, "r+b") as f:
        f.seek(st.st_size // 2)
        c = f.read(1)
        f.seek(st.st_size // 2)
        f.write(bytes([c[0] ^ 1]))
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def test_check_finds_a_flipped_byte_in_all_copies(box):
    """A rotten file is told with every copy that shares it, and no other."""
    box.put("D/a.txt", "will rot " * 100)
    box.put("D/b.txt", "stays well")
    box.conf(CONF % "")
    first, second = backup(box)[0], backup(box)[0]
    box.ok("-b", "b", "check")
    shared = os.path.samefile(box.path("B/b", first, "a.txt"), box.path("B/b", second, "a.txt"))
    flip(box.path("B/b", first, "a.txt"))
    r = box.ok("-b", "b", "check", rc=1)
    assert first in r.out and (second in r.out) == shared
    assert "a.txt" in r.out and "b.txt" not in r.out
    errors = [o for o in box.json("-b", "b", "check", rc=1) if o.get("message_type") == "error"]
    assert {o["snapshot"] for o in errors} == ({first, second} if shared else {first})


@pytest.mark.parametrize("harm", ["gone", "cut", "longer", "added"])
def test_check_finds(box, harm):
    """A file that is gone, cut, longer or strange in a copy is found."""
    box.put("D/a.txt", "content")
    box.conf(CONF % "")
    name, _ = backup(box)
    a = box.path("B/b", name, "a.txt")
    if harm == "gone":
        os.unlink(a)
    elif harm == "cut":
        os.truncate(a, 3)
    elif harm == "longer":
        with open(a, "a") as f:
            f.write("more")
    else:
        with open(box.path("B/b", name, "stranger.txt"), "w") as f:
            f.write("not ours")
    r = box.run("-b", "b", "check")
    if harm == "added":
        assert r.rc in (0, 1)
    else:
        assert r.rc == 1 and "a.txt" in r.out


def test_rotten_file_is_copied_anew(box):
    """After rot is found, a rotten file is not linked into the next copy for ever: check
    of a fresh copy made with a changed file is clean for that file."""
    a = box.put("D/a.txt", "will rot " * 100)
    box.conf(CONF % "")
    first, _ = backup(box)
    flip(box.path("B/b", first, "a.txt"))
    box.run("-b", "b", "check")
    os.utime(a)
    second, _ = backup(box)
    box.ok("-b", "b", "check", second)
    assert box.read("B/b/%s/a.txt" % second) == box.read("D/a.txt")


def test_restore_whole(rich):
    """restore --target brings all back with all its metadata."""
    box = rich
    box.conf(CONF % "")
    backup(box)
    box.ok("-b", "b", "restore", "--target", box.path("out"))
    found = [d for d, _, files in os.walk(box.path("out")) if "plain.txt" in files]
    assert len(found) == 1
    want, have = box.tree(box.path("D")), box.tree(found[0])
    same(want, have)


def test_restore_in_place_overwrites_nothing(box):
    """Without a target it goes where it came from; what is there stays."""
    box.put("D/a.txt", "old")
    box.put("D/b.txt", "b")
    box.conf(CONF % "")
    backup(box)
    box.put("D/a.txt", "newer, precious")
    os.unlink(box.path("D/b.txt"))
    box.ok("-b", "b", "restore", rc=(0, 3))
    assert box.read("D/a.txt") == b"newer, precious"
    assert box.read("D/b.txt") == b"b"


def test_restore_of_one_snapshot_and_path(box):
    """A copy is chosen by name, paths by --include."""
    box.put("D/a.txt", "one")
    box.put("D/sub/b.txt", "b")
    box.conf(CONF % "")
    first, _ = backup(box)
    box.put("D/a.txt", "two")
    backup(box)
    box.ok("-b", "b", "restore", first, "--target", box.path("out"), "--include", box.path("D/a.txt"))
    assert [os.path.basename(n) for n in box.files("out")] == ["a.txt"]
    assert box.read("out/" + box.files("out")[0]) == b"one"


def test_restore_unknown_snapshot(box):
    """A copy that is not there is told."""
    box.put("D/a.txt", "one")
    box.conf(CONF % "")
    backup(box)
    r = box.ok("-b", "b", "restore", "1999-01-01T000000Z", rc=(1, 2))
    assert "1999" in r.err


def test_restore_is_undone(box):
    """A restore is a run: undo removes what it made, if unchanged."""
    box.put("D/a.txt", "one")
    box.conf(CONF % "")
    backup(box)
    os.unlink(box.path("D/a.txt"))
    box.ok("-b", "b", "restore")
    assert box.read("D/a.txt") == b"one"
    box.ok("undo")
    assert box.files("D") == []


def test_restore_does_not_follow_symlinks(box):
    """A symlink swapped in below the target leads nothing out of it."""
    box.put("D/sub/a.txt", "one")
    box.conf(CONF % "")
    backup(box)
    box.mkdir("victim")
    shutil.rmtree(box.path("D/sub"))
    os.symlink(box.path("victim"), box.path("D/sub"))
    box.run("-b", "b", "restore")
    assert os.listdir(box.path("victim")) == []


def test_get_as_of(box):
    """get --as-of brings the version of then."""
    box.put("D/a.txt", "one")
    box.conf(CONF % "")
    assert box.at("-3d", "run").rc == 0
    box.put("D/a.txt", "two")
    box.ok("run")
    box.mkdir("out")
    box.ok("get", "a.txt", "--as-of", "2 days ago", "--to", box.path("out"))
    assert box.read("out/a.txt") == b"one"


def test_get_of_a_deleted_file_by_path(box):
    """get PATH of a file that is gone puts it where it was, with its times and mode."""
    a = box.put("D/sub/a.txt", "one", age=100, mode=0o640)
    st = os.stat(a)
    box.conf(CONF % "")
    backup(box)
    os.unlink(a)
    box.ok("get", a)
    now = os.stat(a)
    assert (now.st_mtime_ns, now.st_mode) == (st.st_mtime_ns, st.st_mode)


# The destination.


def test_waiting_stick_that_was_there(box):
    """A destination that was there and is gone: waiting, 0, nothing is made; back: on."""
    box.put("D/a.txt", "a")
    box.mkdir("stick")
    box.conf("backups: [{name: b, paths: ~/D, copies: {path: ~/stick/B}}]\n")
    box.ok("run")
    os.rename(box.path("stick"), box.path("drawer"))
    ops, total = box.ops("run")
    assert total["waiting"] == 1 and total["failed"] == 0
    assert not os.path.exists(box.path("stick"))
    assert box.json("status")[0]["state"] == "waiting"
    os.rename(box.path("drawer"), box.path("stick"))
    ops, total = box.ops("run")
    assert total["waiting"] == 0 and len(copies(box, "stick/B/b")) == 2


def test_empty_mount_point(box):
    """An empty folder where the stick was: waiting; never a copy under a bare mount point."""
    box.put("D/a.txt", "a")
    box.mkdir("stick")
    box.conf("backups: [{name: b, paths: ~/D, copies: {path: ~/stick/B}}]\n")
    box.ok("run")
    os.rename(box.path("stick"), box.path("drawer"))
    box.mkdir("stick")
    ops, total = box.ops("run")
    assert total["waiting"] == 1 and total["failed"] == 0
    assert os.listdir(box.path("stick")) == []


def test_stick_that_is_mounted(box, mount):
    """The same with a real mount."""
    stick = mount()
    box.put("D/a.txt", "a")
    box.conf("backups: [{name: b, paths: ~/D, copies: {path: %s/B}}]\n" % stick)
    box.ok("run")
    subprocess.run(["umount", stick], check=True)
    ops, total = box.ops("run")
    assert total["waiting"] == 1
    assert os.listdir(stick) == []


def test_other_jobs_go_on_while_one_waits(box):
    """A job that waits stops no other."""
    box.put("D/a.txt", "a")
    box.conf("backups:\n  - {name: w, paths: ~/D, copies: {path: ~/no/B}}\n"
             "  - {name: b, paths: ~/D, copies: {path: ~/B}}\n")
    ops, total = box.ops("run")
    assert total["waiting"] == 1 and total["done"] >= 1
    assert box.read("B/b/latest/a.txt") == b"a"


def test_destination_without_hard_links_or_modes(box, mount):
    """A destination on another file system works as well, and never by symlinks."""
    disk = mount(size="20m")
    box.put("D/a.txt", "a" * 10000)
    os.link(box.path("D/a.txt"), box.path("D/b.txt"))
    box.conf("backups: [{name: b, paths: ~/D, copies: {path: %s/B}}]\n" % disk)
    box.ok("run")
    box.ok("run")
    for n in copies(box, disk + "/B/b"):
        for f in ("a.txt", "b.txt"):
            p = os.path.join(disk, "B/b", n, f)
            assert os.path.isfile(p) and not os.path.islink(p)
            with open(p) as g:
                assert g.read() == "a" * 10000


def test_one_file_changed_among_many(box):
    """2,000 files: the second copy holds the change, and everything else."""
    for i in range(2000):
        box.put("D/%d/%d.txt" % (i % 20, i), "file %d" % i)
    box.conf(CONF % "")
    backup(box)
    box.put("D/3/1503.txt", "changed")
    name, _ = backup(box)
    assert rsync_differs(box.path("D"), box.path("B/b", name)) == ""
    box.ok("-b", "b", "check")


def test_copy_of_a_lying_disk_is_found(box, liar):
    """What the disk did not keep as given never counts as saved: the run fails or check
    finds it; the source is whole."""
    box.put("D/a.bin", os.urandom(50_000))
    there = box.bytes_there()
    box.conf(CONF % "")
    env = {"LD_PRELOAD": liar, "LIAR_DIR": box.path("B"), "LIAR_MIN": "30000",
           "ASAN_OPTIONS": box.env["ASAN_OPTIONS"] + ":verify_asan_link_order=0:detect_leaks=0"}
    r = box.run("run", env=env)
    assert box.bytes_there() >= there
    if r.rc == 0:
        box.ok("-b", "b", "check", rc=1)


def test_snapshots_json(box):
    """snapshots --json has restic's keys."""
    box.put("D/a.txt", "a")
    box.conf(CONF % "")
    name, _ = backup(box)
    o = box.json("-b", "b", "snapshots")
    assert len(o) == 1 and o[0]["id"] == name and o[0]["short_id"]
    assert re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", o[0]["time"])
    nodes = box.json("-b", "b", "ls")
    assert any(n["type"] == "file" and n["path"].endswith("/a.txt") for n in nodes)
    assert json.dumps(nodes)
