"""From the rows of one's own files to results: what is compared, what is left out and why, what looks amiss."""

import shlex
import sys
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common.base.display import printable, shown
from common.base.errors import UserError
from common.comparisons import EvaluationSpec
from common.detector import Detector
from common.discover import load_detector, names
from common.judge import evaluate_outputs
from common.own.features import with_user_scores
from common.own.given_scores import DETECTOR as GIVEN
from common.own.given_scores import GivenScores
from common.own.hints import label_hints
from common.own.kinds import Kind
from common.own.rows import UserRows
from common.plot_points import curves
from common.reporting.below_chance import below_chance
from common.run import Run, finish, new_record
from common.store.outputs import OodKey, TaskOutputs
from common.store.provenance import commit, versions
from common.store.run_record import TaskRecord
from common.store.seed_means import mean_over_seeds

CONSTANT_IF_NORMALISED = ("energy",)
"""Scores that are the same in every row of log-probabilities: the log of a sum that is 1."""


@dataclass(frozen=True)
class OwnModel:
    """What is known of a model of one's own.

    Attributes:
        name: of the in-distribution set, for the report.
        outputs: of the test set and every OOD set.
        detectors: that are evaluated.
        notes: sentences for the reader of the report.
        unlabelled: test rows that were left out since they have no label.
    """

    name: str
    outputs: TaskOutputs
    detectors: tuple[Detector, ...]
    notes: tuple[str, ...] = ()
    unlabelled: int = 0


def own_model(
    name: str,
    test: UserRows,
    sets: Mapping[str, UserRows],
    train: UserRows | None = None,
    detectors: Sequence[str] | None = None,
) -> OwnModel:
    """Return a model of one's own, ready to be evaluated.

    Args:
        name: of the in-distribution set.
        test: its rows.
        sets: rows of the OOD sets, by name.
        train: what detectors that learn from features learn from.
        detectors: by name; None: all that apply.

    Raises:
        UserError: files do not fit each other, or there is nothing to compare.
    """
    outputs = read_outputs(sets, test)
    notes = [
        f"{shown(rows.file)}: {note}"
        for rows in (test, *sets.values(), *([train] if train else []))
        for note in rows.notes
    ]
    if test.by_score:
        if detectors is not None or train is not None:
            raise UserError(f"{shown(test.file)} has a score alone, so --detectors and --train have nothing to work on")
        return OwnModel(printable(name), outputs, (GIVEN,), tuple(notes), test.unlabelled)
    if train is not None and train.kind != test.kind:
        raise UserError(
            f"{shown(train.file)} has {train.kind} and {shown(test.file)} has {test.kind}; give both the same"
        )
    chosen = [load_detector(one) for one in detectors or names("common/detectors")]
    kept, why = meaningful(chosen, {rows.kind for rows in (test, *sets.values())})
    if train or detectors:  # by default all that apply run, so nobody asked for those that learn
        outputs = with_user_scores(outputs, [test, *sets.values()], train, kept)
    return OwnModel(printable(name), outputs, tuple(kept), (*notes, *why), test.unlabelled)


def read_outputs(sets: Mapping[str, UserRows], test: UserRows) -> TaskOutputs:
    """Return the outputs of one model; ``sets`` are the OOD sets by name.

    Raises:
        UserError: class counts differ, or there is nothing to compare.
    """
    check_something_to_compare(test.file, test.outputs.labels is not None, bool(sets), test.by_score)
    for rows in sets.values():
        check_comparable(rows, test)
    ood = {OodKey(name): rows.outputs for name, rows in sets.items()}
    dropped = {"rows without a label": test.unlabelled} if test.unlabelled else {}
    meta: dict[str, Any] = {"data": "full", "held_out": None, "split": None, "dropped": dropped, "seconds": {}}
    return TaskOutputs(test.outputs, ood, meta)


def check_something_to_compare(file: Path, labelled: bool, ood: bool, by_score: bool) -> None:
    """Raise ``UserError`` where there are neither answers that are right or wrong nor OOD sets."""
    if not (labelled or ood):
        what = "no array 'correct'" if by_score else "no labels"
        raise UserError(
            f"{shown(file)} has {what} and no --ood is given, so nothing can be compared; give one of the two"
        )


def check_comparable(rows: UserRows, test: UserRows) -> None:
    """Raise ``UserError`` where an OOD set has other numbers than the test set, or other classes."""
    if rows.by_score != test.by_score:
        kinds = {True: "a score alone", False: "logits"}
        raise UserError(
            f"{shown(rows.file)} has {kinds[rows.by_score]} and {shown(test.file)} has {kinds[test.by_score]};"
            " give both the same"
        )
    classes, others = test.outputs.logits.shape[1], rows.outputs.logits.shape[1]
    if others != classes:
        raise UserError(f"{shown(rows.file)} has {others} classes, {shown(test.file)} has {classes}")


def meaningful(detectors: Sequence[Detector], kinds: Set[Kind]) -> tuple[list[Detector], list[str]]:
    """Leave out the scores that say nothing of these logits; return the others, and a sentence on each left out."""
    if kinds == {"logits"}:
        return list(detectors), []
    gone = ("energy", "max_logit") if "logits" in kinds else CONSTANT_IF_NORMALISED
    why = (
        "one set has logits and another probabilities, so their sizes cannot be compared"
        if "logits" in kinds
        else "the logsumexp of log-probabilities is 0 in every row, so what it ranks is rounding"
    )
    left_out = [detector.name for detector in detectors if detector.name in gone]
    return (
        [detector for detector in detectors if detector.name not in gone],
        [f"detector {name} is left out: {why}" for name in left_out],
    )


def command() -> str:
    """Return the command line that was typed, for the record."""
    return "python -m common.evaluate " + shlex.join(map(printable, sys.argv[1:]))


def evaluate_own(model: OwnModel, typed: str) -> Run:
    """Evaluate a model of one's own; nothing is written.

    Args:
        model: what is known of it.
        typed: what the user typed, for the record.
    """
    outputs = model.outputs
    spec = EvaluationSpec(misclassification=outputs.test.labels is not None)
    identity = identity_of(model.name)
    run = Run(new_record(typed, "own", 1, "none"))
    run.rows, skipped = evaluate_outputs(spec, outputs, model.detectors, identity)
    run.predictions.add(spec, outputs, model.detectors, identity)
    for why in [*outputs.skipped, *skipped]:
        run.skip(identity["task"], why)
    by_score = isinstance(outputs.test, GivenScores)
    hints = [] if by_score else label_hints(outputs.test)
    run.describe(task_record(model.name, spec, (*model.notes, *hints), outputs.meta.get("dropped", {})))
    drawn = curves(spec, outputs, GIVEN if by_score else load_detector("msp"), identity)
    run.record = replace(run.record, finished=True, curves=(drawn,))
    return run


def evaluate_user_outputs(name: str, outputs: TaskOutputs, detectors: Sequence[Detector], out: Path) -> Run:
    """Evaluate one model's outputs; write the results, the run record and the report to ``out``."""
    run = evaluate_own(OwnModel(name, outputs, tuple(detectors)), command())
    finish(run, out)
    return run


def notes_of(run: Run) -> tuple[str, ...]:
    """Return the sentences that a reader of the figures must know."""
    of_tasks = tuple(note for task in run.record.tasks.values() for note in task.notes)
    return of_tasks + below_chance(mean_over_seeds(run.rows))


def identity_of(name: str) -> dict[str, Any]:
    """Return the fields of rows that say what was evaluated."""
    return {
        "task": f"own/{name}",
        "modality": "own",
        "seed": 0,
        "profile": "own",
        "data": "full",
        "objective": "given",
        "model": name,
        "held_out": None,
        "in_dist": name,
        "device": "none",
        "commit": commit(),
        "versions": versions(),
    }


def task_record(name: str, spec: EvaluationSpec, notes: tuple[str, ...], dropped: Mapping[str, int]) -> TaskRecord:
    """Return what the report says of a model of one's own beside its figures."""
    no_labels = "No labels were given, so right and wrong are not defined."
    return TaskRecord(
        name=f"own/{name}",
        title=f"Your model: {name}",
        modality="own",
        in_dist=name,
        model=name,
        data="full",
        population=spec.shown_population,
        notes=notes if spec.misclassification else (no_labels, *notes),
        dropped=dropped,
    )
