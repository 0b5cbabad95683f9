"""What others do in the very moment: strace holds a system call back, and in that
time a name is taken, a file is exchanged, a folder becomes a symlink, a writer
comes, a read gives other bytes.  (src/apply/test/drive.c does the work.)"""
import os, re, shutil, subprocess, tempfile, threading, time

import pytest

from box import STRACE

from test_apply_drive import DRIVE, drive, places, pytestmark, reset  # noqa: F401


class Held:
    """The driver, with the when-th call held back; until(test) waits for it."""

    def __init__(self, what, places, call, when, ms=3000):
        cmd = [*STRACE, "-o", "/dev/null", "-e", "trace=" + call,
               "-e", "inject=%s:delay_enter=%dms:when=%d" % (call, ms, when), DRIVE, what, *places]
        self.p = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def until(self, test):
        for _ in range(4000):
            if test():
                return
            assert self.p.poll() is None, "it ended before: %s" % (self.p.communicate(),)
            time.sleep(0.001)
        raise AssertionError("it never came to that")

    def end(self):
        out, err = self.p.communicate(timeout=60)
        return out + err


def text(path):
    with open(path) as f:
        return f.read()


def put(path, words):
    with open(path, "w") as f:
        f.write(words)


def test_name_taken_meanwhile(places):
    reset(places)
    w = places[0] + "/w"
    h = Held("near", places, "renameat2", 1)
    h.until(lambda: os.path.isdir(w + "/new/deep"))
    put(w + "/new/deep/a", "theirs")
    out = h.end()
    assert "done move" in out, out
    assert text(w + "/new/deep/a") == "theirs"
    assert text(w + "/new/deep/a 2") == "content of w/in/a"


def test_source_exchanged_meanwhile(places):
    reset(places)
    w = places[0] + "/w"
    h = Held("near", places, "renameat2", 1)
    h.until(lambda: os.path.isdir(w + "/new/deep"))
    os.rename(w + "/in/a", w + "/in/a.kept")
    put(w + "/in/a", "another file")
    out = h.end()
    assert "skipped move" in out and "changed since" in out, out
    assert text(w + "/in/a") == "another file"
    assert text(w + "/in/a.kept") == "content of w/in/a"
    assert os.listdir(w + "/new/deep") == []


def test_source_becomes_a_symlink_meanwhile(places):
    reset(places)
    w = places[0] + "/w"
    h = Held("near", places, "renameat2", 1)
    h.until(lambda: os.path.isdir(w + "/new/deep"))
    os.rename(w + "/in/a", w + "/in/a.kept")
    os.symlink("/etc/passwd", w + "/in/a")
    out = h.end()
    assert "skipped move" in out, out
    assert os.readlink(w + "/in/a") == "/etc/passwd"
    assert os.listdir(w + "/new/deep") == []


def test_folder_becomes_a_symlink_meanwhile(places):
    reset(places)
    w = places[0] + "/w"
    os.mkdir(places[0] + "/w/victim")
    h = Held("near", places, "renameat2", 1)
    h.until(lambda: os.path.isdir(w + "/new/deep"))
    os.rename(w + "/new/deep", w + "/new/was-deep")
    os.symlink(w + "/victim", w + "/new/deep")
    h.end()
    # It went where the folder went that was held, or nowhere; not through the link.
    assert os.listdir(w + "/victim") == []
    there = w + "/new/was-deep/a"
    assert text(there if os.path.exists(there) else w + "/in/a") == "content of w/in/a"


@pytest.fixture
def far(places):
    if os.stat(places[0]).st_dev == os.stat(places[1]).st_dev:
        pytest.skip("needs two file systems: run as root")
    return places


def test_name_taken_while_it_was_copied(far):
    reset(far)
    h = Held("far", far, "syncfs", 1)
    h.until(lambda: os.path.isdir(far[1] + "/far") and any(n.endswith(".part") for n in os.listdir(far[1] + "/far")))
    put(far[1] + "/far/big", "theirs")
    out = h.end()
    assert "done move" in out, out
    assert text(far[1] + "/far/big") == "theirs"
    assert os.path.getsize(far[1] + "/far/big 2") == 3 << 20
    assert not os.path.exists(far[0] + "/w/in/big")


def test_writer_comes_while_it_is_copied(far):
    reset(far)
    src = far[0] + "/w/in/big"
    h = Held("far", far, "fallocate", 1, 1500)
    h.until(lambda: os.path.isdir(far[1] + "/far") and any(n.endswith(".part") for n in os.listdir(far[1] + "/far")))
    opened = []

    def write():
        with open(src, "r+") as f:      # waits for the lease to be let go
            opened.append(1)
            f.write("written by another")

    t = threading.Thread(target=write)
    t.start()
    out = h.end()
    t.join(60)
    assert opened and "skipped move" in out and "began to write" in out, out
    assert text(src).startswith("written by another")
    assert os.listdir(far[1] + "/far") == ["there"]


def test_source_changed_before_it_goes(far):
    """The copy is whole and has its name; then the source changes."""
    reset(far)
    src = far[0] + "/w/in/big"
    h = Held("far", far, "syncfs", 2)
    h.until(lambda: os.path.exists(far[1] + "/far/big"))
    with open(src, "a") as f:
        f.write("more")
    out = h.end()
    assert "skipped move" in out and "changed while" in out, out
    assert os.path.getsize(src) == (3 << 20) + 4
    assert os.listdir(far[1] + "/far") == ["there"]


def test_copy_reads_back_otherwise(far):
    """Bit rot: what is read back is not what was written.  The source stays."""
    kept = 0
    for k in range(5, 12):
        reset(far)
        out = drive("far", far, *STRACE, "-o", "/dev/null", "-e", "trace=pread64", "-e", "inject=pread64:poke_exit=@arg2=59595959:when=%d" % k).stdout
        src, dst = far[0] + "/w/in/big", far[1] + "/far/big"
        if out == "":
            continue    # it was the catalog's read, and that refused
        if os.path.exists(dst):
            assert text(dst) == "x" * (3 << 20), "pread64 no. %d: %s" % (k, out)
        else:
            assert text(src) == "x" * (3 << 20), "pread64 no. %d: %s" % (k, out)
            assert "not what was written" in out, out
            kept += 1
    assert kept > 0, "no read was the reading back"


@pytest.mark.parametrize("call", ["pread64", "pwrite64"])
def test_interrupted(call, far):
    for k in range(3, 12):      # the first reads are the loader's
        reset(far)
        r = drive("far", far, *STRACE, "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=%s:error=EINTR:when=%d" % (call, k))
        assert "done move" in r.stdout, "%s no. %d: %s%s" % (call, k, r.stdout, r.stderr)
        assert text(far[1] + "/far/big") == "x" * (3 << 20)


@pytest.mark.parametrize("size,inodes", [("1m", ""), ("64m", "6")])
def test_disk_full(size, inodes, places):
    """In the middle of a copy, of bytes or of inodes: the source stays, nothing of
    ours lies about, what fits goes on."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    d = tempfile.mkdtemp(prefix="fettle-full.")
    full = d + "/full"
    os.mkdir(full)
    opts = "size=" + size + (",nr_inodes=" + inodes if inodes else "")
    subprocess.run(["mount", "-t", "tmpfs", "-o", opts, "none", full], check=True)
    try:
        p = (d, full)
        assert drive("make", p).returncode == 0 or inodes
        out = drive("far", p)
        src = d + "/w/in/big"
        if "done move" in out.stdout:
            assert text(full + "/far/big") == "x" * (3 << 20)
        else:
            assert "failed move" in out.stdout or "held move" in out.stdout, out.stdout + out.stderr
            assert text(src) == "x" * (3 << 20)
            left = [n for _, _, names in os.walk(full) for n in names if n.startswith(".fettle-")]
            assert left == []
    finally:
        subprocess.run(["umount", full], check=True)
        shutil.rmtree(d)


def test_read_only_and_forbidden(far):
    reset(far)
    subprocess.run(["mount", "-o", "remount,ro", far[1]], check=True)
    try:
        out = drive("far", far)
    finally:
        subprocess.run(["mount", "-o", "remount,rw", far[1]], check=True)
    assert "failed move" in out.stdout and "Read-only" in out.stdout, out.stdout
    assert os.path.getsize(far[0] + "/w/in/big") == 3 << 20


def test_file_size_limit(far):
    """RLIMIT_FSIZE in mid copy is a failure of that file, not our end."""
    reset(far)
    drive("pending", far)       # the catalog's own files are larger than the limit
    src = far[0] + "/w/in/big"
    with open(src, "w") as f:
        f.write("x" * (3 << 20))
    r = subprocess.run(["sh", "-c", "trap '' XFSZ; exec prlimit --fsize=2000000 %s far %s %s" % (DRIVE, *far)], capture_output=True, text=True)
    assert r.returncode >= 0, r.returncode
    assert "failed move" in r.stdout and "File too large" in r.stdout, r.stdout + r.stderr
    assert text(src) == "x" * (3 << 20)
    assert os.listdir(far[1] + "/far") == ["there"]


def test_immutable_source(far):
    """A copy whose source cannot go is taken back."""
    reset(far)
    if subprocess.run(["chattr", "+a", far[0] + "/w/in"], capture_output=True).returncode != 0:
        pytest.skip("no chattr here")
    try:
        out = drive("far", far)
    finally:
        subprocess.run(["chattr", "-a", far[0] + "/w/in"], check=True)
    assert "failed move" in out.stdout, out.stdout
    assert os.path.getsize(far[0] + "/w/in/big") == 3 << 20
    assert os.listdir(far[1] + "/far") == ["there"]
