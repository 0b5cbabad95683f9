"""fettle report: what it counts is what is there; a page that is safe to open."""
import html.parser
import os
import re

import pytest

CONF = """\
    rules:
      - name: sorter
        locations: ~/D
        actions: [{sort: by-type}]
    backups:
      - name: stick
        paths: [~/D, ~/Docs]
        copies: ~/copies/all
    archives:
      - name: old
        locations: ~/Docs
        subfolders: true
        older_than: 300 days
        to: ~/Archive
"""


def reports(box, *args):
    out = {}
    for o in box.json("report", *args):
        out.setdefault(o["report"], []).append(o)
    return out


def fill(box):
    box.put("D/a.jpg", b"x" * 5000)
    box.put("D/b.pdf", b"y" * 3000)
    box.put("Docs/letters/2020/old.txt", b"z" * 1000, age=800)
    box.put("Docs/copy.jpg", b"x" * 5000, age=40)
    box.put("Docs/same size.jpg", b"w" * 5000)
    box.put("Docs/.hidden", b"h" * 10)
    os.link(box.path("D/b.pdf"), box.path("Docs/linked.pdf"))
    os.symlink(box.path("D/a.jpg"), box.path("Docs/soft.jpg"))
    box.mkdir("copies")
    box.mkdir("Archive")


def test_counts(box):
    """Each file once, by type, age and folder; hard links once, symlinks not at all."""
    fill(box)
    box.conf(CONF)
    r = reports(box)
    s = r["summary"][0]
    assert (s["files"], s["bytes"]) == (6, 5000 * 3 + 3000 + 1000 + 10)
    types = {o["name"]: (o["files"], o["bytes"]) for o in r["type"]}
    assert types["Images"] == (3, 15000)
    assert sum(f for f, _ in types.values()) == 6
    ages = {o["name"]: o["files"] for o in r["age"]}
    assert ages["1 to 3 months"] == 1 and ages["2 to 5 years"] == 1
    assert sum(ages.values()) == 6
    assert {o["name"] for o in r["root"]} == \
        {box.path(p) for p in ("D", "Docs", "Archive")}
    assert (s["duplicate_files"], s["duplicate_bytes"]) == (1, 5000)
    assert sorted(p["path"] for p in r["duplicate"][0]["paths"]) == \
        sorted([box.path("D/a.jpg"), box.path("Docs/copy.jpg")])
    assert r["file"][0]["bytes"] == 5000 and len(r["file"]) == 6
    folders = {o["name"]: o["bytes"] for o in r["folder"]}
    assert folders[box.path("Docs/letters/2020")] == 1000


def test_what_was_done(box):
    fill(box)
    box.conf(CONF)
    box.ok("run")
    box.put("D/c.png", "1")
    box.ok("run")
    day = reports(box)["day"][-1]
    assert day["sorted"] == 3 and day["put_away"] == 1 and day["backups"] == 2
    assert day["failed"] == 0
    text = box.ok("report").out
    assert "3 files sorted, 1 put away, 2 backups" in text


def test_growth(box):
    """A figure a day; the nightly house-keeping keeps one a week by itself."""
    fill(box)
    box.conf(CONF)
    box.ok("run")
    first = reports(box)["summary"][0]["bytes"]
    box.put("D/more.bin", b"m" * 10000)
    r = box.at("+30d", "--json", "report")
    assert r.rc == 0
    assert r.out.count('"report":"growth"') == 2
    assert ('"bytes":%d' % (first + 10000)) in r.out
    assert "9.8 KiB more in" in box.at("+30d", "report").out


def test_wrong_things_are_told(box):
    fill(box)
    box.conf(CONF.replace("~/D\n", "~/missing\n"))
    box.ok("run", rc=(1, 3))
    out = box.ok("report").out
    assert "sorter is failed: none of its locations is there" in out
    assert "missing" in out


class Page(html.parser.HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.words, self.open = [], [], "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, k, v) for k, v in attrs]

    def handle_data(self, data):
        self.words += data


BAD = "<script>alert(1)</script>\"'><img src=x onerror=y>&amp;\u202egpj.exe"


def test_page(box):
    """One file, no script, nothing fetched; a name is text, whatever it is."""
    fill(box)
    box.put("D/" + BAD.replace("/", "\u2215") + ".jpg", b"q" * 9000)
    box.put(b"D/not-utf8-\xff\xfe\n.jpg", b"q" * 9000)
    box.conf(CONF.replace("name: sorter", "name: '<b>bold</b>'"))
    box.ok("report", "--html", "out.html")
    text = box.read("out.html").decode()
    page = Page(text)
    assert set(page.elements) <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "b",
        "span", "table", "tr", "th", "td", "br", "i", "code", "section", "svg", "g", "text", "tspan",
        "rect", "line", "circle", "polygon", "polyline"}
    assert not [a for a in page.attributes
                if a[1].startswith("on") or a[1] in ("src", "href", "action")]
    assert "<b>bold</b>" in page.words and "alert(1)" in page.words
    assert "\u202e" not in text and "http" not in re.sub("http-equiv", "", text)
    assert "default-src 'none'" in text
    assert text.count("<svg") == text.count("</svg>") >= 4


def test_page_is_written_once(box):
    """An older report is replaced, another file never; - is the output."""
    fill(box)
    box.conf(CONF)
    box.ok("report", "--html", "out.html")
    box.ok("report", "--html", box.path("out.html"))
    box.put("mine.html", "<!doctype html> my own page")
    r = box.ok("report", "--html", "mine.html", rc=1)
    assert "nothing was written" in r.err
    assert box.read("mine.html") == b"<!doctype html> my own page"
    os.symlink(box.path("mine.html"), box.path("link.html"))
    box.ok("report", "--html", "link.html", rc=1)
    assert box.read("mine.html") == b"<!doctype html> my own page"
    assert box.ok("report", "--html", "-").out.startswith("<!doctype html>")
    assert oct(os.stat(box.path("out.html")).st_mode & 0o77) == "0o0"


def test_changes_nothing(box):
    fill(box)
    box.conf(CONF)
    before = box.tree()
    box.ok("report", "--all")
    assert box.tree() == before


def test_empty(box):
    box.conf("rules: []\n")
    assert "0 files" in box.ok("report").out
    assert box.ok("report", "--html", "-").out.rstrip().endswith("</html>")


@pytest.mark.slow
def test_many(box):
    """100,000 files in bearable time."""
    for d in range(100):
        os.makedirs(box.path("D/%d" % d))
        for i in range(1000):
            with open(box.path("D/%d/%d.txt" % (d, i)), "w") as f:
                f.write("%d" % (d * 1000 + i))
    box.conf(CONF)
    assert reports(box)["summary"][0]["files"] == 100000
