"""A box: a home of its own for one test, and the program in it."""
import base64
import collections
import fcntl
import glob
import hashlib
import io
import json
import os
import shlex
import shutil
import stat
import struct
import subprocess
import tarfile
import tempfile
import textwrap
import time

DAY = 86400
TIMEOUT = 240

# A traced process cannot be searched for leaks; what else it finds still tells.
STRACE = ["strace", "-f", "-qq", "-E", "ASAN_OPTIONS=detect_leaks=0:exitcode=99"]

Result = collections.namedtuple("Result", "rc out err")


def is_root():
    return os.geteuid() == 0


_mount = None


def can_mount():
    """Whether this machine lets us mount a tmpfs."""
    global _mount
    if _mount is None:
        _mount = is_root() and subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"],
            stderr=subprocess.DEVNULL).returncode == 0
    return _mount


def needs_root_reason(what):
    return "%s: only root may do this, or this machine forbids it" % what


class Box:
    """HOME is top/home; configuration, state, cache, data have their own places."""

    def __init__(self, top, uid=None):
        self.top = top
        self.uid = uid
        self.home = os.path.join(top, "home")
        self.config = os.path.join(top, "config", "fettle", "fettle.yaml")
        self.state = os.path.join(top, "state", "fettle")
        self.data = os.path.join(top, "data")
        self.trash = os.path.join(self.data, "Trash")
        self.fettle = os.environ["FETTLE"]
        for d in (self.home, os.path.dirname(self.config), os.path.join(top, "state"),
                  os.path.join(top, "cache"), self.data):
            os.makedirs(d, mode=0o700, exist_ok=True)
        if uid is not None:
            self.fettle = os.path.join(top, "fettle")
            shutil.copy(os.environ["FETTLE"], self.fettle)
            os.chmod(self.fettle, 0o755)
            self.give(top)
        self.env = {
            "HOME": self.home, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "XDG_CONFIG_HOME": os.path.join(top, "config"),
            "XDG_STATE_HOME": os.path.join(top, "state"),
            "XDG_CACHE_HOME": os.path.join(top, "cache"),
            "XDG_DATA_HOME": self.data,
            "TZ": "Europe/Berlin", "LC_ALL": "C.UTF-8", "NO_COLOR": "1",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "detect_leaks=1:exitcode=99"),
            "UBSAN_OPTIONS": os.environ.get(
                "UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=99"),
        }

    # The user's side: files and configuration.

    def path(self, *parts):
        return os.path.join(self.home, *parts)

    def give(self, path):
        """All below path belongs to the user that runs the program."""
        if self.uid is None:
            return
        for d, dirs, files in os.walk(path):
            for n in dirs + files:
                os.lchown(os.path.join(d, n), self.uid, self.uid)
        os.lchown(path, self.uid, self.uid)

    def put(self, rel, data="", age=None, mode=None):
        """A file below home: text or bytes, age in days."""
        path = os.path.join(os.fsencode(self.home), os.fsencode(rel))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        if age is not None:
            t = time.time_ns() - int(age * DAY) * 10**9
            os.utime(path, ns=(t, t))
        if mode is not None:
            os.chmod(path, mode)
        if self.uid is not None:
            d = path
            while len(d) > len(self.home):
                os.lchown(d, self.uid, self.uid)
                d = os.path.dirname(d)
        return os.fsdecode(path)

    def mkdir(self, rel, mode=0o755):
        path = self.path(rel)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        self.give(path)
        return path

    def read(self, rel):
        with open(os.path.join(os.fsencode(self.home), os.fsencode(rel)), "rb") as f:
            return f.read()

    def conf(self, text, mode=0o600):
        with open(self.config, "w") as f:
            f.write(textwrap.dedent(text).replace("%HOME%", self.home))
        os.chmod(self.config, mode)
        self.give(os.path.dirname(self.config))

    def unlock(self):
        """Give back rights that a test took, so that it can be cleared away."""
        for d, dirs, _ in os.walk(self.top):
            for n in dirs:
                p = os.path.join(d, n)
                if not os.path.islink(p):
                    os.chmod(p, 0o700)

    # The program.

    def command(self, args, prefix=()):
        c = [*prefix, self.fettle, *args]
        if self.uid is not None:
            c = ["setpriv", "--reuid=%d" % self.uid, "--regid=%d" % self.uid,
                 "--clear-groups", *c]
        return c

    def environment(self, env=None):
        e = {**self.env, **(env or {})}
        return {k: v for k, v in e.items() if v is not None}

    def start(self, *args, env=None, cwd=None, prefix=(), **more):
        """Start it, without waiting."""
        return subprocess.Popen(self.command(args, prefix), env=self.environment(env),
                                cwd=cwd or self.home, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def raw(self, *args, env=None, cwd=None, prefix=(), stdin=b"", timeout=TIMEOUT):
        """Run it; a sanitizer's finding or a death by signal fails the test."""
        p = subprocess.run(self.command(args, prefix), env=self.environment(env),
                           cwd=cwd or self.home, input=stdin, capture_output=True,
                           timeout=timeout)
        judge(args, p.returncode, p.stderr)
        return p

    def run(self, *args, **kw):
        p = self.raw(*args, **kw)
        return Result(p.returncode, p.stdout.decode(errors="surrogateescape"),
                      p.stderr.decode(errors="surrogateescape"))

    def ok(self, *args, rc=0, **kw):
        """Run it and want this exit status (or one of these)."""
        r = self.run(*args, **kw)
        want = rc if isinstance(rc, tuple) else (rc,)
        assert r.rc in want, "fettle %s: exit %d, wanted %s\n%s\n%s" % (
            shlex.join(map(str, args)), r.rc, rc, r.out, r.err)
        return r

    def json(self, *args, rc=0, **kw):
        """The objects it prints with --json; each line must be one."""
        r = self.ok("--json", *args, rc=rc, **kw)
        objects = [json.loads(line) for line in r.out.splitlines()]
        for o in objects:
            assert o["v"] == 1, o
        return objects

    def ops(self, *args, rc=0, **kw):
        """plan or run: its operations, and its summary; what the configuration is warned
        of is left out."""
        objects = [o for o in self.json(*args, rc=rc, **kw) if "severity" not in o]
        assert objects and objects[-1]["op"] == "summary", objects
        assert all(o["op"] != "summary" for o in objects[:-1])
        return objects[:-1], objects[-1]

    def newest_run(self):
        return self.json("runs")[0]["run"]

    def at(self, offset, *args, env=None):
        """Run it with another clock: '+40d', '-2d', '2038-01-19 03:14:00'."""
        if shutil.which("faketime") is None:
            import pytest
            pytest.skip("faketime is not there to turn the clock")
        e = {"NO_FAKE_STAT": "1", "DONT_FAKE_MONOTONIC": "1",
             "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKE_UTIME": "0",
             "ASAN_OPTIONS": self.env["ASAN_OPTIONS"] +
             ":verify_asan_link_order=0:detect_leaks=0", **(env or {})}
        how = ["faketime", "-f", offset] if offset[0] in "+-" else ["faketime", offset]
        return self.run(*args, env=e, prefix=how)

    def lock_held(self):
        """Whether some process holds the catalog's lock."""
        try:
            fd = os.open(os.path.join(self.state, "lock"), os.O_RDWR)
        except OSError:
            return False
        try:
            want = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
            got = fcntl.fcntl(fd, 36, want)	# F_OFD_GETLK
            return struct.unpack("hhqqi4x", got)[0] != fcntl.F_UNLCK
        finally:
            os.close(fd)

    # What is there.

    def tree(self, path=None, **kw):
        return tree(path or self.home, **kw)

    def names(self, rel="", hidden=True):
        """Relative paths below a folder of home, folders with a slash."""
        top = self.path(rel) if rel else self.home
        out = []
        for d, dirs, files in os.walk(top):
            r = os.path.relpath(d, top)
            r = "" if r == "." else r + "/"
            out += [r + n + "/" for n in dirs if not os.path.islink(os.path.join(d, n))]
            out += [r + n for n in dirs if os.path.islink(os.path.join(d, n))]
            out += [r + n for n in files]
        return sorted(n for n in out if hidden or not n.startswith("."))

    def files(self, rel=""):
        return [n for n in self.names(rel) if not n.endswith("/")]

    def bytes_there(self, *tops):
        """The hashes of all contents below home, the trash and further places, but for
        what fettle keeps for itself (manifests).  Of bundles what lies in them counts."""
        found = set()
        for top in (self.home, self.trash, *tops):
            for name, e in tree(top).items():
                if e.type != "file" or b".fettle" in name or name.endswith(b".trashinfo"):
                    continue
                inside = bundle_hashes(os.path.join(os.fsencode(top), name)) if name.endswith(b".tar.zst") else ()
                found |= set(inside or [e.sha])
        return found


def far_folder():
    """A new folder on another file system than the usual temporary one; None if there is
    none."""
    for top in ("/dev/shm", "/run/shm"):
        if os.access(top, os.W_OK) and os.stat(top).st_dev != os.stat(tempfile.gettempdir()).st_dev:
            return tempfile.mkdtemp(prefix="fettle-far.", dir=top)
    return None


def far_trash(path):
    """The trash folders of its file system."""
    top = os.path.dirname(path)
    return glob.glob(top + "/.Trash-*") + glob.glob(top + "/.Trash/*")


def far_trashed(path):
    """(.trashinfo, what it tells of) of all that the trash there got from it.  Other tests,
    which may run beside this one, fill and empty that trash, too."""
    for info in [i for t in far_trash(path) for i in glob.glob(glob.escape(t) + "/info/*")]:
        try:
            with open(info) as f:
                ours = os.path.basename(path) in f.read()
        except FileNotFoundError:
            continue
        if ours:
            yield info, info.replace("/info/", "/files/")[:-len(".trashinfo")]


def far_trash_bytes(path):
    """The hashes of the contents that the trash there got from it."""
    found = set()
    for _, what in far_trashed(path):
        if os.path.isdir(what) and not os.path.islink(what):
            found |= {e.sha for e in tree(what).values() if e.type == "file"}
        elif os.path.isfile(what):
            with open(what, "rb") as f:
                found.add(hashlib.sha256(f.read()).hexdigest())
    return found


def far_gone(path):
    """It goes, with what the trash there got from it."""
    for info, what in far_trashed(path):
        if os.path.isdir(what) and not os.path.islink(what):
            shutil.rmtree(what)
        elif os.path.lexists(what):
            os.remove(what)
        os.remove(info)
    shutil.rmtree(path)


def judge(args, rc, err):
    text = err.decode(errors="replace")
    for bad in ("AddressSanitizer", "LeakSanitizer", "runtime error:", "Assertion"):
        assert bad not in text, "fettle %s:\n%s" % (args, text)
    assert rc >= 0 and rc != 99, "fettle %s: died with %d\n%s" % (args, rc, text)


def bundle(path):
    """What a bundle holds, read by zstd and Python's tar: name -> bytes.  Empty if it is
    no bundle (any file may have such a name)."""
    p = subprocess.run(["zstd", "-dcq", path], capture_output=True)
    if p.returncode != 0:
        return {}
    with tarfile.open(fileobj=io.BytesIO(p.stdout), encoding="utf-8",
                      errors="surrogateescape") as t:
        return {m.name: t.extractfile(m).read() for m in t.getmembers() if m.isfile()}


def bundle_hashes(path):
    return {hashlib.sha256(data).hexdigest() for data in bundle(path).values()}


Entry = collections.namedtuple("Entry", "type mode owner size sha mtime xattrs target links")


def xattrs_of(path):
    try:
        return {n: os.getxattr(path, n, follow_symlinks=False)
                for n in os.listxattr(path, follow_symlinks=False)}
    except OSError:
        return {}


def tree(top, times=True, folders=True):
    """A picture of all below top: relative name in bytes -> Entry.

    The times of folders are not in it: what is put in or taken out changes them.
    """
    top = os.fsencode(top)
    out, inodes = {}, collections.defaultdict(list)
    for d, dirs, files in os.walk(top):
        for n in dirs + files:
            p = os.path.join(d, n)
            rel = os.path.relpath(p, top)
            st = os.lstat(p)
            kind, sha, target = "other", None, None
            if stat.S_ISREG(st.st_mode):
                kind = "file"
                with open(p, "rb") as f:
                    sha = hashlib.sha256(f.read()).hexdigest()
                if st.st_nlink > 1:
                    inodes[st.st_ino].append(rel)
            elif stat.S_ISDIR(st.st_mode):
                kind = "dir"
            elif stat.S_ISLNK(st.st_mode):
                kind, target = "symlink", os.readlink(p)
            elif stat.S_ISFIFO(st.st_mode):
                kind = "fifo"
            if kind == "dir" and not folders:
                continue
            out[rel] = Entry(kind, stat.S_IMODE(st.st_mode), (st.st_uid, st.st_gid),
                             st.st_size if kind == "file" else 0, sha,
                             st.st_mtime_ns if times and kind != "dir" else 0,
                             xattrs_of(p), target, None)
    for group in inodes.values():
        for rel in group:
            out[rel] = out[rel]._replace(links=tuple(sorted(group)))
    return out


def difference(a, b):
    """What differs between two trees, for a message; empty if nothing does."""
    out = []
    for n in sorted(set(a) | set(b)):
        if n not in a:
            out.append("new: %r %s" % (n, b[n].type))
        elif n not in b:
            out.append("gone: %r %s" % (n, a[n].type))
        elif a[n] != b[n]:
            out.append("changed: %r\n  %s\n  %s" % (n, a[n], b[n]))
    return "\n".join(out)


def same(a, b):
    assert not difference(a, b), difference(a, b)


def name_of(op, key):
    """The bytes of a path in a JSON object."""
    if key + "_bytes" in op:
        return base64.b64decode(op[key + "_bytes"])
    return op[key].encode(errors="surrogateescape")


def wait_for(what, process=None, limit=60):
    """Poll until what() is true; a process that ends before fails."""
    end = time.monotonic() + limit
    while not what():
        assert time.monotonic() < end, "it did not happen within %d s" % limit
        if process is not None and process.poll() is not None:
            return False
        time.sleep(0.005)
    return True
