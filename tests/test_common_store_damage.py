"""The store notices what is not what was written, tells it, and makes that and nothing else again."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.base.progress import Progress
from common.data.locations import Folders
from common.discover import load_detector
from common.evaluate import rows_of
from common.experiment import Experiment, RunOptions
from common.probed import ProbeFile
from common.store.files import DamagedFile, read_facts, read_tensors, write_facts, write_tensors
from common.store.rows import Row
from common.store.run_folder import RunFolder
from common.training.weights import restore_weights
from tests.small_runs import small

TASK, OBJECTIVE, SEEDS = "vision/mnist", "cross_entropy", (0, 1)


@pytest.fixture(scope="module", autouse=True)
def _small_task() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vision.tasks.mnist.TASK", small(TASK))
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Row]]:
    """Two trainings, which differ in their seed, and their rows."""
    out = tmp_path_factory.mktemp("finished")
    return out, rows(out)


@pytest.fixture
def out(finished: tuple[Path, list[Row]], tmp_path: Path) -> Path:
    """A copy of them, to be damaged."""
    shutil.copytree(finished[0], tmp_path / "out")
    return tmp_path / "out"


def rows(out: Path) -> list[Row]:
    options = RunOptions(out=out, folders=Folders((), out / "cache"))
    detectors = [load_detector("msp"), load_detector("knn")]
    experiments = [Experiment(TASK, seed, options, Progress(show=True)) for seed in SEEDS]
    return [row for one in experiments for row in rows_of(one, OBJECTIVE, detectors)]


def training(out: Path, seed: int) -> Path:
    (folder,) = out.glob(f"store/*/*/*-seed{seed}-*")
    return folder


def stored(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells each file of a training from one that was written anew: number and time."""
    found = {file: file.stat() for file in folder.rglob("*") if file.is_file()}
    return {file.relative_to(folder).as_posix(): (one.st_ino, one.st_mtime_ns) for file, one in found.items()}


def flip(path: Path, rng: np.random.Generator) -> None:
    """Flip one random bit of a file."""
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    path.write_bytes(bytes(content))


MADE_AGAIN = {
    "meta.json": {"meta.json", "test.safetensors", "ood_00.safetensors", "ood_01.safetensors"},
    "test.safetensors": {"meta.json", "test.safetensors", "ood_00.safetensors", "ood_01.safetensors"},
    "ood_01.safetensors": {"meta.json", "test.safetensors", "ood_00.safetensors", "ood_01.safetensors"},
    "model.safetensors": set(),
    "probes/{}.json": {"probes/{}.json", "probes/{}.safetensors"},
    "probes/{}.safetensors": {"probes/{}.json", "probes/{}.safetensors"},
}
"""Each kind of file, and which files are written anew where it is not what was written."""


def made_again(kind: str, out: Path) -> tuple[str, set[str]]:
    """The name of a file of a kind in the training of seed 1, and of those that are written anew with it."""
    (probe,) = (file.stem for file in (training(out, 1) / "probes").glob("*.json"))
    return kind.format(probe), {name.format(probe) for name in MADE_AGAIN[kind]}


def check_mended(
    finished: tuple[Path, list[Row]],
    out: Path,
    kind: str,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[..., None],
) -> None:
    """Damage a file of a kind: one line tells it, the rows are the same, and what was whole was not touched."""
    folder = training(out, 1)
    name, anew = made_again(kind, out)
    before = stored(folder)
    damage(folder / name)
    capsys.readouterr()
    assert rows(out) == finished[1]
    told = [line for line in capsys.readouterr().err.splitlines() if "it is made again" in line]
    assert len(told) == 1 and str(folder / name) in told[0] and "seed 1" in told[0]
    after = stored(folder)
    lost = {name} if kind == "model.safetensors" else set()  # made again where it is needed
    assert after.keys() == before.keys() - lost
    assert {one for one in after if after[one] != before[one]} == anew
    assert rows(out) == finished[1] and "it is made again" not in capsys.readouterr().err


@pytest.mark.parametrize("kind", MADE_AGAIN)
def test_a_whole_file_of_another_seed_is_told_and_made_again_and_nothing_else_is_lost(
    finished: tuple[Path, list[Row]], out: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, _ = made_again(kind, out)
    check_mended(finished, out, kind, capsys, lambda path: shutil.copyfile(training(out, 0) / name, path))


def stale(path: Path) -> None:
    """Write other arrays as the store does: well-formed, with a seal, in their place, and not what is recorded."""
    write_tensors(path, {name: value + value.dtype.type(1) for name, value in read_tensors(path).items()})


@pytest.mark.parametrize("kind", [kind for kind in MADE_AGAIN if kind.endswith(".safetensors")])
def test_another_version_of_a_file_is_told_and_made_again(
    finished: tuple[Path, list[Row]], out: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check_mended(finished, out, kind, capsys, stale)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MADE_AGAIN)
def test_a_flipped_bit_is_told_and_what_it_damaged_is_made_again(
    finished: tuple[Path, list[Row]], out: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    check_mended(finished, out, kind, capsys, lambda path: flip(path, rng))


def test_a_whole_training_of_another_seed_is_made_again(
    finished: tuple[Path, list[Row]], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = training(out, 1)
    shutil.rmtree(folder)
    shutil.copytree(training(out, 0), folder)
    assert rows(out) == finished[1]
    told = capsys.readouterr().err
    assert all(f"{name} is not what was written" in told for name in ("meta.json", "model.safetensors"))


def test_weights_that_are_made_again_agree_with_the_record(
    finished: tuple[Path, list[Row]], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = training(out, 1)
    (folder / "model.safetensors").unlink()
    shutil.rmtree(folder / "probes")
    assert rows(out) == finished[1] and (folder / "model.safetensors").is_file()
    assert rows(out) == finished[1] and "it is made again" not in capsys.readouterr().err


def test_the_record_follows_weights_that_came_out_differently(out: Path) -> None:
    folder = RunFolder(training(out, 1))
    stale(folder.weights)
    with pytest.raises(DamagedFile, match=r"model\.safetensors is not what was written"):
        folder.check_weights()
    folder.record_weights()
    folder.check_weights()
    assert len(folder.load()[1]) == 2


def readers(folder: Path) -> dict[Path, Callable[[], Any]]:
    """Every file of a training, and what reads it."""
    (probe,) = (ProbeFile(file.with_suffix("")) for file in (folder / "probes").glob("*.json"))
    one = RunFolder(folder)
    outputs = dict.fromkeys([folder / "meta.json", *folder.glob("ood_*"), folder / "test.safetensors"], one.load)
    test, ood, _ = one.load()
    sizes = [len(outputs.logits) for outputs in (test, *ood.values())]
    learned = dict.fromkeys((folder / "probes").iterdir(), lambda: probe.stored(sizes))
    return {**outputs, **learned, one.weights: one.check_weights}


def test_a_hundred_flipped_bits_over_all_files_of_a_training_are_noticed(out: Path) -> None:
    rng = np.random.default_rng(2)
    found = readers(training(out, 1))
    assert found.keys() == {file for file in training(out, 1).rglob("*") if file.is_file()}
    paths = sorted(found)
    for number in range(100):
        path = paths[number % len(paths)]
        whole = path.read_bytes()
        flip(path, rng)
        with pytest.raises(DamagedFile, match=path.stem):
            found[path]()
        path.write_bytes(whole)


NONSENSE = [{}, {"ood": 3}, {"ood": [[]]}, {"files": {}}, {"seconds": {"train": None}}, {"n_train": "many"}]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_well_formed_nonsense_in_the_record_of_a_training_is_made_again(
    finished: tuple[Path, list[Row]], out: Path, capsys: pytest.CaptureFixture[str], nonsense: dict[str, Any]
) -> None:
    meta = training(out, 1) / "meta.json"
    write_facts(meta, {**read_facts(meta), **nonsense} if nonsense else {})
    assert rows(out) == finished[1]
    assert capsys.readouterr().err.count("it is made again") == 1


@pytest.mark.parametrize("nonsense", [{}, {"options": 3, "skipped": "no"}, {"options": {}, "file": 1, "skipped": None}])
def test_well_formed_nonsense_in_the_record_of_a_probe_is_made_again(
    finished: tuple[Path, list[Row]], out: Path, capsys: pytest.CaptureFixture[str], nonsense: dict[str, Any]
) -> None:
    (probe,) = (training(out, 1) / "probes").glob("*.json")
    write_facts(probe, nonsense)
    assert rows(out) == finished[1]
    assert capsys.readouterr().err.count("it is made again") == 1


def test_scores_of_other_data_sets_are_made_again(
    finished: tuple[Path, list[Row]], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = (training(out, 1) / "probes").glob("*.safetensors")
    half = write_tensors(file, {name: value[:5] for name, value in read_tensors(file).items()})
    write_facts(file.with_suffix(".json"), {**read_facts(file.with_suffix(".json")), "file": half})
    assert rows(out) == finished[1]
    assert capsys.readouterr().err.count("has scores of other data sets; it is made again") == 1


def test_weights_of_another_model_are_told(tmp_path: Path) -> None:
    import torch

    write_tensors(tmp_path / "model.safetensors", {"weight": np.zeros((2, 2), np.float32)})
    with pytest.raises(DamagedFile, match="does not fit the model"):
        restore_weights(torch.nn.Linear(2, 2), tmp_path / "model.safetensors")
