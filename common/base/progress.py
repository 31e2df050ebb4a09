"""Progress of a run: a live line on a terminal, plain lines in a log."""

import sys
import time
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Prints task, phase, epoch, loss and remaining time. Prints nothing unless ``show`` is True."""

    show: bool = False
    label: str = ""
    _phase: str = field(default="", repr=False)
    _since: float = field(default=0.0, repr=False)
    _from: int = field(default=0, repr=False)
    _last: float = field(default=0.0, repr=False)
    _width: int = field(default=0, repr=False)

    def start(self, label: str) -> None:
        """Start a unit of work, such as one training."""
        self.label, self._phase, self._last = label, "", time.monotonic()
        self._say(label, last=False)

    def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
        """Print that ``done`` of ``total`` epochs of ``phase`` are finished.

        The remaining time is estimated from the epochs of this phase in this process: earlier phases and epochs before
        a resumed checkpoint do not count.
        """
        if phase != self._phase:
            self._phase, self._since, self._from = phase, self._last, done - 1
        self._last = time.monotonic()
        left = (self._last - self._since) / max(done - self._from, 1) * (total - done)
        self._say(f"{self.label}: {phase} epoch {done}/{total}, loss {loss:.4f}, {left:.0f} s left", last=done == total)

    def note(self, text: str) -> None:
        """Print one line that later lines do not overwrite."""
        self._say(text, last=True)

    def _say(self, text: str, last: bool) -> None:
        if not self.show:
            return
        if not sys.stderr.isatty():
            print(text, file=sys.stderr, flush=True)
            return
        print(f"\r{text[:120].ljust(self._width)}", end="\n" if last else "", file=sys.stderr, flush=True)
        self._width = 0 if last else min(len(text), 120)
