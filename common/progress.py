"""What is going on: a live line on a terminal, plain lines in a log."""

import sys
import time
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Tells where a run is: task, phase, epoch, loss, time left. Silent until ``show`` is True."""

    show: bool = False
    label: str = ""
    _started: float = field(default=0.0, repr=False)
    _width: int = field(default=0, repr=False)

    def start(self, label: str) -> None:
        """Begin a piece of work, such as one training."""
        self.label, self._started = label, time.monotonic()
        self._say(label, last=False)

    def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
        """Tell that ``done`` of ``total`` epochs of ``phase`` are over; time left is taken from the pace so far."""
        left = (time.monotonic() - self._started) / max(done, 1) * (total - done)
        self._say(f"{self.label}: {phase} epoch {done}/{total}, loss {loss:.4f}, {left:.0f} s left", last=done == total)

    def note(self, text: str) -> None:
        """Say one line that stays."""
        self._say(text, last=True)

    def _say(self, text: str, last: bool) -> None:
        if not self.show:
            return
        if not sys.stderr.isatty():
            print(text, file=sys.stderr, flush=True)
            return
        print(f"\r{text[:120].ljust(self._width)}", end="\n" if last else "", file=sys.stderr, flush=True)
        self._width = 0 if last else min(len(text), 120)
