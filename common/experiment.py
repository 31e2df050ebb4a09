"""One task with one seed: its data, its trained models and what they say, each made once and when first needed."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from common import workers
from common.data import AnySource, Folders, Samples
from common.discover import load_architecture, load_objective, load_task
from common.errors import MissingData, UserError
from common.files import sha256, write_tensors
from common.outputs import Outputs
from common.progress import Progress
from common.provenance import code_hash, versions
from common.seeds import seed_of
from common.store import RunFolder, run_folder
from common.task import Budget, Model, Split, Task

if TYPE_CHECKING:
    import torch

    from common.examples import Examples
    from common.model import Classifier

OodKey = tuple[str, str | None]
"""Name and variant of an OOD set."""

CORE = ("common.experiment", "common.training", "common.predict")
"""The part of the core that every model's outputs come through."""

KEPT_BYTES = 2**30
"""OOD examples up to so much memory are kept for the task's further objectives; more are read and encoded again."""


@dataclass(frozen=True)
class Setting:
    """What the command line chose, the same for all tasks."""

    profile: str = "quick"
    out: Path = Path("runs/quick")
    folders: Folders = Folders()
    device: str = "cpu"
    model: Model | None = None
    weights: Path | None = None
    own_task: Task | None = None
    """An experiment on files of one's own, which no ``tasks`` folder has."""


@dataclass(frozen=True)
class TaskOutputs:
    """What one trained model says about its test set and every OOD set, with facts about the data.

    ``meta`` holds: data (kind), held_out, dropped, seconds; n_train, how many training examples there are, those
    held back to choose the best epoch among them; n_batched, how many the encoder makes of the others.
    """

    test: Outputs
    ood: Mapping[OodKey, Outputs]
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class _Prepared:
    """Training and test examples, encoded by the architecture, and what OOD sets are made from."""

    architecture: Any
    encoder: Any
    train_samples: Samples
    train: "Examples"
    dev: "Examples | None"
    test_samples: Samples
    test: "Examples"
    split_ood: dict[OodKey, Samples]
    facts: dict[str, Any]


class Experiment:
    """A task, a seed and a setting; ``outputs`` trains or reads from the store.

    ``fewer`` is a budget with fewer ``examples`` than the task's own (``Budget.on``), for a point of a learning curve:
    the same experiment, test and OOD sets included, on a part of its training set.
    """

    def __init__(
        self, name: str, seed: int, setting: Setting, progress: Progress | None = None, fewer: Budget | None = None
    ) -> None:
        self.name, self.seed, self.setting = name, seed, setting
        self.modality = name.split("/")[0]
        self.task = setting.own_task or load_task(name)
        self.model = setting.model or self.task.model_of(setting.profile)
        self.progress = progress or Progress()
        self.fewer = fewer
        self._kept: dict[OodKey, Examples] = {}
        self.dropped: dict[str, int] = {}
        """What readers left out, by data set and reason, as far as sets have been read."""

    @cached_property
    def architecture(self) -> Any:
        """The architecture with its options, and with the folders if it reads files of its own."""
        return load_architecture(self.modality, self.model, self.setting.folders)

    @cached_property
    def budget(self) -> Budget:
        """The task's budget of the profile, or what an architecture with needs of its own makes of it; or ``fewer``."""
        if self.fewer is not None:
            return self.fewer
        budget = self.task.budget(self.setting.profile)
        return self.architecture.budget(budget) if hasattr(self.architecture, "budget") else budget

    @property
    def label(self) -> str:
        """What progress and messages call the experiment."""
        return f"{self.name} seed {self.seed}" + (f" on {self.fewer.examples} examples" if self.fewer else "")

    @cached_property
    def train_source(self) -> AnySource:
        """The training data that will be read."""
        return self._required(self.task.train)

    @cached_property
    def test_source(self) -> AnySource:
        """The test data that will be read."""
        return self._required(self.task.test)

    @cached_property
    def ood_sources(self) -> list[AnySource]:
        """The OOD sets that are there, stand-ins included."""
        found = (source.resolve(self.setting.folders) for source in self.task.ood)
        return [source for source in found if source is not None]

    def require_data(self) -> None:
        """Raise ``MissingData`` if the training or test data is not there."""
        self._required(self.task.train)
        self._required(self.task.test)

    @property
    def missing(self) -> list[AnySource]:
        """The OOD sets that are not there and have no stand-in."""
        return [source for source in self.task.ood if source.resolve(self.setting.folders) is None]

    def _required(self, source: AnySource) -> AnySource:
        found = source.resolve(self.setting.folders)
        if found is None:
            raise MissingData(f"{source.name} is not here", source.remedy)
        return found

    def folder(self, objective: str) -> RunFolder:
        """Return where the outputs of a training are stored; its name is a hash of all that determines them."""
        folders = self.setting.folders
        task_module = self.name.replace("/", "." if self.setting.own_task else ".tasks.")
        model_module = f"{self.modality}.models.{self.model.name}"
        sources = [self.train_source, self.test_source, *self.ood_sources, *self._outliers(objective)]
        ingredients = {
            "model": asdict(self.model),
            "model files": self.architecture.fingerprint() if hasattr(self.architecture, "fingerprint") else None,
            "budget": asdict(self.budget),
            "data": [source.fingerprint(folders) for source in sources],
            "device": self.setting.device,
            "workers": workers.COUNT,
            "weights": sha256(self.setting.weights) if self.setting.weights else None,
            "code": code_hash((task_module, model_module, f"common.objectives.{objective}", *CORE)),
            "versions": versions(),
            "mixed precision": self.budget.mixed_precision and self._has_bfloat16(),
        }
        return run_folder(self.setting.out, self.name, objective, self.seed, ingredients)

    def _has_bfloat16(self) -> bool:
        from common.training import has_bfloat16

        return has_bfloat16(self.setting.device)

    @property
    def model_label(self) -> str:
        """What results call the model: the architecture, and the weights if they were given."""
        weights = self.setting.weights
        return self.model.label + (f" with {weights.name}" if weights else "")

    def _outliers(self, objective: str) -> list[AnySource]:
        if not load_objective(objective).needs_outliers:
            return []
        if self.task.auxiliary is None:
            raise UserError(f"{self.name} declares no auxiliary data, which objective {objective} needs")
        return [self._required(self.task.auxiliary)]

    def outputs(self, objective: str) -> TaskOutputs:
        """Return what the model trained by ``objective`` says: from the store, or by training it now."""
        folder = self.folder(objective)
        workers.connect(self.setting.device)
        if not folder.complete:
            self._run(objective, folder)
        workers.wait()
        return TaskOutputs(*folder.load())

    def _run(self, objective: str, folder: RunFolder) -> None:
        from common.predict import predict

        started = time.monotonic()
        self.progress.start(f"{self.label} {objective}: reading data")
        model = self.trained(objective, folder)
        trained = time.monotonic()
        try:
            test = predict(model, self.data.test)
            ood = {key: predict(model, examples) for key, examples in self.ood_examples()}
        except ValueError as error:
            raise UserError(f"{self.name}: what {self.model_label} says cannot be scored: {error}") from error
        done = time.monotonic()
        seconds = {"train": round(trained - started, 1), "predict": round(done - trained, 1)}
        folder.save(test, ood, {**self.data.facts, "dropped": self.dropped, "seconds": seconds})

    def trained(self, objective_name: str, folder: RunFolder) -> "Classifier":
        """Return the trained model: its stored weights, the ``--weights`` file, or a training."""
        import torch

        from common.objective import Setup

        data, objective = self.data, load_objective(objective_name)
        torch.manual_seed(seed_of(self.seed, "weights"))
        model = objective.wrap(data.architecture.build(data.encoder, data.train_samples), data.train)
        device = torch.device(self.setting.device)
        weights = self.setting.weights or folder.weights
        if self.setting.weights or folder.weights.is_file():
            _load_weights(model, weights)
            return model.to(device).eval()
        self.progress.start(f"{self.label} {objective_name}")
        outliers = [self._encoded(source) for source in self._outliers(objective_name)]
        objective.train(
            model,
            Setup(
                task=self.task,
                budget=self.budget,
                train=data.train,
                dev=data.dev,
                outliers=outliers[0] if outliers else None,
                distorted=self._distorted if self.task.distorted else None,
                seed=self.seed,
                device=device,
                progress=self.progress,
                checkpoints=folder.path,
            ),
        )
        state = {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}
        write_tensors(folder.weights, state)
        return model.eval()

    def _distorted(self) -> "Examples":
        assert self.task.distorted is not None
        rng = np.random.default_rng(seed_of(self.seed, "distorted"))
        examples: Examples = self.data.encoder(self.task.distorted(self.data.train_samples, rng))
        return examples

    def _encoded(self, source: AnySource) -> "Examples":
        examples: Examples = self.data.encoder(source.load(self.setting.folders, self.seed))
        return examples

    @cached_property
    def data(self) -> _Prepared:
        """The training and test examples."""
        folders, budget = self.setting.folders, self.budget
        train = self.train_source.load(folders, self.seed)
        test = self.test_source.load(folders, self.seed)
        split = self.task.split(train, test, self.seed) if self.task.split else Split(train, test)
        taught = self._drawn(split.train, budget.examples, "examples")
        fit_on, dev = self._with_dev(taught)
        self._note_dropped("train", train)
        self._note_dropped("test", test)
        drawn = self._drawn(split.test, budget.test_examples, "test")
        encoder = self.architecture.encoder(fit_on)
        encoded = encoder(fit_on)
        return _Prepared(
            self.architecture,
            encoder,
            fit_on,
            encoded,
            encoder(dev) if dev else None,
            drawn,
            encoder(drawn),
            {(name, None): samples for name, samples in split.ood.items()},
            facts=_facts(train, test, split) | {"n_train": len(taught), "n_batched": len(encoded)},
        )

    def ood_examples(self) -> "Iterator[tuple[OodKey, Examples]]":
        """Yield the encoded OOD sets, one in memory at a time but for ``KEPT_BYTES`` that further objectives use."""
        left_out = self.data.split_ood
        for key, source in [*left_out.items(), *(((one.name, one.variant), one) for one in self.ood_sources)]:
            if key not in self._kept:
                examples = self._encoded_ood(key, source)
                if examples.nbytes + sum(one.nbytes for one in self._kept.values()) > KEPT_BYTES:
                    yield key, examples
                    continue
                self._kept[key] = examples
            yield key, self._kept[key]

    def _encoded_ood(self, key: OodKey, source: AnySource | Samples) -> "Examples":
        """Encode what the split left out of training, or what a source reads or makes of the test samples."""
        data = self.data
        if not isinstance(source, Samples):
            source = source.load(self.setting.folders, self.seed, data.test_samples)
        self._note_dropped(_label(key), source)
        samples = self._drawn(_own_labels(source, data.train_samples), self.budget.test_examples, key)
        examples: Examples = data.encoder(samples)
        return examples

    def _note_dropped(self, name: str, samples: Samples) -> None:
        self.dropped |= {f"{name}: {why}": count for why, count in samples.dropped.items() if count}

    def _drawn(self, samples: Samples, count: int | None, what: object) -> Samples:
        """Return at most ``count`` of the samples, a seeded draw in the original order."""
        if count is None or count >= len(samples):
            return samples
        rng = np.random.default_rng(seed_of(self.seed, "draw", what))
        return samples.take(np.sort(rng.permutation(len(samples))[:count]))

    def _with_dev(self, train: Samples) -> tuple[Samples, Samples | None]:
        """Hold back the budget's ``dev`` examples from training."""
        if not self.budget.dev:
            return train, None
        count = self.budget.held_back(len(train))
        order = np.random.default_rng(seed_of(self.seed, "dev")).permutation(len(train))
        return train.take(np.sort(order[count:])), train.take(np.sort(order[:count]))


def _own_labels(samples: Samples, train: Samples) -> Samples:
    """Return the samples without their labels, unless these are of the classes that the model knows."""
    return samples if samples.label_names == train.label_names else replace(samples, labels=None)


def _label(key: OodKey) -> str:
    return " ".join(part for part in key if part)


def _facts(train: Samples, test: Samples, split: Split) -> dict[str, Any]:
    kinds = {train.kind, test.kind}
    return {
        "data": next(kind for kind in ("synthetic", "sample", "full") if kind in kinds),
        "held_out": list(split.held_out) if split.held_out is not None else None,
    }


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
