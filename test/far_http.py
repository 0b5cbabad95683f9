"""Repositories that are reached by HTTP: behind S3 and behind restic's REST protocol."""
import os
import shutil
import signal
import socket
import subprocess
import time

from far import Server
from repository import FETTLE, RESTIC, Repository


class Far(Repository):
    """repo is a place such as s3:http://...; it is judged by restic through the same
    server, as nothing of it lies where a test could look."""

    def __init__(self, top, place, **env):
        super().__init__(top)
        self.repo = place
        self.env.update(env)
        # So that a password or a key never shows.
        self.secrets = [v for k, v in env.items() if "SECRET" in k]

    def _run(self, cmd, rc, **kw):
        e = super()._run(cmd, rc, **kw)
        if cmd[0] == FETTLE:
            for s in self.secrets:
                assert s not in e.out + e.err, "a secret is shown: %s" % e
        return e

    def init(self, version=2):
        self.fettle("init")

    def judged(self, *args):
        e = self.restic("--no-cache", "check", "--read-data", *args)
        assert "error" not in e.err.lower(), str(e)


class Bucket(Server):
    """A real S3 service, with a bucket of its own."""

    def __init__(self, script):
        super().__init__(script)
        f = self.facts
        self.env = {k: f[k] for k in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")}
        self.port = int(f["S3_ENDPOINT"].rsplit(":", 1)[1])

    def place(self, prefix, port=None):
        return "s3:http://127.0.0.1:%d/%s/%s" % (port or self.port, self.facts["S3_BUCKET"], prefix)

    def admin(self, *args):
        subprocess.run(["radosgw-admin", "-c", self.facts["CEPH_CONF"], "-n", "client.rgw", *args], check=True,
                       capture_output=True, timeout=60)


def can_swift():
    return os.geteuid() == 0 and all(map(shutil.which, ("swift-proxy-server", "swift-object-server", "memcached")))


def can_ceph():
    return os.geteuid() == 0 and all(map(shutil.which, ("ceph-mon", "ceph-osd", "ceph", "radosgw", "uuidgen")))


class RestServer:
    """rclone as a REST server, on a port that stays when it is started anew."""

    def __init__(self, folder, *options):
        self.folder, self.options = str(folder), options
        os.makedirs(self.folder, exist_ok=True)
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        self.port = s.getsockname()[1]
        s.close()
        self.start()

    def start(self):
        self.process = subprocess.Popen(["rclone", "--config", "/dev/null", "serve", "restic", self.folder, "--addr",
                                         "127.0.0.1:%d" % self.port, *self.options],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.time() + 20
        while time.time() < until:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("rclone does not serve")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self, yes=True):
        self.process.send_signal(signal.SIGSTOP if yes else signal.SIGCONT)

    def place(self, path="r/", user=""):
        return "rest:http://%s127.0.0.1:%d/%s" % (user, self.port, path)


def in_turn(r, fill, described):
    """Both programs write to one repository; what one wrote the other has, too."""
    r.init()
    fill("one")
    r.backup()
    r.judged()
    theirs = r.restic_backup()
    assert theirs["data_blobs"] == 0, "restic finds what we have saved"
    fill("two")
    r.restic_backup()
    ours = r.backup("--force")
    assert ours["data_blobs"] == 0, "and we what restic has"
    assert r.restored("latest") == described(r.src)
    out = os.path.join(r.top, "out")
    r.fettle("restore", "latest", "--target", out)
    assert described(out + r.src) == described(r.src)
    shutil.rmtree(r.src + "/one")
    r.backup()
    r.fettle("forget", "--keep-last", "1", "--prune")
    assert len(r.snapshots()) == 1
    r.fettle("check", "--read-data")
    r.judged()
    r.restic("prune")
    r.fettle("check", "--read-data")
    assert r.fettle("list", "locks").out.strip() == ""
