"""Detectors rank as pytorch-ood's do, given the same features; where they differ by intent, the test says how.

pytorch-ood is no dependency: these tests are skipped unless it is installed. Its scores are higher for outliers.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from common.detector import Probe
from common.detectors.ash_b import AshB
from common.detectors.ash_p import AshP
from common.detectors.ash_s import AshS
from common.detectors.dice import Dice
from common.detectors.fdbd import BoundaryDistance
from common.detectors.gaussian_classes import GaussianClasses
from common.detectors.gradnorm import GradNorm
from common.detectors.kl_matching import KlMatching
from common.detectors.knn import NearestNeighbours
from common.detectors.mahalanobis import Mahalanobis
from common.detectors.nci import Alignment
from common.detectors.nnguide import NearestNeighbourGuidance
from common.detectors.odin import Odin
from common.detectors.openmax import OpenMax
from common.detectors.react import ReAct
from common.detectors.relative_mahalanobis import RelativeMahalanobis
from common.detectors.scale import Scale
from common.detectors.she import StoredPatterns
from common.detectors.temperature_msp import TemperatureMsp
from common.detectors.vim import VirtualLogit
from common.discover import load_detector
from common.features.linear_head import LinearHead
from common.features.training_views import TrainingViews
from common.metrics.calibration import fit_temperature, negative_log_likelihood
from common.model import View
from common.store.outputs import Outputs

peer = pytest.importorskip("pytorch_ood.detector", reason="pytorch-ood is not installed")

CLASSES, WIDTH, ROWS = 6, 48, 400
GENERATOR = torch.Generator().manual_seed(3)
CENTRES = torch.randn(CLASSES, WIDTH, generator=GENERATOR).clamp_min(0)
LINEAR = nn.Linear(WIDTH, CLASSES)
with torch.no_grad():
    LINEAR.weight.copy_(CENTRES / 3 + 0.1 * torch.randn(CLASSES, WIDTH, generator=GENERATOR))
    LINEAR.bias.copy_(0.1 * torch.randn(CLASSES, generator=GENERATOR))
HEAD = LinearHead(LINEAR.weight.detach(), LINEAR.bias.detach())


def rectified(count: int) -> Tensor:
    noise = 0.8 * torch.randn(count, WIDTH, generator=GENERATOR)
    return (CENTRES[torch.arange(count) % CLASSES] + noise).clamp_min(0)


TRAIN, TEST = rectified(900), rectified(ROWS)
LABELS = HEAD(TRAIN).argmax(1)  # all right, since pytorch-ood's OpenMax learns from wrong rows too
MIXED = torch.arange(900) % CLASSES  # some are wrong, so the best temperature is not 0
VIEWS = TrainingViews(logits=HEAD(TRAIN), layers=(TRAIN,), row_of=torch.arange(900), labels=LABELS, head=HEAD)
VIEW = View(logits=HEAD(TEST), layers=(TEST,), row_of=torch.arange(ROWS))


def of_maps(maps: Tensor) -> Tensor:
    with torch.no_grad():
        result: Tensor = LINEAR(maps.flatten(1))
    return result


def by_maps(kind: str, **options: object) -> Tensor:
    """Scores of a detector of feature maps; a vector is a map of one position."""
    found: Tensor = getattr(peer, kind)(lambda x: x, of_maps, **options).predict_feature_maps(TEST[:, :, None, None])
    return found


def by_features(kind: str, *arguments: object, **options: object) -> Callable[[], Tensor]:
    """Return what gives the scores of a detector of vectors, fitted to the training rows."""

    def scores() -> Tensor:
        detector = getattr(peer, kind)(None, *arguments, **options)
        found: Tensor = detector.fit_features(TRAIN, LABELS).predict_features(TEST)
        return found

    return scores


def react() -> Tensor:
    detector = peer.ReAct(lambda x: x, of_maps, percentile=0.8)
    detector.fit_feature_maps(TRAIN, LABELS)
    found: Tensor = detector.predict_feature_maps(TEST)
    return found


def kl_matching() -> Tensor:
    found: Tensor = peer.KLMatching(None).fit_logits(HEAD(TRAIN), LABELS).predict_logits(HEAD(TEST))
    return found


def openmax() -> Tensor:
    found: Tensor = peer.OpenMax(None, tailsize=20, alpha=3).fit_logits(HEAD(TRAIN), LABELS).predict_logits(HEAD(TEST))
    return found


def gradnorm() -> Tensor:
    """pytorch-ood's gradient is of all parameters unless told; the publication's is of the weights."""
    found: Tensor = peer.GradNorm(LINEAR, param_filter=lambda name: name == "weight")(TEST)
    return found


PAIRS: dict[str, tuple[Probe, Callable[[], Tensor]]] = {
    "ash_p": (AshP(0.65), lambda: by_maps("ASH", variant="ash-p", percentile=0.65)),
    "ash_b": (AshB(0.65), lambda: by_maps("ASH", variant="ash-b", percentile=0.65)),
    "ash_s": (AshS(0.65), lambda: by_maps("ASH", variant="ash-s", percentile=0.65)),
    "scale": (Scale(0.65), lambda: by_maps("SCALE", percentile=0.65)),
    "react": (ReAct(0.8), react),
    "dice": (Dice(0.7), by_features("DICE", HEAD.weight, HEAD.bias, 0.7)),
    "kl_matching": (KlMatching(), kl_matching),
    "openmax": (OpenMax(20, 3), openmax),
    "gradnorm": (GradNorm(), gradnorm),
    "mahalanobis": (Mahalanobis(), by_features("Mahalanobis")),
    "relative_mahalanobis": (RelativeMahalanobis(), by_features("RMD")),
    "gaussian_classes": (GaussianClasses(shrinkage=0.0), by_features("GMM")),
    "knn": (NearestNeighbours(k=10), by_features("KNN", k=10)),
    "knn, not normalised": (NearestNeighbours(10, normalised=False), by_features("KNN", k=10, normalize=False)),
    "vim": (VirtualLogit(0.5), by_features("ViM", d=WIDTH // 2, w=HEAD.weight, b=HEAD.bias)),
    "she": (StoredPatterns(), by_features("SHE", LINEAR)),
    "fdbd": (BoundaryDistance(), by_features("fDBD", LINEAR)),
    "nnguide": (NearestNeighbourGuidance(k=10), by_features("NNGuide", LINEAR, k=10)),
    "nci": (Alignment(alpha=0.01), by_features("NCI", LINEAR, alpha=0.01)),
}
FACTORS = {
    "mahalanobis": 2 * len(TRAIN),  # theirs is half the squared distance by a scatter that is not divided by the rows
    "relative_mahalanobis": len(TRAIN),  # the same scatter, and no half
    "knn": 1,
    "vim": 1,
    "she": 1 / WIDTH,  # ours is the mean over features, theirs the sum
    "fdbd": 1,
    "nnguide": 1,
    "nci": 1,
}
"""What theirs is to be multiplied by: where a score differs by more than its sign, it differs by a factor."""
LOGIT_SCORES = {
    "msp": "MaxSoftmax",
    "max_logit": "MaxLogit",
    "energy": "EnergyBased",
    "entropy": "Entropy",
    "gen": "GEN",
}
"""Entropy and GEN of theirs clamp probabilities; here there are none so small."""


@pytest.mark.parametrize("name", PAIRS)
def test_a_probe_ranks_as_the_other_library(name: str) -> None:
    probe, other = PAIRS[name]
    assert spearmanr(probe.score(VIEW, probe.fit(VIEWS)), -other().detach()).statistic > 0.999


@pytest.mark.parametrize("name", FACTORS)
def test_a_score_of_features_is_the_other_librarys_but_for_a_factor_that_is_named(name: str) -> None:
    probe, other = PAIRS[name]
    theirs = -FACTORS[name] * other().detach().double().numpy()
    ours = probe.score(VIEW, probe.fit(VIEWS)).double().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * np.abs(theirs).mean())


def test_a_unit_that_never_fires_is_as_far_away_as_the_ridge_says_which_differs() -> None:
    """Ours is a fraction of the mean variance; theirs is absolute, of a sum: the more rows, the less it counts."""
    train = torch.cat([TRAIN, torch.zeros(len(TRAIN), 1)], 1)
    test = torch.cat([TEST, torch.full((ROWS, 1), 0.01)], 1)
    views = TrainingViews(VIEWS.logits, (train,), VIEWS.row_of, LABELS)
    probe = Mahalanobis()
    whole = probe.score(View(VIEW.logits, (test,), VIEW.row_of), probe.fit(views))
    without = probe.score(VIEW, probe.fit(VIEWS))
    variance = float(views.moments().tied.diagonal().mean())
    np.testing.assert_allclose(without - whole, np.full(ROWS, 0.01**2 / (1e-6 * variance)), rtol=1e-2)
    theirs = peer.Mahalanobis(None).fit_features(train, LABELS).predict_features(test)
    np.testing.assert_allclose(theirs - by_features("Mahalanobis")(), np.full(ROWS, 0.01**2 / 2e-6), rtol=1e-2)


@pytest.mark.parametrize("name", LOGIT_SCORES)
def test_a_score_of_logits_ranks_as_the_other_library(name: str) -> None:
    logits = HEAD(TEST)
    ours = load_detector(name).score(Outputs(logits.numpy()))
    theirs = getattr(peer, LOGIT_SCORES[name]).score(logits)
    assert float(logits.softmax(1).min()) > 1e-7
    assert spearmanr(ours, -theirs).statistic > 0.999


def test_odin_ranks_as_the_other_library_at_a_step_of_none() -> None:
    """With a step the two differ where a gradient is 0, which steps up there."""
    ours = Odin(temperature=10.0, epsilon=0.0)
    theirs = peer.ODIN(LINEAR, temperature=10.0, eps=0.0)(TEST.requires_grad_(False))
    assert spearmanr(ours.score(VIEW, ours.fit(VIEWS)), -theirs.detach()).statistic > 0.999


def test_temperature_scaling_ranks_as_the_other_library_at_its_temperature_which_is_less_likely() -> None:
    """Theirs takes 50 small steps from T = 1 and may stop before the best temperature."""
    theirs = peer.TemperatureScaling(None).fit_logits(HEAD(TRAIN), MIXED)
    ours, other = fit_temperature(HEAD(TRAIN), MIXED), theirs.t.detach().double()
    assert negative_log_likelihood(HEAD(TRAIN) / ours, MIXED) < negative_log_likelihood(HEAD(TRAIN) / other, MIXED)
    score = TemperatureMsp().score(VIEW, {"temperature": other})
    assert spearmanr(score, -theirs.predict_logits(HEAD(TEST)).detach()).statistic > 0.999


def test_the_difference_of_vra_is_what_happens_below_the_lower_bound() -> None:
    """Theirs clips each unit between quantiles of its own; ours removes what is below one bound for all."""
    detector = peer.VRA(lambda x: x, of_maps, lower_percentile=0.1, upper_percentile=0.9)
    clipped = detector.fit_feature_maps(TRAIN, LABELS)._clip(TEST)
    low, high = (torch.tensor(np.quantile(TRAIN, q, axis=0)) for q in (0.1, 0.9))
    assert torch.allclose(clipped, TEST.maximum(low.float()).minimum(high.float()), atol=1e-5)
