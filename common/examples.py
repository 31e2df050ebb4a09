"""The inputs that the report shows, with what the model says of them.

They are chosen while the data is there, and stored beside the model's outputs, so that a run that is said again and the
report need neither data nor torch.
"""

import importlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.base.display import printable
from common.base.errors import UserError
from common.base.project import ROOT
from common.choices import Choice, choose
from common.comparisons import EvaluationSpec, ScoredSet
from common.data.samples import RawDataset
from common.experiment import Experiment
from common.shown import FILE, Showing
from common.store.files import DamagedFile, read_facts, write_facts
from common.store.outputs import OodKey, Outputs, TaskOutputs
from common.store.provenance import code_hash

TEST = "test"
"""What the test set is called, as in ``predictions.parquet``."""

LONGEST = 300
"""Characters of a label or prediction at most; a transcript may be long."""

DOWNSTREAM = frozenset({"common.experiment", "common.encoded", "common.discover"})
"""Modules that the key of the training covers."""


def showing(modality: str) -> Showing | None:
    """Return how inputs of a modality are shown, or None if it does not say."""
    if not (ROOT / modality / "shown.py").is_file():
        return None
    found: Showing = importlib.import_module(f"{modality}.shown").SHOWING
    return found


def examples_of(
    experiment: Experiment, objective: str, outputs: TaskOutputs, spec: EvaluationSpec
) -> Mapping[str, Any] | None:
    """Return what the report shows of one trained model: stored, or chosen and stored now; None: no way to show it.

    Raises:
        UserError: the data is gone, or its items are not those that the outputs are about.
    """
    how = showing(experiment.modality)
    if how is None:
        return None
    code = code_hash((f"{experiment.modality}.shown", "common.examples"), DOWNSTREAM)
    folder = experiment.folder(objective)
    file = folder.path / f"examples-{code}.json"
    stored = _stored(experiment, file)
    if stored is None:
        chosen = choose(spec, outputs, how.count)
        entries = [entry for group in _by_set(chosen) for entry in _entries(experiment, outputs, spec, how, group)]
        stored = {"objective": objective, "seed": experiment.seed, "entries": sorted(entries, key=_place(chosen))}
        write_facts(file, stored)
        experiment.sync(folder, file.name)
    return stored


def _stored(experiment: Experiment, file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    try:
        return read_facts(file)
    except DamagedFile as damage:
        experiment.note_damage(damage)
        return None


def _place(chosen: Sequence[Choice]) -> Any:
    """Return the key that sorts entries as they were chosen."""
    places = {(one.kind, _name(one.key), one.unit): place for place, one in enumerate(chosen)}
    return lambda entry: places[entry["kind"], entry["set"], entry["index"]]


def _by_set(chosen: Sequence[Choice]) -> list[list[Choice]]:
    """Gather the choices of each data set, so that one set at a time is in memory."""
    gathered: dict[OodKey | None, list[Choice]] = {}
    for one in chosen:
        gathered.setdefault(one.key, []).append(one)
    return list(gathered.values())


def _entries(
    experiment: Experiment, outputs: TaskOutputs, spec: EvaluationSpec, how: Showing, group: Sequence[Choice]
) -> Iterator[dict[str, Any]]:
    """Yield what is shown of the choices of one data set."""
    key = group[0].key
    samples = experiment.data.test_samples if key is None else experiment.data.ood_samples(key)
    scored = ScoredSet(outputs.test if key is None else outputs.ood[key], spec.by_group)
    names = experiment.data.train_samples.label_names
    places = _Places.of(samples, scored, how, _name(key))
    for one in group:
        item, at = places.of_unit(one.unit)
        shown = asdict(how.show(samples.items[item], at))
        shown |= {name: b64encode(shown[name]).decode("ascii") for name in ("image", "sound")}
        about = {"kind": one.kind, "set": _name(key), "index": one.unit, "msp": one.msp}
        yield {**about, **_answers(samples, scored, how, names, one.unit, item), **shown}


def _name(key: OodKey | None) -> str:
    return TEST if key is None else key.name


@dataclass(frozen=True)
class _Places:
    """Which item a unit is, or is a part of.

    Attributes:
        ends: (N,) number of units up to the end of each item; None: a unit is an item.
    """

    ends: NDArray[np.int64] | None

    @classmethod
    def of(cls, samples: RawDataset, scored: ScoredSet, how: Showing, name: str) -> "_Places":
        units = scored.outputs.units if scored.by_group else len(scored.outputs.logits)
        if units == len(samples) and (scored.by_group or scored.outputs.groups is None):
            return cls(None)
        ends = np.cumsum([how.rows(item) for item in samples.items])
        if not len(ends) or ends[-1] != units:
            raise UserError(
                f"{name}: the model judged {units:,} rows, which are not those of the {len(samples):,} items"
            )
        return cls(ends)

    def of_unit(self, unit: int) -> tuple[int, int | None]:
        """Return the number of the item, and the position of the unit in it."""
        if self.ends is None:
            return unit, None
        item = int(np.searchsorted(self.ends, unit, side="right"))
        return item, unit - int(self.ends[item - 1] if item else 0)


def _answers(
    samples: RawDataset, scored: ScoredSet, how: Showing, names: tuple[str, ...], unit: int, item: int
) -> dict[str, str]:
    """Return the true and the predicted class by name, or transcripts; "" where there is none."""
    outputs = scored.outputs
    if scored.by_group:
        logits = outputs.logits[outputs.groups == unit]
        alone = Outputs(logits, groups=np.zeros(len(logits), np.int64), scored_classes=outputs.scored_classes)
        label = "" if samples.labels is None else " ".join(_class(names, one) for one in samples.labels[item])
        return {"label": _cut(label), "predicted": _cut(how.said(alone, names))}
    label = "" if outputs.labels is None else _class(names, outputs.labels[unit])
    return {"label": _cut(label), "predicted": _cut(_class(names, outputs.scored_logits[unit].argmax()))}


def _class(names: tuple[str, ...], number: Any) -> str:
    return names[int(number)] if int(number) < len(names) else str(int(number))


def _cut(text: str) -> str:
    return printable(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def write_examples(out: Path, results_sha256: str, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the examples of a run's tasks; without any, remove those of an earlier run.

    Args:
        out: folder of the run.
        results_sha256: of the rows that they belong to.
        found: results of ``examples_of`` by task.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    if found:
        write_facts(out / FILE, {"results": results_sha256, "tasks": dict(found)})
    else:
        (out / FILE).unlink(missing_ok=True)
