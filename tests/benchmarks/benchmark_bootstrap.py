"""The bootstrap that sorts once, against a resample and a sort each: CPU seconds, and their ratio in one process.

    python -m tests.benchmarks.benchmark_bootstrap [N] [RESAMPLES]

N scores (20,000 unless given), half of them positive, and 1,000 resamples. The other way draws the examples of each
resample and computes the same figures with ``separation`` and ``risk_coverage``; it is timed on 50 resamples.
"""

import sys
from time import process_time

import numpy as np

from common.metrics import bootstrap_intervals, risk_coverage, separation
from tests.benchmarks.measure import print_environment

FEW = 50


def main(n: int = 20_000, resamples: int = 1_000) -> None:
    """Print both times and the ratio."""
    print_environment()
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(1, 1, n // 2), rng.normal(0, 1, n - n // 2)
    bootstrap_intervals(positive[:9], negative[:9])  # imports what it needs
    start = process_time()
    bootstrap_intervals(positive, negative, resamples)
    once = process_time() - start
    start = process_time()
    correct = np.arange(n) < len(positive)
    for _ in range(min(FEW, resamples)):
        p, q = rng.choice(positive, len(positive)), rng.choice(negative, len(negative))
        separation(p, q)
        risk_coverage(np.concatenate([p, q]), correct)
    each = (process_time() - start) * resamples / min(FEW, resamples)
    print(f"sorted once: {once:.3f} s for {resamples} resamples of {n}; a sort each: {each:.2f} s; {each / once:.0f} x")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
