"""Task x objective x detector -> results. The file to read first.

A run goes straight through: an ``Experiment`` has the data, trains the model and stores its ``Outputs``;
``evaluate_outputs`` turns outputs into rows; the rows are written to ``results.jsonl``, what else a reader must know to
``run.json``, and the report is made of those two files.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import product
from typing import Any

from common.base.errors import MissingData, StoreUnreached, UserError, WorkerDied
from common.base.progress import Progress
from common.base.threads import use_threads
from common.comparisons import EvaluationSpec
from common.data.sources import Distance
from common.discover import GROUPS, check_objective, chosen_detectors, load_detector, load_task
from common.examples import examples_of
from common.experiment import Experiment, RunOptions
from common.jobs.started import Workers, started
from common.judge import evaluate_outputs
from common.plot_points import curves
from common.probed import with_probes
from common.run import Run, finish, new_record, put
from common.selection import Selection
from common.store.files import sweep
from common.store.outputs import TaskOutputs
from common.store.provenance import commit, versions
from common.store.rows import Row
from common.store.run_record import TaskRecord
from common.task import Budget


def evaluate(
    selection: Selection, options: RunOptions, progress: Progress | None = None, workers: Workers | None = None
) -> Run:
    """Run everything selected and write ``results.jsonl``, ``run.json`` and the report to ``options.out``.

    Workers train into the store; this process takes one training after another from there, as a run that is said
    again does, so rows and their order do not depend on who trained. A run that is interrupted writes what it has, if
    it has anything, and says that it is unfinished.

    Raises:
        UserError: an unknown name, or data that is missing for a task that was asked for.
    """
    use_threads(options.threads)
    progress = progress or Progress()
    for objective in selection.objectives or ():
        check_objective(objective)
    run = Run(new_record(selection.command, options.profile, selection.seeds, options.device))
    sweep(options.out)
    progress.plan(selection.seeds * sum(_has_data(name, options) for name in selection.tasks))
    try:
        with started(selection, options, workers or Workers(), progress) as run.started:
            for name, seed in product(selection.tasks, range(selection.seeds)):
                _attempt_seed(name, seed, selection, options, progress, run)
        run.record = replace(run.record, finished=True)
    finally:
        progress.close()
        if run.record.finished or run.rows:
            finish(run, options.out, selection.full, selection.formats)
            put(run, options.store, progress)
    return run


def _attempt_seed(
    name: str, seed: int, selection: Selection, options: RunOptions, progress: Progress, run: Run
) -> None:
    """Evaluate a task with one seed, then on the smaller training sets that were asked for."""
    experiment = Experiment(name, seed, options, progress)
    detectors = chosen_detectors(selection.detectors, experiment.task.detectors)
    families = {**run.record.families, **{one.name: one.family for one in detectors}}
    run.record = replace(run.record, families=families)
    full_facts = _attempt_all(experiment, selection, detectors, run)
    sizes = selection.examples if full_facts else ()
    for budget in _reduced_budgets(name, experiment.budget, full_facts or {}, sizes, run):
        # Under the same name, so that the data of the one before need not stay in memory.
        experiment = Experiment(name, seed, options, progress, budget)
        _attempt_all(experiment, selection, detectors, run)
    if full_facts:
        progress.task_done()


def _has_data(name: str, options: RunOptions) -> bool:
    """Return whether the data of a task is found, so that it will take time."""
    task = options.user_task or load_task(name)
    try:
        return all(source.resolve(options.folders) is not None for source in (task.train, task.test))
    except UserError:  # told where the task is tried
        return False


def _attempt_all(
    experiment: Experiment, selection: Selection, detectors: Sequence[Any], run: Run
) -> Mapping[str, Any] | None:
    """Evaluate every way of training; return the facts about the data, or None where nothing ran."""
    asked, further = selection.objectives_of(experiment.task)
    found = [_attempt(experiment, objective, selection, detectors, run) for objective in asked]
    found += [_attempt_fitting(experiment, name, selection, detectors, run) for name in further]
    return next((meta for meta in found if meta is not None), None)


def _attempt_fitting(
    experiment: Experiment, objective: str, asked: Selection, detectors: Sequence[Any], run: Run
) -> Mapping[str, Any] | None:
    """Evaluate one training of all, or note why it does not fit the task: what it needs, or the kind of labels.

    The task's own ways of training fit it, so what stops one of them is told as ever; a killed process or
    an object store out of reach likewise, and data that is not here, which stops all.
    """
    if objective in experiment.task.objectives or not _has_data(experiment.name, experiment.options):
        return _attempt(experiment, objective, asked, detectors, run)
    try:
        return _evaluate(experiment, objective, asked, detectors, run)
    except (WorkerDied, StoreUnreached):
        return _attempt(experiment, objective, asked, detectors, run)
    except UserError as reason:
        run.skip(f"{experiment.label} {objective}", f"objective {objective} does not apply here: {reason}")
    return None


def _reduced_budgets(
    name: str, budget: Budget, full_facts: Mapping[str, Any], sizes: Sequence[int], run: Run
) -> Iterator[Budget]:
    """Yield a budget for each training set smaller than the full one; of the others, note that none is trained."""
    for size in sizes:
        if size < full_facts["n_train"]:
            yield budget.on(size, full_facts["n_train"], full_facts["n_batched"])
        else:
            run.skip(f"{name}: {_training(size)}", f"its whole training set has {full_facts['n_train']:,}")


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
        what = " ".join(part for part in (experiment.name, _training(_train_examples(experiment)), objective) if part)
        run.skip(what, str(error))
        experiment.progress.note(f"{what} did not run: {error}")
    return None


def _evaluate(
    experiment: Experiment, objective: str, selection: Selection, detectors: Sequence[Any], run: Run
) -> Mapping[str, Any]:
    for source in experiment.data.missing:
        run.skip(f"{experiment.name}: {source.name}", "its data is not here", source.remedy)
    run.wait_for(experiment.name, experiment.seed, objective, _train_examples(experiment))
    outputs = with_probes(experiment, objective, experiment.outputs(objective), detectors)
    identity = _identity(experiment, objective, outputs.meta)
    size = _train_examples(experiment)
    spec = EvaluationSpec.of(experiment.task, size, _distances(experiment, outputs))
    rows, skipped = evaluate_outputs(spec, outputs, detectors, identity)
    run.rows += rows
    run.predictions.add(spec, outputs, detectors, identity)
    for why in [*outputs.skipped, *skipped, *_not_applicable(selection, rows)]:
        run.skip(f"{experiment.label} {objective}", why)
    if experiment.seed == 0 and size is None:
        drawn = curves(spec, outputs, load_detector("msp"), identity)
        run.record = replace(run.record, curves=(*run.record.curves, drawn))
        _choose_examples(run, experiment, objective, outputs, spec)
    _describe(run, experiment, objective, outputs.meta)
    return outputs.meta


def _choose_examples(
    run: Run, experiment: Experiment, objective: str, outputs: TaskOutputs, spec: EvaluationSpec
) -> None:
    """Add the inputs that the report shows of a task: those of its first way of training."""
    if experiment.name in run.examples:
        return
    try:
        found = examples_of(experiment, objective, outputs, spec)
    except UserError as error:
        run.skip(f"{experiment.label}: examples", str(error))
    else:
        run.examples.update({experiment.name: found} if found else {})


def rows_of(experiment: Experiment, objective: str, detectors: Sequence[Any]) -> list[Row]:
    """Return the rows of one training: of the store, or trained now."""
    outputs = with_probes(experiment, objective, experiment.outputs(objective), detectors)
    spec = EvaluationSpec.of(experiment.task, distances=_distances(experiment, outputs))
    return evaluate_outputs(spec, outputs, detectors, _identity(experiment, objective, outputs.meta))[0]


def _distances(experiment: Experiment, outputs: TaskOutputs) -> dict[str, Distance | None]:
    """Return how far each OOD set is: as its source says; near where a split held it out of the same data set."""
    said = {source.name: source.distance for source in experiment.data.ood_sources}
    return {key.name: said.get(key.name, "near") for key in outputs.ood}


def _train_examples(experiment: Experiment) -> int | None:
    """Return the size of a training set smaller than the task's own; None where it is the task's own."""
    return experiment.reduced_budget.examples if experiment.reduced_budget else None


def _training(size: int | None) -> str:
    """Return what messages call a training on ``size`` examples; nothing where it is the task's own."""
    return "" if size is None else f"{size} training examples"


def _not_applicable(selection: Selection, rows: list[Row]) -> list[str]:
    """Say which detectors were asked for and have no row, since what they need is not there."""
    evaluated = {row.detector for row in rows}
    return [
        f"detector {name} does not apply here"
        for name in selection.detectors or ()
        if name not in {*evaluated, *GROUPS}
    ]


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
        "split": meta["split"],
        "device": experiment.options.device,
        "threads": experiment.options.threads,
        "commit": commit(),
        "versions": versions(),
    }


def _describe(run: Run, experiment: Experiment, objective: str, meta: Mapping[str, Any]) -> None:
    """Add to the record what the report says of a task beside its rows."""
    known = run.record.tasks.get(experiment.name) or _task_record(experiment, meta["data"])
    size = _train_examples(experiment)
    training = " ".join(part for part in (f"{objective} seed {experiment.seed}", _training(size)) if part)
    seconds = {f"{training} {phase}": seconds for phase, seconds in meta["seconds"].items()}
    n_train = {str(experiment.seed): meta["n_train"]} if size is None else {}
    run.describe(
        replace(
            known,
            dropped={**known.dropped, **meta["dropped"]},
            notes=tuple(dict.fromkeys([*known.notes, *meta.get("notes", [])])),
            seconds={**known.seconds, **seconds},
            n_train={**known.n_train, **n_train},
        )
    )


def _task_record(experiment: Experiment, data: str) -> TaskRecord:
    task = experiment.task
    return TaskRecord(
        name=experiment.name,
        title=task.title,
        modality=experiment.modality,
        in_dist=task.in_dist,
        model=experiment.model_label,
        data=data,
        published=task.published or experiment.name.split("/")[1],
        population=task.population,
        unit=task.unit,
        row_name=task.row_name,
        error_name=task.error_name,
        deviations_from_paper=task.deviations_from_paper,
        notes=(*task.notes, *getattr(experiment.architecture, "notes", ())),
        budget=asdict(experiment.budget) | {"decay_at": list(experiment.budget.decay_at)},
    )


if __name__ == "__main__":
    from common.user_logits import main

    main()
