"""The jobs of a run, started: on this machine or on a cluster; none where the run does all itself."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from common.base.errors import UserError
from common.base.progress import Progress
from common.experiment import RunOptions
from common.jobs.cluster import ClusterPool
from common.jobs.job import Job, Key
from common.jobs.local import LocalPool
from common.jobs.plan import Planned, planned
from common.selection import Selection

Started = Mapping[Key, "Future[UserError | None]"]
"""Jobs by key; each becomes what stopped it, or None."""


@dataclass(frozen=True)
class Workers:
    """Who does the jobs of a run.

    Attributes:
        jobs: how many work side by side on this machine; 1: the run itself does all.
        cluster: address of a Ray cluster that does them instead, ``HOST:PORT`` or ``auto``; None: this machine does.
    """

    jobs: int = 1
    cluster: str | None = None


class Pool(Protocol):
    """What does jobs."""

    def submit(self, job: Job, after: "Future[UserError | None] | None") -> "Future[UserError | None]":
        """Start a job, once ``after`` is done."""

    def close(self) -> None:
        """End, with nothing left to do."""

    def stop(self) -> None:
        """End in the middle of all."""


@contextmanager
def started(selection: Selection, options: RunOptions, workers: Workers, progress: Progress) -> Iterator[Started]:
    """Start the jobs that the store lacks; whatever ends the run early ends them too.

    A single one is left to the run itself unless there is a cluster: another process would import all libraries again.
    So is a task of the user's files, whose functions no other process can load by name.
    """
    shared = workers != Workers() and options.user_task is None
    jobs = planned(selection, options) if shared else []
    if len(jobs) < (1 if workers.cluster else 2):
        yield {}
        return
    pool = _pool(workers, len(jobs), options, progress)
    try:
        yield _submitted(pool, jobs, progress)
    except BaseException:
        pool.stop()
        raise
    pool.close()


def _pool(workers: Workers, jobs: int, options: RunOptions, progress: Progress) -> Pool:
    if workers.cluster:
        return ClusterPool(workers.cluster, options, jobs, progress)
    return LocalPool(min(workers.jobs, jobs), progress.show)


def _submitted(pool: Pool, jobs: list[Planned], progress: Progress) -> Started:
    futures: dict[Key, Future[UserError | None]] = {}
    for one in jobs:
        future = pool.submit(one.job, futures[one.after] if one.after else None)
        futures[one.job.key] = future
        future.add_done_callback(_Told(progress, one.job.label, len(jobs), futures))
    return futures


@dataclass(frozen=True)
class _Told:
    """Says that a job is done, and how many of all have ended; what stopped the others is told with their task."""

    progress: Progress
    label: str
    jobs: int
    futures: Started

    def __call__(self, future: "Future[UserError | None]") -> None:
        if not future.cancelled() and future.exception() is None and future.result() is None:
            done = sum(one.done() for one in list(self.futures.values()))
            self.progress.note(f"{self.label}: done, {done} of {self.jobs} jobs")
