#!/usr/bin/python3
"""inside.py FOLDER [ONLY...] -- what boot.sh boots: fettle's units are used as a person would, and
looked at.  Each line of FOLDER/said is "ok WHAT", "no WHAT: WHY" or "-- WHAT: WHY not
looked at"; the last is "all is well" if there is no "no"."""
import contextlib
import glob
import http.client
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import traceback

OUT = sys.argv[1]
SAID = open(os.path.join(OUT, "said"), "w", buffering=1)
UID, HOME = 1234, "/home/ann"
ROOT = pwd.getpwuid(0).pw_dir
PASSWORD = "correct horse"
RELOAD = "/etc/fettle/fettle.yaml"
bad = 0

os.environ.update(HOME=ROOT, SYSTEMD_PAGER="", PATH="/usr/local/bin:" + os.environ["PATH"])


def go(*words, rc=0, user=False, **more):
    """A command as root, or as ann with her manager; what it says."""
    if user:
        words = ("runuser", "-u", "ann", "--", "env", "HOME=" + HOME,
                 "XDG_RUNTIME_DIR=/run/user/%d" % UID,
                 "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/%d/bus" % UID) + words
    p = subprocess.run(words, capture_output=True, text=True, timeout=60, **more)
    assert rc is None or p.returncode == rc, "%s: %d: %s%s" % (
        " ".join(words), p.returncode, p.stdout, p.stderr)
    return p.stdout


def ctl(*words, user=False, rc=0):
    return go("systemctl", *(("--user",) if user else ()), *words, user=user, rc=rc)


def prop(name, unit="fettle.service", user=False):
    return ctl("show", "--value", "-p", name, unit, user=user).strip()


def journal(n=30, unit="fettle.service"):
    return go("journalctl", "-b", "--no-pager", "-o", "cat", "-n", str(n), "-u", unit, rc=None)


def until(what, why="it did not come", seconds=int(os.environ.get("PATIENCE", 20))):
    """Wait for a state, never for a time; the bound is for what never comes."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        assert time.monotonic() < end, why
        time.sleep(0.05)


def put(path, text="x", uid=UID, days=0, mode=0o644):
    made, parent = [], os.path.dirname(path)
    while not os.path.isdir(parent):
        made.append(parent)
        parent = os.path.dirname(parent)
    for d in reversed(made):
        os.mkdir(d)
        os.chown(d, uid, uid)
    beside = path + ".made"
    with open(beside, "w" if isinstance(text, str) else "wb") as f:
        f.write(text)
    os.chmod(beside, mode)
    os.chown(beside, uid, uid)
    then = time.time() - days * 86400 - 60
    os.utime(beside, (then, then))
    os.rename(beside, path)
    return path


def read(path):
    with open(path) as f:
        return f.read()


def conf(text, path=RELOAD, uid=0):
    put(path, text, uid, mode=0o600)
    os.utime(path)


def drop_in(name, text):
    put("/etc/systemd/system/fettle.service.d/%s.conf" % name, "[Service]\n" + text, 0)
    ctl("daemon-reload")


def said(word):
    return lambda: word in read("/var/log/fettle/fettle.log")


EVERY = "schedule: {at: '*:*:0/1', jitter: 0s}\n"
LIST = []


def look(f):
    LIST.append(f)
    return f


# ---- the machine's ----
ALL = EVERY + """\
allow: [commands]
log: {level: debug}
rules:
  - name: sort
    locations: /home/ann/Downloads
    actions: [{sort: by-type}]
  - name: content
    locations: /home/ann/Letters
    filters: [{filecontent: 'Invoice no\\. (?P<number>\\d+)'}]
    actions: [{move: '/home/ann/Invoices/{filecontent.number}/'}]
  - name: exif
    locations: /home/ann/Camera
    filters: [exif, mimetype: image]
    actions: [{move: '/home/ann/Pictures/{exif.image.make}/'}]
  - name: away
    locations: /home/ann/Old
    actions: [delete]
  - name: ends
    locations: /home/ann/Temp
    actions: [delete: {permanently: yes}]
  - name: link
    locations: /home/ann/Links
    filters: [extension: txt]
    actions: [{hardlink: /home/ann/Linked/}, {symlink: /home/ann/Symlinked/}, {copy: /home/ann/Copied/}]
  - name: shell
    locations: /home/ann/Shell
    filters: [extension: txt]
    actions: [shell: 'id -u >> /srv/ann/shell; ulimit -c >> /srv/ann/shell', delete]
  - name: root's
    locations: """ + ROOT + """/In
    actions: [{move: """ + ROOT + """/Sorted/}]
backups:
  - name: plain
    paths: /home/ann/Documents
    copies: /srv/copies
    before: {run: [/usr/bin/touch, /srv/before]}
    after: {shell: 'echo $FETTLE_STATUS > /srv/after'}
    keep: {last: 2}
  - name: home
    paths: [/home/ann/Documents, /etc/fettle]
    repository: /mnt/repo
    keep: {last: 3}
archives:
  - name: old
    locations: /home/ann/Papers
    older_than: 30 days
    to: /srv/ann/archive
  - name: packed
    locations: /home/ann/Packs
    older_than: 30 days
    to: /srv/ann/packed
    bundle: tar.zst
"""


def pdf(text):
    """A page that says text."""
    page = b"BT /F 12 Tf 9 9 Td (%s) Tj ET" % text.encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
               b"/Resources<</Font<</F 5 0 R>>>>>>",
               b"<</Length %d>>stream\n%s\nendstream" % (len(page), page),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, at = b"%PDF-1.4\n", []
    for i, o in enumerate(objects):
        at.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (i + 1, o)
    where = len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % a for a in at) \
        + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % where


def jpeg(make):
    """As small as a picture with an EXIF make can be."""
    make = make.encode() + b"\0"
    tiff = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x0f\x01\x02\0" + len(make).to_bytes(4, "little") \
        + (26).to_bytes(4, "little") + b"\0\0\0\0" + make
    app = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe1" + (len(app) + 2).to_bytes(2, "big") + app + b"\xff\xd9"


@look
def install():
    """`fettle install --system` enables what make install brought, and starts it."""
    conf(ALL)
    for d in ("Downloads Letters Camera Old Temp Links Shell Papers Packs Documents").split():
        os.makedirs(os.path.join(HOME, d))
        os.chown(os.path.join(HOME, d), UID, UID)
    for d, who in ((ROOT + "/In", 0), ("/srv/ann", UID)):
        os.makedirs(d)
        os.chown(d, who, who)
    put(HOME + "/Documents/a.txt", "alpha")
    os.chmod(put(HOME + "/Documents/secret", "s", mode=0o600), 0o600)
    put("/etc/credstore/fettle-home", PASSWORD + "\n", 0, mode=0o600)
    put(ROOT + "/creds/home", PASSWORD + "\n", 0, mode=0o600)
    go("fettle", "-b", "home", "init", env={**os.environ, "CREDENTIALS_DIRECTORY": ROOT + "/creds"})
    drop_in("creds", "LoadCredential=home:/etc/credstore/fettle-home\n")
    out = go("fettle", "install", "--system", "--now")
    assert not os.path.exists("/etc/systemd/system/fettle.service"), out
    assert ctl("is-enabled", "fettle").strip() == "enabled"


@look
def notify():
    """Type=notify: READY=1 makes it active, and the main process is the daemon."""
    assert prop("ActiveState") == "active" and prop("Type") == "notify"
    assert read("/proc/%s/comm" % prop("MainPID")).strip() == "fettle"


@look
def hardened():
    """Seccomp, no new privileges and no capability beyond those named are on."""
    status = read("/proc/%s/status" % prop("MainPID"))
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert re.search(r"^Seccomp:\s+2$", status, re.M)
    caps = int(re.search(r"^CapBnd:\s+(\S+)$", status, re.M).group(1), 16)
    assert caps == sum(1 << n for n in (0, 1, 2, 3, 6, 7, 28)), hex(caps)
    assert prop("NRestarts") == "0"


@look
def sort():
    """A job that is due sorts, as the owner of the folder; watches are not needed."""
    put(HOME + "/Downloads/a.jpg")
    until(lambda: os.path.exists(HOME + "/Downloads/Images/a.jpg"), "not sorted")
    st = os.stat(HOME + "/Downloads/Images")
    assert (st.st_uid, st.st_gid) == (UID, UID)


@look
def roots():
    put(ROOT + "/In/x.txt", uid=0)
    until(lambda: os.path.exists(ROOT + "/Sorted/x.txt"))


@look
def content():
    """What reads foreign content works under the filter of system calls: text, PDF."""
    put(HOME + "/Letters/i.txt", "Invoice no. 4711\n")
    until(lambda: os.path.exists(HOME + "/Invoices/4711/i.txt"))
    if not shutil.which("pdftotext"):
        return "text is; no pdftotext here, so no PDF"
    put(HOME + "/Letters/p.pdf", pdf("Invoice no. 4712"))
    until(lambda: os.path.exists(HOME + "/Invoices/4712/p.pdf"), "the PDF was not read")


@look
def exif():
    put(HOME + "/Camera/p.jpg", jpeg("Leica"))
    until(lambda: os.path.exists(HOME + "/Pictures/Leica/p.jpg"))


@look
def deleted():
    put(HOME + "/Old/o.txt", "old")
    put(HOME + "/Temp/t.txt", "gone")
    until(lambda: not os.path.exists(HOME + "/Temp/t.txt"))
    until(lambda: not os.path.exists(HOME + "/Old/o.txt"))
    found = [p for p in glob.glob(HOME + "/**/files/o.txt", recursive=True, include_hidden=True)
             + glob.glob("/home/.Trash*/**/files/o.txt", recursive=True, include_hidden=True)
             + glob.glob("/.Trash*/**/files/o.txt", recursive=True, include_hidden=True)]
    assert found, "it is in no trash"
    assert os.stat(found[0]).st_uid == UID


@look
def links():
    put(HOME + "/Links/l.txt", "l")
    until(lambda: os.path.lexists(HOME + "/Copied/l.txt"))
    assert os.stat(HOME + "/Linked/l.txt").st_nlink == 2
    assert os.readlink(HOME + "/Symlinked/l.txt") == HOME + "/Links/l.txt"


@look
def commands():
    """shell: and hooks run, and cannot write where the unit may not."""
    put(HOME + "/Shell/s.txt")
    until(lambda: os.path.exists("/srv/ann/shell") and not os.path.exists(HOME + "/Shell/s.txt"))


@look
def copies():
    """Plain copies with owners and modes given back, and the hooks around them."""
    until(lambda: os.path.exists("/srv/after"))
    assert read("/srv/after").strip() == "success" and os.path.exists("/srv/before")
    st = os.stat(glob.glob("/srv/copies/plain/*/secret")[0])
    assert (st.st_uid, st.st_mode & 0o777) == (UID, 0o600)


@look
def credential():
    """The password of a repository comes by LoadCredential, and lies nowhere else."""
    def snapshots():
        p = subprocess.run(["fettle", "-b", "home", "snapshots", "--json"], capture_output=True,
                           text=True, env={**os.environ, "CREDENTIALS_DIRECTORY": ROOT + "/creds"})
        return p.returncode == 0 and json.loads(p.stdout)
    snaps = until(snapshots, "no snapshot")
    assert any(HOME + "/Documents" in s["paths"] for s in snaps)
    assert os.path.isdir("/run/credentials/fettle.service")


@look
def archived():
    """Old files go, with their manifest; and into bundles."""
    put(HOME + "/Papers/p.txt", "old paper", days=90)
    put(HOME + "/Packs/k.txt", "old pack", days=90)
    until(lambda: not os.path.exists(HOME + "/Papers/p.txt"))
    until(lambda: not os.path.exists(HOME + "/Packs/k.txt"))
    assert read("/srv/ann/archive/p.txt") == "old paper"
    assert glob.glob("/srv/ann/packed/**/*.tar.zst", recursive=True)


@look
def status():
    """Nothing of all that failed: the command line beside the service says so."""
    def well():
        p = subprocess.run(["fettle", "status", "--json"], capture_output=True, text=True)
        rows = [json.loads(line) for line in p.stdout.splitlines()]
        jobs = [r for r in rows if "state" in r]
        wrong = [r for r in jobs if r["state"] in ("failed", "partial", "held", "late")]
        assert not wrong, wrong
        return p.returncode == 0 and len(jobs) >= 12
    until(well, "status is not 0")


@look
def fenced():
    """The worker's own fence (Landlock) goes up inside the unit's, where the kernel has
    it."""
    if "landlock" not in read("/proc/kallsyms"):
        return "this kernel has no Landlock"
    assert "sort is fenced in" in read("/var/log/fettle/fettle.log")


@look
def outside():
    """What the unit may not write it does not: the job fails, the file stays."""
    put("/opt/In/x.txt", "mine", uid=0)
    conf(ALL.replace(ROOT + "/In", "/opt/In"))
    ctl("reload", "fettle")
    until(said("Read-only file system"), "it was not told")
    assert read("/opt/In/x.txt") == "mine"


@look
def reload():
    """systemctl reload re-reads the configuration, and changes nothing else."""
    pid = prop("MainPID")
    conf(ALL.replace("/home/ann/Downloads", "/home/ann/Inbox"))
    ctl("reload", "fettle")
    put(HOME + "/Inbox/b.jpg")
    until(lambda: os.path.exists(HOME + "/Inbox/Images/b.jpg"))
    assert prop("MainPID") == pid and prop("ActiveState") == "active"
    conf("rules: [{name: broken")
    ctl("reload", "fettle")
    put(HOME + "/Inbox/c.jpg")
    until(lambda: os.path.exists(HOME + "/Inbox/Images/c.jpg"))
    assert prop("MainPID") == pid
    conf(ALL)
    ctl("reload", "fettle")


@look
def watch():
    """A file that arrives is sorted at once, with no schedule."""
    conf("log: {level: debug}\nrules: [{name: w, locations: /home/ann/Watched, "
         "watch: {settle: 100ms}, actions: [{sort: by-type}]}]\n")
    os.makedirs(HOME + "/Watched")
    os.chown(HOME + "/Watched", UID, UID)
    ctl("reload", "fettle")
    put(HOME + "/Watched/w.jpg")
    until(lambda: os.path.exists(HOME + "/Watched/Images/w.jpg"))


@look
def stop():
    """It ends within 2 s, well, and leaves nobody behind; also with a worker at work."""
    conf(EVERY + "allow: [commands]\nbackups: [{name: slow, paths: /home/ann/Documents, "
         "copies: /srv/slow, before: {run: [sleep, 100]}}]\n")
    ctl("reload", "fettle")
    until(lambda: subprocess.run(["pgrep", "-x", "sleep"], capture_output=True).returncode == 0)
    begin = time.monotonic()
    ctl("stop", "fettle")
    took = time.monotonic() - begin
    assert prop("Result") == "success", prop("Result")
    assert subprocess.run(["pgrep", "-x", "fettle|sleep"], capture_output=True).returncode == 1
    assert took < 2.5, "%.1f s" % took	# what KillMode=mixed promises is no wall time of ours
    until(lambda: prop("ActiveState") == "inactive")


@look
def watchdog():
    """The watchdog is fed; one that hangs is killed by it and started again."""
    conf(ALL)
    drop_in("dog", "WatchdogSec=2s\nRestartSec=100ms\n")
    ctl("start", "fettle")
    pid = prop("MainPID")
    first = prop("WatchdogTimestampMonotonic")
    until(lambda: int(prop("WatchdogTimestampMonotonic")) > int(first) + 3000000, "not fed")
    assert prop("MainPID") == pid and prop("NRestarts") == "0"
    os.kill(int(pid), 19)	# SIGSTOP
    until(lambda: prop("NRestarts") == "1" and prop("ActiveState") == "active", "not restarted")
    assert prop("MainPID") != pid
    put(HOME + "/Downloads/after.jpg")
    until(lambda: os.path.exists(HOME + "/Downloads/Images/after.jpg"))
    os.unlink("/etc/systemd/system/fettle.service.d/dog.conf")
    ctl("daemon-reload")
    ctl("stop", "fettle")


@look
def faults():
    """A configuration with faults: exit 2, and no restart."""
    conf("rules: [{name: broken")
    ctl("start", "fettle", rc=1)
    assert prop("ExecMainStatus") == "2" and prop("NRestarts") == "0"
    assert prop("ActiveState") == "failed"
    ctl("reset-failed", "fettle")
    os.unlink(RELOAD)
    ctl("start", "fettle")
    assert prop("ConditionResult") == "no" and prop("ActiveState") == "inactive"


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def fetch(path, target):
    c = Unix(path)
    c.request("GET", target)
    r = c.getresponse()
    return r.status, r.read().decode()


@look
def web_socket():
    """The dashboard's socket: for root alone, and who asks there starts the service."""
    conf("web: {listen: unix}\n" + ALL)
    ctl("start", "fettle.socket")
    path = "/run/fettle/web.sock"
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert prop("ActiveState") == "inactive"
    code, text = fetch(path, "/healthz")
    assert code == 200, text
    assert prop("ActiveState") == "active"
    code, text = fetch(path, "/metrics")
    assert code == 200 and "fettle_last_success_timestamp_seconds" in text
    link = subprocess.Popen(["fettle", "web"], stdout=subprocess.PIPE, text=True)
    line = link.stdout.readline()
    assert line.startswith("http://127.0.0.1:"), line
    port, rest = re.match(r"http://127\.0\.0\.1:(\d+)(/\S*)", line).groups()
    c = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    c.request("GET", rest)
    assert c.getresponse().status in (200, 302, 303)
    link.terminate()
    link.wait()
    ctl("restart", "fettle")	# the socket stays systemd's
    code, text = fetch(path, "/healthz")
    assert code == 200, text
    ctl("stop", "fettle.service", "fettle.socket")
    until(lambda: not os.path.exists(path))


@look
def journald():
    """log: journal, with fields to search by."""
    conf(ALL.replace("log: {level: debug}", "log: {format: journal}"))
    ctl("start", "fettle")
    put(HOME + "/Downloads/j.png")
    until(lambda: os.path.exists(HOME + "/Downloads/Images/j.png"))

    def rows():
        out = go("journalctl", "-b", "-o", "json", "-u", "fettle.service", "FETTLE_JOB=sort")
        return [r for r in map(json.loads, out.splitlines()) if "j.png" in str(r["MESSAGE"])]
    (row,) = until(rows, "no row with FETTLE_JOB=sort")[:1]
    assert row["SYSLOG_IDENTIFIER"] == "fettle", row
    fields = sorted(k for k in row if k.startswith("FETTLE_"))
    assert {"FETTLE_JOB", "FETTLE_RUN"} <= set(fields), fields


@look
def told_default():
    """Without notify: the machine's service tells of a failure in the journal, as an
    error."""
    conf(EVERY + "allow: [commands]\nbackups: [{name: breaks, paths: /home/ann/Documents, "
         "copies: /srv/breaks, before: {run: ['false']}}]\n")
    ctl("restart", "fettle")
    until(lambda: "breaks" in go("journalctl", "-b", "-o", "cat", "-p", "err", "SYSLOG_IDENTIFIER=fettle",
                                 rc=None), "nothing at err")


class Sink(threading.Thread):
    """A server of a line: what was said to it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.s = socket.create_server(("127.0.0.1", 0))
        self.port = self.s.getsockname()[1]
        self.seen = []
        self.start()

    def run(self):
        while True:
            c, _ = self.s.accept()
            self.seen.append(c.recv(65536).decode(errors="replace"))
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            c.close()


@look
def no_network():
    """What needs a network has none until install --system gives it; both are told."""
    sink = Sink()
    conf(ALL + "notify: [{events: [success], job: sort, webhook: 'http://127.0.0.1:%d/x', "
         "timeout: 2s}]\n" % sink.port)
    ctl("restart", "fettle")
    until(said("this service may not use one: fettle install --system"))
    go("fettle", "install", "--system", "--now")
    assert os.path.exists("/etc/systemd/system/fettle.service.d/network.conf")
    put(HOME + "/Downloads/n.jpg")
    until(lambda: sink.seen, "the webhook did not come")
    assert not read("/proc/net/tcp") == ""


@look
def sftp():
    """A repository over SFTP: ssh runs in the unit with its own key."""
    if not shutil.which("sshd", path="/usr/sbin:/usr/bin"):
        return "no sshd here"
    os.makedirs(ROOT + "/.ssh", mode=0o700, exist_ok=True)
    os.makedirs("/run/sshd", exist_ok=True)
    os.makedirs(ROOT + "/far", exist_ok=True)
    for f in (ROOT + "/host", ROOT + "/.ssh/id_ed25519"):
        if os.path.exists(f):
            os.unlink(f)
        go("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f)
    shutil.copy(ROOT + "/.ssh/id_ed25519.pub", ROOT + "/.ssh/authorized_keys")
    put(ROOT + "/sshd_config", "Port 2222\nListenAddress 127.0.0.1\nHostKey " + ROOT + "/host\n"
        "UsePAM no\nPidFile none\nSubsystem sftp internal-sftp\n"
        "AuthorizedKeysFile " + ROOT + "/.ssh/authorized_keys\nStrictModes no\n", 0)
    put(ROOT + "/.ssh/known_hosts", "[127.0.0.1]:2222 " + read(ROOT + "/host.pub"), 0)
    d = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", ROOT + "/sshd_config", "-E", ROOT + "/sshd.log"])
    try:
        put(ROOT + "/far.key", "far\n", 0, mode=0o600)
        conf(EVERY + "log: {level: debug}\nbackups: [{name: far, paths: /home/ann/Documents, repository: "
             "'sftp://root@127.0.0.1:2222/" + ROOT + "/far/repo', password_file: " + ROOT + "/far.key}]\n")
        until(lambda: subprocess.run(["fettle", "-b", "far", "init"],
                                     capture_output=True).returncode == 0, "init")
        ctl("restart", "fettle")
        until(lambda: glob.glob(ROOT + "/far/repo/snapshots/*"), "no snapshot")
    finally:
        d.terminate()
        d.wait()


@look
def uninstall():
    go("fettle", "uninstall", "--system")
    assert ctl("is-enabled", "fettle", rc=None).strip() == "disabled"
    assert prop("ActiveState") in ("inactive", "failed")
    assert not os.path.exists("/etc/systemd/system/fettle.service.d/network.conf")


# ---- a user's ----
@look
def user():
    """The user's unit under the user's own manager, that lingers: it becomes active,
    sorts, has its password by LoadCredential, re-reads and stops."""
    mine = HOME + "/.config/fettle/fettle.yaml"
    ctl("start", "systemd-logind")
    text = EVERY + """\
allow: [commands]
rules: [{name: mine, locations: ~/Mine, actions: [{sort: by-type}]}]
backups:
  - {name: repo, paths: ~/Documents, repository: ~/repo}
  - {name: plain, paths: ~/Documents, copies: ~/copies}
"""
    conf(text.replace("allow: [commands]\n", ""), mine, UID)
    put(HOME + "/.creds/repo", PASSWORD, mode=0o600)
    put(HOME + "/.config/systemd/user/fettle.service.d/creds.conf",
        "[Service]\nLoadCredential=repo:%h/.creds/repo\n")
    go("loginctl", "enable-linger", "ann")
    until(lambda: os.path.exists("/run/user/%d/bus" % UID), "no manager of hers")
    until(lambda: ctl("is-system-running", user=True, rc=None).strip() in ("running", "degraded"))
    go("env", "CREDENTIALS_DIRECTORY=" + HOME + "/.creds", "fettle", "-b", "repo", "init",
       user=True)
    go("fettle", "install", "--user", "--now", user=True)
    assert prop("ActiveState", user=True) == "active"
    put(HOME + "/Mine/m.jpg")
    until(lambda: os.path.exists(HOME + "/Mine/Images/m.jpg"), "not sorted")
    until(lambda: glob.glob(HOME + "/repo/snapshots/*"), "no snapshot")
    until(lambda: glob.glob(HOME + "/copies/plain/*/a.txt"), "no copy")
    status = read("/proc/%s/status" % prop("MainPID", user=True))
    assert re.search(r"^Seccomp:\s+2$", status, re.M)
    until(lambda: subprocess.run(["runuser", "-u", "ann", "--", "env", "HOME=" + HOME, "fettle",
                                  "status"], capture_output=True).returncode == 0, "status")
    conf(text.replace("~/Mine", "~/Mine2").replace("allow: [commands]\n", "web: {listen: unix}\n"), mine, UID)
    ctl("reload", "fettle", user=True)
    put(HOME + "/Mine2/n.jpg")
    until(lambda: os.path.exists(HOME + "/Mine2/Images/n.jpg"))
    ctl("stop", "fettle", user=True)
    assert prop("Result", user=True) == "success"


@look
def user_socket():
    path = "/run/user/%d/fettle/web.sock" % UID
    ctl("start", "fettle.socket", user=True)
    code, text = fetch(path, "/healthz")
    assert code == 200, text
    assert prop("ActiveState", user=True) == "active"
    ctl("stop", "fettle.service", "fettle.socket", user=True)
    go("fettle", "uninstall", "--user", user=True)


def add_ann():
    for f, line in (("passwd", "ann:x:%d:%d::%s:/bin/sh\n" % (UID, UID, HOME)),
                    ("group", "ann:x:%d:\n" % UID), ("shadow", "ann:*:19000:0:99999:7:::\n")):
        with open("/etc/" + f, "a") as o:
            o.write(line)
    shutil.rmtree(HOME, ignore_errors=True)
    os.makedirs(HOME)
    os.chown(HOME, UID, UID)


def main():
    global bad
    add_ann()
    only = sys.argv[2:]
    for f in LIST:
        if only and f.__name__ not in only:
            continue
        begin = time.monotonic()
        try:
            why = f()
            SAID.write("%s %s%s (%.1f s)\n" % ("--" if why else "ok", f.__name__, ": " + why if why
                                              else "", time.monotonic() - begin))
        except Exception as e:
            bad += 1
            SAID.write("no %s: %s\n%s" % (f.__name__, e, "".join(
                "\t%s\n" % x for x in traceback.format_exc().splitlines()[-6:])))
            SAID.write("".join("\t| %s\n" % x for x in journal().splitlines()))
            if f is install:
                break		# the rest would only wait for it
            with contextlib.suppress(OSError):
                SAID.write("".join("\t> %s\n" % x for x in
                                   read("/var/log/fettle/fettle.log").splitlines()[-25:]))
    SAID.write("all is well\n" if bad == 0 else "%d of %d are not well\n" % (bad, len(LIST)))


main()
