"""Confidence-calibrated classifier: a generative network makes outliers at the edge of the data while it trains.

    classifier:     criterion(x, y) + beta KL(uniform || p(. | G(z)))
    discriminator:  -log D(x) - log(1 - D(G(z)))
    generator:      -log D(G(z)) + beta KL(uniform || p(. | G(z)))

one after the other in each step; the classifier's step draws fresh noise z. KL is the mean over rows, of the scored
classes (a CTC blank is not one). The generator seeks what looks real and leaves the classifier unsure. It makes what
``Classifier.embed`` gives: pixels, or the vector of each step of a sequence as long as the start of a real one, whose
steps share half of their noise; beside a batch of texts there are fewer of these. Values lie in the range of the real
batch. A task may set ``beta`` (0.1 is that of CIFAR-10 as published, 1 that of SVHN) and ``epochs``, at most so many,
with a learning rate that then falls along a cosine from ``rate_fraction`` of the recipe's. With ``continues`` these
epochs go on from the network that the task's own objective trained. Digits, text categorisation and synthetic phones do
so for two to four epochs, since the whole recipe beside a GAN takes 4 to 10 times as long as without.

What differs from the publication: multilayer perceptrons in place of convolutional generators; the classifier has the
task's own optimiser; real and generated examples share the statistics of batch normalisation, where there is one.

Source: Lee, Lee, Lee & Shin (ICLR 2018), arXiv:1711.09325, equation 4 and algorithm 1, and their code.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.examples import Batch
from common.model import Classifier
from common.objective import SameNetwork
from common.task import Budget
from common.training.adversary import Discriminator, Generator, Range
from common.training.embedded import Vectors, shortened
from common.training.exposure import apart, normalises_batches
from common.training.loop import fit_steps, place
from common.training.setup import Criterion, Setup
from common.training.steps import autocast, descend, make_optimizer, set_rate
from common.training.uniform import scored_rows, uniform_cross_entropy

BETA = 0.1
RATE, DECAYS = 2e-4, (0.5, 0.999)
"""Of Adam for generator and discriminator."""

LONGEST, VECTORS = 32, 128
"""Steps of a generated sequence at most, and of all that are generated at a time: as many as a batch has images."""


def kl_from_uniform(model: Classifier, logits: Tensor, batch: Batch) -> Tensor:
    """Return the mean over rows of KL(uniform || softmax(z)), at least 0."""
    classes = scored_rows(model, logits, batch).shape[1]
    return uniform_cross_entropy(model, logits, batch) - math.log(classes)


def _adam(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), lr=RATE, betas=DECAYS, fused=True)


@contextmanager
def weights_frozen(*networks: nn.Module) -> Iterator[None]:
    """Leave the networks' weights out of graphs that are made now; gradients of their inputs go through."""
    weights = [weight for network in networks for weight in network.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


def is_real(logits: Tensor, real: bool) -> Tensor:
    """Return the mean of -log D of what is to be real, -log(1 - D) of what is not."""
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


@dataclass(frozen=True)
class GanStep:
    """One update of each network: discriminator, generator, classifier."""

    model: Classifier
    generator: Generator
    discriminator: Discriminator
    criterion: Criterion
    budget: Budget
    beta: float = BETA
    optimizers: dict[str, torch.optim.Optimizer] = field(init=False)

    def __post_init__(self) -> None:
        of_classifier = make_optimizer(self.model, self.budget)
        of_generator, of_discriminator = _adam(self.generator), _adam(self.discriminator)
        found = {"classifier": of_classifier, "generator": of_generator, "discriminator": of_discriminator}
        object.__setattr__(self, "optimizers", found)

    def __call__(self, batch: Batch, beside: Mapping[str, Batch], rate: float, weight: float) -> Tensor:
        """Update all three and return the classifier's loss."""
        for name, optimizer in self.optimizers.items():
            set_rate(optimizer, rate * (self.budget.learning_rate if name == "classifier" else RATE))
        short = shortened(batch, LONGEST, VECTORS)
        with torch.no_grad():
            embedded = self.model.embed(short).float()
        layout = Vectors.of(embedded, short, "gan")
        real = layout.split(embedded)
        if len(real):
            self._train_adversaries(batch, short, layout, real, weight)
            with torch.no_grad():
                fresh = layout.joined(Range.of(real, layout).from_unit(self.generator.sample(layout)))
            logits, of_made = self.joint_logits(batch, short, fresh)
            loss = self.criterion(self.model, logits, batch) + self.beta * self.unsure(short, of_made)
        else:  # texts without a word
            loss = self.criterion(self.model, self.model(batch), batch)
        descend(self.optimizers["classifier"], loss, weight, self.budget.gradient_norm)
        return loss.detach()

    def _train_adversaries(self, batch: Batch, short: Batch, layout: Vectors, real: Tensor, weight: float) -> None:
        """Update the discriminator and then the generator, on the same generated vectors."""
        values = Range.of(real, layout)
        made = self.generator.sample(layout)
        descend(self.optimizers["discriminator"], self.discrimination(values.to_unit(real), made.detach()), weight)
        with weights_frozen(self.model, self.discriminator):
            fooled = is_real(self.discriminator(made), True)
            unsure = self.unsure(short, self.made_logits(batch, short, layout.joined(values.from_unit(made))))
        descend(self.optimizers["generator"], fooled + self.beta * unsure, weight)

    def discrimination(self, real: Tensor, made: Tensor) -> Tensor:
        """Return the discriminator's loss of real and generated vectors, values between 0 and 1."""
        of_real, of_made = self.discriminator(torch.cat([real, made])).split([len(real), len(made)])
        return is_real(of_real, True) + is_real(of_made, False)

    def joint_logits(self, batch: Batch, short: Batch, made: Tensor) -> tuple[Tensor, Tensor]:
        """Return the classifier's logits of a batch, and of what was generated beside it.

        Args:
            batch: B real examples.
            short: as many or fewer, as long as what was generated.
            made: embedded like ``short``.
        """
        if apart(self.model, batch):
            with autocast(batch.inputs.device, self.budget):
                logits = self.model(batch)  # a model may have a quicker way than the three steps
            return logits.float(), self.logits(made, short)
        embedded = self.model.embed(batch)
        lengthened = embedded.new_zeros(len(short), *embedded.shape[1:])
        lengthened[:, : made.shape[1]] = made
        logits = self.logits(torch.cat([embedded, lengthened]), batch.joined(short))
        return logits[: len(batch)], logits[len(batch) :]

    def made_logits(self, batch: Batch, short: Batch, made: Tensor) -> Tensor:
        """Return the classifier's logits of what was generated; the batch beside it takes part where it has to."""
        if normalises_batches(self.model):
            return self.joint_logits(batch, short, made)[1]
        return self.logits(made, short)

    def logits(self, embedded: Tensor, batch: Batch) -> Tensor:
        """Return the classifier's float32 logits of an embedded batch."""
        with autocast(embedded.device, self.budget):
            logits: Tensor = self.model.classify(self.model.encode(embedded, batch))
        return logits.float()

    def unsure(self, short: Batch, logits: Tensor) -> Tensor:
        """Return the divergence from uniform of what was generated, given its logits."""
        return kl_from_uniform(self.model, logits, short)

    def parts(self) -> Mapping[str, nn.Module | torch.optim.Optimizer]:
        """Return the networks and their optimisers."""
        networks = {"model": self.model, "generator": self.generator, "discriminator": self.discriminator}
        return {**networks, **{f"optimizer of the {name}": one for name, one in self.optimizers.items()}}


def gan_step(model: Classifier, setup: Setup) -> tuple[GanStep, Budget]:
    """Return the step with untrained networks of the width of the model's embedded input, and its budget.

    Raises:
        UserError: steps of the embedded input are single numbers (waveforms) or are not those of the input.
    """
    place(model, setup)
    options = setup.options("gan")
    with torch.no_grad():
        example = setup.train.batch(torch.arange(1)).to(setup.device)
        embedded = model.embed(example)
        layout = Vectors.of(embedded, example, "gan")
    if layout.inside is not None and embedded.ndim == 2:
        raise UserError(f"objective gan makes vectors, and {setup.task.title} has waveforms; choose another one")
    width = layout.split(embedded).shape[1]
    torch.manual_seed(seed_of(setup.seed, "gan"))
    generator, discriminator = Generator(width), Discriminator(width)
    place(generator, setup)
    place(discriminator, setup)
    budget = _budget(setup.budget, options)
    criterion = setup.own_criterion("gan")
    return GanStep(model, generator, discriminator, criterion, budget, options.get("beta", BETA)), budget


def _budget(budget: Budget, options: Mapping[str, Any]) -> Budget:
    most = options.get("epochs")
    if most is None or most >= budget.epochs:
        return budget
    rate = budget.learning_rate * options.get("rate_fraction", 1.0)
    return replace(budget, epochs=most, learning_rate=rate, schedule="cosine")


class Gan(SameNetwork):
    """The task's recipe with a generator and a discriminator beside it, which are not kept."""

    def train(self, model: Classifier, setup: Setup) -> None:
        """Train in place."""
        step, budget = gan_step(model, setup)
        fit_steps(model, step, setup, phase="gan", budget=budget)


OBJECTIVE = Gan()
