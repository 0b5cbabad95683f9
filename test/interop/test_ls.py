"""ls: in another order, and as ncdu loads it."""
import json
import os
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_backup import put   # noqa: E402
from both import DRIVE, RESTIC, World   # noqa: E402

pytestmark = pytest.mark.skipif(RESTIC is None or not os.access(DRIVE, os.X_OK),
                                reason="needs restic and backup-drive")


@pytest.fixture
def w():
    d = tempfile.mkdtemp(prefix="fettle-ls.")
    w = World(d)
    for n, size, time in (("a/z.txt", 700, 3000), ("a/y.jpg", 5, 1000), ("b/x.txt", 9000, 2000), ("c", 0, -5)):
        put(os.path.join(w.src, n), b"x" * size)
        os.utime(os.path.join(w.src, n), (time, time))
    os.symlink("z.txt", w.src + "/a/l")
    os.utime(w.src + "/a/l", (5000, 5000), follow_symlinks=False)
    for n in ("a", "b"):
        os.utime(os.path.join(w.src, n), (100, 100))
    w.drive("--", w.src)
    yield w
    shutil.rmtree(d, ignore_errors=True)


def names(w, *args):
    return w.fettle("ls", "latest:" + w.src, *args).split()


def test_in_order(w):
    every = ["/a", "/a/l", "/a/y.jpg", "/a/z.txt", "/b", "/b/x.txt", "/c"]
    assert names(w) == every
    assert names(w, "--sort", "name") == every
    assert names(w, "--reverse") == every[::-1]
    assert names(w, "--sort", "size")[-2:] == ["/a/z.txt", "/b/x.txt"]
    assert names(w, "-s", "time") == ["/c", "/a", "/b", "/a/y.jpg", "/b/x.txt", "/a/z.txt", "/a/l"]
    assert names(w, "-s", "mtime", "--reverse") == names(w, "-s", "time")[::-1]
    assert names(w, "--sort", "extension") == ["/a", "/a/l", "/b", "/c", "/a/y.jpg", "/a/z.txt", "/b/x.txt"]
    lines = [json.loads(x) for x in w.fettle("--json", "ls", "-s", "size", "--reverse", "latest:" + w.src).splitlines()]
    assert lines[0]["message_type"] == "snapshot" and lines[1]["path"] == "/b/x.txt"
    w.fettle("ls", "--sort", "colour", "latest", rc=2)
    assert "colour" in w.err


def as_tree(folder):
    """{name: object or {...}} of ncdu's arrays."""
    return {x[0]["name"] if isinstance(x, list) else x["name"]: as_tree(x) if isinstance(x, list) else x
            for x in folder[1:]}


def test_as_ncdu_loads_it(w):
    major, minor, head, root = json.loads(w.fettle("ls", "--ncdu", "latest:" + w.src))
    assert (major, minor) == (1, 2) and head["paths"] == [w.src] and root[0] == {"name": "/"}
    t = as_tree(root)
    assert set(t) == {"a", "b", "c"} and set(t["a"]) == {"l", "y.jpg", "z.txt"} and set(t["b"]) == {"x.txt"}
    st = os.lstat(w.src + "/a/z.txt")
    assert t["a"]["z.txt"] == {"name": "z.txt", "asize": 700, "dsize": 1024, "dev": st.st_dev, "ino": st.st_ino,
                               "nlink": 1, "notreg": False, "uid": st.st_uid, "gid": st.st_gid,
                               "mode": st.st_mode & 0o7777, "mtime": 3000}
    assert t["c"]["mtime"] == 0 and t["a"]["l"]["notreg"]
    # Folders that are named: what is right in them.
    root = json.loads(w.fettle("ls", "--ncdu", "latest:" + w.src, "/a"))[3]
    assert set(as_tree(root)) == {"a"} and set(as_tree(root)["a"]) == {"l", "y.jpg", "z.txt"}
    # The folders above are there, as in restic's: else it would lie elsewhere.
    t = as_tree(json.loads(w.fettle("ls", "--ncdu", "latest", w.src + "/a"))[3])
    for name in w.src.strip("/").split("/"):
        assert set(t) == {name}
        t = t[name]
    assert set(t) == {"a"} and set(t["a"]) == {"l", "y.jpg", "z.txt"}
    w.fettle("ls", "--ncdu", "--sort", "size", "latest", rc=2)
    w.fettle("--json", "ls", "--ncdu", "latest", rc=2)
