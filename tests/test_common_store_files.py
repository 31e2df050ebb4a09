"""Files of the store: sealed with content and place, written whole or not at all, swept when left behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.base.project import ROOT
from common.store import files
from common.store.files import (
    HOST,
    DamagedFile,
    check_writable,
    checksum,
    delete,
    read_facts,
    read_tensors,
    remove_below,
    sweep,
    write_atomically,
    write_facts,
    write_tensors,
    write_text,
)


def flip(path: Path, rng: np.random.Generator) -> None:
    """Flip one random bit of a file."""
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    path.write_bytes(bytes(content))


def test_every_flipped_bit_of_arrays_and_of_facts_is_noticed_without_a_record(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {"logits": rng.normal(size=(4, 3)).astype(np.float32), "labels": np.arange(4), "none": np.zeros((0, 2))}
    facts = {"data": "full", "ood": [["A", None, True]], "held_out": None, "seconds": {"train": 1.5}}
    for number in range(200):
        write_tensors(tmp_path / "a.safetensors", arrays)
        write_facts(tmp_path / "a.json", facts)
        path, read = ((tmp_path / "a.safetensors", read_tensors), (tmp_path / "a.json", read_facts))[number % 2]
        flip(path, rng)
        with pytest.raises(DamagedFile):
            read(path)


def test_a_checkpoint_of_another_seed_is_noticed(tmp_path: Path) -> None:
    one, other = (tmp_path / f"cross_entropy-seed{seed}-1f" / "train.checkpoint" for seed in (0, 1))
    write_tensors(one, {"epochs_done": np.array(3)})
    other.parent.mkdir()
    shutil.copyfile(one, other)
    assert read_tensors(one)["epochs_done"] == 3
    with pytest.raises(DamagedFile, match=r"train\.checkpoint is not what was written"):
        read_tensors(other)


def test_an_output_folder_may_be_moved(tmp_path: Path) -> None:
    file = Path("store/vision/mnist/cross_entropy-seed0-1f/test.safetensors")
    write_tensors(tmp_path / "a" / file, {"x": np.arange(3)})
    (tmp_path / "a").rename(tmp_path / "b")
    assert read_tensors(tmp_path / "b" / file)["x"].tolist() == [0, 1, 2]


def test_what_was_written_reads_back(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.zeros((0, 2), np.float32)}
    recorded = write_tensors(tmp_path / "a", arrays)
    write_facts(tmp_path / "f", {"x": "é", "y": [1.5, None]})
    read = read_tensors(tmp_path / "a", recorded)
    assert all(np.array_equal(value, arrays[name]) for name, value in read.items()) and read.keys() == arrays.keys()
    assert read_facts(tmp_path / "f") == {"x": "é", "y": [1.5, None]}


def test_what_is_recorded_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    recorded = write_tensors(tmp_path / "a", {"x": np.arange(3)})
    assert recorded == files.hash_of(tmp_path / "a") == files.sha256(tmp_path / "a") and len(recorded) == 64


def test_a_well_formed_file_without_a_seal_is_noticed(tmp_path: Path) -> None:
    from safetensors.numpy import save

    (tmp_path / "a").write_bytes(save({"logits": np.ones((2, 2))}))
    with pytest.raises(DamagedFile, match="not what was written"):
        read_tensors(tmp_path / "a")


def test_leftovers_of_dead_processes_are_swept_and_those_of_the_living_and_of_other_machines_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / "a" / f".x.json.{dead.pid}@{HOST}.part"
    kept = [tmp_path / f".x.json.{os.getpid()}@{HOST}.part", tmp_path / f".x.json.{dead.pid}@elsewhere.part"]
    left.parent.mkdir()
    for file in (left, *kept):
        file.write_text("half")
    sweep(tmp_path)
    assert not left.exists() and all(file.exists() for file in kept)


def test_what_is_deleted_is_gone_and_what_cannot_be_deleted_is_named(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "")
    delete(tmp_path / "a")
    delete(tmp_path / "a")
    assert not (tmp_path / "a").exists()
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="cannot delete .*folder: "):
        delete(tmp_path / "folder")


def test_what_a_killed_write_leaves_is_swept(tmp_path: Path) -> None:
    dying = "import os, pathlib; from common.store.files import write_atomically as write"
    target = tmp_path / "a.json"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{dying}; write(pathlib.Path({str(target)!r}), lambda part: (part.touch(), os._exit(9)))",
        ],
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 9 and len(list(tmp_path.iterdir())) == 1
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_flushed_whole_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, flushed, flush = tmp_path / "a.txt", [], os.fsync

    def seen(file: int) -> None:
        flush(file)
        flushed.append((os.fstat(file).st_ino, os.fstat(file).st_size, path.exists()))

    monkeypatch.setattr(os, "fsync", seen)
    write_text(path, "whole")
    assert flushed == [(path.stat().st_ino, len("whole"), False)], "the file flushed is the file named, not a copy"


def test_who_reads_a_file_while_it_is_replaced_reads_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old " * 10_000)
    with path.open() as file:
        start = file.read(4)
        write_text(path, "new " * 10_000)
        assert start + file.read() == "old " * 10_000
    assert path.read_text() == "new " * 10_000


def test_an_earlier_version_of_a_file_is_noticed_by_the_record(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    earlier = write_tensors(path, {"x": np.arange(3)})
    recorded = write_tensors(path, {"x": np.arange(4)})
    assert len(read_tensors(path, recorded)["x"]) == len(read_tensors(path)["x"]) == 4
    for wrong in (earlier, ""):
        with pytest.raises(DamagedFile, match=r"a\.safetensors is not what was written"):
            read_tensors(path, wrong)
    path.unlink()
    with pytest.raises(DamagedFile, match=r"a\.safetensors cannot be read .*; delete it and run again"):
        read_tensors(path, recorded)


def test_a_folder_is_tried_before_work_begins_and_left_as_it_was(tmp_path: Path) -> None:
    for _ in range(2):
        check_writable(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is a file; name a folder with --out"):
        check_writable(tmp_path / "file")
    with pytest.raises(UserError, match="cannot write .*--out"):
        check_writable(tmp_path / "file" / "out")


def test_a_file_of_no_training_may_be_moved_alone(tmp_path: Path) -> None:
    write_facts(tmp_path / "one" / "examples.json", {"results": "1f"})
    (tmp_path / "one" / "examples.json").rename(tmp_path / "examples.json")
    assert read_facts(tmp_path / "examples.json") == {"results": "1f"}


@pytest.mark.parametrize("reason", [OSError(28, "No space left on device"), OSError("No space left on device")])
def test_a_file_is_whole_or_not_there(tmp_path: Path, reason: OSError) -> None:
    write_text(tmp_path / "a.txt", "old")

    def fail(part: Path) -> None:
        part.write_text("half")
        raise reason

    with pytest.raises(UserError, match=r"cannot write .*a\.txt: No space left on device; free the space"):
        write_atomically(tmp_path / "a.txt", fail)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_what_another_process_deletes_meanwhile_keeps_nothing_else_from_being_deleted(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).touch()

    def gone(file: Path) -> bool:
        file.unlink()
        return True

    remove_below(tmp_path, "?", gone)
    assert list(tmp_path.iterdir()) == []


def test_where_processes_cannot_be_seen_no_temporary_file_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f".x.json.{2**70}@{HOST}.part").touch()  # a number that no process here can have
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".x.json.{dead.pid}@{HOST}.part").touch()
    monkeypatch.setattr(sys, "platform", "win32")
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_checksum_of_a_file_is_of_its_content_and_that_of_a_folder_of_names_sizes_and_times(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name in ("a", "sub/b"):
        write_text(folder / name, "text")
        os.utime(folder / name, (1, 1))
    assert checksum(folder / "a") == checksum(folder / "sub/b") == files.hash_of(folder / "a")
    seen = [checksum(folder)]
    os.utime(folder / "sub/b", (2, 2))
    seen.append(checksum(folder))
    (folder / "a").rename(folder / "c")
    seen.append(checksum(folder))
    (folder / "c").write_text("texts")
    os.utime(folder / "c", (1, 1))
    seen.append(checksum(folder))
    assert len(set(seen)) == 4 and checksum(folder) == seen[-1]
