"""Progress of a run: bars on a terminal, plain lines in a log."""

import sys
import time
from dataclasses import dataclass, field

from common.base.display import printable
from common.base.live_bars import LiveBars


@dataclass
class Progress:
    """Shows task, phase, epoch, loss, remaining time, and how many tasks remain. Shows nothing unless ``show`` is True.

    On a terminal the bars stay until ``close``.
    """

    show: bool = False
    label: str = ""
    tasks: int = 0
    done: int = 0
    _phase: str = field(default="", repr=False)
    _since: float = field(default=0.0, repr=False)
    _from: int = field(default=0, repr=False)
    _last: float = field(default=0.0, repr=False)
    _began: float = field(default=0.0, repr=False)
    _bars: LiveBars | None = field(default=None, repr=False)

    def begin(self) -> None:
        """Show on a terminal, at once, that the run has begun, before anything slow."""
        self._began = time.monotonic()
        self._open()

    def plan(self, tasks: int) -> None:
        """Say how many tasks there are, each counted once a seed; those without data do not count."""
        self.tasks = tasks
        self._whole()

    def task_done(self) -> None:
        """Count a task as done; the time of those done tells the time that the others take."""
        self.done += 1
        self._whole()

    @property
    def whole(self) -> str:
        """How far the run is: which task it is at, and about how long the others take; empty for a single task."""
        if self.tasks < 2 or self.done >= self.tasks:
            return ""
        at = f"task {self.done + 1} of {self.tasks}"
        if not self.done:
            return at
        left = (time.monotonic() - self._began) / self.done * (self.tasks - self.done)
        return f"{at}, about {duration(left)} left"

    def start(self, label: str) -> None:
        """Start a unit of work, such as one training."""
        self.label, self._phase, self._last = label, "", time.monotonic()
        if not self.show:
            return
        if self._open():
            self._bar(label, 0, None, "")
        else:
            print(printable(f"[{self.whole}] {label}" if self.whole else label), file=sys.stderr, flush=True)

    def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
        """Show that ``done`` of ``total`` epochs of ``phase`` are finished.

        The remaining time is estimated from the epochs of this phase in this process: earlier phases and epochs before
        a resumed checkpoint do not count. The last epoch of a phase is a line that stays.
        """
        if phase != self._phase:
            self._phase, self._since, self._from = phase, self._last, done - 1
        self._last = time.monotonic()
        left = (self._last - self._since) / max(done - self._from, 1) * (total - done)
        said = f"loss {loss:.4f}, {left:.0f} s left"
        if not self.show:
            return
        if not self._open():
            print(printable(f"{self.label}: {phase} epoch {done}/{total}, {said}"), file=sys.stderr, flush=True)
        elif done == total:
            self.note(f"{self.label}: {phase} {total} epochs, loss {loss:.4f}")
        else:
            self._bar(f"{self.label}: {phase} epoch {done}/{total}", done, total, said)

    def note(self, text: str) -> None:
        """Print one line that stays."""
        if not self.show:
            return
        if self._bars:
            self._bars.line(printable(text))
        else:
            print(printable(text), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Remove the bars from the terminal; later calls show them again."""
        if self._bars:
            self._bars.close()
            self._bars = None

    def _open(self) -> bool:
        """Return whether there are bars, because standard error is a terminal."""
        if self._bars is None and self.show and sys.stderr.isatty():
            self._bars = LiveBars()
            self._whole()
        return self._bars is not None

    def _whole(self) -> None:
        if self._bars:
            self._bars.whole(self.whole or "working", self.done, self.tasks or None, "")

    def _bar(self, description: str, done: int, total: int | None, said: str) -> None:
        if self._bars:
            self._bars.phase(printable(description), done, total, said)
            self._whole()


def duration(seconds: float) -> str:
    """Return a time for people: whole seconds, minutes or hours.

    >>> duration(42), duration(150), duration(9000)
    ('42 s', '2 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
