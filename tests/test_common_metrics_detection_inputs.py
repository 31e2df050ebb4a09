"""What the metrics take: lists, tensors and numbers of any type, compared as they are; what has no order is refused."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from common.metrics.detection import (
    aupr_trapezoid,
    average_precision,
    detection_error,
    fpr_at_tpr,
    roc_auc,
    roc_curve,
    separation,
)

# Types.


@pytest.mark.parametrize(
    "convert",
    [
        list,
        tuple,
        torch.tensor,
        lambda x: torch.tensor(x, requires_grad=True),
        lambda x: torch.tensor(x)[::2].repeat(1),
    ],
    ids=["list", "tuple", "tensor", "tensor with gradient", "strided tensor"],
)
def test_lists_and_tensors_are_taken_like_arrays(convert) -> None:
    rng = np.random.default_rng(1)
    positive, negative = (np.repeat(rng.normal(mean, 1, 20).astype(np.float32), 2) for mean in (1, 0))
    expected = separation(positive, negative)
    ours = separation(convert(positive.tolist()), convert(negative.tolist()))
    assert (ours.auroc, ours.fpr95_in) == (expected.auroc, expected.fpr95_in)


def test_bfloat16_float16_and_booleans_are_compared_as_they_are() -> None:
    halves = torch.tensor([1.0, 0.5, 0.25]), torch.tensor([0.5, 0.25])
    expected = roc_auc(*halves)
    assert roc_auc(*(half.to(torch.bfloat16) for half in halves)) == expected
    assert roc_auc(*(half.to(torch.float16) for half in halves)) == expected
    assert roc_auc([True, True, False], [False]) == pytest.approx((1 + 1 + 0.5) / 3)


def test_float32_scores_are_not_rounded_and_float64_ones_not_either() -> None:
    below_one = np.nextafter(np.float32(1), np.float32(0))
    assert roc_auc(np.float32([1]), np.float32([below_one])) == 1
    assert roc_auc([1.0], [np.nextafter(1.0, 0)]) == 1
    assert roc_auc([2**62 + 1], [2**62]) == 1


def test_integers_that_float64_would_round_are_refused_beside_floats() -> None:
    with pytest.raises(ValueError, match=r"int64 scores beyond 2\*\*53"):
        roc_auc([2**53 + 1], [2.0**53])
    assert roc_auc([2**53], [2.0**53]) == 0.5


def test_inputs_are_left_as_they_were() -> None:
    positive, negative = np.array([3.0, 1.0, 2.0]), np.array([2.0, 0.0, -0.0])
    separation(positive, negative)
    assert positive.tolist() == [3, 1, 2] and negative.tolist() == [2, 0, 0]


def test_torch_is_not_imported_for_arrays() -> None:
    code = "import sys, common.metrics.detection as m; m.separation([1.0], [0.0]); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Refusals.


@pytest.mark.parametrize(
    ("positive", "negative", "message"),
    [
        ([], [1.0], "positive scores are empty"),
        ([1.0], [], "negative scores are empty"),
        ([0.0, np.nan, 1.0, np.nan], [1.0], "positive scores are NaN at 2 of 4 positions, first at index 1"),
        ([1.0], np.float32([np.nan]), "negative scores are NaN at 1 of 1 positions, first at index 0"),
        ([[1.0, 2.0]], [1.0], r"positive scores must have one axis, not shape \(1, 2\)"),
        (1.0, [1.0], r"positive scores must have one axis, not shape \(\)"),
        ([1.0], ["a"], "negative scores must be numbers, not <U1"),
        ([1j], [1.0], "positive scores must be numbers, not complex128"),
    ],
)
def test_bad_samples_are_refused_in_one_line_that_says_where(positive, negative, message: str) -> None:
    for function in (separation, roc_auc, average_precision, aupr_trapezoid, fpr_at_tpr, detection_error, roc_curve):
        with pytest.raises(ValueError, match=message) as caught:
            function(positive, negative)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("tpr", [0.0, -0.1, 1.01, 95, np.nan])
def test_a_tpr_out_of_range_is_refused(tpr: float) -> None:
    with pytest.raises(ValueError, match=r"tpr must be a fraction in \(0, 1\]"):
        fpr_at_tpr([1.0], [0.0], tpr)
