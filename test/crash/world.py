"""A small world for crash tests: every kind of operation at once, and what must
hold after any crash: every content that was there is still there, recovery ends,
and the next run finishes the work."""
import hashlib, os, subprocess

CONF = """\
rules:
  - name: by type
    locations: {t}/in
    actions:
      - sort: by-type
  - name: away
    locations: {t}/junk
    filters:
      - extension: tmp
    actions:
      - delete
  - name: over
    locations: {t}/new
    actions:
      - move: {{dest: {t}/kept/, on_conflict: overwrite}}
backups:
  - name: copy
    paths: [{t}/in, {t}/kept]
    copies: {{path: {t}/disk}}
    keep: {{last: 2}}
archives:
  - name: old
    locations: {t}/old
    subfolders: true
    older_than: 30 days
    to: {x}/archive
    empty_folders: remove
"""


def put(path, text, age_days=0):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    if age_days:
        t = os.stat(path).st_mtime - age_days * 86400
        os.utime(path, (t, t))


def build(t, x, n=6):
    """t: the folder that holds it all; x: where the archive lies (another file
    system, where the test has one)."""
    for i in range(n):
        put("%s/in/photo %d.jpg" % (t, i), "photo %d" % i)
        put("%s/in/paper %d.pdf" % (t, i), "paper %d" % i)
        put("%s/old/a/b/old %d.txt" % (t, i), "old %d" % i, 90)
    put(t + "/in/photo 0.jpg.keep", "unknown type")
    put(t + "/junk/x.tmp", "junk x")
    put(t + "/junk/y.tmp", "junk y")
    put(t + "/new/report.txt", "report new")
    put(t + "/kept/report.txt", "report old")
    put(t + "/kept/other.txt", "other")
    os.makedirs(x, exist_ok=True)
    c = t + "/xdg/config/fettle"
    os.makedirs(c, 0o700)
    with open(c + "/fettle.yaml", "w") as f:
        f.write(CONF.format(t=t, x=x))
    os.chmod(c + "/fettle.yaml", 0o600)


def env(t):
    e = {"PATH": os.environ["PATH"], "HOME": t, "LC_ALL": "C.UTF-8", "TZ": "UTC",
         "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1"}
    for k in ("CONFIG", "STATE", "CACHE", "DATA"):
        e["XDG_%s_HOME" % k] = "%s/xdg/%s" % (t, k.lower())
    return e


def contents(*tops):
    """Every content below these folders, without the program's own state."""
    found = {}
    for top in tops:
        for d, dirs, files in os.walk(top):
            if d == top:
                dirs[:] = [n for n in dirs if n != "xdg"] + (["xdg/data"] if os.path.isdir(top + "/xdg/data") else [])
            for n in files:
                p = os.path.join(d, n)
                if os.path.islink(p) or n.endswith((".trashinfo", ".manifest")) or n.startswith(".fettle-dest"):
                    continue
                with open(p, "rb") as f:
                    found.setdefault(hashlib.sha256(f.read()).hexdigest(), []).append(p)
    return found


def run(fettle, t, *args, **kw):
    return subprocess.run([fettle, *args], env=env(t), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **kw)
