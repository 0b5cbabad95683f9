"""How other programs of this kind lost data: each of their losses is a test here.

The names say whose loss it was.  What is not in this version (hard links as an
action, duplicates) is refused, which is tested, too.
"""
import os

import pytest

from box import same


def moves(mode, action="move", dest="~/E/"):
    return ("rules: [{name: m, locations: ~/D, actions: [{%s: {dest: '%s', on_conflict: %s}}]}]\n"
            % (action, dest, mode))


@pytest.mark.parametrize("action", ["move", "copy"])
def test_organize_overwrite_where_the_target_is_a_folder(box, action):
    """organize: rmtree of the folder that had the target's name."""
    box.put("D/report", "file")
    box.put("E/report/precious.txt", "precious")
    box.put("E/report/sub/deep.txt", "deep")
    box.conf(moves("overwrite", action, "~/E/"))
    box.ok("run", rc=3)
    assert box.files("E") == ["report/precious.txt", "report/sub/deep.txt"]
    assert box.read("D/report") == b"file"


def test_organize_rename_overwrites_a_folder(box):
    """The same by rename."""
    box.put("D/a.txt", "file")
    box.put("D/target/precious.txt", "precious")
    box.conf("rules: [{name: m, locations: ~/D, actions: "
             "[{rename: {new_name: target, on_conflict: overwrite}}]}]\n")
    box.ok("run", rc=3)
    assert box.files("D") == ["a.txt", "target/precious.txt"]


def test_organize_deletes_the_target_before_a_move_that_fails(box, mount, liar):
    """organize: overwrite removed the target, then the move failed."""
    disk = mount(size="30m")
    with open(disk + "/a.bin", "wb") as f:
        f.write(b"what was there")
    box.put("D/a.bin", os.urandom(1 << 20))
    box.conf(moves("overwrite", dest=disk + "/"))
    env = {"LD_PRELOAD": liar, "LIAR_DIR": disk, "LIAR_MIN": "100000", "LIAR_ERROR": "28",
           "ASAN_OPTIONS": box.env["ASAN_OPTIONS"] + ":verify_asan_link_order=0:detect_leaks=0"}
    r = box.ok("run", rc=3, env=env)
    assert box.path("D/a.bin") in r.err
    with open(disk + "/a.bin", "rb") as f:
        assert f.read() == b"what was there", "it must be in its place, not only somewhere"
    assert len(box.read("D/a.bin")) == 1 << 20


def test_overwrite_that_works_keeps_the_old_one(box, mount):
    """What overwrite replaces lies in the trash of its own disk, and undo brings it back."""
    disk = mount(size="30m")
    with open(disk + "/a.bin", "wb") as f:
        f.write(b"what was there")
    box.put("D/a.bin", "new")
    box.conf(moves("overwrite", dest=disk + "/"))
    box.ok("run")
    found = [os.path.join(d, n) for top in (disk, box.trash) for d, _, fs in os.walk(top) for n in fs]
    contents = [open(p, "rb").read() for p in found]
    assert b"new" in contents and b"what was there" in contents
    box.ok("undo")
    with open(disk + "/a.bin", "rb") as f:
        assert f.read() == b"what was there"
    assert box.read("D/a.bin") == b"new"


@pytest.mark.parametrize("mode", ["deduplicate", "overwrite", "skip", "rename_new", "trash"])
def test_organize_deduplicate_by_size_and_time_only(box, mode):
    """organize: AAAA and BBBB of one mtime were 'duplicates'."""
    a, b = box.put("D/x.txt", "AAAA"), box.put("E/x.txt", "BBBB")
    for p in (a, b):
        os.utime(p, ns=(10**18, 10**18))
    there = box.bytes_there()
    box.conf(moves(mode))
    box.ok("run", rc=(0, 3))
    assert box.bytes_there() >= there
    if mode == "deduplicate":
        assert {box.read(n) for n in box.files()} == {b"AAAA", b"BBBB"}


def test_deduplicate_differs_in_the_last_byte(box):
    """Equal but for the last of many bytes is not equal."""
    data = os.urandom(300_000)
    box.put("D/x.bin", data + b"1")
    box.put("E/x.bin", data + b"2")
    box.conf(moves("deduplicate"))
    box.ok("run")
    assert {box.read(n)[-1:] for n in box.files()} == {b"1", b"2"}


def test_deduplicate_of_one_inode(box):
    """Two names of one inode are the same file, not duplicates: a name may go, bytes not."""
    box.put("D/x.bin", "one inode")
    box.mkdir("E")
    os.link(box.path("D/x.bin"), box.path("E/x.bin"))
    box.conf(moves("deduplicate"))
    box.ok("run", rc=(0, 3))
    assert box.read("E/x.bin") == b"one inode"


@pytest.mark.parametrize("mode", ["rename_new", "skip", "overwrite", "deduplicate"])
def test_move_onto_another_link_of_itself(box, mode):
    """rename(2) of two names of one inode does nothing and says it did."""
    box.put("D/x.bin", "one inode")
    box.mkdir("E")
    os.link(box.path("D/x.bin"), box.path("E/x.bin"))
    box.conf(moves(mode))
    box.ok("run", rc=(0, 3))
    assert "E/x.bin" in box.files() and box.read("E/x.bin") == b"one inode"


@pytest.mark.parametrize("mode", ["rename_new", "skip", "overwrite", "rename_existing",
                                  "deduplicate", "trash"])
@pytest.mark.parametrize("action", ["move", "copy"])
def test_onto_itself(box, action, mode):
    """A file whose target is itself stays, once."""
    box.put("D/a.txt", "itself")
    box.conf("rules: [{name: m, locations: ~/D, actions: [{%s: {dest: ~/D/, on_conflict: %s}}]}]\n"
             % (action, mode))
    box.ok("run", rc=(0, 3))
    assert box.files() == ["D/a.txt"] and box.read("D/a.txt") == b"itself"


def test_organize_168_move_lost_the_mtime(box, mount):
    """organize #168: a move copied, and the time was gone."""
    disk = mount(size="8m")
    for dest in ("~/E/", disk + "/"):
        a = box.put("D/a.txt", "a", mode=0o640)
        os.utime(a, ns=(10**18 + 5, 10**18 + 123_456_789))
        box.conf(moves("rename_new", dest=dest))
        box.ok("run")
        moved = os.path.join(dest.replace("~", box.home), "a.txt")
        st = os.stat(moved)
        assert st.st_mtime_ns == 10**18 + 123_456_789 and st.st_mode & 0o777 == 0o640
        os.unlink(moved)


@pytest.mark.parametrize("how", ["move", "bundle", "rename"])
def test_hazelnut_same_stem(box, how):
    """hazelnut: report.pdf and report.docx both became report.zip; one was lost."""
    box.put("D/report.pdf", "pdf", age=40)
    box.put("D/report.docx", "docx", age=40)
    there = box.bytes_there()
    box.conf({
        "move": "rules: [{name: m, locations: ~/D, filters: [extension], actions: "
                "[{move: '~/E/{name}.out'}]}]\n",
        "rename": "rules: [{name: m, locations: ~/D, filters: [extension], actions: "
                  "[{rename: '{name}.out'}]}]\n",
        "bundle": "archives: [{name: m, locations: ~/D, older_than: 30 days, to: ~/E, "
                  "bundle: tar.zst}]\n"}[how])
    box.ok("run")
    if how == "bundle":
        box.ok("undo")
        assert box.files("D") == ["report.docx", "report.pdf"]
    assert box.bytes_there() >= there


def test_hazelnut_rename_without_a_check(box):
    """hazelnut: rename went over what was there."""
    box.put("D/a.txt", "new")
    box.put("D/b.txt", "old")
    box.conf("rules: [{name: m, locations: ~/D, filters: [{name: a}], actions: [{rename: b.txt}]}]\n")
    box.ok("run")
    assert {box.read("D/" + n) for n in box.files("D")} == {b"new", b"old"}
    assert box.read("D/b.txt") == b"old"


def test_maid_move_clobbers_by_default(box):
    """maid: the default was to clobber."""
    box.put("D/a.txt", "new")
    box.put("E/a.txt", "old")
    box.conf("rules: [{name: m, locations: ~/D, actions: [{move: ~/E/}]}]\n")
    box.ok("run")
    assert box.read("E/a.txt") == b"old" and box.read("E/a 2.txt") == b"new"


def test_czkawka_the_link_that_fails(box, mount):
    """czkawka: the delete came before the link that failed.  What a hard link was to
    replace on another file system is there afterwards, as is the file."""
    box.put("D/a.txt", "a")
    mount(box.path("E"))
    box.put("E/a.txt", "old")
    box.conf("rules: [{name: m, locations: ~/D, actions: [{hardlink: "
             "{dest: ~/E/, on_conflict: overwrite}}]}]\n")
    r = box.run("run", "--yes")
    assert r.rc != 0, r
    assert box.read("D/a.txt") == b"a" and box.read("E/a.txt") == b"old"


def test_rmlint_672_hard_links_in_a_replay(box):
    """rmlint #672: a replay over hard links deleted distinct files."""
    box.put("D/a.txt", "shared")
    os.link(box.path("D/a.txt"), box.path("D/b.txt"))
    os.link(box.path("D/a.txt"), box.path("D/c.jpg"))
    before = box.tree()
    box.conf("rules: [{name: m, locations: ~/D, actions: [{sort: by-type}]}]\n")
    box.ok("run")
    assert box.files("D") == ["Documents/a.txt", "Documents/b.txt", "Images/c.jpg"]
    box.ok("undo")
    same(before, box.tree())


def test_fclones_196_links_across_devices(box, mount):
    """fclones #196: a hard link over devices became 23,000 symlinks."""
    disk = mount(size="8m")
    for i in range(20):
        box.put("D/%d.txt" % i, "same bytes")
    box.conf("backups: [{name: b, paths: ~/D, copies: {path: %s/B}}]\n" % disk)
    box.ok("run")
    box.ok("run")
    links = [n for d, dirs, fs in os.walk(disk) for n in dirs + fs
             if os.path.islink(os.path.join(d, n))]
    assert links == ["latest"]


@pytest.mark.parametrize("shape", ["swap", "chain", "ring"])
def test_nnn_971_swaps_and_chains(box, shape):
    """nnn #971, #538: swapping a and b, or a chain, deleted one of them."""
    names = {"swap": "ab", "chain": "abcd", "ring": "abc"}[shape]
    for n in names:
        box.put("D/%s.txt" % n, "content of " + n)
    there = box.bytes_there()
    rules = []
    for i, n in enumerate(names):
        if shape == "chain" and i + 1 == len(names):
            break
        rules.append("  - {name: r%d, locations: ~/D, filters: [{name: %s}], "
                     "actions: [{rename: {new_name: %s.txt, on_conflict: overwrite}}]}"
                     % (i, n, names[(i + 1) % len(names)]))
    before = box.tree()
    box.conf("rules:\n" + "\n".join(rules) + "\n")
    box.ok("run", rc=(0, 3))
    assert box.bytes_there() >= there
    box.ok("undo", rc=(0, 3))
    assert box.bytes_there() >= there
    same(before, box.tree())


def test_tmpfiles_dry_run_that_was_not_dry(box):
    """systemd-tmpfiles PR #33383: --dry-run was not dry at all."""
    for n in ("a.jpg", "b.txt", "c.bak", "sub/d.txt"):
        box.put("D/" + n, n, age=40)
    box.conf("""\
        rules:
          - {name: s, locations: ~/D, actions: [{sort: by-type}]}
          - {name: d, locations: ~/D, filters: [{extension: bak}], actions: [delete]}
          - {name: c, locations: ~/D, actions: [{copy: ~/C/}]}
        backups: [{name: b, paths: ~/D, copies: {path: ~/B}}]
        archives: [{name: a, locations: ~/D, subfolders: true, older_than: 30 days, to: ~/A,
                    empty_folders: remove}]
        """)

    def picture():
        return {n: (st.st_mtime_ns, st.st_ctime_ns, st.st_ino) for n in box.names()
                for st in [os.lstat(box.path(n))]}

    before = picture()
    box.ok("plan", "--all")
    box.ok("plan", "--json")
    box.ok("sort", "--plan", box.path("D"))
    assert picture() == before
    box.ok("run")
    after = picture()
    box.ok("undo", "--plan")
    assert picture() == after


def test_tmpfiles_33349_a_rule_over_home(box):
    """systemd-tmpfiles --purge took /home: rules over a home spare what is fettle's own."""
    box.put("keep.bak", "bytes")
    box.conf("guard: {max_share: off}\n"
             "rules: [{name: all, locations: %s, subfolders: true, actions: [delete]}]\n" % box.top)
    there = box.bytes_there()
    box.run("run")
    assert {"catalog.db", "fettle.log"} <= set(os.listdir(box.state))
    assert box.bytes_there() >= there
    box.ok("undo", rc=(0, 3))
    assert box.read("keep.bak") == b"bytes"


def test_tmpfiles_mount_below(box, mount):
    """systemd-tmpfiles #12692: an age rule went into a mounted file system: what it holds
    is put away whole or left, never lost."""
    box.put("D/old.txt", "old", age=40)
    disk = mount(where=box.path("D/mnt"), size="8m")
    with open(disk + "/there.txt", "w") as f:
        f.write("there")
    os.utime(disk + "/there.txt", (10**9, 10**9))
    box.conf("archives: [{name: a, locations: ~/D, subfolders: true, older_than: 30 days, "
             "to: ~/A, empty_folders: remove}]\n")
    there = box.bytes_there()
    box.ok("run", rc=(0, 3))
    assert box.bytes_there() >= there
    assert os.path.ismount(disk)


@pytest.mark.parametrize("harm", ["cut", "garbage", "empty", "middle"])
def test_logrotate_45_broken_state(box, harm):
    """logrotate #45: a truncated state file was taken for none.  A broken catalog: refused
    in words that name it, or all is still known; nothing is moved unrecorded."""
    box.put("D/a.jpg", "a")
    box.conf("rules: [{name: s, locations: ~/D, actions: [{sort: by-type}]}]\n")
    box.ok("run")
    db = os.path.join(box.state, "catalog.db")
    size = os.path.getsize(db)
    if harm == "cut":
        os.truncate(db, size // 2)
    elif harm == "garbage":
        with open(db, "r+b") as f:
            f.write(os.urandom(size))
    elif harm == "empty":
        os.truncate(db, 0)
    else:
        with open(db, "r+b") as f:
            f.seek(4096)
            f.write(b"\xff" * (size - 4096 - 100))
    for x in ("-wal", "-shm", "-journal"):
        if os.path.exists(db + x):
            os.unlink(db + x)
    box.put("D/b.jpg", "b")
    there = box.bytes_there()
    r = box.run("run")
    assert box.bytes_there() >= there
    if r.rc != 0:
        assert r.rc == 1 and "catalog" in r.err, r.err
        assert "b.jpg" in box.files("D"), "nothing moves while nothing can be recorded"
    else:
        box.ok("undo")
        assert "b.jpg" in box.files("D")


def test_folderfresh_18_how_do_i_return_them(box):
    """FolderFresh #18: 'Where are the files? How do I return them?'"""
    box.put("D/a.jpg", "a")
    r = box.ok("sort", "D")
    assert "fettle undo 1" in r.err + r.out
    assert box.path("D/Images") in box.ok("where", "a.jpg").out
    box.ok("undo", "1")
    assert box.files("D") == ["a.jpg"]


def test_phockup_222_numbers_are_stable(box):
    """phockup #222: numbers of equal names changed from run to run."""
    for i in range(6):
        box.put("D/%d/photo.jpg" % i, "photo %d" % i)
    box.conf("rules: [{name: m, locations: ~/D, subfolders: true, actions: [{move: ~/E/}]}]\n")
    box.ok("run")
    first = box.tree(box.path("E"))
    assert len(first) == 6
    ops, total = box.ops("run")
    assert total["done"] == 0
    same(first, box.tree(box.path("E")))
    box.ok("undo")
    box.ok("run", "--again")
    same(first, box.tree(box.path("E")))


def test_sorted_names_are_stable_where_they_lie(box):
    """A rule over its own target folder does not number anew."""
    for i in range(4):
        box.put("D/%d/a.jpg" % i, "photo %d" % i)
    box.conf("rules: [{name: s, locations: ~/D, subfolders: true, actions: [{sort: by-type}]}]\n")
    box.ok("run")
    first = box.files("D")
    for _ in range(2):
        ops, total = box.ops("run")
        assert total["done"] == 0, ops
    assert box.files("D") == first
    box.ops("run", "--again")
    assert box.files("D") == first


def test_trash_cli_symlinked_trash(box, mount):
    """trash-cli: a .Trash that is a symlink or not sticky is not used."""
    disk = mount(size="8m", mode="1777")
    os.mkdir(disk + "/D")
    os.mkdir(box.path("trap"))
    os.symlink(box.path("trap"), disk + "/.Trash")
    with open(disk + "/D/a.bak", "w") as f:
        f.write("bytes")
    box.conf("rules: [{name: t, locations: %s/D, actions: [trash]}]\n" % disk)
    box.ok("run")
    assert os.listdir(box.path("trap")) == []
    box.ok("undo")
    with open(disk + "/D/a.bak") as f:
        assert f.read() == "bytes"


def test_trash_is_freedesktops(box):
    """What goes to the trash can be put back by any desktop: files/ and info/ agree."""
    box.put("D/naïve 100%.bak", "bytes")
    box.put("D/sub/naïve 100%.bak", "other bytes")
    box.conf("rules: [{name: t, locations: ~/D, subfolders: true, actions: [trash]}]\n")
    box.ok("run")
    files = set(os.listdir(box.trash + "/files"))
    infos = set(os.listdir(box.trash + "/info"))
    assert infos == {f + ".trashinfo" for f in files} and len(files) == 2
    paths = set()
    for i in infos:
        text = open(box.trash + "/info/" + i).read().splitlines()
        assert text[0] == "[Trash Info]"
        keys = dict(x.split("=", 1) for x in text[1:])
        import urllib.parse
        paths.add(urllib.parse.unquote(keys["Path"]))
        assert len(keys["DeletionDate"]) == 19 and "T" in keys["DeletionDate"]
        assert "%25" in keys["Path"] and "\u00ef" not in keys["Path"]
    assert paths == {box.path("D/naïve 100%.bak"), box.path("D/sub/naïve 100%.bak")}


def test_hundred_equal_names_in_the_trash(box):
    """trash-cli: the 100th file of one name."""
    box.conf("guard: {max_deletes: off, max_share: off}\n"
             "rules: [{name: t, locations: ~/D, subfolders: true, actions: [trash]}]\n")
    for i in range(120):
        box.put("D/%d/same.bak" % i, "file %d" % i)
    before = box.tree()
    box.ok("run")
    assert len(os.listdir(box.trash + "/files")) == 120
    box.ok("undo")
    same(before, box.tree())


def test_made_folders_have_the_users_rights(box):
    """Folders that are made follow the user's umask: a shared folder stays shared."""
    box.put("D/a.jpg", "a")
    box.conf("rules: [{name: s, locations: ~/D, actions: [{sort: by-type}]}]\n")
    old = os.umask(0o022)
    try:
        box.ok("run")
    finally:
        os.umask(old)
    assert os.stat(box.path("D/Images")).st_mode & 0o777 == 0o755


def test_undo_does_not_follow_a_symlink(box):
    """Undo through a folder that became a symlink goes nowhere."""
    box.put("D/sub/a.jpg", "a")
    box.conf("rules: [{name: m, locations: ~/D, subfolders: true, actions: [{move: ~/E/}]}]\n")
    box.ok("run")
    box.mkdir("victim")
    os.rename(box.path("D/sub"), box.path("away"))
    os.symlink(box.path("victim"), box.path("D/sub"))
    box.ok("undo", rc=(1, 3))
    assert os.listdir(box.path("victim")) == []
    assert box.read("E/a.jpg") == b"a"


def test_content_cannot_leave_its_folder(box):
    """A captured text with .. or / makes no folder and leads nowhere."""
    box.put("D/..-x.txt", "dots")
    box.put("D/a-x.txt", "plain")
    box.conf("rules: [{name: m, locations: ~/D, filters: [{regex: '^(?P<who>.+)-x'}], "
             "actions: [{move: '~/E/in/{regex.who}/file.txt'}]}]\n")
    box.ok("run", rc=3)
    assert box.files() == ["D/..-x.txt", "E/in/a/file.txt"]


def test_a_rule_that_feeds_itself_ends(box):
    """A copy into the own location does not go on for ever."""
    box.put("D/a.txt", "a")
    box.conf("rules: [{name: c, locations: ~/D, subfolders: true, actions: [{copy: ~/D/sub/}]}]\n")
    box.ok("run", timeout=60)
    assert sorted(box.files("D")) == ["a.txt", "sub/a.txt"]
    box.ok("run", timeout=60)
    assert len(box.files("D")) <= 3


def test_two_rules_that_play_ping_pong(box):
    """Two rules that send a file to and fro end, and lose nothing."""
    box.put("A/a.txt", "a")
    box.conf("rules:\n  - {name: there, locations: ~/A, actions: [{move: ~/B/}]}\n"
             "  - {name: back, locations: ~/B, actions: [{move: ~/A/}]}\n")
    for _ in range(3):
        box.ok("run", timeout=60)
    assert len(box.files()) == 1


def test_plan_and_disk_agree_about_case_and_form(box):
    """NFC and NFD twins, and names that differ by case, are different files."""
    for n in ("D/na\u00efve.txt", "D/nai\u0308ve.txt", "D/NA\u00cfVE.txt"):
        box.put(n, n)
    there = box.bytes_there()
    box.conf("rules: [{name: m, locations: ~/D, actions: [{move: ~/E/}]}]\n")
    box.ok("run")
    assert len(box.files("E")) == 3 and box.bytes_there() >= there


def test_nothing_is_changed_without_a_word(box):
    """Each change that a run makes is in its list: from and to tell the whole tree."""
    for n in ("a.jpg", "b.txt", "c.txt", "d.bak"):
        box.put("D/" + n, n)
    before = set(box.files())
    box.conf("""\
        rules:
          - {name: s, locations: ~/D, filters: [{extension: jpg}], actions: [{sort: by-type}]}
          - {name: r, locations: ~/D, filters: [{name: b}], actions: [{rename: z.txt}]}
          - {name: c, locations: ~/D, filters: [{name: c}], actions: [{copy: ~/E/}]}
          - {name: t, locations: ~/D, filters: [{extension: bak}], actions: [trash]}
        """)
    ops, _ = box.ops("run")
    have = set(before)
    for o in ops:
        src, dst = (os.path.relpath(o[k], box.home) if o[k] else None for k in ("from", "to"))
        if o["op"] in ("move", "rename", "trash"):
            have.discard(src)
        if o["op"] in ("move", "rename", "copy"):
            have.add(dst)
    assert have == set(box.files())
