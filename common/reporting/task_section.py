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
from common.reporting.study import SOURCES, TaskResults, TrainedModel

MARKS = {
    "synthetic": "SYNTHETIC DATA: made by a program, so its figures say little about the real thing",
    "sample": "A SAMPLE of the data: figures differ from those of the whole",
}


def task_section(study: TaskResults, curves: Sequence[Mapping[str, Any]]) -> Section:
    """Return the section of a task; ``curves`` are the points of its plots, as run.json holds them."""
    facts = study.facts
    leading = [(setting, name) for setting in study.settings for name in study.leading(setting)]
    models = listed(list(dict.fromkeys(row.model for row in study.rows)))
    blocks: list[Block | None] = [
        Text((*(error_line(study, setting) for setting in study.settings), *_left_out(study)), brief=True),
        error_table(study),
        *(table for setting in study.settings for table in ood_tables(study, setting)),
        objective_table(study),
        *(learning_table(study, setting) for setting in study.settings),
        learning_plot(study),
        *(_plots(study, one) for one in _first_seeds(curves)),
        *(draw(study, setting, name) for setting, name in leading for draw in (level_table, level_plot)),
        *(score_table(study, setting) for setting in study.settings),
        *(seed_table(study, setting) for setting in study.settings),
        published_table(study),
        exposure_table(study),
        *_remarks(study),
    ]
    return Section(
        title=facts.title if facts.title == facts.name else f"{facts.title} ({facts.name})",
        subtitle=f"In-distribution: {study.rows[0].in_dist}. Model: {models}. Seeds: {_seeds(study)}.",
        marks=tuple(MARKS[kind] for kind in study.kinds if kind in MARKS),
        blocks=tuple(block for block in blocks if block is not None and (not isinstance(block, Text) or block.points)),
    )


def _seeds(study: TaskResults) -> str:
    return ", ".join(map(str, study.seeds))


def error_line(study: TaskResults, setting: TrainedModel) -> str:
    """Return a sentence with the error of a setting beside the published ones."""
    label = study.label(setting)
    name = study.facts.error_name[:1].upper() + study.facts.error_name[1:] + (f" ({label})" if label else "")
    error = study.error(setting)
    if error is None:
        return f"{name}: not known, for the test set has no labels."
    said = f"{name}: {percent(error.mean)} %"
    if error.sd is not None:
        said += f" (± {percent(error.sd)} over {counted(error.count, 'seed')})"
    for source, figure in study.figures(study.any_row(setting), "error").items():
        said += f"; {SOURCES[source]}: {figure.value:g} ({points(100 * error.mean - figure.value)})"
    return said + "."


def _left_out(study: TaskResults) -> tuple[str, ...]:
    """Say that readers left something out, where they did."""
    count = sum(study.facts.dropped.values())
    return (f"Left out of the data: {counted(count, 'item')}; the page lists them under Dropped.",) if count else ()


def _remarks(study: TaskResults) -> list[Text]:
    facts = study.facts
    held_out = {row.held_out for row in study.rows if row.held_out}
    notes = [*facts.notes, unanswered_pool(study)]
    if len(study.seeds) == 1 and held_out:
        notes.insert(0, f"Held out of training in this draw: {', '.join(next(iter(held_out)))}.")
    dropped = tuple(f"{why}: {count:,}" for why, count in facts.dropped.items() if count)
    return [
        Text(draws(study), heading="Where the published draws lie", brief=True),
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


def _plots(study: TaskResults, curve: Mapping[str, Any]) -> Plots:
    detector, objective = curve.get("detector", "msp"), curve.get("objective", "")
    about = f"{objective} · " * (len(study.settings) > 1) + str(detector)
    drawings = []
    if curve.get("histogram"):
        drawings.append(histogram(curve["histogram"], study.facts.unit_name))
    if curve.get("roc"):
        drawings.append(roc(curve["roc"], study.population))
    return Plots(f"Confidence and ROC curves ({about}, seed {curve.get('seed', 0)})", tuple(drawings))
