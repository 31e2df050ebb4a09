"""One job: train a model and let the detectors that need more than logits score it, all into the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from common.base.errors import UserError
from common.base.progress import Progress
from common.base.threads import use_threads
from common.discover import chosen_detectors
from common.experiment import Experiment, RunOptions
from common.probed import run_probes
from common.store.run_folder import RunFolder

Key = tuple[str, int, str, int | None]
"""What tells a job from the others of a run: task, seed, objective, size of a smaller training set."""


@dataclass(frozen=True)
class Job:
    """A task, a seed and a way of training; with the options, all that determines its figures and their place.

    Attributes:
        task: full name.
        seed: of every random draw.
        objective: how the model is trained.
        options: what the command line chose.
        detectors: chosen by name; None: default.
        examples: size of a smaller training set, or None.
        facts_of: for a smaller training set, the objective whose full training says how large the full one is.
    """

    task: str
    seed: int
    objective: str
    options: RunOptions = field(repr=False)
    detectors: tuple[str, ...] | None = None
    examples: int | None = None
    facts_of: str = ""

    @property
    def key(self) -> Key:
        """What tells the job from the others of a run."""
        return self.task, self.seed, self.objective, self.examples

    @property
    def label(self) -> str:
        """What progress and messages call the job."""
        size = f" on {self.examples} examples" if self.examples else ""
        return f"{self.task} seed {self.seed}{size} {self.objective}"

    def here(self) -> "Job":
        """Return the same job for this machine if it comes from another, whose folder stands for an object store."""
        options = self.options
        if options.store is None:
            return self
        out = options.store.folder
        folders = replace(options.folders, cache=out / options.folders.cache.name)
        return replace(self, options=replace(options, out=out, folders=folders))

    def full(self, progress: Progress | None = None) -> Experiment:
        """Return the task with its own training set."""
        return Experiment(self.task, self.seed, self.options, progress)

    def reduced(self, facts: Mapping[str, Any], progress: Progress | None = None) -> Experiment | None:
        """Return the task with ``examples`` training examples; None if its own training set is no larger.

        Args:
            facts: what a full training stored about its data.
            progress: of the training.
        """
        if self.examples is None or self.examples >= facts["n_train"]:
            return None
        budget = self.full().budget.on(self.examples, facts["n_train"], facts["n_batched"])
        return Experiment(self.task, self.seed, self.options, progress, budget)


class Worker:
    """What does jobs one after another; it keeps the data of the last, which the next may need again.

    Attributes:
        folder: of the last job's outputs; None where nothing had to be done.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._experiment: Experiment | None = None
        self._last: Job | None = None
        self.folder: RunFolder | None = None

    def run(self, job: Job) -> UserError | None:
        """Do a job and return what stopped it, if the user can mend it."""
        use_threads(job.options.threads)
        self.folder = None
        try:
            experiment = self._experiment_of(job)
            if experiment is not None:
                self.folder = experiment.folder(job.objective)
                detectors = chosen_detectors(job.detectors, experiment.task.detectors)
                run_probes(experiment, job.objective, experiment.outputs(job.objective), detectors)
        except UserError as error:
            return error
        return None

    def _experiment_of(self, job: Job) -> Experiment | None:
        """Return the job's task and data; None where its training set is no smaller than the full one, or unknown."""
        alike = replace(job, objective="", facts_of="")
        if self._last != alike:
            self._experiment = None  # first, so that the data of two jobs are not in memory together
            self._experiment, self._last = self._made(job), alike
        return self._experiment

    def _made(self, job: Job) -> Experiment | None:
        full = job.full(self.progress)
        if job.examples is None:
            return full
        try:
            return job.reduced(full.outputs(job.facts_of).meta, self.progress)
        except UserError:  # the full training's own job tells it
            return None
