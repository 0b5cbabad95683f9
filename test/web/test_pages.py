"""The dashboard's pages, in a real browser, against the real daemon with real files.

What a click does is judged on the disk.  FETTLE_SHOTS=FOLDER keeps pictures."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "py"))
from box import Box                                              # noqa: E402
from test_web import daemon, free_port, furnish                  # noqa: E402
from web import Browser                                          # noqa: E402


@pytest.fixture(scope="session")
def tool(tmp_path_factory):
    """The browser's driver, installed outside the tree. What lacks fails, in words."""
    for name in ("node", "npm", "chromium"):
        assert shutil.which(name), "the pages cannot be tested without %s: tools/deps.sh check" % name
    top = str(tmp_path_factory.mktemp("driver"))
    for n in ("package.json", "package-lock.json", ".npmrc", "browse.mjs"):
        shutil.copy(os.path.join(HERE, n), top)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=top, check=True,
                   stdout=subprocess.DEVNULL)
    return os.path.join(top, "browse.mjs")


class Walker(Browser):
    def __init__(self, box, port, tool):
        super().__init__(box, port)
        self.tool = tool

    def walk(self, name, /, **given):
        shots = os.environ.get("FETTLE_SHOTS")
        if shots:
            given["shots"] = shots
        token = "0" * 64 if name == "outside" else self.token()
        link = "http://127.0.0.1:%d/enter?token=%s" % (self.port, token)
        r = subprocess.run(["node", self.tool, name, link, json.dumps(given)],
                           stdout=subprocess.PIPE, timeout=180)
        a = json.loads(r.stdout)
        assert a["faults"] == []
        return a["seen"]


@contextlib.contextmanager
def serving(box, tool):
    port = free_port()
    with open(box.config) as f:
        text = f.read().replace("listen: unix", "listen: 127.0.0.1:%d" % port)
    box.conf(text)
    with daemon(box):
        yield Walker(box, port, tool).enter()


@pytest.fixture(scope="module")
def house(tmp_path_factory, tool):
    b = Box(str(tmp_path_factory.mktemp("pages")))
    furnish(b)
    b.put(b"Documents/caf\xe9/men\xfc.txt", b"menu")
    b.ok("run", "home", "plain")
    with serving(b, tool) as w:
        yield w


def every_page(w):
    run = w.ok("/api/runs")["runs"][-1]["run"]
    snaps = [s["id"] for s in w.ok("/api/backups/snapshots", backup="home")["snapshots"]]
    return ["/", "/runs", "/runs/%d" % run, "/held", "/held/%d" % w.ok("/api/held")["held"][0]["run"],
            "/files", "/files?q=report.pdf", "/backups", "/backups/of?backup=home",
            "/backups/tree?backup=home&snapshot=latest&path=" + w.box.path("Documents"),
            "/backups/differences?backup=home&from=%s&to=%s" % (snaps[0], snaps[-1]),
            "/space", "/space?path=" + w.box.path("Documents"), "/rules?path=" + w.box.path("Documents/new.txt"),
            "/nowhere"]


@pytest.mark.parametrize("width,scheme", [(1280, "light"), (360, "dark")])
def test_every_page_opens_and_is_for_everybody(house, width, scheme):
    paths = every_page(house)
    seen = house.walk("pages", paths=paths, width=width, scheme=scheme)
    assert seen["/"] == "Today" and seen["/nowhere"] == "Not here"
    assert len(seen) == len(paths)


def test_today_warns_of_a_key_at_risk(house):
    """Of the one backup whose key lies only on the disk that it protects, as status says it."""
    said = house.walk("warnings")["warnings"]
    assert len(said) == 1 and said[0].startswith("Its key lies only on the disk that it protects")
    assert said[0][1:].rstrip(".") in house.box.run("status").out


def test_the_keyboard_is_enough(house):
    seen = house.walk("keyboard")
    assert seen == {"first": "To the contents", "title": "Runs · fettle"}


def test_who_is_not_in_is_told_how(house):
    assert "fettle web" in house.walk("outside")["wrong"]


@pytest.mark.parametrize("width", [1280, 360])
def test_dialogs_hold_what_they_ask(house, width):
    run = min(r["run"] for r in house.ok("/api/runs")["runs"] if "sorter" in r["jobs"])
    tree = "/backups/tree?backup=home&snapshot=latest&path=" + house.box.path("Documents")
    seen = house.walk("dialogs", width=width, dialogs=[
        ["/runs/%d" % run, "Take this run back"], ["/held", "Approve"], ["/held?", "Reject"],
        [tree, "Restore report.pdf"], [tree + "&", "Restore this folder"],
        ["/files?q=report.pdf", "Bring back"], ["/backups", "Check home"]])
    assert seen[tree] == "Restore report.pdf", "the keyboard is back where it was"


def test_a_job_is_started(house):
    house.box.put("D/later.jpg", "later")
    assert house.walk("start", job="sorter")["state"] == "done"
    assert os.path.exists(house.box.path("D/Images/later.jpg"))


def test_a_job_is_stopped(box, tool):
    box.conf("""\
        web: {listen: unix}
        rules:
          - name: slow
            locations: ~/D
            actions: [{shell: sleep 60}]
        """)
    box.put("D/a", "a")
    with serving(box, tool) as w:
        assert w.walk("stop", job="slow")["state"] != "done"
        assert os.path.exists(box.path("D/a"))


WIDTHS = pytest.mark.parametrize("width", [1280, 360])


@WIDTHS
def test_undo_of_a_file_then_of_its_run(house, width):
    box = house.box
    names = ["%s%d.jpg" % (c, width) for c in "ab"]
    for n in names:
        box.put("D/" + n, n)
    house.errand("/api/jobs/start", job="sorter")
    run = max(r["run"] for r in house.ok("/api/runs")["runs"] if "sorter" in r["jobs"] and r["changes"])
    one, two = [box.path("D/" + n) for n in names]
    assert not os.path.exists(one) and os.path.exists(box.path("D/Images/" + names[0]))
    assert house.walk("undo_file", run=run, name=names[0], path=one, width=width)["state"] == "done"
    assert os.path.exists(one) and not os.path.exists(box.path("D/Images/" + names[0]))
    assert not os.path.exists(two)
    # "some": of the one that is back already it says so, and goes on
    assert house.walk("undo_run", run=run, width=width)["state"] in ("done", "some")
    assert os.path.exists(one) and os.path.exists(two)


@WIDTHS
def test_approve_does_the_plan_and_reject_drops_it(house, width):
    box = house.box
    names = ["%d-%d.png" % (width, i) for i in range(8)]
    for n in names:
        box.put("M/" + n, n)
    if not house.ok("/api/held")["held"]:
        house.errand("/api/jobs/start", job="many")
    assert house.walk("reject", width=width)["state"] == "done"
    assert os.path.exists(box.path("M/" + names[0]))
    house.errand("/api/jobs/start", job="many")
    assert house.walk("approve", width=width)["state"] == "done"
    assert set(names) <= set(os.listdir(box.path("M/Images")))
    assert house.ok("/api/held")["held"] == []


@pytest.mark.parametrize("backup", ["home", "plain"])
def test_a_download_is_the_file(house, tmp_path, backup):
    to = str(tmp_path / "got")
    house.walk("download", backup=backup, folder=house.box.path("Documents"), name="report.pdf", to=to)
    with open(to, "rb") as f:
        assert f.read() == b"two, longer"
    with zipfile.ZipFile(to + ".zip") as z:
        assert any(n.endswith("deep/er/x.txt") and z.read(n) == b"x" * 5000 for n in z.namelist())


def test_a_name_that_is_no_text_comes_back(house, tmp_path):
    """By its bytes: a download, and a restore."""
    to = str(tmp_path / "got")
    name = r"\xff\xfe.bin"
    docs = house.box.path("Documents")
    house.walk("download", backup="home", folder=docs, name=name, to=to, only=True)
    with open(to, "rb") as f:
        assert f.read() == b"raw"
    house.walk("restore", folder=docs, name=name, to=str(tmp_path / "there"))
    assert [n for _, _, names in os.walk(os.fsencode(tmp_path / "there")) for n in names] == \
        [b"\xff\xfe.bin"]


@pytest.mark.parametrize("backup", ["home", "plain"])
def test_a_folder_that_is_no_text_is_gone_into(house, tmp_path, backup):
    """Browse, download, restore, space and files know it by its bytes, and show an escape."""
    to = str(tmp_path / "got")
    docs = house.box.path("Documents")
    seen = house.walk("raw", backup=backup, folder=docs, name=r"caf\xe9", file=r"men\xfc.txt", to=to,
                      there=str(tmp_path / "there"))
    with open(to, "rb") as f:
        assert f.read() == b"menu"
    with zipfile.ZipFile(to + ".zip") as z:
        assert [z.read(n) for n in z.namelist() if n.endswith(".txt")] == [b"menu"]
    assert [n for _, _, names in os.walk(os.fsencode(tmp_path / "there")) for n in names] == \
        [b"men\xfc.txt"]
    assert seen["q"].startswith(docs) and seen["q"].endswith(r"caf\xe9/men\xfc.txt")
    assert "Backed up" in seen["found"] and seen["state"] == "done"


@WIDTHS
def test_restore_puts_the_file_on_disk(house, tmp_path, width):
    house.walk("restore", folder=house.box.path("Documents"), name="new.txt", to=str(tmp_path),
               width=width)
    found = [os.path.join(d, n) for d, _, names in os.walk(tmp_path) for n in names]
    assert [os.path.basename(p) for p in found] == ["new.txt"]
    with open(found[0]) as f:
        assert f.read() == "new"


def test_a_file_tells_its_story_and_comes_back(house, tmp_path):
    seen = house.walk("files", name="report.pdf", to=str(tmp_path))
    assert "Backed up" in seen["text"] and seen["state"] == "done"
    texts = [open(os.path.join(d, n)).read() for d, _, names in os.walk(tmp_path) for n in names]
    assert texts == ["one"]         # the oldest copy was asked for


def test_which_rule_takes_it(house):
    house.box.put("D/which.jpg", "w")
    seen = house.walk("rules", path=house.box.path("D/which.jpg"))
    assert "sorter" in seen["text"] and "sort: by-type" in seen["text"]


@pytest.mark.slow
def test_long_lists_stay_smooth(box, tool):
    """100,000 operations, a folder of 50,000 entries."""
    n = 100000
    box.conf("""\
        web: {listen: unix}
        guard: {max_moves: off, max_share: off}
        rules:
          - name: sorter
            locations: ~/D
            actions: [{sort: by-type}]
        backups:
          - name: home
            paths: ~/D
            repository: %s/repo
            password_file: %s/key
            min_free: 1MiB
        """ % (box.top, box.top))
    with open(os.path.join(box.top, "key"), "w") as f:
        f.write("x\n")
    os.chmod(f.name, 0o600)
    os.makedirs(box.path("D"))
    for i in range(n):
        open(box.path("D/f%06d.%s" % (i, "jpg" if i % 2 else "txt")), "w").close()
    box.ok("-b", "home", "init")
    box.ok("run")
    with serving(box, tool) as w:
        run = next(r["run"] for r in w.ok("/api/runs")["runs"] if r["done"] >= n)
        seen = w.walk("long", lists=[
            ["/runs/%d?job=sorter" % run, n, "Moved"],
            ["/backups/tree?backup=home&snapshot=latest&path=" + box.path("D/Images"),
             n // 2, "f099999.jpg"]])
        for path, s in seen.items():
            print("%s: 95 of 100 frames under %.0f ms, %d rows" % (path, s["worst"], s["rows"]))
            assert s["rows"] < 80
            # on a machine at leisure: FETTLE_FRAME_MS=50
            assert s["worst"] < float(os.environ.get("FETTLE_FRAME_MS", "inf"))
