"""Kill -9 at every call that changes something while a rule with several actions works: recovery
and one more run leave each file where its rule says, exactly once, its bytes the same; nothing is
told that is not so; and the undo of all of it gives the tree as before."""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

from box import STRACE

sys.path.insert(0, os.path.dirname(__file__))
import world

FETTLE = os.environ.get("FETTLE", "build/src/fettle")
CALLS = "renameat2 unlinkat mkdirat fsync fdatasync syncfs pwrite64".split()
SEED = int(os.environ.get("FETTLE_SEED") or random.randrange(1 << 32))
MOST = int(os.environ.get("FETTLE_KILLS", "1000" if os.environ.get("FETTLE_SLOW") else "2"))

RULES = {
    "two": "actions: [{rename: 'x-{name}.{extension}'}, {move: T/P/new/}]",
    "three": "actions: [{rename: 'x-{name}.{extension}'}, {rename: 'y-{name}.{extension}'}, {move: T/P/}]",
    "far": "actions: [{rename: 'x-{name}.{extension}'}, {move: FAR/P/}]",
    "group": "filters: [{extension: jpg}]\n    companions: true\n"
             "    actions: [{rename: 'x-{name}.{extension}'}, {move: T/P/}]",
    "taken": "actions: [{rename: 'same.txt'}, {move: T/P/}]",
    "continue": "actions: [{copy: {dest: T/C/, continue_with: original}}, {rename: 'x-{name}.{extension}'}, {move: T/P/}]",
    "write last": "actions: [{rename: 'x-{name}.{extension}'}, {move: T/P/}, {write: {text: '{path.name}', outfile: T/C/log}}]",
    "write between": "actions: [{rename: 'x-{name}.{extension}'}, {write: {text: '{path.name}', outfile: T/C/log}}, {move: T/P/},"
                     " {write: {text: '{path.stem}', outfile: T/C/second}}]",
    "write over": "actions: [{move: T/P/}, {write: {text: '{path.name}', outfile: 'T/C/{path.name}', mode: overwrite}}]",
    "write same": "actions: [{move: T/P/}, {write: {text: '{path.name}', outfile: T/C/log, mode: overwrite}}]",
    "far first": "actions: [{move: FAR/P/}, {rename: 'x-{name}.{extension}'}]",
    "far twice": "actions: [{rename: 'x-{name}.{extension}'}, {move: FAR/P/}, {rename: 'y-{name}.{extension}'}, {move: T/P/}]",
    "copy first": "actions: [{copy: T/C/}, {rename: 'x-{name}.{extension}'}, {move: T/P/}]",
    "copy far": "actions: [{copy: FAR/P/}, {rename: 'x-{name}.{extension}'}]",
    # FAR has no trash, so what is replaced there is copied to the one at home.
    "write same far": "actions: [{move: T/P/}, {write: {text: '{path.name}', outfile: FAR/P/log, mode: overwrite}}]",
}
FILES = {n: "content of " + n for n in ("a.jpg", "a.xmp", "b.jpg", "c.txt")}

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@pytest.fixture
def places():
    d = tempfile.mkdtemp(prefix="fettle-chain.")
    far = d + "/far"
    os.mkdir(far)
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "none", far], capture_output=True).returncode == 0
    yield d, far, mounted
    if mounted:
        subprocess.run(["umount", far], check=True)
    shutil.rmtree(d)


def make(d, far, rule):
    t = d + "/t"
    shutil.rmtree(t, ignore_errors=True)
    shutil.rmtree(far + "/P", ignore_errors=True)
    with open(far + "/.Trash-%d" % os.getuid(), "w"):
        pass
    os.makedirs(t + "/xdg/config/fettle", 0o700)
    for n, text in FILES.items():
        world.put(t + "/D/" + n, text)
    with open(t + "/xdg/config/fettle/fettle.yaml", "w") as f:
        f.write("rules:\n  - name: chain\n    locations: T/D\n    ".replace("T/", t + "/") +
                RULES[rule].replace("T/", t + "/").replace("FAR/", far + "/") + "\n")
    os.chmod(t + "/xdg/config/fettle/fettle.yaml", 0o600)
    return t


def tree(t, far):
    out = {}
    for top in (t + "/D", t + "/P", t + "/C", far + "/P", t + "/xdg/data/Trash/files"):
        for d, _, files in os.walk(top):
            for n in files:
                with open(os.path.join(d, n)) as f:
                    out[os.path.join(d, n)] = f.read()
    return out


def shape(rule, t, far):
    """Which file gets which number is the order of the folder's own."""
    all_of = tree(t, far)
    if rule == "taken":
        return sorted(all_of), sorted(all_of.values())
    if rule.startswith("write same"):	# and which comes last; what it replaced is in the trash
        return sorted(n for n in all_of if "/Trash/" not in n), sorted(all_of.values())
    for n in all_of:		# so is the order of lines
        if n.startswith(t + "/C/"):
            all_of[n] = sorted(all_of[n].splitlines())
    return all_of


def traced(t, *opts, what=("run", "--yes")):
    return subprocess.run([*STRACE, *opts, FETTLE, *what], env=world.env(t),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def killed(t, call, k, what=("run", "--yes")):
    """Whether it was: at its k-th call."""
    return traced(t, "-o", "/dev/null", "-e", "trace=" + call,
                  "-e", "inject=%s:signal=KILL:when=%d" % (call, k), what=what).returncode < 0


def count(t, call):
    with tempfile.NamedTemporaryFile("r") as log:
        r = traced(t, "-o", log.name, "-e", "trace=" + call, "-e", "signal=none")
        assert r.returncode == 0, r.stderr
        per = {}
        for line in log:
            m = re.match(r"(\d+) +\w+\(", line)
            if m:
                per[m.group(1)] = per.get(m.group(1), 0) + 1
    return max(per.values(), default=0)


def undo_all(t):
    runs = world.run(FETTLE, t, "runs", "--json")
    for n in sorted({int(x) for x in re.findall(r'"run": ?(\d+)', runs.stdout)}, reverse=True):
        world.run(FETTLE, t, "undo", str(n), "--yes")


@pytest.mark.parametrize("rule", RULES)
def test_kill_in_chain(rule, places):
    d, far, mounted = places
    if "FAR" in RULES[rule] and not mounted:
        pytest.skip("needs a file system of its own")
    cut = 0
    for call in CALLS if MOST > 2 else ["renameat2"]:
        t = make(d, far, rule)
        before = tree(t, far)
        n = count(t, call)
        want = shape(rule, t, far)
        for k in range(1, n + 1, max(1, n // MOST)):
            t = make(d, far, rule)
            cut += killed(t, call, k)
            at = "%s: killed at %s no. %d of %d" % (rule, call, k, n)
            r = world.run(FETTLE, t, "run", "--yes")
            assert r.returncode == 0, (at, r.stderr)
            assert "somebody else" not in r.stdout + r.stderr, (at, r.stdout, r.stderr)
            assert shape(rule, t, far) == want, (at, r.stdout, r.stderr)
            undo_all(t)
            left = tree(t, far)
            if rule == "write same far":	# a text that came back as another file stays
                left = {n: text for n, text in left.items() if n in before}
            assert left == before, at
    assert cut > 0, "nothing was cut: the sweep proves nothing"


@pytest.mark.parametrize("rule", RULES)
def test_kill_twice_in_chain(rule, places):
    """So it is where what repairs is killed itself, up to three times."""
    d, far, mounted = places
    if "FAR" in RULES[rule] and not mounted:
        pytest.skip("needs a file system of its own")
    r = random.Random("%d %s" % (SEED, rule))
    t = make(d, far, rule)
    before = tree(t, far)
    most = {c: count(make(d, far, rule), c) for c in CALLS}
    t = make(d, far, rule)
    assert world.run(FETTLE, t, "run", "--yes").returncode == 0
    want = shape(rule, t, far)
    again = 0
    for _ in range(MOST if MOST > 2 else 3):
        t = make(d, far, rule)
        kills = []
        for i in range(r.choice((2, 2, 3))):
            call = r.choice([c for c in CALLS if most[c]])
            k = r.randint(1, most[call] if i == 0 else min(most[call], 12))
            kills.append("%s no. %d%s" % (call, k, "" if killed(t, call, k) else " (not reached)"))
            again += i > 0 and not kills[-1].endswith(")")
        at = "FETTLE_SEED=%d %s: killed at %s" % (SEED, rule, ", then ".join(kills))
        p = world.run(FETTLE, t, "run", "--yes")
        assert p.returncode == 0, (at, p.stderr)
        assert "somebody else" not in p.stdout + p.stderr, (at, p.stdout, p.stderr)
        assert shape(rule, t, far) == want, (at, p.stdout, p.stderr)
        undo_all(t)
        left = tree(t, far)
        if rule == "write same far":
            left = {n: text for n, text in left.items() if n in before}
        assert left == before, at
    print("%d second kills" % again)
