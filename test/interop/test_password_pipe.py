"""A password on standard input, where that is no terminal: as restic reads it."""
import os
import shutil
import tempfile

import pytest

from pair import FETTLE, Pair, needs_restic

pytestmark = needs_restic
NONE = {"RESTIC_PASSWORD": ""}


@pytest.fixture(scope="module")
def p():
    p = Pair(tempfile.mkdtemp(prefix="fettle-pipe."))
    p.put("f")
    p.backup()
    yield p
    shutil.rmtree(p.top)


def test_the_first_line_opens(p):
    for line in (b"x\n", b"x", b"x\r\n", b"x\nmore\n"):
        p.fettle("list", "keys", env=NONE, stdin=line)
        p.restic("list", "keys", env=NONE, stdin=line)
    p.fettle("list", "keys", env=NONE, stdin=b"wrong\n", rc=12)


def test_none_or_an_empty_one_is_refused(p):
    for line in (b"", b"\n", b"\nx\n"):
        p.fettle("list", "keys", env=NONE, stdin=line, rc=2)
    r = p.fettle("list", "keys", env=NONE, stdin=b"y" * 3000000, rc=2)
    assert "too long" in r.err and "yyyy" not in r.err


def test_the_environment_goes_before_it(p):
    p.fettle("list", "keys", stdin=b"wrong\n")


def test_data_is_never_the_password(p):
    for args in (["--stdin"], ["--files-from", "-"], ["--files-from-raw", "-"], ["--files-from-verbatim", "-"]):
        r = p.fettle("backup", *args, env=NONE, stdin=b"x\n", rc=2)
        assert "standard input is the data" in r.err, r.err
    p.fettle("backup", "--stdin", stdin=b"x\n")


def test_a_new_key_reads_the_next_line(p):
    p.fettle("key", "add", stdin=b"second\n")                      # asked once: nobody types
    p.restic("list", "keys", env={"RESTIC_PASSWORD": "second"})
    p.fettle("key", "passwd", env=NONE, stdin=b"second\nthird\n")
    p.restic("list", "keys", env={"RESTIC_PASSWORD": "third"})
    p.fettle("list", "keys", env={"RESTIC_PASSWORD": "second"}, rc=12)
    before = p.files("keys")
    p.fettle("key", "add", env=NONE, stdin=b"x\n", rc=2)            # no line is left for it
    assert p.files("keys") == before


def test_init_asks_once(p):
    new = os.path.join(p.top, "new")
    p._run([FETTLE, "-r", new, "init"], 0, env=NONE, stdin=b"a b\n")
    p._run([FETTLE, "-r", new, "list", "keys"], 0, env={"RESTIC_PASSWORD": "a b"})
