"""A repository on a server that the test starts on loopback (test/servers/), and the
proxy that makes its line worse.  Each server is one script; see test/servers/common.sh."""
import os
import shutil
import signal
import subprocess
import time

from repository import FETTLE, RESTIC, Repository

SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "servers")


def can_sshd():
    return all(shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin:/sbin") for p in ("sshd", "ssh", "ssh-keygen"))


def children_of(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            direct = [int(x) for x in f.read().split()]
    except OSError:
        return []
    return direct + [g for c in direct for g in children_of(c)]


class Server:
    """What a script started; facts has its KEY=VALUEs."""

    def __init__(self, script, *args, **env):
        p = subprocess.run([os.path.join(SERVERS, script), "start", *map(str, args)], capture_output=True, text=True,
                           env={**os.environ, **env}, timeout=60)
        assert p.returncode == 0, p.stderr
        self.script = script
        self.facts = dict(line.split("=", 1) for line in p.stdout.splitlines() if "=" in line)
        self.state = self.facts["STATE"]

    def stop(self):
        subprocess.run([os.path.join(SERVERS, self.script), "stop", self.state], capture_output=True, timeout=60)

    def pids(self):
        with open(os.path.join(self.state, "pids")) as f:
            return [int(line.split()[0]) for line in f]

    def kill_sessions(self):
        """The processes that serve somebody die; the one that listens stays."""
        for p in self.pids():
            for c in children_of(p):
                try:
                    os.kill(c, signal.SIGKILL)
                except ProcessLookupError:
                    pass


class Chaos(Server):
    """A proxy before a server's port; say() tells it what to do from the next connection on."""

    def __init__(self, port):
        super().__init__("chaos.sh", port)
        self.port = int(self.facts["CHAOS_PORT"])

    def say(self, words):
        with open(self.facts["CONTROL"], "w") as f:
            f.write(words + "\n")


class Sftp(Repository):
    """A repository behind sshd.  Its folder is on this machine, too: restic judges there."""

    def __init__(self, top, server):
        super().__init__(top)
        self.server = server
        self.repo = os.path.join(server.state, "data", "r%x" % time.time_ns())
        self.options = []
        self.to_port(int(server.facts["SFTP_PORT"]))

    def to_port(self, port):
        """An ssh configuration of its own, which leads to this port."""
        self.config = os.path.join(self.top, "ssh_config")
        facts = self.server.facts
        with open(facts["SFTP_KNOWN_HOSTS"]) as f:
            key = f.read().split(" ", 1)[1]
        known = os.path.join(self.top, "known_hosts")
        with open(known, "w") as f:
            f.write("[127.0.0.1]:%d %s" % (port, key))
        with open(self.config, "w") as f:
            f.write("Host t\n HostName 127.0.0.1\n Port %d\n User %s\n IdentityFile %s\n IdentitiesOnly yes\n"
                    " UserKnownHostsFile %s\n StrictHostKeyChecking yes\n BatchMode yes\n"
                    % (port, facts["SFTP_USER"], facts["SFTP_KEY"], known))

    @property
    def place(self):
        return "sftp:t:" + self.repo

    def far_args(self):
        return ["-r", self.place, "-o", "sftp.args=-F " + self.config] + self.options

    def fettle(self, *args, rc=0, **kw):
        return self._run([FETTLE, *self.far_args(), *args], rc, **kw)

    def start_fettle(self, *args):
        return subprocess.Popen([FETTLE, *self.far_args(), *args], env=self.env, cwd=self.top,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def restic_far(self, *args, rc=0, **kw):
        return self._run([RESTIC, "-r", self.place, "-o", "sftp.command=ssh -F %s t -s sftp" % self.config, "-q",
                          *args], rc, **kw)
