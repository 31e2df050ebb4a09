"""What lies in the store is what was written: a flipped bit, nonsense and deaths at any moment cost time, no figure."""

import contextlib
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.base.errors import UserError
from common.comparisons import EvaluationSpec
from common.data.locations import Folders
from common.discover import load_detector
from common.experiment import Experiment, RunOptions
from common.judge import evaluate_outputs
from common.probed import with_probes
from common.store import files
from common.store.files import read_tensors, write_sealed_tensors, write_tensors, write_text
from common.store.rows import Row, write_rows
from common.store.sealed import read_sealed, write_sealed

IDENTITY = {
    "task": "vision/mnist",
    "modality": "vision",
    "seed": 0,
    "profile": "quick",
    "data": "sample",
    "objective": "cross_entropy",
    "model": "mlp",
    "held_out": None,
    "in_dist": "MNIST",
}


class Told:
    """Keeps what a run tells."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def start(self, label: str) -> None:
        pass

    def epoch(self, *figures: object) -> None:
        pass

    def note(self, text: str) -> None:
        self.lines.append(text)


def run(out: Path) -> tuple[list[Row], list[str]]:
    """A small run with a probe: its rows, and what it told."""
    told = Told()
    experiment = Experiment("vision/mnist", 0, RunOptions(out=out, folders=Folders(), tune="none"), told)  # type: ignore[arg-type]
    quick = replace(experiment.task.quick, epochs=1, examples=200, test_examples=60)
    experiment.task = replace(experiment.task, quick=quick)
    detectors = [load_detector("msp"), load_detector("mahalanobis")]
    outputs = with_probes(experiment, "cross_entropy", experiment.outputs("cross_entropy"), detectors)
    rows, _ = evaluate_outputs(EvaluationSpec(), outputs, detectors, IDENTITY)
    write_rows(out / "results.jsonl", rows)
    return rows, told.lines


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Row]]:
    """A finished run."""
    out = tmp_path_factory.mktemp("finished")
    rows, told = run(out)
    assert rows and told == [] and run(out) == (rows, [])
    return out, rows


def stored(out: Path) -> list[Path]:
    return sorted(file for file in (out / "store").rglob("*") if file.is_file())


def flip(file: Path, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def noticed(finished: tuple[Path, list[Row]], tmp_path: Path, number: int) -> None:
    """Flip one bit of file ``number`` of the store: it is told, made again, and no figure is another."""
    shutil.copytree(finished[0], tmp_path / "out")
    found = stored(tmp_path / "out")
    file = found[number % len(found)]
    whole = file.read_bytes()
    flip(file, random.Random(number).randrange(8 * len(whole)))
    rows, told = run(tmp_path / "out")
    assert len(told) == 1 and str(file) in told[0] and "\n" not in told[0]
    assert rows == finished[1]
    assert run(tmp_path / "out") == (rows, [])


@pytest.mark.parametrize("number", range(4))
def test_a_flipped_bit_is_told_and_no_figure_is_another(finished: Any, tmp_path: Path, number: int) -> None:
    noticed(finished, tmp_path, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4, 104))
def test_a_hundred_flipped_bits_are_told(finished: Any, tmp_path: Path, number: int) -> None:
    noticed(finished, tmp_path, number)


def other_arrays(file: Path, record: Path, arrays: dict[str, Any]) -> None:
    """Exchange a file and write a record whose hashes agree."""
    facts, listed = read_sealed(record)
    write_tensors(file, arrays)
    write_sealed(record, facts, [file.with_name(name) for name in listed])


def outputs_of_other_keys(folder: Path) -> None:
    arrays = read_tensors(folder / "test.safetensors")
    other_arrays(folder / "test.safetensors", folder / "meta.json", {"x": arrays["logits"]})


def weights_of_another_shape(folder: Path) -> None:
    (folder / "test.safetensors").unlink()
    arrays = {name: value[:1] for name, value in read_tensors(folder / "model.safetensors").items()}
    other_arrays(folder / "model.safetensors", folder / "model.json", arrays)


def facts_that_are_none(folder: Path) -> None:
    write_sealed(folder / "meta.json", {"ood": 3}, [])


def a_probe_of_fewer_scores(folder: Path) -> None:
    (file,) = (folder / "probes").glob("*.safetensors")
    arrays = {name: value[:5] for name, value in read_tensors(file).items()}
    other_arrays(file, file.with_suffix(".json"), arrays)


def a_probe_without_options(folder: Path) -> None:
    (file,) = (folder / "probes").glob("*.json")
    write_sealed(file, {"skipped": 3}, [file.with_suffix(".safetensors")])


def a_record_of_an_earlier_version(folder: Path) -> None:
    write_text(folder / "meta.json", '{"data": "sample", "ood": []}\n')


@pytest.mark.parametrize(
    "forge",
    [
        *(outputs_of_other_keys, weights_of_another_shape, facts_that_are_none),
        *(a_probe_of_fewer_scores, a_probe_without_options, a_record_of_an_earlier_version),
    ],
)
def test_well_formed_nonsense_is_told_and_made_again(
    finished: Any, tmp_path: Path, forge: Callable[[Path], None]
) -> None:
    shutil.copytree(finished[0], tmp_path / "out")
    (folder,) = (tmp_path / "out" / "store" / "vision" / "mnist").iterdir()
    forge(folder)
    rows, told = run(tmp_path / "out")
    assert rows == finished[1] and len(told) == 1 and str(folder) in told[0]
    assert run(tmp_path / "out") == (rows, [])


class Death(BaseException):
    """What no code catches."""


class Fault:
    """Raises at the operation of this number on files that are written; counts them."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.at, self.error, self.count = at, error, 0

    def before(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def faulty(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            if self.count - 1 == self.at:
                raise self.error
            return operation(*arguments, **options)

        return faulty

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand before every operation by which ``common.store.files`` writes."""
        monkeypatch.setattr(files.os, "fsync", self.before(files.os.fsync))
        for name in ("mkdir", "write_bytes", "write_text", "replace"):
            monkeypatch.setattr(Path, name, self.before(getattr(Path, name)))


ERRORS = {"an error": OSError(28, "No space left on device"), "Ctrl-C": KeyboardInterrupt(), "death": Death()}


def dies(out: Path, at: int, error: BaseException) -> int:
    """Run until the operation of number ``at``, which fails; return how many there were."""
    fault = Fault(at, error)
    with pytest.MonkeyPatch.context() as patch:
        fault.install(patch)
        with contextlib.suppress(UserError, KeyboardInterrupt, Death):
            run(out)
    return fault.count


def each_operation(out: Path, step: int) -> Iterator[tuple[int, BaseException]]:
    total = dies(out / "counted", -1, Death())
    assert total >= 20
    kinds = list(ERRORS.values())
    yield from ((at, kinds[(at // step) % len(kinds)]) for at in range(0, total, step))


def survives(finished: tuple[Path, list[Row]], out: Path, at: int, error: BaseException) -> None:
    dies(out, at, error)
    assert not list(out.rglob("*.part"))
    rows, told = run(out)
    assert rows == finished[1]
    assert told == []
    assert [one.name for one in stored(out)] == [one.name for one in stored(finished[0])]


def test_a_run_that_dies_at_an_operation_on_files_resumes_to_the_same_rows(finished: Any, tmp_path: Path) -> None:
    survives(finished, tmp_path, 12, Death())


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_a_run_may_die_at_every_operation_on_files(finished: Any, tmp_path: Path, error: BaseException) -> None:
    for at, _ in each_operation(tmp_path, 1):
        survives(finished, tmp_path / str(at), at, error)


def test_what_a_dead_process_left_is_swept_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    dead, living = (tmp_path / f".a[1].{files._HOST}.{process}.part" for process in (2**22 + 1, 1))
    elsewhere = tmp_path / ".a[1].other.4194305.part"
    for leftover in (dead, living, elsewhere):
        leftover.write_text("half")
    write_text(tmp_path / "a[1]", "whole")
    assert not dead.exists() and living.exists() and elsewhere.exists()


def test_a_file_gets_its_name_by_a_rename_after_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    number: list[int] = []
    fsync, rename = files.os.fsync, Path.replace

    def synced(handle: int) -> None:
        done.append("fsync")
        fsync(handle)

    def renamed(part: Path, target: Path) -> Path:
        done.append("rename")
        number.append(part.stat().st_ino)
        return rename(part, target)

    monkeypatch.setattr(files.os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    write_text(tmp_path / "a", "whole")
    assert done == ["fsync", "rename"] and number == [(tmp_path / "a").stat().st_ino], "a copy is never whole at once"


def test_every_flipped_bit_of_a_checkpoint_is_noticed(tmp_path: Path) -> None:
    import numpy as np

    path = tmp_path / "train.checkpoint"
    write_sealed_tensors(path, {"a": np.arange(3.0)})
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        flip(path, bit)
        with pytest.raises(UserError, match=r"train\.checkpoint is damaged"):
            files.read_sealed_tensors(path)
        path.write_bytes(whole)
