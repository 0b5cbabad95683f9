#!/usr/bin/env python3
"""far.py FETTLE DELAY [--size MIB] [--runs N] [--ms MS] -- backup and restore over SFTP beside
restic, through one and the same sshd on loopback: as it is, and with a round trip of MS
milliseconds (delay.c).  Prints medians of time, peak memory and requests, and the ratios.
Needs openssh-server and restic."""
import argparse
import collections
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
os.environ.setdefault("FETTLE", "/bin/true")
from far import Server   # noqa: E402

ap = argparse.ArgumentParser()
ap.add_argument("fettle")
ap.add_argument("delay")
ap.add_argument("--size", type=int, default=1024)
ap.add_argument("--runs", type=int, default=3)
ap.add_argument("--ms", type=int, default=50)
a = ap.parse_args()
a.fettle, a.delay = os.path.abspath(a.fettle), os.path.abspath(a.delay)
top = tempfile.mkdtemp(prefix="fettle-far.", dir=os.environ.get("TMPDIR"))
src = top + "/src"
ENV = {**os.environ, "RESTIC_PASSWORD": "x", "HOME": top, "LC_ALL": "C.UTF-8"}


def make_files():
    """Mixed: 60 % small, some of megabytes; two fifths of them like text."""
    rng = random.Random(5)
    words = [rng.randbytes(rng.randint(2, 10)).hex().encode() for _ in range(5000)]
    text = b" ".join(rng.choices(words, k=600000))
    left, i = a.size << 20, 0
    while left > 0:
        kind = rng.random()
        n = rng.randint(200, 40000) if kind < .6 else rng.randint(40000, 1500000) if kind < .95 else \
            rng.randint(2 << 20, 12 << 20)
        d = "%s/%02d/%d" % (src, i % 37, i % 11)
        os.makedirs(d, exist_ok=True)
        with open("%s/f%d" % (d, i), "wb") as f:
            if rng.random() < .4 and n < len(text) // 2:
                at = rng.randrange(len(text) - n)
                b = bytearray(text[at:at + n])
                for k in range(0, n, 997):
                    b[k] = rng.randrange(256)
                f.write(b)
            else:
                f.write(rng.randbytes(n))
        left -= n
        i += 1


def timed(cmd):
    p = subprocess.run(["/usr/bin/time", "-f", "@ %e %M", *cmd], env=ENV, cwd=top, capture_output=True, text=True)
    assert p.returncode == 0, " ".join(cmd) + "\n" + p.stderr[-2000:]
    wall, kib = re.findall(r"^@ ([\d.]+) (\d+)$", p.stderr, re.M)[-1]
    return float(wall), int(kib)


class Program:
    def __init__(self, name, place, ssh):
        self.name, self.place = name, place
        self.repo = "sftp:t:" + place
        cache = ["--cache-dir", "%s/cache-%s" % (top, name)]
        if name == "fettle":
            self.base = [a.fettle, "-r", self.repo, "-o", ssh if ssh.startswith("sftp.") else "sftp.args=-F " + ssh, *cache]
        else:
            self.base = ["restic", "-r", self.repo, "-o",
                         ssh if ssh.startswith("sftp.") else "sftp.command=ssh -F %s t -s sftp" % ssh, *cache]

    def clear(self):
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.rmtree("%s/cache-%s" % (top, self.name), ignore_errors=True)
        subprocess.run([*self.base, "init"], env=ENV, cwd=top, check=True, capture_output=True)

    def backup(self):
        self.clear()
        return timed([*self.base, "backup", src])

    def restore(self):
        out = top + "/out-" + self.name
        try:
            return timed([*self.base, "restore", "latest", "--target", out])
        finally:
            shutil.rmtree(out, ignore_errors=True)


def config(server, port, name):
    path = "%s/%s" % (top, name)
    facts = server.facts
    with open(facts["SFTP_KNOWN_HOSTS"]) as f:
        key = f.read().split(" ", 1)[1]
    with open(path + ".known", "w") as f:
        f.write("[127.0.0.1]:%d %s" % (port, key))
    with open(path, "w") as f:
        f.write("Host t\n HostName 127.0.0.1\n Port %d\n User %s\n IdentityFile %s\n IdentitiesOnly yes\n"
                " UserKnownHostsFile %s.known\n BatchMode yes\n" % (port, facts["SFTP_USER"], facts["SFTP_KEY"], path))
    return path


def compare(title, server, ssh):
    programs = [Program(n, "%s/data/%s" % (server.state, n), ssh) for n in ("fettle", "restic")]
    found = collections.defaultdict(list)
    for _ in range(a.runs):
        for what in ("backup", "restore"):
            for p in programs:      # in turn, so that what else runs here is shared
                found[what, p.name].append(getattr(p, what)())
    for what in ("backup", "restore"):
        ours, theirs = ([statistics.median(x[i] for x in found[what, n]) for i in (0, 1)] for n in ("fettle", "restic"))
        print("%-10s %-8s fettle %7.2f s %4d MiB   restic %7.2f s %4d MiB   %.2f times faster, memory %.2f" % (
            title, what, ours[0], ours[1] >> 10, theirs[0], theirs[1] >> 10, theirs[0] / ours[0], ours[1] / theirs[1]),
            flush=True)


def requests():
    server = "/usr/lib/openssh/sftp-server"
    for name in ("fettle", "restic"):
        log = "%s/requests-%s" % (top, name)
        p = Program(name, "%s/counted-%s" % (top, name),
                    "sftp.command=%s/sftpcount.py %s %s" % (HERE, log, server))
        p.clear()
        for what in ("backup", "restore"):
            if os.path.exists(log):
                os.unlink(log)
            if what == "backup":
                timed([*p.base, "backup", src])
            else:
                p.restore()
            time.sleep(2)       # restic does not wait for its ssh
            total = collections.Counter()
            with open(log) as f:
                for line in f:
                    total.update({k: int(v) for k, v in (x.split("=") for x in line.split())})
            print("requests   %-8s %-7s %6d  %s" % (what, name, sum(total.values()), " ".join(
                "%s=%d" % x for x in total.most_common())), flush=True)


server = Server("sftp-sshd.sh")
slow = None
try:
    make_files()
    compare("loopback", server, config(server, int(server.facts["SFTP_PORT"]), "ssh-near"))
    slow = subprocess.Popen([a.delay, str(a.ms), "0", server.facts["SFTP_PORT"]], stdout=subprocess.PIPE, text=True)
    port = int(slow.stdout.readline())
    a.runs = 1
    compare("%d ms" % a.ms, server, config(server, port, "ssh-far"))
    requests()
finally:
    if slow is not None:
        slow.kill()
    server.stop()
    shutil.rmtree(top, ignore_errors=True)
