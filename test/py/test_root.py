"""Root over another user's folder: with that user's rights and no others, so that
nobody can use fettle to reach what is not his own."""
import os
import pwd
import shutil
import subprocess
import tempfile

import pytest

from box import Box, is_root, wait_for
from control import Control
from test_daemon import daemon

pytestmark = pytest.mark.skipif(not is_root(), reason="needs root, who alone can be others")

ALICE = 65534 if "nobody" not in {p.pw_name for p in pwd.getpwall()} else pwd.getpwnam("nobody").pw_uid
BOB = 1 if ALICE != 1 else 2


@pytest.fixture
def house():
    """Root's box; beside it homes of two others, and a place of root's."""
    top = tempfile.mkdtemp(prefix="fettle-root.")
    os.chmod(top, 0o755)
    b = Box(top)
    b.alice, b.bob, b.safe = (os.path.join(top, n) for n in ("alice", "bob", "safe"))
    for d, uid, mode in ((b.alice, ALICE, 0o755), (b.bob, BOB, 0o755), (b.safe, 0, 0o700)):
        os.mkdir(d)
        os.chown(d, uid, uid)
        os.chmod(d, mode)
    yield b
    shutil.rmtree(top, ignore_errors=True)


def put(path, text="x", uid=ALICE, mode=0o644, age=0):
    parent, made = os.path.dirname(path), []
    while not os.path.isdir(parent):
        made.append(parent)
        parent = os.path.dirname(parent)
    for d in reversed(made):
        os.mkdir(d)
        os.chown(d, uid, uid)
    with open(path, "w") as f:
        f.write(text)
    os.chown(path, uid, uid)
    os.chmod(path, mode)
    if age:
        t = os.stat(path).st_mtime - age * 86400
        os.utime(path, (t, t))
    return path


def owners(top):
    return {os.path.relpath(os.path.join(d, n), top): os.lstat(os.path.join(d, n)).st_uid
            for d, dirs, files in os.walk(top) for n in dirs + files}


def read(path):
    with open(path) as f:
        return f.read()


SORT = "rules: [{name: s, locations: %s, subfolders: true, actions: [{sort: by-type}]}]\n"


def test_a_rule_acts_as_the_owner(house):
    """What is made belongs to the owner of the folder; undo takes it back, as him."""
    put(house.alice + "/in/a.pdf", "a")
    put(house.alice + "/in/b.jpg", "b")
    house.conf(SORT % (house.alice + "/in"))
    house.ok("run")
    assert owners(house.alice + "/in") == dict.fromkeys(
        ["Documents", "Images", "Documents/a.pdf", "Images/b.jpg"], ALICE)
    house.ok("undo")
    assert owners(house.alice + "/in") == dict.fromkeys(["a.pdf", "b.jpg"], ALICE)


def test_a_rule_cannot_do_what_the_owner_cannot(house):
    """Not into root's place, not into another's, not out of a folder closed to him; each
    told, and the rest is done."""
    put(house.alice + "/in/a.pdf", "a")
    put(house.alice + "/in/b.jpg", "b")
    put(house.alice + "/in/c.txt", "c")
    closed = house.alice + "/in/closed"
    os.mkdir(closed, 0o700)
    put(closed + "/d.pdf", "d", uid=0)
    house.conf("""\
    rules:
      - {name: r, locations: %(a)s/in, filters: [extension: pdf], actions: [{move: %(s)s/}]}
      - {name: b, locations: %(a)s/in, filters: [extension: jpg], actions: [{move: %(b)s/}]}
      - {name: d, locations: %(a)s/in, subfolders: true, filters: [extension: pdf],
         actions: [{move: %(a)s/out/}]}
      - {name: t, locations: %(a)s/in, filters: [extension: txt], actions: [{move: %(a)s/out/}]}
    """ % {"a": house.alice, "b": house.bob, "s": house.safe})
    r = house.ok("run", rc=(1, 3))
    assert os.listdir(house.safe) == [] and os.listdir(house.bob) == []
    assert read(closed + "/d.pdf") == "d"
    assert read(house.alice + "/out/c.txt") == "c"
    assert "a.pdf" in r.err and "b.jpg" in r.err and "closed" in r.err


def test_a_link_leads_nowhere_else(house):
    """The location, or its target, is a symlink of the owner's to somebody else's."""
    put(house.safe + "/secret.pdf", "secret", uid=0)
    put(house.bob + "/his.pdf", "his", uid=BOB)
    put(house.alice + "/own/mine.pdf", "mine")
    for name, to in (("to-root", house.safe), ("to-bob", house.bob), ("to-own", house.alice + "/own")):
        os.symlink(to, house.alice + "/" + name)
        os.lchown(house.alice + "/" + name, ALICE, ALICE)
    before = {d: owners(d) for d in (house.safe, house.bob)}
    for name in ("to-root", "to-bob"):
        house.conf(SORT % (house.alice + "/" + name))
        r = house.ok("run", rc=(1, 3))
        assert "somebody else" in r.err or "ermission" in r.err, r.err
    assert before == {d: owners(d) for d in (house.safe, house.bob)}
    put(house.alice + "/in/a.pdf", "a")
    for name in ("to-root", "to-bob"):
        house.conf("rules: [{name: m, locations: %s/in, actions: [{move: %s/}]}]\n"
                   % (house.alice, house.alice + "/" + name))
        house.ok("run", rc=(1, 3))
    assert before == {d: owners(d) for d in (house.safe, house.bob)}
    assert read(house.alice + "/in/a.pdf") == "a"
    house.conf(SORT % (house.alice + "/to-own"))
    house.ok("run")
    assert read(house.alice + "/own/Documents/mine.pdf") == "mine"


def test_the_owners_trash(house):
    """What goes to the trash goes to a trash of the owner's, and comes back out of it."""
    put(house.alice + "/in/a.log", "a")
    house.conf("rules: [{name: t, locations: %s/in, actions: [trash]}]\n" % house.alice)
    home = pwd.getpwuid(ALICE).pw_dir
    r = house.ok("run", rc=(0, 1, 3))
    if r.rc != 0:		# nobody's home is nowhere, and / not his to write to
        assert "trash" in r.err.lower() or "ermission" in r.err
        assert read(house.alice + "/in/a.log") == "a", home
        return
    assert os.listdir(house.alice + "/in") == []
    house.ok("undo")
    assert owners(house.alice + "/in") == {"a.log": ALICE}


@pytest.mark.parametrize("bundled", ["", ", bundle: tar.zst"])
def test_an_archive_acts_as_the_owner(house, bundled):
    """Files, and bundles, their manifest too; check and get reach them; undo."""
    put(house.alice + "/in/sub/a.txt", "old", age=40)
    house.conf("archives: [{name: a, locations: %(a)s/in, subfolders: true, older_than: 30 days,"
               " to: %(a)s/away%(b)s}]\n" % {"a": house.alice, "b": bundled})
    house.ok("run")
    away = house.alice + "/away"
    assert set(owners(away).values()) == {ALICE}, owners(away)
    assert not os.path.exists(house.alice + "/in/sub/a.txt")
    house.ok("-b", "a", "check")
    house.ok("get", "a.txt")
    assert read(house.alice + "/in/sub/a.txt") == "old"
    assert os.stat(house.alice + "/in/sub/a.txt").st_uid == ALICE
    house.ok("undo", "2")
    house.ok("undo", "1")
    assert owners(house.alice + "/in") == {"sub": ALICE, "sub/a.txt": ALICE}


def test_a_backup_reads_what_it_is_told(house):
    """Root reads all of it, whatever its mode; restore puts it back with the owner's
    rights, and not through a link that he laid."""
    put(house.alice + "/docs/private.txt", "private", mode=0o600)
    put(house.alice + "/docs/sub/b.txt", "b")
    os.chmod(house.alice + "/docs", 0o700)
    house.conf("backups: [{name: b, paths: %s/docs, copies: {path: %s/copies}}]\n"
               % (house.alice, house.safe))
    house.ok("run")
    house.ok("-b", "b", "check")
    os.unlink(house.alice + "/docs/private.txt")
    shutil.rmtree(house.alice + "/docs/sub")
    house.ok("-b", "b", "restore")
    assert read(house.alice + "/docs/private.txt") == "private"
    assert owners(house.alice + "/docs") == dict.fromkeys(["private.txt", "sub", "sub/b.txt"], ALICE)
    assert os.stat(house.alice + "/docs/private.txt").st_mode & 0o777 == 0o600
    os.unlink(house.alice + "/docs/private.txt")
    house.ok("get", house.alice + "/docs/private.txt")
    assert read(house.alice + "/docs/private.txt") == "private"
    # A new folder of his is made as his, too.
    house.ok("-b", "b", "restore", "--target", house.alice + "/back")
    assert set(owners(house.alice + "/back").values()) == {ALICE}
    # She swaps her folder for a link to root's: nothing is written there.
    shutil.rmtree(house.alice + "/docs")
    os.symlink(house.safe, house.alice + "/docs")
    os.lchown(house.alice + "/docs", ALICE, ALICE)
    before = owners(house.safe)
    house.ok("-b", "b", "restore", rc=(1, 3))
    assert {k: v for k, v in owners(house.safe).items() if ".fettle" not in k} == \
        {k: v for k, v in before.items() if ".fettle" not in k}
    # And a backup does not follow it.
    house.ok("run", rc=(0, 1, 3))
    assert not any(n.endswith("copies/b") for n in owners(house.safe + "/copies/b"))


def test_two_owners_in_one_run(house):
    """A rule over two users' folders: each with his own rights."""
    put(house.alice + "/in/a.pdf", "a")
    put(house.bob + "/in/b.pdf", "b", uid=BOB)
    put(house.home + "/R/c.pdf", "c", uid=0)
    house.conf("rules: [{name: s, locations: [%s/in, %s/in, ~/R], actions: [{sort: by-type}]}]\n"
               % (house.alice, house.bob))
    house.ok("run")
    assert set(owners(house.alice).values()) == {ALICE}
    assert set(owners(house.bob).values()) == {BOB}
    assert set(owners(house.home + "/R").values()) == {0}
    assert read(house.bob + "/in/Documents/b.pdf") == "b"
    house.ok("undo")
    assert read(house.bob + "/in/b.pdf") == "b" and read(house.home + "/R/c.pdf") == "c"


def test_killed_and_recovered_as_the_owner(house):
    """A move that was cut is finished or taken back with the owner's rights."""
    for i in range(300):
        put(house.alice + "/in/f%03d.pdf" % i, str(i))
    house.conf("guard: {max_share: off}\n" + SORT % (house.alice + "/in"))
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    p = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e",
                        "inject=renameat2:signal=KILL:when=150", house.fettle, "run"],
                       env={**house.env, "ASAN_OPTIONS": "detect_leaks=0:exitcode=99"}, cwd=house.home,
                       stdin=subprocess.DEVNULL, capture_output=True)
    assert p.returncode != 0
    house.ok("run")
    names = owners(house.alice + "/in")
    assert len([n for n in names if n.endswith(".pdf") and n.startswith("Documents/")]) == 300
    assert set(names.values()) == {ALICE}
    assert sorted(read(house.alice + "/in/Documents/f%03d.pdf" % i) for i in range(300)) == \
        sorted(str(i) for i in range(300))


def test_a_worker_behind_its_fence_is_the_owner(house):
    """What the daemon starts is fenced to the folder and still acts as its owner."""
    put(house.alice + "/in/a.pdf", "a")
    house.conf("log: {level: debug}\n" + SORT % (house.alice + "/in"))
    with daemon(house) as d:
        c = Control(house)
        assert c.json("run s")["ok"]
        d.ended("s")
        c.close()
        d.stop()
    assert owners(house.alice + "/in") == {"Documents": ALICE, "Documents/a.pdf": ALICE}
    assert "s is fenced in" in d.log() or "no Landlock" in d.log()


def test_a_command_runs_as_the_owner(house):
    """Wholly: it could change its file system rights alone back again."""
    put(house.alice + "/in/a.pdf", "a")
    put(house.alice + "/in/list", "")
    house.conf("""\
    rules: [{name: c, locations: %s/in, filters: [extension: pdf], actions: [
      {shell: 'id -u >%s/in/list; id -ru >>%s/in/list; grep ^Groups: /proc/self/status >>%s/in/list'}]}]
    """ % ((house.alice,) * 4))
    house.ok("run", "--yes")
    lines = read(house.alice + "/in/list").split("\n")
    assert lines[:2] == [str(ALICE)] * 2 and "0" not in lines[2].split()[1:]


def test_commands_in_the_machines_file_must_be_allowed(house):
    """In /etc/fettle, and only there; a wrong word is a fault."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("needs a mount namespace")
    etc = os.path.join(house.top, "etc")
    os.makedirs(etc + "/fettle")
    for n in ("passwd", "group", "nsswitch.conf"):
        shutil.copy("/etc/" + n, etc)
    rule = "rules: [{name: c, locations: ~/D, actions: [{shell: 'true'}]}]\n"

    def check(text, path="/etc/fettle/fettle.yaml"):
        with open(etc + "/fettle/fettle.yaml", "w") as f:
            f.write(text)
        os.chmod(etc + "/fettle/fettle.yaml", 0o600)
        p = subprocess.run(["unshare", "-m", "sh", "-c", 'mount --bind "$1" /etc && exec "$2" -c "$3" '
                            "config check", "sh", etc, house.fettle, path],
                           env=house.env, capture_output=True, text=True)
        return p.returncode, p.stderr

    rc, err = check(rule)
    assert rc == 2 and "'c' runs a command" in err and "allow: [commands]" in err, err
    assert check(rule + "allow: [commands]\n")[0] == 0
    assert check(rule + "allow: commands\n")[0] == 0
    rc, err = check("allow: [command]\n")
    assert rc == 2 and "commands" in err
    assert check(rule, etc + "/fettle/fettle.yaml")[0] == 0


def test_watching_acts_as_the_owner(house):
    """Root's daemon handles what arrives in another's folder with his rights; a symlink that
    he puts in the place of a sub-folder leads nowhere."""
    put(house.alice + "/in/sub/x.jpg", "x")
    put(house.safe + "/secret.jpg", "s", uid=0)
    house.conf("rules: [{name: s, locations: %s, subfolders: true, watch: {settle: 0s},"
               " actions: [{move: %s/out/}]}]\n" % (house.alice + "/in", house.alice))
    with daemon(house) as d:
        put(house.alice + "/in/a.jpg", "a")
        assert wait_for(lambda: sorted(os.listdir(house.alice + "/out")) == ["a.jpg", "x.jpg"]
                        if os.path.isdir(house.alice + "/out") else False, d.p)
        os.rmdir(house.alice + "/in/sub")
        os.symlink(house.safe, house.alice + "/in/sub")
        put(house.safe + "/more.jpg", "m", uid=0)
        put(house.alice + "/in/b.jpg", "b")
        assert wait_for(lambda: os.path.exists(house.alice + "/out/b.jpg"), d.p)
        d.stop()
    assert sorted(os.listdir(house.safe)) == ["more.jpg", "secret.jpg"]
    assert set(owners(house.alice + "/out").values()) == {ALICE}
    assert os.stat(house.alice + "/out").st_uid == ALICE
