"""The JSON Schema of the configuration says what `fettle config check` says.

A document that the schema refuses is refused by the program; one of its own
grammar is taken by both.  What only the program can know (calendars, templates,
names told apart, paths) is kept out of the generated documents.
"""
import json
import os
import random
import re
import textwrap

import pytest

jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")

SEED = int(os.environ.get("FETTLE_SEED") or random.randrange(1 << 32))
CASES = int(os.environ.get("FETTLE_SCHEMA_CASES", 120))


class Yaml12(yaml.SafeLoader):
    """As editors read YAML: numbers, true, false and null, and no dates."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
        ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
        ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$",
         list("-+0123456789."))):
    Yaml12.add_implicit_resolver("tag:yaml.org,2002:" + tag,
                                 re.compile(pattern), first)


@pytest.fixture(scope="module")
def validator(tmp_path_factory):
    from box import Box
    box = Box(str(tmp_path_factory.mktemp("schema")))
    schema = json.loads(box.ok("config", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def why(validator, doc):
    """What the schema has against it, or ''."""
    return "; ".join(e.message for e in validator.iter_errors(doc))


def check(box, text):
    box.conf(text)
    return box.ok("config", "check", rc=(0, 2))


GOOD = {
    "nothing": "",
    "comments": "# nothing yet\n",
    "the first ten minutes": """\
        rules:
          - name: sort downloads by type
            locations: ~/Downloads
            actions:
              - sort: by-type
        backups:
          - name: stick
            paths: ~/Documents
            copies: {label: STICK, path: backup}
            keep: {last: 10}
        archives:
          - name: old downloads
            locations: ~/Downloads
            older_than: 30 days
            to: ~/Archive
        schedule: every day at 01:00
        guard: {max_moves: 10000, max_deletes: 100, max_share: 80%}
        log: {level: info, format: text}
        trash: {keep: 30 days}
        history: {keep: 2 years}
        allow: [commands]
        """,
    "organize's": """\
        rules:
          - locations:
              - ~/Desktop
              - path: [~/Downloads, [~/D2]]
                max_depth: null
                exclude_dirs: [Invoices]
            subfolders: true
            filter_mode: any
            filters:
              - extension: [jpg, [png, gif]]
              - not empty
              - name: {startswith: [a, b], case_sensitive: false}
              - lastmodified: {days: 3, mode: newer}
              - size: '>1mb, <10mb'
              - regex: '(?P<n>\\d+)'
            actions:
              - echo: '{path}'
              - copy: {dest: ~/C/, on_conflict: skip}
              - move: '~/M/{extension}/'
        """,
    "all actions": """\
        allow: [commands]
        rules:
          - locations: ~/D
            stop: yes
            companions: [xmp, .srt]
            any:
              - extension: jpg
              - all: [{name: a}, not any: {size: '>1mb'}]
            none: empty
            actions:
              - confirm
              - confirm: {msg: 'Go on with {name}?', default: no}
              - copy: {dest: ~/C/, on_conflict: keep_newer}
              - hardlink: {dest: ~/L/, on_conflict: keep_larger}
              - symlink: ~/S/
              - shell: 'touch {path}'
              - shell: {cmd: 'true', ignore_errors: yes, run_in_simulation: no}
              - write: {text: '{name}', outfile: ~/list.txt, mode: prepend,
                  newline: no, clear_before_first_write: yes, encoding: utf-8}
              - archive: {to: ~/A, keep_metadata: when_possible}
        """,
    "one value for a list": """\
        rules: {locations: ~/D, actions: {sort: {categories: {Raw: .raw, More: }}}}
        """,
    "schedules": """\
        backups:
          name: b
          paths: [~/D]
          copies: ~/B
          schedule: {at: ['*-*-* 02:00', every monday at 09:30], catch_up: no,
            jitter: 10min, timezone: Europe/Berlin}
          max_age: 2 weeks
          exclude_larger_than: 10MiB
        """,
    "keys of one's own": "x-mine: {anything: [1, 2]}\n",
}

BAD = {
    "an unknown section": "rule: []\n",
    "a later key": """\
        backups: {name: a, paths: ~/D, copies: ~/B, repository: ~/R}
        """,
    "no actions": "rules: {locations: ~/D}\n",
    "an unknown action": "rules: {locations: ~/D, actions: [{mov: ~/E}]}\n",
    "a later action": "rules: {locations: ~/D, actions: [{macos_tags: x}]}\n",
    "two actions in one item": "rules: {locations: ~/D, actions: [{trash: , echo: x}]}\n",
    "a move to nowhere": "rules: {locations: ~/D, actions: [move]}\n",
    "an unknown conflict mode":
        "rules: {locations: ~/D, actions: [{move: {dest: ~/E/, on_conflict: ask}}]}\n",
    "a number where a unit belongs":
        "archives: {name: a, locations: ~/D, older_than: 30, to: ~/A}\n",
    "an archive to nowhere": "archives: {name: a, locations: ~/D, older_than: 30 days}\n",
    "a list where a map belongs": "guard: [1]\n",
    "a map where text belongs": "backups: {name: {a: b}, paths: ~/D, copies: ~/B}\n",
    "a share without percent": "guard: {max_share: 80}\n",
    "half a retention": "backups: {name: a, paths: ~/D, copies: ~/B, keep: {dayly: 3}}\n",
    "copies without a place": "backups: {name: a, paths: ~/D, copies: {name: '%Y'}}\n",
    "a truth value that is none": "rules: {enabled: perhaps, locations: ~/D, actions: trash}\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_good_examples_are_good_to_both(box, validator, name):
    text = textwrap.dedent(GOOD[name])
    assert why(validator, yaml.load(text, Yaml12)) == ""
    r = check(box, text)
    assert r.rc == 0, r.err


@pytest.mark.parametrize("name", BAD)
def test_bad_examples_are_bad_to_both(box, validator, name):
    text = textwrap.dedent(BAD[name])
    assert why(validator, yaml.load(text, Yaml12)) != ""
    assert check(box, text).rc == 2


def test_every_filter_and_action_is_told(validator):
    """None of them takes just anything."""
    defs = validator.schema["$defs"]
    for what in ("filter", "action"):
        for name, value in defs[what]["anyOf"][1]["patternProperties"].items():
            assert value is not True, (what, name)


ODD = "qqqqqqqq"	# near no key, so that all of them are told
RULE = "rules: {locations: ~/D, %s}\n"
KEYS = {	# a document with the odd key in a map, and the schema of that map
    "": ("%s: 1\n", []),
    "guard": ("guard: {%s: 1}\n", ["$defs", "guard"]),
    "log": ("log: {%s: 1}\n", ["$defs", "log"]),
    "web": ("web: {%s: 1}\n", ["$defs", "web"]),
    "tls": ("web: {tls: {%s: 1}}\n", ["$defs", "web", "properties", "tls"]),
    "metrics": ("metrics: {%s: 1}\n", ["$defs", "metrics"]),
    "trash": ("trash: {%s: 1}\n", ["$defs", "keep_for"]),
    "history": ("history: {%s: 1}\n", ["$defs", "keep_for"]),
    "schedule": ("schedule: {%s: 1}\n", ["$defs", "schedule", "anyOf", 1]),
    "rule": ("rules: {%s: 1}\n", ["$defs", "rule"]),
    "location": ("rules: {locations: {path: ~/D, %s: 1}, actions: trash}\n",
                 ["$defs", "location", "anyOf", 1]),
    "backup": ("backups: {%s: 1}\n", ["$defs", "backup_copies"]),
    "repository": ("backups: {repository: ~/R, %s: 1}\n", ["$defs", "backup_repository"]),
    "repository's keep": ("backups: {name: a, paths: ~/D, repository: ~/R, keep: {%s: 1}}\n",
                          ["$defs", "backup_repository", "properties", "keep"]),
    "copies": ("backups: {name: a, paths: ~/D, copies: {%s: 1}}\n",
               ["$defs", "backup_copies", "properties", "copies", "anyOf", 1]),
    "keep": ("backups: {name: a, paths: ~/D, copies: ~/B, keep: {%s: 1}}\n",
             ["$defs", "backup_copies", "properties", "keep"]),
    "archive": ("archives: {%s: 1}\n", ["$defs", "archive"]),
    "notify": ("notify: {%s: 1}\n", ["$defs", "notify_entry"]),
    "mail": ("notify: {mail: {%s: 1}}\n", ["$defs", "notify_entry", "properties", "mail"]),
    "webhook": ("notify: {webhook: {%s: 1}}\n",
                ["$defs", "notify_entry", "properties", "webhook", "anyOf", 1]),
    "ping": ("notify: {ping: {%s: 1}}\n",
             ["$defs", "notify_entry", "properties", "ping", "anyOf", 1]),
    "hook": ("rules: {locations: ~/D, actions: trash, before: {%s: 1}}\n",
             ["$defs", "hook", "anyOf", 1]),
}


def map_of(value):
    """The schema of the map among what may stand behind a filter or an action."""
    return next((v for v in [value, *value.get("anyOf", [])] if "properties" in v), None)


def words(validator):
    """The same for every filter and action that takes a map."""
    for what in ("filter", "action"):
        pats = validator.schema["$defs"][what]["anyOf"][1]["patternProperties"]
        for pat, value in pats.items():
            name = pat.strip("^$").replace("(not +)?", "")
            if "$ref" in value:
                value = validator.schema["$defs"][value["$ref"].rsplit("/", 1)[1]]
            if map_of(value) is None:
                continue
            yield name, "%ss: {%s: {%%s: 1}}%s" % (
                what, name, ", actions: trash" if what == "filter" else ""), map_of(value)


def test_the_keys_are_the_same(box, validator):
    """Every key that the program knows is in the schema, and none is beside."""
    asked = []
    for name, (text, path) in KEYS.items():
        s = validator.schema
        for step in path:
            s = s[step]
        asked.append((name, text, s))
    asked += [(n, RULE.replace("%s", t), s) for n, t, s in words(validator)]
    for name, text, s in asked:
        r = check(box, text % ODD)
        told = re.search(r"unknown key '%s' in .*?expected: one of ([^\n]*)" % ODD, r.err, re.S)
        assert told, "%s\n%s" % (name, r.err)
        assert sorted(told[1].split(", ")) == sorted(s["properties"]), name


# Generated documents.


NEWS = [
    {"events": ["failure", ["held", "late"]], "timeout": "10s", "mail": {
        "to": ["me@example.org", "Me <me@example.org>"], "from": "f@example.org",
        "smtp": "smtps://mail.example.org", "user": "me", "password_command": "pass mail"}},
    {"mail": {"to": "me@example.org", "smtp": "mail:587", "tls": False}, "digest": "18:00"},
    {"mail": {"to": "me@example.org", "smtp": "mail", "user": "a", "credential": "mail"},
     "digest": "daily", "events": "all"},
    {"events": ["start", "success", "failure"], "ping": "https://hc-ping.com/uuid/{job}"},
    {"ping": {"url": "https://x/{secret}", "secret_file": "~/k"}},
    {"webhook": "https://x/", "tags": ["a", "b"]},
    {"webhook": {"url": "https://x/", "json": {"a": "{title}", "b": [1, {"c": None}]},
                 "headers": {"X-A": "{event}"}, "secret_command": ["a", "b"]}},
    {"webhook": {"url": "https://x/", "method": "PUT", "text": "{{ {text} }}"}},
    {"desktop": True}, {"command": "tell 'a b'"}, {"command": ["tell", "a|b"]},
]


class Maker:
    """Documents by the schema's own grammar, with values that mean something."""

    def __init__(self, r, schema):
        self.r, self.defs = r, schema["$defs"]
        self.schema, self.names = schema, 0

    def one(self, path):
        """A value for the schema at this path, by what it is about."""
        key = path[-1]
        r = self.r
        if key == "name" and "copies" not in path[-3:] and path[0] in (
                "rules", "backups", "archives") and len(path) == 2:
            self.names += 1
            return "job %d" % self.names
        by_key = {
            "path": lambda: "~/" + r.choice("abc") if "copies" not in path else "sub",
            "paths": lambda: ["~/p%d" % i for i in range(r.randint(1, 3))],
            "locations": lambda: r.choice(["~/D", ["~/D", "~/E"]]),
            "to": lambda: "~/Archive", "into": lambda: "~/Sorted/",
            "dest": lambda: "~/dest/", "outfile": lambda: "~/out.txt", "new_name": lambda: "x{extension}",
            "hash": lambda: "md5", "algorithm": lambda: "sha256",
            "hash_algorithm": lambda: "sha1", "companions": lambda: r.choice([True, ["xmp"]]),
            "repository": lambda: "~/R", "within": lambda: "1y2m",
            "exclude_file": lambda: "~/x", "password_file": lambda: "~/k",
            "expr": lambda: "a+", "file": lambda: "~/log/f.log",
            "hash": lambda: "sha256", "algorithm": lambda: "MD5", "hash_algorithm": lambda: "sm3",
            "label": lambda: "STICK", "at": lambda: r.choice(
                ["every day at 01:00", ["*:0/15", "0 8 * * mon-fri"]]),
            "timezone": lambda: "Europe/Berlin" if "schedule" in path else "local",
            "encoding": lambda: r.choice(["utf-8", "latin-1", "utf-16-le"]),
            "rename_template": lambda: "{name} {counter}{extension}",
            "conditions": lambda: [">1mb", "<10mb"],
            "limit_upload": lambda: "5MiB 08:00-18:00", "limit_download": lambda: "10MiB",
            "listen": lambda: r.choice(["unix", "127.0.0.1:7979", "[::1]:80"]),
            "hosts": lambda: r.choice(["nas.local", ["a", "b-1"]]),
            "certificate": lambda: "~/c.pem", "key": lambda: "~/k.pem",
            "textfile": lambda: "~/fettle.prom",
            "schedule": lambda: r.choice(
                ["never", "daily", {"at": "*:00", "catch_up": r.choice([True, "no"]),
                                    "jitter": "10min", "timezone": "UTC"}]),
        }
        if key in by_key:
            return by_key[key]()
        return None

    def make(self, s, path):
        r = self.r
        if "$ref" in s:
            return self.named(s["$ref"].rsplit("/", 1)[1], path)
        if "const" in s:
            return s["const"]
        if "enum" in s:
            return r.choice(s["enum"])
        if s.get("type") == "null":
            return None
        if "properties" in s or "patternProperties" in s:
            return self.map(s, path)
        if s.get("type") == "object":
            own = [".own"] if path[-1] == "categories" else \
                self.make(s["additionalProperties"], path + ("*",))
            return {"filter_tags" if isinstance(own, dict) else "Own": own}
        if "anyOf" in s:
            return self.make(r.choice(s["anyOf"]), path)
        if s.get("type") == "array":
            return [self.make(s["items"], path) for _ in range(r.randint(1, 2))]
        if s.get("type") == "boolean":
            return r.random() < 0.5
        if s.get("type") == "integer":
            return r.randint(0, 1000)
        raise AssertionError(s)

    def named(self, name, path):
        r = self.r
        known = {
            "retry": lambda: r.choice([0, "3", "2 every 10min", "1 every 1h 30min"]),
            "rate": lambda: r.choice(["5MiB", "1MiB 08:00-18:00", ["1MiB 22:00-06:00", "20 MB"]]),
            "nice": lambda: r.choice([0, 19, "7"]),
            "text": lambda: self.one(path) or r.choice(["a", "b c", "ü"]),
            "texts": lambda: self.one(path) or r.choice(["a", ["a"], ["a", ["b"]]]),
            "span": lambda: r.choice(["30 days", "1h 30min", "2weeks", "1.5h"]),
            "size": lambda: r.choice(["10MiB", "500k", "1.5 GB"]),
            "share": lambda: r.choice(["80%", "0.5 %"]),
            "number": lambda: r.choice([0, 7, "12"]),
            "bool": lambda: r.choice([True, False, "yes", "Off"]),
            "notify_entry": lambda: r.choice(NEWS), "hook": lambda: r.choice(
                ["true", "echo 'a | b'", {"run": ["a", "b c"], "timeout": "5min"},
                 {"shell": "a | b"}]),
            "off": lambda: "off", "no": lambda: r.choice([False, "no", "OFF"]),
            "filter": lambda: self.word("filter"), "action": lambda: self.word("action"),
            "filters": lambda: [self.word("filter") for _ in range(r.randint(1, 3))],
            "actions": lambda: [self.word("action")],
        }
        if name in ("schedule", "locations"):
            got = self.one(path)
            if got is not None:
                return got
        if name in known:
            return known[name]()
        return self.make(self.defs[name], path)

    def word(self, what):
        pats = self.defs[what]["anyOf"][1]["patternProperties"]
        pat = self.r.choice(sorted(pats))
        name = pat.strip("^$").replace("(not +)?", self.r.choice(["", "not "]))
        bare = name.replace("not ", "")
        value = {"copy": "~/c/", "move": "~/m/", "rename": "n{extension}",
                 "regex": "a+", "size": ">1k", "extension": "jpg", "echo": "x"}
        if bare in value and self.r.random() < 0.5:
            return {name: value[bare]}
        for _ in range(20):
            got = self.make(pats[pat], ("rules", bare))
            if not (bare in value and isinstance(got, (str, int, list))):
                return {name: got}
        return {name: value[bare]}

    def map(self, s, path):
        out = {}
        need = set(s.get("required", []))
        for alt in s.get("anyOf", []):
            if "required" in alt and not need:
                need |= set(alt["required"])
        for key, sub in s.get("properties", {}).items():
            if key in need or self.r.random() < 0.4:
                out[key] = self.make(sub, path + (key,))
        out.pop("also_to", None)        # names another entry
        if {"password_file", "password_command"} <= set(out):
            del out["password_command"]
        if "actions" in out and "locations" in s["properties"]:
            out["locations"] = out.get("locations") or "~/D"
        return out

    def document(self):
        doc = {}
        for key, sub in self.schema["properties"].items():
            if self.r.random() < 0.7:
                doc[key] = self.make(sub, (key,))
        return doc


def dump(doc):
    """As YAML's flow style, with a key that has nothing behind it for null."""
    if doc is None:
        return ""
    if isinstance(doc, dict):
        return "{%s}" % ", ".join("%s: %s" % (dump(k), dump(v)) for k, v in doc.items())
    if isinstance(doc, list):
        return "[%s]" % ", ".join(map(dump, doc))
    return json.dumps(doc, ensure_ascii=False)


def places(doc, path=()):
    """Every map in it, with its path."""
    if isinstance(doc, dict):
        yield path, doc
        for k, v in doc.items():
            yield from places(v, path + (k,))
    elif isinstance(doc, list):
        for i, v in enumerate(doc):
            yield from places(v, path + (i,))


OWN = {"json", "headers", "categories", "exif", "not exif", "xattr", "not xattr"}	# keys of one's own below


def spoil(r, doc):
    """One fault, of a kind that both must see; False if there was no place."""
    maps = [(p, m) for p, m in places(doc) if m and not OWN & set(p)]
    if not maps:
        return False
    path, m = r.choice(maps)
    how = r.choice(["unknown", "kind"])
    if how == "unknown":
        m["no_such_key"] = "x"
        return True
    key = r.choice(sorted(m))
    if isinstance(m[key], (dict, list)) or m[key] is None:
        return False
    m[key] = {"a map": {"of": "maps"}}
    return True


def test_generated_documents_are_good_to_both(box, validator):
    """What the grammar of the schema makes is taken by the program."""
    r = random.Random(SEED)
    print("FETTLE_SEED=%d" % SEED)
    for i in range(CASES):
        doc = Maker(r, validator.schema).document()
        assert why(validator, doc) == "", doc
        got = check(box, dump(doc) + "\n")
        if got.rc != 0:
            beyond = ("needs a file", "is not for", "no file to work on", "lies inside",
                      "not for files", "must hold", "two jobs", "relative",
                      "no backup of this name")
            odd = [line for line in got.err.splitlines() if line.startswith(box.config)
                   and "warning: " not in line and not any(b in line for b in beyond)]
            assert not odd, "%s\n%s" % (json.dumps(doc, indent=1), "\n".join(odd))


def test_what_the_schema_refuses_is_refused(box, validator):
    """One fault in a good document, and neither takes it."""
    r = random.Random(SEED + 1)
    print("FETTLE_SEED=%d" % SEED)
    done = 0
    while done < CASES:
        doc = Maker(r, validator.schema).document()
        if not spoil(r, doc):
            continue
        done += 1
        assert why(validator, doc) != "", json.dumps(doc, indent=1)
        got = check(box, dump(doc) + "\n")
        assert got.rc == 2, json.dumps(doc, indent=1)
