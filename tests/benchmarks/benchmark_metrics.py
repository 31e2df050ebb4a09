"""All figures of two samples of scores: ours from one sort, beside scikit-learn and pytorch-ood.

    python -m tests.benchmarks.benchmark_metrics [N ...]

scikit-learn's four calls are roc_auc_score, average_precision_score, precision_recall_curve with auc, and roc_curve
(for FPR95), on the positive side alone; ours gives both sides, the interval and the detection error besides.
pytorch-ood's are those of its OODMetrics. Both get labels and concatenated scores made outside the clock.
"""

import sys

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_ood.metrics import OODMetrics
from sklearn import metrics as sk

from common.metrics.detection import separation
from tests.benchmarks.measure import compare, peak_mib, print_environment

RawDataset = tuple[NDArray[np.float32], NDArray[np.float32]]

REPEATS, FEW = {10_000: 99, 1_000_000: 9, 10_000_000: 3}, 3
"""How often figures of so many scores are computed, and of any other number."""


def samples(n: int) -> RawDataset:
    """Return ``n`` float32 scores, half of them positive, of which 20 % are rounded to a tenth and so tie."""
    rng = np.random.default_rng(0)
    scores = rng.standard_normal(n, dtype=np.float32)
    positive = np.arange(n) % 2 == 0
    scores[positive] += 1
    tied = rng.random(n) < 0.2
    scores[tied] = scores[tied].round(1)
    return scores[positive], scores[~positive]


def four_calls(labels: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
    """Do what takes scikit-learn four sorts."""
    sk.roc_auc_score(labels, scores)
    sk.average_precision_score(labels, scores)
    precision, recall, _ = sk.precision_recall_curve(labels, scores)
    sk.auc(recall, precision)
    fpr, tpr, _ = sk.roc_curve(labels, scores)
    fpr[np.searchsorted(tpr, 0.95)]


def ood_metrics(labels: torch.Tensor, outlier_scores: torch.Tensor) -> None:
    """Compute pytorch-ood's collection; its OOD label is negative, its scores grow with strangeness."""
    metrics = OODMetrics()
    metrics.update(outlier_scores, labels)
    metrics.compute()


def report(name: str, positive: NDArray[np.floating], negative: NDArray[np.floating], repeats: int) -> None:
    """Print the ratios and the memory for one pair of samples."""
    labels = np.repeat([1, 0], [len(positive), len(negative)])
    scores = np.concatenate([positive, negative])
    ood_labels, outlier_scores = torch.from_numpy(labels - 1), torch.from_numpy(-scores)
    print(f"{len(scores):,} {name} scores of {len(np.unique(scores)):,} values")
    others = {
        "scikit-learn, four calls": lambda: four_calls(labels, scores),
        "pytorch-ood, OODMetrics": lambda: ood_metrics(ood_labels, outlier_scores),
        "numpy.sort alone (the limit)": lambda: np.sort(scores),
    }
    compare(lambda: separation(positive, negative), others, repeats)
    print(f"  our extra memory {peak_mib(lambda: separation(positive, negative)):.0f} MiB")


def main() -> None:
    """Print everything."""
    print_environment("numpy", "scikit-learn", "torch", "pytorch-ood")
    for n in [int(one) for one in sys.argv[1:]] or REPEATS:
        positive, negative = samples(n)
        repeats = REPEATS.get(n, FEW)
        report("float32", positive, negative, repeats)
        report("float64", positive.astype(np.float64), negative.astype(np.float64), repeats)


if __name__ == "__main__":
    main()
