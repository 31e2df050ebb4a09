"""What a report is made of, whatever it is rendered to."""

from dataclasses import dataclass

from common.store.seed_means import Spread

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"

NOTHING = DASH
"""Stands where a figure is not defined or was not measured."""


@dataclass(frozen=True)
class Cell:
    """Text of a table, with a smaller note after it (an interval, a base rate); ``strong`` marks the best."""

    text: str
    note: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows.

    Attributes:
        caption: what it shows.
        columns: their names.
        rows: a cell for each column.
        notes: sentences below it.
        brief: the columns that a terminal has room for, by position; None leaves the table out there.
        folded: whether a page hides it behind its caption at first.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    brief: tuple[int, ...] | None = None
    folded: bool = False


@dataclass(frozen=True)
class Plots:
    """Drawings (inline SVG) that belong side by side."""

    caption: str
    drawings: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """Sentences: a paragraph, or a list of points under a heading; ``brief`` if a terminal shows them too."""

    points: tuple[str, ...]
    heading: str = ""
    brief: bool = False


Block = Table | Plots | Text


@dataclass(frozen=True)
class Section:
    """A part of the report; ``marks`` are loud: what the reader must not overlook."""

    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A whole report. ``group`` of sections: ``tasks`` stand between the summary and the closing parts."""

    title: str
    headline: tuple[str, ...]
    summary: tuple[Section, ...]
    tasks: tuple[Section, ...]
    closing: tuple[Section, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections in reading order."""
        return self.summary + self.tasks + self.closing


def percent(value: float | None) -> str:
    """Return a fraction as percent with one decimal.

    >>> percent(0.9567), percent(None) == NOTHING
    ('95.7', True)
    """
    return NOTHING if value is None else f"{100 * value:.1f}"


def points(difference: float) -> str:
    """Return a signed difference in percentage points with one decimal.

    >>> points(0.26), points(-0.01), points(-1.2) == f"{MINUS}1.2"
    ('+0.3', '0.0', True)
    """
    text = f"{difference:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", MINUS)


def spread_cell(spread: Spread | None, interval: tuple[float | None, float | None] = (None, None)) -> Cell:
    """Return a figure's mean with its spread over seeds, where there are several, and its 95 % ``interval``."""
    if spread is None:
        return Cell(NOTHING)
    low, high = map(percent, interval)
    within = "" if NOTHING in (low, high) else f"{low}{DASH}{high}"
    if spread.sd is None:
        return Cell(percent(spread.mean), within)
    over = f"± {percent(spread.sd)}, {percent(spread.low)}{DASH}{percent(spread.high)}"
    return Cell(percent(spread.mean), f"{over}; 95 %: {within}" if within else over)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "task"), counted(1200, "image"), counted(2, "modality")
    ('1 task', '1,200 images', '2 modalities')
    """
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun.removesuffix('y') + 'ies' if noun.endswith('ty') else noun + 's'}"


def listed(names: tuple[str, ...] | list[str]) -> str:
    """Return names as a sentence lists them.

    >>> listed(["vision", "nlp", "speech"])
    'vision, nlp and speech'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
