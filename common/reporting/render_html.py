"""Rendering of a report as one self-contained HTML page."""

import re
from pathlib import Path

from common.base.display import printable
from common.reporting.document import Cell, Document, Gallery, Plots, Table

WIDE = 9
"""Columns of a table up to which paper holds it in letters of the usual size."""

WIDEST = 12
"""Columns of a table up to which their names are written across; beyond, they stand upright."""

TEMPLATES = Path(__file__).parent / "templates"


def page(document: Document) -> str:
    """Return the report as HTML with embedded style and plots; all text is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.finalize = lambda value: printable(value) if type(value) is str else value  # Markup stays as it is
    environment.filters |= {"slug": slug, "drawing": Markup}
    environment.tests |= {
        "table": lambda block: isinstance(block, Table),
        "gallery": lambda block: isinstance(block, Gallery),
        "plots": lambda block: isinstance(block, Plots),
        "number": is_number,
        "dense": lambda table: len(table.columns) > WIDEST,
        "wide": lambda table: len(table.columns) > WIDE,
    }
    return environment.get_template("report.html.j2").render(document=document)


def slug(title: str) -> str:
    """Return the anchor name of a title.

    >>> slug("Reuters-8 (nlp/reuters8)")
    'reuters-8-nlp-reuters8'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def is_number(cell: Cell) -> bool:
    """Whether a cell holds a number, which is aligned to the right."""
    return re.fullmatch(r"[-+\N{MINUS SIGN}\N{EN DASH}]?[\d.,\N{EN DASH}]*", cell.text) is not None
