"""Detectors on distances and subspaces are their formulas in float64 NumPy, and tell the blobs that these are for."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture
from sklearn.svm import OneClassSVM
from torch import Tensor

from common.detector import Probe
from common.detectors.gaussian_classes import GaussianClasses
from common.discover import load_detector
from common.features.linear_head import LinearHead
from common.features.training_views import NotApplicable, TrainingViews
from common.metrics.detection import roc_auc
from common.model import View

CLASSES, WIDTH, ROWS = 5, 24, 600
GENERATOR = torch.Generator().manual_seed(11)
CENTRES = 3 * torch.randn(CLASSES, WIDTH, generator=GENERATOR)
CENTRES[:, WIDTH // 2 :] = 0  # the other half of the dimensions varies little
SPREAD = torch.cat([torch.ones(WIDTH // 2), torch.full((WIDTH - WIDTH // 2,), 0.1)])
HEAD = LinearHead(CENTRES / 9, 0.1 * torch.randn(CLASSES, generator=GENERATOR))


def rows_of(count: int) -> tuple[Tensor, Tensor]:
    labels = torch.arange(count) % CLASSES
    return CENTRES[labels] + SPREAD * torch.randn(count, WIDTH, generator=GENERATOR), labels


def view_of(features: Tensor) -> View:
    layers = (features[:, ::2], features)
    return View(HEAD(features), layers, torch.arange(len(features)), inputs=features * 2 + 1)


FEATURES, LABELS = rows_of(ROWS)
TRAIN = TrainingViews(
    logits=HEAD(FEATURES),
    layers=(FEATURES[:, ::2], FEATURES),
    row_of=torch.arange(ROWS),
    labels=LABELS,
    inputs=FEATURES * 2 + 1,
    head=HEAD,
)
TEST, _ = rows_of(200)
F, Y, T = FEATURES.double().numpy(), LABELS.numpy(), TEST.double().numpy()
W, B = HEAD.weight.double().numpy(), HEAD.bias.double().numpy()
Array = NDArray[np.float64]


def score(name: str, features: Tensor = TEST, **options: object) -> Array:
    probe = load_detector(name).probe
    assert probe is not None
    chosen: Probe = type(probe)(**options)
    found = chosen.score(view_of(features), chosen.fit(TRAIN))
    return found.double().numpy()


def gaussians(x: Array) -> tuple[Array, Array, Array, Array]:
    means = np.stack([x[c == Y].mean(0) for c in range(CLASSES)])
    tied = (x - means[Y]).T @ (x - means[Y]) / len(x)
    return means, tied, x.mean(0), np.cov(x.T, bias=True)


def squared(x: Array, means: Array, covariance: Array) -> Array:
    ridge = 1e-6 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    inverse = np.linalg.inv(covariance + ridge)
    return np.stack([np.einsum("ij,jk,ik->i", x - m, inverse, x - m) for m in np.atleast_2d(means)], 1)


def mahalanobis(train: Array, test: Array) -> Array:
    means, tied, _, _ = gaussians(train)
    return -squared(test, means, tied).min(1)


def relative(train: Array, test: Array) -> Array:
    _, _, mean, whole = gaussians(train)
    return mahalanobis(train, test) + squared(test, mean, whole)[:, 0]


def unit(x: Array) -> Array:
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def z(x: Array) -> Array:
    return x @ W.T + B


def logsumexp(x: Array) -> Array:
    return np.log(np.exp(x - x.max(1, keepdims=True)).sum(1)) + x.max(1)


def off_subspace(train: Array, test: Array, origin: Array, dimension: int) -> Array:
    centred = train - origin
    vectors = np.linalg.eigh(centred.T @ centred)[1][:, -dimension:]
    return np.linalg.norm((test - origin) - (test - origin) @ vectors @ vectors.T, axis=1)


def knn() -> Array:
    return -np.sort(np.linalg.norm(unit(T)[:, None] - unit(F)[None], axis=2), axis=1)[:, 9]


def nnguide() -> Array:
    products = unit(T) @ (unit(F) * logsumexp(z(F))[:, None]).T
    return logsumexp(z(T)) * np.sort(products, axis=1)[:, -10:].mean(1)


def fdbd() -> Array:
    logits = z(T)
    found = []
    for row, value in zip(T, logits, strict=True):
        y = value.argmax()
        each = [(value[y] - value[c]) / np.linalg.norm(W[y] - W[c]) for c in range(CLASSES) if c != y]
        found.append(np.mean(each) / np.linalg.norm(row - F.mean(0)))
    return np.array(found)


def patterns() -> Array:
    predicted = z(F).argmax(1)
    return np.stack([F[(c == Y) & (predicted == c)].mean(0) for c in range(CLASSES)])


def gaussian_classes() -> Array:
    means, tied, _, _ = gaussians(F)
    each = []
    for c in range(CLASSES):
        own = 0.8 * np.cov(F[c == Y].T, bias=True) + 0.2 * tied
        ridge = 1e-6 * np.trace(own) / WIDTH * np.eye(WIDTH)
        logdet = np.linalg.slogdet(own + ridge)[1]
        each.append(np.log((c == Y).mean()) - 0.5 * logdet - 0.5 * squared(T, means[c], own)[:, 0])
    return logsumexp(np.stack(each, 1))


def standard(x: Array) -> Array:
    return (x - F.mean(0)) / F.std(0)


FORMULAS: dict[str, Callable[[], Array]] = {
    "mahalanobis": lambda: mahalanobis(F, T),
    "mahalanobis_normalised": lambda: mahalanobis(unit(F), unit(T)),
    "mahalanobis_layers": lambda: mahalanobis(F, T) + mahalanobis(F[:, ::2], T[:, ::2]),
    "relative_mahalanobis": lambda: relative(F, T),
    "relative_mahalanobis_layers": lambda: relative(F, T) + relative(F[:, ::2], T[:, ::2]),
    "gaussian_classes": gaussian_classes,
    "knn": knn,
    "cosine": lambda: (unit(T) @ unit(gaussians(F)[0]).T).max(1),
    "she": lambda: (T * patterns()[z(T).argmax(1)]).mean(1),
    "she_cosine": lambda: (unit(T) * unit(patterns())[z(T).argmax(1)]).sum(1),
    "nnguide": nnguide,
    "fdbd": fdbd,
    "nci": lambda: (W[z(T).argmax(1)] * unit(T - F.mean(0))).sum(1) + 0.01 * np.abs(T).sum(1),
    "residual": lambda: -off_subspace(F, T, -np.linalg.pinv(W) @ B, WIDTH // 2),
    "vim": lambda: (
        logsumexp(z(T))
        - z(F).max(1).mean()
        / off_subspace(F, F, -np.linalg.pinv(W) @ B, WIDTH // 2).mean()
        * off_subspace(F, T, -np.linalg.pinv(W) @ B, WIDTH // 2)
    ),
    "pca": lambda: -off_subspace(F, T, F.mean(0), WIDTH // 4),
    "pca_input": lambda: -2 * off_subspace(F, T, F.mean(0), 6),
    "one_class_svm": lambda: OneClassSVM(nu=0.1, gamma=1 / WIDTH).fit(standard(F)).decision_function(standard(T)),
    "isolation_forest": lambda: (
        IsolationForest(n_estimators=100, max_samples=256, random_state=0)
        .fit(FEATURES.numpy())
        .score_samples(TEST.numpy())
    ),
    "gaussian_mixture": lambda: (
        GaussianMixture(16, covariance_type="diag", reg_covar=1e-3, max_iter=200, tol=1e-2, random_state=0)
        .fit(standard(F))
        .score_samples(standard(T))
        + 0.5 * WIDTH * np.log(2 * np.pi)
    ),
}
OPTIONS: dict[str, dict[str, object]] = {"knn": {"k": 10}, "nci": {"alpha": 0.01}, "pca_input": {"components": 6}}
LEARNED_NETWORKS = ("autoencoder", "deep_svdd")


@pytest.mark.parametrize("name", FORMULAS)
def test_a_detector_is_its_formula(name: str) -> None:
    found = score(name, **OPTIONS.get(name, {}))
    expected = FORMULAS[name]()
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).mean())


def test_a_triangular_matrix_multiplied_in_blocks_is_the_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.detectors.gaussian_classes.BLOCK", 10)
    test_a_detector_is_its_formula("gaussian_classes")


@pytest.mark.parametrize("name", [*FORMULAS, *LEARNED_NETWORKS])
def test_a_score_depends_on_its_row_alone(name: str) -> None:
    whole, turned = score(name), score(name, TEST.flip(0))[::-1]
    np.testing.assert_allclose(whole, turned, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(whole[:7], score(name, TEST[:7]), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", [*FORMULAS, *LEARNED_NETWORKS])
def test_the_same_training_set_gives_the_same_scores(name: str) -> None:
    np.testing.assert_array_equal(score(name), score(name))


def off_the_subspace() -> Tensor:
    """As far out along dimensions in which the training rows hardly vary."""
    rows, _ = rows_of(200)
    rows[:, WIDTH // 2 :] += 2 * torch.randn(200, WIDTH // 2, generator=GENERATOR)
    return rows


def between_the_classes() -> Tensor:
    """Means of two classes: no class is near in its own direction."""
    return (rows_of(200)[0] + rows_of(201)[0][1:]) / 2


def elsewhere() -> Tensor:
    """In other directions, as long as the training rows."""
    directions = torch.randn(200, WIDTH, generator=GENERATOR)
    return directions / directions.norm(dim=1, keepdim=True) * FEATURES.norm(dim=1).mean()


BLOBS: dict[str, tuple[Callable[[], Tensor], ...]] = {
    **dict.fromkeys(["mahalanobis", "mahalanobis_layers", "gaussian_classes"], (off_the_subspace, elsewhere)),
    **dict.fromkeys(["mahalanobis_normalised", "relative_mahalanobis"], (off_the_subspace, between_the_classes)),
    "relative_mahalanobis_layers": (between_the_classes,),
    **dict.fromkeys(["knn", "gaussian_mixture", "one_class_svm"], (elsewhere, off_the_subspace)),
    **dict.fromkeys(["cosine", "she_cosine", "nnguide"], (elsewhere,)),
    **dict.fromkeys(["she", "nci", "fdbd"], (elsewhere,)),
    **dict.fromkeys(["residual", "vim", "pca", "pca_input"], (off_the_subspace,)),
    **dict.fromkeys(["isolation_forest", "autoencoder", "deep_svdd"], (off_the_subspace,)),
}


@pytest.mark.parametrize(("name", "blob"), [(name, blob) for name, blobs in BLOBS.items() for blob in blobs])
def test_a_detector_tells_the_blobs_that_its_formula_is_for(name: str, blob: Callable[[], Tensor]) -> None:
    assert roc_auc(score(name), score(name, blob())) > 0.8


def test_every_detector_here_has_its_formula_or_is_a_network() -> None:
    assert set(BLOBS) == {*FORMULAS, *LEARNED_NETWORKS}


@pytest.mark.parametrize("name", ["fdbd", "nci", "residual", "vim"])
def test_what_needs_a_linear_last_layer_says_so_where_there_is_none(name: str) -> None:
    probe = load_detector(name).probe
    assert probe is not None
    bare = TrainingViews(TRAIN.logits, TRAIN.layers, TRAIN.row_of, TRAIN.labels)
    with pytest.raises(NotApplicable, match="needs a linear last layer"):
        probe.fit(bare)


def test_a_class_that_is_never_right_has_a_pattern_all_the_same() -> None:
    probe = load_detector("she").probe
    assert probe is not None
    wrong = TrainingViews(TRAIN.logits, TRAIN.layers, TRAIN.row_of, (LABELS + 1) % CLASSES, head=HEAD)
    assert torch.isfinite(probe.score(view_of(TEST), probe.fit(wrong))).all()


def test_covariances_of_many_classes_with_wide_features_are_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("common.detectors.gaussian_classes.MOST_VALUES", CLASSES * WIDTH**2 - 1)
    with pytest.raises(NotApplicable, match="gaussian_classes .* those of 5 classes with 24 features have too many"):
        score("gaussian_classes")
    monkeypatch.setattr("common.detectors.gaussian_classes.MOST_VALUES", CLASSES * WIDTH**2)
    assert len(score("gaussian_classes")) == len(TEST)
    monkeypatch.setattr("common.detectors.gaussian_classes.MOST_OF_ENSEMBLE", CLASSES * WIDTH**2 - 1)
    assert len(score("gaussian_classes")) == len(TEST), "this is none"
    with pytest.raises(NotApplicable, match="too many"):
        GaussianClasses().fit(replace(TRAIN, extras=frozenset({"mutual_information"})))


def test_detectors_with_the_same_moments_measure_the_distance_of_a_view_once() -> None:
    names = ("mahalanobis", "relative_mahalanobis", "mahalanobis_layers", "relative_mahalanobis_layers")
    probes = {name: probe for name in names if (probe := load_detector(name).probe) is not None}
    view = view_of(TEST)
    for name, probe in probes.items():
        assert torch.equal(probe.score(view, probe.fit(TRAIN)), probe.score(view_of(TEST), probe.fit(TRAIN))), name
    assert [key[0] for key in view.shared].count("nearest class") == 2, "one for each layer"


@pytest.mark.parametrize("name", [*FORMULAS, *LEARNED_NETWORKS])
def test_options_and_settings_are_plain(name: str) -> None:
    probe = load_detector(name).probe
    assert probe is not None and type(probe)() == probe
    assert probe.settings()[0] == probe, "the default is the first of equals"
    assert all(isinstance(value, bool | int | float | str) for value in probe.options.values())
