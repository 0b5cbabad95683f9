"""Kill -9 at every call that sets an attribute or follows one: recovery tells for each file
whether all of them are there or none, the next run ends where an uncut one ends, and the undo
of all of it gives back what was there."""
import os
import shutil
import subprocess
import sys
import tempfile

import pytest

from box import STRACE

sys.path.insert(0, os.path.dirname(__file__))
import world

FETTLE = os.environ.get("FETTLE", "build/src/fettle")
CONF = """rules:
  - name: mark
    locations: {t}/D
    actions:
      - xattr: {{tags: new, remove_tags: old, set: {{c: '{{name}}'}}, remove: [gone]}}
      - move: {t}/T/
"""
BEFORE = {"user.xdg.tags": b"old,kept", "user.gone": b"\0bytes"}

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@pytest.fixture
def top():
    d = tempfile.mkdtemp(prefix="fettle-xattr.", dir=os.environ.get("FETTLE_XATTR_DIR"))
    yield d
    shutil.rmtree(d)


def make(top, t):
    t = os.path.join(top, t)
    os.makedirs(t + "/xdg/config/fettle", 0o700)
    for n in "abc":
        world.put("%s/D/%s.txt" % (t, n), n)
        for k, v in BEFORE.items():
            try:
                os.setxattr("%s/D/%s.txt" % (t, n), k, v)
            except OSError:
                pytest.skip("no attributes in the folder for tests")
    with open(t + "/xdg/config/fettle/fettle.yaml", "w") as f:
        f.write(CONF.format(t=t))
    os.chmod(t + "/xdg/config/fettle/fettle.yaml", 0o600)
    return t


def attrs(t):
    """File: where it lies, and its attributes."""
    out = {}
    for d in "DT":
        for n in os.listdir(t + "/" + d) if os.path.isdir(t + "/" + d) else []:
            p = "%s/%s/%s" % (t, d, n)
            out[n] = (d, {k: os.getxattr(p, k) for k in os.listxattr(p) if k.startswith("user.")})
    return out


def fettle(t, *args):
    r = world.run(FETTLE, t, *args)
    assert r.returncode == 0, (args, r.stderr)
    return r


def killed(t, call, k):
    return subprocess.run([*STRACE, "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=%s:signal=KILL:when=%d" % (call, k),
                           FETTLE, "run", "--yes"], env=world.env(t), stdin=subprocess.DEVNULL, capture_output=True, timeout=120)


@pytest.mark.parametrize("call", ["fsetxattr", "fremovexattr", "fsync", "renameat2"])
def test_kill_at(call, top):
    want = {n + ".txt": ("T", {"user.xdg.tags": b"kept,new", "user.c": n.encode()}) for n in "abc"}
    before = {n + ".txt": ("D", BEFORE) for n in "abc"}
    cut = 0
    for k in range(1, 13):
        t = make(top, "%s%d" % (call, k))
        r = killed(t, call, k)
        cut += r.returncode != 0
        if k % 2:			# first recovery, then all of the cut run back
            world.run(FETTLE, t, "undo", "1")
            assert attrs(t) == before, (call, k, attrs(t))
            continue
        fettle(t, "run", "--yes")
        assert attrs(t) == want, (call, k, attrs(t))
        for run in ("2", "1") if r.returncode != 0 else ("1",):
            world.run(FETTLE, t, "undo", run)
        assert attrs(t) == before, (call, k, attrs(t))
    assert cut > 0, "nothing was cut: the sweep proves nothing"
