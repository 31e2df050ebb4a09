"""Which recipe for digits: the temperature of LogitNorm, and that of outliers from untrained weights on?

A part of the training digits is held out: it is the test set here, and what is made of it (inverted, cut up, turned,
permuted, mixed) is OOD. No test set is read, and no noise, since the digits' OOD sets hold noise. LogitNorm gains with
every larger temperature, up to a loss that is linear in the cosine; the task's own is the smallest that is within two
points of the best. Of the recipes with outliers it is the published one, at ten times the published rate: a network
that learns from 4,000 digits at the published rate errs twice as often.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from common.base.seeds import seed_of
from common.data.samples import RawDataset, Split
from common.study import Claim, Study, Table, Variant, variants_table
from common.study_figures import error, ood_mean
from common.task import Task
from vision.data.noise import PIXEL_NOISE
from vision.data.pseudo_ood import PSEUDO_OOD
from vision.tasks.mnist import EXPOSED, PAPER
from vision.tasks.mnist import TASK as DIGITS

HELD_OUT = 2_000
TEMPERATURES = (0.01, 0.04, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
BUDGETS: Mapping[str, Mapping[str, Any]] = {
    "30 epochs of Adam": {name: getattr(PAPER, name) for name in EXPOSED},
    "10 epochs of SGD at 0.01": EXPOSED | {"learning_rate": 0.01},
    "10 epochs of SGD at 0.1": EXPOSED,
}
MEAN = "pseudo-OOD AUROC"
AT_MOST = 2.0


def _held_out(train: RawDataset, test: RawDataset, seed: int) -> Split:
    """Return the training digits without those held out, and these."""
    order = np.random.default_rng(seed_of(seed, "recipes")).permutation(len(train))
    return Split(train.take(np.sort(order[HELD_OUT:])), train.take(np.sort(order[:HELD_OUT])))


def _on_held_out(task: Task) -> Task:
    kinds = tuple(source for source in PSEUDO_OOD if source.family != PIXEL_NOISE)
    return replace(task, test=task.train, split=_held_out, ood=kinds)


def _variant(name: str, objective: str | None = None, **options: Any) -> Variant:
    def change(task: Task) -> Task:
        own = {**task.options, objective: options} if objective else task.options
        return _on_held_out(replace(task, options=own))

    return Variant(name, objective, change)


def _tau(value: float) -> str:
    return f"LogitNorm, tau {value:g}"


def _scratch(recipe: str) -> str:
    return f"outliers, {recipe}"


def _chosen_is_good(chosen: str, *names: str) -> Claim:
    def holds(table: Table) -> bool | None:
        found = {name: table[name][MEAN] for name in names if MEAN in table.get(name, {})}
        return max(found.values()) - found[chosen] <= AT_MOST if len(found) == len(names) else None

    return Claim(f"'{chosen}', the task's own, is within {AT_MOST:g} points of the largest AUROC here.", holds)


STUDY = Study(
    title="Which recipe for digits?",
    tasks=("vision/mnist",),
    variants=(
        _variant("MSP"),
        *(_variant(_tau(tau), "logit_norm", temperature=tau) for tau in TEMPERATURES),
        *(_variant(_scratch(name), "outlier_exposure_scratch", budget=own) for name, own in BUDGETS.items()),
    ),
    measure=variants_table({MEAN: lambda rows: ood_mean(rows), "error": error}),
    claims=(
        _chosen_is_good(_tau(DIGITS.options["logit_norm"]["temperature"]), *map(_tau, TEMPERATURES)),
        _chosen_is_good(_scratch("10 epochs of SGD at 0.1"), *map(_scratch, BUDGETS)),
    ),
    picture=(MEAN, "error"),
    notes=("The score is the MSP. Held out are 2,000 training digits; pseudo-OOD is made of them.",),
)
