"""What every test of the whole program shares.

A test drives the program as a user would: by its command line, in a home of its
own.  Nothing here knows the sources; what is expected is what the contract says.

FETTLE	the binary (default: build/src/fettle or build-check/src/fettle)
FETTLE_SEED	the seed of the generated trees (default: a new one, printed)
FETTLE_SLOW=1	also the tests that take minutes
"""
import contextlib
import os
import random
import shutil
import subprocess
import tempfile

import hypothesis
import hypothesis.core
import pytest

from box import Box, can_mount, far_folder, far_gone, is_root, needs_root_reason

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SEED = int(os.environ.get("FETTLE_SEED") or random.randrange(1 << 32))

hypothesis.settings.register_profile(
    "fettle", deadline=None, max_examples=int(os.environ.get("FETTLE_EXAMPLES", 15)),
    database=None, print_blob=True,
    suppress_health_check=list(hypothesis.HealthCheck))
hypothesis.settings.load_profile("fettle")
hypothesis.core.global_force_seed = SEED


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes; FETTLE_SLOW=1 runs it")
    if not os.environ.get("FETTLE"):
        for b in ("build", "build-check"):
            path = os.path.join(ROOT, b, "src", "fettle")
            if os.access(path, os.X_OK):
                os.environ["FETTLE"] = path
                break
    os.environ["FETTLE"] = os.path.abspath(os.environ.get("FETTLE", "no-fettle"))
    if not os.access(os.environ["FETTLE"], os.X_OK):
        pytest.exit("there is no program to test: set FETTLE", returncode=2)


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line("generated with FETTLE_SEED=%d" % SEED)


def pytest_collection_modifyitems(config, items):
    if os.environ.get("FETTLE_SLOW") == "1":
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="takes minutes; FETTLE_SLOW=1 runs it"))


@pytest.fixture
def box(tmp_path):
    """A home of its own, and the program in it."""
    b = Box(str(tmp_path))
    yield b
    # What is left may be looked at; but for the ballast, 16 MiB of nothing a test.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(b.state, "ballast"))


@pytest.fixture
def far():
    """A folder on another file system."""
    path = far_folder()
    if path is None:
        pytest.skip("there is no second file system")
    yield path
    far_gone(path)


@pytest.fixture
def plain_box():
    """As box, but the program runs as a user without rights, also when we are root."""
    top = tempfile.mkdtemp(prefix="fettle-plain.")
    os.chmod(top, 0o755)
    b = Box(top, uid=65534 if is_root() else None)
    yield b
    b.unlock()
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def mount(tmp_path):
    """mount(size="1m", ...) -> path of a fresh tmpfs; taken down afterwards."""
    if not can_mount():
        pytest.skip(needs_root_reason("mounts"))
    made = []

    def make(where=None, **options):
        path = where or str(tmp_path / ("mnt%d" % len(made)))
        os.makedirs(path, exist_ok=True)
        opts = ",".join("%s=%s" % kv for kv in {"size": "4m", "mode": "700", **options}.items())
        subprocess.run(["mount", "-t", "tmpfs", "-o", opts, "fettle-test", path], check=True)
        made.append(path)
        return path

    yield make
    for path in reversed(made):
        subprocess.run(["umount", "-l", path], stderr=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def liar(tmp_path_factory):
    """A library that makes writes below $LIAR_DIR lie: see liar.c."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not there to build the lying library")
    so = str(tmp_path_factory.mktemp("liar") / "liar.so")
    src = os.path.join(ROOT, "test", "py", "liar.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", so, src, "-ldl"], check=True)
    return so
