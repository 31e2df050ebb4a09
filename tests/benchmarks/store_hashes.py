"""What checking the store costs: the share of a resumed run's time that SHA-256 takes.

uv run python -m tests.benchmarks.store_hashes
"""

import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from common.comparisons import EvaluationSpec
from common.data.locations import Folders
from common.discover import load_detector
from common.experiment import Experiment, RunOptions
from common.judge import evaluate_outputs
from common.probed import with_probes
from common.store import files, sealed

IDENTITY = {
    "task": "vision/mnist",
    "modality": "vision",
    "seed": 0,
    "profile": "quick",
    "data": "sample",
    "objective": "cross_entropy",
    "model": "mlp",
    "held_out": None,
    "in_dist": "MNIST",
}


def run(out: Path) -> float:
    """Run the quick profile of vision/mnist with two detectors; return the seconds."""
    began = time.perf_counter()
    experiment = Experiment("vision/mnist", 0, RunOptions(out=out, folders=Folders(), tune="none"))
    detectors = [load_detector("msp"), load_detector("mahalanobis")]
    outputs = with_probes(experiment, "cross_entropy", experiment.outputs("cross_entropy"), detectors)
    evaluate_outputs(EvaluationSpec(), outputs, detectors, IDENTITY)
    return time.perf_counter() - began


def main() -> None:
    """Print the shares; hashes are taken anew, as a new process takes them."""
    spent = [0.0]

    def timed(path: Path) -> str:
        began = time.perf_counter()
        digest = files.sha256(path)
        spent[0] += time.perf_counter() - began
        return digest

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        run(out)
        size = sum(file.stat().st_size for file in (out / "store").rglob("*") if file.is_file())
        for number in range(3):
            files._sha256.cache_clear()
            spent[0] = 0.0
            with patch.object(sealed, "sha256", timed):
                seconds = run(out)
            print(f"resumed run {number + 1}: hashes of {size / 1e6:.1f} MB take {100 * spent[0] / seconds:.1f} %")


if __name__ == "__main__":
    main()
