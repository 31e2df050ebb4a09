"""A report says what ran, what is missing and why, and refuses files that are damaged."""

from dataclasses import replace
from pathlib import Path

import pytest

from common.base.errors import UserError
from common.reporting.report import write_report
from tests.report_files import CURVE, ERRORS, MNIST, REUTERS, Make, Report


def test_what_did_not_run_stands_with_its_reason_and_remedy(report: Make) -> None:
    remedy = "uv run run_all.py --download imdb"
    made = report(MNIST, not_run=[{"what": "nlp/imdb", "why": "IMDB is not here", "remedy": remedy}])
    for text in (made.terminal, made.markdown, made.page):
        assert f"nlp/imdb: IMDB is not here; fix it with: {remedy}" in text


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


def test_the_same_run_gives_the_same_report(report: Make) -> None:
    first, second = (report(ERRORS, MNIST, curves=[CURVE]) for _ in range(2))
    assert (first.terminal, first.markdown, first.page) == (second.terminal, second.markdown, second.page)


def test_scores_are_compared_over_modalities(report: Make) -> None:
    rows = [ERRORS, MNIST, REUTERS, replace(ERRORS, detector="energy", auroc=0.5)]
    made = report(*rows)
    assert "| score | vision: right / wrong | vision: OOD | nlp: right / wrong | nlp: OOD |" in made.markdown
    assert "| msp | 97.9 | 96.5 | 97.9 | – |" in made.markdown
    assert "| energy | 50.0 | – | – | – |" in made.markdown
    assert "2 tasks in 2 modalities (vision and nlp), 1 seed, quick budget" in made.markdown


@pytest.mark.parametrize(("kind", "said"), [("synthetic", "SYNTHETIC DATA"), ("sample", "A SAMPLE of the data")])
def test_data_that_is_not_the_whole_is_said_loudly(report: Make, kind: str, said: str) -> None:
    made = report(replace(MNIST, data=kind))
    for text in (made.terminal, made.markdown, made.page):
        assert said in text
    assert said not in report(MNIST).markdown
