"""OUT in an object store: whole runs give the rows of a local folder, whatever machine goes on."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer import Exit
from typer.testing import CliRunner

from common.base.project import ROOT
from common.reporting.__main__ import main as render_again
from common.store.object_store import ObjectStore
from common.user_logits import app as own
from tests.buckets import Bucket
from tests.own_files import model
from tests.sessions import unmeasured, wait_until
from tests.small_runs import ended, start_anew

MISSING = "the groups object_store and bucket are not installed: uv sync --all-groups"
s3fs, moto = (pytest.importorskip(package, reason=MISSING) for package in ("s3fs", "moto"))

TASK = "nlp/reuters8"


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
