"""Rules whose files have names, contents and attributes that somebody chose to do harm, and
rules that are too much: nothing leaves its folder, nothing becomes code, nothing takes the
program along."""
import os
import time

import pytest

from box import difference, name_of
from test_organize_examples import jpeg

NAMES = [b"$HOME.txt", b"${PATH}.txt", b"{x}.txt", b"{name}", b"{{path}}.txt", b"{% if 1 %}", b"-rf", b"--", b"-",
         b"~", b"~root.txt", b"two\nlines.txt", b"tab\tcr\r.txt", b"\xff\xfe bad.txt", b"caf\xe9.txt", b"\x1b[31mred.txt",
         b"`touch CANARY`.txt", b"$(touch CANARY).txt", b"a;touch CANARY;.txt", b"a'b.txt", b'a"b.txt',
         b"a\\'b\\.txt", b"'\"'$(touch CANARY)\"'\"'.txt", b"a|b&c>CANARY", b"*?[a].txt", b"!history.txt", b"#comment.txt",
         b" lead and trail ", b"...", b"..txt", b".bashrc", b"%s%n%d.txt", b"\xe2\x80\xae gnp.txt", b"a" * 251 + b".txt",
         b"\x01\x02LATER\x01.txt", b"NUL.txt", b"C:\\x.txt", "\u202e\u00e4\u0308\ufeff.txt".encode()]


def fill(box, names=NAMES):
    for n in names:
        box.put(b"D/" + n, b"content of " + n)


def below(box, top):
    """All files below a folder of home, as bytes."""
    top = os.path.join(os.fsencode(box.home), top)
    out = []
    for d, _, files in os.walk(top):
        out += [os.path.relpath(os.path.join(d, f), top) for f in files]
    return sorted(out)


def stem(n):
    """As pathlib has it."""
    i = n.rfind(b".")
    return n[:i] if 0 < i < len(n) - 1 else n


def test_names_stay_themselves_in_every_template(box):
    """A name is never expanded again, in no kind of template."""
    fill(box)
    box.conf("""
        rules:
          - name: all
            locations: ~/D
            actions:
              - echo: "{path.name}"
              - write: {text: "{path.name}", outfile: "~/W/{path.name}"}
              - copy: {dest: "~/C/{path.name}/x", autodetect_folder: no, continue_with: original}
              - symlink: {dest: "~/S/{path.name}", autodetect_folder: no}
              - hardlink: "~/H/"
              - rename: "{path.name}"
              - move: "~/T/{name}/"
        """)
    before = box.tree()
    ops, _ = box.ops("run", rc=3)
    bad = {n for n in NAMES if stem(n) in (b"..", b".")}
    assert below(box, b"W") == below(box, b"S") == below(box, b"H") == sorted(NAMES)
    assert below(box, b"C") == sorted(n + b"/x" for n in NAMES)
    # A stem that is no folder's name is an error of that file.
    assert below(box, b"T") == sorted(stem(n) + b"/" + n for n in NAMES if n not in bad)
    assert below(box, b"D") == sorted(bad)
    for n in NAMES:
        assert os.readlink(os.path.join(os.fsencode(box.home), b"S", n)) == os.path.join(os.fsencode(box.home), b"D", n)
        assert box.read(b"W/" + n) == n + b"\n"
    told = {os.path.basename(name_of(o, "from")) for o in ops if o["op"] == "echo"}
    assert told == set(NAMES)
    box.ok("undo")
    assert not difference(before, box.tree()), difference(before, box.tree())


@pytest.mark.parametrize("command", [
    "printf '%s\\0' {path} >>~/OUT", "printf '%s\\0' \"{path}\" >>~/OUT", "printf '%s\\0' '{path}' >>~/OUT",
    "printf '%s\\0' \"$(printf '%s.' {path})\" >>~/OUT", "cat -- {path} >/dev/null && printf '%s\\0' {path} >>~/OUT",
    "x={path}; printf '%s\\0' \"$x\" >>~/OUT"])
def test_a_name_is_never_code(box, command):
    """Wherever it stands in a command, it arrives as it is, once, and runs nothing."""
    fill(box)
    box.conf("rules: [{locations: ~/D, actions: [{shell: %s}]}]" % ("'" + command.replace("'", "''") + "'"))
    box.env["HOME"] = box.home
    box.ops("run", cwd=box.mkdir("elsewhere"))
    got = box.read("OUT").split(b"\0")[:-1]
    dot = b"." if "%s." in command else b""
    assert sorted(got) == sorted(os.path.join(os.fsencode(box.home), b"D", n) + dot for n in NAMES)
    assert [f for f in below(box, b"") if b"CANARY" in f and not f.startswith(b"D/")] == []


@pytest.mark.parametrize("command", ["sh -c \"cat {path}\"", "eval ls {path}", "echo `ls {path}`", "cat <<E\n{path}\nE",
                                     "echo ${{x:-{path}}}"])
def test_where_no_quoting_helps_it_is_refused(box, command):
    """And nothing is done."""
    fill(box)
    box.conf("rules: [{locations: ~/D, actions: [{shell: %s}]}]" % repr(command).replace("\\'", "''").replace("\\n", "\n\n        ")
             if "\n" not in command else "rules:\n  - locations: ~/D\n    actions:\n      - shell: |\n" +
             "".join("          %s\n" % line for line in command.split("\n")))
    before = box.tree()
    r = box.run("run")
    assert r.rc in (2, 3), r
    assert not difference(before, box.tree())


VALUES = [b"..", b".", b"../../up", b"/etc/passwd", b"a/../../b", b"~", b"~root", b"$HOME", b"{env.HOME}", b"-rf",
          b"x" * 300, b"a\nb", b"\x1b[2J", b"\xff\xfe", b"a\0b", b"   ", b"a/", b"/", b"//", b"C:\\x", b"\xe2\x80\xae"]
FORMS = ["~/T/{v}/", "~/T/{v}.txt", "~/T/x{v}/y.txt", "~/T/{v}/{v}/z.txt", "~/T/{v}", "{v}"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", ["filecontent", "xattr", "exif", "regex"])
def test_what_was_found_in_a_file_cannot_climb(box, source, form):
    """A value is one name at most: it makes no folder, and leads nowhere else."""
    values = [v for v in VALUES if source != "regex" or not set(v) & set(b"/\0")]
    if source == "exif":
        values = [v for v in values if b"\0" not in v]
    for i, v in enumerate(values):
        data = b"value [" + v + b"]" if source == "filecontent" else jpeg(v) if source == "exif" else b"x"
        n = "f%02d.%s" % (i, "jpg" if source == "exif" else "txt")
        if source == "regex":
            n = b"%02d[" % i + v[:200] + b"].txt"
        path = box.put(b"D/" + (n.encode() if isinstance(n, str) else n), data)
        if source == "xattr":
            os.setxattr(path, "user.v", v)
    name = {"filecontent": "filecontent.v", "xattr": "xattr.v", "exif": "exif.image.model", "regex": "regex.v"}[source]
    how = {"filecontent": "filecontent: 'value \\[(?P<v>.*)\\]'", "xattr": "xattr", "exif": "exif",
           "regex": "regex: '\\[(?s:(?P<v>.*))\\]'"}[source]
    box.conf("rules: [{locations: ~/D, filters: [%s], actions: [{copy: {dest: '%s', continue_with: original}}]}]" %
             (how, form.replace("{v}", "{%s}" % name)))
    before = set(below(box, b""))
    ops, _ = box.ops("run", rc=(0, 2, 3)) if form != "{v}" else ([], None)
    if form == "{v}":
        box.run("run")
    new = set(below(box, b"")) - before
    depth = {"~/T/{v}/": 3, "~/T/{v}.txt": 2, "~/T/x{v}/y.txt": 3, "~/T/{v}/{v}/z.txt": 4, "~/T/{v}": (2, 3), "{v}": ()}[form]
    for f in new:
        parts = f.split(b"/")
        assert parts[0] == b"T" and b".." not in parts, f
        assert len(parts) in (depth if isinstance(depth, tuple) else (depth,)), f
    assert not os.path.exists("/etc/passwd.txt") and not os.path.lexists(box.path("..", "up"))
    for o in ops:
        assert o["state"] in ("done", "failed", "skipped"), o


@pytest.mark.parametrize("pattern", [
    "(a+)+$", "(a|a)*$", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){25}", "(?:(?:a?){40}a{40})", "(a*)*b",
    "(?=(a+))\\\\1*b(?!c)", "((a{0,99}){0,99}){0,99}$", "(\\\\w*\\\\s*)*$"])
def test_a_costly_pattern_ends(box, pattern):
    """It is refused, or gives up with an error of the file, in no time, in a name and in a
    content."""
    box.put("D/" + "a" * 200 + "!.txt", "a" * 20000 + "!")
    for f in ("regex: \"%s\"", "filecontent: \"%s\""):
        box.conf("rules: [{locations: ~/D, filters: [%s], actions: [{echo: x}]}]" % (f % pattern))
        t = time.monotonic()
        r = box.run("run")
        assert r.rc in (0, 2, 3), r
        assert time.monotonic() - t < 20


@pytest.mark.parametrize("pattern", ["a" * 16384, "a" * 16385, "(" * 16000, "(" * 300 + ")" * 300, "[" * 9000, "a{1000}" * 2000,
                                     "(?:" * 250 + "a" + ")" * 250, "(?P<a>b)(?P<a>c)", "\\\\1" * 3000, "(?R)", "(?C1)a", "\\\\C"])
def test_a_huge_pattern_is_refused_or_used(box, pattern):
    box.put("D/a.txt", "a")
    for f in ("regex: \"%s\"", "filecontent: \"%s\"", "name: \"%s\""):
        box.conf("rules: [{locations: ~/D, filters: [%s], actions: [{echo: x}]}]" % (f % pattern))
        r = box.run("run")
        assert r.rc in (0, 2, 3), r


def test_costly_globs_and_names_end(box):
    box.put("D/" + "a" * 240, "x")
    star = "*a" * 120 + "b"
    box.conf("rules: [{locations: {path: ~/D, exclude_files: ['%s', '%s']}, filters: [not name: '%s', "
             "not name: '%s'], actions: [{echo: x}]}]" % (star, "[" * 500, star, "".join("{g%d}" % i for i in range(30)) + "b"))
    t = time.monotonic()
    box.ops("run", rc=(0, 3))
    assert time.monotonic() - t < 20


@pytest.mark.parametrize("conf", [
    "x-a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join("x-%s: &%s [%s]\n" % (c, c, ",".join(["*" + p] * 10))
                                               for p, c in zip("abcdefghi", "bcdefghij")) +
    "rules: [{locations: ~/D, filters: [extension: *j], actions: [{echo: x}]}]\n",
    "rules: [{locations: ~/D, filters: %s, actions: [{echo: x}]}]\n" % ("[any: " * 200 + "[empty]" + "]" * 200),
    "rules: [{locations: ~/D, filters: [%s], actions: [{echo: x}]}]\n" % ", ".join(["not extension: e%d" % i for i in range(5000)]),
    "rules: [{locations: ~/D, filters: [extension: [%s]], actions: [{echo: x}]}]\n" % ", ".join("e%d" % i for i in range(20000)),
    "rules: [{locations: [%s], actions: [{echo: x}]}]\n" % ", ".join(["~/D"] * 30000),
    "rules: [{locations: ~/D, actions: [%s]}]\n" % ", ".join(["{echo: x}"] * 20000),
    "rules: [{locations: ~/D, actions: [{echo: '%s'}]}]\n" % ("{name}" * 20000),
    "rules: [{locations: ~/D, actions: [{echo: '%s'}]}]\n" % ("{" * 5000),
    "rules: [{locations: ~/D, actions: [{echo: '{%sname%s}'}]}]\n" % ("(" * 3000, ")" * 3000),
    "rules: [{locations: ~/D, actions: [{rename: \"a\\0b\"}]}]\n",
    "rules: [{locations: ~/D, filters: [size: '> 99999999999999999999999 YB', size: '<1e999'], actions: [{echo: x}]}]\n",
    "rules: [{locations: ~/D, filters: [lastmodified: {days: 99999999999999999999}], actions: [{echo: x}]}]\n",
    "rules: [{locations: ~/D, filters: [lastmodified: {years: 100000, days: 99999, seconds: 999999999}], actions: [{echo: x}]}]\n",
    "rules: [{locations: ~/D, actions: [{copy: {dest: ~/C/, rename_template: '%s{counter}'}}]}]\n" % ("{name}" * 60),
], ids=lambda c: c[:40])
def test_too_much_of_anything_ends(box, conf):
    """It is refused with a word, or done; it neither dies nor hangs."""
    box.put("D/a.txt", "a")
    box.conf(conf)
    t = time.monotonic()
    r = box.run("run", timeout=100)
    assert r.rc in (0, 2, 3), r
    assert time.monotonic() - t < 60
    assert r.rc == 0 or r.err or r.out


def test_a_file_that_goes_round_comes_to_rest(box):
    """Two rules that hand a file to each other do so once a run; copies into a folder that is
    walked are not copied again."""
    box.put("A/x.txt", "x")
    box.conf("""
        rules:
          - {name: there, locations: ~/A, subfolders: true, actions: [{move: ~/B/}]}
          - {name: back, locations: ~/B, subfolders: true, actions: [{move: ~/A/}]}
          - {name: grow, locations: ~/A, subfolders: true, actions: [{copy: {dest: "~/A/{relative_path}/", continue_with: original}}]}
          - {name: nest, locations: ~/A, subfolders: true, targets: dirs, actions: [{copy: ~/A/deep/}]}
        """)
    counts = []
    for _ in range(5):
        box.ops("run", rc=(0, 3))
        counts.append(len(box.files()))
    assert counts[-1] <= counts[0] + 20, counts


def test_two_rules_want_one_name(box):
    """In every mode: no bytes are lost, and the plan is what is done."""
    modes = ["skip", "overwrite", "trash", "deduplicate", "rename_new", "rename_existing", "keep_newer", "keep_larger"]
    conf = ["rules:"]
    for i, m in enumerate(modes):
        for k in "ab":
            box.put("S%d%s/f.txt" % (i, k), "%s of %s" % (k, m))
            conf.append("  - {locations: ~/S%d%s, actions: [{move: {dest: ~/T%d/one.txt, on_conflict: %s}}]}" % (i, k, i, m))
    box.conf("\n".join(conf))
    before, there = box.tree(), box.bytes_there()
    planned = box.ops("plan")[0]
    done = box.ops("run")[0]
    assert [(o["op"], o["from"], o["to"]) for o in planned] == [(o["op"], o["from"], o["to"]) for o in done]
    assert not there - box.bytes_there()
    box.ok("undo")
    assert not difference(before, box.tree()), difference(before, box.tree())


def test_names_on_the_command_line(box):
    """why, where, undo and get take such a name as it is."""
    fill(box)
    box.conf("rules: [{name: all, locations: ~/D, actions: [{move: ~/T/}]}]")
    box.ops("run")
    for n in NAMES[::4]:
        path = os.path.join(os.fsencode(box.home), b"T", n)
        box.ok("where", os.fsdecode(path))
        box.ok("why", os.fsdecode(path))
    box.ok("undo", *[os.fsdecode(os.path.join(os.fsencode(box.home), b"T", n)) for n in NAMES])
    assert below(box, b"D") == sorted(NAMES)
