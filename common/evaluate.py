"""Task x objective x detector -> results. The file to read first.

A run goes straight through: an ``Experiment`` has the data, trains the model and stores its ``Outputs``; ``judge``
turns outputs into rows; the rows are written to ``results.jsonl``, what else a reader must know to ``run.json``, and
the report is made of those two files.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from common.base.errors import MissingData, UserError
from common.base.progress import Progress
from common.base.workers import RANK
from common.discover import load_detector, load_objective, names
from common.experiment import Experiment, RunOptions
from common.judge import EvaluationSpec, curves, judge, judge_variant
from common.reporting.report import write_report
from common.store.files import write_text
from common.store.provenance import commit, versions
from common.store.rows import Row, smaller_set, write_rows
from common.task import Budget


@dataclass(frozen=True)
class Selection:
    """What to run.

    Attributes:
        tasks: full names.
        seeds: how many, from 0.
        objectives: by name, or None for each task's own.
        detectors: by name, or None for all that apply.
        examples: training sets of so many examples, drawn from the task's own, are trained on beside it.
        required: whether missing data is an error, because the tasks were asked for by name.
        command: what the user typed, for the record.
    """

    tasks: tuple[str, ...]
    seeds: int = 1
    objectives: tuple[str, ...] | None = None
    detectors: tuple[str, ...] | None = None
    examples: tuple[int, ...] = ()
    required: bool = False
    command: str = ""


@dataclass
class Run:
    """What a run has found so far: the rows, and the record that becomes ``run.json``."""

    rows: list[Row] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)
    failed: bool = False
    report: str = ""

    def skip(self, what: str, why: str, remedy: str = "") -> None:
        """Note what did not run, why, and the command that mends it."""
        entry = {"what": what, "why": why, "remedy": remedy}
        if entry not in self.record["not_run"]:
            self.record["not_run"].append(entry)


def evaluate(selection: Selection, options: RunOptions, progress: Progress | None = None) -> Run:
    """Run everything selected and write ``results.jsonl``, ``run.json`` and the report to ``options.out``.

    A run that is interrupted writes what it has, if it has anything, and says that it is unfinished.

    Raises:
        UserError: an unknown name, or data that is missing for a task that was asked for.
    """
    progress = progress or Progress()
    detectors = [load_detector(name) for name in selection.detectors or names("common/detectors")]
    for objective in selection.objectives or ():
        load_objective(objective)
    run = Run(record=new_record(selection.command, options.profile, selection.seeds, options.device))
    try:
        for name, seed in product(selection.tasks, range(selection.seeds)):
            experiment = Experiment(name, seed, options, progress)
            whole = _attempt_all(experiment, selection, detectors, run)
            for budget in _reduced_budgets(name, experiment.budget, whole, selection.examples, run) if whole else ():
                # Under the same name, so that the data of the one before need not stay in memory.
                experiment = Experiment(name, seed, options, progress, budget)
                _attempt_all(experiment, selection, detectors, run)
        run.record["finished"] = True
    finally:
        if run.record["finished"] or run.rows:
            finish(run, options.out)
    return run


def _attempt_all(
    experiment: Experiment, selection: Selection, detectors: Sequence[Any], run: Run
) -> Mapping[str, Any] | None:
    """Evaluate every way of training; return the facts about the data, or None where nothing ran."""
    objectives = selection.objectives or experiment.task.objectives
    found = [_attempt(experiment, objective, selection, detectors, run) for objective in objectives]
    return next((meta for meta in found if meta is not None), None)


def _reduced_budgets(
    name: str, budget: Budget, whole: Mapping[str, Any], sizes: Sequence[int], run: Run
) -> Iterator[Budget]:
    """Yield a budget for each training set that is smaller than the whole; of the others, note that none is trained."""
    for size in sizes:
        if size < whole["n_train"]:
            yield budget.on(size, whole["n_train"], whole["n_batched"])
        else:
            run.skip(f"{name}: {smaller_set(size)}", f"its whole training set has {whole['n_train']:,}")


def _attempt(
    experiment: Experiment, objective: str, selection: Selection, detectors: Sequence[Any], run: Run
) -> Mapping[str, Any] | None:
    """Evaluate one training and return the facts about its data.

    What cannot run is an error if it was asked for by name, and else noted.
    """
    try:
        experiment.data.require()
        return _evaluate(experiment, objective, selection, detectors, run)
    except MissingData as missing:
        if selection.required:
            raise UserError(f"{experiment.name}: {missing}") from missing
        run.skip(experiment.name, missing.why, missing.remedy)
    except UserError as error:
        if selection.required:
            raise
        run.failed = True
        what = " ".join(part for part in (experiment.name, _variant(experiment), objective) if part)
        run.skip(what, str(error))
        experiment.progress.note(f"{what} did not run: {error}")
    return None


def _evaluate(
    experiment: Experiment, objective: str, selection: Selection, detectors: Sequence[Any], run: Run
) -> Mapping[str, Any]:
    for source in experiment.data.missing:
        run.skip(f"{experiment.name}: {source.name}", "its data is not here", source.remedy)
    outputs = experiment.outputs(objective)
    identity = _identity(experiment, objective, outputs.meta)
    questions = EvaluationSpec.of(experiment.task)
    variant = _variant(experiment)
    judged = partial(judge_variant, variant) if variant else judge
    rows, gaps = judged(questions, outputs, detectors, identity)
    run.rows += rows
    for gap in [*gaps, *_left_out(selection, rows)]:
        run.skip(f"{experiment.label} {objective}", gap)
    if experiment.seed == 0 and variant is None:
        run.record["curves"].append(curves(questions, outputs, load_detector("msp"), identity))
    _describe(run, experiment, objective, outputs.meta)
    return outputs.meta


def _variant(experiment: Experiment) -> str | None:
    """Return what rows call a training on a part of the training set; None where it is the task's own."""
    reduced_budget = experiment.reduced_budget
    return smaller_set(reduced_budget.examples) if reduced_budget and reduced_budget.examples else None


def _left_out(selection: Selection, rows: list[Row]) -> list[str]:
    """Say which detectors were asked for and have no row, since what they need is not there."""
    judged = {row.detector for row in rows}
    return [f"detector {name} does not apply here" for name in selection.detectors or () if name not in judged]


def _identity(experiment: Experiment, objective: str, meta: Any) -> dict[str, Any]:
    """Return the fields of a row that say what was run."""
    held_out = meta["held_out"]
    return {
        "task": experiment.name,
        "modality": experiment.modality,
        "seed": experiment.seed,
        "profile": experiment.options.profile,
        "data": meta["data"],
        "objective": objective,
        "model": experiment.model_label,
        "held_out": tuple(held_out) if held_out is not None else None,
        "in_dist": experiment.task.in_dist,
        "device": experiment.options.device,
        "commit": commit(),
        "versions": versions(),
    }


def new_record(command: str, profile: str, seeds: int, device: str) -> dict[str, Any]:
    """Return the record of a run that has found nothing yet."""
    return {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "profile": profile,
        "seeds": list(range(seeds)),
        "device": device,
        "commit": commit(),
        "versions": versions(),
        "finished": False,
        "tasks": {},
        "not_run": [],
        "curves": [],
    }


def _describe(run: Run, experiment: Experiment, objective: str, meta: Any) -> None:
    """Add to the record what the report says of a task beside its rows."""
    task = experiment.task
    described = run.record["tasks"].setdefault(
        experiment.name,
        {
            "title": task.title,
            "in_dist": task.in_dist,
            "modality": experiment.modality,
            "model": experiment.model_label,
            "data": meta["data"],
            "paper_task": task.published or experiment.name.split("/")[1],
            "population": task.population,
            "unit": task.unit,
            "own_variant": task.own_variant,
            "row_name": task.row_name,
            "error_name": task.error_name,
            "departures": list(task.deviations_from_paper),
            "notes": list(task.notes),
            "dropped": {},
            "seconds": {},
            "n_train": {},
            "budget": asdict(experiment.budget),
        },
    )
    described["dropped"] |= meta["dropped"]
    run_name = " ".join(part for part in (f"{objective} seed {experiment.seed}", _variant(experiment)) if part)
    described["seconds"] |= {f"{run_name} {phase}": seconds for phase, seconds in meta["seconds"].items()}
    if _variant(experiment) is None:
        described["n_train"][str(experiment.seed)] = meta["n_train"]


def finish(run: Run, out: Path) -> None:
    """Write the results, the record and the report to ``out``."""
    if RANK:
        return
    write_rows(out / "results.jsonl", run.rows)
    write_text(out / "run.json", json.dumps(run.record, indent=1, ensure_ascii=False) + "\n")
    run.report = write_report(out)


if __name__ == "__main__":
    from common.user_logits import main

    main()
