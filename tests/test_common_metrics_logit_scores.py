"""Scores from logits equal their formulas in float64, keep the ranks that a softmax loses, and refuse what has none."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, logsumexp

from common.metrics.logit_scores import NAMES, logit_scores

RNG = np.random.default_rng(20170424)


def by_formula(logits: np.ndarray) -> dict[str, np.ndarray]:
    """Every score from its definition, in long doubles, with no care for memory."""
    z = logits.astype(np.longdouble)
    largest = z.max(axis=1, keepdims=True)
    e = np.exp(z - largest)
    others = np.sort(e, axis=1)[:, :-1].sum(axis=1)  # less the largest, which is 1
    log_p = z - largest - np.log1p(others)[:, None]
    entropy = -(np.exp(log_p) * log_p).sum(axis=1)
    two = np.sort(z, axis=1)[:, -2:]
    with np.errstate(divide="ignore"):
        exact = -np.log(others)
    behind = np.sort(z - largest, axis=1)[:, :-1]
    return {
        "msp": np.where(np.isinf(exact), -behind[:, -1], exact),
        "log_msp": -np.log1p(others),
        "kl_uniform": np.log(np.longdouble(z.shape[1])) - entropy,
        "entropy": -entropy,
        "max_logit": largest[:, 0],
        "energy": np.log(e.sum(axis=1)) + largest[:, 0],
        "margin": two[:, 1] - two[:, 0],
    }


LOGITS = {
    "plain": RNG.normal(0, 3, (200, 10)).astype(np.float32),
    "many classes": RNG.normal(0, 2, (50, 2000)).astype(np.float32),
    "two classes": RNG.normal(0, 5, (100, 2)).astype(np.float32),
    "sure": RNG.normal(0, 60, (200, 10)).astype(np.float32),
    "flat": RNG.normal(0, 1e-3, (100, 10)).astype(np.float32),
    "shifted by 1e4": (RNG.normal(0, 3, (100, 10)) + 1e4).astype(np.float32),
    "far below zero": (RNG.normal(0, 3, (100, 10)) - 1e6).astype(np.float32),
    "huge": RNG.normal(0, 1e30, (20, 5)).astype(np.float32),
    "tied at the top": RNG.integers(0, 3, (100, 6)).astype(np.float32),
    "float64": RNG.normal(0, 3, (50, 7)),
    "integers": RNG.integers(-5, 6, (50, 7)),
    "by columns": np.asfortranarray(RNG.normal(0, 3, (50, 7)).astype(np.float32)),
}


@pytest.mark.parametrize("case", LOGITS)
@pytest.mark.parametrize("name", NAMES)
def test_every_score_equals_its_formula(case: str, name: str) -> None:
    expected = by_formula(LOGITS[case])[name].astype(np.float64)
    ours = logit_scores(LOGITS[case])[name]
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-14 if name == "kl_uniform" else 1e-300)


def test_scores_equal_scipy() -> None:
    logits = LOGITS["plain"]
    ours = logit_scores(logits)
    log_p = log_softmax(logits.astype(np.float64), axis=1)
    np.testing.assert_allclose(ours["log_msp"], log_p.max(axis=1), rtol=1e-12)
    np.testing.assert_allclose(ours["entropy"], (np.exp(log_p) * log_p).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(ours["energy"], logsumexp(logits.astype(np.float64), axis=1), rtol=1e-12)


def test_float32_logits_are_accumulated_in_float64() -> None:
    logits = np.full((1, 100_001), -20.0, np.float32)
    logits[0, 0] = 0
    assert logit_scores(logits)["log_msp"][0] == pytest.approx(-np.log1p(1e5 * np.exp(-20.0)), rel=1e-12)


def test_probabilities_that_round_to_one_keep_their_rank() -> None:
    logits = np.array([[gap, 0.0, 0.0] for gap in range(10, 700)], np.float32)
    assert np.unique(np.exp(logit_scores(logits)["log_msp"])).size < 40
    for name in ("log_msp", "entropy", "margin"):
        assert (np.diff(logit_scores(logits)[name]) > 0).all(), name


@pytest.mark.parametrize("scale", [1, 1e3, 1e5, 1e30])
def test_the_msp_ranks_rows_at_any_lead(scale: float) -> None:
    logits = RNG.normal(0, 3, (300, 6)) * scale
    ranked = logit_scores(logits)["msp"]
    assert np.unique(ranked).size == 300
    exact = by_formula(logits)["msp"]
    np.testing.assert_array_equal(np.argsort(ranked), np.argsort(exact.astype(np.float64)))


def test_rows_whose_runners_up_are_equally_far_rank_by_how_many_they_are() -> None:
    logits = np.zeros((5, 6))
    for rivals in range(5):
        logits[rivals] = [1e6] + [0.0] * (rivals + 1) + [-np.inf] * (4 - rivals)
    ranked = logit_scores(logits)["msp"]
    np.testing.assert_allclose(ranked, 1e6 - np.log([1, 2, 3, 4, 5]), rtol=1e-15)
    assert (np.diff(ranked) < 0).all()


def test_a_chunk_size_changes_nothing() -> None:
    whole = logit_scores(LOGITS["plain"], chunk=200)
    for chunk in (1, 7, 199, 1000):
        parts = logit_scores(LOGITS["plain"], chunk=chunk)
        for name in NAMES:
            np.testing.assert_array_equal(parts[name], whole[name])


def test_only_the_named_scores_are_returned_in_their_order() -> None:
    assert list(logit_scores(LOGITS["plain"], ["margin", "energy"])) == ["margin", "energy"]
    assert list(logit_scores(LOGITS["plain"])) == list(NAMES)
    for name in NAMES:
        alone = logit_scores(LOGITS["plain"], [name])[name]
        np.testing.assert_array_equal(alone, logit_scores(LOGITS["plain"])[name])


def test_masked_classes_have_probability_zero_and_make_no_nan() -> None:
    logits = np.array([[1.0, 2.0, -np.inf, 0.0], [-np.inf, 3.0, -np.inf, 1.0], [1.0, 2.0, 3.0, 4.0]], np.float32)
    masked, present = logit_scores(logits), logit_scores(logits[:1, [0, 1, 3]])
    for name in set(NAMES) - {"kl_uniform"}:
        assert masked[name][0] == pytest.approx(present[name][0], rel=1e-15), name
        assert np.isfinite(masked[name]).all()
    assert masked["kl_uniform"][0] == pytest.approx(np.log(4) + masked["entropy"][0])


def test_a_row_with_one_class_left_is_certain() -> None:
    for logits in ([[5.0], [-3.0]], [[5.0, -np.inf], [-np.inf, -3.0]]):
        ours = logit_scores(logits)
        assert ours["log_msp"].tolist() == ours["entropy"].tolist() == [0, 0]
        assert ours["energy"].tolist() == ours["max_logit"].tolist() == [5, -3]
        assert ours["margin"].tolist() == ours["msp"].tolist() == [np.inf, np.inf]
        assert ours["kl_uniform"].tolist() == pytest.approx([np.log(len(logits[0]))] * 2)


def test_zeros_have_no_sign() -> None:
    ours = logit_scores([[1000.0, 0.0, 0.0], [5.0, 5.0, -900.0]])
    assert not np.signbit(ours["log_msp"][0]) and ours["log_msp"][0] == 0
    assert not np.signbit(ours["margin"][1]) and ours["margin"][1] == 0
    assert logit_scores(np.zeros((2, 7)))["kl_uniform"].tolist() == [0, 0]


def test_tensors_on_any_path_are_taken_like_arrays() -> None:
    logits = torch.randn(20, 5, generator=torch.Generator().manual_seed(0))
    expected = logit_scores(logits.numpy())
    for same in (logits, logits.clone().requires_grad_(), logits.double(), logits.numpy().tolist()):
        for name in NAMES:
            np.testing.assert_array_equal(logit_scores(same)[name], expected[name])
    half = logits.to(torch.bfloat16)
    np.testing.assert_array_equal(logit_scores(half)["energy"], logit_scores(half.float())["energy"])


@given(st.lists(st.lists(st.floats(-1e3, 1e3, width=32), min_size=3, max_size=3), min_size=1, max_size=20))
def test_scores_stay_within_their_bounds_and_ignore_the_order_of_classes(rows: list[list[float]]) -> None:
    logits = np.array(rows)
    ours, reversed_classes = logit_scores(logits), logit_scores(logits[:, ::-1])
    assert (ours["log_msp"] <= 0).all() and (ours["log_msp"] >= -np.log(3) - 1e-12).all()
    assert (ours["entropy"] <= 0).all() and (ours["margin"] >= 0).all()
    assert (ours["energy"] >= ours["max_logit"]).all()
    for name in NAMES:
        np.testing.assert_allclose(ours[name], reversed_classes[name], rtol=1e-12, atol=1e-12)


@given(st.floats(-1e4, 1e4, width=32))
def test_a_shift_of_all_logits_moves_only_the_unnormalised_scores(shift: float) -> None:
    logits = LOGITS["float64"]
    ours, shifted = logit_scores(logits), logit_scores(logits + shift)
    for name in ("msp", "log_msp", "kl_uniform", "entropy", "margin"):
        np.testing.assert_allclose(shifted[name], ours[name], rtol=1e-8, atol=1e-10)
    for name in ("max_logit", "energy"):
        np.testing.assert_allclose(shifted[name], ours[name] + shift, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ([[1.0, 2.0], [np.nan, 3.0]], "logits hold NaN in row 1"),
        ([[1.0, 2.0], [3.0, np.nan]], "logits hold NaN in row 1"),
        ([[np.inf, 2.0]], r"logits hold \+inf in row 0"),
        ([[0.0, 0.0], [-np.inf, -np.inf]], "logits hold nothing but -inf in row 1"),
        ([1.0, 2.0], r"logits must have two axes \(examples, classes\), not shape \(2,\)"),
        (np.zeros((3, 0)), r"logits are empty: shape \(3, 0\)"),
        (np.zeros((0, 3)), r"logits are empty: shape \(0, 3\)"),
        ([["a", "b"]], "logits must be numbers, not <U1"),
    ],
)
def test_logits_without_a_score_are_refused_in_one_line_that_says_where(logits, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        logit_scores(logits)


def test_the_row_named_is_counted_from_the_start_of_the_file_not_of_the_chunk() -> None:
    logits = np.zeros((100, 3), np.float32)
    logits[77, 2] = np.nan
    with pytest.raises(ValueError, match="row 77$"):
        logit_scores(logits, chunk=10)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown score 'mps'; there are: msp, log_msp, kl_uniform"):
        logit_scores([[0.0]], ["mps"])


def test_memory_does_not_grow_with_the_logits() -> None:
    logits = np.zeros((40_000, 200), np.float32)
    tracemalloc.start()
    logit_scores(logits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(logits) * len(NAMES) * 8 + 4 * 2**20  # the scores themselves, and one chunk


def test_torch_and_scipy_are_not_imported_for_arrays() -> None:
    code = "import sys, common.metrics.logit_scores as s; s.logit_scores([[0.0]]); "
    code += "assert not {'torch', 'scipy'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
