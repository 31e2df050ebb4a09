"""OUT in an object store: the rows of a local folder, whatever machine goes on; every mistake is one line."""

import errno
import importlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from socket import socket
from typing import Any

import numpy as np
import pytest
from typer import Exit
from typer.testing import CliRunner

from common.base.errors import StoreUnreached, UserError
from common.base.progress import Progress
from common.base.project import ROOT
from common.cli.run_all import app
from common.data.locations import Folders
from common.evaluate import evaluate
from common.experiment import RunOptions
from common.jobs.job import Job
from common.jobs.started import Workers
from common.reporting.__main__ import main as render_again
from common.run import Run, new_record, put
from common.selection import Selection
from common.store import object_store
from common.store.files import write_facts, write_tensors
from common.store.object_store import ObjectStore, out_folder, unreached
from common.store.outputs import OodKey, Outputs
from common.store.run_folder import RunFolder, run_folder
from common.user_logits import app as own
from tests.buckets import KEYS, served
from tests.own_files import model
from tests.sessions import unmeasured, wait_until
from tests.small_runs import META, ended, start_anew

MISSING = "the groups object_store and bucket are not installed: uv sync --all-groups"
s3fs, moto = (pytest.importorskip(package, reason=MISSING) for package in ("s3fs", "moto"))

TASK = "nlp/reuters8"
NUMBERS = count()


@pytest.fixture(scope="module")
def files() -> Iterator[Any]:
    """What looks from outside into buckets that this process and those it starts find through the environment."""
    with served() as (endpoint, found), pytest.MonkeyPatch.context() as patch:
        for name, value in {"AWS_ENDPOINT_URL": endpoint, **KEYS}.items():
            patch.setenv(name, value)
        yield found


@pytest.fixture
def bucket(files: Any) -> "Bucket":
    return Bucket(f"bucket-{next(NUMBERS)}", files)


class Bucket:
    """A new bucket, looked at from outside."""

    def __init__(self, name: str, files: Any) -> None:
        files.mkdir(name)
        self.files, self.name, self.url = files, name, f"s3://{name}/out"

    @property
    def names(self) -> set[str]:
        """Names of its objects, without the folder."""
        return {one.removeprefix(f"{self.name}/out/") for one in self.files.find(f"{self.name}/out")}

    def content(self, name: str) -> bytes:
        return self.files.cat_file(f"{self.name}/out/{name}")

    def put(self, name: str, content: bytes) -> None:
        self.files.pipe_file(f"{self.name}/out/{name}", content)

    def delete(self, name: str) -> None:
        self.files.rm_file(f"{self.name}/out/{name}")


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


def test_each_url_has_a_folder_of_its_own_and_a_path_stays_a_path() -> None:
    assert ObjectStore("s3://bucket/a").folder != ObjectStore("s3://bucket/b").folder
    assert out_folder("s3://bucket/a/") == out_folder("s3://bucket/a")
    assert out_folder("runs/mine") == (Path("runs/mine"), None)


@pytest.mark.parametrize("url", ["memory://bucket/out", "file:///shared/out", "s3://", "s3:///"])
def test_what_names_no_store_for_several_machines_is_one_line(url: str) -> None:
    with pytest.raises(UserError, match="is no object store; give PROTOCOL://BUCKET/FOLDER"):
        out_folder(url)


@pytest.mark.parametrize(
    "url", ["ftp://user:secret@host/out", "s3://bucket/out?secret=1", "simplecache::s3://bucket/secret"]
)
def test_a_url_that_may_hold_a_password_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UserError, match="is refused, since results name it and it may hold a password") as refused:
        out_folder(url)
    assert "secret" not in str(refused.value)


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


def test_a_store_that_is_lost_in_a_run_is_a_failure_of_every_training_and_not_what_does_not_apply(
    tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise StoreUnreached("the store is lost")

    monkeypatch.setattr(ObjectStore, "sync", lost)
    monkeypatch.setattr(ObjectStore, "put_results", lambda _: None)
    options = RunOptions(out=tmp_path, folders=Folders((), tmp_path / "cache"), store=ObjectStore(bucket.url))
    done = evaluate(Selection((TASK,), objectives=("all",), detectors=("msp",)), options, workers=Workers(1))
    assert done.failed and not done.rows and len(done.record.not_run) > 5
    unfit = [part.why for part in done.record.not_run if part.why != "the store is lost"]
    assert len(unfit) < 3 and not any("lost" in why for why in unfit)


def test_a_stopped_run_says_so_also_where_its_results_cannot_be_put(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise StoreUnreached("the store is lost")

    monkeypatch.setattr(ObjectStore, "put_results", lost)
    run = Run(new_record("run_all.py", "quick", 1, "cpu"))
    store = ObjectStore(bucket.url)
    put(run, store, Progress())
    with pytest.raises(StoreUnreached):
        put(replace(run, record=replace(run.record, finished=True)), store, Progress())


def test_several_processes_that_compute_together_write_to_a_folder_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "WORLD_SIZE", 2)
    assert out_folder("runs/mine") == (Path("runs/mine"), None)
    with pytest.raises(UserError, match=r"a launcher of several processes \(torchrun\) writes to a folder; give one$"):
        out_folder("s3://bucket/out")


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["--task", "reuters8", "--jobs", "1", *arguments])


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://no-such-bucket/out", "The specified bucket does not exist; create the bucket, or name another"),
        ("s3://no bucket/out", 'Invalid bucket name "no bucket"'),
        ("nonsense://bucket/out", "Protocol not known: nonsense; give a URL that fsspec knows"),
    ],
)
def test_a_store_that_is_not_there_is_one_line(
    url: str, message: str, files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = run("--out", url)
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1 and message in result.output, result.output
    assert message in unreached(url)


def test_without_the_package_one_line_names_the_group(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(importlib.import_module("fsspec.registry")._registry, "s3", raising=False)  # imported before
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = run("--out", "s3://bucket/out")
    assert result.exit_code == 2 and result.output.strip().endswith("get it with: uv sync --group object_store")


def test_without_credentials_one_line_says_so(bucket: Bucket) -> None:
    hidden = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    assert "Unable to locate credentials" in _unreached_in_a_process(bucket.url, hidden, KEYS)


def test_where_nothing_answers_one_line_says_so(bucket: Bucket) -> None:
    with closing(socket()) as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        nowhere = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{bound.getsockname()[1]}", "AWS_MAX_ATTEMPTS": "1"}
        said = _unreached_in_a_process(bucket.url, nowhere)
    assert "Could not connect to the endpoint URL" in said and "check the URL, the network and the credentials" in said


def _unreached_in_a_process(url: str, environment: dict[str, str], without: Any = ()) -> str:
    program = "import sys; from common.store.object_store import unreached; print(unreached(sys.argv[1]))"
    done = subprocess.run(
        (sys.executable, "-c", program, url),
        cwd=ROOT,
        env={key: value for key, value in unmeasured().items() if key not in without} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == 1, done.stdout
    return done.stdout


@pytest.mark.parametrize("action", ["PutObject", "DeleteObject"])
def test_a_store_that_allows_too_little_is_one_line(action: str, bucket: Bucket) -> None:
    place = f"arn:aws:s3:::{bucket.name}"
    deny = {"Effect": "Deny", "Principal": "*", "Action": f"s3:{action}", "Resource": [place, f"{place}/*"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    bucket.files.call_s3("put_bucket_policy", Bucket=bucket.name, Policy=policy)
    assert unreached(bucket.url) == (
        f"--out {bucket.url} cannot be used: PermissionError: Forbidden; "
        "the credentials must allow to list, read, write and delete objects there"
    )


def test_a_store_that_may_not_be_listed_is_one_line(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object, **__: object) -> None:  # which the server of the tests does not do
        raise PermissionError("Forbidden")

    monkeypatch.setattr(s3fs.S3FileSystem, "_lsdir", refused)
    assert "Forbidden; the credentials must allow to list" in unreached(bucket.url)


def test_logits_of_ones_own_are_reported_into_the_store(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    np.savez(tmp_path / "in.npz", **model(60, 3))
    command = (str(tmp_path / "in.npz"), "--out", bucket.url, "--format", "md,csv")
    result = CliRunner().invoke(own, command)
    assert result.exit_code == 0, result.output
    assert {"results.jsonl", "run.json", "report.md"} < bucket.names
    assert any(name.startswith("tables/") for name in bucket.names)
    assert not any(".writable" in name for name in bucket.names)


@pytest.mark.slow
def test_a_run_gives_the_rows_and_leaves_the_files_of_one_in_a_folder_and_its_report_is_rendered_again(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    local, log = tmp_path / "local", tmp_path / "log"
    assert ended(start_anew(TASK, local, log)) == 0, log.read_text()
    assert ended(start_anew(TASK, bucket.url, log)) == 0, log.read_text()
    assert f"--out {bucket.url}: its files are also in {ObjectStore(bucket.url).folder}" in log.read_text()
    assert bucket.content("results.jsonl") == (local / "results.jsonl").read_bytes()
    files = {file.relative_to(local).as_posix() for file in local.rglob("*") if file.is_file()}
    assert bucket.names == {name for name in files if not name.startswith("cache/")}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    page = bucket.content("report.html")
    bucket.delete("report.html")
    with pytest.raises(Exit, match="0"):
        render_again(bucket.url, format_="html,csv", card=False, full=False)
    assert bucket.content("report.html") == page
    assert any(name.startswith("tables/") for name in bucket.names)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What ``_suite`` writes in a folder."""
    local = tmp_path_factory.mktemp("local")
    subprocess.run(_suite(str(local)), cwd=ROOT, env=unmeasured(), check=True, capture_output=True)
    return (local / "results.jsonl").read_bytes()


@pytest.mark.slow
def test_processes_of_one_machine_put_what_each_has_trained(bucket: Bucket, rows: bytes, tmp_path: Path) -> None:
    command = (*_suite(bucket.url), "--jobs", "2")
    done = subprocess.run(command, cwd=ROOT, env=_machine(tmp_path), check=True, capture_output=True, text=True)
    assert "2 of 2 jobs" in done.stderr
    assert bucket.content("results.jsonl") == rows


@pytest.mark.slow
def test_a_run_that_is_killed_between_two_trainings_goes_on_from_another_machine_with_the_missing_one(
    bucket: Bucket, rows: bytes, tmp_path: Path
) -> None:
    with subprocess.Popen(
        _suite(bucket.url), cwd=ROOT, env=_machine(tmp_path / "one"), stderr=subprocess.DEVNULL
    ) as first:
        wait_until(lambda: any(name.endswith("meta.json") for name in bucket.names))
        first.send_signal(signal.SIGKILL)
    assert "results.jsonl" not in bucket.names
    second = subprocess.run(
        _suite(bucket.url), cwd=ROOT, env=_machine(tmp_path / "two"), check=True, capture_output=True, text=True
    )
    assert set(re.findall(r"(seed \d) cross_entropy: train epoch", second.stderr)) == {"seed 1"}
    assert bucket.content("results.jsonl") == rows


@pytest.mark.slow
def test_two_runs_at_once_on_two_machines_end_as_one_does(bucket: Bucket, tmp_path: Path) -> None:
    logs = [tmp_path / "log of one", tmp_path / "log of the other"]
    both = [
        start_anew(TASK, bucket.url, log, XDG_CACHE_HOME=str(tmp_path / str(number))) for number, log in enumerate(logs)
    ]
    assert [ended(one) for one in both] == [0, 0], [log.read_text() for log in logs]
    assert ended(start_anew(TASK, tmp_path / "alone", tmp_path / "log")) == 0
    assert bucket.content("results.jsonl") == (tmp_path / "alone/results.jsonl").read_bytes()


@pytest.mark.slow
def test_a_damaged_object_is_named_made_again_and_replaced(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    assert ended(start_anew(TASK, bucket.url, log, XDG_CACHE_HOME=str(tmp_path / "one"))) == 0
    rows = bucket.content("results.jsonl")
    (place,) = (name for name in bucket.names if name.endswith("/test.safetensors"))
    whole = bucket.content(place)
    bucket.put(place, whole[:-1] + bytes([whole[-1] ^ 1]))
    assert ended(start_anew(TASK, bucket.url, log, XDG_CACHE_HOME=str(tmp_path / "two"))) == 0
    assert "test.safetensors is not what was written: its hash differs; it is made again" in log.read_text()
    assert bucket.content(place) == whole and bucket.content("results.jsonl") == rows


def _suite(out: str) -> tuple[str, ...]:
    chosen = ("--task", "reuters8", "--detectors", "msp", "--seeds", "2", "--jobs", "1")
    return (sys.executable, "run_all.py", *chosen, "--out", out)


def _machine(cache: Path) -> dict[str, str]:
    return unmeasured() | {"XDG_CACHE_HOME": str(cache)}
