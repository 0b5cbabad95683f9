#!/usr/bin/env python3
"""far.py FETTLE DELAY [--size MIB] [--runs N] [--ms MS] [--only sftp,s3,rest] -- backup and restore
beside restic, through one and the same server on loopback (sshd, Ceph's gateway, rclone as a REST
server): as it is, and with a round trip of MS milliseconds (delay.c).  Prints medians of time,
processor time, peak memory and requests, and the ratios; and for HTTP what the server itself can do:
as many bytes in files of 16 MiB, five at once, by curl.  Needs restic and the servers."""
import argparse
import collections
import hashlib
import hmac
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
os.environ.setdefault("FETTLE", "/bin/true")
from far import Server   # noqa: E402
from far_http import Bucket, RestServer   # noqa: E402
sys.path.insert(0, os.path.dirname(HERE) + "/servers")
from http_count import Counting   # noqa: E402

ap = argparse.ArgumentParser()
ap.add_argument("fettle")
ap.add_argument("delay")
ap.add_argument("--size", type=int, default=1024)
ap.add_argument("--runs", type=int, default=3)
ap.add_argument("--ms", type=int, default=50)
ap.add_argument("--only", default="sftp,s3,rest")
ap.add_argument("--at", default="near,far,requests", help="which lines, and whether requests are counted")
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
    p = subprocess.run(["/usr/bin/time", "-f", "@ %e %M %U %S", *cmd], env=ENV, cwd=top, capture_output=True,
                       text=True)
    assert p.returncode == 0, " ".join(cmd) + "\n" + p.stderr[-2000:]
    wall, kib, user, system = re.findall(r"^@ ([\d.]+) (\d+) ([\d.]+) ([\d.]+)$", p.stderr, re.M)[-1]
    return float(wall), int(kib), float(user) + float(system)


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

    def empty(self):
        shutil.rmtree(self.place, ignore_errors=True)

    def clear(self):
        self.empty()
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


class OverHttp(Program):
    """Each backup into a place of its own; the one before is left to the server."""

    def __init__(self, name, server, port):
        self.name, self.server, self.port, self.n = name, server, port, 0
        self.empty()

    def empty(self):
        self.server.forget(self)
        self.n += 1
        self.path = "%s%d-%d" % (self.name, self.port, self.n)
        self.base = [a.fettle if self.name == "fettle" else "restic", "-r", self.server.at(self.port, self.path),
                     "--cache-dir", "%s/cache-%s" % (top, self.name)]


class S3(Bucket):
    def __init__(self):
        os.environ["BYTES"] = str(16 << 30)
        super().__init__("ceph-rgw.sh")
        ENV.update(self.env)

    def at(self, port, path):
        return self.place(path, port)

    def url(self, port, n, method):
        """Signed beforehand, so that curl has nothing to compute."""
        host, path = "127.0.0.1:%d" % port, "/%s/bound/%d" % (self.facts["S3_BUCKET"], n)
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = "%s/%s/s3/aws4_request" % (date[:8], ENV["AWS_DEFAULT_REGION"])
        query = urllib.parse.urlencode({
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": ENV["AWS_ACCESS_KEY_ID"] + "/" + scope,
            "X-Amz-Date": date, "X-Amz-Expires": "3600", "X-Amz-SignedHeaders": "host"})
        asked = "\n".join((method, path, query, "host:" + host, "", "host", "UNSIGNED-PAYLOAD"))
        text = "\n".join(("AWS4-HMAC-SHA256", date, scope, hashlib.sha256(asked.encode()).hexdigest()))
        key = ("AWS4" + ENV["AWS_SECRET_ACCESS_KEY"]).encode()
        for part in (*scope.split("/"), text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return "http://%s%s?%s&X-Amz-Signature=%s" % (host, path, query, key.hex())

    upload = ["-T"]

    def forget(self, program):
        if program.n > 0:
            subprocess.run(["rclone", "--config", "/dev/null", "--s3-provider", "Ceph", "--s3-env-auth", "--s3-endpoint",
                            self.facts["S3_ENDPOINT"], "purge", ":s3:%s/%s" % (self.facts["S3_BUCKET"], program.path)],
                           env=ENV, capture_output=True)


class Rest(RestServer):
    def __init__(self):
        self.kept = tempfile.mkdtemp(prefix="served.", dir=top)
        super().__init__(self.kept)

    def at(self, port, path):
        return "rest:http://127.0.0.1:%d/%s/" % (port, path)

    def url(self, port, n, method):
        return "http://127.0.0.1:%d/bound/data/%064x" % (port, n)

    upload = ["-X", "POST", "-T"]

    def forget(self, program):
        if program.n > 0:
            shutil.rmtree(os.path.join(self.kept, program.path), ignore_errors=True)

    def stop(self):
        self.kill()


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


def compare(title, programs):
    found = collections.defaultdict(list)
    for _ in range(a.runs):
        for what in ("backup", "restore"):
            for p in programs:      # in turn, so that what else runs here is shared
                found[what, p.name].append(getattr(p, what)())
    for what in ("backup", "restore"):
        ours, theirs = ([statistics.median(x[i] for x in found[what, n]) for i in (0, 1, 2)] for n in ("fettle", "restic"))
        print("%-14s %-8s fettle %7.2f s %4d MiB cpu %6.2f s   restic %7.2f s %4d MiB cpu %6.2f s   "
              "%.2f times faster, memory %.2f" % (title, what, ours[0], ours[1] >> 10, ours[2], theirs[0],
                                                  theirs[1] >> 10, theirs[2], theirs[0] / ours[0], ours[1] / theirs[1]),
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
            show("sftp", what, name, total)


def show(kind, what, name, counts):
    print("%-14s %-8s %-7s %6d  %s" % (kind + " requests", what, name, sum(counts.values()), " ".join(
        "%s=%d" % (k.replace(" ", "_"), v) for k, v in counts.most_common())), flush=True)


def http_requests(kind, server):
    counting = Counting(server.port)
    for name in ("fettle", "restic"):
        p = OverHttp(name, server, counting.port)
        p.clear()
        for what in ("backup", "restore"):
            counting.take()
            timed([*p.base, "backup", src]) if what == "backup" else p.restore()
            show(kind, what, name, counting.take())
    counting.stop()


def bound(title, server, port):
    """What no client of five connections can be faster than."""
    n = max(a.size >> 4, 1)
    for what in ("write", "read"):
        cmd = ["curl", "-sS", "-f", "--parallel", "--parallel-immediate", "--parallel-max", "5", "-H", "Expect:"]
        for i in range(n):
            cmd += ["--next"] * (i > 0) + ["-f", "-H", "Expect:"]
            cmd += server.upload + [top + "/block"] if what == "write" else ["-o", "/dev/null"]
            cmd += [server.url(port, i, "PUT" if what == "write" else "GET")]
        wall, _, cpu = timed(cmd)
        print("%-14s %-8s of %d x 16 MiB by curl %7.2f s cpu %6.2f s" % (title, what, n, wall, cpu), flush=True)


def far_away(port):
    p = subprocess.Popen([a.delay, str(a.ms), "0", str(port)], stdout=subprocess.PIPE, text=True)
    slow.append(p)
    return int(p.stdout.readline())


def over_sftp():
    server = Server("sftp-sshd.sh")
    servers.append(server)
    near = int(server.facts["SFTP_PORT"])
    for at, port in (("near", near), ("far", far_away(near))):
        if at in a.at.split(","):
            ssh = config(server, port, "ssh-" + at)
            compare("sftp " + title(at), [Program(n, "%s/data/%s" % (server.state, n), ssh) for n in ("fettle", "restic")])
    if "requests" in a.at.split(","):
        requests()


def over_http(kind, make):
    server = make()
    servers.append(server)
    for at, port in (("near", server.port), ("far", far_away(server.port))):
        if at in a.at.split(","):
            bound(kind + " " + title(at), server, port)
            compare(kind + " " + title(at), [OverHttp(n, server, port) for n in ("fettle", "restic")])
    if "requests" in a.at.split(","):
        http_requests(kind, server)


def title(at):
    return "%d ms" % a.ms if at == "far" else "loopback"


servers, slow = [], []
try:
    make_files()
    with open(top + "/block", "wb") as f:
        f.write(os.urandom(16 << 20))
    for one in a.only.split(","):
        if one == "sftp":
            over_sftp()
        else:
            over_http(one, {"s3": S3, "rest": Rest}[one])
finally:
    for p in slow:
        p.kill()
    for x in servers:
        x.stop()
    shutil.rmtree(top, ignore_errors=True)
