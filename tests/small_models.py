"""The suite's own networks, small, on made-up data: images, tagged tokens, utterances spelled by CTC."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from common.data.examples import IGNORE, Batch, TensorDataset
from common.data.samples import RawDataset
from common.data.sources import Derived
from common.discover import load_architecture, load_objective
from common.model import Classifier, inside_rows
from common.objective import LossObjective
from common.task import Budget, Model, Task
from common.training.setup import Setup

CLASSES = 4
NOTHING = Derived("nothing", lambda test, rng: RawDataset([]))
BUDGET = Budget(epochs=6, batch_size=32, learning_rate=3e-3)


@dataclass(frozen=True)
class Trained:
    """A network with the data it was trained on, held-out data, and data that look otherwise."""

    model: Classifier
    train: TensorDataset
    test: TensorDataset
    outside: TensorDataset
    own: LossObjective

    def setup(self, **changes: object) -> Setup:
        """Return what an objective would get to train this network."""
        task = Task("small", "small", NOTHING, NOTHING, (), Model("small"), BUDGET, BUDGET)
        plain = Setup(task, BUDGET, self.train, 0, torch.device("cpu"), criterion=self.own.criterion)
        return replace(plain, **{"outliers": self.outside, **changes})


def _trained(modality: str, model: Model, objective: str, sets: list[RawDataset], budget: Budget = BUDGET) -> Trained:
    architecture = load_architecture(modality, model)
    preprocessor = architecture.preprocessor(sets[0])
    own = load_objective(objective)
    assert isinstance(own, LossObjective)
    torch.manual_seed(0)
    network = own.wrap(partial(architecture.build, preprocessor, sets[0]), preprocessor(sets[0]))
    found = Trained(network, *map(preprocessor, sets), own=own)
    own.train(network, replace(found.setup(), budget=budget))
    return found


def images() -> Trained:
    """8 x 8 images with one bright quarter each; outside: stripes."""

    def draw(count: int, seed: int) -> RawDataset:
        rng = np.random.default_rng(seed)
        labels = np.arange(count) % CLASSES
        pictures = rng.integers(0, 60, (count, 8, 8))
        for picture, label in zip(pictures, labels, strict=True):
            picture[4 * (label // 2) :, 4 * (label % 2) :][:4, :4] += 150
        return RawDataset(pictures.astype(np.uint8), labels.astype(np.int64), tuple("abcd"))

    stripes = np.tile(np.array([0, 255], np.uint8), (100, 8, 4)) // np.arange(1, 101, dtype=np.uint8)[:, None, None]
    sets = [draw(400, 0), draw(200, 1), RawDataset(stripes)]
    return _trained("vision", Model("mlp", {"hidden": (32, 16)}), "cross_entropy", sets)


def tokens() -> Trained:
    """Sentences whose words' first letters are their tags; outside: sentences of words that were never seen."""

    def draw(count: int, seed: int, letters: str) -> RawDataset:
        rng = np.random.default_rng(seed)
        tags = [rng.integers(0, CLASSES, rng.integers(1, 7)) for _ in range(count)]
        words = [[f"{letters[tag]}{rng.integers(9)}" for tag in one] for one in tags]
        return RawDataset(words, [one.astype(np.int64) for one in tags], tuple("abcd"))

    outside = replace(draw(60, 2, "wxyz"), labels=None, label_names=())
    model = Model("lstm_tagger", {"embedding": 8, "width": 8, "layers": 1})
    sets = [draw(150, 0, "abcd"), draw(80, 1, "abcd"), outside]
    budget = replace(BUDGET, batch_size=8, learning_rate=1e-2)
    return _trained("nlp", model, "cross_entropy", sets, budget)


def utterances() -> Trained:
    """Tones one after another, each a phone, spelled by CTC; outside: noise."""

    def draw(count: int, seed: int) -> RawDataset:
        rng = np.random.default_rng(seed)
        spelled = [rng.integers(0, CLASSES, rng.integers(2, 5)) for _ in range(count)]
        sounds = [np.concatenate([_tone(300 * 2**phone, rng) for phone in one]) for one in spelled]
        return RawDataset(sounds, [one.astype(np.int64) for one in spelled], tuple("abcd"))

    rng = np.random.default_rng(3)
    noise = [rng.normal(0, 0.3, 4000).astype(np.float32) for _ in range(40)]
    budget = replace(BUDGET, epochs=25, batch_size=8, learning_rate=1e-2)
    sets = [draw(60, 0), draw(40, 1), RawDataset(noise)]
    return _trained("speech", Model("ctc_lstm", {"hidden": 24, "layers": 1}), "ctc", sets, budget)


def _tone(frequency: float, rng: np.random.Generator) -> "np.ndarray":
    time = np.arange(1600) / 16000
    return (0.3 * np.sin(2 * np.pi * frequency * time) + rng.normal(0, 0.01, 1600)).astype(np.float32)


KINDS = {"images": images, "tokens": tokens, "utterances": utterances}


def first_rows(data: TensorDataset, count: int) -> TensorDataset:
    """Return the first examples."""
    return data.take(torch.arange(count))


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors are equal but for rounding."""
    return torch.allclose(one, other, atol=1e-5)


def padded_further(batch: Batch) -> Batch:
    """Return the batch with three more steps of padding, which are anything; a batch of fixed sizes as it is."""
    if batch.lengths is None:
        return batch
    anything = batch.inputs.flip(0)[:, :1].repeat(1, 3, *(1,) * (batch.inputs.ndim - 2))
    longer = batch.with_inputs(torch.cat([batch.inputs, anything], 1))
    if batch.labels is None or not batch.row_labels:
        return longer
    return replace(longer, labels=nn.functional.pad(batch.labels, (0, 3), value=IGNORE))


def rows_of(model: Classifier, batch: Batch) -> "np.ndarray":
    """Return (R, C) logits of all classes, float64, without padding."""
    with torch.no_grad():
        logits = model(batch)
        inside = inside_rows(model, batch, logits)
    return (logits if inside is None else logits[inside]).double().numpy()
