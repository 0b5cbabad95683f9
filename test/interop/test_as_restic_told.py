"""What restic refuses or tells and a user of it relies on: nothing is done by half a command."""
import os
import shutil
import tempfile

import pytest

from pair import FETTLE, Pair, needs_restic, pair   # noqa: F401

pytestmark = needs_restic


@pytest.fixture(scope="module")
def p():
    p = Pair(tempfile.mkdtemp(prefix="fettle-told."))
    p.put("f", b"x" * 1000)
    p.new = os.path.join(p.top, "new")
    with open(p.new, "w") as f:
        f.write("new\n")
    p.backup()
    yield p
    shutil.rmtree(p.top)


def test_a_word_too_many_does_nothing_to_keys(p):
    p.fettle("key", "add", "--new-password-file", p.new)
    keys = p.files("keys")
    other = [k["id"] for k in p.fettle("--json", "key", "list").json() if not k["current"]][0]
    for words in (["add", "x"], ["passwd", "x"], ["list", "x"], ["remove", other, "x"], ["remove"], ["remove", ""]):
        own = [] if words[0] in ("list", "remove") else ["--new-password-file", p.new]
        p.fettle("key", *words, *own, rc=(1, 2))
        assert p.files("keys") == keys, words
    p.fettle("key", "remove", other)


def test_a_new_key_has_one_password(p):
    """A file was given: a key that everybody opens must not be made."""
    keys = p.files("keys")
    p.fettle("key", "add", "--new-insecure-no-password", "--new-password-file", p.new, rc=2)
    assert p.files("keys") == keys


def test_of_two_passwords_none(p):
    p.fettle("list", "keys", "--insecure-no-password", rc=2)
    nothing = {"RESTIC_PASSWORD": ""}
    p.fettle("list", "keys", "-p", p.new, "--password-command", "echo x", rc=2, env=nothing)
    both = {"RESTIC_PASSWORD_FILE": p.new, "RESTIC_PASSWORD_COMMAND": "echo x"}
    p.fettle("list", "keys", rc=2, env=both)
    p.fettle("list", "keys", "--password-command", "echo x", env=both)   # the command line wins
    p.fettle("copy", "--from-repo", p.repo, "--from-password-command", "echo x",
             env={"RESTIC_FROM_PASSWORD_FILE": p.new, "RESTIC_FROM_REPOSITORY_FILE": p.new})


def test_an_empty_place_is_not_the_folder_we_are_in(p):
    """-r "$UNSET" in a repository's own folder."""
    empty = p.put("empty", b"\n")
    for args in (["-r", ""], ["--repository-file", empty]):
        r = p._run([FETTLE, *args, "snapshots"], 2, cwd=p.repo)
        assert "empty" in r.err
    p.fettle("list", "keys", env={"RESTIC_REPOSITORY": "/other"})   # the command line wins


def test_two_places_are_none(p):
    place = p.put("place", p.repo.encode())
    env = {"RESTIC_REPOSITORY": p.repo, "RESTIC_REPOSITORY_FILE": place}
    p._run([FETTLE, "list", "keys"], 2, env=env)
    p._run([FETTLE, "list", "keys"], 0, env={"RESTIC_REPOSITORY_FILE": place})


def test_an_empty_lock_can_be_seen_and_removed(p):
    """As an upload leaves it that was cut short: it bars nobody."""
    lock = os.path.join(p.repo, "locks", "1d" * 32)
    os.makedirs(os.path.dirname(lock), exist_ok=True)
    open(lock, "wb").close()
    p.fettle("check")
    assert p.fettle("list", "locks").out == "1d" * 32 + "\n"
    p.fettle("unlock")
    assert os.path.exists(lock)
    p.fettle("unlock", "--remove-all")
    assert not os.path.exists(lock)


def tags(p):
    return [s.get("tags") for s in p.snapshots()]


def test_a_snapshot_that_is_named_twice(p):
    """One snapshot: tag made two of it."""
    one = p.snapshots()[0]["id"]
    p.fettle("tag", "--set", " a , b,", one, one[:8], "latest")
    assert tags(p) == [["a", "b"]]
    one = p.snapshots()[0]["id"]
    p.fettle("tag", "--add", " c ", "--remove", " b", one, one)
    assert tags(p) == [["a", "c"]]
    one = p.snapshots()[0]["id"]
    assert len(p.fettle("--json", "snapshots", one, one).json()) == 1
    gone = p.fettle("--json", "forget", "--dry-run", one, one[:10])
    assert gone.out.count(one) <= 1 and len(p.snapshots()) == 1


def test_no_tags_is_not_all_tags_gone(p):
    """--set "$UNSET": restic changes nothing, and so do we."""
    before = tags(p)
    for none in ("", ",", " "):
        p.fettle("tag", "--set", none, rc=2)
        p.fettle("tag", "--remove", none)
        p.fettle("tag", "--add", none)
    assert tags(p) == before


def test_numbers_as_restic_writes_them(p):
    p.put("zeroes", b"\0" * 1000000)
    p.backup()
    out = p.fettle("--json", "stats", "--mode", "raw-data").out
    assert '"compression_progress":100,' in out and "e+" not in out


def test_ten_of_what(p):
    """A check of ten bytes is not a tenth of it, though it ends well."""
    p.fettle("check", "--read-data-subset", "10", rc=2)
    p.fettle("cache", "--cleanup", "x", rc=2)


def test_dump_of_an_empty_path_is_not_all(p):
    p.fettle("dump", "latest", "", rc=2)


def test_what_is_shown_and_damaged_is_said_to_be(pair):   # noqa: F811
    p = pair()
    p.put("f", b"x" * 1000)
    p.backup()
    pack = p.packs_of("data")[0]
    p.harm(p.pack(pack), at=5)
    r = p.fettle("cat", "pack", pack, rc=1)
    assert len(r.out) > 40 and "not those of its name" in r.err
    p.harm(p.files("index")[0], at=40)
    r = p.fettle("--json", "check", rc=1)
    assert r.lines()[-1]["suggest_repair_index"] is True
    assert "repair index" in p.fettle("check", rc=1).out
    p.fettle("repair", "index")
    assert p.fettle("--json", "check").lines()[-1]["suggest_repair_index"] is False
