"""Seconds that each post-hoc detector takes to fit and to score, on features of the size of CIFAR-100's.

    uv run --group bench python -m tests.benchmarks.benchmark_detectors [--train 50000] [--test 10000]

Made-up features of 100 classes, 512 wide, and a linear last layer. Detectors that need a model (a gradient, dropout,
the input) are left out and named. Where pytorch-ood is installed its time for the same stands beside ours, in the same
process, with the ratio theirs / ours of fit and score together.
"""

import argparse
import resource
import time
from collections.abc import Callable

import torch
from torch import Tensor

from common.detector import Probe
from common.discover import load_detector, names
from common.features.linear_head import LinearHead
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View

WIDTH, CLASSES, BATCH = 512, 100, 256


def made_up(count: int, centres: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return (count, D) non-negative features and (count,) labels."""
    labels = torch.arange(count) % len(centres)
    return (centres[labels] + torch.randn(count, WIDTH, generator=generator)).clamp_min(0), labels


def seconds(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def scored(probe: Probe, fitted: dict[str, Tensor], features: Tensor, head: LinearHead) -> None:
    """Score all rows batch by batch, as a run does."""
    for part in torch.split(features, BATCH):
        probe.score(View(head(part), (part,), torch.arange(len(part))), fitted)


def bare_product(features: Tensor, bank: Tensor) -> float:
    """Return the seconds of the product of all rows with the bank, which exact nearest neighbours cannot undercut."""

    def run() -> None:
        for part in torch.split(features, BATCH):
            part @ bank.T

    return seconds(run)


def peers(train: Tensor, labels: Tensor, test: Tensor, head: LinearHead) -> dict[str, float]:
    """Return the seconds of pytorch-ood's detectors for the same; none where it is not installed."""
    try:
        from pytorch_ood import detector
    except ImportError:
        return {}

    def plain(x: Tensor) -> Tensor:
        return x

    made = {
        "mahalanobis": lambda: detector.Mahalanobis(plain),
        "relative_mahalanobis": lambda: detector.RMD(plain),
        "knn": lambda: detector.KNN(plain, k=50),
        "vim": lambda: detector.ViM(plain, w=head.weight, b=head.bias, d=WIDTH // 2),
        "dice": lambda: detector.DICE(plain, head.weight, head.bias, 0.9),
    }

    def whole(build: Callable[[], object]) -> None:
        one = build()
        one.fit_features(train, labels)  # type: ignore[attr-defined]
        for part in torch.split(test, BATCH):
            one.predict_features(part)  # type: ignore[attr-defined]

    return {name: seconds(lambda build=build: whole(build)) for name, build in made.items()}  # type: ignore[misc]


def main() -> None:
    """Print a line a detector, and the totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=int, default=50_000)
    parser.add_argument("--test", type=int, default=10_000)
    sizes = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(CLASSES, WIDTH, generator=generator)
    head = LinearHead(centres / WIDTH**0.5, torch.zeros(CLASSES))
    train, labels = made_up(sizes.train, centres, generator)
    test, _ = made_up(sizes.test, centres, generator)
    inputs = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    theirs = peers(train, labels, test, head)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{'detector':30} {'fit':>7} {'score':>7} {'pytorch-ood / ours':>20}")
    total, left_out = 0.0, []
    views = TrainingViews(head(train), (train,), torch.arange(len(train)), labels, head=head)
    for name in names("common/detectors"):
        probe = load_detector(name).probe
        if probe is None or probe.gradient or probe.inputs or name.startswith("mc_dropout"):
            left_out += [name] if probe is not None else []
            continue
        fitted: dict[str, Tensor] = {}
        try:
            fit = seconds(lambda probe=probe, fitted=fitted: fitted.update(probe.fit(views)))  # type: ignore[misc]
        except NotApplicable:
            left_out.append(name)
            continue
        score = seconds(lambda probe=probe, fitted=fitted: scored(probe, fitted, test, head))  # type: ignore[misc]
        total += fit + score
        ratio = f"{theirs[name] / (fit + score):20.1f}" if name in theirs else ""
        print(f"{name:30} {fit:7.2f} {score:7.2f} {ratio}")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"all: {total:.1f} s; bare product of the nearest neighbours: {bare_product(test, train):.1f} s")
    print(f"peak memory: {(after - before) / 1024:.0f} MiB beyond inputs and peers ({inputs / 1024:.0f} MiB)")
    print(f"left out, since they need a model: {', '.join(left_out)}")


if __name__ == "__main__":
    with torch.inference_mode(False):
        main()
