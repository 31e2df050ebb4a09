"""Our training loop against a bare one of the same network, and both against the matrix rate of processor or card.

    OMP_NUM_THREADS=2 python -m tests.benchmarks.benchmark_cifar [--model whitened_cnn,wrn:40-2,wrn:40-4]
        [--device cuda] [--steps 16] [--batch 128] [--repeats 5] [--matrix 2048]

The bare loop is what one would write by hand for this network alone: the images are floats before it starts, one shift
and one flip serve a whole batch, nothing is seeded, summed, checked or stored. Both have the same optimiser and compute
in bfloat16 where the device multiplies it. They take turns in one process, and a ratio is the median over the turns.
On a CPU with one thread, CPU seconds are counted, which other work hardly changes; else seconds. Products are counted
by torch (two operations a multiplication), and the matrix rate is the best of a few products of two square matrices.
Images are random bytes: the time does not depend on what they show.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from common.data.samples import RawDataset
from common.discover import load_architecture, load_task, parse_model
from common.objectives.cross_entropy import OBJECTIVE
from common.task import Budget
from common.training.loop import fit
from common.training.setup import Setup
from common.training.steps import autocast, has_bfloat16
from tests.benchmarks.measure import print_environment

SHIFT = 4
RECIPE = Budget(1, 128, 0.01, optimizer="sgd", weight_decay=5e-4, mixed_precision=True)


def arguments(typed: Sequence[str] | None) -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description="our training loop against a bare one")
    parser.add_argument("--model", default="whitened_cnn", help="comma-separated, such as whitened_cnn,wrn:40-2")
    parser.add_argument("--device", default="cpu")
    for name, value in {"steps": 16, "batch": 128, "repeats": 5, "matrix": 2048}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args(typed)


class Bare:
    """A training loop without anything that this network and these images can do without."""

    def __init__(self, model: Any, images: Tensor, labels: Tensor, budget: Budget, device: torch.device) -> None:
        self.network = nn.Sequential(*model.stages, Averaged(), model.logits)
        self.network.to(device).train()
        mean = model.mean.to(device).flatten()
        pixels = images.to(device) / 255 - mean
        self.pixels = functional.pad(pixels, (0, 0, *(SHIFT,) * 4))  # (N, H + 8, W + 8, C)
        self.labels, self.batch, self.device, self.budget = labels.to(device), budget.batch_size, device, budget
        trained = [one for one in self.network.parameters() if one.requires_grad]
        self.optimizer = torch.optim.SGD(
            trained, budget.learning_rate, momentum=0.9, nesterov=True, weight_decay=budget.weight_decay
        )

    def __call__(self) -> None:
        """Train for one epoch."""
        height, width = (size - 2 * SHIFT for size in self.pixels.shape[1:3])
        for index in torch.randperm(len(self.pixels), device=self.device).split(self.batch):
            top, left, mirrored = (*torch.randint(2 * SHIFT + 1, (2,)).tolist(), torch.rand(()) < 0.5)
            inputs = self.pixels[index, top : top + height, left : left + width]
            inputs = (inputs.flip(2) if mirrored else inputs).permute(0, 3, 1, 2)
            with autocast(self.device, self.budget):
                loss = functional.cross_entropy(self.network(inputs), self.labels[index])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()


class Averaged(nn.Module):
    """The mean of each map; features stay as they are."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return (B, C)."""
        return maps.mean((2, 3)) if maps.ndim == 4 else maps


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """Return the time of one call; see above which clock."""
    clock = time.process_time if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter
    _wait(device)
    start = clock()
    work()
    _wait(device)
    return clock() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def matrix_rate(size: int, kind: torch.dtype, device: torch.device) -> float:
    """Return the largest number of operations a second of a product of two matrices."""
    first, second = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
    first @ second
    return max(2 * size**3 / seconds(lambda: first @ second, device) for _ in range(10))


def loops(name: str, chosen: argparse.Namespace, device: torch.device) -> dict[str, Callable[[], object]]:
    """Return what trains a network for an epoch, each on a network of its own: our loop, and the bare one."""
    count = chosen.steps * chosen.batch
    images = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    train = RawDataset(images, np.arange(count) % 10, tuple("0123456789"))
    architecture: Any = load_architecture("vision", parse_model("vision", name))
    preprocessor = architecture.preprocessor(train)
    examples, (mine, theirs) = preprocessor(train), (architecture.build(preprocessor, train) for _ in range(2))
    budget = replace(RECIPE, batch_size=chosen.batch)
    setup = Setup(load_task("vision/cifar10"), budget, examples, 0, device)
    bare = Bare(theirs, examples.inputs, examples.labels, budget, device)
    return {"ours": lambda: fit(mine, OBJECTIVE.loss, setup), "bare": bare}


def report(name: str, chosen: argparse.Namespace, device: torch.device, rates: dict[torch.dtype, float]) -> None:
    """Print the figures of one network."""
    both, count = loops(name, chosen, device), chosen.steps * chosen.batch
    with FlopCounterMode(display=False) as counted:
        both["bare"]()
    both["ours"]()
    times = [[seconds(loop, device) for loop in both.values()] for _ in range(chosen.repeats)]
    kind = torch.bfloat16 if has_bfloat16(device.type) else torch.float32
    operations = counted.get_total_flops()
    print(f"{name}: {operations / count / 1e9:.3f} GFLOP an image, forward and backward, {len(times)} pairs")
    for loop, took in zip(both, zip(*times, strict=True), strict=True):
        rate = operations / median(took)
        print(f"  {loop}: {count / median(took):8.0f} images/s, {rate / 1e9:8.0f} GFLOP/s,", end=" ")
        print(f"{rate / rates[kind]:.0%} of the {kind} matrix rate")
    ratios = sorted(bare_time / our_time for our_time, bare_time in times)
    print(f"  ours / bare, images a second: {median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})")


def main(typed: Sequence[str] | None = None) -> None:
    """Print everything."""
    chosen = arguments(typed)
    print_environment("torch", "numpy")
    device = torch.device(chosen.device)
    rates = {kind: matrix_rate(chosen.matrix, kind, device) for kind in (torch.float32, torch.bfloat16)}
    for kind, rate in rates.items():
        print(f"matrix rate, {kind}, {chosen.matrix} x {chosen.matrix}: {rate / 1e9:.0f} GFLOP/s on {device}")
    for name in chosen.model.split(","):
        report(name, chosen, device, rates)


if __name__ == "__main__":
    main()
