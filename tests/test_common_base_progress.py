"""Progress: the time left follows the pace of the phase that is running."""

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from common.base import progress
from common.base.progress import Progress
from common.base.project import ROOT


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the time is, to be set by the test."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_an_earlier_phase_does_not_slow_down_the_estimate_of_the_next(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Progress(show=True)
    shown.start("task")
    clock[0] += 60
    shown.epoch("first", 1, 1, 0.5)
    clock[0] += 2
    shown.epoch("second", 1, 4, 0.5)
    assert capsys.readouterr().err.splitlines()[-1] == "task: second epoch 1/4, loss 0.5000, 6 s left"


def test_a_continued_training_counts_only_its_own_epochs(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Progress(show=True)
    shown.start("task")
    clock[0] += 10
    shown.epoch("train", 21, 30, 0.5)
    clock[0] += 12
    shown.epoch("train", 22, 30, 0.5)
    assert capsys.readouterr().err.splitlines()[-1].endswith("88 s left")


def test_nothing_is_said_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Progress()
    silent.start("task")
    silent.epoch("train", 1, 2, 0.5)
    silent.note("a note")
    assert capsys.readouterr().err == ""


def test_a_log_says_which_task_it_is_at_and_how_long_the_others_take(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Progress(show=True)
    shown.begin()
    shown.plan(4)
    shown.start("first")
    clock[0] += 60
    shown.task_done()
    shown.start("second")
    clock[0] += 60
    shown.task_done()
    shown.start("third")
    assert capsys.readouterr().err.splitlines() == [
        "[task 1 of 4] first",
        "[task 2 of 4, about 3 min left] second",
        "[task 3 of 4, about 2 min left] third",
    ]


def test_an_escape_sequence_in_a_label_is_shown_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(show=True).start("a\x1b[31m task")
    assert capsys.readouterr().err == "a\\x1b[31m task\n"


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    terminal = Terminal()
    for name, value in {"TERM": "xterm", "COLUMNS": "90", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_on_a_terminal_bars_are_drawn_over_and_the_last_line_of_a_phase_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = on_a_terminal(monkeypatch)
    shown = Progress(show=True)
    shown.begin()
    assert "starting" in terminal.getvalue(), "at once, before anything slow"
    shown.plan(3)
    shown.start("vision/mnist")
    shown.epoch("train", 1, 2, 0.5)
    shown.epoch("train", 2, 2, 0.25)
    shown.task_done()
    shown.note("a note [with brackets]")
    shown.close()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", terminal.getvalue())
    for said in ("task 1 of 3", "vision/mnist: train epoch 1/2", "loss 0.5000", "task 2 of 3, about 0 s left"):
        assert said in text, said
    assert "vision/mnist: train 2 epochs, loss 0.2500\n" in text
    assert "a note [with brackets]\n" in text
    assert terminal.getvalue().count("\x1b[?25l") == terminal.getvalue().count("\x1b[?25h"), "the cursor is back"


def test_bars_are_narrower_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = on_a_terminal(monkeypatch)
    shown = Progress(show=True)
    shown.start("a label that is longer than the terminal is wide " * 4)
    shown.epoch("train", 1, 9, 0.5)
    shown.close()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert max(len(line) for line in re.split(r"[\r\n]", text)) <= 90


@pytest.mark.slow
def test_the_suite_shows_something_within_a_second_on_a_terminal_and_leaves_it_clean(tmp_path: Path) -> None:
    read, write = pty.openpty()
    command = (sys.executable, "run_all.py", "--task", "reuters8", "--detectors", "msp", "--out", str(tmp_path))
    environment = os.environ | {"TERM": "xterm"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=write) as process:
        os.close(write)
        first = os.read(read, 4096)
        assert b"torch" not in Path(f"/proc/{process.pid}/maps").read_bytes(), "shown before torch is imported"
        everything = first
        with contextlib.suppress(OSError):  # the end of a terminal
            while part := os.read(read, 65536):
                everything += part
    assert process.returncode == 0 and b"Traceback" not in everything
    assert everything.count(b"\x1b[?25l") == everything.count(b"\x1b[?25h")
    os.close(read)
