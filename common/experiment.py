"""One task with one seed: its data, its trained models and what they say, each made once and when first needed."""

import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.base import workers
from common.base.errors import UserError
from common.base.progress import Progress
from common.base.seeds import seed_of
from common.data.disjoint import check_families
from common.data.locations import Folders
from common.data.sources import AnySource
from common.discover import load_architecture, load_objective, load_task, takes_augmented
from common.encoded import EncodedData
from common.store.files import DamagedFile, delete, sha256
from common.store.object_store import RECORD, ObjectStore
from common.store.outputs import TaskOutputs
from common.store.provenance import code_hash, versions
from common.store.run_folder import RunFolder, run_folder
from common.task import Budget, Model, Task, Tune

if TYPE_CHECKING:
    import torch

    from common.model import Classifier
    from common.objective import Objective
    from common.training.setup import Setup

CORE = ("common.experiment", "common.training.loop", "common.training.predict")
"""The part of the core that every model's outputs come through."""


@dataclass(frozen=True)
class RunOptions:
    """What the command line chose, the same for all tasks."""

    profile: str = "quick"
    out: Path = Path("runs/quick")
    folders: Folders = Folders()
    device: str = "cpu"
    model: Model | None = None
    weights: Path | None = None
    user_task: Task | None = None
    """An experiment on a user's files, which no ``tasks`` folder has."""

    tune: Tune = "pseudo"
    """How options of detectors are chosen; see ``common.tuning``."""

    threads: int = 1
    """Threads that a training computes in; its figures depend on them in the last digits."""

    store: ObjectStore | None = None
    """Where ``out`` is kept, if it only stands for a folder of an object store."""


class Experiment:
    """A task, a seed and a setting; ``outputs`` trains or reads from the store.

    ``reduced_budget`` is a budget with fewer ``examples`` than the task's own (``Budget.on``), for a point of a
    learning curve: the same experiment, test and OOD sets included, on a part of its training set. ``variant`` is the
    task as a study changes it; what it changes is part of the store's key.
    """

    def __init__(
        self,
        name: str,
        seed: int,
        options: RunOptions,
        progress: Progress | None = None,
        reduced_budget: Budget | None = None,
        variant: Task | None = None,
    ) -> None:
        self.name, self.seed, self.options = name, seed, options
        self.modality = name.split("/")[0]
        self.task = variant or options.user_task or load_task(name)
        self.is_variant = variant is not None
        own = self.task.model_of(options.profile)
        self.model = options.model.in_place_of(own) if options.model else own
        if self.model.name != own.name and not takes_augmented(self.modality, self.model.name):
            self.task = replace(self.task, augment=None)
        if self.model.untrained:
            self.task = replace(self.task, objectives=self.task.objectives[:1])
        self.progress = progress or Progress()
        self.reduced_budget = reduced_budget
        self._synced: set[Path] = set()

    @cached_property
    def architecture(self) -> Any:
        """The architecture with its options, and with the folders if it reads files of its own."""
        return load_architecture(self.modality, self.model, self.options.folders)

    @cached_property
    def budget(self) -> Budget:
        """``reduced_budget``, or the task's budget of the profile, as an architecture with needs changes it."""
        if self.reduced_budget is not None:
            return self.reduced_budget
        budget = self.task.budget(self.options.profile)
        return self.architecture.budget(budget) if hasattr(self.architecture, "budget") else budget

    @property
    def label(self) -> str:
        """What progress and messages call the experiment."""
        return f"{self.name} seed {self.seed}" + (
            f" on {self.reduced_budget.examples} examples" if self.reduced_budget else ""
        )

    @cached_property
    def data(self) -> EncodedData:
        """The task's data sets, as the architecture encodes them."""
        return EncodedData(self.task, self.architecture, self.budget, self.seed, self.options.folders)

    def folder(self, objective: str) -> RunFolder:
        """Return where the outputs of a training are stored; its name is a hash of all that determines them."""
        folders = self.options.folders
        task_module = f"{self.modality}.user_files" if self.options.user_task else self.name.replace("/", ".tasks.")
        model_module = f"{self.modality}.models.{self.model.name}"
        data = self.data
        auxiliary = [*self._outliers(objective), *self._labelled(objective)]
        sources = [data.train_source, data.test_source, *data.ood_sources, *auxiliary]
        taking_part = dict.fromkeys((objective, self.before(objective) or objective, self.own_objective))
        objectives = (f"common.objectives.{name}" for name in taking_part)
        ingredients = {
            "model": asdict(self.model),
            "model files": self.architecture.fingerprint() if hasattr(self.architecture, "fingerprint") else None,
            "budget": asdict(self.budget),
            "data": [source.fingerprint(folders) for source in sources],
            "device": self.options.device,
            "threads": self.options.threads,
            "workers": workers.WORLD_SIZE,
            "weights": sha256(self.options.weights) if self.options.weights else None,
            "code": code_hash((task_module, model_module, *objectives, *CORE)),
            "versions": versions(),
            "mixed precision": self.budget.mixed_precision and self._has_bfloat16(),
        }
        if self.is_variant and objective != self.own_objective:
            ingredients["options"] = {name: dict(own) for name, own in self.task.options.items()}
        found = run_folder(self.options.out, self.name, objective, self.seed, ingredients)
        if found.path not in self._synced:
            self.sync(found)
        return found

    def sync(self, folder: RunFolder, *made: str) -> None:
        """Bring a training's folder and the object store together, where there is one.

        Args:
            folder: of the training.
            made: names of records that were just written.
        """
        if self.options.store is not None:
            self.options.store.sync(folder.path, made)
        self._synced.add(folder.path)

    @property
    def own_objective(self) -> str:
        """The task's own way of training, the first that it names: what others add to or go on from."""
        return self.task.objectives[0]

    def before(self, objective: str) -> str | None:
        """Return the objective whose weights this one goes on from, by its file or the task's option, or None."""
        options = self.task.options.get(objective, {})
        continues = options.get("continues", load_objective(objective).continues)
        before = self.own_objective if continues is True else continues
        return before if before and before != objective else None

    def _has_bfloat16(self) -> bool:
        from common.training.steps import has_bfloat16

        return has_bfloat16(self.options.device)

    @property
    def model_label(self) -> str:
        """What results call the model: the architecture, and the weights if they were given."""
        weights = self.options.weights
        return self.model.label + (f" with {weights.name}" if weights else "")

    def _outliers(self, objective: str) -> list[AnySource]:
        if "outliers" not in load_objective(objective).needs:
            return []
        found = [one for source in self.task.outliers if (one := source.resolve(self.options.folders)) is not None]
        if not found:
            raise UserError(f"{self.name} has no auxiliary outliers here, which objective {objective} needs")
        check_families(found, self.data.named_sources, self.options.folders)
        return found

    def _labelled(self, objective: str) -> list[AnySource]:
        if "labelled" not in load_objective(objective).needs:
            return []
        if self.task.labelled is None:
            raise UserError(f"{self.name} declares no auxiliary labelled data, which objective {objective} needs")
        return [self.data.required(self.task.labelled)]

    def outputs(self, objective: str) -> TaskOutputs:
        """Return what the model trained by ``objective`` says: from the store, or by training it now."""
        folder = self.folder(objective)
        workers.init_process_group(self.options.device)
        stored = self._stored(folder)
        if stored is None:
            self._run(objective, folder)
        workers.barrier()
        return stored or TaskOutputs(*folder.load())

    def _stored(self, folder: RunFolder) -> TaskOutputs | None:
        """Return the stored outputs; None if there are none, or what is there is not what was written."""
        self._has_weights(folder)  # told now, though weights are made again only where they are needed
        try:
            return TaskOutputs(*folder.load()) if folder.complete else None
        except DamagedFile as damage:
            self.note_damage(damage)
            folder.discard()
            return None

    def _has_weights(self, folder: RunFolder) -> bool:
        """Whether trained weights are stored; those that are not what the record says are told and deleted."""
        try:
            folder.check_weights()
        except DamagedFile as damage:
            self.note_damage(damage)
            delete(folder.weights)
        return folder.weights.is_file()

    def note_damage(self, damage: DamagedFile) -> None:
        """Tell that a file of the store is made again, where it is needed."""
        self.progress.note(f"{self.label}: {damage.what}; it is made again")

    def _run(self, objective: str, folder: RunFolder) -> None:
        from common.training.predict import predict

        started = time.monotonic()
        self.progress.start(f"{self.label} {objective}: reading data")
        model = self.trained(objective, folder)
        trained = time.monotonic()
        try:
            test = predict(model, self.data.test)
            test = replace(test, row_extras={**test.row_extras, **self.data.test_extras})
            ood = {key: predict(model, examples) for key, examples in self.data.ood_examples()}
        except ValueError as error:
            raise UserError(f"{self.name}: what {self.model_label} says cannot be scored: {error}") from error
        done = time.monotonic()
        seconds = {"train": round(trained - started, 1), "predict": round(done - trained, 1)}
        folder.save(test, ood, {**self.data.facts, "seconds": seconds})
        self.sync(folder, RECORD)

    def trained(self, objective_name: str, folder: RunFolder) -> "Classifier":
        """Return the trained model: its stored weights, the ``--weights`` file, or a training."""
        import torch

        from common.training.weights import load_weights, restore_weights, save_weights

        data, objective = self.data, load_objective(objective_name)
        if self.model.untrained and objective_name != self.own_objective:
            raise UserError(f"--no-train: {objective_name} is a way of training; leave out one of the two")
        torch.manual_seed(seed_of(self.seed, "weights"))
        model = objective.wrap(partial(self.architecture.build, data.preprocessor, data.train_samples), data.train)
        device = torch.device(self.options.device)
        if self.options.weights is not None:
            load_weights(model, self.options.weights)
            return model.to(device).eval()
        if self._has_weights(folder):
            try:
                restore_weights(model, folder.weights)
                return model.to(device).eval()
            except DamagedFile as damage:
                self.note_damage(damage)
                delete(folder.weights)
        if (before := self.before(objective_name)) is not None:
            model.load_state_dict(self.trained(before, self.folder(before)).state_dict())
        self.progress.start(f"{self.label} {objective_name}")
        objective.train(model, self._setup(objective_name, objective, folder, device))
        save_weights(model, folder.weights)
        folder.record_weights()
        self.sync(folder, RECORD)
        return model.eval()

    def _setup(self, name: str, objective: "Objective", folder: RunFolder, device: "torch.device") -> "Setup":
        """Return what a training gets to work with, the auxiliary data that its objective needs included."""
        from common.objective import LossObjective
        from common.training.setup import Setup

        data, own = self.data, load_objective(self.own_objective)
        outliers, labelled = self._outliers(name), self._labelled(name)
        distorts = self.task.distortions is not None or self.task.distorted is not None
        if "distorted" in objective.needs and not distorts:
            raise UserError(f"{self.task.title} declares no distortions, which objective {name} needs")
        return Setup(
            task=self.task,
            budget=self.budget,
            train=data.train,
            seed=self.seed,
            device=device,
            criterion=own.criterion if isinstance(own, LossObjective) else None,
            validation=data.validation,
            outliers=data.encode_outliers(outliers) if outliers else None,
            labelled=data.encode_sources(labelled) if labelled else None,
            distorted=data.distorted if self.task.distorted else None,
            own_network=lambda: self.trained(self.own_objective, self.folder(self.own_objective)),
            progress=self.progress,
            checkpoints=folder.path,
        )
