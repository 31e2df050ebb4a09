"""Damage the files of every door many times: escapes, memory and time of the worst.

    uv run --group bench python -m tests.benchmarks.benchmark_doors [INPUTS A DOOR] [SEED] [DOOR ...]

Each door has a process of its own, so that its memory is its own. An escape is whatever is no one-line error. Libraries
that readers import when they read their first file are imported before: the bounds are on what a damaged file costs.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import scipy.signal  # noqa: F401
import torchvision.transforms  # noqa: F401

from tests.doors import DOORS, came_through, damaged


def tried(name: str, count: int, seed: int) -> None:
    """Print a door's figures: inputs, read, told, escapes, most memory beyond the start (MB), longest time (s)."""
    warnings.simplefilter("ignore")
    door, place = DOORS[name], Path(tempfile.mkdtemp(prefix="doors"))
    escapes, told, slowest, start = 0, 0, 0.0, 0
    for number, (file, content) in enumerate(damaged(door, place, count, seed)):
        start = start or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        try:
            told += bool(came_through(door, place, file, content))
        except BaseException as error:  # a panic in Rust is no Exception
            escapes += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            said = " ".join(str(error).split())[:150]
            print(f"ESCAPE {name} {number} seed {seed}: {type(error).__name__} {where.filename}:{where.lineno} {said}")
        slowest = max(slowest, time.perf_counter() - began)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1024
    print(f"{name:32}{count:8}{count - told - escapes:8}{told:8}{escapes:8}{peak:10.0f}{slowest:10.2f}", flush=True)


def main() -> None:
    """Try all doors, or those named."""
    count, seed = (int(word) for word in (*sys.argv[1:3], *("200", "0")[len(sys.argv[1:3]) :]))
    print(f"{'door':32}{'inputs':>8}{'read':>8}{'told':>8}{'escapes':>8}{'MB more':>10}{'s at most':>10}")
    for name in sys.argv[3:] or DOORS:
        process = multiprocessing.get_context("fork").Process(target=tried, args=(name, count, seed))
        process.start()
        process.join()
        if process.exitcode:
            print(f"ESCAPE {name} seed {seed}: its process ended with {process.exitcode}")


if __name__ == "__main__":
    main()
