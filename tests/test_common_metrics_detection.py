"""The metrics equal scikit-learn and a count of all pairs, on the inputs where published tools go wrong too."""

from dataclasses import asdict, fields
from math import inf

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.detection import (
    Separation,
    aupr_trapezoid,
    auroc_interval,
    average_precision,
    detection_error,
    fpr_at_tpr,
    roc_auc,
    roc_curve,
    separation,
)
from common.metrics.ranking import PIECE

RNG = np.random.default_rng(20170424)
RawDataset = tuple[np.ndarray, np.ndarray]


def normal(n: int, m: int, dtype: type = np.float64) -> RawDataset:
    return RNG.normal(1, 1, n).astype(dtype), RNG.normal(0, 1, m).astype(dtype)


FINITE: dict[str, RawDataset] = {
    "random": normal(701, 403),
    "random float32": normal(997, 801, np.float32),
    "heavily tied": (RNG.integers(2, 9, 500) / 10, RNG.integers(0, 7, 300) / 10),
    "constant": (np.full(30, 0.7), np.full(570, 0.7)),
    "constant float32": (np.full(30, 0.7, np.float32), np.full(570, 0.7, np.float32)),
    "shifted by 1e4": tuple(sample + np.float32(1e4) for sample in normal(600, 400, np.float32)),
    "signed zeros": (RNG.choice([-0.0, 0.0, 1.0], 200), RNG.choice([-1.0, -0.0, 0.0], 300)),
    "signed zeros float32": (np.float32([-0.0, 0.0, 0.0, 1.0]), np.float32([0.0, -0.0, -0.0, -1.0])),
    "saturated": (np.r_[np.ones(70), RNG.random(30)], np.r_[np.ones(30), RNG.random(70)]),
    "separated": (np.arange(10.0, 20.0), np.arange(5.0)),
    "separated the wrong way": (np.arange(5.0), np.arange(10.0, 20.0)),
    "one of each": (np.array([2.0]), np.array([1.0])),
    "float32 neighbours": (np.float32([1, 1 - 2**-24, 1 - 2**-23]), np.float32([1 - 2**-24, 1 - 2**-23, 0])),
    "subnormal": (np.array([5e-324, 1e-323]), np.array([0.0, 5e-324])),
    "integers": (RNG.integers(0, 50, 300), RNG.integers(-20, 40, 200)),
}
INFINITE: dict[str, RawDataset] = {
    "infinite": (RNG.choice([-inf, 0.0, 1.0, inf], 60), RNG.choice([-inf, -1.0, 0.0, inf], 40)),
    "infinite float32": (np.float32([inf, inf, 3, -inf]), np.float32([inf, -inf, -inf, 3])),
}
ALL = FINITE | INFINITE


def by_sklearn(positive: np.ndarray, negative: np.ndarray) -> dict[str, float]:
    """The figures that scikit-learn has, from labels and scores."""
    scores = np.concatenate([positive, negative])
    labels = np.repeat([1, 0], [len(positive), len(negative)])
    figures = {"auroc": sk.roc_auc_score(labels, scores)}
    for side, y, s in (("positive", labels, scores), ("negative", 1 - labels, -scores)):
        precision, recall, _ = sk.precision_recall_curve(y, s)
        figures[f"ap_{side}"] = sk.average_precision_score(y, s)
        figures[f"aupr_{side}"] = sk.auc(recall, precision)
    fpr, tpr, _ = sk.roc_curve(labels, scores, drop_intermediate=False)
    figures["fpr95_in"] = fpr[tpr >= 0.95].min()
    figures["fpr95_out"] = (1 - tpr)[1 - fpr >= 0.95].min()
    figures["detection_error"] = ((1 - tpr + fpr) / 2).min()
    return figures


def by_counting(positive: np.ndarray, negative: np.ndarray) -> dict[str, float]:
    """Every figure from its definition: all pairs, and every threshold tried."""
    pairs = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    thresholds = sorted({*positive.tolist(), *negative.tolist()}, reverse=True)
    recall = np.array([0.0] + [(positive >= t).mean() for t in thresholds])
    passed = np.array([0.0] + [(negative >= t).mean() for t in thresholds])
    kept = recall * len(positive)
    precision = np.r_[1.0, kept[1:] / (kept + passed * len(negative))[1:]]
    return {
        "auroc": pairs,
        "ap_positive": (np.diff(recall) * precision[1:]).sum(),
        "aupr_positive": np.trapezoid(precision, recall),
        "fpr95_in": passed[recall >= 0.95].min(),
        "detection_error": ((1 - recall + passed) / 2).min(),
    }


@pytest.mark.parametrize("case", FINITE)
def test_every_figure_equals_scikit_learn(case: str) -> None:
    ours = asdict(separation(*FINITE[case]))
    for name, value in by_sklearn(*FINITE[case]).items():
        assert ours[name] == pytest.approx(value, rel=1e-12, abs=1e-12), name


@pytest.mark.parametrize("case", ALL)
def test_every_figure_equals_a_count_of_all_pairs_and_thresholds(case: str) -> None:
    positive, negative = ALL[case]
    ours = asdict(separation(positive, negative))
    for name, value in by_counting(positive, negative).items():
        assert ours[name] == pytest.approx(value, rel=1e-12, abs=1e-12), name
    other_side = by_counting(-negative, -positive)
    for name in ("ap", "aupr"):
        assert ours[f"{name}_negative"] == pytest.approx(other_side[f"{name}_positive"], rel=1e-12, abs=1e-12)
    assert ours["fpr95_out"] == pytest.approx(other_side["fpr95_in"], rel=1e-12, abs=1e-12)


def test_a_quarter_million_scores_equal_scikit_learn() -> None:
    positive, negative = (sample.round(3) for sample in normal(100_000, 150_000, np.float32))
    ours, theirs = asdict(separation(positive, negative)), by_sklearn(positive, negative)
    assert [ours[name] for name in theirs] == pytest.approx(list(theirs.values()), rel=1e-12)


def test_more_thresholds_than_one_stretch_holds_equal_scikit_learn() -> None:
    positive, negative = normal(30_000, 20_000)
    assert len(np.unique(np.concatenate([positive, negative]))) > 3 * PIECE, "distinct scores: each is a threshold"
    ours, theirs = asdict(separation(positive, negative)), by_sklearn(positive, negative)
    assert [ours[name] for name in theirs] == pytest.approx(list(theirs.values()), rel=1e-12)


@pytest.mark.parametrize("case", ALL)
def test_single_functions_agree_with_separation_exactly(case: str) -> None:
    positive, negative = ALL[case]
    ours = separation(positive, negative)
    assert roc_auc(positive, negative) == ours.auroc
    assert auroc_interval(positive, negative) == (ours.auroc_low, ours.auroc_high)
    assert average_precision(positive, negative) == ours.ap_positive
    assert average_precision(-negative, -positive) == ours.ap_negative
    assert aupr_trapezoid(positive, negative) == ours.aupr_positive
    assert aupr_trapezoid(-negative, -positive) == ours.aupr_negative
    assert fpr_at_tpr(positive, negative) == ours.fpr95_in
    assert fpr_at_tpr(-negative, -positive) == ours.fpr95_out
    assert detection_error(positive, negative) == ours.detection_error


def test_separation_has_the_fields_of_a_results_row() -> None:
    from common.store.rows import Row

    assert {field.name for field in fields(Separation)} <= {field.name for field in fields(Row)}


# Where published tools go wrong.


def test_saturated_softmax_70_and_30_percent_at_exactly_one() -> None:
    positive = np.r_[np.ones(700), np.linspace(0.5, 0.9, 300)]
    negative = np.r_[np.ones(300), np.linspace(0.1, 0.4, 700)]
    ours = separation(positive, negative)
    assert ours.auroc == pytest.approx(0.7 * 0.7 + 0.7 * 0.3 / 2 + 0.3 * 0.7, abs=1e-12)
    assert ours.fpr95_in == 0.3  # 0.9 of the negatives lies below every positive
    assert ours.ap_positive == pytest.approx(0.7 * 0.7 + np.mean(np.arange(701, 1001) / np.arange(1001, 1301)) * 0.3)


def test_forty_equal_groups_of_ties_pass_95_percent_not_all() -> None:
    scores = np.repeat(np.arange(40) / 40, 25)
    assert fpr_at_tpr(scores, scores) == 0.95
    assert separation(scores, scores).fpr95_out == 0.95


def test_a_constant_score_has_the_base_rate_as_its_ap() -> None:
    ours = separation(np.full(50, 0.5), np.full(950, 0.5))
    assert ours.ap_positive == ours.base_positive == 0.05
    assert ours.ap_negative == ours.base_negative == 0.95
    assert (ours.auroc, ours.fpr95_in, ours.fpr95_out, ours.detection_error) == (0.5, 1, 1, 0.5)


def test_scores_far_above_one_are_not_squashed() -> None:
    rng = np.random.default_rng(0)
    energies = rng.normal(22, 2, 200_000).astype(np.float32), rng.normal(18, 2, 200_000).astype(np.float32)
    assert roc_auc(*energies) == pytest.approx(0.9214, abs=0.002)  # Phi(4 / sqrt(8))


@pytest.mark.parametrize("n", [20, 40, 60, 100, 140, 200, 1000, 2340])
def test_95_percent_of_a_whole_number_is_that_number(n: int) -> None:
    scores = np.arange(n)
    assert fpr_at_tpr(scores, scores) == pytest.approx(round(0.95 * n) / n, abs=1e-15)


@pytest.mark.parametrize(("tpr", "passed"), [(1.0, 1.0), (0.76, 1.0), (0.75, 0.75), (0.5, 0.5), (1e-9, 0.25)])
def test_the_threshold_is_the_strictest_that_keeps_the_asked_share(tpr: float, passed: float) -> None:
    assert fpr_at_tpr([4, 3, 2, 1], [4, 3, 2, 1], tpr=tpr) == passed


# Properties.

values = st.one_of(
    st.integers(-3, 3).map(float),
    st.sampled_from([0.0, -0.0, inf, -inf, 1e4, 1e4 + 1]),
    st.floats(allow_nan=False, width=32),
)
samples = st.lists(values, min_size=1, max_size=40).map(np.array)
small = st.lists(st.integers(-40, 40), min_size=1, max_size=40).map(np.array)


@given(samples, samples)
def test_any_input_equals_the_count(positive: np.ndarray, negative: np.ndarray) -> None:
    ours = asdict(separation(positive, negative))
    for name, value in by_counting(positive, negative).items():
        assert ours[name] == pytest.approx(value, rel=1e-12, abs=1e-12), name


@given(samples, samples, st.randoms(use_true_random=False))
def test_order_does_not_matter(positive: np.ndarray, negative: np.ndarray, random) -> None:
    shuffled = [np.array(random.sample(sample.tolist(), len(sample))) for sample in (positive, negative)]
    assert separation(*shuffled) == separation(positive, negative)


@given(small, small)
def test_increasing_maps_change_nothing(positive: np.ndarray, negative: np.ndarray) -> None:
    expected = separation(positive, negative)
    for increasing in (lambda x: 3.0 * x - 1e4, lambda x: x**3, np.exp, np.arctan, np.float32):
        assert separation(increasing(positive), increasing(negative)) == expected


@given(samples, samples)
def test_float32_and_float64_agree_where_the_numbers_do(positive: np.ndarray, negative: np.ndarray) -> None:
    assert separation(positive.astype(np.float32), negative.astype(np.float32)) == separation(positive, negative)
    assert separation(positive.astype(np.float32), negative) == separation(positive, negative)


@given(samples, samples)
def test_exchanging_the_samples_mirrors_the_figures(positive: np.ndarray, negative: np.ndarray) -> None:
    one, other = separation(positive, negative), separation(negative, positive)
    assert one.auroc + other.auroc == pytest.approx(1, abs=1e-12)
    assert one.auroc_low + other.auroc_high == pytest.approx(1, abs=1e-9)


@given(samples, samples)
def test_exchanging_the_samples_and_the_sign_exchanges_the_sides(positive: np.ndarray, negative: np.ndarray) -> None:
    one, other = asdict(separation(positive, negative)), asdict(separation(-negative, -positive))
    for name in ("ap", "aupr", "base"):
        assert one[f"{name}_positive"] == other[f"{name}_negative"]
        assert one[f"{name}_negative"] == other[f"{name}_positive"]
    assert (one["fpr95_in"], one["fpr95_out"]) == (other["fpr95_out"], other["fpr95_in"])
    assert one["detection_error"] == pytest.approx(other["detection_error"], abs=1e-15)


@given(samples, samples)
def test_bounds_hold(positive: np.ndarray, negative: np.ndarray) -> None:
    ours = separation(positive, negative)
    assert 0 <= ours.auroc_low <= ours.auroc <= ours.auroc_high <= 1
    assert ours.auroc_low < ours.auroc_high
    assert 0 <= ours.detection_error <= 0.5
    assert 0 < ours.ap_positive <= 1 + 1e-12
    assert ours.aupr_positive >= ours.ap_positive * 0.5


# The curve.


@pytest.mark.parametrize("case", ALL)
def test_the_whole_curve_is_scikit_learns(case: str) -> None:
    positive, negative = ALL[case]
    fpr, tpr = roc_curve(positive, negative, points=10**6)
    assert np.trapezoid(tpr, fpr) == pytest.approx(roc_auc(positive, negative), abs=1e-12)
    if case in FINITE:
        labels = np.repeat([1, 0], [len(positive), len(negative)])
        expected = sk.roc_curve(labels, np.concatenate([positive, negative]), drop_intermediate=False)
        np.testing.assert_allclose([fpr, tpr], expected[:2], rtol=0, atol=1e-15)


@pytest.mark.parametrize("points", [2, 3, 10, 200])
def test_a_thinned_curve_keeps_its_ends_and_only_attained_points(points: int) -> None:
    positive, negative = normal(3000, 2000)
    whole = set(zip(*(axis.tolist() for axis in roc_curve(positive, negative, points=10**6)), strict=True))
    fpr, tpr = roc_curve(positive, negative, points=points)
    assert len(fpr) <= points
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)
    assert set(zip(fpr.tolist(), tpr.tolist(), strict=True)) <= whole
    if points == 200:
        assert np.trapezoid(tpr, fpr) == pytest.approx(roc_auc(positive, negative), abs=1e-3)


def test_a_curve_of_fewer_than_two_points_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 points, not 1"):
        roc_curve([1.0], [0.0], points=1)
