"""Kill -9 at every system call that changes something, in every command that writes
to a repository.  Whatever the instant:

 - restic finds no fault (packs that no index names are no fault),
 - every earlier snapshot restores whole, and so does every other that is there,
 - the next backup succeeds, whatever locks were left behind, and is whole,
 - what was left lying about goes by and by: at the latest the next prune after a day.

FETTLE_KILLS says how many instants of each call are tried (8)."""
import os
import re
import shutil
import subprocess
import tempfile

import pytest

from box import STRACE
from repository import DRIVE, FETTLE, KIB, MIB, Repository, can_judge, described, put, rand

CALLS = ("renameat renameat2 linkat unlinkat mkdirat fsync fdatasync syncfs write pwrite64 openat "
         "fchmod fallocate utimensat sync_file_range").split()
KILLS = int(os.environ.get("FETTLE_KILLS", "5"))

pytestmark = pytest.mark.skipif(shutil.which("strace") is None or not can_judge(),
                                reason="needs strace, restic and backup-drive")


class Yard:
    """Templates that every kill begins from: a repository with two snapshots, its
    cache, and a source that has changed since."""

    def __init__(self, top):
        self.r = r = Repository(top)
        self.counted = {}       # command -> instants
        self.known = {}         # tree -> what a restore of it gives
        r.init()
        self.keep("empty")
        self.grow(0)
        self.first = self.save()
        self.grow(1)
        self.second = self.save()
        self.grow(2)
        self.now = described(r.src)
        self.keep("two")
        r.fettle("forget", "-q", self.first)
        self.keep("forgotten")

    def grow(self, k):
        """Files come, go and change, so that packs are partly needed."""
        s = self.r.src
        for i in range(24):
            if k == 0 or i % 6 == k:
                put("%s/d%d/f%d" % (s, i % 4, i), rand(5 * KIB + i * 5 * KIB, (i, k)))
        put(s + "/big%d" % k, rand(MIB, ("big", k)))
        put(s + "/text", b"generation %d\n" % k * 5000)
        os.makedirs(s + "/d%d/empty" % k, exist_ok=True)
        if k > 0:
            os.remove(s + "/big%d" % (k - 1))

    def save(self):
        r = self.r
        r.fettle("backup", "-q", "--pack-size", "4", r.src)
        snapshot = r.snapshots()[-1]
        self.known[self.trees()[snapshot]] = described(r.src)
        return snapshot

    def trees(self):
        """snapshot -> (tree), as restic tells."""
        return {s["id"]: s["tree"] for s in self.all()}

    def all(self):
        return self.r.restic("--no-lock", "--no-cache", "snapshots", "--json").json() or []

    def keep(self, name):
        for what in ("repo", "cache"):
            shutil.copytree(self.r.top + "/" + what, "%s/%s.%s" % (self.r.top, name, what))

    def begin(self, name):
        self.r.env["RESTIC_PASSWORD"] = "x"
        for what in ("repo", "cache"):
            old = self.r.top + "/" + what
            shutil.rmtree(old, ignore_errors=True)
            if name is not None:
                shutil.copytree("%s/%s.%s" % (self.r.top, name, what), old)
            elif what == "cache":
                os.mkdir(old)


@pytest.fixture(scope="module")
def yard():
    # In memory: what is killed is us, not the disk.
    top = tempfile.mkdtemp(prefix="fettle-kill.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    yield Yard(top)
    shutil.rmtree(top, ignore_errors=True)


# What is killed: the template it begins from, the command, and the snapshots that
# must be there afterwards.
def commands(y):
    r = y.r
    cli = [FETTLE, "-r", r.repo]
    new = r.top + "/new-password"
    both = {y.first, y.second}
    put(new, b"y\n")
    return {
        "first": ("empty", [*cli, "backup", "--pack-size", "4", r.src], set()),
        "incremental": ("two", [*cli, "backup", "--pack-size", "4", r.src], both),
        "checkpoint": ("two", [DRIVE, "--cache", r.cache, "--checkpoint", "1", "--force", r.repo, r.src], both),
        "forget": ("two", [*cli, "forget", y.first], {y.second}),
        "forget-prune": ("two", [*cli, "forget", "--keep-last", "1", "--prune", "--max-unused", "0"], {y.second}),
        "prune": ("forgotten", [*cli, "prune", "--max-unused", "0", "--repack-small"], {y.second}),
        "tag": ("two", [*cli, "tag", "--add", "seen"], both),
        "passwd": ("two", [*cli, "key", "passwd", "--new-password-file", new], both),
        "init": (None, [*cli, "init"], set()),
    }


def traced(y, command, *opts):
    return subprocess.run([*STRACE, *opts, *command], env=y.r.env, cwd=y.r.top, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)


def instants(y, name, command):
    """(call, k) of all that is to be tried: of each call the first, and some more."""
    if name not in y.counted:
        with tempfile.NamedTemporaryFile("r") as log:
            p = traced(y, command, "-o", log.name, "-e", "trace=" + ",".join(CALLS), "-e", "signal=none")
            assert p.returncode in (0, 1), p.stderr       # 1: what looks for leaks cannot, when traced
            per = {}
            for line in log:
                m = re.match(r"(\d+) +(\w+)\(", line)
                if m:
                    per[m.groups()] = per.get(m.groups(), 0) + 1
        most = {}
        for (_, call), n in per.items():
            most[call] = max(most.get(call, 0), n)
        kills = max(2, KILLS // 4) if name in SLOW else KILLS
        y.counted[name] = [(call, k) for call in sorted(most)
                           for k in range(1, most[call] + 1, max(1, -(-most[call] // kills)))]
    return y.counted[name]


# Their keys are of full strength, which takes its time.
SLOW = ("passwd", "init")
NAMES = ["first", "incremental", "checkpoint", "forget", "forget-prune", "prune", "tag", "passwd", "init"]
PARTS = 3


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", NAMES)
def test_killed_at_every_call(name, part, yard):
    template, command, must = commands(yard)[name]
    yard.begin(template)
    todo = instants(yard, name, command)[part::PARTS]
    died = 0
    for call, k in todo:
        yard.begin(template)
        p = traced(yard, command, "-o", "/dev/null", "-e", "trace=" + call,
                   "-e", "inject=%s:signal=KILL:when=%d" % (call, k))
        died += p.returncode in (-9, 137)
        try:
            open_again(yard, name)
            whole(yard, must, name in SLOW)
            goes_on(yard, name)
        except AssertionError as e:
            raise AssertionError("%s killed at %s no. %d (%d)\n%s\n%s" % (name, call, k, p.returncode, p.stderr, e)) from e
    # A thread may come less far than it came before, and fewer checkpoints be due.
    assert died * 4 > len(todo), "%d of %d were killed" % (died, len(todo))


def open_again(y, name):
    """After a change of password either opens it; a new repository is there, or is
    made now."""
    r = y.r
    if name == "passwd" and r.restic("--no-lock", "cat", "config", rc=None).rc != 0:
        r.env["RESTIC_PASSWORD"] = "y"
    if name == "init" and not os.path.exists(r.repo + "/config"):
        r.fettle("init")


def whole(y, must, brief):
    """The repository has no fault, every snapshot that must be there is, and each that
    is there gives back what it was made of."""
    r = y.r
    r.judged()
    there = y.all() if must or not brief else []
    for s in () if brief else there:
        got = r.restored(s["id"])
        if s["tree"] in y.known:
            assert got == y.known[s["tree"]], "snapshot %s restores otherwise" % s["id"]
        elif "partial" in (s.get("tags") or []):
            assert all(y.now.get(p, (0,) * 5)[4] == v[4] for p, v in got.items()), s
        else:
            assert got == y.now, "a snapshot that is not whole: %s" % s
    have = {s.get("original", s["id"]) for s in there}
    assert must <= have, "snapshots are gone: %s" % (must - have)


def goes_on(y, name):
    """The next backup, with the locks that were left; then room is made."""
    r = y.r
    r.age_temporaries()
    # Of the same host, whose checkpoints it takes away.
    r.fettle("backup", "-q", *(["--host", "drive"] if name == "checkpoint" else []), r.src)
    assert r.files("locks") == []
    for d in os.listdir(r.cache):
        if d != "CACHEDIR.TAG":
            with open("%s/%s/version" % (r.cache, d)) as f:
                assert f.read() == "1", "the cache is of no use any more"
    if name in SLOW:
        return
    there = y.all()
    assert r.restored(max(there, key=lambda s: s["time"])["id"]) == y.now
    assert not [s for s in there if "partial" in (s.get("tags") or [])]
    r.fettle("prune", "-q", "--max-unused", "0")
    assert r.temporaries() == []
    said = r.judged()
    assert "not referenced" not in said and "additional files" not in said, said
