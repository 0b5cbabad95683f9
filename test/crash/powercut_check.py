#!/usr/bin/env python3
"""powercut_check.py FETTLE DISK -- after a power cut: every content that the world
was built with is on the disk; recovery and a further run end well, and lose none."""
import glob, os, re, shutil, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import world

fettle, disk = sys.argv[1:3]
t, x = disk + "/t", disk + "/x"
d = tempfile.mkdtemp()
world.build(d + "/t", d + "/x", 40)
want = set(world.contents(d + "/t", d + "/x"))
shutil.rmtree(d)


def check(when):
    got = world.contents(t, x)
    lost = want - set(got)
    if lost:
        sys.exit("%s: %d contents are lost" % (when, len(lost)))
    return got


check("after the cut")
# The paths of the guest are those of the configuration: make them true here, in
# this process's own mount namespace.
os.makedirs("/mnt/a", exist_ok=True)
subprocess.run(["mount", "--bind", disk, "/mnt/a"], check=True)
r = world.run(fettle, "/mnt/a/t", "run", "--yes")
if r.returncode not in (0, 3):
    sys.exit("the run after the cut ended %d:\n%s" % (r.returncode, r.stderr))
# Half a manifest beside the copies may be another machine's at work, and goes
# when it is a day old (copies_tidy): so it is, for the second run.
for p in glob.glob("/mnt/a/t/disk/copy/.fettle/.fettle-*.part"):
    os.utime(p, (0, time.time() - 2 * 86400))
r = world.run(fettle, "/mnt/a/t", "run", "--yes")
if r.returncode != 0:
    sys.exit("the second run after the cut ended %d:\n%s" % (r.returncode, r.stderr))
left = [p for p in sum(check("after recovery").values(), []) if re.search(r"\.fettle-[0-9a-f]{16}\.(part|gone)", p)]
if left:
    sys.exit("left lying about: %s" % left)
