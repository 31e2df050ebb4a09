"""CPU seconds that each post-hoc detector takes to fit and to score, on features of the size of CIFAR-100's.

    uv run --group bench python -m tests.benchmarks.benchmark_detectors [--train 50000] [--test 10000]

Made-up features of 100 classes, 512 wide, and a linear last layer. Detectors that need a model (a gradient, dropout,
the input) are left out and named. All detectors run side by side, as in a run: what several of them need (class
moments, products with all training rows) counts for the first. Where pytorch-ood is installed, the last column is its
time / ours for fit and score of that detector alone, which shares nothing, in the same process. Features and logits are
given to both, as a network leaves them; pytorch-ood's ViM and NNGuide compute the training rows' logits again.
"""

import argparse
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from common.detector import Probe
from common.discover import load_detector, names
from common.features.fitted import Fitted
from common.features.linear_head import LinearHead
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View

WIDTH, CLASSES, BATCH = 512, 100, 256
Ready = dict[str, tuple[Probe, Fitted]]


def made_up(count: int, centres: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return (count, D) non-negative features and (count,) labels."""
    labels = torch.arange(count) % len(centres)
    return (centres[labels] + torch.randn(count, WIDTH, generator=generator)).clamp_min(0), labels


def seconds(run: Callable[[], object]) -> float:
    """Return the CPU seconds of a call, of all threads together: other work on the machine hardly changes them."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def batched(features: Tensor, head: LinearHead) -> Iterator[View]:
    """Yield the view of each batch, as a run does."""
    for part in torch.split(features, BATCH):
        yield View(head(part), (part,), torch.arange(len(part)))


def training(features: Tensor, labels: Tensor, head: LinearHead) -> Callable[[], TrainingViews]:
    """Return what gives the rows to learn from, of which nothing but the logits has been computed yet."""
    logits = head(features)
    return lambda: TrainingViews(logits, (features,), torch.arange(len(features)), labels, head=head)


def fitted(views: TrainingViews) -> tuple[Ready, defaultdict[str, float], list[str]]:
    """Return the detectors that apply with what they learned, the seconds of each, and the names of the others."""
    ready: Ready = {}
    took: defaultdict[str, float] = defaultdict(float)
    left_out = []
    for name in names("common/detectors"):
        probe = load_detector(name).probe
        if probe is None:
            continue
        try:
            assert not (probe.gradient or probe.inputs or name.startswith("mc_dropout")), "needs a model"
            begun = time.process_time()
            ready[name] = probe, probe.fit(views)
            took[name] += time.process_time() - begun
        except (AssertionError, NotApplicable):
            left_out.append(name)
    return ready, took, left_out


def scored(ready: Ready, features: Tensor, head: LinearHead) -> defaultdict[str, float]:
    """Score all rows batch by batch by all detectors; return the seconds of each."""
    took: defaultdict[str, float] = defaultdict(float)
    for view in batched(features, head):
        for name, (probe, learned) in ready.items():
            took[name] += seconds(partial(probe.score, view, learned))
    return took


def knn_ratio(train: Tensor, labels: Tensor, test: Tensor, head: LinearHead) -> float:
    """Return the seconds of scoring by neighbours / those of the bare product, which they cannot undercut; in turns."""
    probe, bank, took = load_detector("knn").probe, functional.normalize(train), [0.0, 0.0]
    assert probe is not None
    learned = probe.fit(training(train, labels, head)())
    for view in batched(test, head):
        took[0] += seconds(partial(probe.score, view, learned))
        took[1] += seconds(partial(torch.matmul, view.features, bank.T))
    return took[0] / took[1]


def peers(head: LinearHead) -> Mapping[str, Callable[[], object]]:
    """Return how pytorch-ood's detectors are made; none where it is not installed."""
    try:
        from pytorch_ood import detector
    except ImportError:
        return {}

    def plain(x: Tensor) -> Tensor:
        return x

    linear = torch.nn.Linear(WIDTH, CLASSES)
    linear.weight.data, linear.bias.data = head.weight, head.bias
    return {
        "mahalanobis": lambda: detector.Mahalanobis(plain),
        "relative_mahalanobis": lambda: detector.RMD(plain),
        "knn": lambda: detector.KNN(plain, k=50),
        "vim": lambda: detector.ViM(plain, w=head.weight, b=head.bias, d=WIDTH // 2),
        "dice": lambda: detector.DICE(plain, head.weight, head.bias, 0.9),
        "fdbd": lambda: detector.fDBD(plain, linear),
        "nci": lambda: detector.NCI(plain, linear),
        "nnguide": lambda: detector.NNGuide(plain, linear, k=10),
    }


def ratios(train: Tensor, labels: Tensor, test: Tensor, head: LinearHead) -> dict[str, float]:
    """Return pytorch-ood's seconds / ours of each detector alone, fit and score together."""
    found = {}
    fresh = training(train, labels, head)
    for name, build in peers(head).items():
        probe = load_detector(name).probe
        assert probe is not None

        def ours(probe: Probe = probe) -> None:
            learned = probe.fit(fresh())
            for view in batched(test, head):
                probe.score(view, learned)

        def theirs(build: Callable[[], object] = build) -> None:
            other = build()
            other.fit_features(train, labels)  # type: ignore[attr-defined]
            for part in torch.split(test, BATCH):
                other.predict_features(part)  # type: ignore[attr-defined]

        found[name] = seconds(theirs) / seconds(ours)
    return found


def peak() -> float:
    """Return the most memory that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
    before, wall = peak(), time.perf_counter()
    ready, fit, left_out = fitted(training(train, labels, head)())
    score = scored(ready, test, head)
    wall, after = time.perf_counter() - wall, peak()
    other = ratios(train, labels, test, head)
    print(f"{'detector':30} {'fit':>7} {'score':>7} {'pytorch-ood / ours':>20}")
    for name in ready:
        print(f"{name:30} {fit[name]:7.2f} {score[name]:7.2f} " + (f"{other[name]:20.1f}" if name in other else ""))
    cpu = sum(fit.values()) + sum(score.values())
    print(f"all: {cpu:.1f} CPU s, {wall:.1f} s on {torch.get_num_threads()} threads")
    print(f"knn / bare product of all rows: {knn_ratio(train, labels, test, head):.2f}")
    print(f"peak memory: {after - before:.0f} MiB beyond the inputs ({before:.0f} MiB)")
    print(f"left out, since they need a model or do not apply: {', '.join(left_out)}")


if __name__ == "__main__":
    with torch.inference_mode(False):
        main()
