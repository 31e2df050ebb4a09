"""Names on the command line: what they stand for, and a clear word where they stand for nothing."""

import pytest

from common.base.errors import UserError
from common.discover import parse_model, resolve_task
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
