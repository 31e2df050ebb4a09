"""Your own model: files of logits in, the same rows and report out."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from common.base.arguments import parse_named_files, parse_names
from common.base.errors import UserError
from common.base.exits import guarded
from common.comparisons import EvaluationSpec
from common.data.sources import reading
from common.discover import load_detector, names
from common.judge import curves, evaluate_outputs
from common.papers.table import POOLED
from common.run import Run, finish, new_record
from common.store.outputs import OodKey, Outputs, TaskOutputs
from common.store.provenance import commit, versions
from common.store.run_record import TaskRecord

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def main() -> None:
    """Run ``python -m common.evaluate`` and leave with its exit code."""
    app(prog_name="python -m common.evaluate")


@app.command()
def run(
    in_distribution: Annotated[Path, typer.Argument(metavar="IN.npz", help="arrays logits (N, C), labels (N,)")],
    ood: Annotated[list[str] | None, typer.Option(metavar="NAME=OUT.npz", help="an OOD set; may be repeated")] = None,
    detectors: Annotated[str | None, typer.Option(help="comma-separated; all that apply by default")] = None,
    out: Annotated[Path, typer.Option(help="output folder")] = Path("runs/own"),
) -> None:
    """Ask how far a model's confidence can be trusted, given its logits.

    IN.npz has the array logits and, for the question of right and wrong, labels. Each OOD file has logits.
    """

    def evaluated() -> int:
        chosen = parse_names("--detectors", detectors, load_detector) or names("common/detectors")
        loaded = [load_detector(name) for name in chosen]
        outputs = read_outputs(in_distribution, parse_named_files(ood, POOLED))
        print(evaluate_user_outputs(in_distribution.stem, outputs, loaded, out).report)
        return 0

    guarded(evaluated)


def read_outputs(in_distribution: Path, ood: Mapping[str, Path]) -> TaskOutputs:
    """Read the files of one model; ``ood`` by name.

    Raises:
        UserError: a file is damaged, empty or of another shape, labels are out of range, or class counts differ.
    """
    test = _read(in_distribution)
    if test.labels is None and not ood:
        raise UserError(f"{in_distribution} has no labels and no --ood is given, so there is nothing to compare")
    classes = test.logits.shape[1]
    sets: dict[OodKey, Outputs] = {}
    for name, file in ood.items():
        outputs = sets[OodKey(name)] = _read(file)
        if outputs.logits.shape[1] != classes:
            raise UserError(f"{file} has {outputs.logits.shape[1]} classes, {in_distribution} has {classes}")
    return TaskOutputs(test, sets, {"data": "full", "held_out": None, "split": None, "dropped": {}, "seconds": {}})


def _read(file: Path) -> Outputs:
    if not file.is_file():
        raise UserError(f"{file} does not exist")
    with reading((file,), "numpy.savez"), file.open("rb") as stream:
        arrays = np.load(stream, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise ValueError("one array, not an .npz archive of named ones")
        found = {name: arrays[name] for name in arrays.files}
    if "logits" not in found:
        there = ", ".join(found) or "nothing"
        raise UserError(f"{file} has no array 'logits' (it has: {there}); save one of shape (N, C)")
    try:
        return Outputs(_floats(found["logits"]), labels=found.get("labels"))
    except ValueError as error:
        raise UserError(f"{file}: {error}") from error


def _floats(logits: NDArray[Any]) -> NDArray[Any]:
    if not (np.issubdtype(logits.dtype, np.floating) or np.issubdtype(logits.dtype, np.integer)):
        raise ValueError(f"logits must be numbers, not {logits.dtype}")
    return logits if logits.dtype == np.float64 else logits.astype(np.float32)


def evaluate_user_outputs(name: str, outputs: TaskOutputs, detectors: list[Any], out: Path) -> Run:
    """Write results, record and report for one model's outputs to ``out``."""
    spec = EvaluationSpec(misclassification=outputs.test.labels is not None)
    identity = _identity(name)
    run = Run(new_record("python -m common.evaluate " + shlex.join(sys.argv[1:]), "own", 1, "none"))
    run.rows, skipped = evaluate_outputs(spec, outputs, detectors, identity)
    for why in skipped:
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
    no_labels = "no labels were given, so right and wrong are not defined"
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
