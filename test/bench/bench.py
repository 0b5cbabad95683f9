#!/usr/bin/env python3
"""bench.py FETTLE LIMIT [CASE...] -- side by side with the physical limit and the
peers, interleaved, medians of ROUNDS (5), ratios first.

Each round of a case runs every tool once, in rotated order, each on a file system
of its own made for it (ext4 on a loop device as root; else a folder of $TMPDIR):
ext4 makes files slowly after a mass delete, and one tool must not pay for
another's clean-up.  What is read is read into the cache first, and the disk is
flushed before the clock starts.  Only the program is timed: user, system and wall
from wait4, peak memory likewise.
"""
import os, platform, random, resource, shutil, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
FETTLE, LIMIT = (os.path.abspath(a) for a in sys.argv[1:3])
ROUNDS = int(os.environ.get("ROUNDS", "5"))
ROOT = os.geteuid() == 0 and os.environ.get("BENCH_LOOP", "1") == "1"


class Disk:
    """A fresh file system, mounted for one measurement."""

    def __init__(self, size="4G"):
        self.d = tempfile.mkdtemp(prefix="fettle-bench.")
        self.m = os.path.join(self.d, "m")
        os.mkdir(self.m)
        if ROOT:
            img = os.path.join(self.d, "img")
            subprocess.run(["truncate", "-s", size, img], check=True)
            subprocess.run(["mkfs.ext4", "-q", "-F", "-i", "8192", "-E", "lazy_itable_init=0,lazy_journal_init=0", img], check=True)
            subprocess.run(["mount", "-o", "loop,noatime", img, self.m], check=True)

    def __enter__(self):
        return self.m

    def __exit__(self, *a):
        if ROOT:
            subprocess.run(["umount", self.m], check=True)
        shutil.rmtree(self.d)


def timed(argv, env):
    os.sync()
    t = time.monotonic()
    p = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    err = p.stderr.read()
    _, st, ru = os.wait4(p.pid, 0)
    t = time.monotonic() - t
    if os.waitstatus_to_exitcode(st) not in (0,):
        sys.exit("%s ended %s: %s" % (argv, st, err.decode()[-2000:]))
    return t, ru.ru_utime + ru.ru_stime, ru.ru_maxrss / 1024


def env_of(m):
    e = dict(os.environ, LC_ALL="C.UTF-8", SEED_LOG=os.path.join(m, "seed.log"))
    for k in ("CONFIG", "STATE", "CACHE", "DATA"):
        d = os.path.join(m, "xdg", k.lower())
        os.makedirs(d, 0o700, exist_ok=True)
        e["XDG_%s_HOME" % k] = d
    e.pop("FETTLE_CONFIG", None)
    return e


def make_flat(d, n):
    subprocess.run([LIMIT, "make", d, str(n)], check=True, stdout=subprocess.DEVNULL)


def warm(d):
    subprocess.run([LIMIT, "walk", d], check=True, stdout=subprocess.DEVNULL)


def config(env, text):
    d = os.path.join(env["XDG_CONFIG_HOME"], "fettle")
    os.makedirs(d, 0o700, exist_ok=True)
    p = os.path.join(d, "fettle.yaml")
    with open(p, "w") as f:
        f.write(text)
    os.chmod(p, 0o600)


def table(title, base, results):
    print("\n#### %s (base: %s; median of %d, min-max)" % (title, base, len(results[base])))
    print("| tool | wall / base | cpu / base | wall s | cpu s | peak MiB |")
    print("|---|---|---|---|---|---|")
    for tool, rows in results.items():
        ratio = [[r[i] / max(b[i], 1e-6) for r, b in zip(rows, results[base])] for i in (0, 1)]
        med = lambda v: "%.2f (%.2f-%.2f)" % (statistics.median(v), min(v), max(v))
        print("| %s | %s | %s | %s | %s | %.0f |" % (tool, med(ratio[0]), med(ratio[1]), med([r[0] for r in rows]),
              med([r[1] for r in rows]), max(r[2] for r in rows)))
    sys.stdout.flush()


def rounds(tools, prepare, size="4G"):
    res = {t: [] for t in tools}
    for k in range(ROUNDS):
        names = list(tools)
        names = names[k % len(names):] + names[:k % len(names)]
        for t in names:
            with Disk(size) as m:
                env = env_of(m)
                prepare(m, env)
                res[t].append(timed(tools[t](m), env))
    return res


def case_sort(n=100000):
    d = lambda m: os.path.join(m, "in")
    def prepare(m, env):
        os.mkdir(d(m))
        make_flat(d(m), n)
        warm(d(m))
    tools = {"C loop": lambda m: [LIMIT, "organize-stat", d(m)],
             "fettle": lambda m: [FETTLE, "sort", "--yes", "-q", d(m)],
             "seed script": lambda m: ["/usr/bin/python3", os.path.join(HERE, "seed_organize.py"), "organize", d(m)]}
    if n > 100000:
        del tools["seed script"]
    table("sort, %d files flat" % n, "C loop", rounds(tools, prepare, "4G" if n <= 100000 else "12G"))


def case_flat():
    for n in (1000, 10000, 100000, 1000000):
        case_sort(n)


def case_second(n=100000):
    """A run that has nothing to do, against a walk that looks at everything."""
    d = lambda m: os.path.join(m, "in")
    def prepare(m, env):
        os.mkdir(d(m))
        make_flat(d(m), n)
        subprocess.run([FETTLE, "sort", "--yes", "-q", d(m)], env=env, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        warm(d(m))
    tools = {"walk": lambda m: [LIMIT, "walk", d(m)], "fettle": lambda m: [FETTLE, "sort", "--yes", "-q", d(m)]}
    table("second run, %d files, nothing to do" % n, "walk", rounds(tools, prepare))
    def unknown(m, env):
        os.mkdir(d(m))
        subprocess.run([LIMIT, "make", d(m), str(n), "xyz"], check=True, stdout=subprocess.DEVNULL)
        warm(d(m))
    table("run over %d files of unknown type" % n, "walk", rounds(tools, unknown))


RULE = """
  - name: %s
    locations: %s
    filters:
      - extension: %s
      - size: '>0, <1mb'
      - lastmodified: {days: 400, mode: newer}
      - regex: '^file-(?P<first>[0-9a-f]{2})[0-9a-f]{6}\\.'
    actions:
      - move: %s/%s/
"""


def case_rules(n=100000):
    """extension + size + lastmodified + regex: a rule for each of three types, and one
    rule for all of them."""
    d = lambda m: os.path.join(m, "in")
    def three(m, env):
        os.mkdir(d(m))
        make_flat(d(m), n)
        config(env, "guard: {max_moves: off, max_share: off}\nrules:" + "".join(RULE % (
            x, d(m), x, d(m), to) for x, to in (("jpg", "Images"), ("pdf", "Documents"), ("mp4", "Videos"))))
        warm(d(m))
    def one(m, env):
        three(m, env)
        config(env, "guard: {max_moves: off, max_share: off}\nrules:" + RULE % (
            "all", d(m), "[jpg, pdf, mp4]", d(m), "{extension}"))
    tools = {"C loop": lambda m: [LIMIT, "organize-stat", d(m)], "fettle": lambda m: [FETTLE, "run", "--yes", "-q"]}
    table("three rules, %d files" % n, "C loop", rounds(tools, three))
    table("one rule, %d files" % n, "C loop", rounds(tools, one))


def case_copies(n=100000):
    src, dst = (lambda m: os.path.join(m, "src")), (lambda m: os.path.join(m, "dst"))
    def conf(m, env):
        config(env, "backups:\n  - name: c\n    paths: %s\n    copies: {path: %s}\n" % (src(m), dst(m)))
    def prepare(m, env):
        subprocess.run(["/usr/bin/python3", os.path.join(HERE, "gen.py"), "monorepo", src(m), "--files", str(n), "--seed", "1"],
                       check=True, stdout=subprocess.DEVNULL)
        os.remove(src(m) + ".gen.json") if os.path.exists(src(m) + ".gen.json") else None
        os.mkdir(dst(m))
        conf(m, env)
        warm(src(m))
    first = {"rsync": lambda m: ["rsync", "-a", src(m) + "/", dst(m) + "/1/"], "fettle": lambda m: [FETTLE, "run", "c", "-q", "--yes"]}
    table("copies, first, %d files" % n, "rsync", rounds(first, prepare, "8G"))
    res = {"rsync --link-dest": [], "fettle": []}
    for _ in range(ROUNDS):
        for t in res:
            with Disk("8G") as m:
                env = env_of(m)
                prepare(m, env)
                if t == "fettle":
                    subprocess.run([FETTLE, "run", "c", "-q", "--yes"], env=env, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                    warm(m)
                    res[t].append(timed([FETTLE, "run", "c", "-q", "--yes"], env))
                else:
                    subprocess.run(["rsync", "-a", src(m) + "/", dst(m) + "/1/"], check=True)
                    warm(m)
                    res[t].append(timed(["rsync", "-a", "--link-dest=../1", src(m) + "/", dst(m) + "/2/"], env))
    table("copies, second and unchanged, %d files" % n, "rsync --link-dest", res)


def make_copies(d):
    """A third of all files once more by another name; a tenth of those differs in one byte."""
    rng, files = random.Random(5), []
    for at, _, names in os.walk(d):
        files += [os.path.join(at, n) for n in names]
    for i, f in enumerate(sorted(files)):
        size = os.path.getsize(f)
        if rng.random() >= 1 / 3 or size >= 4 << 20:
            continue
        to = os.path.join(d, "copies", "%02d" % (i % 97), "%06d" % i)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(f, to)
        if size > 0 and rng.random() < 0.1:
            with open(to, "r+b") as h:
                h.seek(rng.randrange(size))
                h.write(b"\1")


def case_duplicates(n=30000):
    """Nothing is changed, so all rounds read the same files, from the cache."""
    with Disk("4G") as m:
        env, d = env_of(m), os.path.join(m, "in")
        subprocess.run(["/usr/bin/python3", os.path.join(HERE, "gen.py"), "home", d, "--files", str(n), "--seed", "7"],
                       check=True, stdout=subprocess.DEVNULL)
        make_copies(d)
        config(env, "guard: {max_deletes: off, max_share: off}\nrules:\n  - name: d\n    locations: %s\n    subfolders: true\n    filters: [duplicate]\n    actions: [trash]\n" % d)
        tools = {"jdupes": ["jdupes", "-r", "-q", d], "fettle": [FETTLE, "plan", "-q"],
                 "jdupes -Q (hash only)": ["jdupes", "-r", "-q", "-Q", d],
                 "rmlint": ["rmlint", "-T", "df", "-o", "summary:/dev/null", d]}
        tools = {t: a for t, a in tools.items() if shutil.which(a[0])}
        for f in (os.path.join(at, x) for at, _, names in os.walk(d) for x in names):
            with open(f, "rb") as h:
                h.read()
        res = {t: [] for t in tools}
        for k in range(ROUNDS):
            names = list(tools)
            for t in names[k % len(names):] + names[:k % len(names)]:
                res[t].append(timed(tools[t], env))
        table("duplicates, %d files and their copies" % n, list(tools)[0], res)


CONTENT = {
    "hash": ("[{hash: sha256}]", "{hash}", "sha256sum"),
    "filecontent": ("[{filecontent: 'never[0-9]{9}such'}]", "found", "grep -lE 'never[0-9]{9}such'"),
    "exif": ("[{exif: image.nothing}]", "found", None),
}


def case_content(n=20000):
    """Filters that read, on all cores and on one (taskset), beside the plain tool on one: is more than one used, and
    how far from reading alone is it?  All in the cache; nothing is changed."""
    with Disk("4G") as m:
        env, d = env_of(m), os.path.join(m, "in")
        subprocess.run(["/usr/bin/python3", os.path.join(HERE, "gen.py"), "home", d, "--files", str(n), "--seed", "7",
                        "--bytes", "800M"], check=True, stdout=subprocess.DEVNULL)
        files = [os.path.join(at, x) for at, _, names in os.walk(d) for x in names]
        with open(os.path.join(m, "list"), "w") as f:
            f.write("\0".join(files))
        for name in files:
            with open(name, "rb") as h:
                h.read()
        for what, (filters, echo, plain) in CONTENT.items():
            config(env, "rules:\n  - name: c\n    locations: %s\n    subfolders: true\n    filters: %s\n"
                   "    actions: [{echo: '%s'}]\n" % (d, filters, echo))
            tools = {"one core": ["taskset", "-c", "0", FETTLE, "plan", "-q"], "all cores": [FETTLE, "plan", "-q"]}
            if plain:
                tools[plain.split()[0] + ", one core"] = [
                    "sh", "-c", "xargs -0 -a %s/list %s; true" % (m, plain)]
            res = {t: [] for t in tools}
            for k in range(ROUNDS):
                names = list(tools)
                for t in names[k % len(names):] + names[:k % len(names)]:
                    res[t].append(timed(tools[t], env))
            table("%s, %d files, 800 MB" % (what, n), "one core", res)


def machine():
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
    print("machine: %s, %d cores, Linux %s, %s" % (model, os.cpu_count(), platform.release(),
          "ext4 on a loop device" if ROOT else tempfile.gettempdir()))


CASES = {"sort": case_sort, "second": case_second, "copies": case_copies, "flat": case_flat,
         "duplicates": case_duplicates, "rules": case_rules, "content": case_content}
machine()
for c in sys.argv[3:] or ["sort", "second", "copies"]:
    CASES[c]()
