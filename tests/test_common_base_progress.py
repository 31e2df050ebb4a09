"""Progress: the time left follows the pace of the phase that is running."""

import io
import sys

import pytest

from common.base import progress
from common.base.progress import Progress


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


class Terminal(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_written_over_and_the_last_of_a_phase_stays(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    shown = Progress(show=True)
    shown.start("a label longer than every line that follows, so that its end would stay visible")
    shown.label = "task"
    shown.epoch("train", 1, 2, 0.5)
    shown.epoch("train", 2, 2, 0.25)
    lines = terminal.getvalue().split("\r")[1:]
    assert [line.rstrip() for line in lines[1:]] == [
        "task: train epoch 1/2, loss 0.5000, 0 s left",
        "task: train epoch 2/2, loss 0.2500, 0 s left",
    ]
    assert len(lines[1]) == len(lines[0]), "spaces cover what is left of the longer line"
    assert "\n" not in "".join(lines[:2]) and lines[2].endswith("\n")
