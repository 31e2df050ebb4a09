"""A command that is stopped, or that has too little memory, ends with one line and a fitting exit code, at any time."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import typer

from common.base.border import border
from common.base.entry import Terminated, out_of_memory
from common.base.errors import UserError
from common.base.exits import guarded
from common.base.project import ROOT
from tests.sessions import unmeasured

SUITE = ("run_all.py", "--task", "reuters8", "--detectors", "msp", "--jobs", "1")
TASK = ("-m", "nlp.tasks.reuters8", "--detectors", "msp", "--jobs", "1")
LOGITS = ("-m", "common.evaluate", "absent.npz")
FIRST = ("run_all.py", "common/__init__.py", "common/base/__init__.py", "common/base/entry.py", "nlp/__init__.py")
"""What runs before ``begin`` has run; a signal finds Python itself at work for longer."""


def started(command: tuple[str, ...], out: Path, begin: Callable[[], None]) -> "subprocess.Popen[str]":
    whole = (sys.executable, *command, "--out", str(out))
    return subprocess.Popen(
        whole,
        cwd=ROOT,
        env=unmeasured(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=begin,
    )


def hear() -> None:
    """Take up Ctrl-C, which a shell that starts a job in the background lets it ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def check_stopped(command: tuple[str, ...], out: Path, number: signal.Signals, after: float) -> None:
    with started(command, out, hear) as process:
        time.sleep(after)
        process.send_signal(number)
        _, told = process.communicate()
    ours = {name for name in re.findall(f'File "{ROOT}/(.+?)", line', told) if not name.startswith(".venv")}
    if after < 0.7 and process.returncode in (-number, 1) and ours <= {*FIRST}:
        return  # no handler can be there yet
    if command is LOGITS and process.returncode in (2, -number) and told.startswith("error: absent.npz does not exist"):
        return  # it had ended, or Python was shutting down, before the signal came
    assert process.returncode == 128 + number, told
    assert told.strip().splitlines()[-1].startswith("stopped; finished work is kept")
    assert "Traceback" not in told and "ignored" not in told


@pytest.mark.parametrize("after", [0.05, 0.15, 0.3, 0.6, 1.0])
def test_ctrl_c_soon_after_the_start_is_one_line(tmp_path: Path, after: float) -> None:
    check_stopped(SUITE, tmp_path, signal.SIGINT, after)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", [SUITE, TASK, LOGITS], ids=["suite", "task", "logits"])
@pytest.mark.parametrize("after", [0.1, 0.2, 0.4, 0.8])
def test_a_command_that_is_stopped_while_it_imports_ends_with_one_line(
    tmp_path: Path, command: tuple[str, ...], number: signal.Signals, after: float
) -> None:
    check_stopped(command, tmp_path, number, after)


@pytest.mark.slow
def test_sigterm_in_the_middle_of_a_training_is_one_line_and_143(tmp_path: Path) -> None:
    with started(SUITE, tmp_path, hear) as process:
        for line in process.stderr or ():
            if "epoch 1/" in line:
                break
        process.terminate()
        _, told = process.communicate()
    assert process.returncode == 143
    assert told.strip().splitlines()[-1].startswith("stopped; finished work is kept") and "Traceback" not in told


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    def ignore() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    with started(LOGITS, tmp_path, ignore) as process:
        time.sleep(0.3)
        process.terminate()
        _, told = process.communicate()
    assert process.returncode == 2 and "absent.npz does not exist" in told


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="address spaces are limited on Linux alone")
@pytest.mark.parametrize(
    "megabytes", [300, *(pytest.param(size, marks=pytest.mark.slow) for size in (600, 1000, 1500, 2000, 2500))]
)
def test_too_little_address_space_is_one_line(tmp_path: Path, megabytes: int) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    with started(SUITE, tmp_path, limit) as process:
        _, told = process.communicate()
    assert (process.returncode, len(told.splitlines())) == (1, 1), told
    assert told.startswith("error: there is not enough memory; close other programs, allow more (ulimit -v)")


def too_large_for_numpy() -> int:
    return len(np.empty(10**17))


def too_large_for_torch() -> int:
    return len(torch.empty(10**15))


def too_many_processes() -> int:
    raise OSError(12, os.strerror(12))


def in_an_import() -> int:
    raise ImportError("libtorch_cpu.so: failed to map segment from shared object")


def behind_another() -> int:
    try:
        return too_large_for_torch()
    except RuntimeError as error:
        raise ValueError("it did not work") from error


@pytest.mark.parametrize(
    "fail", [too_large_for_numpy, too_large_for_torch, too_many_processes, in_an_import, behind_another]
)
def test_memory_that_runs_out_in_the_middle_is_one_line(
    capsys: pytest.CaptureFixture[str], fail: Callable[[], int]
) -> None:
    with pytest.raises(typer.Exit) as left:
        guarded(fail)
    told = capsys.readouterr().err
    assert left.value.exit_code == 1 and told.startswith("error: there is not enough memory") and told.count("\n") == 1
    with (
        pytest.raises(UserError, match=r"^in\.npz cannot be read \(there is not enough memory\)$"),
        border(Path("in.npz")),
    ):
        fail()


def test_a_fault_of_the_suite_is_not_taken_for_a_lack_of_memory() -> None:
    def fail() -> int:
        raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"):
        guarded(fail)
    assert not out_of_memory(ValueError("a fault")) and not out_of_memory(OSError(2, "no such file"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_raise_while_a_command_works_and_are_as_before_afterwards(
    capsys: pytest.CaptureFixture[str], number: signal.Signals, code: int
) -> None:
    before = signal.signal(number, lambda *arguments: None)  # whatever the shell of the tests lets them hear
    mine = signal.getsignal(number)
    try:
        with pytest.raises(typer.Exit) as left:
            guarded(lambda: signal.raise_signal(number) or 0)
        assert left.value.exit_code == code and "stopped; finished work is kept" in capsys.readouterr().err
        assert signal.getsignal(number) is mine
    finally:
        signal.signal(number, before)


def test_sigterm_passes_wherever_ctrl_c_passes() -> None:
    with pytest.raises(Terminated), border(Path("in.npz")):
        raise Terminated
