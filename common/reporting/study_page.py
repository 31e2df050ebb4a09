"""The page of a study: a table with the spread over seeds, one picture, and which claims hold in how many seeds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from common.reporting.document import Block, Cell, Document, Plots, Section, Table, Text, counted, points
from common.reporting.formats import DEFAULT, write_formats
from common.reporting.plots import scatter_of_subjects
from common.reporting.render_text import terminal
from common.store.seed_means import spread
from common.study import Study
from common.study import Table as Figures


@dataclass(frozen=True)
class StudyResults:
    """What a study found, for its page.

    Attributes:
        study: the declaration.
        tables: the figures of each seed.
        not_run: sentences.
        provenance: sentences on how the figures were made.
    """

    study: Study
    tables: Sequence[Figures]
    not_run: Sequence[str] = ()
    provenance: Sequence[str] = field(default_factory=tuple)


def write_study(results: StudyResults, folder: Path, formats: Collection[str] = DEFAULT) -> str:
    """Write the page of a study to its folder, in these formats; return a short version for a terminal."""
    document = study_document(results)
    written = write_formats(document, folder, formats)
    return f"{terminal(document)}\nFull report: {written}\n"


def study_document(results: StudyResults) -> Document:
    """Return the page of a study."""
    study, seeds = results.study, len(results.tables)
    blocks: list[Block] = [_table(results), *_picture(results)]
    said = (*study.notes, *results.provenance)
    closing = [Section("How this was made", (Text(said),))] if said else []
    if results.not_run:
        closing.insert(0, Section("Not run", (Text(tuple(results.not_run)),)))
    claims = tuple(claim_sentence(results, number) for number in range(len(study.claims)))
    return Document(
        title=study.title,
        headline=(f"{', '.join(study.tasks)}; {counted(seeds, 'seed')}; figures in points of percent.",),
        summary=(
            *((Section("What was claimed, and what came", (Text(claims, brief=True),)),) if claims else ()),
            Section("Figures", tuple(blocks)),
        ),
        tasks=(),
        closing=tuple(closing),
    )


def claim_sentence(results: StudyResults, number: int) -> str:
    """Return a claim and in how many seeds it holds."""
    claim = results.study.claims[number]
    tested = [held for table in results.tables if (held := claim.holds(table)) is not None]
    if not tested:
        return f"Not tested, since what it compares did not run: {claim.says}"
    holds = {len(tested): "Holds", 0: "Does not hold"}.get(sum(tested), "Holds in part")
    return f"{holds} ({sum(tested)} of {counted(len(tested), 'seed')}): {claim.says}"


def figure_names(tables: Sequence[Figures]) -> list[str]:
    """Return the names of all figures, in the order in which they first appear."""
    return list(dict.fromkeys(name for table in tables for own in table.values() for name in own))


def _subjects(tables: Sequence[Figures]) -> list[str]:
    return list(dict.fromkeys(subject for table in tables for subject in table))


def _values(tables: Sequence[Figures], subject: str, figure: str) -> list[float]:
    found = [table.get(subject, {}).get(figure) for table in tables]
    return [value for value in found if value is not None]


def _table(results: StudyResults) -> Table:
    names, subjects = figure_names(results.tables), _subjects(results.tables)
    rows = tuple(
        (Cell(subject), *(_cell(_values(results.tables, subject, name)) for name in names)) for subject in subjects
    )
    return Table(
        caption=results.study.title,
        columns=(results.study.subject, *names),
        rows=rows,
        notes=("Mean over seeds; in smaller type the smallest and the largest.",) if len(results.tables) > 1 else (),
        brief=tuple(range(min(len(names) + 1, 5))),
    )


def _cell(values: Sequence[float]) -> Cell:
    found = spread(values)
    if found is None:
        return Cell("\N{EN DASH}")
    shown, low, high = (points(value).removeprefix("+") for value in (found.mean, found.low, found.high))
    return Cell(shown) if found.count == 1 else Cell(shown, f"{low}\N{EN DASH}{high}")


def _picture(results: StudyResults) -> list[Plots]:
    figures = results.study.picture
    if not figures:
        return []
    drawn = {
        subject: [_values(results.tables, subject, figure) for figure in figures]
        for subject in _subjects(results.tables)
    }
    drawn = {subject: values for subject, values in drawn.items() if all(values)}
    if not drawn:
        return []
    return [Plots(f"{' and '.join(figures)} by {results.study.subject}", (scatter_of_subjects(drawn, figures),))]
