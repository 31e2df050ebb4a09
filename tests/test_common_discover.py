"""Names on the command line: what they stand for, and a clear word where they stand for nothing."""

import pytest

from common import discover
from common.base.errors import UserError
from common.detector import Detector
from common.discover import load_architecture, load_task, load_user_files, parse_model, resolve_task, task_names
from common.task import Model


def test_a_models_argument_is_its_first_option_in_the_options_type() -> None:
    assert parse_model("nlp", "bag_of_words") == Model("bag_of_words")
    assert parse_model("nlp", "bag_of_words:2000").options == {"words": 2000}


@pytest.mark.parametrize("argument", ["many", "0", "-5", "1.5", ""])
def test_an_argument_that_is_no_number_is_an_error_where_one_is_wanted(argument: str) -> None:
    with pytest.raises(UserError, match="takes a whole number above 0"):
        parse_model("nlp", f"bag_of_words:{argument}")


def test_an_unknown_model_or_task_gets_a_suggestion() -> None:
    with pytest.raises(UserError, match="did you mean 'bag_of_words'"):
        parse_model("nlp", "bag_of_word")
    with pytest.raises(UserError, match=r"did you mean '(nlp/)?reuters8'"):
        resolve_task("reuter8")


def test_a_task_may_be_named_by_its_last_part() -> None:
    assert resolve_task("reuters8") == resolve_task("nlp/reuters8") == "nlp/reuters8"


def test_a_model_named_in_place_of_the_tasks_own_keeps_the_tasks_options_where_it_is_the_same() -> None:
    own = Model("ctc_lstm", {"dropout": 0.5, "beam": 1})
    expected = Model("ctc_lstm", {"dropout": 0.5, "beam": 16}, "16")
    assert parse_model("speech", "ctc_lstm:16").in_place_of(own) == expected
    assert parse_model("speech", "mel_cnn").in_place_of(own) == Model("mel_cnn")


def test_every_task_is_found_by_its_file_and_declares_itself() -> None:
    found = task_names()
    assert {"vision/mnist", "nlp/reuters8", "speech/espeak_phones"} <= set(found) and len(found) == len(set(found))
    assert [name for name in found if name.startswith("nlp/")] == task_names("nlp")
    assert all(load_task(name).title for name in found)


def test_a_last_part_that_two_modalities_have_must_be_given_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "task_names", lambda modality: ["nlp/words", "speech/words"])
    assert resolve_task("speech/words") == "speech/words"
    with pytest.raises(UserError, match="task 'words' is ambiguous: nlp/words, speech/words; give the full name"):
        resolve_task("words")


def test_an_option_or_argument_that_a_model_does_not_have_is_an_error_that_names_the_model() -> None:
    with pytest.raises(UserError, match=r"model 'mlp' does not take these options: .*'wings'"):
        load_architecture("vision", Model("mlp", {"wings": 2}))
    with pytest.raises(UserError, match="model 'resnet18' takes no argument, but '5' was given"):
        parse_model("vision", "resnet18:5")


def test_a_modality_without_a_reader_of_users_files_says_which_have_one() -> None:
    with pytest.raises(UserError, match="--in does not support modality 'smell'; it supports: nlp"):
        load_user_files("smell")


def test_a_copied_detector_that_kept_its_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "_attribute", lambda *where: Detector("energy", "Energy"))
    assert discover.load_detector("energy").name == "energy"
    with pytest.raises(UserError, match="mine.py defines a detector with the name 'energy'; give it the name 'mine'"):
        discover.load_detector("mine")
