"""Small whole runs of the command line, each in a process forked from one that has imported everything.

A run is what a user starts: reading, training, checkpoints, probes, rows, report. Its task is small, so that hundreds
of runs may die. The smallest, ``STORE``, has no task: it only stores what a training would, and reads it.

    python -m tests.small_runs TASK OUT    # such a run of a Python of its own, which imports everything first
"""

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import typer

from common.base.exits import guarded
from common.base.project import ROOT
from common.discover import load_detector, load_task
from common.store.files import hash_of, read_tensors, sweep, write_tensors
from common.store.outputs import OodKey, Outputs
from common.store.rows import read_rows, write_rows
from common.store.run_folder import run_folder
from common.store.run_record import RunRecord, read_record, write_record
from common.task import Task
from tests.sessions import unmeasured

OOD = {"vision/mnist": slice(3, 5), "nlp/reuters8": slice(0, 2), "speech/espeak_phones": slice(0, 1)}
"""A task of each modality, and those of its OOD sets that are made quickly."""

PROBES = {"vision/mnist": "knn", "nlp/reuters8": "knn", "speech/espeak_phones": "react"}
"""The detector of each task that learns; distances between all frames would take most of a run's time."""

SENTENCES = {"_TRAIN": 30, "_TEST": 12}
"""How many sentences are spoken for the task of speech."""

STORE = "store"
META = {"data": "full", "held_out": None, "split": None, "dropped": {}, "seconds": {}, "n_train": 3, "n_batched": 3}


def small(name: str) -> Task:
    """Return a task with a hundred examples, two epochs and few OOD sets."""
    task = load_task(name)
    quick = replace(task.quick, epochs=2, examples=100, test_examples=40, validation=0)
    return replace(task, quick=quick, ood=task.ood[OOD[name]], objectives=task.objectives[:1])


def shrink(name: str) -> None:
    """Make a task small for this process and those it forks, and let it store a checkpoint after every epoch."""
    if name == STORE:
        return
    from common.training import checkpoint
    from speech.data import voices

    for split, count in SENTENCES.items():
        setattr(voices, split, count)
    importlib.import_module(name.replace("/", ".tasks.")).TASK = small(name)
    checkpoint.SECONDS_BETWEEN = 0.0


def start(name: str, out: Path, log: Path, before: Callable[[], None] | None = None) -> int:
    """Fork a run of a task into ``out``; return the number of its process.

    Args:
        name: of the task.
        out: output folder.
        log: file that gets what the run prints.
        before: called in the new process before the run.
    """
    process = os.fork()
    if process == 0:
        _run(name, out, log, before)
    return process


def start_anew(name: str, out: Path | str, log: Path, **environment: str) -> int:
    """Start the same run in a new Python, which imports everything first; return the number of its process.

    Args:
        name: of the task.
        out: output folder, or the URL of one.
        log: file that gets what the run prints.
        environment: further variables.
    """
    command = [sys.executable, "-m", __name__, name, str(out)]
    to_log = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    actions = [to_log, (os.POSIX_SPAWN_DUP2, 1, 2)]
    return os.posix_spawn(sys.executable, command, unmeasured() | environment, file_actions=actions)


def _run(name: str, out: Path, log: Path, before: Callable[[], None] | None) -> None:
    code = 1
    try:
        printed = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        if before:
            before()
        if name == STORE:
            guarded(lambda: _store_alone(out))
        else:
            _whole(name, out)
    except typer.Exit as end:
        code = end.exit_code
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # what a real process would print as it ends
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _whole(name: str, out: Path | str) -> None:
    from common.cli.run_all import main

    detectors = f"msp,{PROBES[name]}"
    sys.argv = ["run_all.py", "--task", name, "--detectors", detectors, "--jobs", "1", "--out", str(out)]
    main()


def _store_alone(out: Path) -> int:
    sweep(out)
    folder = run_folder(out, "vision/mnist", "cross_entropy", 0, {})
    if not folder.weights.is_file():
        write_tensors(folder.path / "train.checkpoint", {"epochs_done": np.array(1)})
        write_tensors(folder.weights, {"weight": np.eye(3, dtype=np.float32)})
    folder.check_weights()
    if not folder.complete:
        made = Outputs(read_tensors(folder.weights)["weight"], labels=np.arange(3))
        folder.save(made, {OodKey("noise"): made}, META)
    test, _, _ = folder.load()
    write_rows(
        out / "results.jsonl",
        [replace(read_rows(ROOT / "tests/data/rows_before_fields.jsonl")[0], auroc=float(test.correct.mean()))],
    )
    write_record(out / "run.json", RunRecord(results_sha256=hash_of(out / "results.jsonl")))
    return 0


def ended(process: int) -> int:
    """Wait for a run and return its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def undisturbed(name: str, out: Path, log: Path) -> None:
    """Run a task to its end, then import here what it imported, so that later runs start at once."""
    modules = log.with_suffix(".modules")

    def keep_names() -> None:
        leave = os._exit

        def leaving(code: int) -> None:
            modules.write_text("\n".join(sys.modules))
            leave(code)

        os._exit = leaving  # type: ignore[assignment]

    code = ended(start(name, out, log, keep_names))
    if code:
        sys.exit(f"the undisturbed run of {name} ended with {code}: {log.read_text()}")
    for module in modules.read_text().split("\n"):
        with suppress(ImportError, AttributeError, ValueError):
            importlib.import_module(module)
    if name != STORE:
        _know_the_code(name)


def _know_the_code(name: str) -> None:
    """Take the hashes of the project's modules, which every run takes again otherwise."""
    from common.data.locations import Folders
    from common.experiment import Experiment, RunOptions
    from common.probed import probes_stored

    experiment = Experiment(name, 0, RunOptions(folders=Folders((), Path("cache"))))
    probes_stored(experiment, experiment.own_objective, [load_detector("msp"), load_detector(PROBES[name])])


def complaints(out: Path, reference: Path, log: Path) -> list[str]:
    """Return what is wrong with a run that died and was finished by another: nothing, or a line for each fault."""
    found = []
    if "Traceback" in log.read_text(errors="replace"):
        found.append("a traceback")
    if not (out / "results.jsonl").is_file() or _bytes(out) != _bytes(reference):
        return [*found, "other rows"]
    if read_record(out / "run.json").results_sha256 != hash_of(out / "results.jsonl"):
        found.append("a record of other rows")
    here, there = _names(out), _names(reference)
    found += [f"left over: {name}" for name in sorted(here - there)]
    return found + [f"missing: {name}" for name in sorted(there - here)]


def _bytes(out: Path) -> bytes:
    return (out / "results.jsonl").read_bytes()


def _names(out: Path) -> set[str]:
    return {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()}


if __name__ == "__main__":
    shrink(sys.argv[1])
    _whole(sys.argv[1], sys.argv[2])
