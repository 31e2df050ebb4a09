"""Options that say who does the trainings of a run: this process, several of this machine, or a cluster."""

from typing import TYPE_CHECKING

from common.base.errors import UserError
from common.base.workers import WORLD_SIZE

if TYPE_CHECKING:
    from common.experiment import RunOptions
    from common.jobs.started import Workers


def check_workers(jobs: int | None, threads: int, cluster: str | None, alone: str | None) -> None:
    """Raise ``UserError`` for numbers below 1 and for options that exclude each other.

    Args:
        jobs: ``--jobs``.
        threads: ``--threads``.
        cluster: ``--cluster``.
        alone: an option of this command line whose work stays in one process, if there is one.
    """
    for option, number in (("--jobs", jobs), ("--threads", threads)):
        if number is not None and number < 1:
            raise UserError(f"{option} must be 1 or more, not {number}")
    chosen = "--cluster" if cluster is not None else "--jobs" if jobs is not None and jobs > 1 else None
    if chosen and WORLD_SIZE > 1:
        raise UserError(
            f"{chosen} cannot be combined with a launcher of several processes (torchrun); omit one of the two"
        )
    if cluster is not None and jobs is not None:
        raise UserError("--cluster runs as many jobs as the nodes have room for, so omit --jobs")
    if cluster is not None and alone is not None:
        raise UserError(f"{alone} runs in one process, so it cannot be combined with --cluster; omit one of the two")


def workers(jobs: int | None, cluster: str | None, options: "RunOptions") -> "Workers":
    """Return who does the trainings: where nothing was chosen, a process a core, as far as memory goes."""
    from common.jobs.local import default_jobs
    from common.jobs.started import Workers

    if WORLD_SIZE > 1:
        return Workers()
    if cluster is not None:
        return Workers(cluster=cluster)
    return Workers(jobs or default_jobs(options.threads, options.device))
