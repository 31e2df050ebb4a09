"""The start of a report: headline, warnings, and tables over all tasks."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from common.reporting.calibration_tables import calibration_table, risk_table
from common.reporting.claims import contradictions
from common.reporting.document import NOTHING, Cell, Plots, Section, Table, Text, counted, listed, percent
from common.reporting.heat_map import heat_map
from common.reporting.plots import Overview, overview
from common.reporting.rank_plot import rank_plots
from common.reporting.task_results import SOURCES, TaskResults, figure_cell, sources_of
from common.store.run_record import RunRecord
from common.store.seed_means import SeedMean

QUESTION = (
    "Two questions for every classifier: does its confidence separate its right answers from its wrong answers, and"
    " examples like its training data (in-distribution) from other examples (out-of-distribution, OOD)?"
)
OLDER = (
    "OLDER ROWS: AUPR, FPR95 and AURC have no intervals here, since rows had none when these were written; the same"
    " command adds them without training again."
)
CHANGED = "WARNING: results.jsonl does not belong to run.json; it was edited, or comes from another run."


def headline(record: RunRecord, tasks: Sequence[TaskResults], warnings: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the questions, what ran, the outcome, and warnings, the given ones first."""
    if not tasks:
        return (QUESTION, "Nothing ran. The section 'Not run' lists what is missing and the commands that fix it.")
    modalities = list(dict.fromkeys(results.rows[0].modality for results in tasks))
    seeds = sorted({seed for results in tasks for seed in results.seeds})
    ran = (
        f"{counted(len(tasks), 'task')} in {counted(len(modalities), 'modality')} ({listed(modalities)}),"
        f" {counted(len(seeds), 'seed')}{_how(record)}."
    )
    return tuple(said for said in (QUESTION, ran, _outcome(tasks), *warnings, *_warnings(record, tasks)) if said)


def _how(record: RunRecord) -> str:
    """Return the budget and the device, if the suite trained the models."""
    budget = f", {record.profile} budget" if record.profile in ("quick", "paper") else ""
    return budget + (f", on {record.device}" if record.device not in ("", "none") else "")


def _outcome(tasks: Sequence[TaskResults]) -> str:
    """State the mean AUROC of MSP over the tasks, for both questions."""
    wrong = [value for results in tasks if (value := right_wrong(results, "msp")) is not None]
    ood = [value for results in tasks if (value := out_of_distribution(results, "msp")) is not None]
    parts = [f"right from wrong with a mean AUROC of {percent(fmean(wrong))}\N{NO-BREAK SPACE}%"] if wrong else []
    parts += [f"in-distribution from OOD with {percent(fmean(ood))}\N{NO-BREAK SPACE}%"] if ood else []
    if not parts:
        return ""
    return f"The maximum softmax probability (MSP) separates {listed(parts)}; chance is 50, perfect is 100."


def _warnings(record: RunRecord, tasks: Sequence[TaskResults]) -> Iterable[str]:
    if not record.finished:
        yield "UNFINISHED: the run was interrupted; the same command continues it."
    if record.not_run:
        yield f"{counted(len(record.not_run), 'part')} did not run; see the section 'Not run'."
    for kind, meaning in (("synthetic", "on SYNTHETIC data"), ("sample", "on a SAMPLE of the data")):
        if names := [results.record.name for results in tasks if kind in results.kinds]:
            yield f"{meaning[:1].upper()}{meaning[1:]}: {listed(names)}."
    if any(row.fpr95_in is not None and row.fpr95_in_low is None for results in tasks for row in results.rows):
        yield OLDER
    if record.profile == "quick" and not all(results.record.name.endswith("/own") for results in tasks):
        yield (
            "The quick budget has fewer epochs than the published recipes, or trains or tests on a draw of examples, "
            "also where the data are all here ('full'); --profile paper has the recipes and all examples."
        )


def right_wrong(results: TaskResults, detector: str) -> float | None:
    """AUROC of right against wrong of the task's first trained model, mean over seeds."""
    one = results.right_wrong(results.trained_models[0], detector)
    return one.mean("auroc") if one else None


def out_of_distribution(results: TaskResults, detector: str) -> float | None:
    """AUROC of in-distribution against OOD of the task's first trained model, mean over OOD sets and seeds."""
    one = results.ood_mean(results.trained_models[0], detector)
    return one.mean("auroc") if one else None


def summary_section(tasks: Sequence[TaskResults], families: Mapping[str, str]) -> Section:
    """Return the overview plot and the tables over all tasks; ``families`` are those of detectors, by name."""
    drawing = overview([_overview(results) for results in tasks])
    caption = "AUROC of the first score of every task, with the published figures that measure the same."
    against = contradictions(tasks)
    blocks = (
        Plots(caption, (drawing,)),
        _tasks_table(tasks),
        _detectors_table(tasks),
        heat_map(tasks, families),
        rank_plots(tasks, {"right / wrong": right_wrong, "OOD": out_of_distribution}),
        Text(against, heading="What does not do here what its publication says") if against else None,
        calibration_table(tasks),
        risk_table(tasks),
    )
    return Section("Summary", tuple(block for block in blocks if block is not None))


def _overview(results: TaskResults) -> Overview:
    trained, error = results.trained_models[0], _first_error(results)
    found = [results.ood(trained, results.leading_detectors(trained)[0], key) for key in results.single_sets(trained)]
    ood = [one for one in found if one is not None]
    return Overview(
        task=results.record.name,
        errors=error.mean("auroc") if error else None,
        ood=[auroc for one in ood if (auroc := one.mean("auroc")) is not None],
        published_errors=_published(results, [error] if error else []),
        published_ood=_published(results, ood),
    )


def _published(results: TaskResults, found: Sequence[SeedMean]) -> list[float]:
    return [figure.value / 100 for one in found for figure in results.figures(one, "auroc").values()]


def _tasks_table(tasks: Sequence[TaskResults]) -> Table:
    errors = [_first_error(results) for results in tasks]
    figures = [results.figures(one, "auroc") if one else {} for results, one in zip(tasks, errors, strict=True)]
    sources = sources_of(figures)
    others = [
        f"{results.record.error_name} for {results.record.name}"
        for results in tasks
        if results.record.error_name != "test error"
    ]
    rows = []
    for results, one, theirs in zip(tasks, errors, figures, strict=True):
        auroc = one.mean("auroc") if one else None
        trained = results.trained_models[0]
        error, mean = results.error(trained), results.ood_mean(trained, results.leading_detectors(trained)[0])
        rows.append(
            (
                Cell(results.record.name),
                Cell(", ".join(results.kinds)),
                Cell(percent(error.mean if error else None)),
                Cell(percent(auroc)),
                *(figure_cell(theirs.get(source), auroc) for source in sources),
                Cell(percent(mean.mean("auroc") if mean else None)),
                _worst(results),
            )
        )
    return Table(
        caption="All tasks: AUROC of the first score",
        columns=(
            "task",
            "data",
            "error",
            "right / wrong",
            *(SOURCES[s] for s in sources),
            "OOD, mean",
            "hardest OOD set",
        ),
        rows=tuple(rows),
        notes=(
            "Percent. After a published figure: ours minus published, in percentage points."
            + (f" Error is the test error, except {listed(others)}." if others else ""),
        ),
        brief=tuple(range(6 + len(sources))),
    )


def _first_error(results: TaskResults) -> SeedMean | None:
    trained = results.trained_models[0]
    return results.right_wrong(trained, results.leading_detectors(trained)[0])


def _worst(results: TaskResults) -> Cell:
    trained = results.trained_models[0]
    found = [
        (auroc, key.name)
        for key in results.single_sets(trained)
        if (one := results.ood(trained, results.leading_detectors(trained)[0], key))
        and (auroc := one.mean("auroc")) is not None
    ]
    return Cell(percent(min(found)[0]), min(found)[1]) if found else Cell(NOTHING)


def _detectors_table(tasks: Sequence[TaskResults]) -> Table:
    """Return the mean AUROC over tasks of every score in every modality, for both questions."""
    modalities = list(dict.fromkeys(results.rows[0].modality for results in tasks))
    detectors = list(dict.fromkeys(name for results in tasks for name in results.detectors(results.trained_models[0])))
    rows = []
    for detector in detectors:
        cells = []
        for modality in modalities:
            chosen = [results for results in tasks if results.rows[0].modality == modality]
            for figure in (right_wrong, out_of_distribution):
                cells.append(_mean_cell([figure(results, detector) for results in chosen], chosen, figure))
        rows.append((Cell(detector), *cells))
    columns = [f"{modality}: {what}" for modality in modalities for what in ("right / wrong", "OOD")]
    sizes = [_size(modality, tasks) for modality in modalities]
    return Table(
        caption="Scores across modalities: mean AUROC over tasks",
        columns=("score", *columns),
        rows=tuple(rows),
        notes=(
            f"{'; '.join(sizes)}. Each task counts once: its mean over seeds and OOD sets, without pools,"
            " of its first training objective.",
            "A score that ran on fewer tasks has the number of tasks in brackets; do not compare such means.",
        ),
        brief=tuple(range(1 + len(columns))),
    )


def _size(modality: str, tasks: Sequence[TaskResults]) -> str:
    chosen = [results for results in tasks if results.rows[0].modality == modality]
    seeds = {seed for results in chosen for seed in results.seeds}
    return f"{modality}: {counted(len(chosen), 'task')}, {counted(len(seeds), 'seed')}"


def _mean_cell(values: Sequence[float | None], tasks: Sequence[TaskResults], figure: object) -> Cell:
    known = [value for value in values if value is not None]
    applicable = [
        results for results in tasks if figure is not right_wrong or results.errors(results.trained_models[0])
    ]
    if not known:
        return Cell(NOTHING)
    return Cell(percent(fmean(known)), "" if len(known) == len(applicable) else counted(len(known), "task"))
