"""The figures of one model as a small table: a row a score, a column a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from common.base.display import printable
from common.base.terminal import terminal_width
from common.reporting.document import NOTHING, percent, span
from common.reporting.text_grid import grid
from common.store.rows import Row


@dataclass(frozen=True)
class OwnTable:
    """A table that prints as text and shows itself in a notebook.

    Attributes:
        columns: the score's name, then AUROC and FPR95 of each question.
        cells: for each score, its figures in percent with their intervals.
        caption: the error, and which in-distribution rows are meant.
    """

    columns: tuple[str, ...]
    cells: tuple[tuple[tuple[str, str], ...], ...]
    caption: str

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "OwnTable":
        """Return the table of one model's rows; in-distribution means the correct ones where that is known."""
        population = "correct" if any(row.population == "correct" for row in rows) else "all"
        shown = [row for row in rows if row.population == population or row.question == "misclassification"]
        questions = list(dict.fromkeys(_question(row) for row in shown))
        detectors = list(dict.fromkeys(row.detector for row in shown))
        detectors.sort(key=lambda name: name != "msp")
        found = {(row.detector, _question(row)): row for row in shown}
        columns = [part for question in questions for part in (f"{question} AUROC", f"{question} FPR95 in")]
        cells = [
            ((name, ""), *(cell for question in questions for cell in _figures(found.get((name, question)))))
            for name in detectors
        ]
        error = next((row.error for row in rows), None)
        said = "" if error is None else f"Test error: {percent(error)} %. "
        whom = "the correctly classified test rows" if population == "correct" else "all test rows"
        meant = f"; in-distribution means {whom}" if any(row.out_dist for row in rows) else ""
        caption = f"{said}Percent; in brackets the 95 % interval{meant}."
        return cls(("score", *columns), tuple(cells), caption)

    def __str__(self) -> str:
        """The table as lines that fit the terminal."""
        return "\n".join([self.caption, "", *grid(self.columns, self.cells, terminal_width(100))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The table for a notebook."""
        head = "".join(f"<th>{escape(printable(name))}</th>" for name in self.columns)
        body = "".join(f"<tr>{''.join(map(_html, row))}</tr>" for row in self.cells)
        return f"<table><caption>{escape(self.caption)}</caption><tr>{head}</tr>{body}</table>"


def _question(row: Row) -> str:
    return "right / wrong" if row.out_dist is None else printable(row.out_dist)


def _figures(row: Row | None) -> tuple[tuple[str, str], tuple[str, str]]:
    if row is None:
        return (NOTHING, ""), (NOTHING, "")
    return (
        (percent(row.auroc), span(row.auroc_low, row.auroc_high)),
        (percent(row.fpr95_in), span(row.fpr95_in_low, row.fpr95_in_high)),
    )


def _html(cell: tuple[str, str]) -> str:
    text, note = (escape(printable(part)) for part in cell)
    return f"<td>{text} <small>{note}</small></td>" if note else f"<td>{text}</td>"
