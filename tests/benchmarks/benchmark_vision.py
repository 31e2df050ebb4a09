"""What feeding images costs: augmentation beside a training step, and the share of an epoch that waits for data.

    OMP_NUM_THREADS=2 python -m tests.benchmarks.benchmark_vision

Images are random bytes: the time does not depend on what they show. Everything runs in one process and on the same
threads, and the parts of a step are timed one right after the other, so that the ratios hold on a busy machine too.
"""

from statistics import median
from time import perf_counter

import numpy as np
import torch

from common.data.examples import Batch, batches
from common.data.samples import RawDataset
from common.discover import load_architecture
from common.model import Classifier
from common.objectives.cross_entropy import cross_entropy
from common.task import Budget, Model
from common.training.loop import make_optimizer
from tests.benchmarks.measure import print_environment, seconds
from vision.augment import flip_and_crop

STEPS = 12
BATCH = 128


def main() -> None:
    """Print both figures for a small WRN and for the quick profile's network."""
    print_environment("torch", "numpy")
    rng = np.random.default_rng(0)
    train = RawDataset(
        rng.integers(0, 256, (25_000, 32, 32, 3), dtype=np.uint8), np.arange(25_000) % 10, tuple("0123456789")
    )
    for model in (Model("wrn", {"size": "16-2"}), Model("small_resnet")):
        report(model, train)


def report(chosen: Model, train: RawDataset) -> None:
    """Time the parts of ``STEPS`` training steps in float32 and print the medians."""
    architecture = load_architecture("vision", chosen)
    preprocessor = architecture.preprocessor(train)
    examples, model = preprocessor(train), architecture.build(preprocessor, train).train()
    optimizer = make_optimizer(model, Budget(1, BATCH, 0.1, optimizer="sgd"), None)
    generator = torch.Generator().manual_seed(0)
    order = list(batches(examples, BATCH, generator))[: STEPS + 2]
    times = []
    for index in order:
        started = perf_counter()
        batch = examples.batch(index)
        gathered = perf_counter()
        batch = batch.with_inputs(flip_and_crop(batch.inputs, generator))
        augmented = perf_counter()
        learning = seconds(lambda batch=batch: step(model, batch, optimizer))
        times.append((gathered - started, augmented - gathered, learning))
    gather, augment, learn = (median(part) for part in zip(*times[2:], strict=True))  # the first two warm up
    waiting = sum(a + b for a, b, _ in times[2:]) / sum(sum(part) for part in times[2:])
    print(f"{chosen.name} {dict(chosen.options)}, a batch of {BATCH}, median of {STEPS} steps:")
    print(f"  gathering {gather * 1e3:.2f} ms, augmentation {augment * 1e3:.2f} ms, learning {learn * 1e3:.0f} ms")
    print(f"  augmentation / forward, backward and update: {augment / learn:.2%}")
    print(f"  share of an epoch that waits for data: {waiting:.2%}")


def step(model: Classifier, batch: Batch, optimizer: torch.optim.Optimizer) -> None:
    """Forward, backward and update once."""
    optimizer.zero_grad(set_to_none=True)
    cross_entropy(model, batch).backward()
    optimizer.step()


if __name__ == "__main__":
    main()
