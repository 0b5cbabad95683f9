"""What organize's manual shows, in our own words and files: every kind of rule that it
documents loads as it is written there and does what the manual says of it."""
import datetime
import zoneinfo
import os
import time
import zipfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))


def today_there():
    """The date where the box is (its TZ), which may be another than here."""
    return datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin")).date()


def outcome(box, conf, *args, rc=0):
    """Run the rules: what they printed, in order, and the files that are there then."""
    box.conf(conf)
    ops, _ = box.ops("run", *args, rc=rc)
    bad = [o for o in ops if o["state"] == "failed"]
    assert rc != 0 or not bad, bad
    return [o["text"] for o in ops if o["op"] == "echo" and o["state"] == "done"]


def give(box, *names, **more):
    for n in names:
        box.put(n, more.get("data", n), age=more.get("age"))


# ---- filters ----

def test_not_before_a_filter_and_filter_mode_none(box):
    give(box, "In/Report 2022.txt", "In/holiday.jpg", "In/Invoice 7.txt", "In/Invoice 8.jpg")
    box.put("In/nothing.txt", "")
    box.put("In/Invoice 9.txt", "")
    assert outcome(box, """
        rules:
          - locations: ~/In
            filter_mode: "none"
            filters:
              - empty
              - name:
                  endswith: "2022"
            actions:
              - echo: "{name}"
          - locations: ~/In
            filters:
              - not extension: jpg
              - name:
                  startswith: "Invoice"
              - not empty
            actions:
              - echo: "{name}"
        """) == ["holiday", "Invoice 7", "Invoice 8", "Invoice 7"]


def test_created(box):
    give(box, "In/a.pdf", "In/b.txt")
    year = today_there().year
    assert outcome(box, """
        rules:
          - {name: old, locations: ~/In, filters: [{created: {days: 10}}], actions: [{echo: "old {name}"}]}
          - name: young
            locations: ~/In
            filters:
              - created:
                  hours: 5
                  mode: newer
            actions:
              - echo: "Made within the last 5 hours: {name}"
          - name: a form for it
            locations: ~/In
            filters:
              - extension: pdf
              - created
            actions:
              - echo: "Day:   {created.strftime('%Y-%m-%d')}"
              - echo: "Since: {created.timestamp() | int > 1700000000}"
          - name: by year
            locations: ~/In
            filters:
              - extension: pdf
              - created
            actions:
              - move: "~/In/PDF/{created.year}/"
        """) == ["Made within the last 5 hours: a", "Made within the last 5 hours: b",
                 "Day:   " + today_there().isoformat(), "Since: True"]
    assert box.files("In") == ["PDF/%d/a.pdf" % year, "b.txt"]


def test_lastmodified(box):
    give(box, "In/old.pdf", age=400)
    give(box, "In/fresh.txt")
    year = datetime.datetime.fromtimestamp(time.time() - 400 * 86400).year
    stamp = int(os.stat(box.path("In/old.pdf")).st_mtime)
    assert outcome(box, """
        rules:
          - {locations: ~/In, filters: [{lastmodified: {days: 10}}], actions: [{echo: "old {path.name}"}]}
          - {locations: ~/In, filters: [{lastmodified: {hours: 5, mode: newer}}], actions: [{echo: "new {path.name}"}]}
          - {locations: ~/In, filters: [{lastmodified: {years: 1, mode: older}}], actions: [{echo: "year {path.name}"}]}
          - locations: ~/In
            filters:
              - extension: pdf
              - lastmodified
            actions:
              - echo: "{lastmodified.timestamp() | int}"
              - move: "~/In/PDF/{lastmodified.year}/"
        """) == ["old old.pdf", "new fresh.txt", "year old.pdf", str(stamp)]
    assert box.files("In") == ["PDF/%d/old.pdf" % year, "fresh.txt"]


def test_date_added_and_date_lastused(box):
    """Of macOS alone in organize; here they work."""
    give(box, "In/a")
    day = today_there().isoformat()
    assert outcome(box, """
        rules:
          - locations: ~/In
            filters:
              - date_added
              - date_lastused
            actions:
              - echo: "{date_added.strftime('%Y-%m-%d')} {date_lastused.strftime('%Y-%m-%d')}"
        """) == ["%s %s" % (day, day)]


def test_timezone(box):
    """Times are local, unless their filter says otherwise."""
    os.utime(box.put("In/a"), (1735689600, 1735689600))	# 2025-01-01 00:00 UTC
    assert outcome(box, """
        rules:
          - {locations: ~/In, filters: [lastmodified], actions: [{echo: "{lastmodified}"}]}
          - {locations: ~/In, filters: [lastmodified: {timezone: utc}, created], actions: [{echo: "{lastmodified}"}]}
          - {locations: ~/In, filters: [lastmodified: {timezone: Asia/Kathmandu}], actions: [{echo: "{lastmodified}"}]}
          - {locations: ~/In, filters: [lastmodified: {timezone: America/New_York}], actions: [{echo: "{lastmodified.strftime('%F %T %Z %z')}"}]}
          - {locations: ~/In, filters: [created: {timezone: America/New_York}, lastmodified], actions: [{echo: "{lastmodified.year}"}]}
        """) == ["2025-01-01 01:00:00+01:00", "2025-01-01 00:00:00+00:00", "2025-01-01 05:45:00+05:45",
                 "2024-12-31 19:00:00 EST -0500", "2025"]


@pytest.mark.parametrize("key", ["created", "lastmodified", "date_added", "date_lastused"])
def test_a_timezone_that_is_none(box, key):
    """It is refused where it stands, before anything is done; so is a way out of the zones' folder."""
    for zone in ("Europe/Berlim", "../../../etc/passwd", "right/UTC/x", "/etc/localtime"):
        box.conf("rules:\n  - locations: ~/In\n    filters: [%s: {timezone: %s}]\n    actions: [echo: x]\n" % (key, zone))
        r = box.ok("config", "check", rc=2)
        assert "Europe/Berlin" in r.err + r.out and "^" in r.err + r.out, r


def test_duplicate_over_two_folders(box):
    give(box, "Desk/one.txt", "Desk/deep/two.txt", "Down/three.txt", data="the same")
    give(box, "Down/else.txt", data="other!!!")
    assert outcome(box, """
        rules:
          - name: all duplicates of two folders and what is below
            locations:
              - ~/Desk
              - ~/Down
            subfolders: true
            filters:
              - duplicate
            actions:
              - echo: "{path} is a duplicate of {duplicate.original}"
        """) == ["%s is a duplicate of %s" % (box.path(a), box.path("Desk/one.txt"))
                 for a in ("Desk/deep/two.txt", "Down/three.txt")]


@pytest.mark.parametrize("by,stays", [
    ("first_seen", "a"), ("-first_seen", "c"), ("last_seen", "c"), ("name", "a"), ("-name", "c"),
    ("lastmodified", "b"), ("-lastmodified", "a")])
def test_which_one_is_the_original(box, by, stays):
    """The first in that order; with '-' the last."""
    box.put("In/a", "same", age=1)
    box.put("In/b", "same", age=30)
    box.put("In/c", "same", age=9)
    outcome(box, """
        rules:
          - locations: ~/In
            filters:
              - duplicate:
                  detect_original_by: "%s"
            actions: [trash]
        """ % by)
    assert box.files("In") == [stays]


def test_delete_empty_folders(box):
    give(box, "In/full/a")
    box.mkdir("In/x")
    box.mkdir("In/full/y")
    outcome(box, """
        rules:
          - targets: dirs
            locations:
              - path: ~/In
                max_depth: null
            filters:
              - empty
            actions:
              - delete
        """)
    assert box.names("In") == ["full/", "full/a"]


def jpeg(model, make=b"ACME"):
    """The smallest JPEG with an Exif block: Make, Model and a GPS date."""
    def entry(tag, kind, data, at):
        n = len(data) if kind == 2 else 1
        value = data.ljust(4, b"\0") if len(data) <= 4 else at.to_bytes(4, "big")
        return tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + n.to_bytes(4, "big") + value
    model, make, day = model + b"\0", make + b"\0", b"2021:03:04\0"
    end = 8 + 2 + 3 * 12 + 4
    gps = end + len(make) + len(model)
    ifd = (b"\0\3" + entry(0x10f, 2, make, end) + entry(0x110, 2, model, end + len(make)) +
           entry(0x8825, 4, gps.to_bytes(4, "big"), 0) + b"\0" * 4)
    sub = b"\0\1" + entry(0x1d, 2, day, gps + 2 + 12 + 4) + b"\0" * 4
    tiff = b"MM\0*" + (8).to_bytes(4, "big") + ifd + make + model + sub + day
    body = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + b"\xff\xd9"


def test_exif(box):
    box.put("Pix/trip/1.jpg", jpeg(b"D90"))
    box.put("Pix/2.jpg", jpeg(b"Phone 5"))
    box.put("Pix/none.jpg", b"\xff\xd8\xff\xd9")
    assert outcome(box, """
        rules:
          - {locations: {path: ~/Pix, max_depth: null}, filters: [exif], actions: [{echo: "{exif.image.make}"}]}
          - locations:
              - path: ~/Pix
                max_depth: null
            filters:
              - exif: gps.gpsdate
            actions:
              - copy: ~/GPS/{relative_path}/
          - locations: ~/Pix
            filters:
              - exif:
                  image.model: phone*
            actions:
              - echo: "{exif.gps.gpsdate.year}"
          - locations:
              - path: ~/Pix
                max_depth: null
            filters:
              - extension: jpg
              - exif: image.model
            actions:
              - move: "~/Pix/{exif.image.model}/"
        """) == ["ACME", "ACME", "2021"]
    assert box.files("Pix") == ["D90/1.jpg", "Phone 5/2.jpg", "none.jpg"]
    assert box.files("GPS") == ["2.jpg/2.jpg", "trip/1.jpg/1.jpg"]


def test_exif_as_a_whole(box):
    """{exif} is printed as Python prints the dict that organize has, but for its dates."""
    box.put("Pix/1.jpg", jpeg(b"D90"))
    text, = outcome(box, 'rules: [{locations: ~/Pix, filters: [exif], actions: [{echo: "{exif}"}]}]')
    assert text.startswith("{'image': {'make': 'ACME', 'model': 'D90'") and "'gpsdate': 2021-03-04" in text


def test_extension(box):
    give(box, "In/a.png", "In/b.JPG", "In/c.jpeg", "In/d.Ogg", "In/e.txt", "In/nodot")
    assert outcome(box, """
        img_ext: &img
          - png
          - tiff
        audio_ext: &audio
          - mp3
          - ogg
        rules:
          - {locations: ~/In, filters: [extension: png], actions: [{echo: "png {path.name}"}]}
          - {locations: ~/In, filters: [extension: [.jpg, jpeg]], actions: [{echo: "jpg {path.name}"}]}
          - {locations: ~/In, filters: [extension: [*img, *audio]], actions: [{echo: "media {path.name}"}]}
          - {locations: ~/In, filters: [extension: "txt png"], actions: [{echo: "words {path.name}"}]}
          - locations: ~/In
            filters:
              - extension
            actions:
              - rename: "{path.stem}.{extension.lower()}"
        """, rc=(0, 3)) == ["png a.png", "jpg b.JPG", "jpg c.jpeg", "media a.png", "media d.Ogg", "words a.png",
                            "words e.txt"]
    assert [n for n in box.files("In") if n[:5] != "nodot"] == ["a.png", "b.jpg", "c.jpeg", "d.ogg", "e.txt"]


def docx(path, text):
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        z.writestr("word/document.xml", '<w:document xmlns:w="x"><w:body><w:p><w:r><w:t>%s</w:t></w:r></w:p>'
                   '</w:body></w:document>' % text)


def test_filecontent(box):
    box.put("In/a.txt", "some\nInvoice no. 7 to\nCustomer Miller\n")
    box.put("In/b.txt", "nothing of that")
    os.makedirs(box.path("In"), exist_ok=True)
    docx(box.path("In/c.docx"), "Invoice no. 8 to Customer Smith")
    assert outcome(box, r"""
        rules:
          - {locations: ~/In, filters: [extension: txt, filecontent], actions: [{echo: "{filecontent}"}]}
          - {locations: ~/In, filters: [extension: txt, not filecontent: Invoice], actions: [{echo: "no: {name}"}]}
          - locations: ~/In
            filters:
              - filecontent: 'Invoice.*Customer (?P<customer>\w+)'
            actions:
              - move: "~/Invoices/{filecontent.customer}/"
        """) == ["{'all': 'some\\nInvoice no. 7 to\\nCustomer Miller\\n'}", "{'all': 'nothing of that'}", "no: b"]
    assert box.files("Invoices") == ["Miller/a.txt", "Smith/c.docx"]


def test_hash_and_size(box):
    box.put("In/a", "abc")
    assert outcome(box, """
        rules:
          - {locations: ~/In, filters: [hash, size], actions: [{echo: "{hash} {size.decimal}"}]}
          - {locations: ~/In, filters: [hash: {algorithm: sha256}], actions: [{echo: "{hash[:8]}"}]}
          - {locations: ~/In, filters: [hash: sha1, size], actions: [{echo: "{size} {hash}"}]}
        """) == ["900150983cd24fb0d6963f7d28e17f72 3 bytes", "ba7816bf",
                 "{'bytes': 3, 'traditional': '3 bytes', 'binary': '3 bytes', 'decimal': '3 bytes'} "
                 "a9993e364706816aba3e25717850c26c9cd0d89d"]


def test_mimetype(box):
    give(box, "In/a.pdf", "In/b.mp3", "In/c.PNG", "In/d")
    assert outcome(box, """
        rules:
          - {locations: ~/In, filters: [mimetype], actions: [{echo: "{mimetype}"}]}
          - {locations: ~/In, filters: [mimetype: image], actions: [{echo: "image {name}"}]}
          - {locations: ~/In, filters: [mimetype: [application/pdf, audio/mpeg]], actions: [{echo: "two {name}"}]}
          - {locations: ~/In, filters: [not mimetype], actions: [{echo: "none {name}"}]}
        """) == ["application/pdf", "audio/mpeg", "image/png", "image c", "two a", "two b", "none d"]


def test_name(box):
    give(box, "In/Invoice.txt", "In/A loop-hole.txt", "In/a HOLE.txt", "In/b5_end.txt", "In/B7_end.txt",
         "In/.hidden", "In/2024 plan.txt")
    assert outcome(box, """
        rules:
          - {locations: ~/In, filters: [name: {startswith: Invoice}], actions: [{echo: "1 {path.name}"}]}
          - locations: ~/In
            filters:
              - name:
                  startswith: A
                  contains: hole
                  case_sensitive: false
            actions:
              - echo: "2 {path.name}"
          - locations: ~/In
            filters:
              - name:
                  startswith:
                    - "A"
                    - "B"
                  contains:
                    - "5"
                    - "6"
                  endswith: _end
                  case_sensitive: false
            actions:
              - echo: "3 {path.name}"
          - {locations: ~/In, filters: [name: {startswith: 2024}], actions: [{echo: "4 {path.name}"}]}
          - {locations: ~/In, filters: [name: "{year:int} {what}"], actions: [{echo: "5 {name.year + 1} {name.what}"}]}
          - {locations: ~/In, filters: [name: ".hidden"], actions: [{echo: "6 {name}"}]}
        """) == ["1 Invoice.txt", "2 a HOLE.txt", "2 A loop-hole.txt", "3 b5_end.txt", "4 2024 plan.txt",
                 "5 2025 plan", "6 .hidden"]


def test_regex(box):
    give(box, "In/RG123456789012-sig.pdf", "In/2022-01-31 scan.txt", "In/1999-01-31 scan.txt",
         "In/Devonte-Betts.txt")
    assert outcome(box, r"""
        rules:
          - {locations: ~/In, filters: [regex: '(?P<year>20\d{2})-[01]\d-[0123]\d.*'], actions: [{echo: "Year: {regex.year}"}]}
          - {locations: ~/In, filters: [regex: '^(?P<first>[A-Z]\w+)-', regex: '-(?P<last>[A-Z]\w+)\.'], actions: [{echo: "{regex.first} {regex.last}"}]}
          - {locations: ~/In, filters: [regex: '^RG(\d{12})-sig\.pdf$'], actions: [{copy: "~/Inv/1/"}]}
          - {locations: ~/In, filters: [regex: '^RG(?P<the_number>\d{12})-sig\.pdf$'], actions: [{move: "~/Inv/2/{regex.the_number}.pdf"}]}
        """) == ["Year: 2022", "Devonte Betts"]
    assert box.files("Inv") == ["1/RG123456789012-sig.pdf", "2/123456789012.pdf"]


def test_size(box):
    box.put("P/a/big.jpg", b"x" * 2000000)
    box.put("P/small.jpeg", b"x" * 1000)
    box.put("P/huge.jpg", b"x" * 10000000)
    assert outcome(box, """
        rules:
          - {locations: ~/P, subfolders: true, filters: [size: "> 0.009 GB"], actions: [trash]}
          - locations:
              - path: "~/P"
                max_depth: null
                exclude_dirs: [sorted]
            filters:
              - extension:
                  - jpg
                  - jpeg
              - size: ">1mb, <10mb"
            actions:
              - move: "~/P/sorted/{relative_path}/"
          - {locations: ~/P, filters: [size: 1k], actions: [{echo: "{name} is {size.bytes}"}]}
          - {locations: ~/, targets: dirs, filters: [name: P, size: ">2m"], actions: [{echo: "{size.traditional}"}]}
        """) == ["small is 1000", "1.9 MB"]
    assert box.files("P") == ["small.jpeg", "sorted/a/big.jpg/big.jpg"]


# ---- actions ----

def test_confirm_and_trash_is_held_where_nobody_can_answer(box):
    give(box, "D/a", "D/b", data="same")
    box.conf("""
        rules:
          - locations: [~/D]
            filters:
              - not empty
              - duplicate
              - name
            actions:
              - confirm: "Delete {name}?"
              - trash
        """)
    ops, _ = box.ops("plan")
    assert [(o["op"], o["state"]) for o in ops] == [("confirm", "planned"), ("trash", "planned")]
    ops, total = box.ops("run", rc=4)
    assert box.files("D") == ["a", "b"] and total["held"] > 0, ops


@pytest.mark.parametrize("action", ["copy", "move"])
def test_into_folders(box, action):
    give(box, "In/a.pdf", "In/b.jpg", "In/c.txt")
    box.put("In/PDF/a.pdf", "older")
    box.put("In/JPG/b.jpg", "In/b.jpg")
    outcome(box, """
        rules:
          - locations: ~/In
            filters:
              - extension:
                  - pdf
                  - jpg
            actions:
              - %s:
                  dest: "~/In/{extension.upper()}/"
                  on_conflict: overwrite
        """ % action)
    left = ["a.pdf", "b.jpg"] if action == "copy" else []
    assert box.files("In") == sorted(["JPG/b.jpg", "PDF/a.pdf", "c.txt"] + left)
    assert box.read("In/PDF/a.pdf") == b"In/a.pdf"


def test_deduplicate_skips_the_same_and_numbers_the_rest(box):
    box.put("In/same.pdf", "same")
    box.put("In/differs.pdf", "new")
    box.put("Out/same.pdf", "same")
    box.put("Out/differs.pdf", "old")
    outcome(box, """
        rules:
          - locations: ~/In
            filters: [extension: [pdf, jpg]]
            actions:
              - copy:
                  dest: "~/Out/"
                  on_conflict: deduplicate
        """)
    assert box.files("Out") == ["differs 2.pdf", "differs.pdf", "same.pdf"]
    assert box.files("In") == ["differs.pdf", "same.pdf"]


@pytest.mark.parametrize("template,name", [
    ("{name} {counter}{extension}", "bill 2.pdf"), ("{name}-{counter}{extension}", "bill-2.pdf"),
    ("{counter}_{name}{extension}", "2_bill.pdf"), ("{name} {'%02d' % counter}{extension}", "bill 02.pdf")])
def test_rename_new_never_overwrites(box, template, name):
    give(box, "In/bill.pdf")
    box.put("Out/bill.pdf", "was there")
    outcome(box, """
        rules:
          - locations: ~/In
            filters:
              - extension:
                  - pdf
            actions:
              - copy:
                  dest: "~/Out/"
                  on_conflict: "rename_new"
                  rename_template: "%s"
        """ % template)
    assert box.files("Out") == sorted([name, "bill.pdf"])
    assert box.read("Out/bill.pdf") == b"was there"


def test_the_next_action_works_with_the_copy_or_the_original(box):
    give(box, "In/a.txt")
    assert outcome(box, """
        rules:
          - {locations: ~/In, actions: [{copy: ~/C/}, {echo: "{path}"}, {copy: {dest: ~/O/, continue_with: original}},
             {rename: "b.txt"}, {echo: "{path.name} was {name}"}]}
        """) == [box.path("C/a.txt"), "b.txt was a"]
    assert box.files() == ["C/b.txt", "In/a.txt", "O/a.txt"]


def test_delete_and_trash_old_pictures(box):
    give(box, "In/a.png", "In/b.jpg", "In/c.txt", age=800)
    give(box, "In/d.png")
    outcome(box, """
        rules:
          - {locations: ~/In, filters: [lastmodified: {days: 365}, extension: [png]], actions: [delete]}
          - {locations: ~/In, filters: [lastmodified: {years: 1, mode: older}, extension: [png, jpg]], actions: [trash]}
        """)
    assert box.files("In") == ["c.txt", "d.png"]


def test_echo(box):
    give(box, "Desk/a.zip", "Desk/deep/b.txt")
    assert outcome(box, """
        rules:
          - {locations: [~/Desk], actions: [{echo: "Hello! {path}"}]}
          - {locations: [~/Desk], filters: [extension, name], actions: [{echo: 'A {extension.upper()}: "{name}"'}]}
          - locations:
              - path: ~/Desk
                max_depth: null
            actions:
              - echo: "Path:     {path}"
              - echo: "Relative: {relative_path}"
          - {actions: [{echo: "Hello World!"}]}
        """) == ["Hello! " + box.path("Desk/a.zip"), 'A ZIP: "a"',
                 "Path:     " + box.path("Desk/a.zip"), "Relative: a.zip",
                 "Path:     " + box.path("Desk/deep/b.txt"), "Relative: deep/b.txt", "Hello World!"]


def test_hardlink_and_symlink(box):
    give(box, "In/a.txt")
    box.mkdir("In/folder")
    outcome(box, """
        rules:
          - {locations: ~/In, actions: [{hardlink: ~/H/}, {symlink: ~/S/}, {hardlink: {dest: ~/H/again.txt}}]}
          - {locations: ~/In, targets: dirs, actions: [{symlink: ~/S/}]}
        """)
    assert os.path.samefile(box.path("In/a.txt"), box.path("H/a.txt"))
    assert os.path.samefile(box.path("In/a.txt"), box.path("H/again.txt"))
    assert os.readlink(box.path("S/a.txt")) == box.path("In/a.txt")
    assert os.readlink(box.path("S/folder")) == box.path("In/folder")


def test_rename_extensions(box):
    give(box, "In/a.PDF", "In/b.JPeG")
    outcome(box, """
        rules:
          - name: "PDF to pdf"
            locations: "~/In"
            filters:
              - name
              - extension: PDF
            actions:
              - rename: "{name}.pdf"
          - locations: "~/In"
            filters:
              - name
              - extension
            actions:
              - rename: "{name}.{extension.lower()}"
        """)
    assert box.files("In") == ["a.pdf", "b.jpeg"]


def test_shell_gets_the_path(box):
    give(box, "In/it's $HOME.pdf")
    assert outcome(box, """
        rules:
          - locations: "~/In"
            filters:
              - extension: pdf
            actions:
              - shell: 'basename "{path}"; exit 0'
              - echo: "{shell.returncode} {shell.output}"
              - shell: {cmd: 'exit 3', ignore_errors: true}
              - echo: "{shell.returncode}"
        """) == ["0 it's $HOME.pdf\n", "3"]


TEXT = "gr\u00fc\u00df {path.stem}"
WRITE = "rules:\n  - locations: ~/In\n    actions:\n%s      - write: {text: '%s', outfile: ~/log.txt, encoding: %s, mode: %s}\n"


@pytest.mark.parametrize("mode", ["append", "overwrite", "later"])
@pytest.mark.parametrize("code", ["utf-8", "UTF8", "utf-16", "utf_16_le", "utf-32-be", "latin-1", "iso8859-15", "cp1252", "utf-8-sig"])
def test_write_in_an_encoding(box, code, mode):
    """As Python writes it, with one mark at the beginning; and undo takes the bytes back."""
    box.put("In/a", "")
    box.put("In/b", "")
    shell = "      - shell: {cmd: 'printf %s {path.stem}'}\n" if mode == "later" else ""
    text = TEXT.replace("{path.stem}", "{shell.output}") if shell else TEXT
    box.conf(WRITE % (shell, text, code, mode if mode == "overwrite" else "append"))
    box.ok("run", "--yes")
    with open(box.path("want"), "w", encoding=code) as f:
        f.write("gr\u00fc\u00df b\n" if mode == "overwrite" else "gr\u00fc\u00df a\ngr\u00fc\u00df b\n")
    assert box.read("log.txt") == box.read("want")
    box.ok("undo", rc=(0, 3) if shell else 0)
    assert not os.path.exists(box.path("log.txt"))


def test_write_what_has_no_place_in_the_encoding(box):
    """It is an error of that file; others are written, and what was there stays."""
    box.put("In/a", "")
    box.put("In/\u20ac", "")
    box.put("log.txt", "was there\n")
    box.conf(WRITE % ("", "{path.stem}", "latin-1", "append"))
    ops, total = box.ops("run", rc=3)
    assert total["failed"] == 1 and "latin-1" in [o for o in ops if o["state"] == "failed"][0]["error"]
    assert box.read("log.txt") == b"was there\na\n"


@pytest.mark.parametrize("code,mode", [("utf-61", "append"), ("ascii//TRANSLIT", "append"), ("utf-16", "prepend"), ("''", "append")])
def test_write_in_no_encoding(box, code, mode):
    """Told where it stands, when the configuration is read."""
    box.conf(WRITE % ("", "x", code, mode))
    r = box.ok("config", "check", rc=2)
    assert "^" in r.err + r.out and "utf-16" in r.err + r.out, r


def test_write(box):
    box.put("In/a.txt", b"x" * 2000)
    box.put("In/b.pdf", b"x")
    box.put("sizes.txt", "of yesterday\n")
    box.conf("""
        rules:
          - locations: ~/In
            filters:
              - size
            actions:
              - write:
                  outfile: "./sizes.txt"
                  text: "{size.traditional} -- {relative_path}"
                  mode: "append"
                  clear_before_first_write: true
          - locations: ~/In
            filters:
              - size
              - extension
            actions:
              - write:
                  outfile: "./sizes.{extension}.txt"
                  text: "{size.traditional} -- {relative_path}"
                  mode: "prepend"
                  clear_before_first_write: true
        """)
    box.ok("run", cwd=box.home)
    assert box.read("sizes.txt") == b"2.0 KB -- a.txt\n1 byte -- b.pdf\n"
    assert box.read("sizes.pdf.txt") == b"1 byte -- b.pdf\n"


# ---- locations, rules ----

def test_options_of_a_location(box):
    give(box, "L/1.py", "L/a/2.py", "L/a/b/3.py", "L/a/b/c/4.py", "L/skip/5.py", "L/.git/6.py", "L/x.txt",
         "L/Thumbs.db", "L/thumbs.db", "L/~$lock.py", "L/Backup old/7.py")
    conf = """
        rules:
          - locations:
              - path: ~/L
                %s
            actions:
              - echo: "{relative_path}"
        """
    for options, want in [
            ("max_depth: 0", ["1.py", "Thumbs.db", "x.txt"]),
            ("{max_depth: 3, filter: ['*.py'], exclude_dirs: ['skip', 'Backup*']}",
             ["1.py", "a/2.py", "a/b/3.py", "a/b/c/4.py"]),
            ("{max_depth: 1, min_depth: 1, exclude_dirs: ['Backup*']}", ["a/2.py", "skip/5.py"]),
            ("{max_depth: null, filter_dirs: ['a', 'b'], exclude_files: '*.txt'}",
             ["1.py", "Thumbs.db", "a/2.py", "a/b/3.py"]),
            ("{max_depth: 1, system_exclude_dirs: [], filter: '[0-9].py', filter_dirs: .git}", ["1.py", ".git/6.py"]),
            ("{max_depth: 0, system_exclude_files: [], filter: ['th*', '~*']}", ["thumbs.db", "~$lock.py"]),
            ("search: depth", ["1.py", "Thumbs.db", "x.txt"])]:
        options = options.strip("{}") if not options.startswith("{") else options[1:-1]
        lines = ("\n" + " " * 16).join(split(options))
        assert outcome(box, conf % lines) == want, options


def split(options):
    """The pairs of a flow map, a line each."""
    out, depth = [""], 0
    for c in options:
        depth += (c in "[{") - (c in "]}")
        if c == "," and depth == 0:
            out.append("")
        else:
            out[-1] += c
    return [o.strip() for o in out]


def test_subfolders_and_max_depth(box):
    """max_depth of a location goes before subfolders of the rule."""
    give(box, "L/1", "L/a/2", "L/a/b/3")
    for rule, want in [("subfolders: true", ["1", "2", "3"]), ("subfolders: false", ["1"]),
                       ("subfolders: true, locations: {path: ~/L, max_depth: 1}", ["1", "2"]),
                       ("subfolders: false, locations: {path: ~/L, max_depth: null}", ["1", "2", "3"]),
                       ("subfolders: true, locations: {path: ~/L, max_depth: inherit}", ["1", "2", "3"])]:
        rule += "" if "locations" in rule else ", locations: ~/L"
        assert outcome(box, 'rules: [{%s, actions: [{echo: "{name}"}]}]' % rule) == want, rule


def test_environment_in_locations(box, monkeypatch):
    give(box, "L/1", "M/2", "M/In/3")
    box.env["MY_FOLDER"] = box.path("L")
    box.env["OTHER_FOLDER"] = box.path("M")
    assert outcome(box, """
        rules:
          - locations:
              - "{env.MY_FOLDER}"
              - "$MY_FOLDER"
              - path: "{env.OTHER_FOLDER}/In"
                max_depth: null
            actions:
              - echo: "{name} {env.MY_FOLDER == location|string}"
        """)[:1] == ["1 True"]


def test_lists_of_folders_by_aliases(box):
    give(box, "P/1", "W/2")
    assert outcome(box, """
        private_folders: &private
          - ~/P
        work_folders: &work
          - ~/W
        all_folders: &all
          - *private
          - *work
        rules:
          - {locations: *private, actions: [{echo: "p {name}"}]}
          - {locations: *all, actions: [{echo: "a {name}"}]}
          - {locations: [*work, *private], actions: [{echo: "b {name}"}]}
        """) == ["p 1", "a 1", "a 2", "b 2", "b 1"]


def test_relative_locations_and_working_dir(box):
    box.put("some/docs/huge.jpg", b"x" * 3000)
    box.conf("""
        rules:
          - locations: "docs"
            filters:
              - extension: jpg
              - size: ">2 KB"
            actions:
              - echo: "Warning: a huge picture"
        """)
    ops, _ = box.ops("-W", box.path("some"), "run")
    assert [o["text"] for o in ops] == ["Warning: a huge picture"]


def test_targets_dirs(box):
    give(box, "L/one/a", "L/two/b", "L/three/deep/c")
    assert outcome(box, """
        rules:
          - {locations: ~/L, targets: dirs, filters: [name: {contains: o}], actions: [{echo: "{name} {relative_path}"}]}
          - {locations: ~/L, targets: dirs, subfolders: true, filters: [regex: '^d(?P<x>.)'], actions: [{echo: "{regex.x}"}]}
          - {locations: ~/L, targets: dirs, filters: [name: two, lastmodified, created, size],
             actions: [{move: ~/M/}, {rename: "{name}-{size.bytes}"}]}
        """) == ["one one", "two two", "e"]
    assert box.files() == ["L/one/a", "L/three/deep/c", "M/two-7/b"]


@pytest.mark.parametrize("conf,word", [
    ("filters: [extension: txt, exif]", "exif"), ("filters: [filecontent: x]", "filecontent"),
    ("filters: [duplicate]", "duplicate"), ("filters: [hash]", "hash"), ("filters: [mimetype]", "mimetype"),
    ("filters: [extension]", "extension")])
def test_filters_of_files_are_not_for_folders(box, conf, word):
    box.conf("rules: [{locations: ~/, targets: dirs, %s, actions: [{echo: x}]}]" % conf)
    r = box.ok("run", rc=2)
    assert "'%s' is not for folders" % word in r.err


@pytest.mark.parametrize("rule,word", [
    ("{locations: ~/, actions: [{python: 'print(1)'}]}", "python"),
    ("{locations: ~/, filters: [{python: 'return True'}], actions: [trash]}", "python"),
    ("{locations: ~/, filters: [{macos_tags: Invoice}], actions: [trash]}", "macos_tags"),
    ("{locations: ~/, actions: [{macos_tags: [Important (green)]}]}", "macos_tags"),
    ("{locations: ~/, filters: [name], actions: []}", "action"),
    ("{filters: [name], actions: [{echo: x}]}", "locations"),
    ("{actions: [trash]}", "trash"),
    ("{locations: ~/, actions: [{echo: '{nme}'}]}", "name"),
    ("{locations: ~/, actions: [{echo: '{exif.x}'}]}", "exif"),
    ("{locations: ~/, actions: [{copy: {dest: ~/x, on_conflict: replace}}]}", "overwrite"),
])
def test_what_is_refused_is_refused_by_name(box, rule, word):
    give(box, "a")
    box.conf("rules: [%s]" % rule)
    r = box.ok("run", rc=2)
    assert word in r.err, r.err
    assert box.files() == ["a"]


def test_what_later_rules_see(box):
    """Rules go from top to bottom; each sees the files where those before have put them,
    and none sees again what it has made itself."""
    give(box, "A/x.txt")
    assert outcome(box, """
        rules:
          - {locations: ~/A, actions: [{move: ~/B/}]}
          - {locations: ~/B, actions: [{rename: "y.txt"}]}
          - {locations: [~/A, ~/B], actions: [{echo: "{path.name} {name}"}, {copy: ~/B/again.txt}]}
          - {locations: ~/B, enabled: false, actions: [{echo: "never"}]}
        """) == ["y.txt y"]
    assert box.files() == ["B/again.txt", "B/y.txt"]


def test_placeholders_that_are_always_there(box):
    give(box, "L/a/x.txt")
    today = today_there()
    assert outcome(box, """
        rules:
          - name: all of them
            locations: {path: ~/L, max_depth: null}
            actions:
              - echo: "{path.parent.name} {path.stem} {path.suffix} {path.name} {relative_path} {location.name} {basedir.name}"
              - echo: "{now().year} {utcnow().year} {today()} {rule} {rule_nr}"
              - echo: "{env.HOME}"
        """)[:2] == ["a x .txt x.txt a/x.txt L L", "%d %d %s all of them 0" % (
            today.year, datetime.datetime.now(datetime.timezone.utc).year, today.isoformat())]


@pytest.mark.parametrize("args,want", [
    ((), ["plain", "fast", "slow", "always"]),
    (("--tags=fast",), ["fast", "always"]),
    (("--tags=fast,debug",), ["fast", "always"]),
    (("--skip-tags=slow",), ["plain", "fast", "always"]),
    (("--tags=fast,slow", "--skip-tags=slow"), ["fast", "always"]),
    (("--tags=never",), ["always", "never"]),
    (("--tags=loud",), ["always"]),
    (("--skip-tags=always",), ["plain", "fast", "slow"]),
])
def test_tags(box, args, want):
    box.conf("""
        rules:
          - {name: plain, actions: [{echo: plain}]}
          - {name: fast, tags: [debug, fast], actions: [{echo: fast}]}
          - {name: slow, tags: slow, actions: [{echo: slow}]}
          - {name: a, tags: always, actions: [{echo: always}]}
          - {name: n, tags: [never, loud], actions: [{echo: never}]}
        """)
    ops, _ = box.ops("run", *args)
    assert [o["text"] for o in ops] == want


def test_files_come_in_natural_order(box):
    """file 2 before file 10, whatever their case, and the plain name first: as a file manager shows them."""
    give(box, "L/file 10.txt", "L/File 2.txt", "L/file.txt", "L/b", "L/A", "L/d10/x", "L/d9/y", "L/file 2b.txt")
    assert outcome(box, 'rules: [{locations: ~/L, subfolders: true, actions: [{echo: "{path.name}"}]}]') == [
        "A", "b", "file.txt", "File 2.txt", "file 2b.txt", "file 10.txt", "y", "x"]


def test_a_missing_value_is_an_error_of_that_file(box):
    box.put("L/1.jpg", jpeg(b"D90"))
    box.put("L/2.jpg", b"\xff\xd8\xff\xd9")
    box.conf('rules: [{locations: ~/L, filter_mode: any, filters: [extension: jpg, exif], '
             'actions: [{move: "~/M/{exif.image.model}/"}]}]')
    ops, total = box.ops("run", rc=3)
    assert total["failed"] == 1 and total["done"] == 1, ops
    assert box.files() == ["L/2.jpg", "M/D90/1.jpg"]
