"""How many reviews a second the bag of embeddings trains on: ``python -m tests.benchmarks.benchmark_nlp [DATA_DIR]``.

The paper's recipe on IMDB through the suite's own training loop, after a first epoch that is not counted. Without a
data folder the reviews are synthetic: as many, as long without stop words, and with word frequencies by Zipf's law.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from common.data.locations import Folders
from common.data.samples import RawDataset
from common.discover import load_task
from common.objectives.cross_entropy import cross_entropy
from common.training.loop import fit
from common.training.setup import Setup
from nlp.models.bag_of_embeddings import BagOfEmbeddings

THREADS = 2
EPOCHS = 3


def reviews(folder: str | None) -> RawDataset:
    """Return the training reviews of IMDB, or synthetic ones of like size."""
    if folder:
        return load_task("nlp/imdb").train.load(Folders((Path(folder),)))
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(4.45, 0.63, 25_000), 5, 1500).astype(int)
    words = np.array([f"w{number}" for number in range(20_000)])
    frequency = 1 / np.arange(10, 20_010)
    texts = [" ".join(rng.choice(words, length, p=frequency / frequency.sum())) for length in lengths]
    return RawDataset(texts, rng.integers(0, 2, len(texts)), ("neg", "pos"), kind="synthetic")


def main(folder: str | None) -> None:
    """Train and print."""
    torch.set_num_threads(THREADS)
    task, samples, architecture = load_task("nlp/imdb"), reviews(folder), BagOfEmbeddings()
    preprocessor = architecture.preprocessor(samples)
    examples, model = preprocessor(samples), architecture.build(preprocessor, samples)
    setup = Setup(task, replace(task.paper, epochs=1), examples, seed=0, device=torch.device("cpu"))
    rates = []
    for _ in range(1 + EPOCHS):
        started = time.perf_counter()
        fit(model, cross_entropy, setup)
        rates.append(len(examples) / (time.perf_counter() - started))
    kind = "IMDB" if folder else "synthetic"
    print(f"{len(examples):,} {kind} reviews, {len(examples.inputs) / len(examples):.0f} words each, {THREADS} threads")
    print(f"training: {np.median(rates[1:]):,.0f} reviews a second (median of {EPOCHS} epochs)")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
