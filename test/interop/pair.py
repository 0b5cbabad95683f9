"""One repository and two programs: the fettle under test, and restic, who judges."""
import json
import os
import random
import shutil
import stat
import subprocess
import tempfile

import pytest

FETTLE = os.path.abspath(os.environ.get("FETTLE", "build/src/fettle"))
DRIVE = os.path.join(os.path.dirname(FETTLE), "backup-drive")
RESTIC = shutil.which("restic")
from conftest import SEED   # noqa: E402

needs_restic = pytest.mark.skipif(RESTIC is None or not os.access(FETTLE, os.X_OK),
                                  reason="needs restic and fettle")


def rand(n, what=0):
    return random.Random("%d-%s" % (SEED, what)).randbytes(n)


def words(n, what=0):
    """Text-like bytes: they compress."""
    r = random.Random("%d-%s" % (SEED, what))
    return b" ".join(r.choice([b"lorem", b"ipsum", b"dolor", b"%d" % r.randrange(999)])
                     for _ in range(n // 2 + 1))[:n]


class Result:
    def __init__(self, r):
        self.rc, self.out = r.returncode, r.stdout.decode(errors="surrogateescape")
        self.err = r.stderr.decode(errors="replace")

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(x) for x in self.out.splitlines() if x.startswith("{")]


class Pair:
    def __init__(self, top, name="repo", version=None):
        self.top, self.repo = str(top), os.path.join(str(top), name)
        self.src = os.path.join(self.top, "src")
        os.makedirs(self.src, exist_ok=True)
        cache = os.path.join(self.top, "cache-" + name)
        os.makedirs(cache, exist_ok=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": self.top, "RESTIC_PASSWORD": "x",
                    "RESTIC_CACHE_DIR": cache, "TZ": os.environ.get("TZ", "Europe/Berlin"),
                    "XDG_CONFIG_HOME": self.top + "/config", "XDG_STATE_HOME": self.top + "/state"}
        for k in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if k in os.environ:
                self.env[k] = os.environ[k]
        self._init(version)

    def _init(self, version):
        """With a key that is made in no time, where we can."""
        if version is None and os.access(DRIVE, os.X_OK):
            self._run([DRIVE, "--init", "--quick", self.repo], 0)
        else:
            self.restic("init", *(["--repository-version", str(version)] if version else []))

    def _run(self, cmd, rc, stdin=None, cwd=None, env=None):
        r = Result(subprocess.run(cmd, env=dict(self.env, **(env or {})), capture_output=True,
                                  cwd=cwd or self.top, timeout=300, input=stdin))
        if rc is not None:
            assert r.rc in (rc if isinstance(rc, tuple) else (rc,)), \
                "%s\nrc %d\n%s\n%s" % (cmd, r.rc, r.out[-3000:], r.err[-3000:])
        return r

    def restic(self, *args, rc=0, **kw):
        return self._run([RESTIC, "-r", self.repo, "-q", *args], rc, **kw)

    def fettle(self, *args, rc=0, **kw):
        return self._run([FETTLE, "-r", self.repo, *args], rc, **kw)

    def both(self, *args):
        """The JSON of both, for the same command."""
        ours, theirs = self.fettle("--json", *args), self.restic("--json", *args)
        return ours.json(), theirs.json()

    # ---- what to back up ----
    def put(self, path, data=b"x", mtime=None, mode=None):
        path = os.path.join(self.src, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        if mode is not None:
            os.chmod(path, mode)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        return path

    def backup(self, *args, **kw):
        """By restic, of src: the id of the snapshot."""
        out = self.restic("backup", "--json", *args, ".", cwd=kw.pop("cwd", self.src), **kw)
        short = [x for x in out.lines() if x.get("message_type") == "summary"][-1]["snapshot_id"]
        return [os.path.basename(f) for f in self.files("snapshots") if os.path.basename(f).startswith(short)][0]

    # ---- what is there ----
    def files(self, kind):
        top = os.path.join(self.repo, kind)
        return sorted(os.path.join(d, f) for d, _, v in os.walk(top) for f in v)

    def snapshots(self, *args):
        return self.restic("snapshots", "--json", *args).json() or []

    def packs_of(self, kind):
        """Ids of packs that hold blobs of this type ("tree" or "data")."""
        found = []
        for i in self.files("index"):
            for p in self.restic("cat", "index", os.path.basename(i)).json()["packs"]:
                if any(b["type"] == kind for b in p["blobs"]):
                    found.append(p["id"])
        return sorted(set(found))

    def check(self, *args):
        out = self.restic("check", "--read-data", *args)
        return out

    def restore(self, snapshot, into):
        into = os.path.join(self.top, into)
        self.restic("restore", snapshot, "--target", into)
        return into

    # ---- harm ----
    def harm(self, path, at=None, n=1):
        """Flip bits of a file that may not be written to."""
        os.chmod(path, 0o600)
        with open(path, "r+b") as f:
            data = bytearray(f.read())
            for i in range(n):
                k = (len(data) // 3 if at is None else at) + i
                data[k] ^= 0x40
            f.seek(0)
            f.write(data)
        self.forget_cache()

    def remove(self, path):
        os.unlink(path)
        self.forget_cache()

    def forget_cache(self):
        shutil.rmtree(self.env["RESTIC_CACHE_DIR"], ignore_errors=True)
        os.makedirs(self.env["RESTIC_CACHE_DIR"])

    def pack(self, id):
        return os.path.join(self.repo, "data", id[:2], id)


@pytest.fixture
def pair():
    made = []

    def make(name="repo", version=None):
        if not made:
            made.append(tempfile.mkdtemp(prefix="fettle-pair."))
        return Pair(made[0], name, version)

    yield make
    for d in made:
        subprocess.run(["chmod", "-R", "u+rwx", d], capture_output=True)
        shutil.rmtree(d, ignore_errors=True)


def tree_of(top):
    """path -> (kind, mode, size or target, bytes) of all below a folder."""
    out = {}
    for d, dirs, names in os.walk(top):
        for n in dirs + names:
            p = os.path.join(d, n)
            st = os.lstat(p)
            what = os.readlink(p) if stat.S_ISLNK(st.st_mode) else \
                open(p, "rb").read() if stat.S_ISREG(st.st_mode) else None
            out[os.path.relpath(p, top)] = (stat.S_IFMT(st.st_mode), st.st_mode & 0o7777,
                                            int(st.st_mtime_ns), what)
    return out
