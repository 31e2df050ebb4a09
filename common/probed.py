"""Scores of probes for a trained model: from the store, or by running the stored model now.

A detector with a probe is added to a run that is finished without training again. What it learned and what it scored
lie beside the model's outputs under a key of their own: the training's, the detector's code and its options.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from common.base import workers
from common.detector import Detector, Option, Probe
from common.experiment import Experiment
from common.features.fitted import Fitted
from common.store.files import read_tensors, write_tensors
from common.store.outputs import Outputs, TaskOutputs
from common.store.provenance import PROBE_DOWNSTREAM, code_hash
from common.store.sealed import disagreeing, read_sealed, write_sealed

CORE = ("common.training.probing", "common.tuning")
"""The part of the core that every probe's scores come through."""


@dataclass(frozen=True)
class ProbeFile:
    """One probe's scores on every data set of one training: ``.json`` is written last and says what was done."""

    path: Path

    @property
    def complete(self) -> bool:
        """Whether the scores, or the reason why there are none, are stored."""
        if not self._record.is_file():
            return False
        return bool(self.facts()["skipped"]) or self._arrays.is_file()

    @property
    def _record(self) -> Path:
        return self.path.with_suffix(".json")

    @property
    def _arrays(self) -> Path:
        return self.path.with_suffix(".safetensors")

    def remove_unfit(self, lengths: Sequence[int], tell: Callable[[str], None]) -> None:
        """Remove and tell what is not what was written, or is not one score for each of ``lengths`` rows."""
        damaged = disagreeing(self._record)
        if not damaged and self._record.is_file() and not self._fits(lengths):
            damaged = [self._record]
        for file in damaged:
            tell(f"{file} does not agree with its record; it is removed and made again")
            file.unlink(missing_ok=True)

    def _fits(self, lengths: Sequence[int]) -> bool:
        facts = self.facts()
        if set(facts) != {"options", "skipped"} or not isinstance(facts["options"], dict):
            return False
        if facts["skipped"] or not self._arrays.is_file():
            return isinstance(facts["skipped"], str) or facts["skipped"] is None
        return [one.shape for one in self.scores()] == [(length,) for length in lengths]

    def save(self, scores: Sequence[NDArray[Any]], fitted: Fitted, facts: Mapping[str, Any]) -> None:
        """Store the scores of the test set and of each OOD set in order, what was learned, and the facts."""
        arrays = {f"scores.{number:02d}": one for number, one in enumerate(scores)}
        arrays |= {f"fitted.{name}": value.cpu().numpy() for name, value in fitted.items()}
        if arrays:
            write_tensors(self._arrays, arrays)
        if not workers.RANK:
            write_sealed(self._record, facts, [self._arrays] if arrays else [])

    def facts(self) -> dict[str, Any]:
        """Return ``options`` and ``skipped``, the sentence that says why there are no scores, or None."""
        return read_sealed(self._record)[0]

    def scores(self) -> list[NDArray[Any]]:
        """Return the scores in the order of ``save``."""
        arrays = read_tensors(self._arrays)
        return [arrays[name] for name in sorted(arrays) if name.startswith("scores.")]

    def fitted(self) -> Fitted:
        """Return what the probe learned, as ``save`` got it."""
        import torch

        arrays = read_tensors(self._arrays)
        prefix = "fitted."
        return {
            name.removeprefix(prefix): torch.from_numpy(value)
            for name, value in arrays.items()
            if name.startswith(prefix)
        }


def with_probes(
    experiment: Experiment, objective: str, outputs: TaskOutputs, detectors: Sequence[Detector]
) -> TaskOutputs:
    """Return the outputs with the scores of the detectors that have a probe beside their other extras."""
    probes = {detector.name: detector.probe for detector in detectors if detector.probe is not None}
    files = {name: _file(experiment, objective, name, probe) for name, probe in probes.items()}
    _check(experiment, outputs, probes, files)
    missing = {name: probe for name, probe in probes.items() if not files[name].complete}
    if missing:
        _run(experiment, objective, outputs, missing, files)
    workers.barrier()
    sets = [outputs.test, *outputs.ood.values()]
    options: dict[str, Mapping[str, Option]] = {}
    skipped = list(outputs.skipped)
    for name, probe in probes.items():
        facts = files[name].facts()
        options[name] = facts["options"]
        if facts["skipped"]:
            skipped.append(facts["skipped"])
        else:
            sets = [
                _with_scores(one, name, probe, scores) for one, scores in zip(sets, files[name].scores(), strict=True)
            ]
    ood = dict(zip(outputs.ood, sets[1:], strict=True))
    return replace(outputs, test=sets[0], ood=ood, detector_options=options, skipped=tuple(skipped))


def _check(
    experiment: Experiment, outputs: TaskOutputs, probes: Mapping[str, Probe], files: Mapping[str, ProbeFile]
) -> None:
    """Let the first process remove what is damaged; the others wait for it."""
    sets = (outputs.test, *outputs.ood.values())
    for name, probe in probes.items():
        lengths = [one.units if probe.per == "group" else len(one.logits) for one in sets]
        if not workers.RANK:
            files[name].remove_unfit(lengths, experiment.progress.note)
    workers.barrier()


def learned(experiment: Experiment, objective: str, detectors: Sequence[Detector]) -> dict[str, tuple[Probe, Fitted]]:
    """Return each detector's probe in its chosen setting and what it learned, after ``with_probes``.

    Detectors without a probe and probes that are not defined for the model are left out.
    """
    found: dict[str, tuple[Probe, Fitted]] = {}
    for name, probe in ((one.name, one.probe) for one in detectors if one.probe is not None):
        file = _file(experiment, objective, name, probe)
        facts = file.facts()
        if not facts["skipped"]:
            own = {key: value for key, value in facts["options"].items() if key in probe.options}
            found[name] = replace(probe, **own), file.fitted()
    return found


def _with_scores(outputs: Outputs, name: str, probe: Probe, scores: NDArray[Any]) -> Outputs:
    if probe.per == "group":
        return replace(outputs, group_extras={**outputs.group_extras, name: scores})
    return replace(outputs, row_extras={**outputs.row_extras, name: scores})


def _file(experiment: Experiment, objective: str, name: str, probe: Probe) -> ProbeFile:
    ingredients = {
        "code": code_hash((f"common.detectors.{name}", *CORE), PROBE_DOWNSTREAM),
        "options": probe.options,
        "tune": experiment.options.tune if len(probe.settings()) > 1 else None,
    }
    key = hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:12]
    return ProbeFile(experiment.folder(objective).path / "probes" / f"{name}-{key}")


def _run(
    experiment: Experiment,
    objective: str,
    outputs: TaskOutputs,
    probes: Mapping[str, Probe],
    files: Mapping[str, ProbeFile],
) -> None:
    """Let probes learn and score: one pass over the training set and one over each data set for all of them."""
    from common.features.training_views import NotApplicable
    from common.training.probing import probe_scores, training_views
    from common.tuning import chosen

    if not len(experiment.data.train):
        for name in probes:
            why = f"detector {name} learns from training examples, and the data has none; mark some as its split train"
            files[name].save([], {}, {"options": {}, "skipped": why})
        return
    experiment.progress.start(f"{experiment.label} {objective}: {len(probes)} detectors")
    model = experiment.trained(objective, experiment.folder(objective))
    selected = chosen(experiment, model, probes)
    views = training_views(model, experiment.data.train, list(probes.values()), experiment.seed)
    if experiment.data.validation is not None:
        held_out = training_views(model, experiment.data.validation, list(probes.values()), experiment.seed)
        views = replace(views, held_out=held_out)
    ready: dict[str, tuple[Probe, Fitted]] = {}
    for name, (probe, options) in selected.items():
        try:
            ready[name] = probe, probe.fit(views)
        except NotApplicable as reason:
            files[name].save([], {}, {"options": options, "skipped": str(reason)})
    scores = [probe_scores(model, experiment.data.test, ready)]
    scores += [probe_scores(model, examples, ready) for _, examples in experiment.data.ood_examples()]
    for name, (_, fitted) in ready.items():
        facts = {"options": selected[name][1], "skipped": None}
        files[name].save([one[name] for one in scores], fitted, facts)
