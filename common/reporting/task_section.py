"""The section of one task: what it is, its figures, its plots, and what a reader must know of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.reporting.document import Block, Plots, Section, Text, counted, listed, percent, points
from common.reporting.learning_curve import learning_plot, learning_table
from common.reporting.levels import level_plot, level_table
from common.reporting.plots import histogram, roc
from common.reporting.published_tables import draws, exposure_table, published_table, unanswered_pool
from common.reporting.question_tables import error_table, ood_tables
from common.reporting.side_tables import objective_table, score_table, seed_table
from common.reporting.task_results import SOURCES, TaskResults, TrainedModel

MARKS = {
    "synthetic": "SYNTHETIC DATA: made by a program, so its figures say little about the real thing",
    "sample": "A SAMPLE of the data: figures differ from those of the whole",
}


def task_section(results: TaskResults, curves: Sequence[Mapping[str, Any]]) -> Section:
    """Return the section of a task; ``curves`` are the points of its plots, as run.json holds them."""
    facts = results.facts
    leading = [(trained, name) for trained in results.trained_models for name in results.leading(trained)]
    models = listed(list(dict.fromkeys(row.model for row in results.rows)))
    blocks: list[Block | None] = [
        Text((*(error_line(results, trained) for trained in results.trained_models), *_left_out(results)), brief=True),
        error_table(results),
        *(table for trained in results.trained_models for table in ood_tables(results, trained)),
        objective_table(results),
        *(learning_table(results, trained) for trained in results.trained_models),
        learning_plot(results),
        *(_plots(results, one) for one in _first_seeds(curves)),
        *(draw(results, trained, name) for trained, name in leading for draw in (level_table, level_plot)),
        *(score_table(results, trained) for trained in results.trained_models),
        *(seed_table(results, trained) for trained in results.trained_models),
        published_table(results),
        exposure_table(results),
        *_remarks(results),
    ]
    return Section(
        title=facts.title if facts.title == facts.name else f"{facts.title} ({facts.name})",
        subtitle=f"In-distribution: {results.rows[0].in_dist}. Model: {models}. Seeds: {_seeds(results)}.",
        marks=tuple(MARKS[kind] for kind in results.kinds if kind in MARKS),
        blocks=tuple(block for block in blocks if block is not None and (not isinstance(block, Text) or block.points)),
    )


def _seeds(results: TaskResults) -> str:
    return ", ".join(map(str, results.seeds))


def error_line(results: TaskResults, trained: TrainedModel) -> str:
    """Return a sentence with the error of a trained model beside the published ones."""
    label = results.label(trained)
    name = results.facts.error_name[:1].upper() + results.facts.error_name[1:] + (f" ({label})" if label else "")
    error = results.error(trained)
    if error is None:
        return f"{name}: not known, for the test set has no labels."
    said = f"{name}: {percent(error.mean)} %"
    if error.sd is not None:
        said += f" (± {percent(error.sd)} over {counted(error.count, 'seed')})"
    for source, figure in results.figures(results.any_row(trained), "error").items():
        said += f"; {SOURCES[source]}: {figure.value:g} ({points(100 * error.mean - figure.value)})"
    return said + "."


def _left_out(results: TaskResults) -> tuple[str, ...]:
    """Say that readers left something out, where they did."""
    count = sum(results.facts.dropped.values())
    return (f"Left out of the data: {counted(count, 'item')}; the page lists them under Dropped.",) if count else ()


def _remarks(results: TaskResults) -> list[Text]:
    facts = results.facts
    held_out = {row.held_out for row in results.rows if row.held_out}
    notes = [*facts.notes, unanswered_pool(results)]
    if len(results.seeds) == 1 and held_out:
        notes.insert(0, f"Held out of training in this draw: {', '.join(next(iter(held_out)))}.")
    dropped = tuple(f"{why}: {count:,}" for why, count in facts.dropped.items() if count)
    return [
        Text(draws(results), heading="Where the published draws lie", brief=True),
        Text(facts.deviations_from_paper, heading="Departures from the publication"),
        Text(tuple(note for note in notes if note), heading="Notes"),
        Text(dropped, heading="Dropped"),
    ]


def _first_seeds(curves: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return for each objective the curves of its first seed."""
    chosen: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for curve in sorted(curves, key=lambda one: one.get("seed", 0)):
        chosen.setdefault((curve.get("objective"), curve.get("model"), curve.get("detector")), curve)
    return list(chosen.values())


def _plots(results: TaskResults, curve: Mapping[str, Any]) -> Plots:
    detector, objective = curve.get("detector", "msp"), curve.get("objective", "")
    about = f"{objective} · " * (len(results.trained_models) > 1) + str(detector)
    drawings = []
    if curve.get("histogram"):
        drawings.append(histogram(curve["histogram"], results.facts.unit_name))
    if curve.get("roc"):
        drawings.append(roc(curve["roc"], results.population))
    return Plots(f"Confidence and ROC curves ({about}, seed {curve.get('seed', 0)})", tuple(drawings))
