"""One task with one seed: its data, its trained models and what they say, each made once and when first needed."""

import time
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.base import workers
from common.base.errors import UserError
from common.base.progress import Progress
from common.base.seeds import seed_of
from common.data.sources import AnySource, Folders
from common.discover import load_architecture, load_objective, load_task
from common.encoded import EncodedData
from common.store.files import sha256, write_tensors
from common.store.outputs import TaskOutputs
from common.store.provenance import code_hash, versions
from common.store.run_folder import RunFolder, run_folder
from common.task import Budget, Model, Task

if TYPE_CHECKING:
    import torch

    from common.model import Classifier

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
    """An experiment on files of one's own, which no ``tasks`` folder has."""


class Experiment:
    """A task, a seed and a setting; ``outputs`` trains or reads from the store.

    ``reduced_budget`` is a budget with fewer ``examples`` than the task's own (``Budget.on``), for a point of a learning curve:
    the same experiment, test and OOD sets included, on a part of its training set.
    """

    def __init__(
        self,
        name: str,
        seed: int,
        options: RunOptions,
        progress: Progress | None = None,
        reduced_budget: Budget | None = None,
    ) -> None:
        self.name, self.seed, self.options = name, seed, options
        self.modality = name.split("/")[0]
        self.task = options.user_task or load_task(name)
        own = self.task.model_of(options.profile)
        self.model = options.model.in_place_of(own) if options.model else own
        if self.model.name != own.name:  # augmentation bends the inputs of the task's own architecture, and no others
            self.task = replace(self.task, augment=None)
        self.progress = progress or Progress()
        self.reduced_budget = reduced_budget

    @cached_property
    def architecture(self) -> Any:
        """The architecture with its options, and with the folders if it reads files of its own."""
        return load_architecture(self.modality, self.model, self.options.folders)

    @cached_property
    def budget(self) -> Budget:
        """The task's budget of the profile, or what an architecture with needs of its own makes of it; or ``reduced_budget``."""
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
        task_module = self.name.replace("/", "." if self.options.user_task else ".tasks.")
        model_module = f"{self.modality}.models.{self.model.name}"
        data = self.data
        sources = [data.train_source, data.test_source, *data.ood_sources, *self._outliers(objective)]
        ingredients = {
            "model": asdict(self.model),
            "model files": self.architecture.fingerprint() if hasattr(self.architecture, "fingerprint") else None,
            "budget": asdict(self.budget),
            "data": [source.fingerprint(folders) for source in sources],
            "device": self.options.device,
            "workers": workers.WORLD_SIZE,
            "weights": sha256(self.options.weights) if self.options.weights else None,
            "code": code_hash((task_module, model_module, f"common.objectives.{objective}", *CORE)),
            "versions": versions(),
            "mixed precision": self.budget.mixed_precision and self._has_bfloat16(),
        }
        return run_folder(self.options.out, self.name, objective, self.seed, ingredients)

    def _has_bfloat16(self) -> bool:
        from common.training.loop import has_bfloat16

        return has_bfloat16(self.options.device)

    @property
    def model_label(self) -> str:
        """What results call the model: the architecture, and the weights if they were given."""
        weights = self.options.weights
        return self.model.label + (f" with {weights.name}" if weights else "")

    def _outliers(self, objective: str) -> list[AnySource]:
        if not load_objective(objective).needs_outliers:
            return []
        if self.task.auxiliary is None:
            raise UserError(f"{self.name} declares no auxiliary data, which objective {objective} needs")
        return [self.data.required(self.task.auxiliary)]

    def outputs(self, objective: str) -> TaskOutputs:
        """Return what the model trained by ``objective`` says: from the store, or by training it now."""
        folder = self.folder(objective)
        workers.init_process_group(self.options.device)
        if not folder.complete:
            self._run(objective, folder)
        workers.barrier()
        return TaskOutputs(*folder.load())

    def _run(self, objective: str, folder: RunFolder) -> None:
        from common.training.predict import predict

        started = time.monotonic()
        self.progress.start(f"{self.label} {objective}: reading data")
        model = self.trained(objective, folder)
        trained = time.monotonic()
        try:
            test = predict(model, self.data.test)
            ood = {key: predict(model, examples) for key, examples in self.data.ood_examples()}
        except ValueError as error:
            raise UserError(f"{self.name}: what {self.model_label} says cannot be scored: {error}") from error
        done = time.monotonic()
        seconds = {"train": round(trained - started, 1), "predict": round(done - trained, 1)}
        folder.save(test, ood, {**self.data.facts, "seconds": seconds})

    def trained(self, objective_name: str, folder: RunFolder) -> "Classifier":
        """Return the trained model: its stored weights, the ``--weights`` file, or a training."""
        import torch

        from common.training.setup import Setup

        data, objective = self.data, load_objective(objective_name)
        torch.manual_seed(seed_of(self.seed, "weights"))
        model = objective.wrap(self.architecture.build(data.preprocessor, data.train_samples), data.train)
        device = torch.device(self.options.device)
        weights = self.options.weights or folder.weights
        if self.options.weights or folder.weights.is_file():
            _load_weights(model, weights)
            return model.to(device).eval()
        self.progress.start(f"{self.label} {objective_name}")
        outliers = [data.further(source) for source in self._outliers(objective_name)]
        objective.train(
            model,
            Setup(
                task=self.task,
                budget=self.budget,
                train=data.train,
                validation=data.validation,
                outliers=outliers[0] if outliers else None,
                distorted=data.distorted if self.task.distorted else None,
                seed=self.seed,
                device=device,
                progress=self.progress,
                checkpoints=folder.path,
            ),
        )
        state = {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}
        write_tensors(folder.weights, state)
        return model.eval()


def _load_weights(model: "torch.nn.Module", path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model.load_state_dict(load_file(path))
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} holds no weights that can be read ({error}); delete it, or name another") from error
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{path} does not fit the model ({reason}); choose the model it was trained as") from error
