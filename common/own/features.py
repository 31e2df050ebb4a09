"""Your own model's features: detectors that learn, fitted and scored without the model.

A file has the arrays ``features`` (N, D), the inputs of the last layer, or ``features_0``, ``features_1`` and so on for
several layers of which the last is that; ``logits`` (N, C); and ``labels`` (N,), which training should have. Features
and logits are taken as float32, as a network gives them. The last layer is found by least squares.

What asks the model itself (a gradient, dropout, the input) is left out with a sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from common.base.display import shown
from common.base.errors import UserError
from common.base.seeds import seed_of
from common.detector import Detector, Option, Probe
from common.features.fitted import Fitted
from common.own.rows import UserRows
from common.store.outputs import TaskOutputs

if TYPE_CHECKING:  # logits alone are evaluated without torch
    from common.features.training_views import TrainingViews
    from common.model import View

ROWS = 50_000
"""Rows of the training file that are learned from at most: a seeded sample of more."""

CHUNK = 1024
"""Rows that are scored at a time."""


def with_user_scores(
    outputs: TaskOutputs, sets: Sequence[UserRows], train: UserRows | None, detectors: Sequence[Detector]
) -> TaskOutputs:
    """Return the outputs with the scores of the detectors that learn; those that cannot run are told.

    Args:
        outputs: of the test set and the OOD sets.
        sets: their files, the test set's first, the OOD sets' in the order of ``outputs.ood``.
        train: what detectors learn from, or None.
        detectors: those without a probe are passed over.

    Raises:
        UserError: features are missing, or differ in layers or widths from the training file's.
    """
    probes = {one.name: one.probe for one in detectors if one.probe is not None}
    if train is None:
        why = f"detectors {', '.join(probes)} learn from training features: give them with --train FILE"
        return replace(outputs, skipped=(*outputs.skipped, why)) if probes else outputs
    for rows in sets:
        _check_alike(rows, train)
    ready, skipped = _fitted(probes, train)
    options: dict[str, Mapping[str, Option]] = {name: probe.options for name, (probe, _) in ready.items()}
    test, *ood = [replace(rows.outputs, row_extras=_scores(rows, ready)) for rows in sets]
    return replace(
        outputs,
        test=test,
        ood=dict(zip(outputs.ood, ood, strict=True)),
        detector_options=options,
        skipped=(*outputs.skipped, *skipped),
    )


def _fitted(probes: Mapping[str, Probe], train: UserRows) -> tuple[dict[str, tuple[Probe, Fitted]], list[str]]:
    """Return each probe that applies with what it learned, and a sentence for each other."""
    from common.features.training_views import NotApplicable

    views = _training_views(train)
    ready: dict[str, tuple[Probe, Fitted]] = {}
    skipped = []
    for name, probe in probes.items():
        if probe.gradient or probe.inputs or probe.per == "group":
            asks = "inputs" if probe.inputs else "gradient" if probe.gradient else "sequences"
            skipped.append(f"detector {name} asks the model for its {asks}, and a file of features has none")
            continue
        try:
            ready[name] = probe, probe.fit(views)
        except NotApplicable as reason:
            skipped.append(str(reason))
    return ready, skipped


def _training_views(train: UserRows) -> "TrainingViews":
    import torch

    from common.features.linear_head import fitted_head
    from common.features.training_views import TrainingViews

    count = len(train.outputs.logits)
    chosen = np.arange(count)
    if count > ROWS:
        chosen = np.sort(np.random.default_rng(seed_of(0, "user rows")).choice(count, ROWS, replace=False))
    logits = torch.from_numpy(train.outputs.logits[chosen]).float()
    layers = tuple(torch.from_numpy(layer[chosen]) for layer in train.layers)
    labels = train.outputs.labels
    return TrainingViews(
        logits=logits,
        layers=layers,
        row_of=torch.arange(len(chosen)),
        labels=None if labels is None else torch.from_numpy(labels[chosen]).long(),
        head=fitted_head(layers[-1], logits) if bool(torch.isfinite(logits).all()) else None,
        total=count,
    )


def _scores(rows: UserRows, ready: Mapping[str, tuple[Probe, Fitted]]) -> dict[str, NDArray[Any]]:
    import torch

    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ready}
    with torch.inference_mode():
        for view in _views(rows):
            for name, (probe, fitted) in ready.items():
                parts[name].append(probe.score(view, fitted).numpy())
    return {name: np.concatenate(found) for name, found in parts.items()}


def _views(rows: UserRows) -> "Iterator[View]":
    import torch

    from common.model import View

    for start in range(0, len(rows.outputs.logits), CHUNK):
        part = slice(start, start + CHUNK)
        logits = torch.from_numpy(rows.outputs.logits[part]).float()
        layers = tuple(torch.from_numpy(layer[part]) for layer in rows.layers)
        yield View(logits=logits, layers=layers, row_of=torch.arange(len(logits)))


def _check_alike(rows: UserRows, train: UserRows) -> None:
    for one in (train, rows):
        if not one.layers:
            raise UserError(f"{shown(one.file)} has no array 'features', and --train asks for features in every file")
    widths, wanted = ([layer.shape[1] for layer in one.layers] for one in (rows, train))
    if widths != wanted:
        raise UserError(f"{shown(rows.file)} has features of widths {widths}, and {shown(train.file)} of {wanted}")
    classes, of_train = rows.outputs.logits.shape[1], train.outputs.logits.shape[1]
    if classes != of_train:
        raise UserError(f"{shown(rows.file)} has {classes} classes, {shown(train.file)} has {of_train}")
