"""Jobs in processes of this machine.

A slot is a thread that owns one worker process and gives it one job after another, so a process that is killed costs
the job it had and no other.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.context import BaseContext

from common.base.errors import UserError, WorkerDied
from common.base.memory import GIB, free_memory
from common.base.progress import Progress
from common.base.threads import cores
from common.jobs.job import Job, Worker
from common.jobs.turns import Turn, Turns

MEMORY = 3 * GIB
"""What the default number of jobs reckons with for each: twice the most that a task of the quick profile takes."""

ATTEMPTS = 2
PRELOADED = ("__main__", "torch", "common.jobs.job", "common.training.predict", "common.training.probing")

_worker: Worker | None = None


def default_jobs(threads: int, device: str) -> int:
    """Return how many jobs run side by side: one a core, as far as memory goes; one where they share a GPU."""
    if device != "cpu":
        return 1
    return max(1, min(cores() // threads, free_memory() // MEMORY))


class LocalPool:
    """Worker processes of this machine, started when first needed and kept for all jobs.

    Args:
        jobs: how many work side by side.
        show: whether they print their progress.

    Attributes:
        pids: process numbers of all workers so far.
    """

    def __init__(self, jobs: int, show: bool) -> None:
        self._show = show
        self._context = _context()
        self._slots = ThreadPoolExecutor(jobs, thread_name_prefix="slot")
        self._turns = Turns(jobs)
        self._slot = threading.local()
        self.pids: set[int] = set()
        self._stopping = threading.Event()

    def submit(self, job: Job, after: "Future[UserError | None] | None") -> "Future[UserError | None]":
        """Start a job once a worker is free and ``after``, submitted before, is done; see ``Turns`` for the order."""
        turn = Turn(job, after)
        self._turns.add(turn)
        self._slots.submit(self._next)
        return turn.done

    def close(self) -> None:
        """End the workers, which have nothing left to do."""
        self._slots.shutdown()
        self._kill()

    def stop(self) -> None:
        """Kill the workers in the middle of their jobs; what they stored stays."""
        self._stopping.set()
        self._turns.cancel()
        self._slots.shutdown(wait=False, cancel_futures=True)
        self._kill()
        self._slots.shutdown()

    def _next(self) -> None:
        """Do the job whose turn it is, if any.

        The turn is taken once there is a process for it, which takes seconds, so that all jobs of the run are known.
        """
        with suppress(Exception):  # ``_run`` meets it again, and tells it the one who waits for the job
            self._process()
        turn = self._turns.next(threading.get_ident())
        if turn is None or not turn.done.set_running_or_notify_cancel():
            return
        try:
            turn.done.set_result(self._run(turn.job, turn.after))
        except Exception as error:  # for the one who waits for the job, as an executor's own futures do
            turn.done.set_exception(error)

    def _run(self, job: Job, after: "Future[UserError | None] | None") -> UserError | None:
        if after is not None:
            wait([after])
        for _ in range(ATTEMPTS):
            try:
                return self._process().submit(_run_in_worker, job).result()
            except BrokenProcessPool:
                self._slot.process = None
                if self._stopping.is_set():
                    break
        return WorkerDied(
            f"{job.label}: its process was killed, and again when it was tried once more; if memory ran out, "
            "give fewer --jobs"
        )

    def _process(self) -> ProcessPoolExecutor:
        """Return this slot's worker process, started if there is none."""
        found: ProcessPoolExecutor | None = getattr(self._slot, "process", None)
        if found is None:
            with _without_ctrl_c():
                found = ProcessPoolExecutor(1, self._context, _begin, (self._show,))
                self.pids.add(found.submit(os.getpid).result())
            self._slot.process = found
        if self._stopping.is_set():  # set while the process started, perhaps too late for ``stop`` to see it
            found.shutdown(wait=False, cancel_futures=True)
            raise BrokenProcessPool
        return found

    def _kill(self) -> None:
        for child in multiprocessing.active_children():
            if child.pid in self.pids:
                child.kill()


def _context() -> BaseContext:
    """Return a way of starting processes that imports the libraries once, where the system has one."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    with (
        _without_ctrl_c()
    ):  # workers inherit it: Ctrl-C reaches all processes of a terminal, and the first one ends them
        from multiprocessing.forkserver import ensure_running

        try:
            ensure_running()
        except OSError:  # its socket's name is too long below a deep TMPDIR
            return multiprocessing.get_context("spawn")
    return context


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Let processes that are started here not hear Ctrl-C; this thread hears it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(show: bool) -> None:
    """Make this process a worker."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = Worker(Progress(show=show and not sys.stderr.isatty()))  # one process alone draws on a terminal


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_in_worker(job: Job) -> UserError | None:
    assert _worker is not None, "a worker begins before its first job"
    return _worker.run(job)
