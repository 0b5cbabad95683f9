"""A sudden change of many files: the backup is made, and nothing old is let go or
put away until somebody says that it was meant."""
import os

import pytest

N = 200

COPIES = "copies: ~/B"
REPOSITORY = "repository: ~/repo\n        password_file: ~/key"
CONF = """\
    %s
    backups:
      - name: home
        paths: ~/D
        %s
        keep: {last: 1}
        min_free: 1MiB
    archives:
      - name: old
        locations: ~/D
        older_than: 30 days
        to: ~/A
        min_free: 1MiB
"""


def snapshots(box, how):
    if how is COPIES:
        return len([n for n in os.listdir(box.path("B/home")) if n[0].isdigit()])
    return len(os.listdir(box.path("repo/snapshots")))


@pytest.fixture(params=[COPIES, REPOSITORY], ids=["copies", "repository"])
def backed_up(request, box):
    """A home with two hundred texts and a backup of them."""
    box.put("key", "secret", mode=0o600)
    for i in range(N):
        box.put("D/%03d.txt" % i, "a text that is long enough %d\n" % i * 200)
    box.put("D/old.doc", "old", age=90)
    box.conf(CONF % ("log: {level: info}", request.param))
    if request.param is REPOSITORY:
        box.ok("-b", "home", "init")
    box.ok("run", "home", "--yes")
    return box, request.param


def encrypt(box, share, suffix=""):
    """What ransomware does: other content, perhaps another name."""
    for i in range(N * share // 100):
        path = box.path("D/%03d.txt" % i)
        with open(path, "wb") as f:
            f.write(os.urandom(5000))
        if suffix:
            os.rename(path, path + suffix)


def assert_held(box, how, run, word):
    r = box.ok("run", "home", rc=4)
    assert word in r.err and "fettle approve %d" % run in r.err
    assert snapshots(box, how) == 2			# the old one is there
    s = {o["job"]: o for o in box.json("status", rc=1)}
    assert s["home"]["state"] == "held" and word in s["home"]["why"]


def test_changed(backed_up):
    """Content: held, the old backup and the files stay; approved, all goes on."""
    box, how = backed_up
    encrypt(box, 70)
    assert_held(box, how, 2, "files changed or went")
    box.ok("run", "home", rc=4)			# it stands: nothing more changed
    assert snapshots(box, how) == 3
    r = box.run("run", "old")			# nobody is at a terminal
    assert r.rc == 4 and "home, run 2" in r.err, r
    assert os.path.exists(box.path("D/old.doc"))
    box.ok("approve", "2")
    s = {o["job"]: o["state"] for o in box.json("status", rc=(0, 1))}
    assert s["home"] == "ok"
    box.ok("run", "home")
    assert snapshots(box, how) == 1
    box.ok("run", "old")
    assert not os.path.exists(box.path("D/old.doc"))


def test_renamed(backed_up):
    """Names: other endings are seen, too."""
    box, how = backed_up
    encrypt(box, 60, ".locked")
    assert_held(box, how, 2, "files changed or went")


def test_one_new_ending(backed_up):
    """Half as much is enough where what went comes back with one new ending; as many
    changes that keep their names, and new files of any kind beside them, are work."""
    box, how = backed_up
    encrypt(box, 40, ".locked")
    assert_held(box, how, 2, "new ones end in .locked")


def test_work_beside_new_pictures(backed_up):
    box, how = backed_up
    for i in range(N * 40 // 100):
        box.put("D/%03d.txt" % i, "another text, written by somebody %d\n" % i * 200)
    for i in range(N):
        box.put("D/new/%03d.jpg" % i, "n%d" % i)
    box.ok("run", "home")
    assert snapshots(box, how) == 1


def test_it_looks_encrypted(backed_up):
    """Half as much is enough where content that was text is none any more."""
    box, how = backed_up
    if how is COPIES:
        pytest.skip("plain copies do not know how well content compresses")
    encrypt(box, 40)
    assert_held(box, how, 2, "looks encrypted")


def test_not_meant(backed_up):
    """Rejected, it stays as it is until somebody approves."""
    box, how = backed_up
    encrypt(box, 70)
    assert_held(box, how, 2, "")
    assert "until fettle approve" in box.ok("reject").err
    box.ok("run", "home", rc=4)
    assert snapshots(box, how) == 3
    box.ok("approve")
    box.ok("run", "home")
    assert snapshots(box, how) == 1


def test_work_is_no_alarm(backed_up):
    """A day's work, many new files, and what fettle moved itself are none."""
    box, how = backed_up
    encrypt(box, 20)
    for i in range(3 * N):
        box.put("D/new/%03d.jpg" % i, "n%d" % i)
    box.ok("run", "home")
    box.conf(CONF % ("""rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]""", how))
    box.ok("run", "sorter", "--yes")
    assert os.path.exists(box.path("D/Documents/100.txt"))
    box.ok("run", "home")
    assert snapshots(box, how) == 1


def test_off(backed_up):
    """max_change: off is no alarm at all."""
    box, how = backed_up
    box.conf(CONF % ("guard: {max_change: off}", how))
    encrypt(box, 100)
    box.ok("run", "home")
    assert snapshots(box, how) == 1
