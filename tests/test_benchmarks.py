"""The scripts that measure speed still run, in a tiny size; no figure that they print is asserted."""

import re
import subprocess
import sys

import pytest

from common.base.project import ROOT
from tests.benchmarks import benchmark_cifar
from tests.sessions import unmeasured


def test_the_comparison_with_a_bare_loop_prints_its_three_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    benchmark_cifar.main("--model lenet --steps 2 --batch 8 --repeats 1 --matrix 32".split())
    said = capsys.readouterr().out
    assert len(re.findall(r"images/s, +\d+ GFLOP/s, +\d+% of the", said)) == 2
    assert re.search(r"ours / bare, images a second: \d\.\d+", said)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("benchmark_bootstrap 200 50", r"a sort each: \d+\.\d+ s; \d+ x"),
        ("benchmark_metrics 500", r"pytorch-ood, OODMetrics +\d.* ratio +\d"),
        ("benchmark_scores 50", r"NumPy, four passes +\d.* ratio +\d"),
        ("benchmark_streaming 50000", r"counts of 1 and of 2 workers are equal"),
        ("benchmark_detectors --train 2000 --test 100", r"knn / bare product of all rows: \d"),
    ],
)
def test_other_scripts_print_their_ratio_in_a_tiny_size(script: str, said: str) -> None:
    command = [sys.executable, "-m", *f"tests.benchmarks.{script}".split()]
    done = subprocess.run(command, cwd=ROOT, env=unmeasured(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(said, done.stdout), done.stdout
