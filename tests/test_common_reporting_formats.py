"""A report comes in the formats that are asked for, and every table is whole in each of them."""

import csv
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from common.base.errors import UserError
from common.base.project import ROOT
from common.discover import load_study
from common.reporting.document import MINUS, NOTHING, Cell, Document, Section, Table, Text
from common.reporting.formats import chosen_formats, named_tables, write_formats
from common.reporting.recorded import RECORDED
from common.reporting.render_csv import csv_table
from common.reporting.render_html import is_number
from common.reporting.render_latex import escaped, latex, latex_table
from common.reporting.report import build, write_report
from common.reporting.study_page import StudyResults, write_study
from common.store.rows import read_rows
from common.store.run_record import read_record

HOSTILE = r"50 % of a_b & {C:\new} ~^ $x$ # [h] <t> | ``q`` -- Größe"
"""Every sign that LaTeX reads as a command, an option of one, or a ligature."""

TABLE = Table(
    caption=HOSTILE,
    columns=("name", HOSTILE, "difference", "difference"),
    rows=(
        (Cell("a,b"), Cell("4,135", "base 4.5"), Cell(f"{MINUS}1.5"), Cell("+0.3")),
        (Cell('"quoted"'), Cell(NOTHING), Cell("97.6", strong=True), Cell("[0.5]")),
        (Cell("=cmd()"), Cell("12\N{EN DASH}14"), Cell(HOSTILE, HOSTILE), Cell("")),
    ),
    notes=(HOSTILE,),
)
DOCUMENT = Document(
    title=HOSTILE,
    headline=(HOSTILE,),
    summary=(Section("Summary", (TABLE, Text((HOSTILE,), heading=HOSTILE), TABLE)),),
    tasks=(),
    closing=(Section(HOSTILE, (TABLE,), subtitle=HOSTILE, marks=(HOSTILE,)),),
)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    """The reports of three recorded runs, one a modality."""
    runs = [RECORDED / name for name in ("vision-mnist", "nlp-reuters52", "speech-commands")]
    return [build(read_record(run / "run.json"), read_rows(run / "results.jsonl")) for run in runs]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    shutil.copytree(RECORDED / "vision-mnist", tmp_path / "run")
    return tmp_path / "run"


def test_every_table_of_recorded_runs_reads_back_from_csv(documents: list[Document]) -> None:
    tables = [table for document in documents for _, table in named_tables(document)]
    assert len(tables) > 30
    for table in tables:
        text = csv_table(table)
        lines = list(csv.reader(io.StringIO(text)))
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        assert [list(frame.columns), *frame.to_numpy().tolist()] == lines
        assert [line[0] for line in lines[1:]] == [row[0].text for row in table.rows]
        notes = sum(any(row[at].note for row in table.rows) for at in range(len(table.columns)))
        assert frame.shape == (len(table.rows), len(table.columns) + notes)


def number(cell: Cell) -> float:
    return float(cell.text.replace(MINUS, "-").replace(",", "").strip(NOTHING) or "nan")


def test_a_column_of_figures_is_a_column_of_numbers(documents: list[Document]) -> None:
    found = 0
    for document in documents:
        for _, table in named_tables(document):
            frame = pd.read_csv(io.StringIO(csv_table(table)))
            names = [name for name in frame.columns if not name.endswith(": note")]
            for at, name in enumerate(names):
                cells = [row[at] for row in table.rows]
                if all(is_number(cell) and NOTHING not in cell.text.strip(NOTHING) for cell in cells):
                    shown = [number(cell) for cell in cells]
                    assert frame[name].astype(float).tolist() == pytest.approx(shown, nan_ok=True)
                    found += 1
    assert found > 100


def test_csv_keeps_names_numbers_notes_and_equal_headings_apart() -> None:
    frame = pd.read_csv(io.StringIO(csv_table(TABLE)), keep_default_na=False)
    assert list(frame.columns) == [
        "name",
        HOSTILE,
        f"{HOSTILE}: note",
        "difference",
        "difference: note",
        "difference #2",
    ]
    assert frame.iloc[0].tolist() == ["a,b", "4135", "base 4.5", "-1.5", "", "0.3"]
    assert frame.iloc[1].tolist() == ['"quoted"', "", "", "97.6", "", "[0.5]"]


def test_text_that_a_spreadsheet_would_compute_is_kept_as_text() -> None:
    assert "'=cmd()," in csv_table(TABLE)


def unescaped(text: str) -> str:
    """LaTeX without what stands for a printed sign or a sign of mathematics."""
    return re.sub(r"\\[&%$#_{}]|\$(-|\\pm|\\cdot|\\times)\$", "", text)


@pytest.mark.parametrize("text", [HOSTILE, "\\", "{", "}", "$", "a\n\nb", "%%", "\\end{tabular}"])
def test_no_name_is_a_command_of_latex(text: str) -> None:
    left = unescaped(escaped(text))
    commands = re.findall(r"\\[a-z]+", left)
    assert set(commands) <= {rf"\text{name}" for name in NAMES}
    assert not re.search(r"[&%$#_^|<>\"`]|--", re.sub(r"\\[a-z]+", "", left))
    assert left.count("{") == left.count("}")


NAMES = ("backslash", "asciitilde", "asciicircum", "less", "greater", "bar", "quotedbl", "asciigrave")


def test_a_table_of_latex_is_balanced_and_has_a_cell_a_column(documents: list[Document]) -> None:
    tables = [TABLE, *(table for document in documents for _, table in named_tables(document))]
    for table in tables:
        text = unescaped(latex_table(table, "label"))
        assert text.count("{") == text.count("}")
        assert re.findall(r"\\(?:begin|end)\{(\w+)\}", text) == ["table", "tabular", "tabular", "table"]
        lines = [line for line in text.splitlines() if line.endswith(r" \\")]
        assert [line.count("&") for line in lines] == [len(table.columns) - 1] * (1 + len(table.rows))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_the_document_compiles(tmp_path: Path) -> None:
    write_formats(DOCUMENT, tmp_path, ("tex",))
    command = ["pdflatex", "-draftmode", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_document_reads_every_table_and_escapes_every_text(tmp_path: Path) -> None:
    write_formats(DOCUMENT, tmp_path, ("tex",))
    text = (tmp_path / "report.tex").read_text(encoding="utf-8")
    read = re.findall(r"\\input\{(.*)\}", text)
    assert len(read) == 3 and all((tmp_path / f"{name}.tex").is_file() for name in read)
    assert HOSTILE not in text and text.count(escaped(HOSTILE)) == 7
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert latex(DOCUMENT, {TABLE: "x"}) == latex(DOCUMENT, {TABLE: "x"})


def test_each_table_has_a_file_of_its_own_name() -> None:
    names = [name for name, _ in named_tables(DOCUMENT)]
    assert len(set(names)) == len(names) == 3
    assert all(re.fullmatch(r"[a-z0-9-]{1,103}", name) for name in names)


def test_only_the_formats_asked_for_are_written_and_tables_of_an_earlier_report_go(run: Path) -> None:
    (run / "tables").mkdir()
    (run / "tables" / "of-another-run.csv").write_text("x")
    said = write_report(run, formats=("csv",))
    assert said.endswith("tables\n")
    assert {path.name for path in run.iterdir()} == {"results.jsonl", "run.json", "tables"}
    names = {path.name for path in (run / "tables").iterdir()}
    assert "summary-all-tasks.csv" in names and "of-another-run.csv" not in names
    assert {Path(name).suffix for name in names} == {".csv"}


def test_without_a_choice_the_report_is_markdown_and_a_page(run: Path) -> None:
    write_report(run)
    assert {path.name for path in run.iterdir()} == {"results.jsonl", "run.json", "report.md", "report.html"}


def test_a_studys_figures_come_in_the_formats_asked_for(tmp_path: Path) -> None:
    figures = {name: {"near AUROC": 90.25, "far AUROC": 80.5} for name in ("MSP", "headlines")}
    said = write_study(StudyResults(load_study("which_outlier_texts"), [figures]), tmp_path, ("csv",))
    (path,) = (tmp_path / "tables").iterdir()
    frame = pd.read_csv(path, index_col=0)
    assert frame.loc["headlines", "near AUROC"] == pytest.approx(90.25, abs=0.06)
    assert said.endswith("tables\n") and not (tmp_path / "report.html").exists()


def test_an_unknown_format_is_refused_with_what_there_is() -> None:
    with pytest.raises(
        UserError, match=r"unknown format 'htm' \(did you mean 'html'\?\); there are: md, html, csv, tex"
    ):
        chosen_formats("md,htm")


def test_rendering_again_needs_neither_torch_nor_data(run: Path) -> None:
    code = (
        "import runpy, sys; sys.modules['torch'] = None; sys.argv = ['reporting', *sys.argv[1:]]\n"
        "runpy.run_module('common.reporting', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(run), "--format", "md,html,csv,tex"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (run / "report.html").is_file() and done.stdout.rstrip().endswith("report.html")
