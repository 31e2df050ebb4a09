"""Jobs in processes of their own: the same rows, whoever trains; a killed process costs its job and is named."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from common.base.errors import MissingData, UserError, WorkerDied
from common.base.memory import GIB, free_memory
from common.base.project import ROOT
from common.cli.side_by_side import workers
from common.data.locations import Folders
from common.evaluate import evaluate
from common.experiment import Experiment, RunOptions
from common.jobs import local
from common.jobs.job import Job
from common.jobs.local import LocalPool, default_jobs
from common.jobs.plan import ENOUGH, planned
from common.jobs.started import Workers
from common.run import Run
from common.selection import Selection
from tests.sessions import processes_of, wait_until

TASK = "nlp/reuters8"


def options(out: Path) -> RunOptions:
    return RunOptions(out=out, folders=Folders((), out / "cache"))


def run(out: Path, jobs: int, *tasks: str, **changes: object) -> Run:
    return evaluate(Selection(tasks or (TASK,), **changes), options(out), workers=Workers(jobs))


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    one = LocalPool(1, show=False)
    yield one
    one.stop()


def test_a_fine_tuning_waits_for_the_training_that_it_goes_on_from(tmp_path: Path) -> None:
    selection = Selection((TASK,), objectives=("cross_entropy_longer", "cross_entropy"), seeds=2)
    jobs = planned(selection, options(tmp_path))
    assert [(one.job.objective, one.job.seed) for one in jobs] == [
        *(("cross_entropy", seed) for seed in (0, 1)),
        *(("cross_entropy_longer", seed) for seed in (0, 1)),
    ]
    assert [one.after for one in jobs] == [None, None, *(one.job.key for one in jobs[:2])]


def test_a_smaller_training_set_waits_for_the_full_one_whose_size_it_needs(tmp_path: Path) -> None:
    selection = Selection((TASK,), objectives=("cross_entropy", "cross_entropy_longer"), examples=(100,))
    jobs = planned(selection, options(tmp_path))
    waits = {one.job.key: one.after for one in jobs}
    full = (TASK, 0, "cross_entropy", None)
    assert waits[TASK, 0, "cross_entropy", 100] == full
    assert waits[TASK, 0, "cross_entropy_longer", 100] == (TASK, 0, "cross_entropy", 100)
    order = [one.job.key for one in jobs]
    assert all(one.after is None or order.index(one.after) < order.index(one.job.key) for one in jobs)


def test_many_jobs_of_a_task_stand_together_each_behind_what_it_goes_on_from(
    tmp_path: Path,
) -> None:
    jobs = planned(Selection(("nlp/reuters8", "nlp/reuters52"), objectives=("all",)), options(tmp_path))
    tasks = [one.job.task for one in jobs]
    assert tasks == sorted(tasks, key=("nlp/reuters8", "nlp/reuters52").index) and len(set(tasks)) == 2
    order = [one.job.key for one in jobs]
    assert all(one.after is None or order.index(one.after) < order.index(one.job.key) for one in jobs)
    assert order[0][2] == "cross_entropy" and jobs[1].after is None
    behind = [order.index(one.job.key) - order.index(one.after) for one in jobs if one.after]
    assert min(behind) >= ENOUGH, "no worker waits"
    assert max(behind[: len(behind) // 2]) < len(order) / 2, "the run, which judges in order, waits for none of them"
    origins = {one.job.objective: one.after[2] for one in jobs if one.after}
    assert (origins["gan_outlier_exposure"], origins["gan"]) == ("gan", "cross_entropy")


def test_tasks_without_data_are_no_jobs(tmp_path: Path) -> None:
    assert planned(Selection(("nlp/imdb",)), options(tmp_path)) == []


def test_the_default_is_a_job_a_core_as_far_as_memory_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "cores", lambda: 8)
    monkeypatch.setattr(local, "free_memory", lambda: 100 * GIB)
    assert default_jobs(1, "cpu") == 8
    assert default_jobs(2, "cpu") == 4
    assert default_jobs(1, "cuda") == 1
    monkeypatch.setattr(local, "free_memory", lambda: 7 * GIB)
    assert default_jobs(1, "cpu") == 2
    monkeypatch.setattr(local, "free_memory", lambda: GIB)
    assert default_jobs(1, "cpu") == 1


def test_without_jobs_a_run_takes_the_default_and_with_it_the_number_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "cores", lambda: 6)
    monkeypatch.setattr(local, "free_memory", lambda: 100 * GIB)
    assert workers(None, None, options(tmp_path)) == Workers(6)
    assert workers(None, None, replace(options(tmp_path), threads=3)) == Workers(2)
    assert workers(4, None, options(tmp_path)) == Workers(4)
    assert workers(None, "auto", options(tmp_path)).cluster == "auto"


def test_free_memory_is_less_than_the_machine_has() -> None:
    assert 0 < free_memory() < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_the_number_of_threads_is_part_of_the_key(tmp_path: Path) -> None:
    one = options(tmp_path)
    paths = {Experiment(TASK, 0, replace(one, threads=count)).folder("cross_entropy").path for count in (1, 2)}
    assert len(paths) == 2


@pytest.mark.slow
def test_two_workers_give_the_bytes_of_one_process_and_leave_nothing_to_do(tmp_path: Path) -> None:
    chosen = {"objectives": ("cross_entropy", "cross_entropy_longer"), "detectors": ("msp", "knn"), "examples": (300,)}
    run(tmp_path / "one", 1, **chosen)
    done = run(tmp_path / "two", 2, **chosen)
    assert {row.threads for row in done.rows} == {1}
    assert (tmp_path / "one/results.jsonl").read_bytes() == (tmp_path / "two/results.jsonl").read_bytes()
    assert planned(Selection((TASK,), **chosen), options(tmp_path / "two")) == []


@pytest.mark.slow
def test_a_job_whose_process_is_killed_is_tried_again(pool: LocalPool, tmp_path: Path) -> None:
    job = Job(TASK, 0, "cross_entropy", options(tmp_path))
    future = pool.submit(job, None)
    wait_until(lambda: pool.pids)
    os.kill(next(iter(pool.pids)), signal.SIGKILL)
    assert future.result() is None
    assert len(pool.pids) == 2
    assert Experiment(TASK, 0, options(tmp_path)).folder("cross_entropy").complete


def test_a_job_whose_process_is_killed_twice_is_named_and_the_next_is_done(pool: LocalPool, tmp_path: Path) -> None:
    future = pool.submit(Job("nlp/newsgroups", 0, "cross_entropy", options(tmp_path)), None)
    for attempt in (1, 2):
        wait_until(lambda count=attempt: len(pool.pids) == count)
        for pid in pool.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    error = future.result()
    assert isinstance(error, WorkerDied) and "nlp/newsgroups seed 0 cross_entropy: its process was killed" in str(error)
    following = pool.submit(Job("nlp/imdb", 0, "cross_entropy", options(tmp_path)), future)
    assert isinstance(following.result(), MissingData)


def test_a_process_that_cannot_be_started_is_told_to_the_one_who_waits_for_its_job(
    pool: LocalPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object) -> None:
        raise OSError("too many processes")

    monkeypatch.setattr("common.jobs.local.ProcessPoolExecutor", refused)
    future = pool.submit(Job(TASK, 0, "cross_entropy", options(tmp_path)), None)
    with pytest.raises(OSError, match="too many processes"):
        future.result(timeout=60)


def test_a_killed_job_is_not_run_is_a_failure_and_the_rest_has_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(LocalPool):
        def submit(self, job: Job, after: object) -> object:
            def stopped() -> UserError:
                return WorkerDied(f"{job.label}: its process was killed")

            return self._slots.submit(stopped)

    monkeypatch.setattr("common.jobs.started.LocalPool", Killed)
    done = run(tmp_path, 2, detectors=("msp",), seeds=2)
    assert done.failed and done.rows == []
    assert "its process was killed" in done.record.not_run[0].why
    assert "nlp/reuters8 seed 0 cross_entropy: its process was killed" in (tmp_path / "report.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_run_and_the_same_command_continues(how: signal.Signals, tmp_path: Path) -> None:
    hears = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.executable, sys.argv)"
    suite = ("run_all.py", "--task", "newsgroups", "--seeds", "2", "--jobs", "2", "--out", str(tmp_path))
    command = (sys.executable, "-c", hears.replace("sys.argv)", "sys.argv[1:])"), sys.executable, *suite)
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        for line in process.stderr:
            if "epoch 1/" in line:
                break
        if how is signal.SIGINT:
            os.killpg(process.pid, how)  # as a terminal does
        else:
            process.kill()
        rest = process.stderr.read()
    assert process.returncode == (130 if how is signal.SIGINT else -how)
    assert "Traceback" not in rest
    if how is signal.SIGINT:
        assert rest.strip().splitlines()[-1].startswith("stopped; finished work is kept")
    wait_until(lambda: not processes_of(process.pid))
