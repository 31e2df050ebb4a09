"""Kill small runs of all three modalities with SIGKILL at random points, and look at what their stores come to.

    python -m tests.benchmarks.kill_at_random [--kills 1000] [--seed 0] [--minutes 60]

A run is started in an empty folder and killed after a random time, up to the time that a whole run takes. The same
command goes on from there and is killed again, three times at most, and then left to come to its end. Then rows and
files must be those of an undisturbed run, with nothing left over, and no run may have printed a traceback. Leaves with
code 1 if that is not so.
"""

import argparse
import math
import os
import random
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.small_runs import OOD, complaints, ended, shrink, start, undisturbed


@dataclass
class Killed:
    """What became of the runs of one task.

    Attributes:
        folder: of the undisturbed run and of the others, one after another.
        seconds: that a whole run takes, as it took last.
        kills: runs that were killed.
        finished: runs that came to their end after others were killed.
        wrong: a line for everything that is not as it should be.
    """

    name: str
    folder: Path
    seconds: float = 0.0
    kills: int = 0
    finished: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What the runs print."""
        return self.folder / "log"

    def prepare(self) -> None:
        """Run once without being disturbed, and once more for the time, since the first imports all libraries."""
        shrink(self.name)
        self.folder.mkdir()
        undisturbed(self.name, self.folder / "undisturbed", self.log)
        started = time.monotonic()
        ended(start(self.name, self.folder / "out", self.log))
        self.seconds = time.monotonic() - started

    def round(self, rng: random.Random) -> None:
        """Kill a run, and up to two that go on from it, and let the next come to its end."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        code, before = -signal.SIGKILL, self.kills
        waits = [*(rng.uniform(0, self.seconds) for _ in range(rng.randint(1, 3))), math.inf]
        while code == -signal.SIGKILL:
            started = time.monotonic()
            code = self._killed(out, waits.pop(0))
            if code == 0 and self.kills == before:  # a whole run, and quicker than thought
                self.seconds = time.monotonic() - started
            self.kills += code == -signal.SIGKILL
            if "Traceback" in self.log.read_text(errors="replace"):
                self.wrong.append("a traceback")
        self.finished += self.kills > before
        found = complaints(out, self.folder / "undisturbed", self.log)
        self.wrong += [*found, *([f"ended with code {code}"] if code else [])]

    def _killed(self, out: Path, after: float) -> int:
        """Start a run and kill it after some seconds; return its exit code, or minus the signal."""
        started = time.monotonic()
        process = start(self.name, out, self.log)
        while time.monotonic() - started < after:
            time.sleep(0.005)
            found, status = os.waitpid(process, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
        os.kill(process, signal.SIGKILL)
        return ended(process)

    def __str__(self) -> str:
        wrong = f"{len(self.wrong)} faults" + (f": {'; '.join(sorted(set(self.wrong)))}" if self.wrong else "")
        return f"{self.name}: killed {self.kills} times; finished {self.finished} times afterwards; {wrong}"


def main() -> int:
    """Print the figures of each task after every round."""
    parser = argparse.ArgumentParser(description="kill small runs at random points and look at their stores")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after this time")
    asked = parser.parse_args()
    rng, end = random.Random(asked.seed), time.monotonic() + 60 * asked.minutes
    with TemporaryDirectory() as name:
        tasks = [Killed(task, Path(name).resolve() / task.replace("/", "-")) for task in OOD]
        for one in tasks:
            one.prepare()
        rounds = 0
        while sum(one.kills for one in tasks) < asked.kills and time.monotonic() < end:
            tasks[rounds % len(tasks)].round(rng)
            rounds += 1
            print(*tasks, sep="; ", flush=True)
    return 1 if any(one.wrong for one in tasks) else 0


if __name__ == "__main__":
    sys.exit(main())
