"""Jobs on a Ray cluster: the rows of one process, whatever node is lost; mistakes are one line."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from common.base.errors import UserError, WorkerDied
from common.base.memory import GIB
from common.base.progress import Progress
from common.base.project import ROOT
from common.cli.run_all import app
from common.data.locations import Folders
from common.experiment import Experiment, RunOptions
from common.jobs import cluster as jobs_on_cluster
from common.jobs.cluster import ClusterPool
from common.jobs.job import Job
from common.jobs.nodes import SETTINGS, check_nodes, connected, needed, shared_by
from common.store.files import HOST, sweep
from common.store.object_store import ObjectStore
from tests.buckets import KEYS, served
from tests.sessions import kill_session, processes_of, unmeasured, wait_until

PATIENCE = 400
SMALL = ("--num-cpus", "1", "--memory", str(4 * GIB), "--object-store-memory", "80000000")
ONE_JOB = {"CPU": 1.0, "memory": 8.0 * GIB}


def options(out: Path) -> RunOptions:
    return RunOptions(out=out, folders=Folders((), out / "cache"))


class Node:
    """A node of a cluster on this machine: all processes of a session."""

    def __init__(self, log: Path, *arguments: str, **environment: str) -> None:
        quiet = {"RAY_memory_monitor_refresh_ms": "0", "RAY_USAGE_STATS_ENABLED": "0", **environment}
        command = (str(Path(sys.executable).with_name("ray")), "start", *SMALL, *arguments)
        with (
            log.open("w") as said,
            subprocess.Popen(
                command, cwd=ROOT, env=unmeasured() | quiet, stdout=said, stderr=said, start_new_session=True
            ) as start,
        ):
            self.session = start.pid
            failed = start.wait(PATIENCE)
        self.said = log.read_text()
        assert not failed, self.said

    @property
    def address(self) -> str:
        """Where others join."""
        found = re.search(r"--address='([^']+)'", self.said)
        assert found, self.said
        return found[1]

    @property
    def working(self) -> dict[int, str]:
        """Its processes that do a job, with its label."""
        titles = processes_of(self.session)
        return {pid: title.removeprefix("ray::") for pid, title in titles.items() if title.startswith("ray::nlp/")}


@contextmanager
def opened(**environment: str) -> Iterator[Node]:
    """A cluster of one node, its head."""
    os.environ.update(
        SETTINGS
    )  # Ray reads them when it is imported, as below; under `uv run` it would upload the project
    pytest.importorskip("ray", reason="the group cluster is not installed: uv sync --group cluster")
    folder = Path(tempfile.mkdtemp(prefix="ray"))  # names of sockets are short
    node = None
    try:
        options = ("--head", "--port", "0", "--include-dashboard", "false", "--temp-dir", str(folder))
        node = Node(folder / "head.log", *options, **environment)
        yield node
    finally:
        if node is not None:
            kill_session(node.session)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def head() -> Iterator[Node]:
    with opened() as node:
        yield node


@pytest.fixture(scope="module")
def address(head: Node) -> str:
    return head.address


@pytest.fixture
def second(head: Node, address: str, tmp_path: Path) -> Iterator[Node]:
    node = Node(tmp_path / "second.log", "--address", address)
    yield node
    kill_session(node.session)


def suite(out: Path, *arguments: str) -> tuple[str, ...]:
    chosen = ("--task", "reuters8", "--detectors", "msp", "--data-dir", str(out.parent), "--out", str(out))
    return (sys.executable, "run_all.py", *chosen, *arguments)


def end_of_a_run_that_loses_a_node(command: Sequence[str], head: Node, second: Node) -> tuple[str, str, str]:
    """Kill the second node while both work; return the job that it had, and what the run printed and said."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        wait_until(lambda: head.working and second.working, PATIENCE)
        (label,) = second.working.values()
        kill_session(second.session)
        report, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    return label, report, said


@pytest.mark.slow
def test_a_node_killed_while_it_works_costs_its_job_alone_and_rows_are_those_of_one_process(
    head: Node, address: str, second: Node, tmp_path: Path
) -> None:
    seeds = ("--seeds", "3")
    subprocess.run(suite(tmp_path / "one", *seeds, "--jobs", "1"), cwd=ROOT, check=True, capture_output=True)
    command = suite(tmp_path / "many", *seeds, "--cluster", address)
    label, report, said = end_of_a_run_that_loses_a_node(command, head, second)
    assert said.startswith(f"--cluster {address}: 3 jobs, 2 nodes\n")
    assert re.findall(r"^(.*): attempt 1 of 4 was lost", said, flags=re.MULTILINE) == [label]
    assert "3 of 3 jobs" in said
    assert report.startswith("How far can a classifier's confidence be trusted?") and "raylet" not in report
    assert (tmp_path / "many/results.jsonl").read_bytes() == (tmp_path / "one/results.jsonl").read_bytes()


@pytest.mark.slow
def test_nodes_that_share_no_folder_meet_in_an_object_store_and_one_of_them_may_be_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("s3fs", reason="the group object_store is not installed: uv sync --all-groups")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    seeds = ("--seeds", "3", "--detectors", "msp,knn")
    homes = [str(tmp_path / name) for name in ("head", "second", "run")]
    with served() as (endpoint, files), ExitStack() as entered:
        files.mkdir("shared")
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        head = entered.enter_context(opened(XDG_CACHE_HOME=homes[0]))
        second = Node(tmp_path / "second.log", "--address", head.address, XDG_CACHE_HOME=homes[1])
        entered.callback(kill_session, second.session)
        monkeypatch.setenv("XDG_CACHE_HOME", homes[2])
        command = suite(tmp_path / "many", *seeds, "--out", "s3://shared/many", "--cluster", head.address)
        _, _, said = end_of_a_run_that_loses_a_node(command, head, second)
        rows = files.cat_file("shared/many/results.jsonl")
    assert ": 3 jobs, 2 nodes\n" in said and "attempt 1 of 4 was lost" in said
    assert "train epoch" not in said  # the run itself trained nothing
    made, fetched = ({file.parent.name for file in Path(home).rglob("meta.json")} for home in (homes[0], homes[2]))
    assert made == fetched and len(made) == 3
    subprocess.run(suite(tmp_path / "one", *seeds, "--jobs", "1"), cwd=ROOT, check=True, capture_output=True)
    assert rows == (tmp_path / "one/results.jsonl").read_bytes()


@pytest.mark.slow
def test_ctrl_c_ends_the_jobs_of_all_nodes_and_says_that_finished_work_is_kept(
    head: Node, address: str, tmp_path: Path
) -> None:
    hears = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    command = suite(tmp_path / "out", "--seeds", "2", "--cluster", address)
    with subprocess.Popen(
        (sys.executable, "-c", hears, *command), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        wait_until(lambda: head.working, PATIENCE)
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=PATIENCE)[0]
    assert run.returncode == 130
    assert "Traceback" not in said and "done" not in said
    assert said.strip().splitlines()[-1].startswith("stopped; finished work is kept")
    wait_until(lambda: not head.working)
    assert list((tmp_path / "out").glob(".*")) == []


@pytest.mark.slow
def test_a_job_whose_process_is_killed_each_time_is_named_and_the_next_is_done(
    head: Node, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_on_cluster, "ATTEMPTS", 2)
    pool = ClusterPool(address, options(tmp_path), 2, Progress())
    try:
        future = pool.submit(Job("nlp/newsgroups", 0, "cross_entropy", options(tmp_path)), None)
        following = pool.submit(Job("nlp/reuters8", 0, "cross_entropy", options(tmp_path)), future)
        killed: set[int] = set()
        for _ in range(2):
            wait_until(lambda: set(head.working) - killed, PATIENCE)
            (process,) = set(head.working) - killed
            os.kill(process, signal.SIGKILL)
            killed.add(process)
        error = future.result(PATIENCE)
        assert isinstance(error, WorkerDied) and "nlp/newsgroups seed 0 cross_entropy: its process" in str(error)
        assert following.result(PATIENCE) is None
    finally:
        pool.stop()
    assert Experiment("nlp/reuters8", 0, options(tmp_path)).folder("cross_entropy").complete


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"folders": (Path("/of/this/machine/alone"),)}, "does not see /of/this/machine/alone; .* all nodes share"),
        ({"versions": {"torch": "1.0"}}, "has torch 2.*, unlike this machine; .* same pyproject"),
        ({"code": "another"}, "has other code in .*; check out the same commit"),
        (
            {"store": ObjectStore("nonsense://bucket/out")},
            "--out nonsense://bucket/out cannot be used: .* s3://BUCKET/.*",
        ),
    ],
)
def test_a_node_that_lacks_what_jobs_need_is_one_line(
    address: str, changed: dict[str, object], message: str, tmp_path: Path
) -> None:
    ray = connected(address)
    try:
        shared = shared_by(options(tmp_path))
        assert check_nodes(ray, shared) == 1
        with pytest.raises(UserError, match=f"^node .* {message}$"):
            check_nodes(ray, replace(shared, **changed))
    finally:
        ray.shutdown()


def test_a_process_on_a_node_that_does_not_see_out_says_so_and_one_that_does_works_where_the_run_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared = shared_by(options(tmp_path / "out"))
    monkeypatch.chdir(ROOT)
    shared.enter()
    assert Path.cwd() == tmp_path
    monkeypatch.setattr(jobs_on_cluster, "_worker", None)
    shutil.rmtree(tmp_path / "out")
    job = Job("nlp/reuters8", 0, "cross_entropy", options(tmp_path / "out"))
    stopped, folder = jobs_on_cluster.run_on_node(job, shared)
    assert f"does not see {tmp_path / 'out'};" in str(stopped) and folder is None


def test_without_ray_one_line_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"needs Ray; get it with: uv sync --group cluster$"):
        connected("auto")


def test_an_address_at_which_nothing_listens_is_one_line() -> None:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(UserError, match=r"does not answer \(Connection refused\); start one with: ray start"):
            connected(f"127.0.0.1:{bound.getsockname()[1]}")


@pytest.mark.parametrize("text", ["nonsense", "host:", "ray://host:10001", "host:port"])
def test_an_address_is_host_and_port(text: str) -> None:
    with pytest.raises(UserError, match="an address is HOST:PORT"):
        connected(text)


def test_a_job_asks_for_the_cores_gpu_and_memory_that_it_needs_and_for_no_more_memory_than_there_is() -> None:
    small, large = {"Resources": ONE_JOB | {"memory": 2.0 * GIB}}, {"Resources": ONE_JOB | {"CPU": 4.0, "GPU": 1.0}}
    assert needed([small, large], 1, "cpu", 3 * GIB) == {"num_cpus": 1, "num_gpus": 0, "memory": 3 * GIB}
    assert needed([small, large], 4, "cuda", 3 * GIB) == {"num_cpus": 4, "num_gpus": 1, "memory": 3 * GIB}
    assert needed([small], 1, "cpu", 3 * GIB)["memory"] == 2 * GIB
    with pytest.raises(UserError, match="no node of the cluster has 1 core and a GPU"):
        needed([small], 1, "cuda", 3 * GIB)
    with pytest.raises(UserError, match="no node of the cluster has 8 cores for a job"):
        needed([small, large], 8, "cpu", 3 * GIB)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--jobs", "2"), "so omit --jobs"),
        (("--study", "gan_table"), "--study runs in one process"),
        (("--in", "mine.csv"), "--in runs in one process"),
    ],
)
def test_what_a_cluster_cannot_do_is_one_line(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text("text,label\n" + "".join(f"word{n} here,{n % 2}\n" for n in range(40)))
    result = CliRunner().invoke(app, ["--cluster", "auto", *arguments])
    assert result.exit_code == 2 and message in result.output


def test_temporary_files_of_another_machine_are_not_swept(tmp_path: Path) -> None:
    with subprocess.Popen((sys.executable, "-c", "")) as dead:
        pass
    ours, theirs = tmp_path / f".x.json.{dead.pid}@{HOST}.part", tmp_path / f".x.json.{dead.pid}@another.part"
    for file in (ours, theirs):
        file.write_text("half")
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [theirs]
