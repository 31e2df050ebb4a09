"""The parts of a report, independent of the output format."""

from dataclasses import dataclass

from common.store.seed_means import Spread

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"

NOTHING = DASH
"""Text of a cell whose figure is undefined or was not measured."""


@dataclass(frozen=True)
class Cell:
    """A table cell.

    Attributes:
        text: the figure or name.
        note: in smaller type: an interval, a base rate.
        strong: marks the best figure.
        short_note: replaces the note on a terminal, which has little room.
        shade: background of the cell, from -4 (far below) to 4 (far above); None: none.
    """

    text: str
    note: str = ""
    strong: bool = False
    short_note: str = ""
    shade: int | None = None


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows.

    Attributes:
        caption: title of the table.
        columns: names of the columns.
        rows: one cell per column.
        notes: sentences below the table.
        brief: positions of the columns that a terminal shows; None: a terminal does not show the table.
        folded: whether the HTML page initially shows the caption only.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    brief: tuple[int, ...] | None = None
    folded: bool = False


@dataclass(frozen=True)
class Plots:
    """Drawings (inline SVG) shown side by side; ``folded``: the HTML page initially shows the caption only."""

    caption: str
    drawings: tuple[str, ...]
    folded: bool = False


@dataclass(frozen=True)
class Example:
    """One input and what a model says of it.

    Attributes:
        name: its data set and number, as in ``predictions.parquet``.
        facts: name and value of what is said of it: label, prediction, MSP.
        text: the input where it is text: before the judged part, the judged part, and after it.
        image: data URI of the input or a picture of it, or "".
        sound: data URI of the input where it is a sound, or "".
        about: what is shown, in a few words.
    """

    name: str
    facts: tuple[tuple[str, str], ...]
    text: tuple[str, str, str] = ("", "", "")
    image: str = ""
    sound: str = ""
    about: str = ""

    @property
    def spoken(self) -> str:
        """The alternative text of the picture, which names what the page says beside it."""
        return ", ".join([self.name, *(f"{name} {value}" for name, value in self.facts), self.about])


@dataclass(frozen=True)
class Gallery:
    """Inputs shown side by side; ``folded``: the HTML page initially shows the caption only."""

    caption: str
    examples: tuple[Example, ...]
    notes: tuple[str, ...] = ()
    folded: bool = False
    brief: bool = False

    @property
    def kind(self) -> str:
        """``sounds``, ``pictures`` or ``texts``, each of which has a width of its own."""
        first = self.examples[0]
        return "sounds" if first.sound else "pictures" if first.image else "texts"

    @property
    def table(self) -> Table:
        """The same as a table, for formats that show text only."""
        columns = ("input", *(name for name, _ in self.examples[0].facts), "what it is")
        rows = tuple(
            (Cell(one.name), *(Cell(value) for _, value in one.facts), Cell("".join(one.text) or one.about))
            for one in self.examples
        )
        return Table(self.caption, columns, rows, self.notes, tuple(range(len(columns))) if self.brief else None)


@dataclass(frozen=True)
class Text:
    """A list of sentences, with an optional heading; ``brief``: a terminal shows it too."""

    points: tuple[str, ...]
    heading: str = ""
    brief: bool = False


@dataclass(frozen=True)
class Tile:
    """A part of the first screen.

    Attributes:
        title: of the tile.
        about: in smaller type.
        figures: name, value and interval of each figure.
        best: a sentence.
    """

    title: str
    about: str
    figures: tuple[tuple[str, str, str], ...]
    best: str = ""


@dataclass(frozen=True)
class Tiles:
    """Tiles side by side."""

    tiles: tuple[Tile, ...]


Block = Table | Plots | Text | Tiles | Gallery


@dataclass(frozen=True)
class Section:
    """A section of the report; ``marks`` are warnings at its start."""

    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A complete report: sections of the summary, of each task, and at the end."""

    title: str
    headline: tuple[str, ...]
    summary: tuple[Section, ...]
    tasks: tuple[Section, ...]
    closing: tuple[Section, ...]
    first: Tiles | None = None

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


def span(low: float | None, high: float | None) -> str:
    """Return the bounds of an interval as percent with one decimal; nothing without an interval, or one of no width.

    >>> span(0.9567, 1.0) == f"95.7{DASH}100.0", span(None, None), span(1.0, 1.0)
    (True, '', '')
    """
    return "" if low is None or high is None or low == high else f"{percent(low)}{DASH}{percent(high)}"


def points(difference: float) -> str:
    """Return a signed difference in percentage points with one decimal.

    >>> points(0.26), points(-0.01), points(-1.2) == f"{MINUS}1.2"
    ('+0.3', '0.0', True)
    """
    text = f"{difference:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", MINUS)


def spread_cell(spread: Spread | None, interval: tuple[float | None, float | None] = (None, None)) -> Cell:
    """Return the mean of a figure, its spread over several seeds, and its 95 % ``interval``."""
    if spread is None:
        return Cell(NOTHING)
    within = span(*interval)
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
    """Join names for a sentence: commas, and "and" before the last name.

    >>> listed(["vision", "nlp", "speech"])
    'vision, nlp and speech'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
