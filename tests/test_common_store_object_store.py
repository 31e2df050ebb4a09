"""OUT in an object store: what machines put and fetch of a training, whatever breaks off."""

import errno
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.base.errors import UserError
from common.data.locations import Folders
from common.experiment import RunOptions
from common.jobs.job import Job
from common.store.files import write_facts, write_tensors
from common.store.object_store import ObjectStore
from common.store.outputs import OodKey, Outputs
from common.store.run_folder import RunFolder, run_folder
from tests.buckets import Bucket
from tests.small_runs import META

MISSING = "the groups object_store and bucket are not installed: uv sync --all-groups"
s3fs, moto = (pytest.importorskip(package, reason=MISSING) for package in ("s3fs", "moto"))

TASK = "nlp/reuters8"


class Machine:
    """A machine of its own: what stands there for a bucket lies in a cache that no other machine sees."""

    def __init__(self, cache: Path, url: str, patch: pytest.MonkeyPatch) -> None:
        self.cache, self.store, self._patch = cache, ObjectStore(url), patch

    def folder(self) -> RunFolder:
        """The folder of a training, after the two sides were brought together."""
        found = self._folder()
        self.store.sync(found.path)
        return found

    def trains(self, mark: float = 1.0, seconds: float = 1.0) -> RunFolder:
        """Make what a training and a probe make."""
        found = self._folder()
        made = Outputs(np.eye(3, dtype=np.float32) * mark, labels=np.arange(3))
        write_tensors(found.weights, {"weight": made.logits})
        found.save(made, {OodKey("noise"): made}, {**META, "seconds": {"train": seconds}})
        self.store.sync(found.path, ("meta.json",))
        return found

    def _folder(self) -> RunFolder:
        self._patch.setenv("XDG_CACHE_HOME", str(self.cache))
        return run_folder(self.store.folder, "vision/mnist", "cross_entropy", 0, {})


@pytest.fixture
def machines(tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> tuple[Machine, Machine]:
    return Machine(tmp_path / "one", bucket.url, monkeypatch), Machine(tmp_path / "two", bucket.url, monkeypatch)


def test_what_one_machine_trained_another_has(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    ours = one.trains()
    theirs = two.folder()
    assert theirs.path != ours.path and theirs.complete
    assert {file.name: file.read_bytes() for file in theirs.path.iterdir()} == {
        file.name: file.read_bytes() for file in ours.path.iterdir()
    }
    theirs.check_weights()


def test_what_another_process_puts_is_seen_by_one_that_has_looked_before(
    machines: tuple[Machine, Machine], bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = machines[1]
    assert not two.folder().complete
    Machine(tmp_path, f"s3://{bucket.name}/elsewhere", monkeypatch).trains()
    for name in bucket.files.find(f"{bucket.name}/elsewhere"):
        bucket.files.pipe_file(name.replace("/elsewhere/", "/out/"), bucket.files.cat_file(name))
    assert two.folder().complete


@pytest.mark.parametrize("stored", range(4))
def test_an_upload_that_breaks_off_at_any_object_is_no_training_elsewhere_and_goes_on_here(
    stored: int, machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = machines
    put, left = s3fs.S3FileSystem._put_file, count(stored, -1)

    async def breaks_off(*arguments: Any, **options: Any) -> None:
        if next(left) <= 0:
            raise ConnectionError("no network")
        await put(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(s3fs.S3FileSystem, "_put_file", breaks_off)
        with pytest.raises(
            UserError, match="ConnectionError: no network; check the URL, the network and the credentials; the same"
        ):
            one.trains()
    assert not two.folder().complete
    assert one.folder().complete and two.folder().load()


@pytest.mark.parametrize("missing", ["meta.json", "test.safetensors"])
def test_a_torn_upload_is_not_taken_as_complete_and_what_is_made_anew_replaces_it(
    missing: str, machines: tuple[Machine, Machine], bucket: Bucket
) -> None:
    one, two = machines
    place = f"{one.trains().path.relative_to(one.store.folder).as_posix()}/{missing}"
    bucket.delete(place)
    assert not two.folder().complete
    two.trains()
    assert place in bucket.names


def test_weights_alone_are_kept_before_there_is_a_record(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    folder = one.folder()
    for file in (folder.weights, folder.path / "test.safetensors"):
        write_tensors(file, {"weight": np.eye(3)})
    one.folder()
    assert list(two.folder().path.iterdir()) == [two.folder().weights]


def test_a_part_that_was_stored_when_the_process_died_is_put_when_the_next_one_looks(
    machines: tuple[Machine, Machine], bucket: Bucket
) -> None:
    one, two = machines
    folder = one.trains()
    write_tensors(folder.path / "probes/knn-1f.safetensors", {"scores": np.arange(3)})
    two.folder()
    write_facts(folder.path / "probes/knn-1f.json", {"skipped": None})
    one.folder()
    two.folder()
    assert sum("probes/knn-1f" in name for name in bucket.names) == 2
    assert len(list((two.store.folder).rglob("knn-1f.*"))) == 2


def test_where_two_machines_trained_at_once_each_keeps_a_whole(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    two.folder()
    one.trains(mark=1.0)
    two.trains(mark=2.0, seconds=22.5)
    for machine, mark in ((one, 1.0), (two, 2.0)):
        test, _, _ = machine.folder().load()
        assert test.logits.max() == mark


def test_a_training_that_both_have_is_neither_put_nor_fetched(
    machines: tuple[Machine, Machine], bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = machines
    two.folder()
    one.trains(mark=1.0)
    two.trains(mark=2.0)
    stored = {name: bucket.content(name) for name in bucket.names}
    for name in ("_put_file", "_get_file"):
        monkeypatch.delattr(s3fs.S3FileSystem, name)
    for machine in machines:
        machine.folder()
    assert stored == {name: bucket.content(name) for name in bucket.names}


def test_a_probe_that_one_machine_adds_goes_over_without_the_training_that_both_have(
    machines: tuple[Machine, Machine], bucket: Bucket
) -> None:
    one, two = machines
    two.folder()
    ours, theirs = one.trains(mark=1.0), two.trains(mark=2.0)
    stored = {name: bucket.content(name) for name in bucket.names}
    for folder, name in ((ours, "knn"), (theirs, "vim")):
        write_tensors(folder.path / f"probes/{name}-1f.safetensors", {"scores": np.arange(3)})
        write_facts(folder.path / f"probes/{name}-1f.json", {"skipped": None})
    for machine in (one, two, one):
        machine.folder()
    assert stored.items() < {name: bucket.content(name) for name in bucket.names}.items()
    for folder, mark in ((ours, 1.0), (theirs, 2.0)):
        assert folder.load()[0].logits.max() == mark and len(list(folder.path.glob("probes/*"))) == 4


def test_what_lies_beside_the_trainings_is_put_but_for_caches_and_hidden_files(
    machines: tuple[Machine, Machine], bucket: Bucket
) -> None:
    out = machines[0].folder().path.parents[3]
    names = ("results.jsonl", "run.json", "report.html", "tables/a.csv", "studies/gan_table/results.json")
    for name in (*names, "cache/speech/a.npz", ".one.json.7@host.part", "studies/.two.part", "store/vision/left.json"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(name)
    machines[0].store.put_results()
    assert bucket.names == set(names)
    two = machines[1]
    two.folder()
    two.store.fetch_results()
    assert {file.name for file in two.store.folder.rglob("*") if file.is_file()} == {"results.jsonl", "run.json"}


def test_no_object_steers_where_a_file_is_written(machines: tuple[Machine, Machine], bucket: Bucket) -> None:
    one, two = machines
    place = one.trains().path.relative_to(one.store.folder).as_posix()
    for name in ("../../outside.json", "probes/../../outside.json", ".hidden.json", "train.checkpoint", "a/b/c.json"):
        bucket.put(f"{place}/{name}", b"{}")
    two.folder()
    names = {file.name for file in two.cache.rglob("*") if file.is_file()}
    assert names == {"meta.json", "model.safetensors", "test.safetensors", "ood_00.safetensors"}


def test_a_job_works_in_the_folder_that_its_own_machine_has_for_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "one"))
    store = ObjectStore("s3://bucket/out")
    options = RunOptions(out=store.folder, folders=Folders((), store.folder / "cache"), store=store)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "two"))
    here = Job(TASK, 0, "cross_entropy", options).here().options
    assert here.out == store.folder and here.out.is_relative_to(tmp_path / "two")
    assert here.folders.cache == here.out / "cache"
    local = Job(TASK, 0, "cross_entropy", RunOptions(out=tmp_path))
    assert local.here() == local


def test_a_full_disk_of_this_machine_is_not_called_the_store_s(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = machines
    one.trains()

    async def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(s3fs.S3FileSystem, "_get_file", full)
    with pytest.raises(UserError, match=r"^cannot write .*: No space left on device; free the space"):
        two.folder()
