"""Speed and memory beside other tools, as ratios: `python -m tests.benchmarks.NAME` prints them, asserts nothing."""
