"""Options of detectors, chosen on data that is no test set.

``pseudo`` (the default): the setting with the largest mean AUROC over several kinds of pseudo-OOD, which the modality
makes of held-out in-distribution data (``MODALITY/data/pseudo_ood.py``: noise, inverted, cut up and so on), against
these data. A kind of the family of a test OOD set (noise, where noise is tested) has no part. ``oracle``: the setting
with the largest mean AUROC over the test OOD sets themselves, as many papers did; it says how much is lost by not
cheating, and rows say so. ``none``: the options as they are.
"""

from collections.abc import Mapping
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from common.base.seeds import seed_of
from common.data.disjoint import families_of
from common.data.samples import RawDataset
from common.data.sources import AnySource
from common.detector import Option, Probe
from common.discover import load_pseudo_ood
from common.encoded import EncodedData
from common.experiment import Experiment
from common.features.fitted import Fitted
from common.features.training_views import NotApplicable, TrainingViews
from common.metrics.detection import roc_auc
from common.training.probing import probe_scores, training_views

if TYPE_CHECKING:
    from common.data.examples import TensorDataset
    from common.model import Classifier

HELD_OUT = 500
"""Held-out samples at most by which options of detectors are chosen: ``--study tuning_regret`` rests on 400 and 500."""

STEPS, SEQUENCES = 2_000, 6
"""Of sequences whose steps are classified, so many steps serve as held-out data, and so many sequences at least."""

Chosen = tuple[Probe, dict[str, Option]]
"""A probe, and what rows say of its options: their values, and on what they were chosen."""


def chosen(
    experiment: Experiment, model: "Classifier", probes: Mapping[str, Probe], views: TrainingViews | None = None
) -> dict[str, Chosen]:
    """Return each probe in the setting that is best by ``experiment.options.tune``; the first of equals.

    Args:
        experiment: has the data.
        model: trained.
        probes: by name.
        views: of the training examples, which serve where validation examples are held out of them; or None.
    """
    as_given: dict[str, Chosen] = {name: (probe, probe.options) for name, probe in probes.items()}
    several = {name: probe for name, probe in probes.items() if len(probe.settings()) > 1}
    if not several or experiment.options.tune == "none":
        return as_given
    settings = {f"{name} {i}": one for name, probe in several.items() for i, one in enumerate(probe.settings())}
    positive, negatives, about = _data(experiment)
    if not negatives:
        return as_given
    learned = _fitted(settings, _views(experiment, model, list(settings.values()), views))
    means = _mean_aurocs(model, learned, positive, negatives)
    for name, probe in several.items():
        aurocs = [means.get(f"{name} {i}", 0.0) for i in range(len(probe.settings()))]
        best = probe.settings()[int(np.argmax(aurocs))]
        as_given[name] = best, {**best.options, "chosen_on": about}
    return as_given


def _data(experiment: Experiment) -> tuple["TensorDataset", list["TensorDataset"], str]:
    """Return in-distribution examples, the sets to tell them from, and what rows say of both."""
    data = experiment.data
    if experiment.options.tune == "oracle":
        primary = [(key.name, examples) for key, examples in data.ood_examples() if key.primary]
        return data.test, [examples for _, examples in primary], "oracle: the test OOD sets"
    held_out, known = _held_out(data)
    tested = frozenset().union(*(families_of(source, data.folders) for source in data.ood_sources))
    sources = [one for one in load_pseudo_ood(experiment.modality) if one.family not in tested]
    made = {
        source.name: data.kept(("pseudo-OOD", source.name), partial(_pseudo, data, source, held_out, known))
        for source in sources
    }
    made = {name: examples for name, examples in made.items() if len(examples)}
    return known, list(made.values()), f"pseudo-OOD: {', '.join(made)}"


def _held_out(data: EncodedData) -> tuple[RawDataset, "TensorDataset"]:
    """Return the held-out samples, and encoded; a draw of them where there are more than suffice."""
    samples = data.validation_samples or data.train_samples.take(_held_out_places(data))
    known = data.validation or data.kept("held out for tuning", lambda: data.encode(samples))
    order = np.random.default_rng(seed_of(data.seed, "held out for tuning")).permutation(len(known))
    drawn = np.sort(order[: _enough(known, order)])
    if len(known) != len(samples) or len(drawn) == len(known):  # an example may be a part of a sample
        return samples, known
    return samples.take(drawn), known.take(torch.from_numpy(drawn))


def _enough(known: "TensorDataset", order: NDArray[np.int64]) -> int:
    """Return how many examples, in their order, suffice to choose options by."""
    if known.label_offsets is None or known.lengths is None:
        return HELD_OUT
    return max(int((known.lengths[order].cumsum(0) <= STEPS).sum()), SEQUENCES)


def _pseudo(data: EncodedData, source: AnySource, held_out: RawDataset, known: "TensorDataset") -> "TensorDataset":
    """Return the examples of one kind; none where that kind has no meaning for the items."""
    samples = source.load(data.folders, data.seed, held_out)
    return data.encode(samples) if len(samples) else known.take(torch.arange(0))


def _held_out_places(data: EncodedData) -> NDArray[np.int64]:
    """(n,) the training samples that are held out, ascending, where the budget holds back no validation samples.

    They are a tenth, at most ``HELD_OUT``, which the network has seen and the option's method has not.
    """
    count = max(min(HELD_OUT, len(data.train_samples) // 10), 1)
    order = np.random.default_rng(seed_of(data.seed, "tuning")).permutation(len(data.train_samples))
    return np.sort(order[:count])


def _views(
    experiment: Experiment, model: "Classifier", settings: list[Probe], views: TrainingViews | None
) -> TrainingViews:
    """Return what the settings learn from: the training examples that are not held out; ``views`` are of all."""
    data = experiment.data
    if data.validation is not None:
        return views or training_views(model, data.train, settings, experiment.seed)
    places = _held_out_places(data)
    if views is not None and len(data.train) == len(data.train_samples):  # an example is a sample, and no part of one
        return views.without(torch.from_numpy(places))
    others = np.setdiff1d(np.arange(len(data.train_samples)), places)
    rest = data.kept("rest of tuning", lambda: data.encode(data.train_samples.take(others)))
    return training_views(model, rest, settings, experiment.seed)


def _fitted(settings: Mapping[str, Probe], views: TrainingViews) -> dict[str, tuple[Probe, Fitted]]:
    """Return the settings that apply to the model with what they learned."""
    fitted = {}
    for name, probe in settings.items():
        try:
            fitted[name] = probe, probe.fit(views)
        except NotApplicable:  # told when the probe itself is fitted
            continue
    return fitted


def _mean_aurocs(
    model: "Classifier",
    fitted: Mapping[str, tuple[Probe, Fitted]],
    positive: "TensorDataset",
    negatives: list["TensorDataset"],
) -> dict[str, float]:
    """Return the mean AUROC of each setting."""
    known = probe_scores(model, positive, fitted)
    aurocs: dict[str, list[float]] = {name: [] for name in fitted}
    for examples in negatives:
        unknown = probe_scores(model, examples, fitted)
        for name in fitted:
            aurocs[name].append(roc_auc(_finite(known[name]), _finite(unknown[name])))
    return {name: fmean(values) for name, values in aurocs.items()}


def _finite(scores: NDArray[Any]) -> NDArray[Any]:
    """Return the scores of rows that have one; a row is the unit here even where results score groups of them."""
    return np.asarray(scores[~np.isnan(scores)])
