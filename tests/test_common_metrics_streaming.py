"""Intervals from counts contain the figures from the scores themselves, and meet them where nothing is unknown."""

import pickle
from dataclasses import fields
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from common.metrics import StreamingCalibrationError, StreamingRiskCoverage, StreamingSeparation, separation
from common.metrics.calibration import expected_calibration_error, risk_coverage
from common.metrics.cells import Bounds
from common.metrics.of_ranking import HARMONIC_TABLE, harmonic_difference
from common.metrics.score_counts import score_keys
from common.metrics.streaming import SeparationBounds

FIGURES = ("auroc", "ap_positive", "ap_negative", "fpr95_in", "fpr95_out")
RawDataset = tuple[np.ndarray, np.ndarray]

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
values = st.one_of(
    st.integers(-3, 3).map(float),
    st.sampled_from([0.0, -0.0, 1.0, 1.0 + 2**-23, 1e-45, -1e-45, 1e-40, -1e-40, np.inf, -np.inf]),
    finite,
)
samples = st.lists(values, min_size=1, max_size=40).map(lambda numbers: np.array(numbers, np.float32))


def counted(positive: np.ndarray, negative: np.ndarray, bits: int) -> StreamingSeparation:
    stream = StreamingSeparation(bits)
    stream.update(positive, negative)
    return stream


def contains(bounds: Bounds, figure: float) -> bool:
    return bounds.low <= figure <= bounds.high


def random_case(rng: np.random.Generator) -> RawDataset:
    """Few scores of either sign, rounded so that some tie, and sometimes close to each other; half need float64."""
    scale, decimals = rng.choice([1e-39, 0.1, 1, 100]), int(rng.integers(0, 5))
    shift = rng.normal(0, 2)
    sizes = rng.integers(1, 120, 2)
    kind = rng.choice([np.float32, np.float64])
    return tuple(
        ((rng.normal(mean, 1, size).round(decimals) + shift) * scale).astype(kind)
        for mean, size in zip((1, 0), sizes, strict=True)
    )


def test_every_interval_contains_the_exact_figure_in_a_thousand_random_cases_with_ties() -> None:
    rng = np.random.default_rng(20170424)
    widths = []
    for _ in range(1000):
        positive, negative = random_case(rng)
        exact = separation(positive, negative)
        result = counted(positive, negative, bits=int(rng.integers(1, 17))).result()
        for name in FIGURES:
            bounds = getattr(result, name)
            assert contains(bounds, getattr(exact, name)), (name, bounds, positive, negative)
            widths.append(bounds.width)
    assert 0.2 < np.mean(np.array(widths) > 1e-6) < 0.9, "the cases try wide intervals and exact ones"


def test_aurc_and_ece_contain_the_exact_figure_in_a_thousand_random_cases_with_ties() -> None:
    rng = np.random.default_rng(7)
    for _ in range(1000):
        n = int(rng.integers(1, 150))
        confidence = rng.random(n).round(int(rng.integers(1, 5))).astype(np.float32)
        correct = rng.random(n) < confidence
        bins = int(rng.integers(1, 30))
        curve, error = StreamingRiskCoverage(int(rng.integers(1, 17))), StreamingCalibrationError(bins)
        curve.update(confidence, correct)
        error.update(confidence, correct)
        assert contains(curve.result().aurc, risk_coverage(confidence, correct).aurc)
        assert contains(error.result(), expected_calibration_error(confidence, correct, bins))
        assert error.result().width < 4e-12


@given(samples, samples, st.integers(1, 14))
def test_any_scores_lie_within_their_intervals(positive: np.ndarray, negative: np.ndarray, bits: int) -> None:
    exact, result = separation(positive, negative), counted(positive, negative, bits).result()
    assert (result.n_positive, result.n_negative) == (len(positive), len(negative))
    for name in FIGURES:
        assert contains(getattr(result, name), getattr(exact, name)), name


@given(samples, samples)
def test_a_second_pass_over_every_bin_that_matters_tells_all_32_bits_apart(
    positive: np.ndarray, negative: np.ndarray
) -> None:
    second = counted(positive, negative, bits=18).second_pass()
    second.update(positive, negative)
    exact, result = separation(positive, negative), second.result()
    for name in FIGURES:
        assert contains(getattr(result, name), getattr(exact, name)), name
        assert getattr(result, name).width < 2.1e-12, name


@given(samples, samples)
def test_more_bits_never_widen_an_interval(positive: np.ndarray, negative: np.ndarray) -> None:
    coarse, fine = (counted(positive, negative, bits).result() for bits in (6, 12))
    for name in FIGURES:
        assert getattr(fine, name).width <= getattr(coarse, name).width + 2.1e-12, name


def test_bins_of_one_distinct_score_give_the_very_figures_of_separation() -> None:
    rng = np.random.default_rng(3)
    positive, negative = (rng.normal(mean, 1, 5000).round(1).astype(np.float32) for mean in (1, 0))
    exact, result = separation(positive, negative), counted(positive, negative, bits=20).result()
    for name in FIGURES:
        assert getattr(result, name) == Bounds(getattr(exact, name), getattr(exact, name)), name


def test_a_second_pass_of_few_bins_makes_fpr95_exact_and_narrows_the_rest() -> None:
    rng = np.random.default_rng(4)
    positive, negative = (rng.normal(mean, 1, 20_000).astype(np.float32) for mean in (1, 0))
    exact, first = separation(positive, negative), counted(positive, negative, bits=14)
    second = first.second_pass(most=12)
    second.update(positive)
    second.update((), negative)
    before, after = first.result(), second.result()
    assert before.fpr95_in.width > 0 and before.fpr95_out.width > 0
    for name in ("fpr95_in", "fpr95_out"):
        assert getattr(after, name) == Bounds(getattr(exact, name), getattr(exact, name))
    for name in ("auroc", "ap_positive", "ap_negative"):
        assert contains(getattr(after, name), getattr(exact, name))
        assert getattr(after, name).width < getattr(before, name).width


def test_parts_merged_in_any_order_give_equal_bytes() -> None:
    rng = np.random.default_rng(5)
    confidence = [rng.random(n).astype(np.float32) for n in (1, 300, 50, 1000)]
    correct = [rng.random(len(sure)) < sure for sure in confidence]
    states = set()
    for order in permutations(range(4)):
        streams = StreamingSeparation(12), StreamingRiskCoverage(12), StreamingCalibrationError()
        for place in order:
            parts = StreamingSeparation(12), StreamingRiskCoverage(12), StreamingCalibrationError()
            sure, right = confidence[place], correct[place]
            parts[0].update(sure[right], sure[~right])
            parts[1].update(sure, right)
            parts[2].update(sure, right)
            for stream, part in zip(streams, parts, strict=True):
                stream.merge(part)
        states.add(pickle.dumps([vars(stream) for stream in streams]))
    assert len(states) == 1


def test_second_passes_merge_to_the_pass_over_everything() -> None:
    rng = np.random.default_rng(6)
    positive, negative = (rng.normal(mean, 1, 500).astype(np.float32) for mean in (1, 0))
    first = counted(positive, negative, bits=16)
    left, right, whole = (first.second_pass() for _ in range(3))
    left.update(positive[:100], negative[:400])
    right.update(positive[100:], negative[400:])
    whole.update(positive, negative)
    right.merge(left)
    assert pickle.dumps(vars(right.counts)) == pickle.dumps(vars(whole.counts))
    assert right.result() == whole.result()


@given(st.lists(values, min_size=2, max_size=30))
def test_keys_compare_as_scores_do(numbers: list[float]) -> None:
    scores = np.array(numbers, np.float32)
    keys = score_keys(scores)
    assert ((keys[:, None] < keys) == (scores[:, None] < scores)).all()
    assert ((keys[:, None] == keys) == (scores[:, None] == scores)).all()


def test_denormal_scores_and_signed_zeros_keep_their_order() -> None:
    denormal = np.float32([1e-45, 3e-45, -1e-45])
    assert len(set(score_keys(denormal).tolist())) == 3
    result = counted(np.float32([0.0, 1e-45]), np.float32([-0.0, -1e-45]), bits=20).second_pass()
    result.update(np.float32([0.0, 1e-45]), np.float32([-0.0, -1e-45]))
    assert result.result().auroc == Bounds(0.875, 0.875)


def test_float64_scores_that_share_a_float32_are_not_taken_for_ties() -> None:
    close = [1.0, 1.0 + 2**-40]
    stream = counted([close[1], 0.1], [close[0], 0.1], 20)
    assert stream.result().auroc.low < 0.625 < stream.result().auroc.high, "(1 + 0 + 1 + 1/2) / 4 pairs"
    ties = counted([0.1, 0.3], [0.1], 20).result()
    assert ties.auroc == Bounds(0.75, 0.75), "0.1 is no float32, and ties are known all the same"
    huge = counted([1e300, np.inf], [1e299, -1e300], 20)
    assert contains(huge.result().auroc, 1.0)


@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=30))
def test_keys_of_float64_scores_never_contradict_their_order(numbers: list[float]) -> None:
    scores = np.array(numbers)
    keys = score_keys(scores)
    assert (keys[:, None] <= keys)[scores[:, None] <= scores].all()


def test_lists_integers_and_tensors_count_as_arrays_do() -> None:
    expected = counted(np.float32([3, 2, 0.5]), np.float32([2, 1]), 10).result()
    assert counted(torch.tensor([3, 2, 0.5]), torch.tensor([2, 1]), 10).result() == expected
    assert counted([3, 2, 0.5], np.array([2, 1]), 10).result() == expected
    assert counted(np.array([3, 2, 0.5], np.float16), [2.0, 1.0], 10).result() == expected


def test_fields_have_the_names_of_separation() -> None:
    assert {field.name for field in fields(SeparationBounds)} <= vars(separation([1], [0])).keys()


def test_risk_and_coverage_are_points_of_the_exact_curve() -> None:
    rng = np.random.default_rng(8)
    confidence = rng.random(2000).astype(np.float32)
    correct = rng.random(2000) < confidence
    stream, exact = StreamingRiskCoverage(14), risk_coverage(confidence, correct)
    stream.update(confidence, correct)
    result = stream.result()
    points = dict(zip(exact.coverage.tolist(), exact.risk.tolist(), strict=True))
    assert 100 < len(result.coverage) < 2000
    assert all(points[c] == r for c, r in zip(result.coverage.tolist(), result.risk.tolist(), strict=True))


def test_harmonic_differences_equal_their_sums_across_the_end_of_the_table() -> None:
    low, high = np.array([0, 3, 4000, 4096, 4096, 9000.0]), np.array([1, 4096, 4200, 4097, 10_000, 9001.0])
    sums = [np.sum(1 / np.arange(a + 1, b + 1)) for a, b in zip(low, high, strict=True)]
    assert harmonic_difference(low, high) == pytest.approx(sums, rel=1e-12)
    assert HARMONIC_TABLE == 4096


def test_aurc_of_distinct_scores_beyond_the_table_equals_its_definition() -> None:
    rng = np.random.default_rng(9)
    confidence = np.sort(rng.integers(0, 2**11, 30_000) / 2**11).astype(np.float32)  # ties, one score a bin
    correct = rng.random(30_000) < confidence
    stream = StreamingRiskCoverage()
    stream.update(confidence, correct)
    aurc = stream.result().aurc
    assert contains(aurc, risk_coverage(confidence, correct).aurc) and aurc.width < 3e-12


# What is refused.


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([np.nan], "positive scores are NaN at 1 of 1 positions"),
        ([[1.0]], "positive scores must have one axis"),
        ([1, 2**53 + 1], "positive scores are int64 numbers that float64 cannot hold"),
        (np.array([1], np.longdouble), "positive scores are float128 numbers that float64 cannot hold"),
        (["a"], "positive scores must be numbers"),
    ],
)
def test_scores_that_cannot_be_counted_exactly_are_refused_and_nothing_is_counted(scores: list, message: str) -> None:
    stream = StreamingSeparation(8)
    with pytest.raises(ValueError) as error:
        stream.update(scores, [1.0])
    assert message in str(error.value)
    with pytest.raises(ValueError):
        stream.update([1.0], scores)
    assert not stream.counts.counts.any()


def test_what_is_missing_or_does_not_fit_is_said() -> None:
    for stream in (StreamingSeparation(8), StreamingRiskCoverage(8), StreamingCalibrationError()):
        with pytest.raises(ValueError, match="empty: no update gave any"):
            stream.result()
    with pytest.raises(ValueError, match="negative scores are empty"):
        counted(np.float32([1]), np.float32([]), 8).second_pass()
    with pytest.raises(ValueError, match="9 bits cannot be added to counts over 8"):
        StreamingSeparation(8).merge(StreamingSeparation(9))
    with pytest.raises(ValueError, match="bins cannot be added"):
        StreamingCalibrationError(10).merge(StreamingCalibrationError())
    with pytest.raises(ValueError, match="bits must be between 1 and 26, not 32"):
        StreamingSeparation(32)
    with pytest.raises(ValueError, match="bins must be at least 1"):
        StreamingCalibrationError(0)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        StreamingCalibrationError().update([1.5], [True])


def test_a_second_pass_that_did_not_see_the_scores_of_the_first_is_refused() -> None:
    positive, negative = np.float32([1, 1.0001]), np.float32([1.00005])
    first = counted(positive, negative, 12)
    second = first.second_pass()
    second.update(positive)
    with pytest.raises(ValueError, match="saw 2 scores in its bins where the first saw 3"):
        second.result()
    with pytest.raises(ValueError, match="different bins"):
        second.merge(counted(positive + 9, negative + 9, 12).second_pass())


def test_an_empty_update_changes_nothing() -> None:
    curve, error = StreamingRiskCoverage(8), StreamingCalibrationError()
    curve.update([0.5], [True])
    error.update([0.5], [True])
    before = curve.result().aurc, error.result()
    curve.update([], [])
    error.update([], [])
    assert (curve.result().aurc, error.result()) == before
