"""A repository, and the two programs that share it: fettle, as its users start it,
and restic, who judges.  Nothing here believes either of them."""
import hashlib
import json
import os
import random
import re
import shutil
import stat
import subprocess
import time

from box import judge
from conftest import SEED

FETTLE = os.path.abspath(os.environ.get("FETTLE", "build/src/fettle"))
DRIVE = os.path.join(os.path.dirname(FETTLE), "backup-drive")
RESTIC = shutil.which("restic")
KINDS = ("keys", "data", "index", "snapshots", "locks")
KIB, MIB = 1 << 10, 1 << 20

# Temporaries of either program: in a repository, and in a cache.
TEMPORARY = re.compile(r"^(fettle-tmp-|tmp-|[0-9a-f]{64}-tmp-)")


def can_judge():
    return RESTIC is not None and os.access(FETTLE, os.X_OK) and os.access(DRIVE, os.X_OK)


class Ended:
    """How a program ended."""

    def __init__(self, args, p):
        self.args, self.rc = args, p.returncode
        self.out = p.stdout.decode(errors="surrogateescape")
        self.err = p.stderr.decode(errors="surrogateescape")

    def __str__(self):
        return "%s: exit %d\n%s\n%s" % (" ".join(map(str, self.args)), self.rc, self.out[-3000:], self.err[-5000:])

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(x) for x in self.out.splitlines() if x.startswith("{")]


class Repository:
    def __init__(self, top):
        self.top = str(top)
        self.repo = os.path.join(self.top, "repo")
        self.src = os.path.join(self.top, "src")
        self.cache = os.path.join(self.top, "cache")
        os.makedirs(self.src, exist_ok=True)
        os.makedirs(self.cache, exist_ok=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.top, "LC_ALL": "C.UTF-8", "TZ": "Europe/Berlin",
                    "RESTIC_PASSWORD": "x", "RESTIC_CACHE_DIR": self.cache, "NO_COLOR": "1",
                    "XDG_CONFIG_HOME": self.top + "/config", "XDG_STATE_HOME": self.top + "/state",
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "detect_leaks=1:exitcode=99"),
                    "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=99")}

    # ---- the programs ----

    def _run(self, cmd, rc, timeout=120, stdin=b"", env=None, cwd=None):
        p = subprocess.run(cmd, env={**self.env, **(env or {})}, input=stdin, capture_output=True,
                           timeout=timeout, cwd=cwd or self.top)
        e = Ended(cmd, p)
        if cmd[0] in (FETTLE, DRIVE):
            judge(cmd, p.returncode, p.stderr)
        if rc is not None:
            assert e.rc in (rc if isinstance(rc, tuple) else (rc,)), str(e)
        return e

    def init(self, version=2):
        """With a key that is made in no time, where the version lets us."""
        if version == 2:
            self._run([DRIVE, "--init", "--quick", self.repo], 0)
        else:
            self._run([RESTIC, "-q", "-r", self.repo, "init", "--repository-version", str(version)], 0)

    def fettle(self, *args, rc=0, **kw):
        return self._run([FETTLE, "-r", self.repo, *args], rc, **kw)

    def restic(self, *args, rc=0, **kw):
        return self._run([RESTIC, "-r", self.repo, "-q", *args], rc, **kw)

    def start(self, program, *args, prefix=(), **kw):
        """Start one of them without waiting."""
        return subprocess.Popen([*prefix, program, "-r", self.repo, *args], env=self.env, cwd=self.top,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)

    # ---- what they say ----

    def backup(self, *args, **kw):
        """By fettle, of src; the id of the snapshot."""
        return self.fettle("--json", "backup", *args, self.src, **kw).lines()[-1]

    def restic_backup(self, *args, **kw):
        e = self.restic("backup", "--json", *args, self.src, **kw)
        return [x for x in e.lines() if x["message_type"] == "summary"][-1]

    def snapshots(self, *more):
        """The ids, oldest first, as restic sees them."""
        return [s["id"] for s in sorted(self.restic("--no-lock", "--no-cache", "snapshots", "--json", *more).json() or [],
                                        key=lambda s: s["time"])]

    def judged(self, *args):
        """restic reads every byte and finds no fault; what it says.  It works without
        a cache and takes no lock, so it sees what lies there and disturbs nothing."""
        e = self.restic_check("--read-data", *args)
        assert e.rc == 0, str(e)
        return e.out + e.err

    def restic_check(self, *args):
        return self._run([RESTIC, "-r", self.repo, "--no-cache", "--no-lock", "check", *args], None)

    def restored(self, snapshot):
        """What restic makes of a snapshot: described()."""
        to = os.path.join(self.top, "restored")
        shutil.rmtree(to, ignore_errors=True)
        self.restic("--no-cache", "--no-lock", "restore", snapshot, "--target", to)
        try:
            return described(to + self.src)
        finally:
            shutil.rmtree(to)

    # ---- what lies there ----

    def files(self, *kinds):
        found = []
        for k in kinds or KINDS:
            for d, _, names in os.walk(os.path.join(self.repo, k)):
                found += [os.path.join(d, n) for n in names]
        return sorted(found)

    def temporaries(self):
        return [p for top in (self.repo, self.cache) for d, _, names in os.walk(top)
                for p in (os.path.join(d, n) for n in names) if TEMPORARY.match(os.path.basename(p))]

    def age_temporaries(self, days=3):
        """As if they had been left so long ago."""
        then = time.time() - days * 86400
        for p in self.temporaries():
            os.utime(p, (then, then))

    def packs(self, kind):
        """Paths of the packs with blobs of this type ("tree" or "data")."""
        found = set()
        for i in self.files("index"):
            e = self.restic("--no-cache", "--no-lock", "cat", "index", os.path.basename(i))
            for p in e.json()["packs"]:
                if any(b["type"] == kind for b in p["blobs"]):
                    found.add(os.path.join(self.repo, "data", p["id"][:2], p["id"]))
        return sorted(found)


def rand(n, what=""):
    """n bytes, the same for the same seed and what."""
    return random.Random("%d-%s" % (SEED, what)).randbytes(n)


def put(path, data=b"x"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def described(top):
    """All that a restore must give back."""
    out, top = {}, os.fsencode(top)
    for d, dirs, names in os.walk(top):
        for n in dirs + names:
            p = os.path.join(d, n)
            st = os.lstat(p)
            what = None
            if stat.S_ISREG(st.st_mode):
                with open(p, "rb") as f:
                    what = hashlib.sha256(f.read()).hexdigest()
            elif stat.S_ISLNK(st.st_mode):
                what = os.readlink(p)
            out[os.path.relpath(p, top)] = (st.st_mode, st.st_uid, st.st_gid, st.st_mtime_ns, what)
    return out
