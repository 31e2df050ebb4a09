"""A report is a page that needs nothing but itself, and plain lines for a terminal; names from outside harm neither."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from common.reporting.report import write_report
from common.store.rows import FIGURES
from tests.report_files import CURVE, ERRORS, MNIST, Make


def test_names_are_escaped(report: Make) -> None:
    name = "<script>alert('x')</script> & | $x$ _y"
    made = report(replace(MNIST, out_dist=name), facts={"title": name}, curves=[_renamed(CURVE, name)])
    assert "<script" not in made.page
    assert "&lt;script&gt;" in made.page
    assert "\\<script\\>" in made.markdown
    assert " \\| " in made.markdown
    assert _unbalanced(made.page) == []


def _renamed(curve: dict[str, Any], name: str) -> dict[str, Any]:
    confidence = curve["confidence"] | {"ood": {name: [1, 1, 1]}}
    confusion = {"names": [name, "dog"], "counts": [[1, 2], [3, 4]]}
    return curve | {
        "confidence": confidence,
        "roc": [curve["roc"][1] | {"out_dist": name}],
        "confusion": confusion,
    }


def test_the_page_needs_nothing_but_itself(report: Make) -> None:
    page = report(ERRORS, MNIST, curves=[CURVE]).page
    for pattern in (r"<script", r"<link", r"<iframe", r"@import", r'\ssrc="(?!data:)', r"url\((?!#)", r'href="(?!#)'):
        assert not re.search(pattern, page), pattern


def test_the_page_is_well_formed_and_accessible(report: Make) -> None:
    page = report(ERRORS, MNIST, curves=[CURVE]).page
    assert _unbalanced(page) == []
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    links = re.findall(r'href="#([^"]+)"', page)
    assert set(links) <= set(ids)
    named = re.findall(r'<div class="drawing"><svg [^>]*role="img" aria-label="[^"]+"', page)
    assert len(named) == page.count('class="drawing"') == 6
    assert '<html lang="en">' in page


def _unbalanced(page: str) -> list[str]:
    """Return the tags that are not closed in the order in which they were opened."""

    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.wrong: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "br", "img", "wbr"):
                self.open.append(tag)

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            """A part of a drawing that holds nothing."""

        def handle_endtag(self, tag: str) -> None:
            if not self.open or self.open.pop() != tag:
                self.wrong.append(tag)

    checker = Checker()
    checker.feed(page)
    return checker.wrong + checker.open


def test_plots_take_their_colours_from_the_page(report: Make) -> None:
    page = report(ERRORS, MNIST, curves=[CURVE]).page
    assert "var(--right)" in page
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"#0[1-6]0[0-9]0[0-9]", page)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_a_terminal_gets_plain_lines_of_its_width_and_the_summary_last(
    report: Make, width: int, tmp_path: Path
) -> None:
    odd = replace(MNIST, out_dist="a name \x1b[31m in red")
    second = [replace(row, task="vision/a_task_with_a_long_name") for row in (ERRORS, MNIST)]
    report(ERRORS, MNIST, odd, *second, not_run=[{"what": "x", "why": "because " * 40, "remedy": "y"}])
    for full in (False, True):
        text = write_report(tmp_path, full=full, width=width)
        lines = text.split("\nFull report: ")[0].split("\n")
        assert max(map(len, lines)) <= width
        assert all(line.isprintable() for line in lines)
        assert "vision/a_task_with_a_long_name" in text and "…" not in text
        assert text.index("because") < text.index("Summary\n") and ("Right against wrong" in text) == full
        assert r"a name \x1b[31m in red" in text or not full


def test_a_long_name_is_whole_where_a_command_takes_it_and_shortened_where_none_does(report: Make) -> None:
    made = report(ERRORS, replace(MNIST, out_dist="long " * 1000))
    assert max(map(len, made.terminal.splitlines())) <= 140
    assert "long long" in made.terminal and "long long" in made.markdown


def test_a_figure_that_is_not_defined_is_a_dash(report: Make) -> None:
    made = report(replace(ERRORS, **dict.fromkeys(FIGURES)), replace(MNIST, **dict.fromkeys(FIGURES)))
    assert not re.search(r"\bnan\b", made.markdown)
    assert made.line("Right against wrong", "msp").startswith("| msp | – |")
