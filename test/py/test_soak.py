"""A day of a hundred jobs, without its pauses: the daemon does not grow."""
import os
import re
import time

import pytest

from control import Control
from test_daemon import daemon

JOBS = 100
RUNS = int(os.environ.get("FETTLE_SOAK", 24 * JOBS))	# each once an hour

RULE = """\
      - name: job %d
        locations: ~/D/%d
        actions: [{sort: by-type}]
        schedule: '*-*-* *:*:0/%d'
"""


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def resident(pid):
    """KiB of its own, not of files."""
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"RssAnon:\s+(\d+) kB", f.read()).group(1))


@pytest.mark.slow
def test_a_day_of_a_hundred_jobs(box):
    """RUNS runs of JOBS jobs: descriptors are what they were, and memory after the
    first tenth, too."""
    for i in range(JOBS):
        box.put("D/%d/a.jpg" % i, "a")
    box.conf("log: {level: info}\nrules:\n" +
             "".join(RULE % (i, i, 1) for i in range(JOBS)))
    asan = "asan" in os.popen("ldd %s" % box.fettle).read()
    with daemon(box) as d:
        c = Control(box)
        seen, first = 0, None
        begin = time.monotonic()
        while seen < RUNS:
            assert d.p.poll() is None, d.words()
            assert time.monotonic() - begin < 3600, "only %d runs" % seen
            time.sleep(1)		# not to wait for something, but to look on
            c.json("progress")
            box.ok("status", rc=(0, 1))
            seen = int(box.json("runs", "-n", "1")[0]["run"])
            if first is None and seen >= RUNS // 10:
                first = (seen, descriptors(d.pid), resident(d.pid))
        last = (seen, descriptors(d.pid), resident(d.pid))
        c.close()
        d.stop()
    print("runs, descriptors, KiB:", first, last)
    assert last[1] <= first[1] + 4		# a worker's that is just there
    if not asan:				# which keeps what was freed
        assert last[2] <= first[2] + 1024
    # Each had something to do once; none was kept from its turn by the others.
    names = {j for r in box.json("runs", "-n", "1000000") for j in r["jobs"]}
    assert {"job %d" % i for i in range(JOBS)} <= names
