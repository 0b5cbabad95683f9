"""The cases of organize's own test suite and of its issues, in our words: a tree, rules, and
the tree and the words that come of them.  What differs from it by decision says so."""
import os
import shutil

import pytest

from box import far_folder, far_gone


def plant(box, tree, top=""):
    """Files of a nested dict: a text is a file, a dict a folder."""
    for name, v in tree.items():
        rel = os.path.join(top, name)
        if isinstance(v, dict):
            box.mkdir(rel)
            plant(box, v, rel)
        else:
            box.put(rel, v)


def harvest(box, rel):
    """The same, back from the disk."""
    out = {}
    for e in os.scandir(box.path(rel)):
        sub = os.path.join(rel, e.name)
        out[e.name] = harvest(box, sub) if e.is_dir(follow_symlinks=False) else box.read(sub).decode()
    return out


def run(box, rules, rc=0, *args):
    """Run the rules; what they said, in order."""
    box.conf("rules:\n" + rules)
    ops, _ = box.ops("run", *args, rc=rc)
    assert rc != 0 or all(o["state"] in ("done", "skipped") for o in ops), ops
    return [o["text"] for o in ops if o["op"] == "echo" and o["state"] == "done"]


# ---- a rule goes on with what a rule before it made ----

AGAIN = [
    ("rename: found.txt", {"T": {"a.txt": "a"}, "N": {"found.txt": "a"}}),
    ("move: ~/M/", {"T": {"a.txt": "a"}, "N": {}, "M": {"a.txt": "a"}}),
    ("trash", {"T": {"a.txt": "a"}, "N": {}}),
    ("copy: ~/M/", {"T": {"a.txt": "a"}, "N": {"a.txt": "a"}, "M": {"a.txt": "a"}}),
    ("hardlink: ~/M/", {"T": {"a.txt": "a"}, "N": {"a.txt": "a"}, "M": {"a.txt": "a"}}),
]


@pytest.mark.parametrize("action,want", AGAIN, ids=[a for a, _ in AGAIN])
def test_a_rule_takes_the_copy_that_a_rule_before_it_made(box, action, want):
    plant(box, {"T": {"a.txt": "a"}})
    run(box, """
          - {locations: ~/T, actions: [copy: ~/N/]}
          - {locations: ~/N, actions: [%s]}
        """ % action)
    assert {n: harvest(box, n) for n in os.listdir(box.home)} == want
    box.ok("undo", "--yes")
    assert harvest(box, "T") == {"a.txt": "a"}
    assert not box.files("N") + (box.files("M") if os.path.isdir(box.path("M")) else [])


def test_three_rules_hand_one_copy_on(box):
    plant(box, {"T": {"a.txt": "a", "b.txt": "b"}})
    run(box, """
          - {locations: ~/T, actions: [copy: ~/N/]}
          - {locations: ~/N, filters: [name: a], actions: [rename: c.txt]}
          - {locations: ~/N, filters: [name: c], actions: [copy: {dest: ~/M/, continue_with: original}, move: ~/O/]}
        """)
    assert {n: harvest(box, n) for n in "TNMO"} == {"T": {"a.txt": "a", "b.txt": "b"},
        "N": {"b.txt": "b"}, "M": {"c.txt": "a"}, "O": {"c.txt": "a"}}


def test_a_rule_takes_what_a_rule_before_it_moved_to_another_file_system(box):
    far = far_folder()
    if far is None:
        pytest.skip("there is no second file system")
    try:
        plant(box, {"T": {"a.txt": "a"}})
        run(box, """
          - {locations: ~/T, actions: [move: %s/]}
          - {locations: %s, actions: [rename: b.txt]}
          - {locations: %s, actions: [move: ~/M/]}
        """ % (far, far, far))
        assert os.listdir(far) == [] and harvest(box, "M") == {"b.txt": "a"}
    finally:
        far_gone(far)


# ---- words ----

def test_filters_and_actions_in_any_case(box):
    plant(box, {"T": {"a.TXT": "a", "b.md": "b"}})
    assert run(box, """
          - {locations: ~/T, filters: [Extension: txt, not Empty], actions: [Echo: "{extension}", SHELL: "true", echo: "{shell.returncode}"]}
          - {locations: ~/T, filters: [NAME: b], actions: [Trash]}
        """) == ["TXT", "0"]
    assert harvest(box, "T") == {"a.TXT": "a"}


# ---- the order in which files have their turn ----

def test_folders_above_min_depth_have_their_order_too(box):
    plant(box, {"T": {"10": {"f": ""}, "9": {"f": ""}, "b": {"f": ""}, "A": {"f": ""}, "f": ""}})
    for depth in ("", "min_depth: 1, "):
        assert run(box, "  - {locations: {path: ~/T, %smax_depth: null}, actions: [echo: '{relative_path}']}" % depth) == \
            ([] if depth else ["f"]) + ["9/f", "10/f", "A/f", "b/f"]


# ---- expressions, as Jinja has them ----

EXPRESSIONS = [
    ("{name|wordcount}", "3"),
    ("{'a, b;c_d é-1'|wordcount}", "5"),
]


@pytest.mark.parametrize("expression,want", EXPRESSIONS, ids=[x for x, _ in EXPRESSIONS])
def test_expressions(box, expression, want):
    box.put("T/Foo bar_Baz-01.txt", "x")
    assert run(box, '  - {locations: ~/T, filters: [name], actions: [echo: "%s"]}' % expression) == [want]
