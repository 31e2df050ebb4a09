"""The scripts that measure speed still run, in a tiny size; no figure that they print is asserted."""

import re

import pytest

from tests.benchmarks import benchmark_cifar


def test_the_comparison_with_a_bare_loop_prints_its_three_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    benchmark_cifar.main("--model lenet --steps 2 --batch 8 --repeats 1 --matrix 32".split())
    said = capsys.readouterr().out
    assert len(re.findall(r"images/s, +\d+ GFLOP/s, +\d+% of the", said)) == 2
    assert re.search(r"ours / bare, images a second: \d\.\d+", said)
