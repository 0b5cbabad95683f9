#!/usr/bin/env python3
"""backup.py BUILD [options] [CASE...] -- repositories, beside Debian's restic (and borg): one table, a row a work.

    home    first backup of many small text-like files (also with --compression fastest), the same unchanged, and
            with 1 % changed, 1 % new, 2 % moved; restore (beside cp -a); check --read-data
    random  few large incompressible files: first backup, restore
    tiny    tiny files: first backup, restore
    image   a disk image: 1 % edited, restore
    prune   forget --keep-last 1 and prune after 10 generations
    index   the index of a large repository, made by a generator
    growth  the first backup and the unchanged one, from 10,000 to 1,000,000 files

What the tables of others get wrong is avoided: each tool has a file system of its own, made new for each round (ext4
is slow in making files after a mass delete, and one tool would pay for another's); all that a command reads is
read right before the clock starts, and free memory is the guest's own (warm()); the disk is flushed before, and inside the clock after (--no-sync: not),
since one tool flushes what it wrote and another does not.  Tools take turns, each round in another order, and the
ratio is the median of the rounds' pairs, so that what else the machine does falls on both.  Deriving the key is part of
every figure.  restic and fettle read the same source with the same options; each has its own repository and cache.

A round of `home` changes the source by one generation, so rounds are not quite alike; pairs are.
"others" is how many cores the rest of the machine was taking meanwhile: 0.0 is quiet.

    --scale X       of the sizes below (1)         --rounds N    (3; home and growth: at most 2)
    --borg          borg as well (in the first round only, in home, random and tiny)
    --work DIR      where all is made ($TMPDIR)    --json FILE   the raw figures, too

Needs root for the loop devices; without it, folders of one file system stand in, and the traps are back."""
import argparse, json, os, platform, shutil, signal, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.geteuid() == 0
GEN = ["/usr/bin/python3", os.path.join(HERE, "gen.py")]
NOW = "1795300000"


def run(argv, env=None, ok=(0,)):
    p = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True)
    if p.returncode not in ok:
        sys.exit("%s: %d\n%s" % (" ".join(argv), p.returncode, (p.stdout + p.stderr).decode(errors="replace")[-2000:]))
    return p.stdout


class Disk:
    """A file system of its own, made new.  It goes with close()."""
    all = []

    def __init__(self, top, size="40G"):
        self.d = tempfile.mkdtemp(prefix="disk.", dir=top)
        self.m, self.loop = self.d + "/m", None
        os.mkdir(self.m)
        if ROOT:
            run(["truncate", "-s", size, self.d + "/img"])
            run(["mkfs.ext4", "-q", "-F", "-i", "8192", "-E",
                 "lazy_itable_init=0,lazy_journal_init=0,nodiscard", self.d + "/img"])
            self.loop = run(["losetup", "-f", "--show", "--direct-io=on", self.d + "/img"]).decode().strip()
            run(["mount", "-o", "noatime", self.loop, self.m])
        Disk.all.append(self)

    def close(self):
        Disk.all.remove(self)
        if self.loop:
            run(["umount", self.m])
            run(["losetup", "-d", self.loop])
        shutil.rmtree(self.d)


def busy():
    """Seconds of all cores' work so far."""
    with open("/proc/stat") as f:
        v = [int(x) for x in f.readline().split()[1:]]
    return (sum(v[:8]) - v[3] - v[4]) / os.sysconf("SC_CLK_TCK")


def timed(argv, env, sync=None, ok=(0,)):
    """(wall, cpu, peak MiB, others' cores) of one command."""
    os.sync()
    load, t = busy(), time.monotonic()
    p = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = p.stderr.read()
    _, st, ru = os.wait4(p.pid, 0)
    if sync is not None:
        fd = os.open(sync, os.O_RDONLY)
        os.fsync(fd)
        run(["sync", "-f", sync])
        os.close(fd)
    t = time.monotonic() - t
    if os.waitstatus_to_exitcode(st) not in ok:
        sys.exit("%s ended with %s\n%s" % (" ".join(argv), st, said.decode(errors="replace")[-2000:]))
    cpu = ru.ru_utime + ru.ru_stime
    return t, cpu, ru.ru_maxrss / 1024, max(0, (busy() - load - cpu) / t)


def warm(*tops):
    """Read what is read, and have as much memory again ready to be written to: what a virtual machine has given back to
    its host it gets anew page by page, at more than a second a GiB, and that would fall on whoever comes first."""
    for top in tops:
        run(["sh", "-c", "find \"$0\" -type f -print0 | xargs -0r cat >/dev/null", top])
    with open("/proc/meminfo") as f:
        left = next(int(x.split()[1]) << 10 for x in f if x.startswith("MemAvailable"))
    room = min(sum(size_of(top) for top in tops) + (256 << 20), left // 3)
    # By another process: a child begins with its parent's peak memory.
    run([*GEN[:1], "-c", "import mmap; mmap.mmap(-1, %d, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x8000)" % room])


def size_of(top):
    return int(run(["du", "-sb", top]).split()[0])


class Tool:
    """One of the programs, with a repository on a disk of its own."""

    def __init__(self, name, disk):
        self.name, self.disk = name, disk
        self.repo = disk.m + "/repo"
        self.env = dict(os.environ, HOME=disk.m, RESTIC_PASSWORD="x", RESTIC_REPOSITORY=self.repo, RESTIC_CACHE_DIR=disk.m + "/cache",
                        BORG_PASSPHRASE="x", BORG_BASE_DIR=disk.m + "/borg", BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes",
                        BORG_RELOCATED_REPO_ACCESS_IS_OK="yes", LC_ALL="C.UTF-8")
        self.env.pop("FETTLE_CONFIG", None)
        self.more, self.n = [], 0
        self.prog = {"restic": "/usr/bin/restic", "borg": "/usr/bin/borg"}.get(name, OPT.fettle)
        if name == "fastest":
            self.more = ["--compression", "fastest"]

    def init(self):
        if self.name == "borg":
            run([self.prog, "init", "-e", "repokey-blake2", self.repo], self.env)
        else:
            run([self.prog, "init"], self.env)

    def backup(self, src):
        self.n += 1
        if self.name == "borg":
            return [self.prog, "create", "-C", "zstd,3", "%s::g%d" % (self.repo, self.n), src]
        return [self.prog, "backup", "-q", *self.more, src]

    def restore(self, to):
        if self.name == "borg":
            return ["sh", "-c", "mkdir \"$0\" && cd \"$0\" && exec borg extract \"$1\"", to, "%s::g%d" % (self.repo, self.n)]
        return [self.prog, "-q", "restore", "latest", "--target", to]

    def check(self):
        if self.name == "borg":
            return [self.prog, "check", "--verify-data", self.repo]
        return [self.prog, "check", "-q", "--read-data"]

    def prune(self):
        return [self.prog, "forget", "-q", "--keep-last", "1", "--prune"]

    def sync(self):
        return self.disk.m if OPT.sync else None


class Rows:
    """work -> tool -> [(wall, cpu, peak, others)]"""

    def __init__(self):
        self.v = {}

    def add(self, work, tool, figures, disk=None):
        self.v.setdefault(work, {}).setdefault(tool, []).append(figures)
        print("  %-44s %-7s wall %7.2f s  cpu %7.2f s  peak %4.0f MiB  others %.1f" % (work, tool, *figures), file=sys.stderr, flush=True)


# work -> (wall at most, cpu at most) of restic's; all: peak at most max(restic's / 2, 56 MiB).
TARGETS = {"first": (0.45, 0.55), "first, fastest": (0.33, None), "unchanged": (0.125, None), "changed": (0.2, None),
           "restore": (0.5, None), "check --read-data": (0.5, 0.5), "random: first": (0.333, 0.333), "tiny: first": (0.333, None),
           "image: 1 % edited": (0.5, None), "forget + prune": (0.333, None)}


def target_of(work):
    for k in (work, work.split(": ")[-1].split(",")[0]):
        if k in TARGETS:
            return TARGETS[k]
    return (None, None)


def generate(profile, d, *more):
    run([*GEN, profile, d, "--now", NOW, "--no-totals", *map(str, more)])


def in_turns(names, k):
    names = list(names)
    return names[k % len(names):] + names[:k % len(names)]


def with_borg(names, k):
    return list(names) + (["borg"] if OPT.borg and k == 0 else [])


def restores(rows, work, tools, src, k):
    """Each onto a disk of its own, and cp -a of the tree in the same round."""
    for t in in_turns([*tools, None], k):
        disk = Disk(OPT.top)
        if t is None:
            warm(src)
            rows.add(work, "cp -a", timed(["cp", "-a", src, disk.m + "/out"], dict(os.environ), disk.m if OPT.sync else None))
        else:
            warm(t.repo)
            rows.add(work, t.name, timed(t.restore(disk.m + "/out"), t.env, disk.m if OPT.sync else None))
            if t.name != "borg":
                same(src, disk.m + "/out" + src)
        disk.close()


def same(a, b):
    """What was restored is what was there: else the figure says nothing."""
    run(["diff", "-rq", "--no-dereference", a, b])


def first_backup(rows, work, names, src, k):
    tools = []
    for name in in_turns(names, k):
        t = Tool(name, Disk(OPT.top))
        t.init()
        warm(src)
        rows.add(work + (", fastest" if name == "fastest" else ""), "fettle" if name == "fastest" else name,
                 timed(t.backup(src), t.env, t.sync()))
        tools.append(t)
    return tools


def sizes(rows, work, tools):
    """Into the table's last column."""
    rows.v[work]["size"] = {t.name: size_of(t.repo) for t in tools}


def case_home(rows):
    n = int(100000 * OPT.scale)
    disk = Disk(OPT.top)
    src = disk.m + "/src"
    generate("home", src, "--files", n)
    for k in range(min(OPT.rounds, 2) if OPT.scale >= 0.5 else OPT.rounds):
        tools = first_backup(rows, "first", with_borg(["restic", "fettle"], k), src, k)
        sizes(rows, "first", tools)
        fast = first_backup(rows, "first", ["fastest"], src, k)[0]
        rows.v["first, fastest"]["restic"] = rows.v["first"]["restic"]
        fast.disk.close()
        for t in in_turns(tools, k):
            for _ in range(3):
                warm(src)
                rows.add("unchanged", t.name, timed(t.backup(src), t.env, t.sync()))
                if t.name == "fettle":
                    rows.add("unchanged", "key", timed([t.prog, "cat", "config"], t.env))
                    rows.add("unchanged", "walk", timed([OPT.limit, "walk", src], t.env))
        generate("home", src, "--files", n, "--generation", k + 1)
        for t in in_turns(tools, k):
            warm(src)
            rows.add("changed", t.name, timed(t.backup(src), t.env, t.sync()))
        restores(rows, "restore", tools, src, k)
        for t in in_turns(tools, k):
            warm(t.repo)
            rows.add("check --read-data", t.name, timed(t.check(), t.env))
        for t in tools:
            t.disk.close()
    disk.close()


def plain_case(rows, name, profile, *size):
    """A first backup and a restore."""
    disk = Disk(OPT.top)
    src = disk.m + "/src"
    generate(profile, src, *size)
    for k in range(OPT.rounds):
        tools = first_backup(rows, name + ": first", with_borg(["restic", "fettle"], k), src, k)
        sizes(rows, name + ": first", tools)
        restores(rows, name + ": restore", tools, src, k)
        for t in tools:
            t.disk.close()
    disk.close()


def case_random(rows):
    plain_case(rows, "random", "media", "--bytes", int(OPT.scale * (2 << 30)))


def case_tiny(rows):
    plain_case(rows, "tiny", "monorepo", "--files", int(40000 * OPT.scale))


def case_image(rows):
    """The image's first backup is not timed; it is made once a tool.  A generation edits 0.5 % of it, so two are taken."""
    disk = Disk(OPT.top)
    src = disk.m + "/src"
    args = ["--bytes", int(OPT.scale * (4 << 30))]
    generate("vm", src, *args)
    tools = []
    for name in ("restic", "fettle"):
        t = Tool(name, Disk(OPT.top))
        t.init()
        run(t.backup(src), t.env)
        tools.append(t)
    for k in range(OPT.rounds):
        generate("vm", src, *args, "--generation", 2 * k + 2)
        for t in in_turns(tools, k):
            warm(src)
            rows.add("image: 1 % edited", t.name, timed(t.backup(src), t.env, t.sync()))
        restores(rows, "image: restore", tools, src, k)
    for t in tools:
        t.disk.close()
    disk.close()


def case_prune(rows):
    n = int(10000 * OPT.scale)
    disk = Disk(OPT.top)
    src = disk.m + "/src"
    generate("home", src, "--files", n)
    made = [Tool(name, Disk(OPT.top)) for name in ("restic", "fettle")]
    for t in made:
        t.init()
    for g in range(10):
        if g > 0:
            generate("home", src, "--files", n, "--generation", g)
        for t in made:
            run(t.backup(src), t.env)
    for k in range(OPT.rounds):
        for m in in_turns(made, k):
            t = Tool(m.name, Disk(OPT.top))
            for d in ("repo", "cache"):
                run(["cp", "-a", m.disk.m + "/" + d, t.disk.m + "/" + d])
            warm(t.repo, t.disk.m + "/cache")
            rows.add("forget + prune", t.name, timed(t.prune(), t.env, t.sync()))
            t.disk.close()
    for t in made:
        t.disk.close()
    disk.close()


def case_index(rows):
    """Prints by itself: there is no restic to compare with that would end in reasonable time."""
    bench = os.path.join(OPT.build, "src/bench-index")
    disk = Disk(OPT.top)
    t = Tool("fettle", disk)
    t.init()
    blobs = int(5000000 * OPT.scale)
    run([bench, "make", t.repo, str(blobs)], t.env)
    cache = disk.m + "/bench-cache"
    os.makedirs(cache)
    print("\n#### the index of %d blobs (target once it is in the cache: opened in 50 ms, 32 MiB resident)\n" % blobs)
    for what in ("the first time", "warm"):
        print("%s:\n%s" % (what, run([bench, "load", t.repo, cache], t.env).decode()), flush=True)
    disk.close()


def case_growth(rows):
    for n in (10000, 100000, 1000000):
        n = int(n * OPT.scale)
        disk = Disk(OPT.top, "60G")
        src = disk.m + "/src"
        os.mkdir(src)
        run([OPT.limit, "tree", src, str(n)])
        for k in range(1 if n > 300000 else min(2, OPT.rounds)):
            tools = first_backup(rows, "%d files: first" % n, ["restic", "fettle"], src, k)
            for t in in_turns(tools, k):
                warm(src)
                rows.add("%d files: unchanged" % n, t.name, timed(t.backup(src), t.env, t.sync()))
            for t in tools:
                t.disk.close()
        disk.close()


def verdict(work, wall, cpu, peak, restic_peak):
    """What misses its target, in words; "" if nothing does."""
    out, (w, c) = [], target_of(work)
    out += ["wall > %.2f" % w] if w and wall > w else []
    out += ["cpu > %.2f" % c] if c and cpu > c else []
    most = 128 if work.startswith("1000000") else max(restic_peak / 2, 56)
    out += ["peak > %.0f" % most] if peak > most else []
    return ", ".join(out) or "met"


def table(rows):
    print("\n| work | wall / restic | target | cpu / restic | target | peak MiB: fettle, restic | fettle s (cpu) | restic s (cpu) | "
          "beside it | others | |\n|---|---|---|---|---|---|---|---|---|---|---|")
    mid = lambda v, i: statistics.median(r[i] for r in v)
    for work, v in rows.v.items():
        f, r = v.get("fettle"), v.get("restic")
        if not f or not r:
            continue
        ratio = [sorted(a[i] / b[i] for a, b in zip(f, r)) for i in (0, 1)]
        wall, cpu = (statistics.median(x) for x in ratio)
        spread = lambda x: "%.3f (%.3f-%.3f)" % (statistics.median(x), x[0], x[-1])
        goal = ["%.3f" % g if g else "" for g in target_of(work)]
        beside = ["%s %.2f s (%.2f)" % (t, mid(v[t], 0), mid(v[t], 1)) for t in v if t not in ("fettle", "restic", "size")]
        if "size" in v:
            beside.append("size / restic's %.3f" % (v["size"]["fettle"] / v["size"]["restic"]))
        if "walk" in v:
            beside.append("(fettle - key) / walk: wall %.1f, cpu %.1f" % tuple(
                statistics.median((a[i] - b[i]) / c[i] for a, b, c in zip(f, v["key"], v["walk"])) for i in (0, 1)))
        if "cp -a" in v:
            beside.append("fettle / cp: wall %.2f" % statistics.median(a[0] / b[0] for a, b in zip(f, v["cp -a"])))
        print("| %s | %s | %s | %s | %s | %.0f, %.0f | %.2f (%.2f) | %.2f (%.2f) | %s | %.1f | %s |" % (
            work, spread(ratio[0]), goal[0], spread(ratio[1]), goal[1], max(x[2] for x in f), max(x[2] for x in r),
            mid(f, 0), mid(f, 1), mid(r, 0), mid(r, 1), "; ".join(beside), mid(f + r, 3),
            verdict(work, wall, cpu, max(x[2] for x in f), max(x[2] for x in r))))


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((l.split(":")[1].strip() for l in f if l.startswith("model name")), "?")
    with open("/proc/meminfo") as f:
        mem = int(f.readline().split()[1]) >> 20
    said = [run([p, "version" if p == "restic" else "--version"]).decode().split("\n")[0]
            for p in ("restic", "borg") if shutil.which(p)]
    print("machine: %s, %d cores, %d GiB, Linux %s, %s; %s; scale %g" % (model, os.cpu_count(), mem, platform.release(),
          "ext4 on loop devices, direct" if ROOT else "one file system", "; ".join(said), OPT.scale), flush=True)


CASES = {"home": case_home, "random": case_random, "tiny": case_tiny, "image": case_image, "prune": case_prune,
         "index": case_index, "growth": case_growth}
p = argparse.ArgumentParser()
p.add_argument("build")
p.add_argument("cases", nargs="*")
p.add_argument("--scale", type=float, default=1)
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--borg", action="store_true")
p.add_argument("--no-sync", dest="sync", action="store_false")
p.add_argument("--work")
p.add_argument("--json")
OPT = p.parse_intermixed_args()
OPT.build = os.path.abspath(OPT.build)
OPT.fettle = OPT.build + "/src/fettle"
OPT.top = tempfile.mkdtemp(prefix="fettle-bench.", dir=OPT.work)
OPT.limit = OPT.top + "/limit"
ROWS = Rows()
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
try:
    run(["cc", "-O2", "-w", "-o", OPT.limit, HERE + "/limit.c"])
    machine()
    for c in OPT.cases or CASES:
        CASES[c](ROWS)
    if any("restic" in v for v in ROWS.v.values()):
        table(ROWS)
    if OPT.json:
        with open(OPT.json, "w") as out:
            json.dump(ROWS.v, out, indent=1)
finally:
    for d in list(Disk.all):
        d.close()
    shutil.rmtree(OPT.top, ignore_errors=True)
