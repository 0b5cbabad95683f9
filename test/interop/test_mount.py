"""mount: what is seen is what restic restores."""
import errno
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from box import is_root   # noqa: E402
from pair import FETTLE, Pair, needs_restic, pair, rand, tree_of, words   # noqa: E402,F401


def can_fuse():
    if not os.access("/dev/fuse", os.R_OK | os.W_OK) or not (is_root() or shutil.which("fusermount3")):
        return False
    r = subprocess.run([FETTLE, "mount", "/nowhere/at/all"], capture_output=True)
    return b"without mount" not in r.stderr


pytestmark = [needs_restic, pytest.mark.skipif(not can_fuse(), reason="needs FUSE, and a build with it")]


class Mounted:
    def __init__(self, p, *args):
        self.where = os.path.join(p.top, "mnt")
        os.makedirs(self.where, exist_ok=True)
        self.p = subprocess.Popen([FETTLE, "-r", p.repo, "mount", *args, self.where], env=p.env,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.p.stderr.readline()
        assert "is at" in line, line + self.p.stderr.read()

    def __enter__(self):
        return self.where

    def __exit__(self, *exc):
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGINT)
        try:
            self.out, self.err = self.p.communicate(timeout=30)
        finally:
            if self.p.poll() is None:
                self.p.kill()
                subprocess.run(["umount", "-l", self.where], capture_output=True)
        if exc[0] is None:
            assert self.p.returncode in (0, 130), (self.p.returncode, self.err)
            assert os.listdir(self.where) == []


@pytest.fixture
def p(pair):   # noqa: F811
    p = pair()
    p.put("a/text", words(3 << 20, 1), mtime=1000000000)
    p.put("a/rand", rand(2500000, 2), mode=0o640)
    p.put("a/empty", b"")
    p.put("zeroes", bytes(5 << 20))
    p.put("we\"ird\\ <&>\n", b"odd")
    os.symlink("text", p.src + "/a/link")
    os.link(p.src + "/a/rand", p.src + "/hard")
    os.mkfifo(p.src + "/fifo")
    os.makedirs(p.src + "/deep/er/still")
    with open(os.fsencode(p.src) + b"/latin\xff", "wb") as f:
        f.write(b"1")
    for i in range(300):
        p.put("many/%03d" % i, b"%d" % i)
    try:
        os.setxattr(p.src + "/a/text", "user.note", b"\0\1two")
    except OSError:
        pass
    p.ids = [p.backup("--tag", "one,two/three", "--host", "here", "--time", "2020-01-02 03:04:05")]
    p.put("more", b"more")
    p.ids.append(p.backup("--host", "there", "--time", "2021-01-02 03:04:05"))
    return p


def test_a_tree_as_restic_restores_it(p):
    want = [p.restore(i, "want-" + i[:8]) for i in p.ids]
    with Mounted(p) as m:
        for i, w in zip(p.ids, want):
            top = m + "/ids/" + i[:8]
            seen, there = tree_of(top), tree_of(w)
            assert set(seen) == set(there)
            for n in there:
                a, b = seen[n], there[n]
                # The times of links are not restored by all.
                assert a[0] == b[0] and a[3] == b[3], n
                assert a[1:3] == b[1:3] or os.path.islink(os.path.join(w, n)), n
            for n in there:
                x, y = os.lstat(os.path.join(top, n)), os.lstat(os.path.join(w, n))
                assert (x.st_uid, x.st_gid, x.st_size if not os.path.isdir(os.path.join(w, n)) else 0) == \
                    (y.st_uid, y.st_gid, y.st_size if not os.path.isdir(os.path.join(w, n)) else 0), n
            assert os.lstat(top + "/a/rand").st_nlink == 2
            if os.listxattr(p.src + "/a/text"):
                assert os.listxattr(top + "/a/text") == ["user.note"]
                assert os.getxattr(top + "/a/text", "user.note") == b"\0\1two"


def test_where_they_are(p):
    with Mounted(p) as m:
        assert sorted(os.listdir(m)) == ["hosts", "ids", "snapshots", "tags"]
        assert sorted(os.listdir(m + "/ids")) == sorted(i[:8] for i in p.ids)
        assert sorted(os.listdir(m + "/hosts")) == ["here", "there"]
        assert sorted(os.listdir(m + "/tags")) == ["one", "two_three"]
        times = sorted(os.listdir(m + "/snapshots"))
        assert times == ["2020-01-02T03:04:05+01:00", "2021-01-02T03:04:05+01:00", "latest"]
        assert os.readlink(m + "/snapshots/latest") == times[1]
        assert os.readlink(m + "/hosts/here/latest") == times[0]
        assert os.path.exists(m + "/snapshots/latest/more") and not os.path.exists(m + "/hosts/here/latest/more")
        assert os.stat(m + "/snapshots").st_mode & 0o777 == 0o555


def test_templates(p):
    with Mounted(p, "--path-template", "by/%u@%h/%T", "--path-template", "x-%I", "--time-template",
                 "Mon_2006/Jan-02 15.04", "--host", "here", "--owner-root") as m:
        assert sorted(os.listdir(m)) == ["by", "x-" + p.ids[0]]
        who = os.listdir(m + "/by")
        assert len(who) == 1 and who[0].endswith("@here")
        assert os.path.isfile("%s/by/%s/Thu_2020/Jan-02 03.04/a/text" % (m, who[0]))
        assert os.readlink("%s/by/%s/latest" % (m, who[0])) == "Thu_2020/Jan-02 03.04"
        assert os.lstat(m + "/by").st_uid == 0


def test_read_anywhere(p):
    with Mounted(p) as m:
        with open(p.src + "/a/text", "rb") as a, open(m + "/snapshots/latest/a/text", "rb") as b:
            n = os.fstat(a.fileno()).st_size
            for at in (0, 1, 4095, 524287, 524288, n // 2, n - 5000, n - 1, n, n + 10):
                for size in (1, 100, 70000):
                    assert os.pread(a.fileno(), size, at) == os.pread(b.fileno(), size, at)


def test_nothing_can_be_changed(p):
    with Mounted(p) as m:
        top = m + "/snapshots/latest"
        for do in (lambda: open(top + "/new", "w"), lambda: os.unlink(top + "/more"), lambda: os.mkdir(m + "/x"),
                   lambda: os.chmod(top + "/more", 0), lambda: open(top + "/more", "r+"),
                   lambda: os.rename(top + "/more", top + "/less"), lambda: os.utime(top + "/more")):
            with pytest.raises(OSError) as e:
                do()
            assert e.value.errno == errno.EROFS


def test_many_at_once(p):
    """Several readers, and folders listed while they are left."""
    with Mounted(p) as m:
        top = m + "/snapshots/latest"
        jobs = [subprocess.Popen(["tar", "-C", top, "-cf", "/dev/null", "."], stderr=subprocess.PIPE) for _ in range(3)]
        jobs += [subprocess.Popen(["ls", "-lR", top], stdout=subprocess.DEVNULL) for _ in range(3)]
        assert [j.wait(60) for j in jobs] == [0] * 6
        assert len(os.listdir(top + "/many")) == 300
        assert open(top + "/many/123", "rb").read() == b"123"
        assert not os.path.exists(top + "/many/300")


def test_damage_is_an_error_of_that_file(p):
    big = [x for x in p.packs_of("data") if os.path.getsize(p.pack(x)) > 100000]
    for x in big:
        p.harm(p.pack(x))
    with Mounted(p) as m:
        bad = 0
        for n in ("a/text", "a/rand", "zeroes", "more"):
            try:
                with open(m + "/snapshots/latest/" + n, "rb") as f:
                    data = f.read()
                assert data == open(os.path.join(p.src, n), "rb").read()
            except OSError as e:
                assert e.errno == errno.EIO
                bad += 1
        assert 0 < bad < 4


def test_it_may_be_unmounted(p):
    with Mounted(p) as m:
        assert os.listdir(m)
        subprocess.run(["umount", m] if is_root() else ["fusermount3", "-u", m], check=True)
        for _ in range(300):
            if not p.files("locks"):
                break
            time.sleep(0.1)     # for a lock to go: there is nothing to wait on
    assert p.files("locks") == []


def test_refused(p):
    p.fettle("mount", rc=2)
    p.fettle("mount", p.top + "/nowhere", rc=2)
    p.fettle("mount", p.src + "/zeroes", rc=2)
    p.fettle("mount", p.repo, rc=2)
    p.fettle("mount", p.top, rc=2)
    os.mkdir(p.repo + "/x")
    p.fettle("mount", p.repo + "/x", rc=2)
    os.makedirs(p.top + "/mnt", exist_ok=True)
    p.fettle("mount", "--time-template", "/x", p.top + "/mnt", rc=2)
    p.fettle("mount", "--time-template", "", p.top + "/mnt", rc=2)
