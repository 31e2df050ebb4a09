"""Metrics of many scores in fixed memory: time, memory and the widths of the intervals.

    python -m tests.benchmarks.benchmark_streaming [N]

N float32 scores (10,000,000 unless given), half of them positive, are made piece by piece and counted. The time of
making them is measured apart and left out of the scores per second. Peak memory is what the process holds at most
beyond what it held once NumPy and the metrics were imported, pieces included.
"""

import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from common.metrics.streaming import SecondPass, SeparationBounds, StreamingSeparation
from tests.benchmarks.measure import print_environment

PIECE = 2**20
Counter = StreamingSeparation | SecondPass
Part = tuple[int, int, int]  # scores in all, part, parts


def scores(n: int, part: int, parts: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield the pieces of a part; a piece depends on its number alone, so parts share out the same scores."""
    for number in range(part, -(-n // PIECE), parts):
        both = np.random.default_rng(number).standard_normal(min(PIECE, n - number * PIECE), dtype=np.float32)
        half = (len(both) + 1) // 2
        both[:half] += 1
        yield both[:half], both[half:]


def count(counter: Counter, n: int, part: int = 0, parts: int = 1) -> float:
    """Count a part of the scores and return the seconds spent on counting."""
    spent = 0.0
    for positive, negative in scores(n, part, parts):
        start = perf_counter()
        counter.update(positive, negative)
        spent += perf_counter() - start
    return spent


def counted_part(whole: Part) -> tuple[StreamingSeparation, float]:
    """Count a part from nothing, in a process of its own."""
    stream = StreamingSeparation()
    return stream, count(stream, *whole)


def peak_mib() -> float:
    """Most memory that this process has held, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def report(name: str, n: int, spent: float, total: float) -> None:
    """Print the speed of one pass."""
    print(f"{name}: {spent:.2f} s to count, {n / spent / 1e6:.0f} million scores/s; {total:.2f} s with making scores")


def print_widths(name: str, result: SeparationBounds) -> None:
    """Print every interval."""
    print(name)
    for figure in ("auroc", "ap_positive", "ap_negative", "fpr95_in", "fpr95_out"):
        bounds = getattr(result, figure)
        print(f"  {figure:<12} {bounds.low:.9f} to {bounds.high:.9f}   width {bounds.width:.1e}")


def on_two_processes(n: int) -> StreamingSeparation:
    """Count halves side by side and merge them; the slower process sets the time."""
    start = perf_counter()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        (merged, first), (other, second) = pool.map(counted_part, [(n, 0, 2), (n, 1, 2)])
    merged.merge(other)
    report("2 processes", n, max(first, second), perf_counter() - start)
    return merged


def main() -> None:
    """Print everything."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    print_environment("numpy")
    imported = peak_mib()
    stream = StreamingSeparation()
    start = perf_counter()
    spent = count(stream, n)
    print(f"{n:,} float32 scores, {stream.counts.bits} bits")
    report("1 process", n, spent, perf_counter() - start)
    result = stream.result()
    print(f"peak memory beyond the interpreter {peak_mib() - imported:.0f} MiB, of which 24 MiB are counts")
    print_widths("First pass", result)
    second, start = stream.second_pass(), perf_counter()
    report("second pass", n, count(second, n), perf_counter() - start)
    print_widths(f"With {len(second.bins)} bins known score by score", second.result())
    print(f"peak memory with the second pass {peak_mib() - imported:.0f} MiB")
    same = on_two_processes(n).counts.counts.tobytes() == stream.counts.counts.tobytes()
    print(f"counts of 1 and of 2 processes are {'equal' if same else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
