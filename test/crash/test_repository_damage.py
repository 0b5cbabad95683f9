"""Bits turned, files cut, emptied, swapped or gone, in every kind of file that a
repository and a cache are made of.  Whatever is damaged:

 - every command ends: by itself, soon, and never by a signal or a sanitizer,
 - one that fails says which file it is that it cannot use,
 - check finds the damage and names the file,
 - prune, which takes things away, takes nothing that could still be read,
 - damage in the cache costs time and nothing else.

FETTLE_SEED chooses where the bits are, FETTLE_DAMAGES how many commands besides
check meet each damage (5)."""
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

from conftest import SEED
from repository import FETTLE, KIB, Repository, can_judge, described, put, rand

COMMANDS = int(os.environ.get("FETTLE_DAMAGES", "5"))
pytestmark = pytest.mark.skipif(not can_judge(), reason="needs restic and backup-drive")

# The slowest must be well below it, a hang above.
LIMIT = 60


class Ward:
    def __init__(self, top):
        self.r = r = Repository(top)
        r.init()
        self.known = {}
        for k in range(3):
            for i in range(12):
                if k == 0 or i % 4 == k:
                    put("%s/d%d/f%d" % (r.src, i % 3, i), rand(2 * KIB + i * 4 * KIB, (i, k)))
            put(r.src + "/text", b"generation %d\n" % k * 3000)
            r.fettle("backup", "-q", r.src)
            self.known[r.snapshots()[-1]] = described(r.src)
        self.ids = list(self.known)
        data, tree = r.packs("data"), r.packs("tree")
        assert len(data) >= 2 and len(tree) >= 2
        self.kinds = {"config": [r.repo + "/config"], "key": r.files("keys"), "index": r.files("index"),
                      "snapshot": r.files("snapshots"), "data": data, "tree": tree}
        self.cached = [os.path.join(d, n) for d, _, names in os.walk(r.cache) for n in names]
        for what in ("repo", "cache"):
            shutil.copytree(r.top + "/" + what, r.top + "/whole." + what)

    def begin(self):
        for what in ("repo", "cache"):
            shutil.rmtree(self.r.top + "/" + what)
            shutil.copytree(self.r.top + "/whole." + what, self.r.top + "/" + what)

    def commands(self):
        """All that read or write; what this build has not is passed over."""
        src, last, first = self.r.src, self.ids[-1], self.ids[0]
        all_of_them = [
            ["snapshots"], ["ls", last], ["ls", first], ["check"], ["check", "--read-data-subset", "1/2"],
            ["backup", src], ["backup", "--force", src], ["backup", "--parent", first, src],
            ["forget", "--keep-last", "1"], ["forget", "--keep-last", "1", "--prune", "--max-unused", "0"],
            ["prune", "--max-unused", "0"], ["prune", "--dry-run"], ["tag", "--add", "t", last],
            ["key", "list"], ["unlock"], ["list", "packs"], ["list", "blobs"], ["list", "snapshots"],
            ["cat", "config"], ["cat", "masterkey"], ["cat", "snapshot", last], ["diff", first, last],
            ["stats"], ["stats", "--mode", "raw-data"], ["find", "f1"], ["dump", last, src + "/text"],
            ["restore", last, "--target", self.r.top + "/restored"], ["restore", first, "--target", self.r.top + "/restored"],
            ["repair", "index"], ["repair", "snapshots"], ["rewrite", "--exclude", "text", last],
        ]
        there = self.r.fettle("--help", rc=None).out
        return [c for c in all_of_them if re.search(r"^  %s\b" % c[0], there, re.M)]


@pytest.fixture(scope="module")
def ward():
    top = tempfile.mkdtemp(prefix="fettle-damage.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    yield Ward(top)
    shutil.rmtree(top, ignore_errors=True)


# ------------------------------------------------------------------ doing harm

def flip(path, rng, at=None):
    with open(path, "rb") as f:
        data = bytearray(f.read())
    k = rng.randrange(len(data)) if at is None else at % len(data)
    data[k] ^= 1 << rng.randrange(8)
    rewrite(path, bytes(data))


def rewrite(path, data):
    os.chmod(path, 0o600)
    with open(path, "wb") as f:
        f.write(data)


def cut(path, rng):
    size = os.path.getsize(path)
    os.chmod(path, 0o600)
    os.truncate(path, rng.randrange(1, size) if size > 1 else 0)


def grow(path, rng):
    os.chmod(path, 0o600)
    with open(path, "ab") as f:
        f.write(rng.randbytes(rng.randrange(1, 5000)))


def instead(path, make):
    os.remove(path)
    make(path)


HARM = {
    "flip": flip,
    "flip in the header": lambda p, rng: flip(p, rng, -5 - rng.randrange(60)),
    "flip in the last bytes": lambda p, rng: flip(p, rng, -1 - rng.randrange(4)),
    "cut": cut,
    "cut by a byte": lambda p, rng: (os.chmod(p, 0o600), os.truncate(p, os.path.getsize(p) - 1)),
    "empty": lambda p, rng: rewrite(p, b""),
    "grow": grow,
    "zeros": lambda p, rng: rewrite(p, bytes(os.path.getsize(p))),
    "random": lambda p, rng: rewrite(p, rng.randbytes(os.path.getsize(p))),
    "gone": lambda p, rng: os.remove(p),
    "a folder": lambda p, rng: instead(p, os.mkdir),
    "a fifo": lambda p, rng: instead(p, os.mkfifo),
    "a link to nowhere": lambda p, rng: instead(p, lambda q: os.symlink("nowhere", q)),
    "a link to itself": lambda p, rng: instead(p, lambda q: os.symlink(os.path.basename(q), q)),
}
# What is not there, or no file, cannot be named everywhere: what it held is.
SLOW = os.environ.get("FETTLE_SLOW") == "1"
UNNAMED = ("gone", "a folder", "a fifo", "a link to nowhere", "a link to itself")


def ends(r, command, at):
    try:
        return r.fettle(*command, rc=None, timeout=LIMIT)
    except subprocess.TimeoutExpired as e:
        raise AssertionError("%s: %s hangs" % (at, command)) from e
    finally:
        shutil.rmtree(r.top + "/restored", ignore_errors=True)


def names(kind, path):
    return kind if kind == "config" else os.path.basename(path)[:8]


def readable(w):
    """Of each snapshot, what can still be restored: by restic, which goes on after
    errors."""
    r, out = w.r, {}
    for s in w.ids:
        to = r.top + "/rescued"
        r.restic("--no-cache", "--no-lock", "restore", s, "--target", to, rc=None)
        if os.path.isdir(to + r.src):
            out[s] = {p: v[4] for p, v in described(to + r.src).items() if v[4] == w.known[s].get(p, (0,) * 5)[4]}
        shutil.rmtree(to, ignore_errors=True)
    return out


@pytest.mark.parametrize("how", list(HARM))
@pytest.mark.parametrize("kind", ["config", "key", "index", "snapshot", "data", "tree"])
def test_damage_is_told(kind, how, ward):
    w, r = ward, ward.r
    rng = random.Random("%d %s %s" % (SEED, kind, how))
    todo = [["check", "--read-data"], *rng.sample(w.commands(), COMMANDS)]
    path = rng.choice(w.kinds[kind])
    spot = rng.getstate()
    for command in todo:
        w.begin()
        rng.setstate(spot)
        HARM[how](path, rng)
        if rng.random() < 0.7:      # else the cache knows better
            shutil.rmtree(r.cache)
            os.mkdir(r.cache)
        # restic tries for minutes to read what is cut or no file.
        careful = ("prune" in command or "--prune" in command) and "--dry-run" not in command and SLOW
        before = readable(w) if careful else None
        at = "%s of %s %s" % (how, kind, path)
        e = ends(r, command, at)
        at += "\n" + str(e)
        assert e.rc in (0, 1, 2, 3, 10, 11, 12), at
        assert e.rc == 0 or len(e.err + e.out) > 20, at
        if e.rc != 0 and how not in UNNAMED:
            assert names(kind, path) in e.err + e.out, at
        if command[:2] == ["check", "--read-data"] and not (kind == "snapshot" and how in UNNAMED):
            # A snapshot that is gone is forgotten, for all that one can know.
            assert e.rc != 0, at
        if careful and "--keep-last" not in command:
            lost = {s: set(v) - set(readable(w).get(s, ())) for s, v in before.items()}
            assert not any(lost.values()), "%s\nprune took %s" % (at, lost)


# ------------------------------------------------------------------ locks

def leave_lock(r):
    """A lock whose process was killed."""
    p = r.start(FETTLE, "backup", "--stdin", prefix=["sh", "-c", 'exec "$@" < /dev/zero', "x"])
    while not [f for f in r.files("locks") if re.match("[0-9a-f]{64}$", os.path.basename(f))]:
        assert p.poll() is None, p.communicate()
    p.send_signal(signal.SIGKILL)
    p.communicate()
    return [f for f in r.files("locks") if re.match("[0-9a-f]{64}$", os.path.basename(f))][0]


# restic tries half a minute to read each of them.
@pytest.mark.parametrize("how", ["flip", *(pytest.param(h, marks=pytest.mark.slow) for h in ("cut", "zeros"))])
def test_a_damaged_lock_blocks_and_unlock_helps(how, ward):
    """Nobody knows whose it is, so it counts; the message names it and the remedy."""
    w, r = ward, ward.r
    w.begin()
    lock = leave_lock(r)
    HARM[how](lock, random.Random(SEED))
    e = ends(r, ["backup", r.src], how)
    assert e.rc in (1, 11) and os.path.basename(lock)[:8] in e.err and "unlock --remove-all" in e.err, str(e)
    ends(r, ["unlock"], how)
    assert os.path.exists(lock)
    assert ends(r, ["unlock", "--remove-all"], how).rc == 0
    assert not os.path.exists(lock)
    r.fettle("backup", r.src)
    r.judged()


@pytest.mark.parametrize("how", ["empty", "a folder", "a fifo", "a link to nowhere"])
def test_what_is_no_lock_is_in_nobodys_way(how, ward):
    w, r = ward, ward.r
    w.begin()
    HARM[how](leave_lock(r), random.Random(SEED))
    r.fettle("backup", r.src)
    r.fettle("prune", "--max-unused", "0")
    assert ends(r, ["unlock"], how).rc == 0


def test_a_dead_ones_lock_goes_by_itself(ward):
    w, r = ward, ward.r
    w.begin()
    lock = leave_lock(r)
    r.fettle("prune")
    assert not os.path.exists(lock)


# ------------------------------------------------------------------ the cache

CACHE_HARM = ["flip", "cut", "empty", "grow", "zeros", "random", "gone", "a folder", "a fifo", "a link to nowhere"]


def outputs(r):
    """What commands say that must not depend on a cache."""
    said = []
    for c in (["--json", "snapshots"], ["ls", "latest"], ["list", "blobs"], ["list", "packs"], ["diff", "latest~1", "latest"],
              ["check", "--read-data"], ["check", "--with-cache"]):
        e = ends(r, c, "a damaged cache")
        assert e.rc == 0, str(e)
        said.append(sorted(e.out.splitlines()))
    return said


@pytest.mark.parametrize("part", ["index", "snapshots", "data", "fettle", "notes", "all"])
@pytest.mark.parametrize("how", CACHE_HARM)
def test_damage_in_the_cache_costs_only_time(how, part, ward):
    w, r = ward, ward.r
    rng = random.Random("%d %s %s" % (SEED, how, part))
    w.begin()
    want = getattr(w, "said", None) or outputs(r)
    w.said = want
    w.begin()
    some = [p for p in w.cached if part == "all" or "/%s/" % part in p or (
        part == "notes" and os.path.basename(p) in ("version", "CACHEDIR.TAG"))]
    assert some
    for p in some:
        HARM[how](p, rng)
    assert outputs(r) == want
    e = ends(r, ["backup", "--json", r.src], how)
    assert e.rc == 0, str(e)
    assert e.lines()[-1]["data_blobs"] == 0, str(e)
    r.judged()


def test_a_cache_of_another_repository_is_not_believed(ward):
    """Two repositories' caches swapped, as by a careless copy."""
    w, r = ward, ward.r
    w.begin()
    other = Repository(r.top + "/other")
    other.init()
    put(other.src + "/a", b"something else")
    other.fettle("backup", "-q", other.src)
    mine = [d for d in os.listdir(r.cache) if len(d) == 64][0]
    theirs = [d for d in os.listdir(other.cache) if len(d) == 64][0]
    shutil.rmtree(os.path.join(r.cache, mine))
    shutil.copytree(os.path.join(other.cache, theirs), os.path.join(r.cache, mine))
    assert ends(r, ["check"], "swapped").rc == 0
    assert ends(r, ["ls", "latest"], "swapped").rc == 0
    e = ends(r, ["backup", "--json", r.src], "swapped")
    assert e.rc == 0 and e.lines()[-1]["data_blobs"] == 0, str(e)
    r.judged()
