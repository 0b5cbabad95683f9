#!/usr/bin/env python3
"""restore.py - restore beside restic and cp -a, in turns, each onto a fresh file system.

    FETTLE=build-rel/src/fettle restore.py [--profile home] [--files 30000] [--rounds 3] [--sync] [TOOL...]

One row a tool: wall, CPU (user + system), peak resident memory; medians, and the ratio to the others.  The inputs are
read before each run.  cp -a flushes nothing, fettle does (one syncfs): with --sync a `sync -f` after each is part of the
time of all.  Needs root for loop mounts; without it folders of one file system are used, which charges one tool for
another's cleaning up.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def run(args, env=None, **more):
    r = subprocess.run(args, env=env, capture_output=True, **more)
    if r.returncode != 0:
        sys.exit("%s: %d\n%s" % (args, r.returncode, r.stderr.decode(errors="replace")[-2000:]))
    return r.stdout


def measure(args, env, out, sync):
    began = time.monotonic()
    pid = os.posix_spawnp(args[0], args, env, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, use = os.wait4(pid, 0)
    if sync:
        run(["sync", "-f", out])
    if status != 0:
        sys.exit("%s: status %d" % (args, status))
    return time.monotonic() - began, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024


def warm(*tops):
    for top in tops:
        subprocess.run(["sh", "-c", "find '%s' -type f -print0 | xargs -0 cat >/dev/null" % top])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--profile", default="home")
    p.add_argument("--files", default="30000")
    p.add_argument("--bytes")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--sync", action="store_true")
    p.add_argument("--work", help="keep the inputs there, for the next time")
    p.add_argument("tools", nargs="*", default=["fettle", "restic", "cp"])
    o = p.parse_args()
    fettle = os.environ.get("FETTLE", "build-rel/src/fettle")
    top = o.work or tempfile.mkdtemp(prefix="fettle-bench.")
    os.makedirs(top, exist_ok=True)
    src, repo = top + "/src", top + "/repo"
    env = dict(os.environ, RESTIC_PASSWORD="x", RESTIC_REPOSITORY=repo, HOME=top)
    if not os.path.isdir(repo):
        size = ["--bytes", o.bytes] if o.bytes else ["--files", o.files]
        run([sys.executable, HERE + "/gen.py", o.profile, src, *size, "--now", "1795300000", "--no-totals"])
        run(["restic", "init"], env)
        run(["restic", "backup", "-q", src], env)
    rows = {t: [] for t in o.tools}
    order = list(o.tools)
    for n in range(o.rounds):
        for t in order:
            warm(src if t == "cp" else repo)
            image, at = top + "/image", top + "/mnt"
            os.makedirs(at, exist_ok=True)
            mounted = os.geteuid() == 0
            if mounted:
                run(["truncate", "-s", "20G", image])
                run(["mkfs.ext4", "-q", "-i", "8192", "-E", "lazy_itable_init=0,lazy_journal_init=0", image])
                run(["mount", "-o", "loop,noatime", image, at])
            out = at + "/out"
            args = {"fettle": [fettle, "-q", "restore", "latest", "--target", out],
                    "restic": ["restic", "restore", "-q", "latest", "--target", out],
                    "cp": ["cp", "-a", src, out]}[t]
            rows[t].append(measure(args, env, at, o.sync))
            if mounted:
                run(["umount", at])
                os.remove(image)
            else:
                shutil.rmtree(out)
            print("round %d %-7s wall %6.2f s  cpu %6.2f s  rss %6.1f MiB" % (n, t, *rows[t][-1]), flush=True)
        order = order[1:] + order[:1]
    med = {t: [statistics.median(x) for x in zip(*v)] for t, v in rows.items()}
    for t, m in med.items():
        print("%-7s wall %6.2f s  cpu %6.2f s  rss %6.1f MiB" % (t, *m))
    if "fettle" in med:
        for t in med:
            if t != "fettle":
                pairs = [(a[0] / b[0], a[1] / b[1]) for a, b in zip(rows["fettle"], rows[t])]
                print("fettle / %-7s wall %.2f  cpu %.2f  (medians of pairs)" %
                      (t, statistics.median(x[0] for x in pairs), statistics.median(x[1] for x in pairs)))
    if not o.work:
        shutil.rmtree(top)


main()
