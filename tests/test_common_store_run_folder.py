"""The run folder: everything that determines outputs is in its key, and a half-written folder is never read."""

from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.store.files import write_text
from common.store.outputs import OodKey, Outputs
from common.store.provenance import _closure, code_hash
from common.store.run_folder import run_folder

META = {
    "data": "full",
    "held_out": None,
    "split": "published",
    "dropped": {},
    "seconds": {},
    "n_train": 3,
    "n_batched": 3,
}
OUTPUTS = Outputs(np.eye(3, dtype=np.float32), labels=np.array([0, 1, 2]))


def test_any_change_of_an_ingredient_is_another_folder(tmp_path: Path) -> None:
    base = {"budget": {"epochs": 3}, "data": ["ab"], "code": "1"}
    changes = [base, {**base, "budget": {"epochs": 4}}, {**base, "data": ["ac"]}, {**base, "code": "2"}]
    paths = {run_folder(tmp_path, "nlp/a", "cross_entropy", 0, ingredients).path for ingredients in changes}
    paths.add(run_folder(tmp_path, "nlp/a", "cross_entropy", 1, base).path)
    assert len(paths) == 5
    reordered = {"code": "1", "data": ["ab"], "budget": {"epochs": 3}}
    assert run_folder(tmp_path, "nlp/a", "cross_entropy", 0, reordered).path in paths


def test_a_folder_is_complete_only_when_all_of_it_is_there(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "nlp/a", "cross_entropy", 0, {})
    OUTPUTS.save(folder.path / "test.safetensors")
    assert not folder.complete
    keys = [OodKey("a"), OodKey("b", 10.0, primary=False)]
    folder.save(OUTPUTS, dict.fromkeys(keys, OUTPUTS), META)
    assert folder.complete
    test, ood, meta = folder.load()
    assert np.array_equal(test.logits, OUTPUTS.logits) and list(ood) == keys
    assert meta == META
    (folder.path / "ood_01.safetensors").unlink()
    assert not folder.complete


def test_finished_outputs_need_no_checkpoint_any_more(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, "nlp/a", "cross_entropy", 0, {})
    write_text(folder.path / "train.checkpoint", "")
    folder.save(OUTPUTS, {}, META)
    assert not list(folder.path.glob("*.checkpoint"))
    write_text(folder.path / "member0" / "train.checkpoint", "")  # as if killed after the record was written
    folder.load()
    assert not list(folder.path.rglob("*.checkpoint"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"data": "full"}', '{"ood": 3}', '{"ood": []}'])
def test_a_damaged_record_is_one_clear_line(tmp_path: Path, content: str) -> None:
    folder = run_folder(tmp_path, "nlp/a", "cross_entropy", 0, {})
    folder.save(OUTPUTS, {}, META)
    (folder.path / "meta.json").write_text(content)
    with pytest.raises(
        UserError, match=r"meta\.json (cannot be read|lacks|is not what) .*delete it and run again"
    ) as error:
        folder.load()
    assert "\n" not in str(error.value)


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write .*--out"):
        write_text(tmp_path / "file" / "results.jsonl", "")


def test_the_code_hash_follows_imports_and_leaves_reports_out() -> None:
    assert (
        code_hash(("common.training.loop",))
        == code_hash(("common.training.loop",))
        != code_hash(("common.training.predict",))
    )
    closure = _closure(("common.experiment",))
    assert {"common.data.sources", "common.store.outputs", "common.task"} <= closure
    assert not closure & {
        "common.reporting.report",
        "common.metrics.detection",
        "common.metrics.logit_scores",
        "common.cli.run_all",
        "common.evaluate",
    }


def test_seeds_are_those_of_every_process() -> None:
    assert seed_of(0, "train", 1) == 219968077643412045
