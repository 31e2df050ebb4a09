"""Rendering of a table of the report as CSV."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from common.base.display import printable
from common.reporting.document import MINUS, NOTHING, Cell, Table

NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for a formula at the start of a cell."""


def csv_table(table: Table) -> str:
    """Return a table as CSV, whose first line names the columns.

    A number has no thousands separator and a plain minus; an undefined figure is empty. The notes of a column (an
    interval, a base rate) stand in a column of their own, ``NAME: note``. Text that a spreadsheet would take for a
    formula gets an apostrophe in front. Captions and sentences below a table are left out.
    """
    noted = [any(row[at].note for row in table.rows) for at in range(len(table.columns))]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_headings(table.columns, noted))
    writer.writerows(_fields(row, noted) for row in table.rows)
    return text.getvalue()


def _headings(columns: Sequence[str], noted: Sequence[bool]) -> list[str]:
    """Return the names of the columns; a name that is there again gets its number, and no name is empty."""
    names: list[str] = []
    for column, has_notes in zip(columns, noted, strict=True):
        plain = _plain(column) or "value"
        again = sum(name == plain or name.startswith(f"{plain} #") for name in names)
        name = f"{plain} #{again + 1}" if again else plain
        names += [name, f"{name}: note"] if has_notes else [name]
    return names


def _fields(row: Sequence[Cell], noted: Sequence[bool]) -> Iterator[str]:
    for cell, has_notes in zip(row, noted, strict=True):
        yield csv_field(cell.text)
        if has_notes:
            yield _plain(cell.note)


def csv_field(text: str) -> str:
    """Return the text of a cell as a field of CSV.

    >>> csv_field(f"{MINUS}1.5"), csv_field("+0.3"), csv_field("4,135"), csv_field(NOTHING), csv_field("=1+1")
    ('-1.5', '0.3', '4135', '', "'=1+1")
    """
    if text == NOTHING:
        return ""
    if NUMBER.fullmatch(text):
        return text.replace(MINUS, "-").replace(",", "").removeprefix("+")
    return _plain(text)


def _plain(text: str) -> str:
    """Return text without control characters that no spreadsheet takes for a formula."""
    shown = printable(text)
    return f"'{shown}" if shown.lstrip().startswith(FORMULA) else shown
