"""A report says what ran, how it compares, what is missing and why, in a page that needs nothing but itself."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from common.base.errors import UserError
from common.reporting.report import write_report
from common.store.rows import FIGURES, Row, write_rows

MNIST = Row(
    task="vision/mnist",
    modality="vision",
    seed=0,
    profile="quick",
    data="full",
    objective="cross_entropy",
    detector="msp",
    question="ood",
    model="mlp",
    held_out=None,
    in_dist="MNIST",
    out_dist="Omniglot",
    population="correct",
    n_positive=9850,
    n_negative=9200,
    auroc=0.9651,
    auroc_low=0.9612,
    auroc_high=0.9698,
    ap_positive=0.9712,
    ap_negative=0.9534,
    aupr_positive=0.9713,
    aupr_negative=0.9535,
    base_positive=0.5171,
    base_negative=0.4829,
    fpr95_in=0.1234,
    fpr95_out=0.2345,
    detection_error=0.08,
    mean_msp_positive=0.9976,
    mean_msp_negative=0.8661,
    error=0.0151,
)
ERRORS = replace(
    MNIST, question="misclassification", out_dist=None, population="all", auroc=0.9788, ap_negative=0.4412,
    base_positive=0.985, base_negative=0.015, n_negative=150,
)  # fmt: skip
STAND_IN = replace(MNIST, out_dist="Letters A-J (fonts, for notMNIST)", auroc=0.8123)
REUTERS = replace(
    ERRORS, task="nlp/reuters8", modality="nlp", in_dist="Reuters 6", model="bag_of_words", held_out=("grain", "ship")
)
FACTS = {
    "title": "MNIST digits",
    "in_dist": "MNIST",
    "paper_task": "mnist",
    "row_name": "image",
    "departures": ["Only 5,000 digits"],
    "notes": ["A note for the reader"],
    "dropped": {"empty images": 3},
    "seconds": {"train": 12.0},
}
EDGES = [number / 20 for number in range(21)]
CURVE = {
    "task": "vision/mnist",
    "seed": 0,
    "objective": "cross_entropy",
    "detector": "msp",
    "histogram": {"edges": EDGES, "right": [1] * 20, "wrong": [2] * 20, "ood": {"Omniglot": [3] * 20}},
    "roc": [
        {
            "question": "misclassification",
            "out_dist": None,
            "population": "all",
            "fpr": [0, 0.1, 1],
            "tpr": [0, 0.9, 1],
        },
        {"question": "ood", "out_dist": "Omniglot", "population": "correct", "fpr": [0, 0.2, 1], "tpr": [0, 0.8, 1]},
        {"question": "ood", "out_dist": "Omniglot", "population": "all", "fpr": [0, 0.2, 1], "tpr": [0, 0.8, 1]},
    ],
}


class Report:
    """A written report: its terminal text, Markdown and page."""

    def __init__(self, out: Path, rows: Sequence[Row], run: dict[str, Any]) -> None:
        write_rows(out / "results.jsonl", rows)
        (out / "run.json").write_text(json.dumps(run), encoding="utf-8")
        self.terminal = write_report(out)
        self.markdown = (out / "report.md").read_text(encoding="utf-8")
        self.page = (out / "report.html").read_text(encoding="utf-8")

    def line(self, caption: str, name: str) -> str:
        """The line called ``name`` of the Markdown table whose caption starts with ``caption``."""
        table = next(text for text in self.markdown.split("### ") if text.startswith(caption))
        return next(line for line in table.splitlines() if line.startswith(f"| {name} |"))


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Report]:
    def make(*rows: Row, facts: dict[str, Any] | None = None, **run: Any) -> Report:
        tasks = {"vision/mnist": FACTS | (facts or {}), "nlp/reuters8": {"title": "Reuters", "paper_task": "reuters8"}}
        return Report(tmp_path, rows, {"command": "uv run run_all.py", "profile": "quick", "tasks": tasks} | run)

    return make


Make = Callable[..., Report]


def test_a_published_figure_stands_beside_ours_with_the_difference(report: Make) -> None:
    made = report(ERRORS, MNIST)
    assert "| 96.5 (96.1–97.0) | 96 (+0.5) | 96 (+0.5) |" in made.line("In-distribution against OOD", "Omniglot")
    assert "| 97.9 (96.1–97.0) | 97 (+0.9) | 97.83 (0.0) |" in made.line("Right against wrong", "msp")
    assert "96 (+0.5)" in made.terminal
    assert "paper: 1.69 (−0.2); authors' run: 1.48 (0.0)" in made.markdown


def test_base_rates_stand_beside_every_aupr(report: Make) -> None:
    made = report(ERRORS, MNIST)
    assert "97.1 (base 51.7) | 95.3 (base 48.3)" in made.line("In-distribution against OOD", "Omniglot")
    assert "44.1 (base 1.5)" in made.line("Right against wrong", "msp")


def test_a_stand_in_has_no_published_figure(report: Make) -> None:
    made = report(MNIST, STAND_IN)
    assert "81.2 (96.1–97.0) |  |  | 97.1" in made.line(
        "In-distribution against OOD", "Letters A-J (fonts, for notMNIST)"
    )


def test_a_pool_of_other_sets_says_why_it_has_no_published_figure(report: Make) -> None:
    made = report(MNIST, STAND_IN, replace(MNIST, out_dist="All"))
    assert "The published figures of All cannot be compared with ours: the paper pools CIFAR-10bw" in made.markdown
    assert "mean of the sets" in made.markdown


def test_the_population_is_stated_and_the_other_one_stands_beside_it(report: Make) -> None:
    made = report(MNIST, replace(MNIST, population="all", auroc=0.9433))
    assert "In-distribution here means the correctly classified test images (9,850)." in made.markdown
    assert "AUROC, all test" in made.markdown
    assert made.line("In-distribution against OOD", "Omniglot").endswith("| 94.3 |")


def test_what_did_not_run_stands_with_its_reason_and_remedy(report: Make) -> None:
    remedy = "uv run run_all.py --download imdb"
    made = report(MNIST, not_run=[{"what": "nlp/imdb", "why": "IMDB is not here", "remedy": remedy}])
    for text in (made.terminal, made.markdown, made.page):
        assert f"nlp/imdb: IMDB is not here; fix it with: {remedy}" in text


@pytest.mark.parametrize(("kind", "said"), [("synthetic", "SYNTHETIC DATA"), ("sample", "A SAMPLE of the data")])
def test_data_that_is_not_the_whole_is_said_loudly(report: Make, kind: str, said: str) -> None:
    made = report(replace(MNIST, data=kind))
    for text in (made.terminal, made.markdown, made.page):
        assert said in text
    assert said not in report(MNIST).markdown


def test_departures_notes_and_dropped_rows_are_told(report: Make) -> None:
    made = report(MNIST)
    for said in ("Only 5,000 digits", "A note for the reader", "empty images: 3"):
        assert said in made.markdown
        assert said in made.page


def test_every_figure_is_explained(report: Make) -> None:
    made = report(MNIST)
    for word in ("AUROC: ", "95 % interval: ", "AUPR: ", "Base rate: ", "FPR95 in: ", "MSP: ", "Population: "):
        assert f"- {word}" in made.markdown


def test_intervals_of_tokens_are_said_to_be_too_narrow(report: Make) -> None:
    said = "tokens of one sentence are not, so the true intervals are wider"
    assert said in report(MNIST, facts={"row_name": "token"}).markdown
    assert said not in report(MNIST).markdown


def test_an_utterance_is_counted_as_one_where_groups_are_scored(report: Make) -> None:
    made = report(replace(MNIST, population="all"), facts={"row_name": "frame", "unit": "group", "population": "all"})
    assert "In-distribution here means all test utterances" in made.markdown


def test_seeds_give_mean_spread_and_the_place_of_the_published_draw(report: Make) -> None:
    rows = [
        replace(REUTERS, seed=seed, auroc=auroc, held_out=held_out)
        for seed, auroc, held_out in (
            (0, 0.86, ("grain", "ship")),
            (1, 0.92, ("acq", "trade")),
            (2, 0.94, ("earn", "crude")),
        )
    ]
    made = report(*rows)
    assert "90.7 (± 4.2, 86.0–94.0; 95 %: 96.1–97.0)" in made.line("Right against wrong", "msp")
    assert "| 1 | 1.5 | 92.0 | acq, trade |" in made.markdown
    assert "our 3 draws span 86.0 to 94.0; paper 89 lies within, above 1 of 3;" in made.markdown


def test_one_seed_names_its_held_out_classes(report: Make) -> None:
    assert "Held-out classes of this seed: grain, ship." in report(REUTERS).markdown


def test_ways_of_training_stand_beside_each_other_with_the_mean_over_ood_sets(report: Make) -> None:
    sets = ("Omniglot", "notMNIST", "CIFAR-10bw", "Gaussian", "Uniform")
    rows = [
        replace(MNIST, out_dist=name, objective=objective, detector=detector, auroc=auroc)
        for name in sets
        for objective, detector, auroc in (
            ("cross_entropy", "msp", 0.91),
            ("abnormality", "msp", 0.92),
            ("abnormality", "abnormality", 0.99),
        )
    ]
    made = report(*rows)
    columns = "AUROC: cross_entropy · msp | AUROC: abnormality · msp | AUROC: abnormality · abnormality"
    assert columns in made.line("Comparison of training objectives", "OOD set")
    mean = "| mean of the sets | 91.0 | 92.0 (paper 93) | **99.0** (paper 100) |"
    assert mean in made.line("Comparison of training objectives", "mean of the sets")


def test_scores_are_compared_over_modalities(report: Make) -> None:
    rows = [ERRORS, MNIST, REUTERS, replace(ERRORS, detector="energy", auroc=0.5)]
    made = report(*rows)
    assert "| score | vision: right / wrong | vision: OOD | nlp: right / wrong | nlp: OOD |" in made.markdown
    assert "| msp | 97.9 | 96.5 | 97.9 | – |" in made.markdown
    assert "| energy | 50.0 | – | – | – |" in made.markdown
    assert "2 tasks in 2 modalities (vision and nlp), 1 seed, quick budget" in made.markdown


def test_a_figure_that_is_not_defined_is_a_dash(report: Make) -> None:
    made = report(replace(ERRORS, **dict.fromkeys(FIGURES)), replace(MNIST, **dict.fromkeys(FIGURES)))
    assert not re.search(r"\bnan\b", made.markdown)
    assert made.line("Right against wrong", "msp").startswith("| msp | – |")


def test_names_are_escaped(report: Make) -> None:
    name = "<script>alert('x')</script> & | $x$ _y"
    made = report(replace(MNIST, out_dist=name), facts={"title": name}, curves=[_renamed(CURVE, name)])
    assert "<script" not in made.page
    assert "&lt;script&gt;" in made.page
    assert "\\<script\\>" in made.markdown
    assert " \\| " in made.markdown
    assert _unbalanced(made.page) == []


def _renamed(curve: dict[str, Any], name: str) -> dict[str, Any]:
    histogram = curve["histogram"] | {"ood": {name: [1] * 20}}
    return curve | {"histogram": histogram, "roc": [curve["roc"][1] | {"out_dist": name}]}


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
    assert page.count("<svg") == page.count('role="img" aria-label="') == 3
    assert '<html lang="en">' in page


def _unbalanced(page: str) -> list[str]:
    """Return the tags that are not closed in the order in which they were opened."""

    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.wrong: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "br"):
                self.open.append(tag)

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


def test_noise_levels_become_a_curve(report: Make) -> None:
    rows = [
        replace(MNIST, out_dist="babble", level_db=level, primary=level == 10, auroc=1 - level / 100)
        for level in (20.0, 10.0, 0.0)
    ]
    assert "AUROC over the signal-to-noise ratio" in report(*rows).page
    assert "AUROC over the signal-to-noise ratio" not in report(MNIST).page


def noisy(name: str, level: float | None, auroc: float) -> Row:
    """An OOD row; the task's own level is 10 dB."""
    return replace(MNIST, out_dist=name, level_db=level, primary=level in (None, 10), auroc=auroc)


def test_the_tasks_own_level_is_a_point_of_the_curve(monkeypatch: pytest.MonkeyPatch, report: Make) -> None:
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr("common.reporting.levels.level_curve", lambda lines: drawn.append(dict(lines)) or "")
    rows = [noisy("car", 10.0, 0.9), noisy("car", 5.0, 0.95), noisy("Mandarin", None, 0.7)]
    report(*rows)
    assert drawn == [{"car": [(5.0, 0.95), (10.0, 0.9)]}], "Mandarin comes at no level"


def test_a_table_shows_every_level_with_the_mean_over_the_sets_that_come_at_levels(report: Make) -> None:
    levels = [(10.0, 0.90, 0.80), (5.0, 0.96, 0.84), (20.0, 0.60, 0.70)]
    rows = [noisy(name, level, value) for level, *values in levels for name, value in zip("ab", values, strict=True)]
    made = report(*rows, noisy("Mandarin", None, 0.4))
    assert made.line("AUROC by signal", "OOD set") == "| OOD set | 20 dB | 10 dB, default | 5 dB |"
    assert made.line("AUROC by signal", "a") == "| a | 60.0 | 90.0 | 96.0 |"
    assert made.line("AUROC by signal", "mean of the sets") == "| mean of the sets | 65.0 | 85.0 | 90.0 |"


def test_each_level_has_a_mean_over_its_sets_and_the_own_level_one_over_the_same_sets(report: Make) -> None:
    levels = [(10.0, 0.90, 0.80), (5.0, 0.96, 0.84)]
    rows = [noisy(name, level, value) for level, *values in levels for name, value in zip("ab", values, strict=True)]
    made = report(*rows, noisy("Mandarin", None, 0.4))
    assert "70.0" in made.line("In-distribution against OOD", "mean of the sets")
    assert "85.0" in made.line("OOD sets by noise level", "mean of the sets, 10 dB")
    assert "90.0" in made.line("OOD sets by noise level", "mean of the sets, 5 dB")


def test_additional_sets_have_a_table_of_their_own_and_no_part_in_the_published_pool(report: Make) -> None:
    made = report(noisy("Omniglot", None, 0.9), replace(noisy("Fonts", None, 0.6), primary=False))
    assert "60.0" in made.line("Additional OOD sets", "Fonts")
    assert "OOD sets by noise level" not in made.markdown


def test_groups_of_rows_and_subsets_say_what_they_are(report: Make) -> None:
    rows = [replace(one, primary=False, unit="group", auroc=0.7) for one in (ERRORS, MNIST)]
    seen = replace(ERRORS, primary=False, subset="seen words", auroc=0.8)
    made = report(ERRORS, MNIST, seen, *rows, facts={"row_name": "token"})
    assert "| 80.0 " in made.line("Right against wrong", "msp, seen words")
    assert "| 70.0 " in made.line("Right against wrong", "msp, by sentence")
    assert "| 70.0 " in made.line("In-distribution against OOD, by sentence", "Omniglot")
    assert "96 (" not in made.line("In-distribution against OOD, by sentence", "Omniglot"), "no published figure"
    assert "| 96.5 " in made.line("In-distribution against OOD", "Omniglot")


def test_the_same_run_gives_the_same_report(report: Make) -> None:
    first, second = (report(ERRORS, MNIST, curves=[CURVE]) for _ in range(2))
    assert (first.terminal, first.markdown, first.page) == (second.terminal, second.markdown, second.page)


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


def test_keys_that_are_not_known_are_passed_over(report: Make) -> None:
    assert "MNIST digits" in report(MNIST, facts={"colour": "red"}, colour="blue").markdown


def test_a_task_that_run_json_does_not_know_is_reported_plainly(tmp_path: Path) -> None:
    made = Report(tmp_path, [replace(MNIST, task="own/model", modality="own")], {})
    assert "## own/model" in made.markdown


def test_an_unfinished_run_says_so(report: Make) -> None:
    assert "UNFINISHED" in report(MNIST, finished=False).terminal
    assert "UNFINISHED" not in report(MNIST, finished=True).terminal


def test_results_that_are_not_those_of_the_record_are_told(report: Make) -> None:
    assert "WARNING: results.jsonl does not belong to run.json" in report(MNIST, results_sha256="0" * 64).terminal
    assert "WARNING" not in report(MNIST).terminal, "an earlier record does not say"


def test_a_run_in_which_nothing_ran_still_says_why(report: Make) -> None:
    made = report(not_run=[{"what": "nlp/imdb", "why": "IMDB is not here", "remedy": "get it"}])
    assert "Nothing ran" in made.terminal
    assert "nlp/imdb: IMDB is not here; fix it with: get it" in made.terminal


def test_where_it_comes_from_is_told(report: Make) -> None:
    made = report(MNIST, commit="0123abc", versions={"torch": "2.11.0"}, device="cpu", seeds=[0])
    for said in ("0123abc", "torch 2.11.0", "uv run run_all.py", "vision/mnist 12 s"):
        assert said in made.page


def test_results_cut_short_are_one_line_and_no_report(tmp_path: Path, report: Make) -> None:
    report(MNIST)
    path = tmp_path / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    before = (tmp_path / "report.html").read_bytes()
    with pytest.raises(UserError, match=r"results\.jsonl, line 1: .*; delete the file and run again") as caught:
        write_report(tmp_path)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "report.html").read_bytes() == before


@pytest.mark.parametrize("text", ["{", "[]", '{"tasks": 3}', '{"not_run": [{}]}', '{"seeds": 1}'])
def test_a_damaged_run_file_is_one_line(tmp_path: Path, report: Make, text: str) -> None:
    report(MNIST)
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"run\.json is damaged") as caught:
        write_report(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"run\.json is missing"):
        write_report(tmp_path)
