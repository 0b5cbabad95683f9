"""find: what restic finds, in restic's JSON; each folder read once."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pair import needs_restic, pair, rand   # noqa: E402,F401

pytestmark = needs_restic


@pytest.fixture(scope="module")
def p(request):
    import shutil
    import tempfile
    from pair import Pair
    top = tempfile.mkdtemp(prefix="fettle-find.")
    p = Pair(top)
    p.put("docs/report.txt", b"one", mtime=1000000000)
    p.put("docs/Report2.TXT", b"two", mtime=1100000000)
    p.put("docs/old/report.c", rand(3000), mtime=1200000000, mode=0o600)
    p.put("src/a/b/c/deep.txt", b"deep", mtime=1300000000)
    p.put("src/!odd", b"odd")
    p.put("weird/na\"me\\<&>\n.txt", b"w")
    with open(os.fsencode(p.src) + b"/weird/bad\xff.txt", "wb") as f:
        f.write(b"latin")
    os.symlink("../docs/report.txt", p.src + "/src/link.txt")
    os.mkdir(p.src + "/empty.txt")
    p.ids = [p.backup("--tag", "first")]
    p.put("docs/report.txt", b"one more", mtime=1400000000)
    p.ids.append(p.backup("--host", "other"))
    os.rename(p.src + "/docs/old", p.src + "/docs/new")
    p.ids.append(p.backup("--tag", "third,x"))
    yield p
    shutil.rmtree(top)


def sort(matches):
    """0.14 takes snapshots in no order."""
    return sorted(matches, key=lambda m: m["snapshot"])


@pytest.mark.parametrize("args", [
    ["report*"], ["*.txt"], ["-i", "*.TXT"], ["nothing"], ["report.txt", "*.c"], ["/docs/report.txt"],
    ["/docs/**/report.c"], ["docs"], ["/src"], ["a/b"], ["*"], ["[rd]e*"], ["--oldest", "2004-11-09", "*.txt"],
    ["--newest", "2011-03-13 08:06:40", "*.txt"], ["--newest", "09.09.2001", "*"],
    ["-O", "2001-09-09", "-N", "2004-11-10", "*"], ["--tag", "first", "*.txt"], ["--host", "other", "*"],
    ["--tag", "third,x", "*.c"], ["link.txt"], ["*bad*"], ["*me*"],
])
def test_names_as_restic(p, args):
    ours, theirs = p.both("find", *args)
    for m in ours:
        for n in m["matches"]:
            del n["inode"]      # which 0.14 does not tell; later ones do
    assert sort(ours) == sort(theirs)


def test_snapshots_chosen_and_ordered(p):
    ours = p.fettle("--json", "find", "-s", p.ids[1], "-s", p.ids[0][:8], "-s", p.ids[0], "*.txt").json()
    assert [m["snapshot"] for m in ours] == [p.ids[1], p.ids[0]]
    assert [m["snapshot"] for m in p.fettle("--json", "find", "--reverse", "*.txt").json()] == p.ids
    assert [m["snapshot"] for m in p.fettle("--json", "find", "*.txt").json()] == p.ids[::-1]
    assert [m["snapshot"] for m in p.fettle("--json", "find", "-s", "latest", "*.txt").json()] == p.ids[2:]


def test_an_exclamation_mark_is_no_negation(p):
    ours = p.fettle("--json", "find", "-s", p.ids[0], "!odd").json()
    assert [m["path"] for x in ours for m in x["matches"]] == ["/src/!odd"]


def order(objects):
    return sorted(objects, key=lambda o: (o["snapshot"], o["path"], o["id"]))


def test_ids_as_restic(p):
    tree = p.restic("cat", "snapshot", p.ids[2]).json()["tree"]
    nodes = {n["name"]: n for n in p.restic("cat", "blob", tree).json()["nodes"]}
    docs = nodes["docs"]["subtree"]
    new = {n["name"]: n for n in p.restic("cat", "blob", docs).json()["nodes"]}["new"]["subtree"]
    blob = p.restic("cat", "blob", new).json()["nodes"][0]["content"][0]
    for args in (["--tree", docs], ["--tree", docs[:8]], ["--tree", new], ["--blob", blob],
                 ["--blob", blob[:8]], ["--blob", "0" * 64]):
        ours, theirs = p.both("find", *args)
        assert order(ours) == order(theirs), args
        assert len(ours) > 0 or args[1] == "0" * 64
    assert len(p.fettle("--json", "find", "--blob", blob).json()) == 3
    # That of a whole snapshot is found since restic 0.17.
    assert [(o["path"], o["snapshot"]) for o in p.fettle("--json", "find", "--tree", tree).json()] == [("/", p.ids[2])]


def test_packs_as_restic(p):
    for pack in p.packs_of("data"):
        for name in (pack, pack[:8]):
            ours, theirs = p.both("find", "--pack", name)
            assert order(ours) == order(theirs) and len(ours) > 0
    pack = p.packs_of("tree")[0]
    assert {o["object_type"] for o in p.fettle("--json", "find", "--pack", pack).json()} == {"tree"}
    p.fettle("find", "--pack", "0123456789", rc=1)


def test_where_they_lie(p):
    pack = p.packs_of("data")[0]
    out = p.fettle("find", "--pack", pack, "--show-pack-id").out
    assert "in pack " + pack in out


def test_text(p):
    out = p.fettle("find", "-s", p.ids[0], "report.txt").out
    assert "in snapshot %s" % p.ids[0][:8] in out and "/docs/report.txt\n" in out
    out = p.fettle("find", "-l", "-s", p.ids[0], "report.c").out
    assert "-rw------- " in out and " 3000 " in out


def test_what_cannot_be_read_is_told_and_the_rest_found(pair):   # noqa: F811
    p = pair()
    p.put("a/x1", b"1")
    p.backup()
    tree = p.packs_of("tree")
    p.put("b/x2", b"2")
    p.backup()
    p.harm(p.pack(tree[0]), at=5)
    r = p.fettle("--json", "find", "x*", rc=3)
    assert "folder /" in r.err
    assert [m["path"] for x in r.json() for m in x["matches"]] == ["/b/x2"]


@pytest.mark.parametrize("args", [[], ["--blob", "--tree", "00"], ["--blob", "xyz"], ["--oldest", "never", "x"],
                                  ["-O", "2011-01-01", "-N", "2010-01-01", "x"], ["a[b"]])
def test_refused(p, args):
    p.fettle("find", *args, rc=2)
