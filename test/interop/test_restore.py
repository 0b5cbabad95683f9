"""Restores by us and by restic of the same snapshots: the same files, to the last byte and attribute; and what restic
0.14 has not (overwrite modes, delete, sparse, verify), by what restic's manual says of it."""
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from box import STRACE, can_mount, is_root, needs_root_reason   # noqa: E402
from test_backup import AWKWARD, odd_types, odd_xattrs, put, rand   # noqa: E402
from both import DRIVE, FETTLE, RESTIC, World, describe   # noqa: E402

pytestmark = pytest.mark.skipif(RESTIC is None or not os.access(DRIVE, os.X_OK),
                                reason="needs restic and backup-drive")
KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture
def w():
    d = tempfile.mkdtemp(prefix="fettle-restore.")
    yield World(d)
    subprocess.run(["chmod", "-R", "u+rwx", d], capture_output=True)
    shutil.rmtree(d, ignore_errors=True)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def back(w, *args, to="out", what="latest", rc=0, **more):
    """Restore what is below w.src to w.top/to: its path there."""
    top = os.path.join(w.top, to)
    w.out = w.fettle("restore", what + ":" + w.src, "--target", top, *args, rc=rc, **more)
    return top


def items(w, *args, **more):
    """The same, and what became of each name."""
    top = back(w, *args, "--json", "-v", **more)
    lines = [json.loads(x) for x in w.out.splitlines()]
    return top, {m["item"][len(w.src) + 1:]: m["action"] for m in lines if m["message_type"] == "verbose_status"}


# ------------------------------------------------------------------ the same as restic

@pytest.mark.parametrize("make", AWKWARD, ids=[f.__name__ for f in AWKWARD])
def test_awkward_trees(w, make):
    make(w.src + "/t")
    w.restic_backup(w.src)
    w.restic("restore", "latest", "--target", w.top + "/theirs")
    w.fettle("restore", "latest", "--target", w.top + "/ours", "--verify")
    assert describe(w.top + "/ours") == describe(w.top + "/theirs")
    assert describe(w.top + "/ours" + w.src) == describe(w.src)
    # Once more onto it: nothing differs, nothing is written.
    before = describe(w.top + "/ours")
    w.fettle("restore", "latest", "--target", w.top + "/ours")
    assert describe(w.top + "/ours") == before


@pytest.mark.parametrize("make", AWKWARD, ids=[f.__name__ for f in AWKWARD])
def test_awkward_trees_of_ours(w, make):
    make(w.src + "/t")
    w.drive("--", w.src)
    w.restic("restore", "latest", "--target", w.top + "/theirs")
    w.fettle("restore", "latest", "--target", w.top + "/ours", "--sparse")
    assert describe(w.top + "/ours") == describe(w.top + "/theirs")


def test_a_tree_of_many_sizes(w):
    """Windows, parts, files in pieces over several packs, pieces that many files share."""
    r = random.Random(7)
    same = r.randbytes(3 * MIB)
    for i in range(1500):
        n = r.choice((0, 1, 100, 4096, 20000, 300000)) if i % 100 else r.randrange(12 * MIB)
        put(w.src + "/d%d/e%d/f%d" % (i % 7, i % 31, i), r.randbytes(n))
    for i in range(20):
        put(w.src + "/same%d/f" % i, same)
    w.restic_backup(w.src)
    out = back(w, "--verify")
    assert describe(out) == describe(w.src)


def test_includes_and_excludes(w):
    for p in ("a/x.tmp", "a/keep.txt", "a/Sub/x.TMP", "a/Sub/y.c", "b/node_modules/m/f", "b/f.c", "c/.git/HEAD", "c/[1]", "c/1",
              "d/e/f/g/h.c", "d/big", "d/e/.hid"):
        put(w.src + "/" + p, p.encode())
    os.mkdir(w.src + "/empty")
    os.utime(w.src + "/d", (1, 1))
    w.restic_backup(".", cwd=w.src)
    cases = [["--include", p] for p in ("a", "/a", "*.c", "/d/e", "/d/**/h.c", "/*/Sub", "a/Sub", "**/g", "/", "nothing", "/c/[[]1]",
                                        "f*", "/b/f.c", "/d/big/", "empty", "/a/Sub/../keep.txt")]
    cases += [["--iinclude", "*.TMP"], ["--iinclude", "SUB"], ["--include", "*.c", "--include", "!y.c"],
              ["--include", "/a", "--include", "/b"], ["--include", "/a", "--iinclude", "*.C"],
              ["--include", "/d", "--include", "!/d/e"]]
    cases += [["--exclude", p] for p in ("a", "/a", "*.c", "/d/e", "/d/**/h.c", "node_modules", "/", "nothing", "/c/*")]
    cases += [["--iexclude", "*.tmp"], ["--exclude", "*.c", "--exclude", "!y.c"], ["--exclude", "/a", "--iexclude", "BIG"]]
    for i, args in enumerate(cases):
        w.restic("restore", "latest", "--target", w.top + "/t%d" % i, *args)
        w.fettle("restore", "latest", "--target", w.top + "/o%d" % i, *args)
        # restic makes no target if nothing is in it.
        theirs = describe(w.top + "/t%d" % i) if os.path.isdir(w.top + "/t%d" % i) else {}
        assert describe(w.top + "/o%d" % i) == theirs, args
    w.fettle("restore", "latest", "--target", w.top + "/no", "--include", "[", rc=2)
    assert not os.path.exists(w.top + "/no")


def test_a_snapshot_s_folder(w):
    put(w.src + "/a/b/f", b"1")
    put(w.src + "/a/g", b"2")
    w.restic_backup(w.src)
    w.fettle("restore", "latest:" + w.src + "/a", "--target", w.top + "/o", "--include", "/b")
    assert set(describe(w.top + "/o")) == {b"/b", b"/b/f"}
    w.fettle("restore", "latest:/nowhere", "--target", w.top + "/o2", rc=1)


# ------------------------------------------------------------------ onto what is there

def test_overwrite(w):
    for name in ("same", "older", "newer", "size", "absent"):
        put(w.src + "/" + name, name.encode() * 9, 10**18)
    w.restic_backup(w.src)
    want = describe(w.src)

    def lay():
        out = w.top + "/out"
        shutil.rmtree(out, ignore_errors=True)
        os.mkdir(out)
        put(out + "/same", b"X" * 36, 10**18)           # believed by if-changed
        put(out + "/older", b"older there", 10**18 - 1)
        put(out + "/newer", b"newer there", 10**18 + 1)
        put(out + "/size", b"s", 10**18)
        return describe(out)

    lay()
    out = back(w)
    assert describe(out) == want
    lay()
    back(w, "--overwrite", "if-changed")
    assert read(out + "/same") == b"X" * 36
    assert {k: v for k, v in describe(out).items() if k != b"/same"} == {k: v for k, v in want.items() if k != b"/same"}
    had = lay()
    back(w, "--overwrite", "if-newer")
    now = describe(out)
    assert now[b"/older"] == want[b"/older"] and now[b"/absent"] == want[b"/absent"]
    assert all(now[k] == had[k] for k in (b"/same", b"/newer", b"/size"))
    had = lay()
    back(w, "--overwrite", "never")
    now = describe(out)
    assert now.pop(b"/absent") == want[b"/absent"] and now == had
    w.fettle("restore", "latest", "--target", out, "--overwrite", "perhaps", rc=2)


def test_only_what_differs_is_written(w):
    """Of a large file one piece is changed: it is repaired in place."""
    data = rand(20 * MIB)
    put(w.src + "/big", data)
    put(w.src + "/small", b"small")
    w.restic_backup(w.src)
    out, _ = items(w)
    ino = os.stat(out + "/big").st_ino
    with open(out + "/big", "r+b") as f:
        f.seek(11 * MIB)
        f.write(b"changed")
    trace = w.top + "/trace"
    w.fettle("restore", "latest:" + w.src, "--target", out, wrap=[*STRACE, "-e", "trace=pwrite64", "-o", trace])
    written = sum(int(line.rsplit("= ", 1)[1]) for line in read(trace).decode().splitlines() if "= " in line)
    assert 0 < written <= 8 * MIB, "more than the piece that differs"
    assert read(out + "/big") == data and os.stat(out + "/big").st_ino == ino
    # Cut short, or too long.
    os.truncate(out + "/big", 5 * MIB + 3)
    assert items(w)[1]["big"] == "updated" and read(out + "/big") == data
    with open(out + "/big", "ab") as f:
        f.write(b"tail")
    out, what = items(w)
    assert what["big"] == "updated" and what["small"] == "unchanged" and read(out + "/big") == data
    assert os.stat(out + "/big").st_ino == ino
    assert describe(out) == describe(w.src)


def test_kinds_that_differ(w):
    """A file where a folder was, and so on: replaced, but for folders with something in them."""
    put(w.src + "/file", b"f")
    put(w.src + "/dir/in", b"i")
    put(w.src + "/large", rand(3 * MIB))
    os.symlink("target", w.src + "/link")
    os.mkfifo(w.src + "/fifo")
    w.restic_backup(w.src)
    out = w.top + "/out"
    os.mkdir(out)
    os.mkdir(out + "/file")
    os.symlink("/etc", out + "/dir")
    os.mkfifo(out + "/large")
    put(out + "/link", b"was a file")
    put(out + "/fifo/kept", b"in the way")
    back(w, rc=3)
    assert "fifo" in w.err and read(out + "/fifo/kept") == b"in the way"
    now, want = describe(out), describe(w.src)
    for d in (now, want):
        for k in [k for k in d if k.startswith(b"/fifo")]:
            del d[k]
    assert now == want
    assert not os.path.exists("/etc/in")
    back(w, "--delete")
    assert describe(out) == describe(w.src)


def test_never_leaves_everything(w):
    put(w.src + "/dir/in", b"i")
    put(w.src + "/d2/f", b"new")
    os.symlink("a", w.src + "/l")
    os.utime(w.src + "/dir", (5, 5))
    w.restic_backup(w.src)
    out = w.top + "/out"
    os.mkdir(out)
    os.symlink("/etc", out + "/dir")
    os.symlink("b", out + "/l")
    put(out + "/d2/other", b"o")
    os.chmod(out + "/d2", 0o751)
    back(w, "--overwrite", "never", rc=3)
    assert os.readlink(out + "/dir") == "/etc" and os.readlink(out + "/l") == "b" and not os.path.exists("/etc/in")
    assert read(out + "/d2/f") == b"new" and read(out + "/d2/other") == b"o"
    assert stat.S_IMODE(os.stat(out + "/d2").st_mode) == 0o751


def test_hard_links_onto_what_is_there(w):
    odd_types(w.src + "/t")
    w.restic_backup(w.src)
    out = back(w)
    os.remove(out + "/t/two")
    put(out + "/t/two", b"its own now")
    os.remove(out + "/t/other/three")
    back(w)
    assert describe(out) == describe(w.src)
    # A link to a file outside is broken, not written through.
    put(w.top + "/outside", b"precious")
    for name in ("/t/one", "/t/empty", "/t/biglink"):
        os.remove(out + name)
        os.link(w.top + "/outside", out + name)
    back(w)
    assert read(w.top + "/outside") == b"precious" and os.stat(w.top + "/outside").st_nlink == 1
    assert describe(out) == describe(w.src)


def test_never_and_hard_links(w):
    """What is left alone under one name does not become the other."""
    put(w.src + "/a", b"snapshot")
    os.link(w.src + "/a", w.src + "/b")
    os.link(w.src + "/a", w.src + "/c")
    w.restic_backup(w.src)
    out = w.top + "/out"
    put(out + "/a", b"mine")
    back(w, "--overwrite", "never")
    assert read(out + "/a") == b"mine" and read(out + "/b") == read(out + "/c") == b"snapshot"
    assert os.stat(out + "/b").st_ino == os.stat(out + "/c").st_ino


def test_extra_attributes_go(w):
    odd_xattrs(w.src + "/t")
    w.restic_backup(w.src)
    out = back(w)
    os.setxattr(out + "/t/x", "user.more", b"1")
    os.removexattr(out + "/t/x", "user.a")
    os.setxattr(out + "/t/d", "user.more", b"1")
    put(out + "/t/many", b"other")
    acl = bytes.fromhex("02000000" "01000600ffffffff" "02000700feff0000" "04000400ffffffff" "10000700ffffffff" "20000000ffffffff")
    os.setxattr(out + "/t/large", "system.posix_acl_access", acl)
    back(w)
    assert describe(out) == describe(w.src)


def test_an_inherited_acl_goes(w):
    put(w.src + "/d/f", b"1")
    put(w.src + "/g", rand(2 * MIB))
    w.restic_backup(w.src)
    out = w.top + "/out"
    os.mkdir(out)
    acl = bytes.fromhex("02000000" "01000700ffffffff" "02000700feff0000" "04000500ffffffff" "10000700ffffffff" "20000500ffffffff")
    try:
        os.setxattr(out, "system.posix_acl_default", acl)
    except OSError:
        pytest.skip("no ACLs here")
    back(w)
    assert describe(out) == describe(w.src)


# ------------------------------------------------------------------ delete

def test_delete(w):
    for p in ("a/f", "a/g", "b/h", "c"):
        put(w.src + "/" + p, p.encode())
    os.mkdir(w.src + "/empty")
    w.restic_backup(w.src)
    out = back(w)
    put(out + "/a/more", b"1")
    put(out + "/b/deep/er/file", b"2")
    os.chmod(out + "/b/deep/er", 0o500)
    put(out + "/empty/x", b"3")
    os.symlink("/etc", out + "/link")
    put(w.top + "/safe/f", b"safe")
    os.symlink(w.top + "/safe", out + "/a/out")
    back(w)
    assert os.path.exists(out + "/a/more"), "without --delete nothing goes"
    _, what = items(w, "--delete", "--dry-run")
    assert os.path.exists(out + "/a/more")
    gone = {k for k, v in what.items() if v == "deleted"}
    assert gone == {"a/more", "b/deep", "empty/x", "link", "a/out"}
    back(w, "--delete")
    assert describe(out) == describe(w.src)
    assert read(w.top + "/safe/f") == b"safe" and os.path.exists("/etc/passwd")


def test_folders_on_the_way_are_counted(w):
    """A folder that is made only for what is in it belongs to the whole: never "4 of 1"."""
    put(w.src + "/a/b/f", b"1")
    w.restic_backup(".", cwd=w.src)
    for more in (["--dry-run"], []):
        end = w.fettle("restore", "latest", "--target", w.top + "/o", "--include", "f", *more)
        assert "3 of 3 files and folders" in str(end), end


def test_delete_only_what_is_included(w):
    for p in ("a/f", "b/f"):
        put(w.src + "/" + p, p.encode())
    w.restic_backup(w.src)
    out = back(w)
    put(out + "/a/more", b"1")
    put(out + "/b/more", b"1")
    put(out + "/more", b"1")
    back(w, "--delete", "--include", "/a")
    assert not os.path.exists(out + "/a/more") and os.path.exists(out + "/b/more") and os.path.exists(out + "/more")
    put(out + "/a/more", b"1")
    back(w, "--delete", "--exclude", "more")
    assert os.path.exists(out + "/a/more") and os.path.exists(out + "/more")
    w.fettle("restore", "latest", "--target", "/", "--delete", rc=2)


# ------------------------------------------------------------------ sparse, verify, dry runs

def used(path):
    return os.stat(path).st_blocks * 512


def test_sparse(w):
    with open(w.src + "/hole", "wb") as f:
        f.truncate(30 * MIB)
        f.seek(12 * MIB + 5)
        f.write(rand(100000))
    put(w.src + "/zero", bytes(300000))
    put(w.src + "/tail", b"x" + bytes(5 * MIB))
    w.restic_backup(w.src)
    out = back(w, "--sparse")
    assert describe(out) == describe(w.src)
    assert used(out + "/hole") <= 200 * KIB and used(out + "/zero") == 0 and used(out + "/tail") <= 8 * KIB
    # Onto a file that is full: its zeroes become holes.
    put(out + "/hole", b"\xff" * 30 * MIB)
    put(out + "/zero", b"\xff" * 300000)
    back(w, "--sparse")
    assert describe(out) == describe(w.src)
    assert used(out + "/hole") <= 200 * KIB and used(out + "/zero") <= 4 * KIB
    out = back(w, to="full")
    assert used(out + "/hole") >= 30 * MIB


def test_verify(w, liar):
    """What the disk does not keep is told, and nothing else."""
    put(w.src + "/f", rand(5000))
    put(w.src + "/big", rand(5 * MIB))
    put(w.src + "/mid", rand(90000))
    w.restic_backup(w.src)
    out = back(w, "--verify", "--json")
    assert describe(out) == describe(w.src)
    w.env.update(LD_PRELOAD=liar, LIAR_DIR=w.top + "/lies", LIAR_MIN="100000",
                 ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
    back(w, to="lies")
    assert w.err == ""
    back(w, "--verify", to="honest")
    w.env["LIAR_DIR"] = w.top + "/lies3"
    back(w, "--verify", to="lies3", rc=3)
    assert "/big: " in w.err and "/f: " not in w.err and "/mid: " not in w.err


def test_dry_run(w):
    put(w.src + "/a/f", b"1" * 1000)
    put(w.src + "/big", rand(3 * MIB))
    os.symlink("x", w.src + "/l")
    w.restic_backup(w.src)
    out, what = items(w, "--dry-run")
    assert not os.path.exists(out)
    assert what == {"a": "restored", "a/f": "restored", "big": "restored", "l": "restored"}
    back(w)
    put(out + "/a/f", b"2" * 1000)
    with open(out + "/big", "r+b") as f:
        f.write(b"no")
    before = describe(out)
    _, what = items(w, "--dry-run")
    assert what["a/f"] == what["big"] == "updated" and describe(out) == before


# ------------------------------------------------------------------ damage

def flip(path, at):
    os.chmod(path, 0o600)
    with open(path, "r+b") as f:
        f.seek(at)
        c = f.read(1)
        f.seek(at)
        f.write(bytes([c[0] ^ 1]))


def packs(w):
    return sorted(os.path.join(d, n) for d, _, names in os.walk(w.repo + "/data") for n in names)


def test_damage_costs_what_it_hits(w):
    names = []
    for i in range(60):
        names.append("file%02d" % i)
        put(w.src + "/" + names[-1], rand(600 * KIB, i))
    w.restic_backup(w.src)
    hit = max(packs(w), key=os.path.getsize)
    flip(hit, 4 * MIB)
    out = back(w, rc=3)
    lost = [n for n in names if n in w.err]
    # 600 KiB are one or two pieces.
    assert len(lost) == 1, w.err
    for n in names:
        if n not in lost:
            assert read(out + "/" + n) == read(w.src + "/" + n)
    if os.path.exists(out + "/" + lost[0]):
        assert os.stat(out + "/" + lost[0]).st_mtime_ns != os.stat(w.src + "/" + lost[0]).st_mtime_ns
    assert not [n for n in os.listdir(out) if n.startswith(".fettle-")]


def test_a_pack_that_is_gone(w):
    for i in range(40):
        put(w.src + "/file%02d" % i, rand(1 * MIB, i))
    w.restic_backup(w.src)
    big = [p for p in packs(w) if os.path.getsize(p) > MIB]
    os.remove(big[0])
    out = back(w, rc=3)
    good = bad = 0
    for i in range(40):
        n = "file%02d" % i
        if os.path.exists(out + "/" + n) and read(out + "/" + n) == read(w.src + "/" + n):
            good += 1
            assert n not in w.err
        else:
            bad += 1
            assert n in w.err
    assert good > 0 and bad > 0


def test_a_copy_elsewhere_is_found(w):
    """A piece that lies in two packs is had from the other."""
    data = rand(400 * KIB)
    put(w.src + "/f", data)
    w.restic_backup(w.src)
    first = set(packs(w))
    # A second repository's packs with the same key: the same blob in another pack.
    hide = w.top + "/index"
    shutil.move(w.repo + "/index", hide)
    os.mkdir(w.repo + "/index")
    for n in ("snapshots",):
        for s in os.listdir(w.repo + "/" + n):
            os.remove(w.repo + "/" + n + "/" + s)
    w.restic_backup("--force", w.src)
    for n in os.listdir(hide):
        shutil.move(hide + "/" + n, w.repo + "/index/" + n)
    second = [p for p in packs(w) if p not in first]
    assert second
    for group in (sorted(first), second):
        hit = max(group, key=os.path.getsize)
        flip(hit, 100 * KIB)
        out = back(w, to="out" + os.path.basename(hit)[:4])
        assert read(out + "/f") == data
        flip(hit, 100 * KIB)


def test_a_tree_that_is_gone(w):
    put(w.src + "/a/f", b"1")
    put(w.src + "/b/g", b"2")
    s = w.restic_backup(w.src)
    tree = s["tree"]
    for name in w.src.strip("/").split("/") + ["a"]:
        tree = next(n for n in w.tree(tree) if n["name"] == name)["subtree"]
    index = [json.loads(w.restic("cat", "index", i.split()[-1])) for i in w.restic("list", "index", "-q").splitlines()]
    pack, blob = next((p["id"], b) for i in index for p in i["packs"] for b in p["blobs"] if b["id"] == tree)
    flip(os.path.join(w.repo, "data", pack[:2], pack), blob["offset"] + 20)
    shutil.rmtree(w.cache, ignore_errors=True)
    out = w.top + "/out"
    put(out + "/a/extra", b"mine")
    put(out + "/b/extra", b"mine")
    back(w, "--delete", rc=3)
    assert "/a" in w.err and read(out + "/b/g") == b"2"
    assert os.path.exists(out + "/a/extra"), "what it should hold is not known"
    assert not os.path.exists(out + "/b/extra")


# ------------------------------------------------------------------ attacks and accidents

def test_symlinks_that_are_there(w):
    for p in ("dir/f", "deep/er/f", "file", "large"):
        put(w.src + "/" + p, rand(2 * MIB) if p == "large" else b"from the snapshot")
    w.restic_backup(w.src)
    for mode in ("always", "if-changed", "if-newer", "never"):
        safe, out = w.top + "/safe-" + mode, w.top + "/out-" + mode
        put(safe + "/f", b"safe")
        put(safe + "/er/f", b"safe")
        put(safe + "/large", b"safe")
        before = describe(safe)
        os.mkdir(out)
        os.symlink(safe, out + "/dir")
        os.symlink("../safe-" + mode, out + "/deep")
        os.symlink(safe + "/f", out + "/file")
        os.symlink(safe + "/large", out + "/large")
        back(w, "--overwrite", mode, to="out-" + mode, rc=3 if mode == "never" else 0)
        assert describe(safe) == before, mode
        if mode in ("always", "if-changed"):
            assert describe(out) == describe(w.src)


def test_symlinks_swapped_in(w):
    """Somebody puts symlinks in the place of folders and files all the time."""
    for i in range(40):
        put(w.src + "/d%d/f" % (i % 4) + str(i), b"from the snapshot")
        put(w.src + "/d%d/big%d" % (i % 4, i), rand(1500 * KIB, i % 3))
    w.restic_backup(w.src)
    safe, out = w.top + "/safe", w.top + "/out"
    for i in range(40):
        put(safe + "/f%d" % i, b"safe")
        put(safe + "/big%d" % i, b"safe")
    before = describe(safe)
    stop = threading.Event()

    def attack():
        r = random.Random(3)
        while not stop.is_set():
            d = out + "/d%d" % r.randrange(4)
            try:
                what = r.randrange(3)
                if what == 0:
                    os.rename(d, d + ".away")
                    os.symlink(safe, d)
                elif what == 1:
                    os.remove(d)
                    os.rename(d + ".away", d)
                elif not os.path.islink(d):     # only we make links of it
                    n = d + "/f%d" % r.randrange(40)
                    os.remove(n)
                    os.symlink(safe + "/" + os.path.basename(n), n)
            except OSError:
                pass

    t = threading.Thread(target=attack)
    t.start()
    try:
        for i in range(6):
            back(w, *(["--delete"] if i % 2 else []), rc=None)
            assert w.rc in (0, 3), w.err
    finally:
        stop.set()
        t.join()
    assert describe(safe) == before


def parts(top):
    return [os.path.join(d, n) for d, _, names in os.walk(top) for n in names if n.startswith(".fettle-")]


def test_stopped_leaves_nothing_half(w):
    """SIGINT: what has its name is whole, nothing hidden is left; once more does the rest."""
    for i in range(30):
        put(w.src + "/d%02d/f" % i, rand(4 * MIB, i))
    w.restic_backup(w.src)
    out = w.top + "/out"
    env = dict(w.env, HOME=w.top)
    for n in (8, 25):
        # Only the thread that walks makes folders, and takes signals.
        r = subprocess.run([*STRACE, "-o", "/dev/null", "-e", "inject=mkdirat:signal=SIGINT:when=%d" % n, FETTLE, "-r", w.repo,
                            "restore", "latest:" + w.src, "--target", out], env=env, capture_output=True, timeout=300)
        assert r.returncode == 130, r.stderr
        assert not parts(out)
        for name in os.listdir(out):
            if os.path.exists(out + "/" + name + "/f"):
                assert read(out + "/" + name + "/f") == read(w.src + "/" + name + "/f")
        shutil.rmtree(out) if n == 8 else None
    back(w, "--overwrite", "never")
    assert {k: v["bytes"] for k, v in describe(out).items() if "bytes" in v} == \
        {k: v["bytes"] for k, v in describe(w.src).items() if "bytes" in v}


def test_killed_and_done_again(w):
    """Killed at any call: restoring again, even leaving alone what is there, makes it whole."""
    for i in range(6):
        put(w.src + "/d/f%02d" % i, rand(2 * MIB, i))
        put(w.src + "/s%02d" % i, b"%d" % i)
    os.link(w.src + "/d/f00", w.src + "/link")
    w.restic_backup(w.src)
    out = w.top + "/out"
    for call, n in (("pwrite64", 4), ("pwrite64", 9), ("renameat2", 1), ("renameat2", 2), ("fchmod", 2), ("linkat", 1), ("syncfs", 1)):
        shutil.rmtree(out, ignore_errors=True)
        r = subprocess.run([*STRACE, "-o", "/dev/null", "-e", "inject=%s:signal=SIGKILL:when=%d" % (call, n), FETTLE, "-r", w.repo,
                            "restore", "latest:" + w.src, "--target", out], env=dict(w.env, HOME=w.top), capture_output=True,
                           timeout=300)
        assert r.returncode != 0, (call, n)
        back(w, "--overwrite", "if-changed")
        assert not parts(out)
        assert describe(out) == describe(w.src), (call, n)


@pytest.mark.skipif(not can_mount(), reason=needs_root_reason("mounts"))
def test_a_full_disk_ends_it(w):
    for i in range(20):
        put(w.src + "/f%02d" % i, rand(1 * MIB, i))
    w.restic_backup(w.src)
    out = w.top + "/out"
    os.mkdir(out)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", out], check=True)
    try:
        back(w, rc=1)
        assert "No space left" in w.err and not parts(out)
        for name in os.listdir(out):
            assert read(out + "/" + name) == read(w.src + "/" + name)
    finally:
        subprocess.run(["umount", out], check=True)


@pytest.mark.skipif(not is_root(), reason="becomes another user")
def test_without_rights(w):
    """Not root: owners and devices cannot be, the rest is; setuid goes with the owner."""
    odd_types(w.src + "/t")
    for name in ("mode7777", "dir7777", "null", "disk", "nobody"):
        p = w.src + "/t/" + name
        os.rmdir(p) if name.startswith("dir") else os.remove(p)
    w.restic_backup(w.src)
    out = w.top + "/out"
    os.mkdir(out)
    for d in (w.top, out):
        os.chown(d, 65534, 65534)
    subprocess.run(["chown", "-R", "65534:65534", w.repo, w.cache], check=True)
    w.fettle("restore", "latest:" + w.src, "--target", out, wrap=["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"])
    now, want = describe(out), describe(w.src)
    for d in (now, want):
        for v in d.values():
            v["uid"] = v["gid"] = 0
    for k, v in want.items():
        if v["type"] != stat.S_IFLNK:
            v["mode"] &= ~0o6000
    assert now == want


def test_deep_and_wide(w):
    """Deeper than a path may be long."""
    fd = os.open(w.src, os.O_RDONLY)
    for i in range(60):
        os.mkdir("n" * 200, dir_fd=fd)
        nfd = os.open("n" * 200, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = nfd
    with open(os.open("f", os.O_WRONLY | os.O_CREAT, dir_fd=fd), "wb") as f:
        f.write(b"deep")
    os.close(fd)
    w.drive("--", w.src)
    out = back(w)
    back(w, "--delete", "--verify")
    r = subprocess.run(["find", ".", "-name", "f", "-execdir", "cat", "{}", ";"], cwd=out, capture_output=True)
    assert r.stdout == b"deep"
    subprocess.run(["rm", "-rf", out, w.src], check=True)
    os.mkdir(w.src)


# ------------------------------------------------------------------ dump

def members(data):
    import io
    out = {}
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as t:
        for m in t:
            out[m.name] = (m.type, m.mode, m.uid, m.gid, m.uname, m.gname, m.mtime, m.linkname,
                           t.extractfile(m).read() if m.isreg() else None,
                           {k: v for k, v in m.pax_headers.items() if k.startswith("SCHILY")})
    return out


def test_dump_a_file(w):
    data = rand(20 * MIB)
    put(w.src + "/big", data)
    put(w.src + "/empty", b"")
    os.symlink("big", w.src + "/l")
    w.restic_backup(w.src)
    assert w.fettle("dump", "latest", w.src + "/big", text=False) == data
    assert w.fettle("dump", "latest:" + w.src, "/empty", text=False) == b""
    w.fettle("dump", "latest", w.src + "/big", "--target", w.top + "/to")
    assert read(w.top + "/to") == data
    w.fettle("dump", "latest", w.src + "/l", rc=2)
    w.fettle("dump", "latest", w.src + "/none", rc=1)
    w.fettle("dump", "latest", w.src, "--archive", "rar", rc=2)
    assert w.rc == 2


def test_dump_takes_paths_as_restic_does(w):
    put(w.src + "/f", b"f")
    put(w.src + "/d/e/g", b"g")
    w.restic_backup(w.src)
    part = "latest:" + w.src
    for path in ("./f", "d/../f", "//f", "/../f", "f/", "f/.", "d//e/../../f"):
        assert w.fettle("dump", part, path, text=False) == b"f", path
    assert set(members(w.fettle("dump", part, "./d/.", text=False))) == {"d/e", "d/e/g"}
    w.fettle("dump", part, "d/../../f", rc=2)


def test_dump_tells_what_it_leaves_out(w):
    """restic makes an empty file of it, or says nothing."""
    put(w.src + "/d/f", b"f")
    os.mkfifo(w.src + "/d/p")
    os.mkfifo(w.src + "/q")
    w.restic_backup(w.src)
    for format in ("tar", "zip"):
        r = subprocess.run([FETTLE, "-r", w.repo, "dump", "-a", format, "latest:" + w.src, "/"], env=w.env,
                           capture_output=True)
        assert r.returncode == 0 and b"left out of the archive: d/p (fifo)" in r.stderr, r
        assert b"left out of the archive: q (fifo)" in r.stderr
    r = subprocess.run([FETTLE, "-r", w.repo, "dump", "latest:" + w.src, "/d/p"], env=w.env, capture_output=True)
    assert r.returncode == 2 and b"fifo" in r.stderr and r.stdout == b""


@pytest.mark.parametrize("make", [f for f in AWKWARD if f.__name__ != "odd_sizes"],
                         ids=[f.__name__ for f in AWKWARD if f.__name__ != "odd_sizes"])
def test_dump_a_folder(w, make):
    make(w.src + "/t")
    w.drive("--", w.src)
    for path in (w.src + "/t", "/"):
        ours = members(w.fettle("dump", "latest", path, text=False))
        r = subprocess.run([RESTIC, "-r", w.repo, "dump", "latest", path], env=w.env, capture_output=True)
        theirs = members(r.stdout)
        for m in (ours, theirs):    # restic 0.14 writes ACLs in its own words; names beyond ASCII come coded in ours
            m.update({k: v[:9] + ({a: b for a, b in v[9].items() if "acl" not in a and "<" not in a and "%" not in a},)
                      for k, v in m.items()})
        for name in ("disk", "null", "fifo", "fifo2"):      # of the folder itself restic makes empty files of them
            theirs.pop(path.strip("/") + "/" + name, None)
        assert list(ours) == list(theirs)
        for k, v in ours.items():       # whole seconds in restic's, and before 1970 in ours
            assert v[:6] + v[7:] == theirs[k][:6] + theirs[k][7:], k
            assert abs(v[6] - theirs[k][6]) <= (0.5 if v[6] > 0 else 1), k
    # Put out again, it is what it was.
    tar = w.top + "/t.tar"
    w.fettle("dump", "latest:" + w.src, "/t", "-t", tar)
    out = w.top + "/out"
    os.mkdir(out)
    subprocess.run(["tar", "-C", out, "--xattrs", "--acls", "-xpf", tar], check=True, capture_output=True)
    for name, d in describe(out + "/t").items():
        if d["type"] == stat.S_IFREG:
            assert read(os.fsencode(out + "/t") + name) == read(os.fsencode(w.src + "/t") + name)


def test_dump_a_zip(w):
    import io
    import zipfile
    put(w.src + "/a/f", b"one" * 1000)
    put(w.src + "/a/é", rand(2 * MIB))
    os.symlink("f", w.src + "/a/l")
    os.chmod(w.src + "/a/f", 0o640)
    w.drive("--", w.src)
    with zipfile.ZipFile(io.BytesIO(w.fettle("dump", "-a", "zip", "latest:" + w.src, "a", text=False))) as z:
        assert z.testzip() is None
        assert {i.filename for i in z.infolist()} == {"a/f", "a/é", "a/l"}
        assert z.read("a/f") == b"one" * 1000 and z.read("a/é") == read(w.src + "/a/é") and z.read("a/l") == b"f"
        assert z.getinfo("a/f").external_attr >> 16 & 0o7777 == 0o640


def test_a_zip_does_not_call_bytes_utf8(w):
    """Bit 11 says that a name is UTF-8.  Who believes it of one that is none gives the whole archive up."""
    import io
    import struct
    import zipfile
    put(os.fsencode(w.src) + b"/a/caf\xe9.txt", b"latin")
    put(w.src + "/a/caf\u00e9.txt", b"utf")
    put(w.src + "/a/plain", b"ascii")
    w.drive("--", w.src)
    data = w.fettle("dump", "-a", "zip", "latest:" + w.src, "a", text=False)
    marks, at = {}, data.index(b"PK\x01\x02")
    while data[at:at + 4] == b"PK\x01\x02":
        flags, = struct.unpack_from("<H", data, at + 8)
        n, more, note = struct.unpack_from("<HHH", data, at + 28)
        marks[data[at + 46:at + 46 + n]] = flags >> 11 & 1
        local, = struct.unpack_from("<I", data, at + 42)
        assert struct.unpack_from("<H", data, local + 6)[0] == flags
        at += 46 + n + more + note
    assert marks == {b"a/caf\xe9.txt": 0, "a/caf\u00e9.txt".encode(): 1, b"a/plain": 0}
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.testzip() is None


def test_patterns_from_files(w):
    for n in ("keep/a.txt", "keep/B.TXT", "keep/c.jpg", "other/d.txt", "other/e.jpg"):
        put(w.src + "/" + n, n.encode())
    w.drive("--", w.src)

    def files(*args):
        top = back(w, *args)
        found = {os.path.relpath(os.path.join(d, n), top) for d, _, names in os.walk(top) for n in names}
        shutil.rmtree(top)
        return found

    with open(w.top + "/p", "w") as f:
        f.write("# a comment\n\n  *.txt  \n$WHERE/c.jpg\n")
    w.env["WHERE"] = "keep"
    assert files("--include-file", w.top + "/p") == {"keep/a.txt", "keep/c.jpg", "other/d.txt"}
    assert files("--iinclude-file", w.top + "/p") == {"keep/a.txt", "keep/B.TXT", "keep/c.jpg", "other/d.txt"}
    assert files("--exclude-file", w.top + "/p") == {"keep/B.TXT", "other/e.jpg"}
    assert files("--iexclude-file", w.top + "/p") == {"other/e.jpg"}
    back(w, "--include-file", w.top + "/p", "--exclude", "other", rc=2)
    assert files("--include", "e.jpg", "--include-file", w.top + "/p") == {"keep/a.txt", "keep/c.jpg", "other/d.txt",
                                                                          "other/e.jpg"}
    with open(w.top + "/none", "w") as f:
        f.write("# nothing\n")
    back(w, "--include-file", w.top + "/none", rc=2)
    assert not os.path.exists(w.top + "/out")
    assert len(files("--exclude-file", w.top + "/none")) == 5
    back(w, "--exclude-file", w.top + "/missing", rc=1)
    assert "missing" in w.err


def test_some_extended_attributes(w):
    put(w.src + "/f", b"x")
    for n in ("user.one", "user.two", "user.other"):
        os.setxattr(w.src + "/f", n, n.encode())
    w.drive("--", w.src)

    def names(*args):
        top = back(w, *args)
        return sorted(os.listxattr(top + "/f"))

    assert names("--include-xattr", "user.t*") == ["user.two"]
    # What the file has already stays, if nobody asked about it.
    assert names("--exclude-xattr", "user.t*") == ["user.one", "user.other", "user.two"]
    os.setxattr(w.top + "/out/f", "user.mine", b"m")
    # As restic: what fits and is not in the snapshot goes.
    assert names("--exclude-xattr", "user.m*") == ["user.mine", "user.one", "user.other", "user.two"]
    assert names("--include-xattr", "user.t*") == ["user.mine", "user.one", "user.other", "user.two"]
    assert names("--exclude-xattr", "user.o*") == ["user.one", "user.other", "user.two"]
    os.setxattr(w.top + "/out/f", "user.tree", b"t")
    assert names("--include-xattr", "user.t*") == ["user.one", "user.other", "user.two"]
    assert names() == ["user.one", "user.other", "user.two"]
    back(w, "--include-xattr", "a", "--exclude-xattr", "b", rc=2)


def test_dump_of_damage_fails(w):
    put(w.src + "/f", rand(3 * MIB))
    w.restic_backup(w.src)
    flip(max(packs(w), key=os.path.getsize), MIB)
    w.fettle("dump", "latest", w.src + "/f", rc=1, text=False)
    assert "blob" in w.err
    w.fettle("dump", "latest", "/", rc=1, text=False)
    assert "/f: " in w.err


def test_dump_ends_at_damage_with_much_under_way(w):
    """The first of many pieces is broken while the next are being read: they name
    pieces of a folder that is let go of then."""
    put(w.src + "/d/f", rand(14 * MIB))
    w.restic_backup(w.src)
    flip(max(packs(w), key=os.path.getsize), 100)
    for _ in range(4):
        w.fettle("dump", "latest", w.src, rc=1, text=False)
        assert "/d/f: " in w.err and "Sanitizer" not in w.err


def test_where_there_are_no_hard_links(w):
    """A copy of the other name, then."""
    put(w.src + "/one", rand(100000))
    os.link(w.src + "/one", w.src + "/two")
    os.chmod(w.src + "/one", 0o640)
    w.restic_backup(w.src)
    out = back(w, wrap=[*STRACE, "-o", "/dev/null", "-e", "inject=linkat:error=EPERM"])
    now, want = describe(out), describe(w.src)
    for d in (now, want):
        for v in d.values():
            v.pop("link", None)
    assert now == want
