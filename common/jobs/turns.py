"""Whose turn it is: which of the waiting jobs a worker does next."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from common.base.errors import UserError
from common.jobs.job import Job

Data = tuple[str, int, int | None]
"""What tells the data of one job from those of another: task, seed, size of a smaller training set."""


@dataclass(frozen=True, eq=False)
class Turn:
    """A job that waits for a worker.

    Attributes:
        job: to be done.
        after: which other job must have been begun before.
        done: becomes what stopped the job, or None.
    """

    job: Job
    after: "Future[UserError | None] | None"
    done: "Future[UserError | None]" = field(default_factory=Future)

    @property
    def data(self) -> Data:
        """What the job reads."""
        return self.job.task, self.job.seed, self.job.examples


class Turns:
    """The waiting jobs of several workers, each of which keeps the data of its last job.

    A worker goes on with its data, then takes data that no other has: reading takes a text task five seconds. Where
    fewer such are left than there are workers, it helps with the first that wait: the run judges jobs in their order,
    and would have most of its judging still to do when the last job ends.

    Args:
        workers: how many there are.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._waiting: list[Turn] = []
        self._held: dict[int, Data] = {}
        self._lock = threading.Lock()

    def add(self, turn: Turn) -> None:
        """Let a job wait, behind the one that it comes after."""
        with self._lock:
            self._waiting.append(turn)

    def next(self, worker: int) -> Turn | None:
        """Return the job that a worker shall do, which waits no longer; None if none waits."""
        with self._lock:
            if not self._waiting:
                return None
            turn = self._best(worker)
            self._waiting.remove(turn)
            self._held[worker] = turn.data
            return turn

    def cancel(self) -> None:
        """Cancel all jobs that wait."""
        with self._lock:
            for turn in self._waiting:
                turn.done.cancel()
            self._waiting.clear()

    def _best(self, worker: int) -> Turn:
        not_begun = {turn.done for turn in self._waiting}
        ready = [turn for turn in self._waiting if turn.after not in not_begun]
        for turn in ready:
            if turn.data == self._held.get(worker):
                return turn
        untouched = {turn.data for turn in ready} - set(self._held.values())
        if len(untouched) < self._workers:
            return ready[0]
        return next(turn for turn in ready if turn.data in untouched)
