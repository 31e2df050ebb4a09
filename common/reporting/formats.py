"""The files of a report: Markdown, the page, and every table as CSV or LaTeX."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from common.base.arguments import parse_names
from common.base.errors import UserError, did_you_mean
from common.reporting.document import Document, Table
from common.reporting.file_names import file_name
from common.reporting.render_csv import csv_table
from common.reporting.render_html import page
from common.reporting.render_latex import latex, latex_table
from common.reporting.render_text import markdown
from common.store.files import write_text

DEFAULT = ("md", "html")
TABLES = "tables"
"""Folder in the output folder with a file a table; what it held of an earlier report is deleted."""
CARD = "card"
"""What ``--card`` adds to the formats: a model card of the Hub for every trained model."""


def chosen_formats(text: str, card: bool = False) -> tuple[str, ...]:
    """Return the formats that ``--format`` names, and that of ``--card``.

    Raises:
        UserError: the list is empty, or there is no such format.
    """
    named = parse_names("--format", text, _check) or DEFAULT
    return (*named, CARD) if card else named


def _check(name: str) -> None:
    if name not in FORMATS:
        raise UserError(f"unknown format {name!r}{did_you_mean(name, list(FORMATS))}; there are: {', '.join(FORMATS)}")


def write_formats(document: Document, out: Path, formats: Collection[str] = DEFAULT) -> Path:
    """Write the report in these formats to ``out``; return the file to read first: the page, if it is one of them.

    Raises:
        UserError: the folder cannot be written, or the disk is full.
    """
    written = {name: write(document, out) for name, write in FORMATS.items() if name in formats}
    return written.get("html") or next(iter(written.values()))


def _markdown(document: Document, out: Path) -> Path:
    path = out / "report.md"
    write_text(path, markdown(document))
    return path


def _html(document: Document, out: Path) -> Path:
    path = out / "report.html"
    write_text(path, page(document))
    return path


def _csv(document: Document, out: Path) -> Path:
    _clear(out, "csv")
    for name, table in named_tables(document):
        write_text(out / TABLES / f"{name}.csv", csv_table(table))
    return out / TABLES


def _latex(document: Document, out: Path) -> Path:
    _clear(out, "tex")
    files = {}
    for name, table in named_tables(document):
        write_text(out / TABLES / f"{name}.tex", latex_table(table, name))
        files[table] = f"{TABLES}/{name}"
    path = out / "report.tex"
    write_text(path, latex(document, files))
    return path


FORMATS: dict[str, Callable[[Document, Path], Path]] = {"md": _markdown, "html": _html, "csv": _csv, "tex": _latex}
"""What writes each format and returns the file to read first."""


def _clear(out: Path, ending: str) -> None:
    for old in (out / TABLES).glob(f"*.{ending}"):
        old.unlink()


def named_tables(document: Document) -> Iterator[tuple[str, Table]]:
    """Yield every table with the name of its file: section and caption up to its colon, and a number if taken."""
    taken: set[str] = set()
    for section in document.sections:
        for table in section.blocks:
            if isinstance(table, Table):
                yield file_name(f"{section.title} {table.caption.partition(': ')[0]}", taken), table
