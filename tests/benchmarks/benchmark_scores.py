"""Four scores of 200,000 x 1,000 float32 logits: ours from one pass, beside four straightforward ones.

    python -m tests.benchmarks.benchmark_scores [ROWS]

Straightforward means whole arrays and the library call of that name: scipy's softmax and its maximum; log C less
scipy's entropy of the softmax; scipy's logsumexp; NumPy's max. The plainest NumPy a reader might write instead
(exponentials of z - max, divided by their sum) stands beside it.
"""

import sys

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax
from scipy.stats import entropy

from common.metrics.logit_scores import logit_scores
from tests.benchmarks.measure import compare, peak_mib, print_environment

FOUR = ("log_msp", "kl_uniform", "energy", "max_logit")


def with_scipy(logits: NDArray[np.float32]) -> None:
    """Four passes with scipy."""
    softmax(logits, axis=1).max(axis=1)
    np.log(logits.shape[1]) - entropy(softmax(logits, axis=1), axis=1)
    logsumexp(logits, axis=1)
    logits.max(axis=1)


def with_numpy(logits: NDArray[np.float32]) -> None:
    """Four passes with NumPy alone."""

    def probabilities() -> NDArray[np.float32]:
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    np.log(probabilities().max(axis=1))
    p = probabilities()
    np.log(logits.shape[1]) + (p * np.log(p + 1e-30)).sum(axis=1)
    largest = logits.max(axis=1)
    largest + np.log(np.exp(logits - largest[:, None]).sum(axis=1))
    logits.max(axis=1)


def main() -> None:
    """Print the ratios."""
    print_environment("numpy", "scipy")
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    logits = np.random.default_rng(0).standard_normal((rows, 1_000), dtype=np.float32)
    logits *= 3
    print(f"{logits.shape[0]:,} x {logits.shape[1]:,} float32 logits, scores {', '.join(FOUR)}")
    others = {"scipy, four passes": lambda: with_scipy(logits), "NumPy, four passes": lambda: with_numpy(logits)}
    compare(lambda: logit_scores(logits, FOUR), others, repeats=3)
    print(f"  our extra memory {peak_mib(lambda: logit_scores(logits, FOUR)):.0f} MiB, the scores returned included")
    compare(lambda: logit_scores(logits), {"all six of ours, scipy's four": lambda: with_scipy(logits)}, repeats=3)


if __name__ == "__main__":
    main()
