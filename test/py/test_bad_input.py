"""What bad input gets: a clear message that names the path, the rest is done,
exit status 3, and every byte that was there is still there."""
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading

import pytest

from box import STRACE, difference, is_root, name_of, same, wait_for

SORT = """\
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
    """
NOTHING_ASKED = "    guard: {max_moves: off, max_deletes: off, max_share: off}\n"


def moves_to(place, mode=""):
    return """\
    guard: {max_moves: off, max_deletes: off, max_share: off}
    rules:
      - name: mover
        locations: ~/D
        actions: [{move: {dest: %s/%s}}]
    """ % (place, mode)


def fill(path):
    """Leave no byte free on the file system of path."""
    fd = os.open(path + "/ballast of the test", os.O_WRONLY | os.O_CREAT)
    for size in (1 << 20, 4096, 1):
        try:
            while os.write(fd, b"x" * size):
                pass
        except OSError:
            pass
    os.close(fd)


def no_staging(top):
    """Nothing of ours lies half-made below top."""
    left = [n for _, d, f in os.walk(top) for n in d + f
            if ".part" in n or n.startswith(".fettle")]
    assert not left, left


# Missing, forbidden, full, read-only.


def test_missing_location_among_others(box):
    """A missing folder is named; the other locations are done; 3."""
    box.put("D/a.jpg", "a")
    box.conf("""\
        rules:
          - name: sorter
            locations: [~/gone, ~/D]
            actions: [{sort: by-type}]
        """)
    r = box.ok("run", rc=3)
    assert box.path("gone") in r.err
    assert box.files() == ["D/Images/a.jpg"]
    assert not os.path.exists(box.path("gone"))


def test_all_locations_missing(box):
    """The job is failed if all of its locations are: 1; other jobs go on."""
    box.put("D/a.jpg", "a")
    box.conf("""\
        rules:
          - {name: lost, locations: ~/gone, actions: [{sort: by-type}]}
          - {name: sorter, locations: ~/D, actions: [{sort: by-type}]}
        """)
    r = box.ok("run", rc=1)
    assert box.path("gone") in r.err
    assert box.files() == ["D/Images/a.jpg"]


def test_missing_backup_path(box):
    """A backup's missing path is named and the copy is marked partial; 3."""
    box.put("D/a.txt", "a")
    box.conf("""\
        backups:
          - {name: b, paths: [~/D, ~/gone], copies: {path: ~/B}}
        """)
    r = box.ok("run", rc=3)
    assert box.path("gone") in r.err


def test_folder_not_readable(plain_box):
    """A folder that may not be read is named; the rest goes on; 3."""
    box = plain_box
    box.put("D/a.txt", "a")
    box.put("D/closed/b.txt", "b")
    os.chmod(box.path("D/closed"), 0)
    box.conf("""\
        rules:
          - {name: m, locations: ~/D, subfolders: true, actions: [{move: ~/E/}]}
        """)
    r = box.ok("run", rc=3)
    assert box.path("D/closed") in r.err
    assert os.path.exists(box.path("E/a.txt"))
    os.chmod(box.path("D/closed"), 0o700)
    assert box.read("D/closed/b.txt") == b"b"


def test_folder_not_writable(plain_box):
    """A file that may not leave its folder is named; the rest goes on; 3."""
    box = plain_box
    box.put("A/a.txt", "a")
    box.put("B/b.txt", "b")
    os.chmod(box.path("A"), 0o555)
    box.conf("""\
        rules:
          - {name: m, locations: [~/A, ~/B], actions: [{move: ~/E/}]}
        """)
    r = box.ok("run", rc=3)
    assert box.path("A/a.txt") in r.err
    assert box.files() == ["A/a.txt", "E/b.txt"]


def test_target_not_writable(plain_box):
    """A target folder that may not be written is named; the rest goes on; 3."""
    box = plain_box
    box.put("D/a.jpg", "a")
    box.put("D/b.txt", "b")
    box.mkdir("D/Images", 0o555)
    box.conf(SORT)
    r = box.ok("run", rc=3)
    assert box.path("D/a.jpg") in r.err or box.path("D/Images") in r.err
    assert box.files("D") == ["Documents/b.txt", "a.jpg"]


def test_copy_source_not_readable(plain_box):
    """A file that may not be read is named by copies; all others are in it; 3."""
    box = plain_box
    box.put("D/a.txt", "a")
    box.put("D/b.txt", "b", mode=0)
    box.conf("backups:\n  - {name: b, paths: ~/D, copies: {path: ~/B}}\n")
    r = box.ok("run", rc=3)
    assert box.path("D/b.txt") in r.err
    assert box.read("B/b/latest/a.txt") == b"a"


def test_immutable_file(box):
    """chattr +i: refused by the system, named, the rest goes on."""
    box.put("D/a.jpg", "a")
    box.put("D/b.txt", "b")
    if not is_root() or subprocess.run(["chattr", "+i", box.path("D/a.jpg")],
                                       stderr=subprocess.DEVNULL).returncode:
        pytest.skip("chattr +i is not possible here")
    try:
        box.conf(SORT)
        r = box.ok("run", rc=3)
        assert box.path("D/a.jpg") in r.err
        assert box.files("D") == ["Documents/b.txt", "a.jpg"]
    finally:
        subprocess.run(["chattr", "-i", box.path("D/a.jpg")], check=True)


def full(box, liar, top, least=100_000):
    """An environment in which no write of so many bytes below top finds room."""
    return {"LD_PRELOAD": liar, "LIAR_DIR": top, "LIAR_MIN": str(least), "LIAR_ERROR": "28",
            "ASAN_OPTIONS": box.env["ASAN_OPTIONS"] + ":verify_asan_link_order=0:detect_leaks=0"}


def test_disk_full_in_mid_copy(box, mount, liar):
    """A disk that is full in mid copy: the source stays whole, no half file; what fits
    goes; 3."""
    disk = mount(size="30m")
    box.put("D/a small.bin", os.urandom(1000))
    box.put("D/big.bin", os.urandom(3 << 20))
    box.put("D/c small.bin", os.urandom(1000))
    before = box.bytes_there()
    box.conf(moves_to(disk))
    r = box.ok("run", rc=3, env=full(box, liar, disk))
    assert box.path("D/big.bin") in r.err and "o space" in r.err
    assert box.files("D") == ["big.bin"]
    assert sorted(os.listdir(disk)) == ["a small.bin", "c small.bin"]
    assert box.bytes_there(disk) >= before
    no_staging(disk)


def test_disk_too_small(box, mount):
    """A move that cannot fit is held before it begins, or fails file by file; it says so
    and names the place."""
    disk = mount(size="1m")
    box.put("D/big.bin", os.urandom(3 << 20))
    before = box.bytes_there()
    box.conf(moves_to(disk))
    r = box.ok("run", rc=(3, 4))
    assert disk in r.err or box.path("D/big.bin") in r.err
    assert "room" in r.err or "o space" in r.err
    assert box.bytes_there(disk) >= before and box.files("D") == ["big.bin"]
    no_staging(disk)


def test_no_inodes_left(box, mount):
    """A disk without a free inode: as a full one."""
    disk = mount(size="4m", nr_inodes="4")
    for i in range(6):
        box.put("D/%d.bin" % i, "file %d" % i)
    before = box.bytes_there()
    box.conf(moves_to(disk))
    r = box.ok("run", rc=3)
    assert box.path("D") in r.err
    assert box.bytes_there(disk) >= before
    assert len(os.listdir(disk)) + len(box.files("D")) == 6


def test_copies_disk_full(box, mount, liar):
    """A copy whose disk fills never appears; the earlier one stays whole."""
    disk = mount(size="30m")
    box.put("D/a.bin", os.urandom(50_000))
    box.put("E/e.txt", "e")
    box.conf("backups: [{name: b, paths: [~/D, ~/E], copies: {path: %s/B}}]\n" % disk)
    box.ok("run")
    first = sorted(n for n in os.listdir(disk + "/B/b") if n[0] == "2")
    picture = box.tree(disk + "/B/b/" + first[0])
    box.put("D/b.bin", os.urandom(3 << 20))
    r = box.ok("run", rc=(1, 3), env=full(box, liar, disk))
    assert disk in r.err or box.path("D/b.bin") in r.err
    assert r.err.count("o space") == 1, "told once, not twice:\n" + r.err
    whole = sorted(n for n in os.listdir(disk + "/B/b") if n[0] == "2")
    same(picture, box.tree(disk + "/B/b/" + first[0]))
    # What appears under a name of time is complete, or says that it is not.
    for n in whole[1:]:
        assert os.path.getsize(disk + "/B/b/%s/D/b.bin" % n) == 3 << 20
    assert os.readlink(disk + "/B/b/latest") in whole
    box.ok("run")
    latest = os.readlink(disk + "/B/b/latest")
    assert os.path.getsize(disk + "/B/b/%s/D/b.bin" % latest) == 3 << 20
    box.ok("-b", "b", "check")


def test_min_free_holds(box, mount):
    """Below min_free the job is held, never half done: 4."""
    disk = mount(size="4m")
    with open(disk + "/ballast", "wb") as f:
        f.write(b"x" * ((4 << 20) * 97 // 100))
    box.put("D/a.bin", os.urandom(1000))
    box.conf("backups:\n  - {name: b, paths: ~/D, copies: {path: %s/B}}\n" % disk)
    ops, total = box.ops("run", rc=4)
    assert any(o["state"] == "held" for o in ops) and total["held"] >= 1
    assert not [n for d, _, f in os.walk(disk + "/B") for n in f if ".fettle" not in d + n]


def test_disk_full_in_a_log_line(box, mount):
    """The log cannot be written: told with its path, the files are handled all the same."""
    logs = mount(size="16k")
    fill(logs)
    for i in range(50):
        box.put("D/%d.jpg" % i, "%d" % i)
    box.conf("log: {file: %s/fettle.log}\n" % logs + "guard: {max_share: off}\n" +
             "rules: [{name: s, locations: ~/D, actions: [{sort: by-type}]}]\n")
    r = box.ok("run", rc=(0, 3))
    assert logs + "/fettle.log" in r.err
    assert len(box.files("D/Images")) == 50


def test_disk_full_in_the_journal(box, mount):
    """A full disk under the journal: what was not recorded was not done, and once
    there is room again undo takes back all that was."""
    state = mount(os.path.join(box.top, "state"), size="40m")
    box.put("W/warm.jpg", "warm")
    box.conf("guard: {max_moves: off, max_share: off}\n"
             "rules:\n  - {name: w, locations: ~/W, actions: [{sort: by-type}]}\n"
             "  - {name: m, locations: ~/D, actions: [{move: ~/E/}]}\n")
    box.mkdir("D")
    box.ok("run", "w")
    for i in range(3000):
        box.put("D/%s %d.bin" % ("long name " * 20, i), "%d" % i)
    before = box.tree(box.path("D"), folders=False)
    there = box.bytes_there()
    fill(state)
    r = box.run("run", "m")
    assert r.rc in (0, 1, 3), r
    if r.rc:
        assert state in r.err, r.err
    assert box.bytes_there() >= there
    os.unlink(state + "/ballast of the test")
    box.run("status")
    if os.path.isdir(box.path("E")):
        box.ok("undo", "--yes")
    same(before, box.tree(box.path("D"), folders=False))


def test_no_room_for_a_catalog(box, mount):
    """Where the catalog cannot be made nothing is moved, and its place is named."""
    state = mount(os.path.join(box.top, "state"), size="16k")
    fill(state)
    box.put("D/a.jpg", "a")
    box.conf(SORT)
    r = box.ok("run", rc=1)
    assert state in r.err
    assert box.files("D") == ["a.jpg"]


def test_state_folder_read_only(box, mount):
    """A read-only state: refused at the start, named, nothing is moved."""
    state = mount(os.path.join(box.top, "state"))
    subprocess.run(["mount", "-o", "remount,ro", state], check=True)
    box.put("D/a.jpg", "a")
    box.conf(SORT)
    r = box.ok("run", rc=1)
    assert state in r.err
    assert box.files("D") == ["a.jpg"]


def test_read_only_source(box, mount):
    """Files on a read-only file system are named and stay; other rules go on; 3."""
    disk = mount()
    with open(disk + "/a.jpg", "w") as f:
        f.write("a")
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    box.put("D/b.jpg", "b")
    box.conf("rules:\n  - {name: ro, locations: %s, actions: [{sort: by-type}]}\n"
             "  - {name: cross, locations: %s, actions: [{move: ~/E/}]}\n"
             "  - {name: rw, locations: ~/D, actions: [{sort: by-type}]}\n" % (disk, disk))
    r = box.ok("run", rc=3)
    assert disk + "/a.jpg" in r.err
    assert os.listdir(disk) == ["a.jpg"]
    assert os.path.exists(box.path("D/Images/b.jpg"))
    assert "E/a.jpg" not in box.files(), "the source could not go, so the copy must not stay"


def test_read_only_target(box, mount):
    """A read-only target: named, the source stays; 3."""
    disk = mount()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    box.put("D/a.txt", "a")
    box.put("F/b.jpg", "b")
    box.conf("rules:\n  - {name: m, locations: ~/D, actions: [{move: %s/}]}\n"
             "  - {name: s, locations: ~/F, actions: [{sort: by-type}]}\n" % disk)
    r = box.ok("run", rc=3)
    assert box.path("D/a.txt") in r.err or disk in r.err
    assert box.files() == ["D/a.txt", "F/Images/b.jpg"]


# Names.


def test_name_of_255_bytes(box):
    """The longest name there is moves, and comes back."""
    name = "n" * 251 + ".txt"
    box.put("D/" + name, "long")
    before = box.tree()
    box.conf(SORT)
    box.ok("run")
    assert box.files("D") == ["Documents/" + name]
    box.ok("undo")
    same(before, box.tree())


def test_name_of_255_bytes_in_conflict(box):
    """No room for the counter: the name is cut or the file is named; nothing is lost."""
    name = "n" * 251 + ".txt"
    box.put("D/" + name, "new")
    box.put("D/Documents/" + name, "old")
    box.put("D/other.jpg", "other")
    box.conf(SORT)
    r = box.ok("run", rc=(0, 3))
    assert box.read("D/Documents/" + name) == b"old"
    assert os.path.exists(box.path("D/Images/other.jpg"))
    if r.rc == 3:
        assert name in r.err and box.read("D/" + name) == b"new"
    else:
        new = [n for n in box.files("D/Documents") if n != name]
        assert len(new) == 1 and box.read("D/Documents/" + new[0]) == b"new"
        assert new[0].endswith(".txt")


def test_name_of_255_bytes_across_disks(box, mount):
    """The hidden name of a copy under way has room beside the longest name."""
    disk = mount()
    name = "n" * 251 + ".txt"
    box.put("D/" + name, "long")
    box.conf(moves_to(disk))
    box.ok("run")
    assert os.listdir(disk) == [name]


def test_name_too_long_when_renamed(box):
    """A new name of more than 255 bytes is an error of that file only."""
    box.put("D/" + "n" * 250 + ".txt", "long")
    box.put("D/short.txt", "short")
    box.conf('rules: [{name: r, locations: ~/D, actions: [{rename: "0123456789 {name}.{extension}"}]}]\n')
    r = box.ok("run", rc=3)
    assert "n" * 200 in r.err
    assert "n" * 250 + ".txt" in box.files("D")
    assert "0123456789 short.txt" in box.files("D")


AWKWARD = [b"not utf8 \xff\xfe.txt", b"two\nlines.txt", b"-rf.txt", b"--help.txt",
           b"$HOME.txt", b"{x}.txt", b"{name}.txt", b"~.txt", b"$(id).txt", b"`id`.txt",
           b"it's \"quoted\".txt", b"back\\slash.txt", b" leading.txt", b"trailing .txt",
           b"tab\there.txt", b"\x1b[2J.txt", b"\xe2\x80\xaeRTL.txt", b"*.txt", b"?.txt",
           b"%2e%2e.txt", b"a\r.txt", b"\x01\x7f.txt", b"CON.txt", b"..txt"]


@pytest.mark.parametrize("name", AWKWARD, ids=lambda n: repr(n)[2:-1])
def test_awkward_name(box, name):
    """Any bytes are a name: moved, recorded, found by where, taken back."""
    box.put(b"D/" + name, b"content")
    before = box.tree()
    box.conf("rules: [{name: m, locations: ~/D, actions: [{move: ~/E/}]}]\n")
    ops, _ = box.ops("plan")
    ops, total = box.ops("run")
    assert total["done"] == 1 and total["failed"] == 0
    assert name_of(ops[0], "from") == os.fsencode(box.path("D")) + b"/" + name
    assert name_of(ops[0], "to") == os.fsencode(box.path("E")) + b"/" + name
    assert box.read(b"E/" + name) == b"content"
    text = box.ok("runs", "show", "1").out
    assert not [c for c in text if c < " " and c != "\n"], text
    assert len([x for x in text.splitlines() if "moved" in x and "/D/" in x and "/E/" in x]) == 1
    found = box.json("where", os.fsencode(box.path("E")) + b"/" + name)
    assert name_of(found[-1], "from") == os.fsencode(box.path("D")) + b"/" + name
    box.ok("undo")
    same(before, box.tree())


@pytest.mark.parametrize("name", [b"not utf8 \xff\xfe.txt", b"two\nlines.txt", b"$HOME.txt",
                                  b"{x}.txt", b"\x1b[2J.txt"], ids=lambda n: repr(n)[2:-1])
def test_awkward_name_in_copies_and_archives(box, name):
    """The same for copies, their manifest and restore, and archives."""
    box.put(b"D/" + name, b"content", age=40)
    box.conf("""\
        backups: [{name: b, paths: ~/D, copies: {path: ~/B}}]
        archives: [{name: a, locations: ~/D, older_than: 30 days, to: ~/A}]
        """)
    box.ok("run")
    assert box.read(b"B/b/latest/" + name) == b"content"
    assert box.read(b"A/" + name) == b"content"
    box.ok("-b", "b", "check")
    box.ok("-b", "a", "check")
    box.ok("-b", "b", "restore", "--target", box.path("out"))
    assert [f for d, _, n in os.walk(os.fsencode(box.path("out"))) for f in n] == [name]


# What stands in the way.


@pytest.mark.parametrize("mode", ["rename_new", "skip", "overwrite", "rename_existing",
                                  "trash", "deduplicate"])
def test_target_is_a_folder(box, mode):
    """A folder at the target name keeps all that is in it, in every conflict mode."""
    box.put("D/report.txt", "file")
    box.put("D/z.txt", "other")
    box.put("E/report.txt/precious.txt", "precious")
    box.put("E/report.txt/sub/deep.txt", "deep")
    there = box.bytes_there()
    box.conf("rules: [{name: m, locations: ~/D, actions: "
             "[{move: {dest: ~/E/, on_conflict: %s}}]}]\n" % mode)
    r = box.ok("run", rc=(0, 3))
    assert box.bytes_there() >= there
    assert os.path.exists(box.path("E/z.txt")), "the rest goes on"
    inside = [n for n in box.files("E") if n.endswith(("precious.txt", "sub/deep.txt"))]
    if mode != "trash":
        assert len(inside) == 2, box.files()
    if mode == "overwrite":
        assert r.rc == 3 and box.path("D/report.txt") in r.err
        assert box.read("E/report.txt/sub/deep.txt") == b"deep"


@pytest.mark.parametrize("action", ["move", "copy"])
@pytest.mark.parametrize("mode", ["rename_new", "skip", "overwrite", "rename_existing",
                                  "trash", "deduplicate"])
def test_dangling_symlink_at_target(box, mode, action):
    """A dangling symlink at the target is neither destroyed nor written through."""
    box.put("D/a.txt", "content")
    box.put("D/z.txt", "other")
    box.mkdir("E")
    box.mkdir("elsewhere")
    os.symlink(box.path("elsewhere/victim.txt"), box.path("E/a.txt"))
    there = box.bytes_there()
    box.conf("rules: [{name: m, locations: ~/D, actions: "
             "[{%s: {dest: ~/E/, on_conflict: %s}}]}]\n" % (action, mode))
    box.ok("run", rc=(0, 3))
    assert os.listdir(box.path("elsewhere")) == [], "written through the link"
    assert box.bytes_there() >= there
    links = [os.path.join(d, n) for top in (box.home, box.trash)
             for d, dirs, files in os.walk(top) for n in files + dirs
             if os.path.islink(os.path.join(d, n))]
    assert [os.readlink(p) for p in links] == [box.path("elsewhere/victim.txt")]
    assert os.path.exists(box.path("E/z.txt"))


def test_symlinked_target_folder(box):
    """A target folder that is a symlink into the source makes no endless loop, and
    loses nothing."""
    box.put("D/a.txt", "a")
    box.put("D/b.txt", "b")
    os.symlink("D", box.path("E"))
    there = box.bytes_there()
    box.conf("rules: [{name: m, locations: ~/D, actions: [{move: ~/E/}]}]\n")
    box.ok("run", rc=(0, 3))
    assert box.bytes_there() >= there
    assert os.readlink(box.path("E")) == "D"


def test_location_is_a_file(box):
    """A location that is a file: told or handled as one file (organize does), no crash."""
    box.put("D/a.jpg", "a")
    box.put("D/b.jpg", "b")
    box.conf("rules: [{name: m, locations: ~/D/a.jpg, actions: [{move: ~/E/}]}]\n")
    r = box.ok("run", rc=(0, 1, 3))
    assert r.rc == 0 or box.path("D/a.jpg") in r.err
    assert "D/b.jpg" in box.files()


# What changes between plan and act.


def saved(box, conf):
    box.conf(conf)
    plan = os.path.join(box.top, "saved.plan")
    box.ok("plan", "--save", plan)
    return plan


@pytest.mark.parametrize("how", ["other file", "other content", "symlink", "folder", "fifo", "gone"])
def test_source_replaced_between_plan_and_act(box, how):
    """What is no longer the file that was planned is left and told; the rest is done; 3."""
    box.put("D/a.txt", "planned")
    box.put("D/b.txt", "other")
    box.put("secret/key.txt", "secret")
    plan = saved(box, "rules: [{name: m, locations: ~/D, actions: [{move: ~/E/}]}]\n")
    a = box.path("D/a.txt")
    if how == "other content":
        with open(a, "a") as f:
            f.write(" and more")
    else:
        os.unlink(a)
    if how == "other file":
        box.put("D/a.txt", "another")
    elif how == "symlink":
        os.symlink(box.path("secret/key.txt"), a)
    elif how == "folder":
        box.put("D/a.txt/inside.txt", "inside")
    elif how == "fifo":
        os.mkfifo(a)
    before = box.tree(box.path("D"))
    ops, total = box.ops("apply", plan, rc=3)
    bad = [o for o in ops if o["from"] == a]
    assert len(bad) == 1 and bad[0]["state"] in ("skipped", "failed") and bad[0]["error"]
    assert box.files("E") == ["b.txt"]
    before.pop(b"b.txt")
    same(before, box.tree(box.path("D")))
    assert box.read("secret/key.txt") == b"secret"


def test_target_taken_between_plan_and_act(box):
    """A target that is taken meanwhile is never overwritten."""
    box.put("D/a.txt", "mine")
    plan = saved(box, "rules: [{name: m, locations: ~/D, actions: [{move: ~/E/}]}]\n")
    box.put("E/a.txt", "stranger")
    box.ok("apply", plan, rc=(0, 3))
    assert box.read("E/a.txt") == b"stranger"
    rest = [n for n in box.files() if n != "E/a.txt"]
    assert len(rest) == 1 and box.read(rest[0]) == b"mine"


def test_symlink_swapped_in_for_the_source_folder(box):
    """A folder that became a symlink after the plan is not followed."""
    box.put("D/sub/a.txt", "mine")
    box.put("victim/a.txt", "theirs")
    plan = saved(box, "rules: [{name: m, locations: {path: ~/D, max_depth: null}, "
                      "actions: [{move: ~/E/}]}]\n")
    os.rename(box.path("D/sub"), box.path("away"))
    os.symlink(box.path("victim"), box.path("D/sub"))
    r = box.ok("apply", plan, rc=(1, 3))
    assert box.path("D/sub") in r.err
    assert box.files("victim") == ["a.txt"] and box.read("victim/a.txt") == b"theirs"
    assert box.read("away/a.txt") == b"mine"


def test_symlink_of_a_stranger_swapped_in_for_the_target_folder(box):
    """Another user's symlink in the place of the target leads nothing elsewhere."""
    if not is_root():
        pytest.skip("only root can make another user's symlink")
    box.put("D/a.txt", "mine")
    box.mkdir("victim")
    box.mkdir("E")
    plan = saved(box, "rules: [{name: m, locations: ~/D, actions: [{move: ~/E/}]}]\n")
    os.rename(box.path("E"), box.path("away"))
    os.symlink(box.path("victim"), box.path("E"))
    os.lchown(box.path("E"), 65534, 65534)
    r = box.ok("apply", plan, rc=(1, 3))
    assert box.path("E") in r.err or box.path("D/a.txt") in r.err
    assert box.files("victim") == []
    assert box.read("D/a.txt") == b"mine"


def test_symlink_swapped_in_while_we_work(box):
    """A folder that turns into a symlink and back while fettle works never leads it out."""
    for i in range(400):
        box.put("D/sub/%d.txt" % i, "file %d" % i)
    for i in range(0, 400, 3):
        box.put("victim/%d.txt" % i, "victim %d" % i)
    victim = box.tree(box.path("victim"))
    there = box.bytes_there()
    box.conf("guard: {max_share: off}\nrules: [{name: m, locations: ~/D, subfolders: true, "
             "actions: [{move: ~/E/}]}]\n")
    stop = threading.Event()
    sub, aside, link = box.path("D/sub"), box.path("aside"), box.path("link")
    os.symlink(box.path("victim"), link)

    def swap():
        while not stop.is_set():
            os.rename(sub, aside)
            os.rename(link, sub)
            os.rename(sub, link)
            os.rename(aside, sub)

    t = threading.Thread(target=swap)
    t.start()
    try:
        for _ in range(4):
            box.ok("run", rc=(0, 1, 3))
    finally:
        stop.set()
        t.join()
    same(victim, box.tree(box.path("victim")))
    assert box.bytes_there() >= there
    assert not any(box.read("E/" + n).startswith(b"victim") for n in box.files("E"))


# Two at once, and ends.

SLOW = [*STRACE, "-o", "/dev/null", "-e", "trace=renameat2",
        "-e", "inject=renameat2:delay_enter=%d"]


def slowed(box, micros, *args, **kw):
    """fettle ARGS with each rename delayed; it holds the lock when this returns."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not there to slow a run down")
    p = box.start(*args, prefix=SLOW[:-1] + [SLOW[-1] % micros],
                  env={"ASAN_OPTIONS": box.env["ASAN_OPTIONS"] + ":detect_leaks=0"}, **kw)
    assert wait_for(box.lock_held, p), p.communicate()
    return p


def many(box, n=60):
    for i in range(n):
        box.put("D/%d.jpg" % i, "picture %d" % i)
    box.conf("guard: {max_share: off}\n"
             "rules: [{name: sorter, locations: ~/D, actions: [{sort: by-type}]}]\n")


def test_two_at_once(box):
    """A second run exits 11 and names who holds the lock; looking is answered meanwhile;
    --wait waits."""
    many(box)
    first = slowed(box, 50000, "run")
    r = box.run("run")
    busy = first.poll() is None
    looks = [box.run("runs"), box.run("status"), box.run("where", "1.jpg"), box.run("plan")]
    still = first.poll() is None
    second = box.start("run", "--wait")
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    out2, err2 = second.communicate(timeout=120)
    assert second.returncode == 0, err2
    assert busy and r.rc == 11, (busy, r)
    assert "run" in r.err and any(c.isdigit() for c in r.err), r.err
    assert still and all(x.rc in (0, 1) for x in looks), looks
    assert len(box.files("D/Images")) == 60
    assert b"nothing to do" in out2


def test_two_users_of_one_folder(box, tmp_path):
    """Two fettles with states of their own over one folder lose nothing, and each
    file is moved once."""
    many(box, 120)
    there = box.bytes_there()
    other = {"XDG_STATE_HOME": str(tmp_path / "state2"), "XDG_CACHE_HOME": str(tmp_path / "cache2")}
    a = box.start("run")
    b = box.start("run", env=other)
    ra, rb = a.communicate(timeout=120), b.communicate(timeout=120)
    assert a.returncode in (0, 1, 3, 11) and b.returncode in (0, 1, 3, 11), (ra, rb)
    box.ok("run", rc=(0, 3))
    assert box.bytes_there() >= there
    assert len(box.files("D")) == 120


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
def test_interrupted(box, sig):
    """A signal ends a run soon and whole: 130; undo takes back what was done, a run
    finishes the rest."""
    many(box, 200)
    before = box.tree()
    p = slowed(box, 20000, "run")
    wait_for(lambda: os.path.isdir(box.path("D/Images")) and os.listdir(box.path("D/Images")), p)
    kids = subprocess.run(["pgrep", "-P", str(p.pid)], capture_output=True, text=True).stdout.split()
    for k in kids:
        os.kill(int(k), sig)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 130, (p.returncode, err)
    done = len(os.listdir(box.path("D/Images")))
    assert 0 < done < 200
    assert len(box.files("D")) == 200
    box.ok("undo")
    same(before, box.tree())
    box.ok("run", "--again")
    assert len(box.files("D/Images")) == 200


def test_killed(box):
    """kill -9 in the middle: the next start tidies up, nothing is lost, undo works."""
    many(box, 200)
    before = box.tree()
    p = slowed(box, 20000, "run")
    wait_for(lambda: os.path.isdir(box.path("D/Images")) and os.listdir(box.path("D/Images")), p)
    for k in subprocess.run(["pgrep", "-P", str(p.pid)], capture_output=True, text=True).stdout.split():
        os.kill(int(k), signal.SIGKILL)
    p.communicate(timeout=60)
    assert len(box.files("D")) == 200
    box.ok("undo", rc=(0, 3))
    same(before, box.tree())


def test_closed_standard_streams(box):
    """Closed stdin, stdout and stderr hit no file of the user."""
    box.put("D/a.jpg", "a")
    box.conf(SORT)
    subprocess.run(["sh", "-c", 'exec "$0" run <&- >&- 2>&-', box.fettle], env=box.env,
                   cwd=box.home, timeout=60)
    assert box.files("D") == ["Images/a.jpg"] and box.read("D/Images/a.jpg") == b"a"


def test_output_that_is_full(box):
    """Results that cannot be written are no success; the files are handled all the same."""
    box.put("D/a.jpg", "a")
    box.conf(SORT)
    with open("/dev/full", "w") as full:
        p = subprocess.run([box.fettle, "run"], env=box.env, cwd=box.home, stdout=full,
                           stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60)
    assert p.returncode != 0
    assert box.files("D") == ["Images/a.jpg"]


# Things that are no files, and files that move.


def test_special_files(box):
    """A fifo and a socket are left alone and stop nothing."""
    box.put("D/a.jpg", "a")
    os.mkfifo(box.path("D/pipe.jpg"))
    s = socket.socket(socket.AF_UNIX)
    os.chdir(box.path("D"))		# a socket's path is short
    s.bind("sock.jpg")
    os.chdir("/")
    box.conf("rules: [{name: s, locations: ~/D, actions: [{sort: by-type}]}]\n"
             "archives: [{name: a, locations: ~/D, older_than: 0 s, to: ~/A}]\n")
    box.run("run", timeout=60)
    assert stat.S_ISFIFO(os.lstat(box.path("D/pipe.jpg")).st_mode)
    assert stat.S_ISSOCK(os.lstat(box.path("D/sock.jpg")).st_mode)
    s.close()


def test_open_writer(box):
    """A file that somebody writes is skipped and told; it goes when he is done."""
    path = box.put("D/film.mp4", "first part")
    box.put("D/a.jpg", "a")
    box.conf(SORT)
    with open(path, "ab") as writer:
        ops, _ = box.ops("run", rc=(0, 3))
        mine = [o for o in ops if o["from"] == path]
        assert len(mine) == 1 and mine[0]["state"] == "skipped"
        assert "still being written" in mine[0]["error"]
        assert box.files("D") == ["Images/a.jpg", "film.mp4"]
        writer.write(b", second part")
    box.ok("run")
    assert box.read("D/Videos/film.mp4") == b"first part, second part"


@pytest.mark.parametrize("kind", ["archives", "bundle", "trash", "delete"])
def test_open_writer_everywhere(box, kind):
    """The same for archives and for what would be thrown away."""
    path = box.put("D/a.txt", "part one", age=40)
    box.conf({
        "archives": "archives: [{name: a, locations: ~/D, older_than: 30 days, to: ~/A}]\n",
        "bundle": "archives: [{name: a, locations: ~/D, older_than: 30 days, to: ~/A, "
                  "bundle: tar.zst}]\n",
        "trash": "rules: [{name: d, locations: ~/D, actions: [trash]}]\n",
        "delete": "rules: [{name: d, locations: ~/D, actions: [delete]}]\n",
    }[kind])
    with open(path, "ab"):
        r = box.run("run")
        assert r.rc in (0, 3)
        assert box.read("D/a.txt") == b"part one"
        assert "still being written" in r.out + r.err


def test_growing_file(box):
    """A file that grows all the time is never cut: all that was written is there."""
    path = box.put("D/grow.mp4", "")
    box.conf("rules:\n  - {name: c, locations: ~/D, actions: [{copy: ~/C/}]}\n"
             "  - {name: m, locations: ~/D, actions: [{move: ~/E/}]}\n")
    stop = threading.Event()
    written = [0]

    def grow():
        with open(path, "ab", buffering=0) as f:
            while not stop.is_set():
                f.write(b"%08d\n" % written[0])
                written[0] += 1

    t = threading.Thread(target=grow)
    t.start()
    try:
        r = box.ok("run", rc=(0, 3))
        assert "still being written" in r.out + r.err
    finally:
        stop.set()
        t.join()
    box.ok("run")
    want = b"".join(b"%08d\n" % i for i in range(written[0]))
    assert box.read("E/grow.mp4") == want and box.read("C/grow.mp4") == want


# Many, and the clock.


def crowd(box, n):
    os.makedirs(box.path("D"))
    fd = os.open(box.path("D"), os.O_RDONLY)
    for i in range(n):
        os.close(os.open("file %07d.%s" % (i, "jpg" if i % 2 else "pdf"),
                         os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=fd))
    os.close(fd)
    box.conf("guard: {max_moves: off, max_share: off}\n"
             "rules: [{name: sorter, locations: ~/D, actions: [{sort: by-type}]}]\n")


def crowd_is_sorted(box, n):
    box.ok("run", timeout=900)
    assert len(os.listdir(box.path("D/Images"))) == n // 2
    assert len(os.listdir(box.path("D/Documents"))) == n - n // 2
    assert sorted(os.listdir(box.path("D"))) == ["Documents", "Images"]
    r = box.ok("run", timeout=900)
    assert "nothing to do" in r.out
    box.ok("undo", timeout=900)
    assert len(os.listdir(box.path("D"))) == n


def test_50000_files_in_one_folder(box):
    """Many files: sorted, nothing to do again, taken back."""
    crowd(box, 50000)
    crowd_is_sorted(box, 50000)


PEAK = """
import resource, subprocess, sys, time
t = time.monotonic()
rc = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, int(time.monotonic() - t))
sys.exit(rc)
"""


def peak(box, *words):
    """Exit 0, and the MiB and seconds that it took; asked by a small process, for a child
    begins with its parent's peak."""
    p = subprocess.run(["python3", "-c", PEAK, *box.command(words)], env=box.env, cwd=box.home,
                       capture_output=True, text=True)
    assert p.returncode == 0, p.stderr
    return [int(n) for n in p.stdout.split()[-2:]]


@pytest.mark.slow
def test_memory_of_a_million(box):
    """Sorting a million files and taking it back need less than 192 MiB, and where answers
    in seconds right behind each."""
    with open(box.fettle, "rb") as f:
        if b"__asan_init" in f.read():
            pytest.skip("a sanitizer needs more")
    crowd(box, 1000000)
    for words in (["run", "-q"], ["undo", "-q"]):
        assert peak(box, *words)[0] < 192, words
        mib, seconds = peak(box, "where", "file 0012345.jpg")
        assert mib < 64 and seconds < 10


@pytest.mark.slow
def test_1000000_files_in_one_folder(box):
    """A million."""
    crowd(box, 1000000)
    crowd_is_sorted(box, 1000000)


@pytest.mark.parametrize("when", ["2038-01-19 03:14:00", "1971-01-01 00:00:00",
                                  "2026-10-25 02:59:59", "+4000d", "-4000d"])
def test_clock_that_jumps(box, when):
    """A clock far off: the work is done, recorded and taken back; then it is right again."""
    box.put("D/a.jpg", "a")
    box.put("F/b.txt", "b")
    before = box.tree()
    box.conf(SORT)
    r = box.at(when, "run")
    assert r.rc == 0, r
    assert box.files("D") == ["Images/a.jpg"]
    assert box.newest_run() == 1
    box.ok("undo")
    same(before, box.tree())


def test_clock_that_jumps_and_retention(box):
    """Copies made with a clock far ahead and far back take nothing with them: the
    newest and the number that was asked for stay."""
    box.put("D/a.txt", "one")
    box.conf("backups: [{name: b, paths: ~/D, copies: {path: ~/B}, keep: {daily: 3}}]\n")
    box.ok("run")
    box.put("D/a.txt", "two")
    assert box.at("+4000d", "run").rc == 0
    box.put("D/a.txt", "three")
    box.ok("run", rc=(0, 1, 3))		# it may say that the clock was wrong
    contents = {box.read("B/" + n) for n in box.files("B") if n.endswith("a.txt")}
    assert {b"one", b"two", b"three"} <= contents or {b"two", b"three"} <= contents
    assert b"three" in contents, "the backup itself must go on"
    box.ok("-b", "b", "check")


def test_clock_ahead_does_not_age(box):
    """By mtime alone an archive with the clock ahead moves, and undo brings it back."""
    box.put("D/a.txt", "one")
    before = box.tree()
    box.conf("archives: [{name: a, locations: ~/D, older_than: 30 days, to: ~/A}]\n")
    box.ok("run")
    assert box.files("D") == ["a.txt"]
    assert box.at("+40d", "run").rc == 0
    assert box.files("D") == []
    box.ok("undo")
    assert not difference(before, {k: v for k, v in box.tree().items() if k[:1] != b"A"})
