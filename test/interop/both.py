"""A repository that both restic and the driver (src/backup/test/drive.c) write to."""
import json
import os
import shutil
import stat
import subprocess

BUILD = os.path.dirname(os.path.abspath(os.environ.get("FETTLE", "build/src/fettle")))
FETTLE = os.path.abspath(os.environ.get("FETTLE", "build/src/fettle"))
DRIVE = os.path.join(BUILD, "backup-drive")
RESTIC = shutil.which("restic")
HOST = "here"


class World:
    def __init__(self, top):
        self.top = str(top)
        self.repo = os.path.join(self.top, "repo")
        self.cache = os.path.join(self.top, "cache")
        self.src = os.path.join(self.top, "src")
        os.mkdir(self.src)
        os.mkdir(os.path.join(self.top, "rcache"))
        self.env = dict(os.environ, RESTIC_PASSWORD="x", TZ=os.environ.get("TZ", "Europe/Berlin"),
                        RESTIC_CACHE_DIR=os.path.join(self.top, "rcache"))
        self.drive("--init", "--quick")

    def drive(self, *args, rc=0, cwd=None, stdin=None, wrap=()):
        r = subprocess.run([*wrap, DRIVE, "--cache", self.cache, "--host", HOST, *self._with_repo(args)],
                           cwd=cwd or self.top, env=self.env, input=stdin, capture_output=True, timeout=600)
        self.err = r.stderr.decode(errors="replace")
        assert r.returncode == rc, (r.returncode, self.err[-3000:])
        lines = r.stdout.decode(errors="replace").splitlines()
        self.items = lines[:-1]
        return json.loads(lines[-1]) if lines else None

    def _with_repo(self, args):
        """Options, then the repository, then the paths (which stand behind "--")."""
        args = list(args)
        i = args.index("--") if "--" in args else len(args)
        return args[:i] + [self.repo] + args[i + 1:]

    def fettle(self, *args, rc=0, cwd=None, wrap=(), text=True):
        """The program itself, on the repository; its standard output."""
        env = dict(self.env, HOME=self.top, RESTIC_CACHE_DIR=self.cache)
        r = subprocess.run([*wrap, FETTLE, "-r", self.repo, *args], cwd=cwd or self.top, env=env, capture_output=True,
                           stdin=subprocess.DEVNULL, timeout=600)
        self.err = r.stderr.decode(errors="surrogateescape")
        if rc is not None:
            assert r.returncode == rc, (args, r.returncode, r.stdout[-2000:], self.err[-3000:])
        self.rc = r.returncode
        return r.stdout.decode(errors="surrogateescape") if text else r.stdout

    def restic(self, *args, rc=0, cwd=None, stdin=None):
        r = subprocess.run([RESTIC, "-r", self.repo, *args], cwd=cwd or self.top, env=self.env,
                           input=stdin, capture_output=True, timeout=600)
        assert r.returncode == rc, (args, r.returncode, r.stdout[-2000:], r.stderr[-3000:])
        return r.stdout.decode(errors="surrogateescape")

    def restic_backup(self, *args, cwd=None, rc=0, stdin=None):
        out = self.restic("backup", "--json", "--host", HOST, *args, cwd=cwd, rc=rc, stdin=stdin)
        s = [json.loads(x) for x in out.splitlines() if x.startswith("{")][-1]
        assert s["message_type"] == "summary"
        snap = json.loads(self.restic("cat", "snapshot", s["snapshot_id"]))
        s["tree"] = snap["tree"]
        s["snapshot"] = snap
        return s

    def check(self):
        out = self.restic("check", "--read-data")
        assert "no errors were found" in out

    def snapshots(self):
        return json.loads(self.restic("snapshots", "--json"))

    def snapshot(self, id):
        return json.loads(self.restic("cat", "snapshot", id))

    def both(self, *args, cwd=None):
        """The same by both: one tree, and whoever comes second adds nothing."""
        ours = self.drive("--force", *args, cwd=cwd)
        theirs = self.restic_backup("--force", *[a for a in args if a != "--"], cwd=cwd)
        self.same(ours["tree"], theirs["tree"])
        assert theirs["data_blobs"] == 0 and (theirs["tree_blobs"] == 0 or ours["tree"] != theirs["tree"])
        for k, at in (("files_new", 0), ("files_changed", 1), ("files_unmodified", 2)):
            assert theirs[k] == ours["files"][at], k
        for k, at in (("dirs_new", 0), ("dirs_changed", 1), ("dirs_unmodified", 2)):
            assert theirs[k] == ours["dirs"][at], k
        assert theirs["total_bytes_processed"] == ours["total_bytes"]
        mine, his = self.snapshot(ours["snapshot"]), theirs["snapshot"]
        for k in ("paths", "hostname", "username", "uid", "gid", "excludes", "tags"):
            assert mine.get(k) == his.get(k), k
        return ours

    def same(self, a, b, path=""):
        """Equal trees; but others work in /tmp, which is above what we save."""
        if a == b:
            return
        above = os.path.dirname(self.top).split("/")[1:]
        depth = path.count("/")
        x, y = self.tree(a), self.tree(b)
        here = above[depth] if depth < len(above) and path == "".join("/" + p for p in above[:depth]) else None
        if [n for n in x if n["name"] != here] != [n for n in y if n["name"] != here]:
            assert False, self.difference(a, b, path)
        x, y = [n for n in x if n["name"] == here], [n for n in y if n["name"] == here]
        assert len(x) == len(y) == 1, self.difference(a, b, path)
        for k in set(x[0]) | set(y[0]):
            assert k in ("mtime", "atime", "ctime", "subtree") or x[0].get(k) == y[0].get(k), k
        self.same(x[0]["subtree"], y[0]["subtree"], path + "/" + here)

    def tree(self, id):
        return json.loads(self.restic("cat", "blob", id))["nodes"]

    def difference(self, a, b, path=""):
        """Where two trees begin to differ, for the message."""
        if a == b:
            return None
        x = {n["name"]: n for n in self.tree(a)}
        y = {n["name"]: n for n in self.tree(b)}
        for name in sorted(set(x) | set(y)):
            m, n = x.get(name), y.get(name)
            if m == n:
                continue
            if m and n and m.get("subtree") and n.get("subtree") and m["subtree"] != n["subtree"]:
                d = self.difference(m["subtree"], n["subtree"], path + "/" + name)
                if d:
                    return d
            return "%s/%s:\n%s\n%s" % (path, name, m, n)
        return "%s: same nodes, other bytes:\n%r\n%r" % (path, self.restic("cat", "blob", a)[:2000], self.restic("cat", "blob", b)[:2000])


def describe(path, times=True):
    """All that a restore must give back: relative path -> what is there."""
    out = {}
    inodes = {}
    path = os.fsencode(path)

    def one(p, rel):
        st = os.lstat(p)
        d = {"type": stat.S_IFMT(st.st_mode), "mode": st.st_mode & 0o7777, "uid": st.st_uid, "gid": st.st_gid}
        if stat.S_ISSOCK(st.st_mode):
            return False
        if times:
            d["mtime"] = st.st_mtime_ns
        if stat.S_ISREG(st.st_mode):
            with open(p, "rb") as f:
                d["bytes"] = hash(f.read())
            d["size"] = st.st_size
            if st.st_nlink > 1:
                d["link"] = inodes.setdefault((st.st_dev, st.st_ino), rel)
        if stat.S_ISLNK(st.st_mode):
            d["target"] = os.readlink(p)
        if stat.S_ISBLK(st.st_mode) or stat.S_ISCHR(st.st_mode):
            d["rdev"] = st.st_rdev
        if not stat.S_ISLNK(st.st_mode):
            d["xattrs"] = {n: os.getxattr(p, n, follow_symlinks=False)
                           for n in os.listxattr(p, follow_symlinks=False)}
        out[rel] = d
        return stat.S_ISDIR(st.st_mode)

    def walk(p, rel):
        for name in sorted(os.listdir(p)):
            r = rel + b"/" + name
            if one(os.path.join(p, name), r):
                walk(os.path.join(p, name), r)

    walk(path, b"")
    return out
