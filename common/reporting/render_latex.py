"""Rendering of a report as LaTeX: tables with the rules of ``booktabs``, and a document that holds them all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from common.base.display import printable
from common.reporting.document import Block, Cell, Document, Section, Table, Text
from common.reporting.render_html import is_number

PREAMBLE = r"""% For pdfLaTeX; names in scripts that are not Latin need XeLaTeX or LuaLaTeX and a font that has them.
\documentclass{article}
\usepackage{iftex}
\ifPDFTeX\usepackage[T1]{fontenc}\fi
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{booktabs,graphicx}
\begin{document}
"""

SIGNS = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "`": r"\textasciigrave{}",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "[": "{[}",  # else the option of the line break before it
        "]": "{]}",
        "-": "{-}",  # else two become a dash
        "\N{EN DASH}": "--",
        "\N{MINUS SIGN}": "$-$",
        "\N{PLUS-MINUS SIGN}": r"$\pm$",
        "\N{MIDDLE DOT}": r"$\cdot$",
        "\N{MULTIPLICATION SIGN}": r"$\times$",
        "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
        "\N{NO-BREAK SPACE}": "~",
    }
)
"""Characters that mean something to LaTeX, and signs that its fonts do not have."""


def latex(document: Document, files: Mapping[Table, str]) -> str:
    """Return a document that reads the tables from their files; pictures are left out.

    Args:
        document: the report.
        files: name of the file of each table, relative to the document, without its ending.
    """
    parts = [PREAMBLE, rf"\section*{{{escaped(document.title)}}}", *map(escaped, document.headline)]
    for section in document.sections:
        parts += [rf"\section{{{escaped(section.title)}}}", *_above(section)]
        parts += [text for block in section.blocks for text in _block(block, files)]
        parts.append(r"\clearpage")
    return "\n\n".join([*parts, r"\end{document}"]) + "\n"


def _above(section: Section) -> list[str]:
    marks = [rf"\textbf{{{escaped(mark)}}}" for mark in section.marks]
    return [*marks, *([escaped(section.subtitle)] if section.subtitle else [])]


def _block(block: Block, files: Mapping[Table, str]) -> Iterator[str]:
    if isinstance(block, Table):
        yield rf"\input{{{files[block]}}}"
    if isinstance(block, Text):
        if block.heading:
            yield rf"\subsection*{{{escaped(block.heading)}}}"
        items = [rf"\item {escaped(point)}" for point in block.points]
        yield "\n".join([r"\begin{itemize}", *items, r"\end{itemize}"])


def latex_table(table: Table, label: str) -> str:
    r"""Return a table as a float with caption, notes and ``\label{tab:LABEL}``.

    It needs the packages ``booktabs`` and ``graphicx``. A table wider than a line is made smaller.
    """
    sides = [_side([row[at] for row in table.rows]) for at in range(len(table.columns))]
    lines = [
        r"\begin{table}[htbp]",
        r"\centering\small",
        rf"\caption{{{escaped(table.caption)}}}",
        rf"\label{{tab:{label}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{''.join(['l', *sides[1:]])}}}",
        r"\toprule",
        _line(map(escaped, table.columns)),
        r"\midrule",
        *(_line(map(_cell, row)) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}}",
        *(rf"\par\smallskip\footnotesize {escaped(note)}" for note in table.notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _side(cells: Sequence[Cell]) -> str:
    """Return the side to which a column is aligned: numbers to the right."""
    return "r" if all(map(is_number, cells)) else "l"


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: Cell) -> str:
    text = rf"\textbf{{{escaped(cell.text)}}}" if cell.strong else escaped(cell.text)
    return rf"{text} {{\footnotesize {escaped(cell.note)}}}" if cell.note else text


def escaped(text: str) -> str:
    r"""Return text on one line that LaTeX prints as it is.

    >>> print(escaped("50 % of a_b & C:\\x"))
    50 \% of a\_b \& C:\textbackslash{}x
    """
    return printable(" ".join(text.split(" "))).translate(SIGNS)
