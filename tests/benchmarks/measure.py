"""What the benchmarks share: paired runs in one process, peak memory, and the surroundings."""

import os
import platform
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version
from statistics import median
from time import perf_counter

Work = Callable[[], object]


def seconds(work: Work) -> float:
    """Return the wall-clock time of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


def compare(ours: Work, others: dict[str, Work], repeats: int) -> None:
    """Print each other tool's time and its ratio to ours: the median over pairs run one right after the other."""
    ours()
    for name, other in others.items():
        other()
        pairs = [(seconds(ours), seconds(other)) for _ in range(repeats)]
        mine, theirs = (median(times) * 1e3 for times in zip(*pairs, strict=True))
        ratios = sorted(other_time / our_time for our_time, other_time in pairs)
        span = f"{ratios[0]:.1f} to {ratios[-1]:.1f} over {repeats} pairs"
        print(f"  {name:<44} {theirs:8.1f} ms   ours {mine:7.1f} ms   ratio {median(ratios):5.2f}   ({span})")


def peak_mib(work: Work) -> float:
    """Return the most memory that one call holds beyond what was there, in MiB, as NumPy and Python report it."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - before) / 2**20


def print_environment(*packages: str) -> None:
    """Print what the figures depend on: machine, threads, versions."""
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, OMP_NUM_THREADS {threads}, Python {platform.python_version()}")
    print(", ".join(f"{package} {version(package)}" for package in packages))
