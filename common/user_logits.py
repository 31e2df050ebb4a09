"""``python -m common.evaluate``: evaluates a user's model, given files of its logits (and features)."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from common.base.arguments import parse_named_files, parse_names
from common.base.errors import UserError
from common.base.exits import guarded
from common.comparisons import EvaluationSpec
from common.discover import load_detector, names
from common.judge import curves, evaluate_outputs
from common.papers.table import POOLED
from common.run import Run, finish, new_record
from common.store.outputs import OodKey, TaskOutputs
from common.store.provenance import commit, versions
from common.store.run_record import TaskRecord
from common.user_features import UserRows, read_rows, with_user_scores

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def main() -> None:
    """Run ``python -m common.evaluate`` and exit with its code."""
    app(prog_name="python -m common.evaluate")


@app.command()
def run(
    in_distribution: Annotated[
        Path, typer.Argument(metavar="IN.npz", help="in-distribution test set: arrays logits (N, C) and labels (N,)")
    ],
    ood: Annotated[
        list[str] | None, typer.Option(metavar="NAME=OUT.npz", help="an OOD set: array logits (M, C); repeatable")
    ] = None,
    detectors: Annotated[str | None, typer.Option(help="comma-separated detectors; by default all that apply")] = None,
    train: Annotated[
        Path | None, typer.Option(metavar="TRAIN.npz", help="training set: detectors that learn use its features")
    ] = None,
    out: Annotated[Path, typer.Option(help="output folder")] = Path("runs/own"),
) -> None:
    """Evaluate misclassification and OOD detection of a model, given its logits.

    IN.npz holds the array logits; misclassification also needs the array labels. Each OOD file holds logits. With
    --train, detectors that learn from features run too. TRAIN.npz holds logits and labels, and every file then holds
    features (N, D), the input of the last layer; or features_0, features_1 and so on, the last of which is that input.
    """

    def evaluated() -> int:
        chosen = parse_names("--detectors", detectors, load_detector) or names("common/detectors")
        loaded = [load_detector(name) for name in chosen]
        test = read_rows(in_distribution)
        sets = {name: read_rows(file) for name, file in parse_named_files(ood, POOLED).items()}
        outputs = read_outputs(sets, test)
        if train or detectors:  # by default all that apply run, so nobody asked for those that learn
            outputs = with_user_scores(outputs, [test, *sets.values()], read_rows(train) if train else None, loaded)
        print(evaluate_user_outputs(in_distribution.stem, outputs, loaded, out).report)
        return 0

    guarded(evaluated)


def read_outputs(sets: Mapping[str, UserRows], test: UserRows) -> TaskOutputs:
    """Return the outputs of one model; ``sets`` are the OOD sets by name.

    Raises:
        UserError: class counts differ, or there is nothing to compare.
    """
    if test.outputs.labels is None and not sets:
        raise UserError(
            f"{test.file} has no labels and no --ood is given, so nothing can be compared; give one of the two"
        )
    classes = test.outputs.logits.shape[1]
    for rows in sets.values():
        if rows.outputs.logits.shape[1] != classes:
            raise UserError(f"{rows.file} has {rows.outputs.logits.shape[1]} classes, {test.file} has {classes}")
    ood = {OodKey(name): rows.outputs for name, rows in sets.items()}
    meta: dict[str, Any] = {"data": "full", "held_out": None, "split": None, "dropped": {}, "seconds": {}}
    return TaskOutputs(test.outputs, ood, meta)


def evaluate_user_outputs(name: str, outputs: TaskOutputs, detectors: list[Any], out: Path) -> Run:
    """Evaluate one model's outputs; write the results, the run record and the report to ``out``."""
    spec = EvaluationSpec(misclassification=outputs.test.labels is not None)
    identity = _identity(name)
    run = Run(new_record("python -m common.evaluate " + shlex.join(sys.argv[1:]), "own", 1, "none"))
    run.rows, skipped = evaluate_outputs(spec, outputs, detectors, identity)
    for why in [*outputs.skipped, *skipped]:
        run.skip(identity["task"], why)
    run.describe(_task_record(identity["task"], name, spec))
    drawn = curves(spec, outputs, load_detector("msp"), identity)
    run.record = replace(run.record, finished=True, curves=(drawn,))
    finish(run, out)
    return run


def _identity(name: str) -> dict[str, Any]:
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


def _task_record(task: str, name: str, spec: EvaluationSpec) -> TaskRecord:
    no_labels = "No labels were given, so right and wrong are not defined."
    return TaskRecord(
        name=task,
        title=f"Your model: {name}",
        modality="own",
        in_dist=name,
        model=name,
        data="full",
        population=spec.shown_population,
        notes=() if spec.misclassification else (no_labels,),
    )
