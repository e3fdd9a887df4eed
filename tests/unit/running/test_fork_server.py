"""The process that forks a child for each job: what a job's own process sees, and who dies with whom."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from isogloss.running import fork_server
from isogloss.running.fork_server import FOLDER, ForkServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere jobs load their libraries themselves.")
PACKAGE = str(Path(fork_server.__file__).parents[2])
WORK = """
import os, sys, time
from pathlib import Path

def work(what):
    if what == "tell":
        print(os.getppid(), os.getcwd(), os.environ.get("OWN"), "colorsys" in sys.modules)
        print("to the other stream", file=sys.stderr)
        import colorsys
    elif what == "fail":
        raise ValueError("a mistake")
    elif what == "leave":
        sys.exit(3)
    elif what == "die":
        os.kill(os.getpid(), 9)
    else:
        Path(what).write_text(str(os.getpid()))
        time.sleep(100)
"""


@pytest.fixture
def server():
    server = ForkServer(threads=1)
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path):
    """Start a job's own process."""
    (tmp_path / "work.py").write_text(WORK)
    program = "import sys, work; from isogloss.running.fork_server import hand_over; hand_over(work.work, sys.argv[1])"

    def started(what, **environment):
        return subprocess.Popen(
            [sys.executable, "-c", f"{program}; print('did it itself')", str(what)],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": f"{PACKAGE}:{tmp_path}",
                "OMP_NUM_THREADS": "1",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


def wait_until(true):
    while not true():
        time.sleep(0.01)


def alive(pid):
    return Path(f"/proc/{pid}").exists() and "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def sleeping(start, tmp_path):
    """A job that sleeps, and the process that does it."""
    job, note = start(tmp_path / "note"), tmp_path / "note"
    wait_until(lambda: note.exists() and note.read_text())
    return job, int(note.read_text())


def test_a_child_of_the_server_does_the_job_as_its_own_process_would(server, start, tmp_path):
    job = start("tell", OWN="yes")
    out, err = job.communicate()
    assert out.split() == [str(server.process.pid), str(tmp_path), "yes", "False"]
    assert err == "to the other stream\n"
    assert job.returncode == 0


def test_what_one_job_had_to_load_is_there_for_the_next(server, start):
    start("tell").communicate()
    assert start("tell").communicate()[0].split()[-1] == "True"


def test_a_job_ends_as_its_child_ends(server, start):
    failed = start("fail")
    assert "ValueError: a mistake" in failed.communicate()[1]
    assert failed.returncode == 1
    assert start("leave").wait() == 3
    assert start("die").wait() == -signal.SIGKILL
    assert start("tell").wait() == 0


def test_a_job_that_is_killed_takes_its_child_along(server, start, tmp_path):
    job, child = sleeping(start, tmp_path)
    os.kill(server.process.pid, signal.SIGSTOP)  # it may be loading something
    job.kill()
    wait_until(lambda: not alive(child))
    os.kill(server.process.pid, signal.SIGCONT)
    assert start("tell").wait() == 0


def test_an_interrupted_job_ends_without_a_word_and_takes_its_child_along(server, start, tmp_path):
    job, child = sleeping(start, tmp_path)
    job.send_signal(signal.SIGINT)
    assert job.communicate() == ("", "")
    assert job.returncode == -signal.SIGINT
    wait_until(lambda: not alive(child))
    assert start("tell").wait() == 0


def test_a_server_that_is_killed_takes_the_jobs_along(start, tmp_path):
    server = ForkServer(threads=1)
    job, child = sleeping(start, tmp_path)
    server.process.kill()
    assert "was killed" in job.communicate()[1]
    assert job.returncode == 1
    wait_until(lambda: not alive(child))
    assert "did it itself" in start("tell").communicate()[0]
    server.stop()


def test_the_server_ends_with_the_process_that_started_it(tmp_path):
    program = """
        import time
        from isogloss.running.fork_server import ForkServer
        server = ForkServer(threads=1)
        print(server.process.pid, server.folder, flush=True)
        time.sleep(100)
    """
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": PACKAGE},
        stdout=subprocess.PIPE,
        text=True,
    )
    server, folder = run.stdout.readline().split()
    assert alive(int(server))
    run.kill()
    wait_until(lambda: not alive(int(server)))
    assert not Path(folder).exists()


@pytest.mark.parametrize("environment", [{FOLDER: "/nowhere"}, {"OMP_NUM_THREADS": "2"}])
def test_without_a_server_for_it_a_job_goes_on_itself(server, start, environment):
    assert "did it itself" in start("tell", **environment).communicate()[0]
