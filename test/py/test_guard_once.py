"""A job that its guard holds is planned once if nothing follows that could have seen it."""
import re
import shutil

import pytest

from box import STRACE

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


def walks(box, conf, tmp_path):
    """How often a run opened D/sub as a folder."""
    log = str(tmp_path / "log")
    box.conf(conf)
    box.run("run", prefix=(*STRACE, "-o", log, "-e", "trace=openat,openat2", "-e", "signal=none"))
    with open(log) as f:
        return sum(1 for line in f if re.search(r'"(?:[^"]*/)?sub",.*O_DIRECTORY', line))


RULE = "  - {name: %s, locations: ~/%s, subfolders: true, actions: [delete]}\n"
GUARD = "guard: {max_deletes: 1}\n"


def test_alone(box, tmp_path):
    for i in range(3):
        box.put("D/sub/%d.txt" % i, str(i))
    # The first run of a catalog was seen to open it once more: later ones count.
    walks(box, "guard: {max_deletes: off, max_share: off}\nrules:\n" + RULE.replace("delete", "echo: x") % ("r", "D"), tmp_path)
    assert walks(box, GUARD + "rules:\n" + RULE % ("r", "D"), tmp_path) == 1
    assert len(box.files("D/sub")) == 3
    box.ok("approve")
    assert not box.files("D/sub")


def test_behind_one_that_does_nothing_and_one_that_does(box):
    """The plan that is held is the job's own, whatever went before it."""
    for i in range(3):
        box.put("D/sub/%d.txt" % i, str(i))
    box.put("E/a.jpg", "a")
    box.conf(GUARD + "rules:\n" + "  - {name: none, locations: ~/D, subfolders: true, filters: [extension: nef], actions: [delete]}\n"
             + "  - {name: before, locations: ~/E, actions: [move: ~/D/sub/]}\n" + RULE % ("much", "D"))
    ops, total = box.ops("run", rc=4)
    held = sorted(o["from"].rsplit("/", 1)[1] for o in ops if o["state"] == "held")
    assert held == ["0.txt", "1.txt", "2.txt"], "the file that came by the job before is not in it"
    assert total["done"] == 1
    box.ok("approve")
    assert [n.rsplit("/", 1)[-1] for n in map(str, box.files("D/sub"))] == ["a.jpg"]
