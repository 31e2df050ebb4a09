"""The whole suite as trainings side by side against one after another: the ratio of times, and whether rows are equal.

    python -m tests.benchmarks.benchmark_jobs [--task NAME] [--seeds 3] [--jobs 2] [--data-dir DIR]

Each run is a command of its own with an empty OUT, so importing, reading data, evaluation and the report count as they
do for a user. The run side by side goes first: what the system must read from the disk for the first time counts
against it. The peak memory is that of the process that does all jobs in turn, and so more than any worker does;
``common.jobs.local.MEMORY`` is what the default number of jobs reckons with for each.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from common.base.memory import GIB
from common.base.project import ROOT
from common.base.threads import cores
from common.jobs.local import MEMORY
from tests.benchmarks.measure import print_environment


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--task", action="append", default=[], help="some tasks only; repeatable")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--data-dir", type=Path)
    return parser.parse_args()


def run(out: Path, jobs: int, chosen: argparse.Namespace) -> tuple[float, bytes]:
    """Run the suite into an empty folder; return its seconds and its rows."""
    options = [part for name in chosen.task for part in ("--task", name)]
    if chosen.data_dir is not None:
        options += ["--data-dir", str(chosen.data_dir.absolute())]
    numbers = ("--seeds", str(chosen.seeds), "--jobs", str(jobs), "--out", str(out))
    start = perf_counter()
    done = subprocess.run((sys.executable, "run_all.py", *options, *numbers), cwd=ROOT, stdout=subprocess.DEVNULL)
    took = perf_counter() - start
    if done.returncode:
        sys.exit(f"run_all.py ended with exit code {done.returncode}")
    return took, (out / "results.jsonl").read_bytes()


def main() -> None:
    """Print everything."""
    chosen = arguments()
    print_environment("torch", "numpy")
    with tempfile.TemporaryDirectory() as folder:
        beside, rows = run(Path(folder, "beside"), chosen.jobs, chosen)
        print(f"--jobs {chosen.jobs}: {beside:.1f} s on {cores()} cores, {len(rows.splitlines())} rows", flush=True)
        alone, expected = run(Path(folder, "alone"), 1, chosen)
        print(f"--jobs 1: {alone:.1f} s")
    print(f"ratio {alone / beside:.2f}")
    print(f"rows are {'equal byte for byte' if rows == expected else 'DIFFERENT'}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"peak memory of one process {peak / GIB:.1f} GiB; --jobs reckons with {MEMORY / GIB:.0f} GiB for each")


if __name__ == "__main__":
    main()
