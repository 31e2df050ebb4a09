"""Options of detectors are chosen on pseudo-OOD: the better of two settings, and no test OOD set is looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

import common.tuning
from common.data.examples import TensorDataset
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.data.sources import Derived
from common.detector import Fitted, Probe
from common.detectors.pca_input import InputPca
from common.discover import load_pseudo_ood
from common.experiment import Experiment, RunOptions
from common.features.training_views import TrainingViews
from common.model import View
from common.training.probing import training_views
from common.tuning import _held_out, _views, chosen
from vision.data.noise import PIXEL_NOISE


@dataclass(frozen=True)
class Sign(Probe):
    """The largest probability, or minus it: the second of the two settings is the better one."""

    sign: float = -1.0

    def settings(self) -> Sequence[Probe]:
        return Sign(-1.0), Sign(1.0)

    def fit(self, train: TrainingViews) -> Fitted:
        return {"sign": torch.tensor(self.sign)}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        return fitted["sign"] * view.logits.softmax(1).amax(1)


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    found = Experiment("vision/mnist", 0, RunOptions(out=tmp_path, folders=Folders()))
    quick = replace(found.task.quick, epochs=2, examples=1000, test_examples=200)
    found.task = replace(found.task, quick=quick)
    return found


@pytest.fixture
def model(experiment: Experiment) -> object:
    return experiment.trained("cross_entropy", experiment.folder("cross_entropy"))


def test_pseudo_ood_chooses_the_better_setting_and_no_test_set_is_touched(
    experiment: Experiment, model: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched(*arguments: object) -> Iterator[object]:
        raise AssertionError("test OOD sets are not for tuning")

    monkeypatch.setattr("common.encoded.EncodedData.ood_examples", touched)
    monkeypatch.setattr("common.encoded.EncodedData.test", property(touched))
    probe, told = chosen(experiment, model, {"sign": Sign()})["sign"]
    assert probe == Sign(1.0)
    assert told["sign"] == 1.0 and told["chosen_on"] == "pseudo-OOD: inverted, jigsaw, rotated, permuted, mixed"


def test_kinds_of_the_family_of_a_test_ood_set_have_no_part(experiment: Experiment, model: object) -> None:
    other = Experiment("vision/mnist", 0, experiment.options)
    untested = tuple(one for one in other.task.ood if one.family != PIXEL_NOISE)
    assert len(untested) == len(other.task.ood) - 2
    other.task = replace(experiment.task, ood=untested)
    _, told = chosen(other, model, {"sign": Sign()})["sign"]
    assert told["chosen_on"] == "pseudo-OOD: Gaussian, uniform, inverted, jigsaw, rotated, permuted, mixed"


def test_the_oracle_looks_at_the_test_ood_sets_and_rows_say_so(experiment: Experiment, model: object) -> None:
    experiment.options = replace(experiment.options, tune="oracle")
    probe, told = chosen(experiment, model, {"sign": Sign()})["sign"]
    assert probe == Sign(1.0) and told["chosen_on"] == "oracle: the test OOD sets"


def test_what_settings_learn_from_are_the_rows_of_the_examples_that_are_not_held_out(
    experiment: Experiment, model: object
) -> None:
    data, probes = experiment.data, [InputPca(), Sign()]
    held_out, _ = _held_out(data)
    assert len(held_out) == len(data.train) // 10
    every = training_views(model, data.train, probes, 0)
    kept = _views(experiment, model, probes, every)
    alone = _views(experiment, model, probes, None)  # encoded by themselves, in a pass of their own
    assert len(kept.row_of) == kept.total == alone.total == len(data.train) - len(held_out)
    assert torch.equal(kept.labels, alone.labels) and torch.equal(kept.inputs, alone.inputs)
    assert torch.allclose(kept.logits, alone.logits, atol=1e-5)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(kept.layers, alone.layers, strict=True))
    assert not torch.allclose(kept.mean, every.mean, atol=1e-6), "what was computed of all rows is not theirs"


@pytest.mark.parametrize(("length", "expected"), [(100, 20), (250, 8), (1000, 6)])
def test_of_sequences_whose_steps_are_classified_those_are_held_out_that_suffice(length: int, expected: int) -> None:
    offsets = torch.arange(21) * length
    steps = TensorDataset(torch.zeros(20 * length, 1), offsets, torch.zeros(20 * length), offsets)
    samples = RawDataset([f"{number}" for number in range(20)])
    data = SimpleNamespace(validation_samples=samples, validation=steps, seed=0)
    raw, known = _held_out(data)  # type: ignore[arg-type]
    assert len(raw) == len(known) == expected
    if expected < 20:  # drawn from all of the corpus, whose order may be that of speakers
        assert raw.items != samples.items[:expected] and int(raw.items[-1]) >= 10, "the second half has its part"
    data.validation = replace(steps, labels=torch.zeros(20), label_offsets=None)  # a label a sequence
    raw, known = _held_out(data)  # type: ignore[arg-type]
    assert raw is samples and known is data.validation


def test_options_are_chosen_on_a_draw_of_many_validation_samples() -> None:
    numbers = torch.arange(700)
    samples = RawDataset([f"{number}" for number in range(700)])
    data = SimpleNamespace(validation_samples=samples, validation=TensorDataset(numbers, labels=numbers), seed=0)
    raw, known = _held_out(data)  # type: ignore[arg-type]
    assert len(raw) == len(known) == common.tuning.HELD_OUT
    assert raw.items == [f"{number}" for number in known.inputs.tolist()] and int(raw.items[-1]) > 690


def test_without_tuning_the_options_are_as_they_are(
    experiment: Experiment, model: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment.options = replace(experiment.options, tune="none")
    monkeypatch.setattr(common.tuning, "_data", None)
    assert chosen(experiment, model, {"sign": Sign()})["sign"] == (Sign(-1.0), {"sign": -1.0})


RNG = np.random.default_rng(0)
TEXTS = RawDataset(["one two three four", "five six", "seven eight nine"], np.array([0, 1, 0]), ("a", "b"))
HELD_OUT = {
    "vision": [
        RawDataset(RNG.integers(0, 256, (6, 10, 10), dtype=np.uint8)),
        RawDataset(RNG.random((6, 8, 8, 3), dtype=np.float32)),
    ],
    "nlp": [TEXTS, RawDataset([text.split() for text in TEXTS.items], [np.arange(4), np.arange(2), np.arange(3)])],
    "speech": [RawDataset([0.1 * RNG.standard_normal(length, dtype=np.float32) for length in (800, 1601, 5)])],
}
CASES = [
    pytest.param(source, held_out, id=f"{modality} {number} {source.name}")
    for modality, sets in HELD_OUT.items()
    for number, held_out in enumerate(sets)
    for source in load_pseudo_ood(modality)
]


@pytest.mark.parametrize(("source", "held_out"), CASES)
def test_pseudo_ood_has_the_form_of_what_it_is_made_of_and_no_labels(source: Derived, held_out: RawDataset) -> None:
    made = source.load(Folders(), 0, held_out)
    again = source.load(Folders(), 0, held_out)
    assert made.labels is None
    if source.name == "shuffled words" and isinstance(held_out.items[0], str):
        assert len(made) == 0, "a bag of words has no order"
        return
    assert len(made) == len(held_out)
    for one, same, old in zip(made.items, again.items, held_out.items, strict=True):
        assert type(one) is type(old)
        if isinstance(one, np.ndarray):
            assert one.dtype == np.float32 and np.isfinite(one).all() and np.array_equal(one, same)
            assert one.ndim == old.ndim and (
                one.ndim == 1 or (one.shape == old.shape and 0 <= one.min() <= one.max() <= 1)
            )
        else:
            assert one == same
    if source.name != "scrambled words" and not isinstance(made.items, np.ndarray):
        assert any(not np.array_equal(one, old) for one, old in zip(made.items, held_out.items, strict=True))


def test_noise_and_tones_have_the_level_and_length_of_the_sound_they_replace() -> None:
    (held_out,) = HELD_OUT["speech"]
    for source in load_pseudo_ood("speech")[3:]:
        for made, old in zip(source.load(Folders(), 0, held_out).items[:2], held_out.items, strict=False):
            assert len(made) == len(old)
            assert np.square(made).mean() == pytest.approx(np.square(old).mean(), rel=1e-3)


def test_joined_halves_come_from_texts_of_different_classes() -> None:
    joined = next(source for source in load_pseudo_ood("nlp") if source.name == "joined halves")
    class_of = {word: label for item, label in zip(TEXTS.items, TEXTS.labels, strict=True) for word in item.split()}
    for text, label in zip(joined.load(Folders(), 0, TEXTS).items, TEXTS.labels, strict=True):
        words = text.split()
        assert class_of[words[0]] == label != class_of[words[-1]]
