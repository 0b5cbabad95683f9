"""What is told without anybody at a terminal: lateness by the daemon, damage by whoever
finds it, and the usual ways where the configuration names none."""
import glob
import os
import socket
import subprocess

import pytest

from box import is_root, wait_for
from sinks import MailSink
from test_daemon import Daemon, daemon
from test_notify import fake_bin, log, mail_to


@pytest.fixture
def sink():
    s = MailSink()
    yield s
    s.close()


def clock(box, offset):
    """As box.at, for what goes on running and is signalled: no process between."""
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        pytest.skip("faketime is not there to turn the clock")
    return {"env": {"LD_PRELOAD": found[0], "FAKETIME": offset, "NO_FAKE_STAT": "1", "DONT_FAKE_MONOTONIC": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKE_UTIME": "0",
                    "ASAN_OPTIONS": box.env["ASAN_OPTIONS"] +
                    ":verify_asan_link_order=0:detect_leaks=0"}}


# ---- late ----

LATE = """\
    log: {level: debug}
    backups:
      - name: stick
        paths: ~/D
        copies: ~/gone/away/stick
        max_age: 2 days
        schedule: every day at 01:00
    rules:
      - {name: one, locations: ~/D, schedule: every day at 01:00, actions: [{sort: by-type}]}
      - {name: two, locations: ~/D, schedule: every day at 01:00, actions: [{sort: by-type}]}
      - {name: three, locations: ~/D, schedule: every day at 01:00, actions: [{sort: by-type}]}
      - {name: four, locations: ~/D, schedule: every day at 01:00, actions: [{sort: by-type}]}
    notify:
      - %s
"""


def test_the_daemon_tells_once_what_is_late(box, sink):
    """A stick that does not come is late after its max_age: once a day, by whichever
    daemon; what was due while the machine was off is run, and is no news."""
    box.put("D/a.jpg", "x")
    box.mkdir("gone")
    box.conf(LATE % mail_to(sink, events="late"))
    box.ok("run", "--due", rc=(0, 1))
    assert sink.mails == []
    for offset, mails in (("+3d", 1), ("+3.1d", 1), ("+5d", 2)):
        with daemon(box, **clock(box, offset)) as d:
            assert wait_for(lambda: len(sink.mails) >= mails, d.p)
            for name in ("one", "two", "three", "four"):
                if offset != "+3.1d":
                    d.ended(name)
            d.stop()
        assert len(sink.mails) == mails, [m.subject for m in sink.mails]
    assert all("backup stick is late" in m.subject for m in sink.mails)
    assert "no success for 3 days" in sink.mails[0].text


# ---- integrity ----

def break_one(top, name=""):
    """The last byte of the largest file of that name is another."""
    path = max((os.path.join(d, n) for d, _, names in os.walk(top) for n in names
                if name in n), key=os.path.getsize)
    os.chmod(path, 0o600)
    with open(path, "r+b") as f:
        f.seek(-1, 2)
        last = f.read(1)
        f.seek(-1, 2)
        f.write(bytes([last[0] ^ 1]))


REPOSITORY = "repository: ~/B\n        password_file: ~/key"
ARCHIVE = """\
    archives:
      - name: b
        locations: ~/D
        older_than: 30 days
        to: ~/B
    notify:
      - %s
"""
BACKUP = """\
    backups:
      - name: b
        paths: ~/D
        %s
        min_free: 1MiB
    notify:
      - %s
"""


@pytest.mark.parametrize("how", ["copies", "repository", "archive"])
def test_damage_that_check_finds_is_told(box, sink, how):
    """Once for what is found, naming the backup and the first fault; a whole one is no
    news, and neither is a wrong command."""
    way = mail_to(sink, events="integrity")
    box.put("key", "secret", mode=0o600)
    box.put("D/a.bin", os.urandom(5000), age=90)
    box.conf(ARCHIVE % way if how == "archive" else
             BACKUP % ("copies: ~/B" if how == "copies" else REPOSITORY, way))
    if how == "repository":
        box.ok("-b", "b", "init")
    box.ok("run", "b", "--yes")
    data = ["--read-data"] if how == "repository" else []
    box.ok("-b", "b", "check", *data)
    assert sink.mails == []
    break_one(box.path("B/data") if how == "repository" else box.path("B"),
              "" if how == "repository" else "a.bin")
    box.ok("-b", "b", "check", *data, rc=1)
    assert len(sink.mails) == 1
    m = sink.mails[0]
    assert "b" in m.subject and "check found damage: " in m.text
    if how != "repository":
        assert "a.bin" in m.text
    assert "check found damage" in log(box)
    box.ok("-b", "b", "check", *data, rc=1)	# the same within the hour
    assert len(sink.mails) == 1


def test_damage_is_told_beside_a_daemon(box, sink):
    """The daemon owns the catalog then, and hands it over."""
    box.put("D/a.bin", os.urandom(5000))
    box.conf(BACKUP % ("copies: ~/B", mail_to(sink, events="integrity")))
    box.ok("run", "b", "--yes")
    break_one(box.path("B"), "a.bin")
    with daemon(box) as d:
        box.ok("-b", "b", "check", rc=1)
        assert wait_for(lambda: sink.mails, d.p)
        d.stop()


# ---- where nothing is said of it ----

FAILS = """\
    rules:
      - {name: sorter, locations: ~/D, schedule: '*:*:0/1', actions: [{sort: by-type}]}
"""


@pytest.mark.skipif(not is_root(), reason="a user of its own: only root can be others")
def test_a_user_gets_a_notice(plain_box):
    """No `notify`: what fails unattended is a notice on the desktop; by hand it is not,
    as whoever is there sees it."""
    box = plain_box
    notice = os.path.join(box.top, "state", "notice")
    env = fake_bin(box, "notify-send", 'printf "%%s\\n" "$@" >> %s\n' % notice)
    os.chmod(os.path.join(box.top, "bin"), 0o755)
    box.conf(FAILS)
    box.ok("run", rc=1, env=env)
    assert not os.path.exists(notice)
    d = Daemon(box, env=env)
    try:
        assert wait_for(lambda: os.path.exists(notice), d.p)
        wait_for(lambda: "rule sorter failed" in open(notice).read(), d.p)
    finally:
        d.stop()
        d.gone()
    with open(notice) as f:
        assert "--urgency=critical" in f.read()


JOURNAL = "mount -t tmpfs none /run && mkdir -p /run/systemd/journal && " \
          "mount --bind \"$0\" /run/systemd/journal && exec \"$@\""


@pytest.mark.skipif(not is_root(), reason="a journal of its own: mounts are for root")
def test_root_gets_an_error_in_the_journal(box):
    """No `notify` and root: a row of the journal at err, with the job as a field."""
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("no mounts of our own here")
    there = os.path.join(box.top, "journal")
    os.mkdir(there)
    box.conf(FAILS)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.settimeout(60)
        s.bind(os.path.join(there, "socket"))
        box.ok("run", "--due", rc=(0, 1),
               prefix=["unshare", "-m", "sh", "-c", JOURNAL, there])
        box.at("+1h", "run", "--due")
        s.setblocking(False)
        assert pytest.raises(BlockingIOError, s.recv, 9)	# a run by hand, no daemon
        s.settimeout(60)
        d = Daemon(box, prefix=["unshare", "-m", "sh", "-c", JOURNAL, there])
        try:
            row = s.recv(65536).decode()
        finally:
            d.stop()
            d.gone()
    lines = row.splitlines()
    assert "PRIORITY=3" in lines and "FETTLE_JOB=sorter" in lines, row
    assert "rule sorter failed" in row


# ---- passwords ----

def test_a_password_by_credential(box):
    """Without password_file and password_command, the file of the backup's name in
    $CREDENTIALS_DIRECTORY is it: for runs, the daemon's workers and commands alike."""
    box.put("D/a", "a")
    box.put("creds/home", "secret\n", mode=0o400)
    box.conf("""\
        log: {level: debug}
        backups:
          - {name: home, paths: ~/D, repository: ~/repo, schedule: '*:*:0/1', min_free: 1MiB}
        """)
    r = box.run("-b", "home", "init")
    assert r.rc != 0 and "no password_file or password_command" in r.err, r
    env = {"CREDENTIALS_DIRECTORY": box.path("creds")}
    box.ok("-b", "home", "init", env=env)
    with daemon(box, env=env) as d:
        assert wait_for(lambda: os.listdir(box.path("repo/snapshots")), d.p)
        d.ended("home")
        d.stop()
    assert b"secret" not in b"".join(box.read("../state/fettle/" + n) for n in
                                     os.listdir(box.state) if n.endswith(".log"))


def test_a_mail_password_by_credential(box):
    """`credential: NAME` of a mail."""
    s = MailSink(users={"me": "pass word"})
    try:
        box.put("creds/mail", "pass word\n", mode=0o400)
        box.conf("""\
            rules: [{name: sorter, locations: ~/D, actions: [{sort: by-type}]}]
            notify:
              - %s
            """ % mail_to(s, more=", user: me, credential: mail"))
        box.ok("run", rc=1, env={"CREDENTIALS_DIRECTORY": box.path("creds")})
        assert len(s.mails) == 1 and s.refused == 0
    finally:
        s.close()
