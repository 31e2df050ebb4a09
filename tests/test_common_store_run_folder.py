"""The run folder: everything that determines outputs is in its key, and a half-written folder is never read."""

from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.base.seeds import seed_of
from common.store.files import DamagedFile, read_facts, write_facts, write_tensors, write_text
from common.store.outputs import OodKey, Outputs
from common.store.run_folder import RunFolder, run_folder

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


def stored(tmp_path: Path) -> RunFolder:
    """A folder with weights, outputs and their record."""
    folder = run_folder(tmp_path, "nlp/a", "cross_entropy", 0, {})
    write_tensors(folder.weights, {"weight": np.zeros(3)})
    folder.save(OUTPUTS, {OodKey("a"): OUTPUTS}, META)
    return folder


def test_the_record_has_the_hash_of_the_weights_and_notices_others(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    folder.check_weights()
    write_tensors(folder.weights, {"weight": np.ones(3)})
    with pytest.raises(DamagedFile, match=r"model\.safetensors is not what was written"):
        folder.check_weights()
    record = folder.path / "meta.json"
    before = read_facts(record)["files"]
    folder.record_weights()
    folder.check_weights()
    after = read_facts(record)["files"]
    assert {name for name in after if after[name] != before[name]} == {"model.safetensors"}
    time = record.stat().st_mtime_ns
    folder.record_weights()
    assert record.stat().st_mtime_ns == time, "nothing is written where the record agrees"


def test_weights_or_a_record_that_is_not_there_is_no_damage(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    folder.weights.unlink()
    folder.check_weights()
    folder.record_weights()
    assert "model.safetensors" in read_facts(folder.path / "meta.json")["files"]
    folder.discard()
    folder.check_weights()
    folder.record_weights()
    assert list(folder.path.iterdir()) == []


def test_what_is_discarded_is_the_outputs_and_their_record_and_nothing_else(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    write_text(folder.path / "probes" / "a.json", "")
    folder.discard()
    left = {file.relative_to(folder.path).as_posix() for file in folder.path.rglob("*") if file.is_file()}
    assert left == {"model.safetensors", "probes/a.json"} and not folder.complete


@pytest.mark.parametrize("change", [{"n_train": "3"}, {"seconds": {"train": None}}, {"dropped": 3}, {"data": None}])
def test_a_record_with_facts_of_another_kind_is_damaged(tmp_path: Path, change: dict[str, object]) -> None:
    folder = stored(tmp_path)
    record = folder.path / "meta.json"
    write_facts(record, {**read_facts(record), **change})
    with pytest.raises(DamagedFile, match=f"lacks {next(iter(change))};"):
        folder.load()


def test_the_folder_s_name_has_task_objective_seed_and_sixteen_digits(tmp_path: Path) -> None:
    name = run_folder(tmp_path, "nlp/a", "oe", 7, {}).path.relative_to(tmp_path / "store" / "nlp" / "a").as_posix()
    assert name.startswith("oe-seed7-") and len(name) == len("oe-seed7-") + 16


def test_seeds_are_those_of_every_process() -> None:
    assert seed_of(0, "train", 1) == 219968077643412045
