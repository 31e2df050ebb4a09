"""Scores of probes for a trained model: from the store, or by running the stored model now.

A detector with a probe is added to a run that is finished without training again. What it learned and what it scored
lie beside the model's outputs under a key of their own: the training's, the detector's code and its options.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from common.base import workers
from common.detector import Detector, Option, Probe
from common.experiment import Experiment
from common.features.fitted import Fitted
from common.store.files import DamagedFile, delete, read_facts, read_tensors, write_facts, write_tensors
from common.store.outputs import Outputs, TaskOutputs
from common.store.provenance import PROBE_DOWNSTREAM, code_hash

if TYPE_CHECKING:
    from common.model import Classifier

WRITERS = 8
"""Threads that store what probes made: most of that time is waiting for the disk, which flushes many files at once."""

CORE = ("common.training.probing", "common.tuning")
"""The part of the core that every probe's scores come through."""


Stored = tuple[dict[str, Any], list[NDArray[Any]]]
"""What is stored of a probe: its facts, and its scores on the test set and on each OOD set."""


Made = tuple[list[NDArray[Any]], Fitted, dict[str, Any]]
"""What ``ProbeFile.save`` gets."""


@dataclass(frozen=True)
class ProbeFile:
    """One probe's scores on every data set of one training: ``.json`` is written last and says what was done."""

    path: Path

    @property
    def complete(self) -> bool:
        """Whether the scores, or the reason why there are none, are stored."""
        return self._record.is_file()

    def save(self, scores: Sequence[NDArray[Any]], fitted: Fitted, facts: Mapping[str, Any]) -> None:
        """Store the scores of the test set and of each OOD set in order, what was learned, and the facts."""
        arrays = {f"scores.{number:02d}": one for number, one in enumerate(scores)}
        arrays |= {f"fitted.{name}": value.cpu().numpy() for name, value in fitted.items()}
        recorded = write_tensors(self._file, arrays) if arrays else None
        write_facts(self._record, {**facts, "file": recorded})

    @property
    def _file(self) -> Path:
        return self.path.with_suffix(".safetensors")

    @property
    def _record(self) -> Path:
        return self.path.with_suffix(".json")

    @property
    def record_name(self) -> str:
        """Name of the record in the folder of the training."""
        return f"{self._record.parent.name}/{self._record.name}"

    def facts(self) -> dict[str, Any]:
        """Return ``options``; ``skipped``, the sentence that says why there are no scores, or None; and ``file``.

        ``file`` is the SHA-256 of the file with the scores.

        Raises:
            DamagedFile: the record is not what was written.
        """
        facts = read_facts(self._record)
        told = isinstance(facts.get("skipped"), str) or isinstance(facts.get("file"), str)
        if not told or not isinstance(facts.get("options"), dict):
            raise DamagedFile(f"{self._record} lacks options, or both scores and a reason; delete it and run again")
        return facts

    def scores(self) -> list[NDArray[Any]]:
        """Return the scores in the order of ``save``.

        Raises:
            DamagedFile: the file is missing or not what was written.
        """
        return list(self._arrays("scores.").values())

    def _arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        arrays = read_tensors(self._file, self.facts()["file"])
        return {name.removeprefix(prefix): arrays[name] for name in sorted(arrays) if name.startswith(prefix)}

    def stored(self, sizes: Sequence[int]) -> Stored | None:
        """Return facts and scores; None if there are none.

        Args:
            sizes: of the data sets that were scored.

        Raises:
            DamagedFile: what is there is not what was written, or is about other data sets.
        """
        if not self.complete:
            return None
        facts = self.facts()
        scores = [] if facts["skipped"] else self.scores()
        if not facts["skipped"] and [one.shape for one in scores] != [(size,) for size in sizes]:
            raise DamagedFile(f"{self._file} has scores of other data sets; delete it and run again")
        return facts, scores

    def discard(self) -> None:
        """Delete the scores, so that they are made again."""
        for file in (self._record, self._file):
            delete(file)

    def fitted(self) -> Fitted:
        """Return what the probe learned, as ``save`` got it."""
        import torch

        return {name: torch.from_numpy(value) for name, value in self._arrays("fitted.").items()}


def with_probes(
    experiment: Experiment, objective: str, outputs: TaskOutputs, detectors: Sequence[Detector]
) -> TaskOutputs:
    """Return the outputs with the scores of the detectors that have a probe beside their other extras."""
    stored = run_probes(experiment, objective, outputs, detectors)
    probes = {detector.name: detector.probe for detector in detectors if detector.probe is not None}
    files = _files(experiment, objective, detectors)
    sets = [outputs.test, *outputs.ood.values()]
    options: dict[str, Mapping[str, Option]] = {}
    skipped = list(outputs.skipped)
    found: dict[str, list[NDArray[Any]]] = {}
    for name in probes:
        facts, scores = stored[name] or (files[name].facts(), None)
        options[name] = facts["options"]
        if facts["skipped"]:
            skipped.append(facts["skipped"])
        else:
            found[name] = files[name].scores() if scores is None else scores
    sets = [
        _with_scores(one, {name: every[number] for name, every in found.items()}, probes)
        for number, one in enumerate(sets)
    ]
    ood = dict(zip(outputs.ood, sets[1:], strict=True))
    return replace(outputs, test=sets[0], ood=ood, detector_options=options, skipped=tuple(skipped))


def run_probes(
    experiment: Experiment, objective: str, outputs: TaskOutputs, detectors: Sequence[Detector]
) -> dict[str, Stored | None]:
    """Let the probes run that are not stored; return by name what was stored before, None for those that ran now."""
    probes = {detector.name: detector.probe for detector in detectors if detector.probe is not None}
    files = _files(experiment, objective, detectors)
    sets = [outputs.test, *outputs.ood.values()]
    stored = {name: _stored(experiment, file, _sizes(sets, probes[name])) for name, file in files.items()}
    missing = {name: probe for name, probe in probes.items() if stored[name] is None}
    if missing:
        _run(experiment, objective, outputs, missing, files)
        experiment.sync(experiment.folder(objective), *(files[name].record_name for name in missing))
    workers.barrier()
    return stored


def _sizes(sets: Sequence[Outputs], probe: Probe) -> list[int]:
    """Return how many scores of a probe each data set has."""
    return [one.units if probe.per == "group" else len(one.logits) for one in sets]


def _stored(experiment: Experiment, file: ProbeFile, sizes: Sequence[int]) -> Stored | None:
    """Return what is stored of a probe; None if nothing is, or it is not what was written, which is told."""
    try:
        return file.stored(sizes)
    except DamagedFile as damage:
        experiment.note_damage(damage)
        file.discard()
        return None


def probes_stored(experiment: Experiment, objective: str, detectors: Sequence[Detector]) -> bool:
    """Whether the store has the scores of every detector that has a probe."""
    return all(file.complete for file in _files(experiment, objective, detectors).values())


def learned(experiment: Experiment, objective: str, detectors: Sequence[Detector]) -> dict[str, tuple[Probe, Fitted]]:
    """Return each detector's probe in its chosen setting and what it learned, after ``with_probes``.

    Detectors without a probe and probes that are not defined for the model are left out.
    """
    found: dict[str, tuple[Probe, Fitted]] = {}
    probes = {one.name: one.probe for one in detectors if one.probe is not None}
    for name, file in _files(experiment, objective, detectors).items():
        facts, probe = file.facts(), probes[name]
        if not facts["skipped"]:
            own = {key: value for key, value in facts["options"].items() if key in probe.options}
            found[name] = replace(probe, **own), file.fitted()
    return found


def _with_scores(outputs: Outputs, scores: Mapping[str, NDArray[Any]], probes: Mapping[str, Probe]) -> Outputs:
    groups = {name: one for name, one in scores.items() if probes[name].per == "group"}
    rows = {name: one for name, one in scores.items() if probes[name].per == "row"}
    return replace(outputs, row_extras={**outputs.row_extras, **rows}, group_extras={**outputs.group_extras, **groups})


def _files(experiment: Experiment, objective: str, detectors: Sequence[Detector]) -> dict[str, ProbeFile]:
    """Return the file of each detector that has a probe."""
    folder = experiment.folder(objective).path / "probes"
    probes = {one.name: one.probe for one in detectors if one.probe is not None}
    return {name: ProbeFile(folder / f"{name}-{_key(experiment, name, probe)}") for name, probe in probes.items()}


def _key(experiment: Experiment, name: str, probe: Probe) -> str:
    ingredients = {
        "code": code_hash((f"common.detectors.{name}", *CORE), PROBE_DOWNSTREAM),
        "options": probe.options,
        "tune": experiment.options.tune if len(probe.settings()) > 1 else None,
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:12]


def _run(
    experiment: Experiment,
    objective: str,
    outputs: TaskOutputs,
    probes: Mapping[str, Probe],
    files: Mapping[str, ProbeFile],
) -> None:
    """Let probes learn and score: one pass over the training set and one over each data set for all of them.

    Those that read nothing of the model have passes of their own, for the first objective alone.
    """
    if not len(experiment.data.train):
        for name in probes:
            why = f"detector {name} learns from training examples, and the data has none; mark some as its split train"
            files[name].save([], {}, {"options": {}, "skipped": why})
        return
    experiment.progress.start(f"{experiment.label} {objective}: {len(probes)} detectors")
    model = experiment.trained(objective, experiment.folder(objective))
    of_data = {name: probe for name, probe in probes.items() if probe.inputs and model.inputs_of_data}
    known = experiment.data.scored
    known |= _made(experiment, model, {name: probe for name, probe in of_data.items() if name not in known})
    made = _made(experiment, model, {name: probe for name, probe in probes.items() if name not in of_data})
    made |= {name: known[name] for name in of_data}
    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(lambda name: files[name].save(*made[name]), made))


def _made(experiment: Experiment, model: "Classifier", probes: Mapping[str, Probe]) -> dict[str, Made]:
    """Return what each probe scores on every data set, what it learned, and its facts."""
    from common.features.training_views import NotApplicable
    from common.training.probing import probe_scores, training_views
    from common.tuning import chosen

    if not probes:
        return {}
    views = training_views(model, experiment.data.train, list(probes.values()), experiment.seed)
    selected = chosen(experiment, model, probes, views)
    if experiment.data.validation is not None:
        held_out = training_views(model, experiment.data.validation, list(probes.values()), experiment.seed)
        views = views.with_held_out(held_out)
    made: dict[str, Made] = {}
    ready: dict[str, tuple[Probe, Fitted]] = {}
    for name, (probe, options) in selected.items():
        try:
            ready[name] = probe, probe.fit(views)
        except NotApplicable as reason:
            made[name] = [], {}, {"options": options, "skipped": str(reason)}
    scores = [probe_scores(model, experiment.data.test, ready)]
    scores += [probe_scores(model, examples, ready) for _, examples in experiment.data.ood_examples()]
    for name, (_, fitted) in ready.items():
        facts = {"options": selected[name][1], "skipped": None}
        made[name] = [one[name] for one in scores], fitted, facts
    return made
