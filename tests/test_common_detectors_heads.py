"""Detectors on logits and the last layer: each is its formula, written out here in float64 NumPy."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from common.detector import Probe
from common.detectors.ash_b import AshB
from common.detectors.ash_p import AshP
from common.detectors.ash_s import AshS
from common.detectors.dice import Dice
from common.detectors.gradnorm import GradNorm
from common.detectors.kl_matching import KlMatching
from common.detectors.odin import Odin
from common.detectors.openmax import OpenMax, fitted_gumbel
from common.detectors.react import ReAct
from common.detectors.scale import Scale
from common.detectors.temperature_energy import TemperatureEnergy
from common.detectors.temperature_msp import TemperatureMsp
from common.detectors.vra_p import VraP
from common.discover import load_detector
from common.features import quantiles
from common.features.linear_head import LinearHead
from common.features.training_views import NotApplicable, TrainingViews
from common.metrics.calibration import negative_log_likelihood
from common.metrics.detection import roc_auc
from common.model import View

CLASSES, WIDTH = 5, 40
Rows = NDArray[np.float64]
CENTRES = np.maximum(np.random.default_rng(0).normal(0, 2.5, (CLASSES, WIDTH)), 0)
HEAD = LinearHead(torch.tensor(CENTRES / 8).float(), torch.tensor(-(CENTRES**2).sum(1) / 16).float())


def features(count: int, seed: int, spread: float = 1.5) -> tuple[torch.Tensor, torch.Tensor]:
    """Rectified blobs of each class, with their labels: what a ReLU layer gives of known inputs."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    rows = np.maximum(CENTRES[labels] + rng.normal(0, spread, (count, WIDTH)), 0)
    return torch.tensor(rows).float(), torch.tensor(labels)


def unknown(count: int, seed: int) -> torch.Tensor:
    """Features half as large and of no class, as networks give of inputs that they do not know."""
    rng = np.random.default_rng(seed)
    return torch.tensor(np.maximum(CENTRES.mean(0) / 2 + rng.normal(0, 0.7, (count, WIDTH)), 0)).float()


def view_of(rows: torch.Tensor, head: LinearHead = HEAD) -> View:
    return View(logits=head(rows), layers=(rows,), row_of=torch.arange(len(rows)))


def views_of(rows: torch.Tensor, labels: torch.Tensor | None, head: LinearHead = HEAD) -> TrainingViews:
    return TrainingViews(logits=head(rows), layers=(rows,), row_of=torch.arange(len(rows)), labels=labels, head=head)


TRAIN, LABELS = features(600, 1)
TEST, _ = features(150, 2)
VIEWS = views_of(TRAIN, LABELS)
W, B = HEAD.weight.double().numpy(), HEAD.bias.double().numpy()


def energy(rows: Rows, weight: Rows = W) -> Rows:
    return np.asarray(logsumexp(rows @ weight.T + B, axis=1))


def kept(rows: Rows, pruned: float) -> Rows:
    """Each row with all but its largest values set to 0, one row at a time."""
    out = np.zeros_like(rows)
    for row, values in zip(out, rows, strict=True):
        best = np.argsort(-values, kind="stable")[: rows.shape[1] - round(rows.shape[1] * pruned)]
        row[best] = values[best]
    return out


def ash_b(rows: Rows, pruned: float) -> Rows:
    out = kept(rows + 1, pruned) > 0
    return out * (rows.sum(1) / out.sum(1))[:, None]


def ash_s(rows: Rows, pruned: float) -> Rows:
    part = kept(rows, pruned)
    return part * np.exp(rows.sum(1) / part.sum(1))[:, None]


def dice_weight(pruned: float) -> Rows:
    contribution = W * TRAIN.double().numpy().mean(0)
    return np.where(contribution >= np.quantile(contribution, pruned), W, 0)


def temperature() -> float:
    tries = np.geomspace(0.05, 20, 4001)
    z = VIEWS.logits.double().numpy()
    return float(tries[np.argmin([negative_log_likelihood(z / t, LABELS) for t in tries])])


def msp_at(t: float, rows: Rows) -> Rows:
    p = np.sort(softmax((rows @ W.T + B) / t, axis=1), axis=1)
    return np.asarray(np.log(p[:, -1] / p[:, :-1].sum(1)))


def kl_matching(rows: Rows) -> Rows:
    of_train = softmax(VIEWS.logits.double().numpy(), axis=1)
    templates = [of_train[of_train.argmax(1) == kind].mean(0) for kind in np.unique(of_train.argmax(1))]
    p = softmax(rows @ W.T + B, axis=1)
    return -np.min([(p * np.log(p / one)).sum(1) for one in templates], axis=0)


def vra(rows: Rows, low: float, high: float) -> Rows:
    bottom, top = np.quantile(TRAIN.double(), [low, high])
    return np.where(rows < bottom, 0, np.minimum(rows, top))


def gradnorm(rows: Rows) -> Rows:
    p = softmax(rows @ W.T + B, axis=1)
    return np.array([np.abs(np.outer(q - 1 / CLASSES, row)).sum() for q, row in zip(p, rows, strict=True)])


def cut(fraction: float) -> float:
    return float(np.quantile(TRAIN.double(), fraction))


FORMULAS: dict[str, tuple[Probe, Callable[[Rows], Rows]]] = {
    "temperature_msp": (TemperatureMsp(), lambda f: msp_at(temperature(), f)),
    "temperature_energy": (TemperatureEnergy(), lambda f: temperature() * logsumexp((f @ W.T + B) / temperature(), 1)),
    "kl_matching": (KlMatching(), kl_matching),
    "gradnorm": (GradNorm(), gradnorm),
    "react": (ReAct(0.8), lambda f: energy(np.minimum(f, cut(0.8)))),
    "vra_p": (VraP(0.6, 0.9), lambda f: energy(vra(f, 0.6, 0.9))),
    "ash_p": (AshP(0.7), lambda f: energy(kept(f, 0.7))),
    "ash_b": (AshB(0.7), lambda f: energy(ash_b(f, 0.7))),
    "ash_s": (AshS(0.7), lambda f: energy(ash_s(f, 0.7))),
    "scale": (Scale(0.7), lambda f: energy(f * np.exp(f.sum(1) / kept(f, 0.7).sum(1))[:, None])),
    "dice": (Dice(0.7), lambda f: energy(f, dice_weight(0.7))),
}
PROBES = {name: probe for name, (probe, _) in FORMULAS.items()} | {"openmax": OpenMax(10, 3)}


def scored(probe: Probe, rows: torch.Tensor, views: TrainingViews = VIEWS) -> Rows:
    return probe.score(view_of(rows), probe.fit(views)).double().numpy()


@pytest.mark.parametrize("name", FORMULAS)
def test_a_probe_is_its_formula(name: str) -> None:
    probe, formula = FORMULAS[name]
    tolerance = 2e-3 if name.startswith("temperature") else 1e-5  # the test tries temperatures on a grid
    np.testing.assert_allclose(scored(probe, TEST), formula(TEST.double().numpy()), rtol=tolerance, atol=1e-5)


@pytest.mark.parametrize("name", PROBES)
def test_known_rows_score_above_unknown_ones(name: str) -> None:
    head = replace(HEAD, bias=HEAD.bias + 10) if name == "openmax" else HEAD  # its logits should be positive
    views, probe = views_of(TRAIN, LABELS, head), PROBES[name]
    known, strange = (probe.score(view_of(rows, head), probe.fit(views)) for rows in (TEST, unknown(200, 3)))
    assert roc_auc(known, strange) > 0.9


@pytest.mark.parametrize("name", PROBES)
def test_a_row_is_scored_alike_alone_and_in_any_order(name: str) -> None:
    probe = PROBES[name]
    whole, order = scored(probe, TEST), torch.randperm(len(TEST), generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(scored(probe, TEST[order]), whole[order.numpy()], rtol=1e-5, atol=1e-6)
    alone = np.concatenate([scored(probe, TEST[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(alone, whole[:5], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PROBES)
def test_scores_keep_double_precision_and_the_options_stand_in_the_settings(name: str) -> None:
    probe = load_detector(name).probe
    assert probe is not None and not load_detector(name).default
    assert scored(probe, TEST).dtype == np.float64 and probe.score(view_of(TEST), probe.fit(VIEWS)).dtype.itemsize == 8
    settings = list(probe.settings())
    assert settings[0] == probe, "the first of equals is the published setting"
    assert len({str(one.options) for one in settings}) == len(settings)
    for one in settings:
        assert np.isfinite(scored(one, TEST)).all()


def test_odin_may_choose_to_take_no_step() -> None:
    settings = Odin().settings()
    assert settings[0] == Odin() and len(set(settings)) == len(settings)
    assert {one.temperature for one in settings} == {1.0, 10.0, 1000.0}
    assert 0.0 in {one.epsilon for one in settings} and max(one.epsilon for one in settings) <= 0.1


@pytest.mark.parametrize("name", ["gradnorm", "react", "vra_p", "ash_p", "ash_b", "ash_s", "scale", "dice"])
def test_a_last_layer_that_is_not_linear_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(NotApplicable, match=f"detector {name} needs a linear last layer"):
        PROBES[name].fit(replace(VIEWS, head=None))


@pytest.mark.parametrize("name", ["ash_p", "ash_b", "ash_s", "scale"])
def test_signed_features_are_refused_and_nearly_non_negative_ones_count_by_their_positive_part(name: str) -> None:
    with pytest.raises(NotApplicable, match=rf"detector {name} needs features that are not negative .*; 50% of"):
        PROBES[name].fit(replace(VIEWS, layers=(torch.randn(100, WIDTH, generator=torch.Generator().manual_seed(0)),)))
    bent = torch.nn.functional.gelu(TEST - 0.5)
    assert bent.min() < 0
    fitted = PROBES[name].fit(VIEWS)
    positive = bent.clamp_min(0).double().numpy()
    expected = FORMULAS[name][1](positive)
    if name == "scale":  # nothing is pruned, so the negative values stay
        expected = energy(bent.double().numpy() * np.exp(positive.sum(1) / kept(positive, 0.7).sum(1))[:, None])
    np.testing.assert_allclose(PROBES[name].score(view_of(bent), fitted).numpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["ash_p", "ash_b", "ash_s", "scale"])
def test_a_row_of_zeros_has_the_energy_of_the_biases(name: str) -> None:
    np.testing.assert_allclose(scored(PROBES[name], torch.zeros(1, WIDTH)), logsumexp(B), rtol=1e-6)


@pytest.mark.parametrize("name", ["temperature_msp", "temperature_energy", "openmax"])
def test_rows_without_labels_are_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(NotApplicable, match=f"detector {name} needs a label for each row"):
        PROBES[name].fit(views_of(TRAIN, None))


def test_temperature_and_templates_are_made_of_held_out_rows_where_there_are_some() -> None:
    rows, labels = features(100, 9, spread=4.0)
    views = replace(VIEWS, held_out=views_of(rows, labels))
    for probe in (TemperatureMsp(), TemperatureEnergy(), KlMatching()):
        np.testing.assert_array_equal(scored(probe, TEST, views), scored(probe, TEST, views_of(rows, labels)))
        assert not np.array_equal(scored(probe, TEST, views), scored(probe, TEST))


def test_a_scaled_msp_ranks_rows_whose_probability_rounds_to_one() -> None:
    logits = torch.zeros(4, 3)
    logits[:, 1] = torch.tensor([40.0, 400.0, 900.0, 901.0])
    view = View(logits=logits, layers=(logits,), row_of=torch.arange(4))
    detector = load_detector("temperature_msp")
    assert detector.probe is not None
    score = detector.probe.score(view, {"temperature": torch.tensor(1.0)}).numpy()
    assert (np.diff(score) > 0).all() and detector.for_mean(score).tolist() == [1.0] * 4


def test_a_class_that_is_never_predicted_has_no_template_and_no_probability_rounds_away() -> None:
    logits = torch.tensor([[2000.0, 0.0, -5.0], [0.0, 1500.0, -5.0], [0.0, 900.0, 3.0]])
    views = TrainingViews(logits=logits, layers=(logits,), row_of=torch.arange(3))
    fitted = KlMatching().fit(views)
    assert fitted["log_templates"].shape == (2, 3) and torch.isfinite(fitted["log_templates"]).all()
    view = View(logits=torch.tensor([[2000.0, 0.0, -5.0], [0.0, 0.0, 50.0]]), layers=(logits,), row_of=torch.arange(2))
    near, far = KlMatching().score(view, fitted).tolist()
    assert near == pytest.approx(0) and far < -800


def test_a_quantile_of_many_values_is_taken_of_whole_rows_at_equal_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantiles, "MOST_VALUES", 100 * WIDTH)
    found = float(quantiles.quantile_of(TRAIN, 0.8))
    assert found == pytest.approx(np.quantile(TRAIN[::6].double(), 0.8))
    assert found == pytest.approx(cut(0.8), rel=0.1)


def openmax(rows: Rows, tail: int, alpha: int) -> Rows:
    """OpenMax one row at a time, the distribution of distances as fitted_gumbel gives it."""
    z_train, z = VIEWS.logits.double().numpy(), rows @ W.T + B
    right = z_train.argmax(1) == LABELS.numpy()
    found = []
    models = []
    for kind in range(CLASSES):
        own = z_train[right & (LABELS.numpy() == kind)]
        distances = np.sort(np.linalg.norm(own - own.mean(0), axis=1))[-tail:]
        models.append((own.mean(0), *fitted_gumbel(torch.tensor(distances))))
    for row in z:
        known, none = row.copy(), 0.0
        for rank, kind in enumerate(np.argsort(-row)[:alpha], start=1):
            mean, place, scale = models[kind]
            far = 1 - np.exp(-np.exp((np.linalg.norm(row - mean) - place) / scale))
            w = far * (alpha + 1 - rank) / alpha
            known[kind], none = row[kind] * (1 - w), none + row[kind] * w
        found.append(logsumexp(known) - none)
    return np.array(found)


def test_openmax_is_its_formula() -> None:
    np.testing.assert_allclose(
        scored(OpenMax(10, 3), TEST), openmax(TEST.double().numpy(), 10, 3), rtol=1e-4, atol=1e-4
    )


def test_the_distribution_of_distances_is_the_likeliest() -> None:
    from scipy.stats import gumbel_l

    values = np.random.default_rng(0).normal(20, 2, 30)
    place, scale = fitted_gumbel(torch.tensor(values))
    np.testing.assert_allclose([place, scale], gumbel_l.fit(values), rtol=1e-3)
    place, scale = fitted_gumbel(torch.full((4,), 3.0, dtype=torch.float64))
    assert place == pytest.approx(3) and 0 < scale < 0.01


def test_a_class_without_right_rows_counts_as_unknown() -> None:
    wrong = torch.where(LABELS == 2, 3, LABELS)
    score = scored(OpenMax(10, 1), TEST, views_of(TRAIN, wrong))
    of_lost = HEAD(TEST).argmax(1).numpy() == 2
    assert np.isfinite(score).all() and score[of_lost].max() < np.median(score[~of_lost])
