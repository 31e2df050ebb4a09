"""Your own model's features: detectors that learn, fitted and scored without the model.

A file has the arrays ``features`` (N, D), the inputs of the last layer, or ``features_0``, ``features_1`` and so on for
several layers of which the last is that; ``logits`` (N, C); and ``labels`` (N,), which training should have. Features
and logits are taken as float32, as a network gives them. The last layer is found by least squares.

What asks the model itself (a gradient, dropout, the input) is left out with a sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.data.locations import reading
from common.detector import Detector, Option, Probe
from common.features.fitted import Fitted
from common.store.outputs import Outputs, TaskOutputs

if TYPE_CHECKING:  # logits alone are evaluated without torch
    from common.features.training_views import TrainingViews
    from common.model import View

ROWS = 50_000
"""Rows of the training file that are learned from at most: a seeded sample of more."""

CHUNK = 1024
"""Rows that are scored at a time."""


@dataclass(frozen=True)
class UserRows:
    """What one file says: outputs, and (N, D_l) features of each layer, none where it has no features."""

    file: Path
    outputs: Outputs
    layers: tuple[NDArray[np.float32], ...] = ()


def read_rows(file: Path) -> UserRows:
    """Read a file of logits, with labels and features if it has some.

    Raises:
        UserError: it is damaged or empty, has no logits, or arrays do not fit each other.
    """
    found = _arrays(file)
    if "logits" not in found:
        there = ", ".join(found) or "nothing"
        raise UserError(f"{file} has no array 'logits' (it has: {there}); save one of shape (N, C)")
    try:
        outputs = Outputs(_floats("logits", found["logits"]), labels=found.get("labels"))
        return UserRows(file, outputs, tuple(_layers(found, len(outputs.logits))))
    except ValueError as error:
        raise UserError(f"{file}: {error}") from error


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
            raise UserError(f"{one.file} has no array 'features', and --train asks for features in every file")
    widths, wanted = ([layer.shape[1] for layer in one.layers] for one in (rows, train))
    if widths != wanted:
        raise UserError(f"{rows.file} has features of widths {widths}, and {train.file} of {wanted}")
    classes, of_train = rows.outputs.logits.shape[1], train.outputs.logits.shape[1]
    if classes != of_train:
        raise UserError(f"{rows.file} has {classes} classes, {train.file} has {of_train}")


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    if not file.is_file():
        raise UserError(f"{file} does not exist")
    with reading((file,), "numpy.savez"), file.open("rb") as stream:
        arrays = np.load(stream, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise ValueError("one array, not an .npz archive of named ones")
        return {name: arrays[name] for name in arrays.files}


def _layers(found: Mapping[str, NDArray[Any]], count: int) -> Iterator[NDArray[np.float32]]:
    numbered = [name for name in found if name.startswith("features_")]
    names = [f"features_{number}" for number in range(len(numbered))]
    if set(names) != set(numbered):
        raise ValueError(f"layers must be features_0 to features_{len(names) - 1}, not {', '.join(sorted(numbered))}")
    if names and "features" in found:
        raise ValueError("give either 'features' or 'features_0' and so on, not both")
    for name in names or [name for name in ("features",) if name in found]:
        layer = _floats(name, found[name])
        if layer.ndim != 2 or len(layer) != count or not layer.shape[1]:
            raise ValueError(f"{name} must be ({count}, D), one row for each row of the logits, not {layer.shape}")
        if not np.isfinite(layer).all():
            raise ValueError(f"{name} holds NaN or infinity in row {np.flatnonzero(~np.isfinite(layer).all(1))[0]}")
        yield layer.astype(np.float32)


def _floats(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if not (np.issubdtype(values.dtype, np.floating) or np.issubdtype(values.dtype, np.integer)):
        raise ValueError(f"{name} must be numbers, not {values.dtype}")
    return values if values.dtype == np.float64 else values.astype(np.float32)
