"""Outputs refuse what no score could mean, and come back from disk as they went."""

from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.store.outputs import OodKey, Outputs

LOGITS = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 3.0], [1.0, 0.0, 5.0], [9.0, 0.0, 1.0]], dtype=np.float32)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"logits": LOGITS[0]}, "two axes"),
        ({"logits": LOGITS[:0]}, "empty"),
        ({"logits": np.where(LOGITS == 5, np.nan, LOGITS)}, r"NaN in row 2 \(1 of 4 rows"),
        ({"logits": np.where(LOGITS == 5, np.inf, LOGITS)}, r"\+inf in row 2"),
        ({"logits": np.full((2, 2), -np.inf)}, r"nothing but -inf in row 0 \(2 of 2 rows"),
        ({"logits": LOGITS, "labels": np.array([0, 1, 2, 3])}, r"label 3 in row 3 is outside 0\.\.2"),
        ({"logits": LOGITS, "labels": np.array([0, -1, 2, 0])}, "label -1 in row 1"),
        ({"logits": LOGITS, "labels": np.array([0.0, 1.0, 2.0, 0.0])}, "whole numbers"),
        ({"logits": LOGITS, "labels": np.array([0, 1])}, "one value per row"),
        ({"logits": LOGITS, "groups": np.array([0, 2, 2, 3])}, "ascend from 0 in steps of 0 or 1; row 1"),
        ({"logits": LOGITS, "groups": np.array([1, 1, 2, 3])}, "ascend from 0 in steps of 0 or 1; row 0"),
        ({"logits": LOGITS, "features": np.zeros((3, 2))}, "features must be"),
        ({"logits": LOGITS, "groups": np.array([0, 0, 1, 1]), "group_extras": {"edits": np.zeros(4)}}, "edits"),
        ({"logits": LOGITS, "row_extras": {"seen": np.zeros(3)}}, "seen"),
    ],
)
def test_what_no_score_could_mean_is_refused_with_the_place(fields: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Outputs(**fields)


def test_outputs_come_back_from_disk_as_they_went(tmp_path: Path) -> None:
    groups = np.array([0, 0, 1, 2])
    seen, edits = {"seen": np.array([True, False, True, True])}, {"edits": np.array([1, 2, 3])}
    Outputs(LOGITS, LOGITS * 2, np.array([0, 1, 2, 0]), groups, seen, edits, 3).save(tmp_path / "o.safetensors")
    loaded = Outputs.load(tmp_path / "o.safetensors")
    assert np.array_equal(loaded.logits, LOGITS) and np.array_equal(loaded.features, LOGITS * 2)
    assert loaded.units == 3 and loaded.correct.tolist() == [True, True, True, True]
    assert np.array_equal(loaded.row_extras["seen"], seen["seen"])
    assert np.array_equal(loaded.group_extras["edits"], edits["edits"])
    assert loaded.scored_classes == 3
    assert [path.name for path in tmp_path.iterdir()] == ["o.safetensors"], "no temporary file is left"


@pytest.mark.parametrize("keep", [0, 5, 40, -1])
def test_a_truncated_file_is_one_clear_line(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "o.safetensors"
    Outputs(LOGITS).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"o\.safetensors.*delete it and run again") as error:
        Outputs.load(path)
    assert "\n" not in str(error.value)


def test_a_class_that_is_not_scored_is_kept_and_has_no_part_in_any_score() -> None:
    outputs = Outputs(LOGITS, labels=np.array([0, 1, 0, 0]), scored_classes=2)
    assert outputs.logits.shape == (4, 3) and outputs.scored_logits.shape == (4, 2)
    assert outputs.correct.tolist() == [True, True, True, True]
    assert np.array_equal(outputs.logit_scores["max_logit"], [2, 3, 1, 9])


def test_a_set_belongs_to_the_task_s_own_setting_unless_it_says_otherwise() -> None:
    assert OodKey("Omniglot") == OodKey("Omniglot", None, True) != OodKey("Omniglot", primary=False)


def test_one_row_is_a_group_of_its_own() -> None:
    one = Outputs(LOGITS[:1], groups=np.array([0]))
    assert one.units == 1
