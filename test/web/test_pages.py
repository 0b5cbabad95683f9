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
        link = "http://127.0.0.1:%d/enter?token=%s" % (self.port, self.token())
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
    with serving(b, tool) as w:
        yield w


def every_page(w):
    run = w.ok("/api/runs")["runs"][-1]["run"]
    snaps = [s["id"] for s in w.ok("/api/backups/snapshots", backup="home")["snapshots"]]
    return ["/", "/runs", "/runs/%d" % run, "/held", "/held/%d" % w.ok("/api/held")["held"][0]["run"],
            "/files", "/files?q=report.pdf", "/backups", "/backups/of?backup=home",
            "/backups/tree?backup=home&snapshot=latest&path=" + w.box.path("Documents"),
            "/backups/differences?backup=home&from=%s&to=%s" % (snaps[0], snaps[-1]),
            "/space?path=" + w.box.path("Documents"), "/rules?path=" + w.box.path("Documents/new.txt"),
            "/nowhere"]


@pytest.mark.parametrize("width,scheme", [(1280, "light"), (390, "dark")])
def test_every_page_opens_and_is_for_everybody(house, width, scheme):
    paths = every_page(house)
    seen = house.walk("pages", paths=paths, width=width, scheme=scheme)
    assert seen["/"] == "Today" and seen["/nowhere"] == "Not here"
    assert len(seen) == len(paths)


def test_the_keyboard_is_enough(house):
    seen = house.walk("keyboard")
    assert seen == {"first": "To the contents", "title": "Runs · fettle"}


def test_who_is_not_in_is_told_how(house):
    house.walk("outside")


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


def test_undo_of_a_file_then_of_its_run(house):
    run = min(r["run"] for r in house.ok("/api/runs")["runs"] if "sorter" in r["jobs"])
    path = house.box.path("D/p1.jpg")
    there = house.box.path("D/Images/p1.jpg")
    assert os.path.exists(there) and not os.path.exists(path)
    assert house.walk("undo_file", run=run, name="p1", path=path)["state"] == "done"
    assert os.path.exists(path) and not os.path.exists(there)
    assert not os.path.exists(house.box.path("D/p2.jpg"))
    house.box.put("D/again.jpg", "again")
    house.errand("/api/jobs/start", job="sorter")
    run = max(r["run"] for r in house.ok("/api/runs")["runs"] if "sorter" in r["jobs"] and r["changes"])
    assert house.walk("undo_run", run=run)["state"] == "done"
    assert os.path.exists(house.box.path("D/again.jpg"))


def test_approve_does_the_plan_and_reject_drops_it(house):
    assert house.walk("reject")["state"] == "done"
    assert os.path.exists(house.box.path("M/q0.png"))
    house.errand("/api/jobs/start", job="many")
    assert house.walk("approve")["state"] == "done"
    assert sorted(os.listdir(house.box.path("M/Images"))) == ["q%d.png" % i for i in range(8)]
    assert house.ok("/api/held")["held"] == []


def test_a_download_is_the_file(house, tmp_path):
    to = str(tmp_path / "got")
    house.walk("download", folder=house.box.path("Documents"), name="report.pdf", to=to)
    with open(to, "rb") as f:
        assert f.read() == b"two, longer"
    with zipfile.ZipFile(to + ".zip") as z:
        assert any(n.endswith("deep/er/x.txt") and z.read(n) == b"x" * 5000 for n in z.namelist())


def test_restore_puts_the_file_on_disk(house, tmp_path):
    house.walk("restore", folder=house.box.path("Documents"), name="new.txt", to=str(tmp_path))
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
            assert s["worst"] < float(os.environ.get("FETTLE_FRAME_MS", "50"))
