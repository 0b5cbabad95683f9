"""Kill -9 at every system call that changes something, then go on: no content is
lost at any of these instants, recovery finishes or takes back what was begun, and
the next run ends where a run that was never killed ends."""
import os, re, shutil, subprocess, sys, tempfile

import pytest

from box import STRACE

sys.path.insert(0, os.path.dirname(__file__))
import world

FETTLE = os.environ.get("FETTLE", "build/src/fettle")
CALLS = "renameat2 unlinkat linkat mkdirat fsync fdatasync syncfs pwrite64 write openat symlinkat fchmod futimens ftruncate utimensat".split()

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@pytest.fixture(scope="module")
def places():
    """Two folders on two file systems, if we may mount; else one."""
    d = tempfile.mkdtemp(prefix="fettle-kill.")
    x = d + "/x"
    os.mkdir(x)
    mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", x], capture_output=True).returncode == 0
    yield d, x
    if mounted:
        subprocess.run(["umount", x])
    shutil.rmtree(d, ignore_errors=True)


def reset(d, x):
    shutil.rmtree(d + "/t", ignore_errors=True)
    shutil.rmtree(x + "/archive", ignore_errors=True)
    world.build(d + "/t", x, 3)
    return d + "/t"


def traced(t, *opts):
    return subprocess.run([*STRACE, *opts, FETTLE, "run", "--yes"], env=world.env(t),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def shape(t, x):
    """Where every content lies in the end; names of copies are times, so they are
    left out, and so is the trash's own naming."""
    out = {}
    for h, paths in world.contents(t, x + "/archive").items():
        out[h] = sorted({re.sub(r"/disk/copy/[^/]+/", "/disk/copy/N/", p) for p in paths})
    return out


def calls_of(t, call):
    with tempfile.NamedTemporaryFile("r") as log:
        traced(t, "-o", log.name, "-e", "trace=" + call, "-e", "signal=none")
        per = {}
        for line in log:
            m = re.match(r"(\d+) +\w+\(", line)
            if m:
                per[m.group(1)] = per.get(m.group(1), 0) + 1
    return max(per.values(), default=0)


@pytest.mark.parametrize("call", CALLS)
def test_kill_at(call, places):
    d, x = places
    t = reset(d, x)
    before = set(world.contents(t, x))
    n = calls_of(t, call)
    want = shape(t, x)
    step = max(1, n // int(os.environ.get("FETTLE_KILLS", "8")))
    for k in range(1, n + 1, step):
        t = reset(d, x)
        traced(t, "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=%s:signal=KILL:when=%d" % (call, k))
        at = "killed at %s no. %d of %d" % (call, k, n)
        lost = before - set(world.contents(t, x))
        assert not lost, "%s: lost at once: %s" % (at, lost)
        r = world.run(FETTLE, t, "run", "--yes")
        assert r.returncode == 0, "%s: the next run ended %d: %s" % (at, r.returncode, r.stderr)
        lost = before - set(world.contents(t, x))
        assert not lost, "%s: lost after recovery: %s" % (at, lost)
        got = shape(t, x)
        wrong = {h: (want.get(h), got.get(h)) for h in set(want) | set(got) if want.get(h) != got.get(h) and h in before}
        assert not wrong, "%s: ends elsewhere: %s" % (at, wrong)
        # In .fettle/, which is all ours, a half-written manifest may wait a while.
        left = [p for p in sum(world.contents(t, x).values(), []) if re.search(r"\.fettle-[0-9a-f]{16}\.(part|gone)", p) and "/.fettle/" not in p]
        assert not left, "%s: left lying about: %s" % (at, left)
