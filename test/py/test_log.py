"""The log: one line an action, in three formats, that grows no further than it may."""
import json
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from box import can_mount, needs_root_reason, wait_for

SORT = "rules: [{name: sorter, locations: ~/D, actions: [{move: ~/E/}]}]\n"
HOSTILE = [b"two\nlines.txt", b"cr\rhere.txt", b"\x1b[2Jescape.txt", b"not utf8 \xff.txt",
           b"2026-11-22 01:00:00,123:INFO:moved forged.txt", b"\xe2\x80\xaertl.txt",
           b"a\n2026-11-22 01:00:00,123:ERROR:forged.txt", b"tab\t.txt", b'q"q\'.txt', b"\x01.txt"]
LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}:(DEBUG|INFO|WARNING|ERROR|CRITICAL):.+$")


def lines(box, path=None):
    with open(path or os.path.join(box.state, "fettle.log"), "rb") as f:
        data = f.read()
    assert data.endswith(b"\n") or not data
    return data.decode(errors="surrogateescape").split("\n")[:-1]


def test_text_form(box):
    """Text in the form of Python's logging: time, level, what, (job); a summary a run."""
    box.put("D/x.jpg", "x")
    box.conf(SORT)
    box.ok("run")
    have = lines(box)
    assert all(LINE.match(x) for x in have), have
    want = ":INFO:moved %s to %s (sorter)" % (box.path("D/x.jpg"), box.path("E/x.jpg"))
    assert [x for x in have if x.endswith(want)]
    assert re.search(r"INFO:run 1: .*1 done", have[-1])


def test_error_lines(box):
    """Errors at ERROR, with path and reason."""
    box.put("D/x.jpg", "x")
    box.conf("rules: [{name: sorter, locations: [~/D, ~/gone], actions: [{move: ~/E/}]}]\n")
    box.ok("run", rc=3)
    bad = [x for x in lines(box) if ":ERROR:" in x]
    assert bad and box.path("gone") in bad[0] and "not there" in bad[0] or \
        "o such file" in bad[0], bad


def test_every_action_and_undo_is_logged(box):
    """Every action has its line, those of an undo too."""
    for i in range(25):
        box.put("D/%d.txt" % i, "%d" % i)
    box.conf(SORT)
    box.ok("run")
    box.ok("undo")
    have = lines(box)
    for i in range(25):
        d, e = box.path("D/%d.txt" % i), box.path("E/%d.txt" % i)
        assert [x for x in have if "moved %s to %s (" % (d, e) in x]
        assert [x for x in have if "%s" % e in x and x.find(e) < x.rfind(d)], i


@pytest.mark.parametrize("form", ["text", "json"])
def test_hostile_names_are_one_line(box, form):
    """One record is one line, whatever the name; no control character gets through."""
    for n in HOSTILE:
        box.put(b"D/" + n, n)
    box.conf("log: {format: %s}\n" % form + SORT)
    box.ok("run")
    have = lines(box)
    assert len(have) == len(HOSTILE) + 1, have
    for x in have:
        assert not re.search(r"[\x00-\x1f\x7f]", x), repr(x)
        if form == "text":
            assert LINE.match(x), repr(x)
            assert "\u202e" not in x
        else:
            json.loads(x)


def test_json_form(box):
    """JSON: an object a line, with time, level, event, from, to, job."""
    box.put("D/x.jpg", "x")
    box.put(b"D/raw \xff.txt", "x")
    box.conf("log: {format: json}\n" + SORT)
    box.ok("run")
    have = [json.loads(x) for x in lines(box)]
    moved = [o for o in have if o.get("from") == box.path("D/x.jpg")]
    assert len(moved) == 1 and moved[0]["to"] == box.path("E/x.jpg")
    assert moved[0]["job"] == "sorter" and moved[0]["run"] == 1
    assert re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*[+-]\d\d:\d\d$", moved[0]["time"])
    raw = [o for o in have if "from_bytes" in o]
    assert len(raw) == 1


class Journal:
    """A journal of our own behind a private /run: what arrives, datagram by datagram."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.got = []
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        here = os.getcwd()
        os.chdir(self.folder)
        self.sock.bind("socket")
        os.chdir(here)
        self.sock.settimeout(0.1)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        while True:
            try:
                self.got.append(self.sock.recv(1 << 18))
            except socket.timeout:
                if self.stop.is_set():
                    return

    def end(self):
        self.stop.set()
        self.thread.join()
        self.sock.close()
        return self.got

    def prefix(self):
        return ["unshare", "-m", "sh", "-c",
                'mkdir -p /mnt && mount --bind "$0" /mnt && mount -t tmpfs none /run && '
                'mkdir -p /run/systemd/journal && mount --bind /mnt /run/systemd/journal && '
                'exec "$@"', self.folder]


def fields(datagram):
    """journald's native protocol: KEY=value lines, or KEY, length, bytes."""
    out, at = {}, 0
    while at < len(datagram):
        end = datagram.index(b"\n", at)
        line = datagram[at:end]
        if b"=" in line:
            k, _, v = line.partition(b"=")
            out[k.decode()] = v
            at = end + 1
        else:
            n = int.from_bytes(datagram[end + 1:end + 9], "little")
            out[line.decode()] = datagram[end + 9:end + 9 + n]
            at = end + 9 + n + 1
    return out


def test_journal_form(box, tmp_path):
    """journal: a record an action in journald's own protocol, hostile names included."""
    if not can_mount():
        pytest.skip(needs_root_reason("a private /run"))
    folder = tmp_path / "journal"
    folder.mkdir()
    for n in HOSTILE:
        box.put(b"D/" + n, n)
    box.conf("log: {format: journal}\n" + SORT)
    j = Journal(folder)
    try:
        box.ok("run", prefix=j.prefix())
    finally:
        got = [fields(d) for d in j.end()]
    assert len(got) == len(HOSTILE) + 1
    for g in got:
        assert g["PRIORITY"] in b"34567" and b"MESSAGE" and g["MESSAGE"]
        assert b"\n" not in g["MESSAGE"] and b"\x1b" not in g["MESSAGE"]


def test_journal_that_is_not_there(box):
    """Without a journald the work is done all the same."""
    box.put("D/x.jpg", "x")
    box.conf("log: {format: journal}\n" + SORT)
    box.ok("run", rc=(0, 3))
    assert box.files() == ["E/x.jpg"]


def test_level(box):
    """level: error keeps the good news out."""
    box.put("D/x.jpg", "x")
    box.conf("log: {level: error}\n"
             "rules: [{name: sorter, locations: [~/D, ~/gone], actions: [{move: ~/E/}]}]\n")
    box.ok("run", rc=3)
    have = lines(box)
    assert have and all(":ERROR:" in x for x in have)


def test_file(box):
    """file: another place, made on first use, for its user only."""
    box.put("D/x.jpg", "x")
    box.mkdir("logs")
    box.conf("log: {file: ~/logs/mine.log}\n" + SORT)
    box.ok("run")
    assert len(lines(box, box.path("logs/mine.log"))) == 2
    assert os.stat(box.path("logs/mine.log")).st_mode & 0o077 == 0


def test_log_is_appended(box):
    """A second run adds to it."""
    box.put("D/x.jpg", "x")
    box.conf(SORT)
    box.ok("run")
    first = lines(box)
    box.put("D/y.jpg", "y")
    box.ok("run")
    assert lines(box)[:len(first)] == first and len(lines(box)) > len(first)


def test_rotation_by_size(box):
    """The log is rotated by size: the newest line is in fettle.log, no line is lost in the
    turn, and old ones do not grow without end."""
    path = os.path.join(box.state, "fettle.log")
    os.makedirs(box.state, mode=0o700, exist_ok=True)
    one = "2026-01-01 00:00:00,000:INFO:moved /a/%s to /b (x)\n" % ("n" * 200)
    with open(path, "w") as f:
        for _ in range(64 << 10):		# some 16 MiB
            f.write(one)
    os.chmod(path, 0o600)
    box.put("D/x.jpg", "x")
    box.conf(SORT)
    box.ok("run")
    box.put("D/y.jpg", "y")
    box.ok("run")
    have = [x for x in os.listdir(box.state) if x.startswith("fettle.log")]
    assert len(have) > 1, "it was not rotated: %s" % have
    text = "".join("\n".join(lines(box, os.path.join(box.state, n))) for n in have
                   if not n.endswith((".gz", ".zst")))
    for n in ("x", "y"):
        assert box.path("D/%s.jpg" % n) in text
    assert os.path.getsize(path) < 1 << 20


def test_log_moved_away(box):
    """logrotate moved it away: the next run makes a new one."""
    box.put("D/x.jpg", "x")
    box.conf(SORT)
    box.ok("run")
    path = os.path.join(box.state, "fettle.log")
    os.rename(path, path + ".1")
    box.put("D/y.jpg", "y")
    box.ok("run")
    assert len(lines(box)) == 2 and len(lines(box, path + ".1")) == 2


def test_log_that_is_a_symlink_or_fifo(box):
    """A fifo as the log hangs nothing."""
    box.put("D/x.jpg", "x")
    box.mkdir("logs")
    os.mkfifo(box.path("logs/f.log"))
    box.conf("log: {file: ~/logs/f.log}\n" + SORT)
    box.run("run", timeout=60)
