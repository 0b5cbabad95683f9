"""A run is killed, somebody else acts before the next one, and that one recovers: nothing of
theirs is removed, cut off or overwritten, and what is told is so."""
import os
import shutil
import subprocess

import pytest

from box import STRACE

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")

CONF = "rules:\n  - {name: r, locations: ~/D, actions: [%s]}\n"


def killed_at(box, call, path=None, when=1, what=("run", "--yes")):
    """Kill -9 before its when-th such call, of those about path alone."""
    opts = ["-P", path] if path else []
    p = subprocess.run([*STRACE, "-o", "/dev/null", *opts, "-e", "trace=" + call,
                        "-e", "inject=%s:signal=KILL:when=%d" % (call, when), box.fettle, *what],
                       env=box.environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert p.returncode == -9, p


def put_behind(path, text):
    with open(path, "a") as f:
        f.write(text)


@pytest.mark.parametrize("theirs", ["theirs\n", "a.txt was", "a line of theirs that is longer than ours\n"])
def test_line_of_others_is_not_cut_off(box, theirs):
    """Killed before it wrote its line behind a file, to which somebody then wrote."""
    box.put("D/a.txt", "a")
    log = box.put("log", "before\n")
    box.conf(CONF % "{write: {text: 'ours of {path.name}', outfile: ~/log}}, {move: ~/P/}")
    killed_at(box, "pwrite64", log)
    assert box.read("log") == b"before\n"
    put_behind(log, theirs)
    box.ok("run", "--yes")
    assert box.read("log") == ("before\n" + theirs + "ours of a.txt\n").encode()
    assert box.names("P") == ["a.txt"]


def test_half_a_line_is_cut_off(box):
    """What is the beginning of our own line, and nothing else, is."""
    box.put("D/a.txt", "a")
    log = box.put("log", "before\n")
    box.conf(CONF % "{write: {text: 'ours of {path.name}', outfile: ~/log}}, {move: ~/P/}")
    killed_at(box, "pwrite64", log)
    put_behind(log, "ours o\0\0")	# a power cut leaves noughts, where the disk did not get to it
    box.ok("run", "--yes")
    assert box.read("log") == b"before\nours of a.txt\n"


def test_word_of_others_in_the_trash_stays(box):
    """Killed before its file came to the trash; then somebody trashed another by that name."""
    box.put("D/a.txt", "ours")
    box.conf(CONF % "trash")
    killed_at(box, "renameat2")
    for d in ("files", "info"):
        os.makedirs(box.trash + "/" + d, mode=0o700, exist_ok=True)
    info = box.trash + "/info/a.txt.trashinfo"
    word = "[Trash Info]\nPath=/home/them/a.txt\nDeletionDate=2020-01-01T00:00:00\n"
    with open(info, "w") as f:
        f.write(word)
    with open(box.trash + "/files/a.txt", "w") as f:
        f.write("theirs")
    box.ok("run", "--yes")
    with open(info) as f:
        assert f.read() == word
    with open(box.trash + "/files/a.txt") as f:
        assert f.read() == "theirs"


def cut_before(box, far, what):
    """A file goes to far/x, cut before its copy gets its name there, or before it goes itself."""
    box.put("D/a.txt", "bytes of a")
    os.mkdir(far + "/x")
    box.conf(CONF % ("{move: %s/x/}" % far))
    if what == "named":
        # The first such call finds out that it is another disk.
        killed_at(box, "renameat2", far + "/x", 2)
    else:
        killed_at(box, "unlinkat", box.path("D"))
    here, = os.listdir(far + "/x")
    assert here.endswith(".part") == (what == "named"), here
    assert len(box.names("D")) == 1
    return far + "/x/" + here


def texts(*tops):
    out = []
    for top in tops:
        for d, _, names in os.walk(top):
            for n in names:
                with open(os.path.join(d, n)) as f:
                    out.append(f.read())
    return sorted(out)


def test_copy_that_somebody_changed_is_kept(box, far):
    """Size and time as before: its bytes differ from the file's, so neither is known to be right."""
    at = cut_before(box, far, "gone")
    st = os.stat(at)
    with open(at, "r+") as f:
        f.write("BYTES OF A")
    os.utime(at, ns=(st.st_atime_ns, st.st_mtime_ns))
    r = box.run("run", "--yes")
    assert "both are kept" in r.out + r.err
    assert texts(box.path("D"), far) == ["BYTES OF A", "bytes of a"]


@pytest.mark.parametrize("name", ["named", "gone"])
def test_copy_of_what_cannot_be_read_is_kept(box, far, name):
    """Its disk fails meanwhile: the copy may be all that is left."""
    cut_before(box, far, name)
    source, = os.listdir(box.path("D"))
    p = subprocess.run([*STRACE, "-o", "/dev/null", "-P", box.path("D", source), "-e", "trace=read,pread64,preadv",
                        "-e", "inject=read,pread64,preadv:error=EIO", box.fettle, "run", "--yes"],
                       env=box.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert "cannot be compared" in p.stdout + p.stderr, p
    assert "bytes of a" in texts(far + "/x")
    assert os.path.exists(far + "/x/a.txt")


def test_folder_in_place_of_a_copy_stays(box, far):
    """What has the name of an unfinished copy, and is a folder, somebody put there."""
    box.put("D/a.txt", "bytes of a")
    os.mkdir(far + "/x")
    box.conf(CONF % ("{copy: %s/x/}" % far))
    killed_at(box, "syncfs", far + "/x")
    part, = os.listdir(far + "/x")
    assert part.endswith(".part")
    os.unlink(far + "/x/" + part)
    os.mkdir(far + "/x/" + part)
    with open(far + "/x/" + part + "/in", "w") as f:
        f.write("theirs")
    box.ok("run", "--yes")
    assert texts(far + "/x") == ["bytes of a", "theirs"]


@pytest.fixture
def disk(tmp_path):
    """A file system of its own, that can be taken away and come back: (its place, away, back)."""
    image, at = str(tmp_path / "disk"), str(tmp_path / "stick")
    os.mkdir(at)
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("needs root and mkfs.ext4")
    with open(image, "wb") as f:
        f.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    there = []

    def back():
        if subprocess.run(["mount", "-o", "loop", image, at], capture_output=True).returncode != 0:
            pytest.skip("this machine mounts no ext4")
        there.append(1)

    def away():
        subprocess.run(["umount", at], check=True)
        there.pop()

    back()
    yield at, away, back
    if there:
        away()


@pytest.mark.parametrize("source", ["hidden", "gone"])
@pytest.mark.parametrize("below", ["", "/P"])
def test_disk_is_away(box, disk, below, source):
    """Cut before the file went, or just after, when its copy lies on a disk that is then taken
    away: nothing is claimed of that, also if the folder itself is there without the disk."""
    at, away, back = disk
    box.put("D/a.txt", "bytes of a")
    os.makedirs(at + below, exist_ok=True)
    box.conf(CONF % ("{move: %s/}" % (at + below)))
    killed_at(box, "unlinkat", box.path("D"))
    if source == "gone":
        os.unlink(box.path("D", *box.names("D")))
    away()
    os.makedirs(at + below, exist_ok=True)
    box.conf("rules: []\n")
    r = box.ok("run", "--yes", rc=(0, 3))
    assert "waits for its disk" in r.out + r.err
    assert box.names("D") == (["a.txt"] if source == "hidden" else [])
    back()
    box.ok("run", "--yes")
    assert box.names("D") == []
    assert texts(at + below) == ["bytes of a"]
    r = box.run("run", "--yes")
    assert "disk" not in r.out + r.err
    r = box.ok("undo", "1", "--yes")
    assert box.read("D/a.txt") == b"bytes of a"


@pytest.mark.parametrize("below", ["", "/P"])
def test_disk_of_a_chain_is_away(box, disk, below):
    """Cut between a move to it and a rename there: neither is told of before the disk is back,
    and then the whole is done."""
    at, away, back = disk
    box.put("D/a.txt", "bytes of a")
    os.makedirs(at + below, exist_ok=True)
    rule = CONF % ("{move: %s/}, {rename: 'x {path.name}'}" % (at + below))
    box.conf(rule)
    # The first such call finds out that it is another disk, the second gives the copy its name.
    killed_at(box, "renameat2", at + below, 3)
    assert box.names("D") == [] and texts(at + below) == ["bytes of a"]
    away()
    os.makedirs(at + below, exist_ok=True)
    box.conf("rules: []\n")
    r = box.ok("run", "--yes", rc=(0, 3))
    assert "waits for its disk" in r.out + r.err
    assert "somebody else" not in r.out + r.err and "taken back" not in r.out + r.err
    back()
    box.conf(rule)
    r = box.ok("run", "--yes")
    assert "somebody else" not in r.out + r.err
    assert texts(at + below) == ["bytes of a"], r
    assert os.path.exists(at + below + "/x a.txt") and box.names("D") == [], r


def test_recovery_cut_while_it_removes_a_copy(box, far):
    """The file was changed meanwhile, so its copy goes; cut in that, nothing of it lies about."""
    cut_before(box, far, "gone")
    hidden, = box.names("D")
    os.rename(box.path("D", hidden), box.path("D/a.txt"))
    box.put("D/a.txt", "new bytes of a")
    killed_at(box, "unlinkat", far + "/x")
    assert [n for n in os.listdir(far + "/x") if n.endswith(".gone")]
    box.ok("run", "--yes")
    assert texts(box.path("D"), far) == ["new bytes of a"]
    assert os.listdir(far + "/x") == ["a.txt"]
