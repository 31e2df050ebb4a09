"""The store notices every changed bit, tells it, and makes what was damaged again; leftovers of the dead are swept."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.base.progress import Progress
from common.data.locations import Folders
from common.evaluate import evaluate
from common.experiment import RunOptions
from common.run import Run
from common.selection import Selection
from common.store.files import DamagedFile, read_facts, read_tensors, sweep, write_facts, write_tensors

SELECTION = Selection(("nlp/reuters8",), detectors=("msp", "knn"))


def flipped(path: Path, rng: np.random.Generator) -> None:
    """Flip one random bit of a file."""
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    path.write_bytes(bytes(content))


def run(out: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Run, str]:
    done = evaluate(SELECTION, RunOptions(out=out, folders=Folders((), out / "cache")), Progress(show=True))
    return done, capsys.readouterr().err


def stored(out: Path) -> list[Path]:
    return sorted(file for file in (out / "store").rglob("*") if file.is_file())


def test_every_flipped_bit_of_arrays_and_of_facts_is_noticed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {"logits": rng.normal(size=(4, 3)).astype(np.float32), "labels": np.arange(4), "none": np.zeros((0, 2))}
    facts = {"data": "full", "ood": [["A", None, True]], "held_out": None, "seconds": {"train": 1.5}}
    for number in range(400):
        write_tensors(tmp_path / "a.safetensors", arrays)
        write_facts(tmp_path / "a.json", facts)
        path, read = ((tmp_path / "a.safetensors", read_tensors), (tmp_path / "a.json", read_facts))[number % 2]
        flipped(path, rng)
        with pytest.raises(DamagedFile):
            read(path)


def test_what_was_written_reads_back(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.zeros((0, 2), np.float32)}
    write_tensors(tmp_path / "a", arrays)
    write_facts(tmp_path / "f", {"x": "é", "y": [1.5, None]})
    assert all(np.array_equal(value, arrays[name]) for name, value in read_tensors(tmp_path / "a").items())
    assert read_facts(tmp_path / "f") == {"x": "é", "y": [1.5, None]}


def test_a_well_formed_file_without_a_hash_is_noticed(tmp_path: Path) -> None:
    from safetensors.numpy import save

    (tmp_path / "a").write_bytes(save({"logits": np.ones((2, 2))}))  # well-formed, and without a hash
    with pytest.raises(DamagedFile, match="not what was written"):
        read_tensors(tmp_path / "a")


@pytest.mark.slow
def test_each_damaged_file_of_a_run_is_told_and_made_again_with_equal_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = run(tmp_path, capsys)
    rng = np.random.default_rng(1)
    for file in stored(tmp_path):
        flipped(file, rng)
        if file.name == "model.safetensors":  # read only where outputs are made from it
            next(file.parent.glob("test.safetensors")).unlink()
        again, said = run(tmp_path, capsys)
        assert again.rows == first.rows
        assert f"{file.name}" in said and "it is made again" in said


@pytest.mark.slow
def test_well_formed_nonsense_in_the_record_of_a_training_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = run(tmp_path, capsys)
    (meta,) = (tmp_path / "store").rglob("meta.json")
    for nonsense in ({}, {**read_facts(meta), "ood": 3}, {**read_facts(meta), "ood": [[]]}):
        write_facts(meta, nonsense)
        again, said = run(tmp_path, capsys)
        assert again.rows == first.rows and "it is made again" in said


def test_leftovers_of_dead_processes_are_swept_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, kept = tmp_path / "a" / f".x.json.{dead.pid}.part", tmp_path / f".x.json.{os.getpid()}.part"
    left.parent.mkdir()
    left.write_text("half")
    kept.write_text("half")
    sweep(tmp_path)
    assert not left.exists() and kept.exists()
