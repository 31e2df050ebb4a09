"""The report shows inputs from a small file of the run; what is in that file can neither break nor fool the page."""

import re
from typing import Any

import pytest

from common.shown import FILE
from common.store.files import read_facts, write_facts
from tests.report_files import ERRORS, MNIST, PIXEL, REUTERS, Make, entry

HOSTILE = "\x1b[31m<script>alert(1)</script>\u202e\" onerror='x' & | `code` **"


def examples(*entries: dict[str, Any], task: str = "vision/mnist") -> dict[str, Any]:
    return {task: entries}


def test_inputs_stand_with_label_prediction_confidence_and_place(report: Make) -> None:
    made = report(ERRORS, MNIST, examples=examples(entry(), entry("ood", label="", set="Omniglot", msp=0.5)))
    assert made.page.count("<img") == 2 and f"data:image/png;base64,{PIXEL}" in made.page
    assert made.line("Most confident mistakes", "test 7").startswith("| test 7 | 3 | 8 | 99.9900 % | 1 x 1 pixels |")
    assert made.line("Most confident OOD inputs", "Omniglot 7").startswith("| Omniglot 7 | 8 | 50.0 % |")
    assert "test 7" in made.terminal and "Omniglot 7" not in made.terminal, "a terminal shows the mistakes"
    assert 'alt="test 7, label 3, prediction 8, MSP 99.9900' in made.page


def test_a_text_is_shown_with_the_judged_token_marked(report: Make) -> None:
    text = entry(text="I like it", marked=[2, 6], image="", about="")
    made = report(REUTERS, examples=examples(text, task="nlp/reuters8"))
    assert ">I <mark>like</mark> it</blockquote>" in made.page
    assert "| I like it |" in made.markdown


def test_a_sound_has_a_player(report: Make) -> None:
    page = report(ERRORS, MNIST, examples=examples(entry(sound=PIXEL, sound_type="audio/mpeg"))).page
    assert f'<audio controls preload="metadata" src="data:audio/mpeg;base64,{PIXEL}" aria-label=' in page


def test_hostile_texts_and_names_harm_neither_page_nor_terminal(report: Make) -> None:
    names = dict.fromkeys(("label", "predicted", "set", "about"), HOSTILE)
    made = report(ERRORS, MNIST, examples=examples(entry(text=HOSTILE, marked=[0, 4], **names)))
    assert "<script" not in made.page and " onerror='" not in made.page and "\u202e" not in made.page
    for text in (made.page, made.markdown, made.terminal):
        assert "\x1b" not in text
    assert "\\<script\\>" in made.markdown


@pytest.mark.parametrize("image", ["", "not base64!", "PHNjcmlwdD4=", 'x" onload="alert(1)'])
def test_what_is_no_png_is_not_shown_as_one(report: Make, image: str) -> None:
    assert "<img" not in report(ERRORS, MNIST, examples=examples(entry(image=image))).page


def test_another_media_type_is_no_sound(report: Make) -> None:
    assert "<audio" not in report(ERRORS, MNIST, examples=examples(entry(sound=PIXEL, sound_type="text/html"))).page


def test_the_first_kind_is_open_and_the_others_are_folded(report: Make) -> None:
    page = report(ERRORS, MNIST, examples=examples(entry("doubtful"), entry("ood"), entry("mistakes"))).page
    found = re.findall(r'<details class="examples"( open)?><summary>(.*?)</summary>', page)
    assert found == [
        (" open", "Most confident mistakes"),
        ("", "Most confident OOD inputs"),
        ("", "Least confident right answers"),
    ]


def test_damaged_examples_are_told_and_the_rest_is_reported(report: Make) -> None:
    made = report(ERRORS, MNIST, examples=examples(entry()))
    file = made.out / FILE
    file.write_bytes(file.read_bytes().replace(b'"8"', b'"9"'))
    again = report(ERRORS, MNIST)
    assert "No examples are shown: examples.json is not what was written: its hash differs." in again.markdown
    assert "<img" not in again.page and "97.9" in again.page


def test_examples_of_other_results_are_told_and_not_shown(report: Make) -> None:
    made = report(ERRORS, MNIST, examples=examples(entry()))
    facts = read_facts(made.out / FILE)
    write_facts(made.out / FILE, {**facts, "results": "0" * 64})
    again = report(ERRORS, MNIST)
    assert "examples.json belongs to other results than results.jsonl" in again.markdown and "<img" not in again.page


@pytest.mark.parametrize("tasks", [3, {"vision/mnist": []}, {"vision/mnist": {"entries": [{"kind": "mistakes"}]}}])
def test_examples_of_another_format_are_told(report: Make, tasks: Any) -> None:
    made = report(ERRORS, MNIST, examples=examples(entry()))
    write_facts(made.out / FILE, {**read_facts(made.out / FILE), "tasks": tasks})
    assert "No examples are shown: examples.json has another format." in report(ERRORS, MNIST).markdown


def test_a_run_without_examples_says_nothing_of_them(report: Make) -> None:
    made = report(ERRORS, MNIST)
    assert "xamples are shown" not in made.terminal and "Most confident" not in made.page
