import subprocess, sys, time
out = sys.argv[1]
with open(out + "/said", "w", buffering=1) as f:
    def r(*c):
        p = subprocess.run(c, capture_output=True, text=True)
        f.write("$ %s -> %d\n%s%s\n" % (" ".join(c), p.returncode, p.stdout, p.stderr))
    r("ps", "axf")
    r("systemctl", "is-system-running")
    r("systemctl", "--failed")
    r("systemctl", "cat", "fettle.service")
    r("loginctl")
    r("journalctl", "-b", "--no-pager", "-n", "40")
