"""`python -m common.evaluate` on a large file: memory and time in pieces and whole, on the same logits.

    python -m tests.benchmarks.benchmark_pieces [ROWS] [CLASSES] [FOLDER]

Logits of ROWS (4,000,000) examples and CLASSES (20) are written piece by piece as .npy and .parquet, with labels, and a
quarter as many OOD logits: 320 MB of float32 in the test set. Each way of reading runs in a process of its own; its
peak memory is what it holds at most beyond what it holds once everything is imported.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tests.benchmarks.measure import print_environment

PIECE = 2**16
MEASURED = """
import resource, sys, time
from pathlib import Path
from common import user_logits
from common.discover import load_detector, names
import matplotlib.pyplot, pyarrow.parquet, scipy.optimize, scipy.special
[load_detector(name) for name in names("common/detectors")]
from tests.benchmarks.benchmark_streaming import peak_mib
imported, start = peak_mib(), time.process_time()
try:
    user_logits.app(sys.argv[1:], prog_name="evaluate")
except SystemExit as end:
    assert not end.code, end.code
print(f"RESULT {time.process_time() - start:.0f} s of CPU, {peak_mib() - imported:,.0f} MiB beyond the imports")
"""


def write(folder: Path, name: str, rows: int, classes: int, scale: float) -> None:
    """Write logits and labels piece by piece, as .npy and as .parquet."""
    logits = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float32, (rows, classes))
    labels = np.lib.format.open_memmap(folder / f"{name}_labels.npy", "w+", np.int32, (rows,))
    columns = [(f"logit_{place}", pa.float32()) for place in range(classes)]
    schema = pa.schema([*columns, ("label", pa.int32())])
    with parquet.ParquetWriter(folder / f"{name}.parquet", schema, compression="none") as writer:
        for start in range(0, rows, PIECE):
            rng = np.random.default_rng([rows, start])
            part = (scale * rng.standard_normal((min(PIECE, rows - start), classes))).astype(np.float32)
            truth = np.where(rng.random(len(part)) < 0.9, part.argmax(1), 0).astype(np.int32)
            logits[start : start + len(part)], labels[start : start + len(part)] = part, truth
            writer.write_table(pa.table([*part.T, truth], schema=schema))
    logits.flush()
    labels.flush()


def evaluated(folder: Path, ending: str, *options: str) -> None:
    """Print what evaluating takes in a process of its own."""
    labels = ["--labels", str(folder / "in_labels.npy")] if ending == "npy" else []
    files = [str(folder / f"in.{ending}"), "--ood", f"other={folder / f'out.{ending}'}", *labels]
    command = [sys.executable, "-c", MEASURED, *files, *options, "--out", str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    print(f"  {ending:<8} {' '.join(options):<14} {line.removeprefix('RESULT ')}")


def main(rows: int = 4_000_000, classes: int = 20, folder: str | None = None) -> None:
    """Print everything."""
    print_environment("numpy", "pyarrow")
    with TemporaryDirectory(dir=folder) as made:
        for name, count, scale in (("in", rows, 4.0), ("out", rows // 4, 2.0)):
            write(Path(made), name, count, classes, scale)
        print(f"{rows:,} test rows and {rows // 4:,} OOD rows of {classes} classes: {5 * rows * classes // 10**6} MB")
        for ending in ("npy", "parquet"):
            for option in ("--pieces", "--second-pass", "--whole"):
                evaluated(Path(made), ending, option)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
