"""Archives: what is old is put away, told, proven, and brought back; never lost."""
import hashlib
import os
import re
import shutil
import subprocess
import time

import pytest

from box import DAY, bundle, bundle_hashes, is_root, same

ARCHIVE = ("archives: [{name: a, locations: ~/D, subfolders: true, older_than: 30 days, "
           "to: ~/A%s}]\n")


def bundles(box, top="A"):
    return sorted(n for n in box.files(top) if n.endswith(".tar.zst"))


def members(box, rel):
    """What GNU tar and zstd find in a bundle: name -> bytes."""
    subprocess.run(["tar", "--zstd", "-tf", box.path(rel)], check=True, capture_output=True)
    return bundle(box.path(rel))


def in_bundles(box, top="A"):
    """The hashes of all that lies in bundles."""
    return set().union(*(bundle_hashes(box.path(top, n)) for n in bundles(box, top)))


# Age.


def test_by_mtime(box):
    """By mtime, which is the default: 31 days go, 29 stay."""
    box.put("D/old.txt", "old", age=31)
    box.put("D/young.txt", "young", age=29)
    box.put("D/future.txt", "future", age=-400)
    box.conf(ARCHIVE % "")
    box.ok("run")
    assert [n for n in box.files("A") if not n.startswith(".")] == ["old.txt"]
    assert box.files("D") == ["future.txt", "young.txt"]


def test_by_added(box):
    """by: added is the newer of mtime and birth: an old photo that came today stays."""
    box.put("D/old.txt", "old", age=400)
    box.conf(ARCHIVE % ", by: added")
    box.ok("run")
    assert box.files("D") == ["old.txt"]
    assert box.at("+31d", "run").rc == 0
    assert box.files("D") == []


def test_by_atime(box):
    """by: atime: read yesterday stays, whatever its mtime."""
    old = box.put("D/old.txt", "old")
    read = box.put("D/read.txt", "read")
    now = time.time()
    os.utime(old, (now - 40 * DAY, now))
    os.utime(read, (now - DAY, now - 400 * DAY))
    box.conf(ARCHIVE % ", by: atime")
    box.ok("run")
    assert box.files("D") == ["read.txt"]


@pytest.mark.parametrize("by", ["ctime", "birth"])
def test_by_ctime_and_birth(box, by):
    """by: ctime or birth: made now stays now, and goes when the time has come."""
    box.put("D/old.txt", "old", age=400)
    box.conf(ARCHIVE % (", by: " + by))
    box.ok("run")
    assert box.files("D") == ["old.txt"]
    assert box.at("+31d", "run").rc == 0
    assert box.files("D") == []


def test_units(box):
    """Durations are systemd time spans."""
    box.put("D/a.txt", "a", age=8)
    box.put("D/b.txt", "b", age=6)
    for span, left in (("2 weeks", 2), ("1 week", 1), ("6d 23h", 1), ("5days", 0)):
        box.conf("archives: [{name: a, locations: ~/D, older_than: %s, to: ~/A}]\n" % span)
        _, total = box.ops("plan")
        assert 2 - total["planned"] == left, span


def test_why_names_the_age(box):
    """The reason names the age, so that nobody must guess."""
    box.put("D/old.txt", "old", age=31)
    box.conf(ARCHIVE % "")
    ops, _ = box.ops("plan")
    assert ops[0]["op"] == "archive" and "30 days" in ops[0]["why"]


# Where it goes.


def test_relative_paths_and_metadata_are_kept(box):
    """Relative paths, times, modes and xattrs stay as they were."""
    a = box.put("D/x/y/a.txt", "a", age=31, mode=0o640)
    try:
        os.setxattr(a, "user.note", b"kept")
    except OSError:
        pass
    before = box.tree(box.path("D"), folders=False)
    box.conf(ARCHIVE % "")
    box.ok("run")
    after = {k: v for k, v in box.tree(box.path("A"), folders=False).items() if k[:1] != b"."}
    same(before, after)


def test_top_level_only(box):
    """Top level only, unless subfolders: true."""
    box.put("D/top.txt", "t", age=31)
    box.put("D/sub/deep.txt", "d", age=31)
    box.conf("archives: [{name: a, locations: ~/D, older_than: 30 days, to: ~/A}]\n")
    box.ok("run")
    assert box.files("D") == ["sub/deep.txt"]


def test_across_file_systems(box, mount):
    """To another disk: copied, read back, and only then removed here; undone again."""
    disk = mount(size="20m")
    box.put("D/x/a.txt", os.urandom(100_000), age=31, mode=0o640)
    before = box.tree()
    box.conf("archives: [{name: a, locations: ~/D, subfolders: true, older_than: 30 days, "
             "to: %s/A}]\n" % disk)
    box.ok("run")
    moved = box.tree(disk + "/A")[b"x/a.txt"]
    assert moved == before[b"D/x/a.txt"]
    assert not os.path.exists(box.path("D/x/a.txt"))
    box.ok("undo")
    same(before, box.tree())


def test_conflict_gets_a_number(box):
    """A taken name gets the counter; what lies there is not touched."""
    box.put("D/a.txt", "second", age=31)
    box.put("A/a.txt", "first")
    box.conf(ARCHIVE % "")
    box.ok("run")
    assert box.read("A/a.txt") == b"first" and box.read("A/a 2.txt") == b"second"


def test_same_name_again_and_again(box):
    """The same name month after month: all are there, and check is content."""
    box.conf(ARCHIVE % "")
    for i in range(4):
        box.put("D/report.pdf", "month %d" % i, age=31 + i)
        box.ok("run")
    found = {box.read("A/" + n) for n in box.files("A") if n.endswith(".pdf")}
    assert found == {b"month %d" % i for i in range(4)}
    box.ok("-b", "a", "check")


def test_destination_inside_the_location(box):
    """to: below the location: what is put away is not put away again."""
    box.put("D/a.txt", "a", age=31)
    box.conf("archives: [{name: a, locations: ~/D, subfolders: true, older_than: 30 days, "
             "to: ~/D/Archive}]\n")
    r = box.run("run")
    if r.rc == 2:		# refused in words is as good
        assert "Archive" in r.err
        return
    box.ok("run")
    box.ok("run")
    assert [n for n in box.files("D") if n.endswith("a.txt")] == ["Archive/a.txt"]


def test_waiting_destination(box):
    """A destination that is not there: waiting, nothing is moved, nothing fails."""
    box.put("D/a.txt", "a", age=31)
    box.conf("archives: [{name: a, locations: ~/D, older_than: 30 days, to: ~/no/A}]\n")
    ops, total = box.ops("run")
    assert total["waiting"] >= 1 and total["failed"] == 0
    assert box.files() == ["D/a.txt"]


# Empty folders.


@pytest.mark.parametrize("how", ["", ", empty_folders: remove"])
def test_empty_folders(box, how):
    """By default folders stay or only those the job emptied go; others never go; undone
    too."""
    box.put("D/emptied/deep/a.txt", "a", age=31)
    box.put("D/mixed/old.txt", "o", age=31)
    box.put("D/mixed/new.txt", "n")
    box.mkdir("D/was empty")
    before = box.tree()
    box.conf(ARCHIVE % how)
    box.ok("run")
    left = box.names("D")
    assert "mixed/" in left
    if how:
        assert "emptied/" not in left
    box.ok("undo")
    same({k: v for k, v in before.items()},
         {k: v for k, v in box.tree().items() if not k.startswith(b"A")})


# Manifest and check.


def test_manifest_and_check(box):
    """A manifest with SHA-256 lies in the destination; check re-reads and compares."""
    box.put("D/a.txt", "content", age=31)
    box.put("D/x/b.txt", "more", age=31)
    box.conf(ARCHIVE % "")
    box.ok("run")
    want = hashlib.sha256(b"content").hexdigest()
    texts = [box.read("A/" + n).decode(errors="replace") for n in box.files("A")
             if n.startswith(".")]
    assert any(want in t for t in texts)
    box.ok("-b", "a", "check")
    st = os.stat(box.path("A/a.txt"))
    with open(box.path("A/a.txt"), "r+b") as f:
        f.write(b"CONTENT")
    os.utime(box.path("A/a.txt"), ns=(st.st_atime_ns, st.st_mtime_ns))
    r = box.ok("-b", "a", "check", rc=1)
    assert "a.txt" in r.out and "b.txt" not in r.out


def test_check_finds_a_missing_file(box):
    """A file that is gone from the archive is told."""
    box.put("D/a.txt", "content", age=31)
    box.conf(ARCHIVE % "")
    box.ok("run")
    os.unlink(box.path("A/a.txt"))
    assert "a.txt" in box.ok("-b", "a", "check", rc=1).out


def test_check_after_undo(box):
    """After an undo the manifest does not miss what went home."""
    box.put("D/a.txt", "content", age=31)
    box.put("D/b.txt", "content b", age=31)
    box.conf(ARCHIVE % "")
    box.ok("run")
    box.ok("undo")
    assert box.files("D") == ["a.txt", "b.txt"]
    box.ok("-b", "a", "check")


def test_min_free_holds(box, mount):
    """Below min_free the job is held, never half done: 4."""
    disk = mount(size="4m")
    with open(disk + "/ballast", "wb") as f:
        f.write(b"x" * ((4 << 20) * 97 // 100))
    for i in range(3):
        box.put("D/%d.txt" % i, "%d" % i, age=31)
    box.conf("archives: [{name: a, locations: ~/D, older_than: 30 days, to: %s/A}]\n" % disk)
    _, total = box.ops("run", rc=4)
    assert total["held"] >= 1 and total["done"] == 0
    assert len(box.files("D")) == 3


def heavy(box, mount):
    """A file with an xattr that fits its own file system, not the home's."""
    mount(where=box.path("D"), size="8m")
    a = box.put("D/a.txt", "content", age=31)
    big = b"x" * 60_000
    try:
        os.setxattr(a, "user.heavy", big)
    except OSError as e:
        pytest.skip("tmpfs holds no such xattr here: %s" % e)
    probe = box.put("probe")
    try:
        os.setxattr(probe, "user.heavy", big)
        pytest.skip("the home's file system holds it as well")
    except OSError:
        os.unlink(probe)
    return a


def test_metadata_that_cannot_be_kept(box, mount):
    """An xattr that the target cannot hold: refused and told, unless when_possible."""
    a = heavy(box, mount)
    conf = "archives: [{name: a, locations: ~/D, older_than: 30 days, to: ~/A%s}]\n"
    box.conf(conf % "")
    r = box.ok("run", rc=3)
    assert a in r.err and box.files("D") == ["a.txt"]
    assert not os.path.exists(box.path("A/a.txt"))
    box.conf(conf % ", keep_metadata: when_possible")
    box.ok("run", rc=(0, 3))
    assert box.files("D") == [] and box.read("A/a.txt") == b"content"


def test_a_move_goes_on_and_tells(box, mount):
    """Moves go on, and tell what could not be kept."""
    heavy(box, mount)
    box.conf("rules: [{name: m, locations: ~/D, actions: [{move: ~/A/}]}]\n")
    r = box.ok("run", rc=(0, 3))
    assert box.files("D") == [] and box.read("A/a.txt") == b"content"
    log = open(os.path.join(box.state, "fettle.log")).read()
    assert "xattr" in r.out + r.err + log or "user.heavy" in r.out + r.err + log


def test_get_and_where_find_it(box):
    """where says where it went, get brings it back."""
    a = box.put("D/x/a.txt", "content", age=31)
    box.conf(ARCHIVE % "")
    box.ok("run")
    events = box.json("where", a)
    assert events[-1]["event"] == "archived" and events[-1]["to"] == box.path("A/x/a.txt")
    box.ok("get", a)
    assert box.read("D/x/a.txt") == b"content"
    assert box.read("A/x/a.txt") == b"content", "get copies; the archive stays whole"


def test_lying_disk_never_costs_the_original(box, mount, liar):
    """Across file systems to a disk that lies: the read-back sees it, the original stays."""
    disk = mount(size="20m")
    box.put("D/a.bin", os.urandom(50_000), age=31)
    box.put("D/small.txt", "small", age=31)
    there = box.bytes_there()
    box.conf("archives: [{name: a, locations: ~/D, older_than: 30 days, to: %s/A}]\n" % disk)
    env = {"LD_PRELOAD": liar, "LIAR_DIR": disk, "LIAR_MIN": "30000",
           "ASAN_OPTIONS": box.env["ASAN_OPTIONS"] + ":verify_asan_link_order=0:detect_leaks=0"}
    r = box.ok("run", rc=3, env=env)
    assert box.path("D/a.bin") in r.err
    assert "a.bin" in box.files("D")
    assert box.bytes_there(disk) >= there
    assert not os.path.exists(disk + "/A/a.bin")


# Bundles.


BUNDLE = ARCHIVE % ", bundle: tar.zst"


def test_bundle_by_month(box):
    """bundle: tar.zst packs by month; GNU tar and zstd read it; nothing is missing."""
    want = {}
    for i, age in enumerate([40, 41, 80, 120, 400]):
        data = ("file %d " % i) * 50
        box.put("D/x/%d.txt" % i, data, age=age)
        month = time.strftime("%Y-%m", time.localtime(time.time() - age * DAY))
        want.setdefault(month, {})[i] = data.encode()
    box.conf(BUNDLE)
    box.ok("run")
    assert box.files("D") == []
    found = bundles(box)
    assert len(found) == len(want)
    for month, files in want.items():
        name = [n for n in found if month in n]
        assert len(name) == 1, (month, found)
        have = members(box, "A/" + name[0])
        assert {v for v in have.values()} == set(files.values())
        assert all(re.search(r"x/\d\.txt$", n) for n in have), have


def test_bundle_same_stem(box):
    """report.pdf and report.docx, and equal names in two folders, are all in it."""
    for n in ("report.pdf", "report.docx", "a/report.pdf", "b/report.pdf"):
        box.put("D/" + n, "content of " + n, age=40)
    there = {e.sha for e in box.tree().values() if e.sha}
    box.conf(BUNDLE)
    box.ok("run")
    assert box.files("D") == []
    assert in_bundles(box) >= there


def test_bundle_again(box):
    """A second run in the same month loses nothing of the first."""
    box.put("D/one.txt", "one", age=40)
    box.conf(BUNDLE)
    box.ok("run")
    box.put("D/two.txt", "two", age=40)
    box.put("D/one.txt", "another one", age=40)
    box.ok("run")
    data = set()
    for n in bundles(box):
        data |= set(members(box, "A/" + n).values())
    assert data == {b"one", b"two", b"another one"}
    box.ok("-b", "a", "check")


def test_bundle_awkward_names(box):
    """Awkward names are in the bundle as they are."""
    names = [b"not utf8 \xff\xfe.txt", b"two\nlines.txt", b"-rf.txt", b"$HOME.txt", b"n" * 250,
             "n\u00e4ive.txt".encode()]
    for n in names:
        box.put(b"D/" + n, b"content of " + n, age=40)
    box.conf(BUNDLE)
    box.ok("run")
    assert box.files("D") == []
    have = {}
    for b in bundles(box):
        have.update(members(box, "A/" + b))
    assert {os.fsencode(os.path.basename(n)) for n in have} == set(names)


def test_bundle_where_get_check_undo(box):
    """where names the bundle, get reaches into it, check re-reads it, undo unpacks it with
    all metadata."""
    a = box.put("D/x/a.txt", "content", age=40, mode=0o640)
    box.put("D/x/b.txt", "content b", age=40)
    before = box.tree()
    box.conf(BUNDLE)
    box.ok("run")
    events = box.json("where", a)
    assert events[-1]["event"] == "bundled" and events[-1]["to"].endswith(".tar.zst")
    box.ok("-b", "a", "check")
    box.mkdir("out")
    box.ok("get", a, "--to", box.path("out"))
    assert box.read("out/a.txt") == b"content"
    shutil.rmtree(box.path("out"))
    box.ok("undo", "1")
    same({k: v for k, v in before.items()},
         {k: v for k, v in box.tree().items() if not k.startswith(b"A")})


def test_check_finds_a_flipped_byte_in_a_bundle(box):
    """A rotten bundle is told."""
    box.put("D/a.txt", os.urandom(20_000), age=40)
    box.conf(BUNDLE)
    box.ok("run")
    path = box.path("A", bundles(box)[0])
    with open(path, "r+b") as f:
        f.seek(10_000)
        c = f.read(1)
        f.seek(10_000)
        f.write(bytes([c[0] ^ 1]))
    r = box.ok("-b", "a", "check", rc=1)
    assert os.path.basename(path) in r.out or "a.txt" in r.out


def test_bundle_on_a_lying_disk(box, liar):
    """A bundle that does not read back as it was written: no original goes."""
    for i in range(5):
        box.put("D/%d.bin" % i, os.urandom(30_000), age=40)
    before = box.tree(box.path("D"))
    box.conf(BUNDLE)
    env = {"LD_PRELOAD": liar, "LIAR_DIR": box.path("A"), "LIAR_MIN": "4000",
           "ASAN_OPTIONS": box.env["ASAN_OPTIONS"] + ":verify_asan_link_order=0:detect_leaks=0"}
    r = box.ok("run", rc=(1, 3), env=env)
    assert r.err.strip()
    same(before, box.tree(box.path("D")))
    assert bundles(box) == [], "what did not verify must not lie there as if it were good"


def test_bundle_on_a_full_disk(box, mount, liar):
    """A disk that fills under a bundle: no original goes, nothing half-made stays."""
    disk = mount(size="30m")
    for i in range(5):
        box.put("D/%d.bin" % i, os.urandom(400_000), age=40)
    before = box.tree(box.path("D"))
    box.conf("archives: [{name: a, locations: ~/D, older_than: 30 days, to: %s/A, "
             "bundle: tar.zst}]\n" % disk)
    env = {"LD_PRELOAD": liar, "LIAR_DIR": disk, "LIAR_MIN": "4000", "LIAR_ERROR": "28",
           "ASAN_OPTIONS": box.env["ASAN_OPTIONS"] + ":verify_asan_link_order=0:detect_leaks=0"}
    r = box.ok("run", rc=(1, 3), env=env)
    assert "o space" in r.err
    same(before, box.tree(box.path("D")))
    left = [n for _, _, f in os.walk(disk) for n in f if n.endswith(".zst") or ".part" in n]
    assert left == []
    box.ok("run")
    assert box.files("D") == []


def test_bundle_leaves_a_file_that_is_written(box):
    """A file with an open writer stays; the rest is packed."""
    a = box.put("D/a.txt", "a", age=40)
    box.put("D/b.txt", "b", age=40)
    box.conf(BUNDLE)
    with open(a, "ab"):
        box.ok("run", rc=(0, 3))
    assert box.files("D") == ["a.txt"]


@pytest.mark.parametrize("conf", [ARCHIVE % "", BUNDLE])
def test_a_side_file_says_it_is_being_written(box, conf):
    """X beside X.part or X.aria2 stays, though both are old; others go."""
    for name in ("a.iso", "a.iso.part", "b.iso", "B.ISO", "b.iso.aria2", "c.iso"):
        box.put("D/" + name, name, age=40)
    box.conf(conf)
    objects = box.json("run", rc=(0, 3))
    assert box.files("D") == sorted(["a.iso", "a.iso.part", "b.iso", "b.iso.aria2"])
    why = {os.path.basename(o["from"]): o.get("error", "") for o in objects
           if o.get("state") == "skipped"}
    assert "side file" in why["a.iso"] and "side file" in why["b.iso"]


def test_a_member_keeps_what_it_had(box):
    """get out of a bundle, and undo of one: owner, mode, xattrs, access list, times."""
    a = box.put("D/a.txt", "content", age=40)
    os.chmod(a, 0o4750)
    for name in ("user.note", "trusted.mark") if is_root() else ("user.note",):
        os.setxattr(a, name, b"value of " + name.encode())
    if shutil.which("setfacl"):
        subprocess.run(["setfacl", "-m", "u:1234:r--", a], check=True)
    if is_root():
        os.chown(a, 1234, 4321)
        os.chmod(a, 0o4750)		# chown took the bit away
    os.utime(a, ns=(1_600_000_000_123_456_789, os.stat(a).st_mtime_ns // 10 * 10 + 7))
    want = meta(a)
    box.conf(BUNDLE)
    box.ok("run")
    assert box.files("D") == []
    box.mkdir("out")
    box.ok("get", a, "--to", box.path("out"))
    assert meta(box.path("out/a.txt")) == want
    shutil.rmtree(box.path("out"))
    box.ok("undo", "1")
    assert meta(a) == want


def meta(path):
    st = os.lstat(path)
    return {"mode": oct(st.st_mode), "owner": (st.st_uid, st.st_gid), "mtime": st.st_mtime_ns,
            "atime": st.st_atime_ns, "size": st.st_size,
            **{n: os.getxattr(path, n) for n in os.listxattr(path)}}


def test_nothing_old_is_nothing_to_do(box):
    """A second run finds nothing to do, and makes no empty bundle."""
    box.put("D/a.txt", "a", age=40)
    box.conf(BUNDLE)
    box.ok("run")
    first = bundles(box)
    r = box.ok("run")
    assert "nothing to do" in r.out
    assert bundles(box) == first
