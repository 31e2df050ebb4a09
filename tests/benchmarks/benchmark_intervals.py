"""How often 95 % intervals cover the truth, and how wide they are.

    python -m tests.benchmarks.benchmark_intervals [DRAWS]

DRAWS (500 unless given) pairs of samples of each kind and size; the truth is that of millions of examples. The first
table sets the AUROC's interval beside DeLong's on the logit scale; draws that no variance can be estimated of (all in
order) get Wilson's interval in both columns. The second has the intervals of every figure by the bootstrap, and of
FPR95; for AURC the number of wrong answers varies from draw to draw. Draws whose resamples all agree count as covered.
"""

import sys
from collections.abc import Callable
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from common.metrics import auroc_interval, roc_auc
from common.metrics.bootstrap import FIGURES, intervals_of
from common.metrics.detection import ranked
from common.metrics.fpr95_interval import Interval
from common.metrics.intervals import Z95, delong_variances
from common.metrics.ranking import rank

Samples = tuple[NDArray[np.float64], NDArray[np.float64]]
KINDS: dict[str, Callable[[np.random.Generator, int, int], Samples]] = {
    "normal, 0.5 apart": lambda rng, n, m: (rng.normal(0.5, 1, n), rng.normal(0, 1, m)),
    "normal, 1.5 apart": lambda rng, n, m: (rng.normal(1.5, 1, n), rng.normal(0, 1, m)),
    "normal, 2.5 apart": lambda rng, n, m: (rng.normal(2.5, 1, n), rng.normal(0, 1, m)),
    "positives wider": lambda rng, n, m: (rng.normal(2.25, 2, n), rng.normal(0, 1, m)),
    "negatives wider": lambda rng, n, m: (rng.normal(2.25, 1, n), rng.normal(0, 2, m)),
    "exponential, 4 x": lambda rng, n, m: (rng.exponential(4, n), rng.exponential(1, m)),
    "exponential, 15 x": lambda rng, n, m: (rng.exponential(15, n), rng.exponential(1, m)),
    "ties at the top": lambda rng, n, m: (rng.normal(1.5, 1, n).clip(max=1.8), rng.normal(0, 1, m).clip(max=1.8)),
}
SIZES = ((3000, 15), (3000, 30), (3000, 60), (20, 20), (1000, 1000))


def plain(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> tuple[float, float]:
    """DeLong's interval on the logit scale with the normal quantile; ours where that is not defined."""
    auroc = roc_auc(positive, negative)
    variance = sum(delong_variances(rank(positive, negative), auroc))
    if not 0 < auroc < 1 or variance <= 0:
        return auroc_interval(positive, negative)
    centre, half = log(auroc / (1 - auroc)), Z95 * sqrt(variance) / (auroc * (1 - auroc))
    return 1 / (1 + exp(half - centre)), 1 / (1 + exp(-half - centre))


def auroc_table(draws: int) -> None:
    """Print the table of the AUROC."""
    print(f"coverage in % and mean width over {draws} draws       ours            DeLong on the logit scale")
    rng = np.random.default_rng(0)
    for n, m in SIZES:
        for name, draw in KINDS.items():
            truth = roc_auc(*draw(rng, 400_000, 400_000))
            pairs = [draw(rng, n, m) for _ in range(draws)]
            cells = []
            for interval in (auroc_interval, plain):
                found = np.array([interval(*pair) for pair in pairs])
                covered = 100 * ((found[:, 0] <= truth) & (truth <= found[:, 1])).mean()
                cells.append(f"{covered:5.1f}  {np.diff(found).mean():.3f}")
            print(f"{n:>5} against {m:<5} {name:<18} AUROC {truth:.3f}    {cells[0]}    {cells[1]}", flush=True)


def figure_table(draws: int) -> None:
    """Print the table of every figure."""
    print(f"\ncoverage in % and mean width over {draws} draws   {''.join(f'{name:<16}' for name in FIGURES)}")
    rng = np.random.default_rng(0)
    for n, m in SIZES:
        for name, draw in KINDS.items():
            large = ranked(*draw(rng, *(size * 2_000_000 // (n + m) for size in (n, m))))
            truth = {name: of(large) for name, of in FIGURES.items()}
            found = [_intervals(rng, draw, n, m) for _ in range(draws)]
            cells = [_cell([one[figure] for one in found], truth[figure]) for figure in FIGURES]
            print(f"{n:>5} against {m:<5} {name:<22} {''.join(f'{cell:<16}' for cell in cells)}", flush=True)


def _intervals(
    rng: np.random.Generator, draw: Callable[[np.random.Generator, int, int], Samples], n: int, m: int
) -> dict[str, Interval]:
    wrong = min(max(rng.binomial(n + m, m / (n + m)), 1), n + m - 1)
    return intervals_of(ranked(*draw(rng, n, m))) | intervals_of(ranked(*draw(rng, n + m - wrong, wrong)), ["aurc"])


def _cell(intervals: list[Interval], truth: float) -> str:
    covered = [one.low <= truth <= one.high or one.low == one.high for one in intervals]
    return f"{100 * np.mean(covered):5.1f}  {np.mean([one.high - one.low for one in intervals]):.4f}"


def main(draws: int = 500) -> None:
    """Print everything."""
    auroc_table(draws)
    figure_table(draws)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
