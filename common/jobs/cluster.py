"""Jobs on the machines of a Ray cluster.

Each job is a task of Ray, which goes to a node that has room for it. What a job makes lies in its folder of the store,
written atomically, and the job is done when that folder is complete. So a node that is lost costs the jobs that it had
in hand, and these are tried again elsewhere.
"""

import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, redirect_stdout

from common.base.errors import UserError, WorkerDied
from common.base.progress import Progress
from common.experiment import RunOptions
from common.jobs.job import Job, Worker
from common.jobs.local import MEMORY
from common.jobs.nodes import Shared, alive, check_nodes, connected, needed, shared_by
from common.store.run_folder import RunFolder

ATTEMPTS = 4
"""How often a job is tried: machines that are rented by the minute go away more than once."""

MOST = 512
"""How many jobs Ray is given at a time, each with a thread that waits for it."""

PATIENCE = 90
"""Seconds that a network file system may take to show here what another machine wrote."""

_worker: Worker | None = None


class ClusterPool:
    """The nodes of a Ray cluster, each doing as many jobs at a time as it has cores, GPUs and memory for.

    Args:
        address: ``HOST:PORT``, or ``auto`` for the cluster that this machine has joined.
        options: of the run; its device says whether a job needs a GPU, its threads how many cores.
        jobs: how many there will be.
        progress: tells what is tried again.

    Raises:
        UserError: Ray is not installed, the cluster is not reached, or a node does not see what a job needs.
    """

    def __init__(self, address: str, options: RunOptions, jobs: int, progress: Progress) -> None:
        self._progress = progress
        self._stopping = threading.Event()
        with ExitStack() as entered:
            entered.enter_context(redirect_stdout(sys.stderr))  # what Ray prints is no part of the report
            self._ray = connected(address)
            entered.callback(self._ray.shutdown)
            self._shared = shared_by(options)
            if self._shared.marker is not None:
                entered.callback(self._shared.marker.unlink, missing_ok=True)
            need = needed(alive(self._ray), options.threads, options.device, MEMORY)
            nodes = check_nodes(self._ray, self._shared)
            self._entered = entered.pop_all()
        self._task = self._ray.remote(max_retries=0, **need)(run_on_node)
        self._slots = ThreadPoolExecutor(min(jobs, MOST), thread_name_prefix="cluster")
        progress.note(f"--cluster {address}: {jobs} jobs, {nodes} {'node' if nodes == 1 else 'nodes'}")

    def submit(self, job: Job, after: "Future[UserError | None] | None") -> "Future[UserError | None]":
        """Start a job once a node has room and ``after``, submitted before, is done."""
        return self._slots.submit(self._run, job, after)

    def close(self) -> None:
        """Leave the cluster, which has nothing left to do."""
        self._slots.shutdown()
        self._entered.close()

    def stop(self) -> None:
        """Leave the cluster, which kills its processes for this run; what they stored stays."""
        self._stopping.set()
        self._slots.shutdown(cancel_futures=True)
        self._entered.close()

    def _run(self, job: Job, after: "Future[UserError | None] | None") -> UserError | None:
        from ray.exceptions import RayError, RayTaskError

        if after is not None:
            wait([after])
        why = ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._outcome(job)
            except RayTaskError:  # what the job itself raised
                raise
            except RayError as lost:
                why = type(lost).__name__
            if self._stopping.is_set():
                break
            self._progress.note(f"{job.label}: attempt {attempt} of {ATTEMPTS} was lost ({why})")
        return WorkerDied(
            f"{job.label}: its process or its node was lost in {ATTEMPTS} attempts ({why}); see Ray's logs"
        )

    def _outcome(self, job: Job) -> UserError | None:
        """Let a node do a job, wait until what it stored is seen here too, and return what stopped it."""
        reference = self._task.options(name=job.label).remote(job, self._shared)
        while not self._ray.wait([reference], timeout=1)[0]:
            if self._stopping.is_set():
                return WorkerDied(f"{job.label}: the run was stopped")
        stopped: UserError | None
        stopped, folder = self._ray.get(reference)
        end = time.monotonic() + PATIENCE
        while folder is not None and not folder.complete and not self._stopping.wait(1):
            if time.monotonic() > end:
                return UserError(f"{folder.path} was written by a node and is not seen here; --out must be shared")
        return stopped


def run_on_node(job: Job, shared: Shared) -> tuple[UserError | None, RunFolder | None]:
    """Do a job in a process of a node; return what stopped it, and the folder that it is stored in.

    Without a folder, nothing needs to be waited for: the job did nothing, or an object store has what it made.
    """
    global _worker
    if _worker is None:
        try:
            shared.enter()  # nodes that join later are not those that were looked at when the run began
        except UserError as unseen:
            return unseen, None
        _worker = Worker(Progress())
    stopped = _worker.run(job.here())
    return stopped, None if stopped or job.options.store else _worker.folder
