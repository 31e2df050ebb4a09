"""The jobs of a run: every training that the store lacks, and which of them wait for another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from common.base.errors import UserError
from common.discover import chosen_detectors
from common.experiment import Experiment, RunOptions
from common.jobs.job import Job, Key
from common.probed import probes_stored
from common.selection import Selection

ENOUGH = 4
"""Trainings of a task that need no other, with which its jobs stand together."""


@dataclass(frozen=True)
class Planned:
    """A job, and the key of the one whose weights or facts about the data it goes on from."""

    job: Job
    after: Key | None = None


def planned(selection: Selection, options: RunOptions) -> list[Planned]:
    """Return the jobs of a run, each behind the one that it goes on from.

    A task's jobs stand together where there are enough of them to keep workers busy, since a worker keeps the data of
    its last job; those that go on from another come soon after it, since the run judges them in the order of their
    names. Else all trainings that need no other come first, so that no worker waits. On this machine a worker departs
    from that order where it has the data of a later job, see ``Turns``.
    What is stored is no job, and neither is what lacks its data or does not fit: the run itself tells the reason.
    """
    seeds = product(selection.tasks, range(selection.seeds))
    found = [one for name, seed in seeds for one in _of_seed(name, seed, selection, options)]
    keys = {one.job.key for one in found}
    by_key = {one.job.key: one if one.after in keys else Planned(one.job) for one in found}

    def depth(one: Planned) -> int:
        return 0 if one.after is None else 1 + depth(by_key[one.after])

    groups: dict[tuple[str, int], list[Planned]] = {}
    for one in by_key.values():
        groups.setdefault((one.job.task, one.job.seed), []).append(one)
    turns: dict[Key, tuple[int, int, int]] = {}
    for place, group in enumerate(groups.values()):
        together = sum(not depth(one) for one in group) >= ENOUGH
        for number, one in enumerate(_soon(group)):
            turns[one.job.key] = (0, place, number) if together else (depth(one), place, number)
    return sorted(by_key.values(), key=lambda one: turns[one.job.key])


def _soon(jobs: list[Planned]) -> list[Planned]:
    """Return jobs of a task in their order, but those that go on from another ``ENOUGH`` places behind it at least.

    So a worker hardly ever waits for another; where no further jobs are left to stand between, they follow at once.
    """
    found: list[Planned] = []
    waiting = list(jobs)
    places: dict[Key | None, int] = {None: -ENOUGH}
    while waiting:
        done = [one for one in waiting if one.after in places]
        ready = (one for one in done if len(found) - places[one.after] >= ENOUGH)
        found.append(one := next(ready, done[0]))
        places[one.job.key] = len(found) - 1
        waiting.remove(one)
    return found


def _of_seed(name: str, seed: int, selection: Selection, options: RunOptions) -> Iterator[Planned]:
    """Yield the jobs of a task with a seed: full trainings, then those on smaller training sets."""
    experiment = Experiment(name, seed, options)
    if _lacks_data(experiment):
        return
    asked, further = selection.objectives_of(experiment.task)
    first, *others = (Job(name, seed, one, options, selection.detectors) for one in [*asked, *further])
    full = [first, *others]
    yield from _waiting(experiment, [job for job in full if not _settled(experiment, job)], None)
    facts = _stored_facts(experiment, first.objective)
    for size in selection.examples:
        jobs = [replace(job, examples=size, facts_of=first.objective) for job in full]
        left = [job for job in jobs if facts is None or not _reduced_settled(job, facts)]
        yield from _waiting(experiment, left, first.key)


def _waiting(experiment: Experiment, jobs: list[Job], before: Key | None) -> Iterator[Planned]:
    """Yield jobs on one training set: fine-tunings after the training that they go on from, all after ``before``.

    Where that training is no job of its own, the first fine-tuning does it and stores its weights for the others.
    """
    own = experiment.own_objective
    by_objective = {job.objective: job for job in jobs}
    origins = {job.key: origin for job in jobs if (origin := experiment.before(job.objective)) is not None}
    start = by_objective.get(own) or next((job for job in jobs if job.key in origins), None)
    for job in jobs:
        first = by_objective.get(origins.get(job.key, ""), start)
        yield Planned(job, first.key if first and job.key in origins and job is not start else before)


def _lacks_data(experiment: Experiment) -> bool:
    try:
        experiment.data.require()
    except UserError:
        return True
    return False


def _settled(experiment: Experiment, job: Job) -> bool:
    """Whether the store has all of a training, or what stops it is known without training."""
    try:
        detectors = chosen_detectors(job.detectors, experiment.task.detectors)
        return experiment.folder(job.objective).complete and probes_stored(experiment, job.objective, detectors)
    except UserError:
        return True


def _reduced_settled(job: Job, facts: Mapping[str, Any]) -> bool:
    experiment = job.reduced(facts)
    return experiment is None or _settled(experiment, job)


def _stored_facts(experiment: Experiment, objective: str) -> Mapping[str, Any] | None:
    """Return what a stored training says of its data; None where it is not stored."""
    try:
        folder = experiment.folder(objective)
        return folder.load()[2] if folder.complete else None
    except UserError:
        return None
