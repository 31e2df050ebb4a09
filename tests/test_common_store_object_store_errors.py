"""OUT in an object store: every mistake and every refusal is one line."""

import importlib
import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from typer.testing import CliRunner

from common.base.errors import StoreUnreached, UserError
from common.base.progress import Progress
from common.base.project import ROOT
from common.cli.run_all import app
from common.data.locations import Folders
from common.evaluate import evaluate
from common.experiment import RunOptions
from common.jobs.started import Workers
from common.run import Run, new_record, put
from common.selection import Selection
from common.store import object_store
from common.store.object_store import ObjectStore, out_folder, unreached
from tests.buckets import KEYS, Bucket
from tests.sessions import unmeasured

MISSING = "the groups object_store and bucket are not installed: uv sync --all-groups"
s3fs, moto = (pytest.importorskip(package, reason=MISSING) for package in ("s3fs", "moto"))

TASK = "nlp/reuters8"


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
    url: str, message: str, bucket_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
