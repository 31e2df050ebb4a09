"""Samples of a plain GAN that is trained on the training images: outliers that nobody had to collect."""

import numpy as np
import torch
from torch.nn import functional

from common.data.samples import RawDataset
from common.data.sources import Derived
from common.training.adversary import Discriminator, Generator
from common.training.embedded import Vectors
from common.training.steps import descend

SAMPLES = 5_000
EPOCHS = 10
BATCH = 128
RATE, DECAYS = 2e-4, (0.5, 0.999)


def generate(train: RawDataset, rng: np.random.Generator) -> RawDataset:
    """Train a GAN on the images and return 5,000 of its samples.

    Generator and discriminator are those of ``common.training.adversary``; the generator's loss is the non-saturating
    one. Ten epochs.

    Source: Goodfellow et al. (NeurIPS 2014), arXiv:1406.2661.
    """
    images = torch.as_tensor(train.items).flatten(1).float() / 255
    with torch.random.fork_rng([]):
        torch.manual_seed(int(rng.integers(2**31)))
        generator = _trained(images)
        with torch.no_grad():
            made = generator.sample(Vectors(torch.Size([SAMPLES]), None))
    pixels = (made * 255).round().byte().numpy().reshape(SAMPLES, *train.items.shape[1:])
    return RawDataset(pixels)


def _trained(images: torch.Tensor) -> Generator:
    generator, discriminator = Generator(images.shape[1]), Discriminator(images.shape[1])
    of_generator, of_discriminator = (
        torch.optim.Adam(network.parameters(), lr=RATE, betas=DECAYS) for network in (generator, discriminator)
    )
    for _ in range(EPOCHS):
        for index in torch.randperm(len(images))[: len(images) // BATCH * BATCH].view(-1, BATCH):
            made = generator.sample(Vectors(torch.Size([len(index)]), None))
            told_apart = -functional.logsigmoid(discriminator(images[index])).mean()
            told_apart = told_apart - functional.logsigmoid(-discriminator(made.detach())).mean()
            descend(of_discriminator, told_apart, 1.0, None)
            descend(of_generator, -functional.logsigmoid(discriminator(made)).mean(), 1.0, None)
    return generator


GAN_SAMPLES = Derived("GAN samples", generate, about="5,000 samples of a plain GAN of the training images")
