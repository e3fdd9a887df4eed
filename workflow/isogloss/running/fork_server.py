"""Jobs of this machine start with their libraries loaded.

Loading torch and transformers takes seconds, longer than most small jobs. So a process beside Snakemake forks a child
for each job, and loads what the children before it had to load by themselves; what no job needs is never loaded. It
only loads: what computes, and may start threads, is a child, which sees the package's code as it is now. A job's own
process waits for its child and ends as the child ends. If one of the two is killed, the other dies too; the server ends
with Snakemake and its last child. Where there is none (on a cluster, in an environment of its own, with another number
of threads) a job loads its libraries itself.
"""

import ctypes
import fcntl
import gc
import importlib
import os
import pickle
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

# The folder in which the server of this run listens, at a socket named by the number of threads.
FOLDER = "ISOGLOSS_FORK_SERVER"
# Snakemake sets them for each job; libraries of linear algebra read them when they are loaded.
THREADS = ("OMP", "GOTO", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR")
# A GPU's driver that was asked anything does not survive a fork; so torch asks the management library instead.
GPU_UNTOUCHED = {"PYTORCH_NVML_BASED_CUDA_CHECK": "1"}
PROGRAM = f"import sys; sys.path.insert(0, sys.argv[1]); from {__name__} import serve; serve(int(sys.argv[2]))"
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


class ForkServer:
    """The process that forks a child for each job; it ends with :meth:`stop`, or when this process dies.

    Parameters
    ----------
    threads
        The number of threads of the jobs that it takes.
    """

    def __init__(self, threads: int):
        self.folder = Path(tempfile.mkdtemp(prefix="isogloss-"))
        package = Path(__file__).resolve().parents[2]
        with socket.socket(socket.AF_UNIX) as listener:
            # Jobs that come before the server is up wait in this line.
            listener.bind(str(self.folder / str(threads)))
            listener.listen(128)
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(package), str(listener.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                env={**os.environ, **{f"{name}_NUM_THREADS": str(threads) for name in THREADS}, **GPU_UNTOUCHED},
                start_new_session=True,  # a terminal's Ctrl-C is for the jobs themselves
            )
        os.environ[FOLDER] = str(self.folder)

    def stop(self) -> None:
        """Let it end."""
        os.environ.pop(FOLDER, None)
        self.process.communicate()  # closes its standard input
        shutil.rmtree(self.folder, ignore_errors=True)  # it does so itself unless it was killed


def hand_over(do: Callable[[Any], None], job: Any) -> None:
    """Let a child of the server do a job, and end this process as the child ends; return if no server takes it.

    Parameters
    ----------
    do
        A function of a module.
    job
        Its argument, which can be pickled.
    """
    if FOLDER not in os.environ:
        return
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(f"{os.environ[FOLDER]}/{os.environ.get('OMP_NUM_THREADS')}")
        except OSError:
            return
        # Ctrl-C ends this process at once, and with it the child: nothing here needs an end of its own.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        order = os.memfd_create("job")
        with open(order, "wb", closefd=False) as file:
            pickle.dump((Path.cwd(), dict(os.environ), sys.path), file)
            pickle.dump((do, job), file)
        answer = b""
        with suppress(OSError):
            socket.send_fds(line, [b"!"], [0, 1, 2, order])
            answer = line.recv(16)
    if not answer:
        sys.exit("The process that starts this machine's jobs was killed, and this job with it. Run the command again.")
    code = int(answer)
    if code < 0:
        os.kill(os.getpid(), -code)
    sys.exit(code)


def serve(handle: int) -> None:
    """Fork a child for each job that arrives at a socket, until standard input ends and the last child has ended."""
    events, listener = selectors.DefaultSelector(), socket.socket(fileno=handle)
    folder = Path(listener.getsockname()).parent

    def close() -> None:
        events.unregister(0)
        events.unregister(listener)
        listener.close()

    def begin() -> None:
        line, _ = listener.accept()
        message, files, _, _ = socket.recv_fds(line, 1, 4)
        if not message:  # its process has died
            return
        server, child = os.getpid(), os.fork()
        if not child:
            live(server, line, *files)
        *streams, order = files
        for stream in streams:
            os.close(stream)
        watch = os.pidfd_open(child)
        events.register(watch, selectors.EVENT_READ, partial(end, line, child, watch, order))

    def end(line: socket.socket, child: int, watch: int, order: int) -> None:
        events.unregister(watch)
        os.close(watch)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with line, suppress(OSError):  # its process may have died
            line.send(str(code).encode())
        with open(order, "rb") as file:
            file.seek(0)
            if code == 0:
                load(file.read().decode().split())

    events.register(listener, selectors.EVENT_READ, begin)
    events.register(0, selectors.EVENT_READ, close)
    while events.get_map():
        for key, _ in events.select():
            if events.get_map().get(key.fd) is key:  # not settled by another event
                key.data()
    shutil.rmtree(folder, ignore_errors=True)


def live(server: int, line: socket.socket, stdin: int, stdout: int, stderr: int, order: int) -> None:
    """Do the job in this child, say what had to be loaded for it, and end."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        # Nothing more is said on the line, so a signal from there means that the job's own process has died.
        fcntl.fcntl(line, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(line, fcntl.F_SETFL, os.O_ASYNC)
        if os.getppid() != server or select.select([line], [], [], 0)[0]:
            return
        for number, stream in enumerate((stdin, stdout, stderr)):
            os.dup2(stream, number)
        loaded = set(sys.modules)
        with open(order, "rb+") as file:
            file.seek(0)
            folder, environment, sys.path[:] = pickle.load(file)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            do, job = pickle.load(file)
            do(job)
            own = __name__.partition(".")[0]
            new = (name for name in sys.modules if name not in loaded and name.partition(".")[0] != own)
            file.seek(0)
            file.truncate()
            file.write("\n".join(new).encode())
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def load(names: list[str]) -> None:
    """Load what a child has loaded, so that those after it share it."""
    for name in names:
        with suppress(Exception):  # a module that only exists within another's loading
            importlib.import_module(name)
    # What is not looked at by the collector stays shared.
    gc.collect()
    gc.freeze()
