"""News: who is told what, by which way, how often; and that nobody waits for a server
that is dead.

Promises: a failing job is told; nothing is sent twice within an hour; nothing is lost
when a server is away for a while; a run ends whatever a server does.
"""
import contextlib
import json
import os
import signal
import sqlite3
import stat
import time

import pytest

from box import wait_for
from sinks import HttpSink, MailSink, certificate, closed_port
from test_daemon import Daemon

FAILS = """\
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
    %s
"""


@pytest.fixture
def sink():
    s = MailSink()
    yield s
    s.close()


@pytest.fixture
def web():
    s = HttpSink()
    yield s
    s.close()


def configure(box, notify, more="", rules=FAILS):
    box.conf(rules % ("notify:\n" + "".join("      - %s\n" % n for n in notify) + more))


def mail_to(sink, more="", events="failure, recovered"):
    return ("{events: [%s], mail: {to: me@example.org, from: f@example.org, "
            "smtp: '%s'%s}}" % (events, sink if isinstance(sink, str) else sink.url, more))


def log(box):
    with open(os.path.join(box.state, "fettle.log")) as f:
        return f.read()


def queued(box):
    """How many wait."""
    with contextlib.closing(sqlite3.connect(os.path.join(box.state, "catalog.db"))) as db:
        return db.execute("select count(*) from kv where cast(space as text) = 'notify'"
                          ).fetchone()[0]


# ---- mail ----

def test_failure_then_recovered(box, sink):
    """One mail when it fails, none when it fails again at once, one when it works."""
    configure(box, [mail_to(sink)])
    box.ok("run", rc=1)
    assert len(sink.mails) == 1
    m = sink.mails[0]
    assert m.to == ["me@example.org"] and m.sender == "f@example.org"
    assert m.subject.endswith(": rule sorter failed")
    assert "none of its locations is there" in m.text
    assert "fettle runs show 1" in m.text
    assert "ERROR:could not move" in m.text	# the log's tail
    box.ok("run", rc=1)
    assert len(sink.mails) == 1
    box.mkdir("D")
    box.ok("run")
    assert len(sink.mails) == 2
    assert "works again" in sink.mails[1].subject
    box.ok("run")
    assert len(sink.mails) == 2


def test_told_again_after_an_hour(box, sink):
    """What fails on is told once an hour, with how often it was not told."""
    configure(box, [mail_to(sink)])
    box.ok("run", rc=1)
    for _ in range(3):
        box.ok("run", rc=1)
    assert len(sink.mails) == 1
    r = box.at("+61m", "run")
    assert r.rc == 1
    assert len(sink.mails) == 2
    assert "3 more of the same" in sink.mails[1].text


def test_names_cannot_forge(box, sink):
    """A job's name in the subject and the mail is text, in any alphabet."""
    configure(box, [mail_to(sink)], rules=FAILS.replace(
        "name: sorter", 'name: "größe 日本 \\u2028 x"'))
    box.ok("run", rc=1)
    m = sink.mails[0]
    assert "größe 日本" in m.subject and "\n" not in m.subject
    assert len(m.message.keys()) == len(set(m.message.keys()))
    assert all(len(line) <= 78 for line in m.raw.split(b"\r\n"))
    assert all(b < 128 for b in m.raw)


def test_auth_and_secrets(box):
    """user and password_command; a wrong password is told in the log, not shown."""
    s = MailSink(users={"me": "s3cret"})
    try:
        key = box.put("key", "s3cret\n", mode=0o600)
        configure(box, [mail_to(s, ", user: me, password_command: cat %s" % key)])
        box.ok("run", rc=1)
        assert len(s.mails) == 1 and s.mails[0].user == "me"
        other = box.put("key2", "wr0ng\n", mode=0o600)
        configure(box, [mail_to(s, ", user: me, password_file: %s" % other,
                                events="held, failure")])
        box.at("+2h", "run")
        assert len(s.mails) == 1 and s.refused == 1
        assert "does not take user and password" in log(box)
        assert "wr0ng" not in log(box)
    finally:
        s.close()


def test_starttls_is_demanded(box):
    """smtp:// off loopback goes by STARTTLS, or not at all; 'tls: no' is asked for."""
    plain = MailSink(host="127.0.0.2")
    try:
        configure(box, [mail_to(plain)])
        box.ok("run", rc=1)
        assert plain.mails == []
        assert "STARTTLS" in log(box)
        configure(box, [mail_to(plain, ", tls: no")])
        box.at("+2h", "run")
        assert len(plain.mails) == 1
    finally:
        plain.close()


@pytest.mark.parametrize("way", ["starttls", "smtps"])
def test_tls(box, tmp_path, way):
    """The certificate is checked: against the system's, and against ca_file."""
    cert = certificate(str(tmp_path), "127.0.0.2")
    s = MailSink(host="127.0.0.2", **{"tls" if way == "starttls" else "smtps": cert})
    url = s.url.replace("smtp:", "smtps:") if way == "smtps" else s.url
    try:
        configure(box, [mail_to(url)])
        box.ok("run", rc=1)
        assert s.mails == [] and "certificate" in log(box)
        configure(box, [mail_to(url, ", ca_file: %s.crt" % cert)])
        box.at("+2h", "run")
        assert len(s.mails) == 1 and s.mails[0].tls
    finally:
        s.close()


@pytest.mark.parametrize("fault", ["451", "550", "drop"])
def test_server_says_no(box, sink, fault):
    """It is kept, and tried again later: nothing is lost."""
    configure(box, [mail_to(sink)])
    sink.fault = fault
    box.ok("run", rc=1)
    assert sink.mails == [] and sink.seen == 1
    assert "could not be told" in log(box)
    sink.fault = ""
    box.mkdir("D")
    box.at("+2h", "run")
    assert [("failed" in m.subject, "works again" in m.subject) for m in sink.mails] == \
        [(True, False), (False, True)]


def test_server_away(box):
    """Refused at the door: tried again in a minute, and the run is not slowed."""
    configure(box, [mail_to("smtp://127.0.0.1:%d" % closed_port())])
    begun = time.monotonic()
    box.ok("run", rc=1)
    assert time.monotonic() - begun < 8
    assert "again in 1min" in log(box) or "again in 59s" in log(box)
    assert queued(box) == 1


def test_server_hangs(box, sink):
    """It ends at its timeout; what may have arrived is not sent again within the hour."""
    configure(box, [mail_to(sink)[:-1] + ", timeout: 2s}"])
    sink.fault = "slow"
    begun = time.monotonic()
    box.ok("run", rc=1)
    assert time.monotonic() - begun < 9
    assert sink.seen == 1
    sink.fault = ""
    box.mkdir("D")
    box.ok("run")
    assert sink.seen == 2 and "works again" in sink.mails[0].subject
    assert queued(box) == 1
    box.at("+62m", "run")
    assert sink.seen == 3 and "failed" in sink.mails[1].subject


@pytest.mark.slow
def test_run_waits_ten_seconds(box, sink):
    """A run by hand waits no longer, whatever the timeout."""
    configure(box, [mail_to(sink)[:-1] + ", timeout: 5min}"])
    sink.fault = "slow"
    begun = time.monotonic()
    box.ok("run", rc=1)
    assert time.monotonic() - begun < 15
    assert queued(box) == 1


def test_digest(box, sink):
    """One mail a day, with all of it."""
    configure(box, [mail_to(sink)[:-1] + ", digest: '08:00'}"])
    for _ in range(3):
        box.ok("run", rc=1)
    box.mkdir("D")
    box.ok("run")
    assert sink.mails == [] and queued(box) == 4
    r = box.at("+25h", "run")
    assert r.rc == 0, r.err
    assert len(sink.mails) == 1
    assert "3 failures, 1 recovered" in sink.mails[0].subject
    assert sink.mails[0].text.count("rule sorter failed") == 3
    assert queued(box) == 0


# ---- the web ----

def test_ping(box, web):
    """start and fail or success, in this order, with the log's end."""
    configure(box, ["{ping: '%s/uuid', job: sorter}" % web.url])
    box.ok("run", rc=1)
    assert web.paths()[-1] == "/uuid/fail"
    assert b"ERROR:could not move" in web.requests[-1][3]
    box.mkdir("D")
    box.ok("run")
    assert web.paths()[-1] == "/uuid"
    assert set(web.paths()) <= {"/uuid/start", "/uuid/fail", "/uuid"}


def test_ping_of_a_long_job(box, web):
    """The start is told when the job starts, not when it has ended."""
    box.mkdir("D")
    configure(box, ["{ping: '%s/{job}?a=b', job: 'long one'}" % web.url],
              rules=FAILS.replace("name: sorter", "name: long one\n"
                                  "        before: sleep 60"))
    p = box.start("run")
    assert wait_for(lambda: web.paths() == ["/long%20one/start?a=b"], p)
    p.send_signal(signal.SIGTERM)
    p.communicate(timeout=60)


def test_webhook(box, web):
    """JSON by default; templates; a secret from a file in a header."""
    token = box.put("token", "t0ken\n", mode=0o600)
    configure(box, [
        "{events: [failure], webhook: '%s/plain'}" % web.url,
        "{events: [failure], webhook: {url: '%s/json', json: {text: '{title}: {text}', n: 5, "
        "list: [true, null]}, headers: {Authorization: 'Bearer {secret}'}, "
        "secret_file: %s}}" % (web.url, token),
        "{events: [failure], webhook: {url: '%s/text', method: PUT, text: '{event} of {job}', "
        "headers: {Title: '{title}'}}}" % web.url])
    box.ok("run", rc=1)
    got = {r[1]: r for r in web.requests}
    plain = json.loads(got["/plain"][3])
    assert plain["event"] == "failure" and plain["job"] == "sorter" and plain["v"] == 1
    assert got["/json"][2]["Authorization"] == "Bearer t0ken"
    assert json.loads(got["/json"][3]) == {
        "text": "rule sorter failed: none of its locations is there", "n": 5,
        "list": [True, None]}
    assert got["/text"][0] == "PUT" and got["/text"][3] == b"failure of sorter"
    assert got["/text"][2]["Title"] == "rule sorter failed"
    assert "t0ken" not in log(box) and "t0ken" not in box.ok("config", "show").out
    assert web.url not in box.ok("config", "show").out	# who knows it may use it


@pytest.mark.parametrize("way", ["500", "redirect", "endless", "hang"])
def test_bad_receivers(box, web, sink, way):
    """It is told in the log and tried again; others are told meanwhile."""
    web.way = way
    configure(box, ["{events: [failure], timeout: 2s, webhook: '%s/x'}" % web.url,
                    mail_to(sink)])
    begun = time.monotonic()
    box.ok("run", rc=1)
    assert time.monotonic() - begun < 20
    assert len(sink.mails) == 1
    assert web.paths() == ["/x"]		# no redirect is followed
    assert "webhook to 127.0.0.1" in log(box)
    assert queued(box) == 1


# ---- here ----

def fake_bin(box, name, text):
    d = os.path.join(box.top, "bin")
    os.makedirs(d, exist_ok=True)
    path = os.path.join(d, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, stat.S_IRWXU | stat.S_IROTH | stat.S_IXOTH)
    return {"PATH": d + ":/usr/bin:/bin"}


def test_desktop(box):
    """notify-send gets title and text, and names in them are no markup."""
    env = fake_bin(box, "notify-send", 'printf "%%s\\n" "$@" > %s/notice\n' % box.top)
    configure(box, ["{events: [failure], desktop: yes}"], rules=FAILS.replace(
        "name: sorter", "name: '<b>x'\n        before: 'no-such-command'"))
    box.mkdir("D")
    box.ok("run", rc=1, env=env)
    with open(os.path.join(box.top, "notice")) as f:
        words = f.read()
    assert "--urgency=critical" in words and "rule <b>x failed" in words
    assert "no-such-command" in words


def test_command(box):
    """No shell; the event in the environment, JSON on its input."""
    env = fake_bin(box, "tell", 'echo "$FETTLE_EVENT $FETTLE_JOB $1" > %s/told\n'
                   'cat >> %s/told\n' % (box.top, box.top))
    configure(box, ["{events: [failure], command: \"tell '; rm -rf x'\"}"])
    box.ok("run", rc=1, env=env)
    with open(os.path.join(box.top, "told")) as f:
        first, second = f.read().splitlines()
    assert first == "failure sorter ; rm -rf x"
    assert json.loads(second)["title"] == "rule sorter failed"


def test_no_notify_is_warned_of(box):
    box.mkdir("D")
    box.conf(FAILS % "")
    assert "there is no 'notify'" in box.ok("config", "check").err
    assert "there is no" not in box.ok("run").err
    box.conf(FAILS % "notify: []")
    assert "there is no" not in box.ok("config", "check").err


# ---- by the clock ----

def test_late_is_told_by_due(box, sink):
    """`run --due` sees what did not happen: once a day."""
    box.mkdir("D")
    box.conf("""\
        backups:
          - name: stick
            paths: ~/D
            copies: ~/gone/away/stick
            max_age: 2 days
            schedule: every day at 01:00
        notify:
          - %s
        """ % mail_to(sink, events="late"))
    box.mkdir("gone")
    box.ok("run", "--due")
    assert sink.mails == []
    box.at("+3d", "run", "--due")
    assert len(sink.mails) == 1
    assert "backup stick is late" in sink.mails[0].subject
    assert "no success for 3 days" in sink.mails[0].text
    box.at("+3d", "run", "--due")
    assert len(sink.mails) == 1
    box.at("+5d", "run", "--due")
    assert len(sink.mails) == 2


def test_daemon_tells(box, sink, web):
    """The daemon has it told; one that hangs is in no job's way."""
    web.way = "hang"
    box.conf("""\
        log: {level: debug}
        rules:
          - name: sorter
            locations: ~/D
            actions: [{sort: by-type}]
            schedule: '*-*-* *:*:0/2'
        notify:
          - %s
          - {events: [failure], webhook: '%s/x'}
        """ % (mail_to(sink), web.url))
    d = Daemon(box)
    try:
        assert wait_for(lambda: sink.mails, d.p)
        assert "rule sorter failed" in sink.mails[0].subject
        box.mkdir("D")
        box.put("D/a.jpg", "x")
        assert wait_for(lambda: os.path.exists(box.path("D/Images/a.jpg")), d.p)
        web.open.set()
        assert wait_for(lambda: len(sink.mails) == 2, d.p, 90)
        assert "works again" in sink.mails[1].subject
    finally:
        web.open.set()
        d.stop()
    assert len(web.requests) == 1
    assert len(sink.mails) == 2


def test_run_beside_a_daemon(box, sink):
    """A run by hand leaves it to the daemon, and does not wait."""
    configure(box, [mail_to(sink)])
    d = Daemon(box)
    try:
        box.ok("run", rc=1)
        assert wait_for(lambda: len(sink.mails) == 1, d.p)
    finally:
        d.stop()


def test_watch_tells_trouble_only(box, sink):
    """Files that arrive are no news; one that cannot be taken is."""
    box.put("file", "in the way")
    box.mkdir("D")
    box.conf("""\
        rules:
          - name: taker
            locations: ~/D
            watch: {settle: 0s}
            filters: [extension: pdf]
            actions: [{move: ~/file/below/}]
          - name: sorter
            locations: ~/D
            watch: {settle: 0s}
            actions: [{sort: by-type}]
        notify:
          - %s
        """ % mail_to(sink, events="all"))
    d = Daemon(box)
    try:
        box.put("D/a.jpg", "x")
        assert wait_for(lambda: os.path.exists(box.path("D/Images/a.jpg")), d.p)
        box.put("D/b.pdf", "x")
        assert wait_for(lambda: sink.mails, d.p)
    finally:
        d.stop()
    assert ["taker failed" in m.subject for m in sink.mails] == [True], [m.subject for m in sink.mails]
