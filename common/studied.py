"""Running a study: its trainings through the store, its rows, its table of each seed, and what became of its claims."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.base.errors import MissingData, UserError
from common.base.progress import Progress
from common.discover import chosen_detectors, load_study, load_task
from common.evaluate import rows_of
from common.experiment import Experiment, RunOptions
from common.reporting.formats import DEFAULT
from common.reporting.study_page import StudyResults, write_study
from common.store.files import DamagedFile, sweep
from common.store.provenance import commit
from common.store.rows import Row
from common.store.sealed_rows import check_sealed_rows, write_sealed_rows
from common.study import RowsOf, Study, Table, Variant


@dataclass
class Studied:
    """What a study found.

    Attributes:
        study: the declaration.
        tables: of each seed.
        rows: of all trainings, in order; ``Row.variant_of_study`` names the variant.
        not_run: a sentence for each training that did not run.
    """

    study: Study
    tables: list[Table] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)


def study(name: str, seeds: int, options: RunOptions, progress: Progress) -> Studied:
    """Run the study with each seed and write OUT/studies/NAME/results.jsonl; a killed run goes on where it was.

    Rows are made from the store. Where those of an earlier run are not what was written, that is told.

    Raises:
        UserError: there is no such study, or none of its trainings can run.
    """
    found = Studied(load_study(name))
    sweep(options.out)
    results = folder(options.out, name) / "results.jsonl"
    try:
        check_sealed_rows(results)
    except DamagedFile as damage:
        progress.note(f"study {name}: {damage.what}; it is made again")
    for seed in range(seeds):
        rows = _of_seed(found, seed, options, progress)
        found.rows += [row for own in rows.values() for row in own]
        found.tables.append(found.study.measure(rows))
        write_sealed_rows(results, found.rows)
    if not found.rows:
        raise UserError(f"study {name}: no training ran: {'; '.join(found.not_run)}")
    return found


def report(name: str, found: Studied, options: RunOptions, formats: Collection[str] = DEFAULT) -> str:
    """Write the study's page beside its results, in these formats; return a short version for a terminal."""
    made = f"Profile {options.profile}, on {options.device}, commit {commit() or 'unknown'}."
    results = StudyResults(found.study, found.tables, found.not_run, (made,))
    written = write_study(results, folder(options.out, name), formats)
    if options.store is not None:
        options.store.put_results()
    return written


def folder(out: Path, name: str) -> Path:
    """Return where a study's results and page are written."""
    return out / "studies" / name.split("/")[-1]


def _of_seed(found: Studied, seed: int, options: RunOptions, progress: Progress) -> RowsOf:
    rows: dict[tuple[str, str], Sequence[Row]] = {}
    for task in found.study.tasks:
        for variant in found.study.variants:
            try:
                rows[task, variant.name] = _rows(task, variant, seed, found.study, options, progress)
            except (MissingData, UserError) as reason:
                said = f"{task}, {variant.name}: {reason}"
                found.not_run += [said] if said not in found.not_run else []
    return rows


def _rows(
    name: str, variant: Variant, seed: int, declared: Study, options: RunOptions, progress: Progress
) -> Sequence[Row]:
    task = load_task(name)
    changed = variant.change(task) if variant.change else task
    chosen = replace(options, tune=variant.tune or options.tune)
    experiment = Experiment(name, seed, chosen, progress, variant=changed)
    experiment.data.require()
    detectors = chosen_detectors(declared.detectors, task.detectors)
    rows = rows_of(experiment, variant.objective or experiment.own_objective, detectors)
    return [replace(row, study_variant=variant.name) for row in rows]
