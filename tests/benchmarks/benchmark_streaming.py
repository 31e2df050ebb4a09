"""Metrics of many scores in fixed memory: time, memory, the widths of the intervals, and the gain of a second worker.

    python -m tests.benchmarks.benchmark_streaming [N]

N float32 scores (10,000,000 unless given), half of them positive, are made piece by piece and counted, by one worker
and by two, in processes of their own; then the first pass is followed by a second one. The time of making the scores is
measured apart. CPU time tells what a worker did however busy the machine is; the ratio of the CPU time of one worker to
that of the slower of two is what two idle cores gain. Peak memory is what a process holds at most beyond what it held
once NumPy and the metrics were imported, pieces included.
"""

import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.metrics.streaming import SecondPass, SeparationBounds, StreamingSeparation
from tests.benchmarks.measure import print_environment

PIECE = 2**20
Counter = StreamingSeparation | SecondPass


class Part(NamedTuple):
    """Which of the scores a worker counts."""

    scores: int
    number: int = 0
    parts: int = 1


class Spent(NamedTuple):
    """What counting took: seconds of CPU for counting alone and for all, and MiB beyond the imports."""

    counting: float
    all: float
    mib: float


def scores(part: Part) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield the pieces of a part; a piece depends on its number alone, so parts share out the same scores."""
    for number in range(part.number, -(-part.scores // PIECE), part.parts):
        size = min(PIECE, part.scores - number * PIECE)
        both = np.random.default_rng(number).standard_normal(size, dtype=np.float32)
        half = (len(both) + 1) // 2
        both[:half] += 1
        yield both[:half], both[half:]


def count(counter: Counter, part: Part, imported: float) -> Spent:
    """Count a part of the scores."""
    start, counting = process_time(), 0.0
    for positive, negative in scores(part):
        before = process_time()
        counter.update(positive, negative)
        counting += process_time() - before
    return Spent(counting, process_time() - start, peak_mib() - imported)


def counted_part(part: Part) -> tuple[StreamingSeparation, Spent]:
    """Count a part from nothing, in a process of its own."""
    imported = peak_mib()
    stream = StreamingSeparation()
    return stream, count(stream, part, imported)


def peak_mib() -> float:
    """Most memory that this process has held, in MiB; Linux's getrusage would count that of the parent, too."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def by_workers(n: int, workers: int) -> tuple[StreamingSeparation, float]:
    """Count parts side by side and merge them; return the CPU time of the slowest worker, too."""
    start = perf_counter()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(counted_part, [Part(n, number, workers) for number in range(workers)]))
    wall = perf_counter() - start
    merged = done[0][0]
    for other, _ in done[1:]:
        merged.merge(other)
    slowest = max(spent.all for _, spent in done)
    counting = max(spent.counting for _, spent in done)
    print(
        f"{workers} worker{'s' * (workers > 1)}: {slowest:.1f} s of CPU ({counting:.1f} s without making scores, "
        f"{n / counting / 1e6:.0f} million scores/s), {wall:.1f} s on the clock, "
        f"{max(spent.mib for _, spent in done):.0f} MiB each beyond the imports"
    )
    return merged, slowest


def print_widths(name: str, result: SeparationBounds) -> None:
    """Print every interval."""
    print(name)
    for figure in ("auroc", "ap_positive", "ap_negative", "fpr95_in", "fpr95_out"):
        bounds = getattr(result, figure)
        print(f"  {figure:<12} {bounds.low:.9f} to {bounds.high:.9f}   width {bounds.width:.1e}")


def two_passes(part: Part) -> tuple[SeparationBounds, Spent, int]:
    """Count the scores twice, in a process of its own; return what is known then, the time of the second, and bins."""
    imported = peak_mib()
    stream = StreamingSeparation()
    count(stream, part, imported)
    second = stream.second_pass()
    spent = count(second, part, imported)
    result = second.result()
    return result, spent._replace(mib=peak_mib() - imported), len(second.counts.bins)


def main() -> None:
    """Print everything."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    print_environment("numpy")
    stream, one = by_workers(n, 1)
    other, two = by_workers(n, 2)
    print(f"CPU time of 1 worker to that of the slower of 2: {one / two:.2f}")
    same = other.counts.counts.tobytes() == stream.counts.counts.tobytes()
    print(f"counts of 1 and of 2 workers are {'equal' if same else 'DIFFERENT'}")
    print_widths(f"{n:,} float32 scores, {stream.counts.bits} bits", stream.result())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        result, spent, bins = pool.submit(two_passes, Part(n)).result()
    print(f"second pass, 1 worker: {spent.all:.1f} s of CPU ({spent.counting:.1f} s without making scores)")
    print_widths(f"With {bins} bins known score by score", result)
    print(f"peak memory of both passes and their results: {spent.mib:.0f} MiB beyond the imports")


if __name__ == "__main__":
    main()
