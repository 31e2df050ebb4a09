"""Kill small runs of all three modalities with SIGKILL at random points, and look at what their stores come to.

    python -m tests.benchmarks.kill_at_random [--kills 1000] [--seed 0] [--minutes 600]

A run of the command line is started in an empty folder and killed after a random time, up to the time that a whole run
takes. The same command goes on from there and is killed again, ``MOST`` times at most, and then left to come to its
end. Then rows and files must be those of an undisturbed run, with nothing left over, and no run may have printed a
traceback. Leaves with code 1 if that is not so. The modalities get equal time.

Most runs are forked from a process that has imported everything, so that the kill falls into the run's own work. The
runs of every ``ANEW``-th round start a new Python each, as a user does. What a run had come to when it was killed is
told by the files that it had written.
"""

import argparse
import math
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.small_runs import OOD, complaints, ended, shrink, start, start_anew, undisturbed

ANEW = 20
"""Of so many rounds, the runs of one start a new Python."""

MOST = 5
"""Kills before a run is left to come to its end."""

REACHED = {
    "report": "report.*",
    "rows": "results.jsonl",
    "probes": "store/*/*/*/probes/*.json",
    "outputs": "store/*/*/*/meta.json",
    "weights": "store/*/*/*/model.safetensors",
    "training": "store/*/*/*/*.checkpoint",
}
"""What a run has come to, the furthest first, and the files that it has written then."""


def reached(out: Path) -> str:
    """Return what a run has come to."""
    return next((what for what, files in REACHED.items() if any(out.glob(files))), "nothing stored")


@dataclass
class Killed:
    """What became of the runs of one task.

    Attributes:
        folder: of the undisturbed run and of the others, one after another.
        seconds: that a whole run takes, as it took last: forked, and started anew.
        kills: runs that were killed, by what they had come to.
        anew: how many of them had been started anew.
        finished: runs that came to their end after others were killed.
        spent: seconds of all rounds.
        wrong: a line for everything that is not as it should be.
    """

    name: str
    folder: Path
    seconds: dict[bool, float] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    anew: int = 0
    finished: int = 0
    spent: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What the runs print."""
        return self.folder / "log"

    def prepare(self) -> None:
        """Run once without being disturbed, and once more in each way for the time."""
        shrink(self.name)
        self.folder.mkdir()
        undisturbed(self.name, self.folder / "undisturbed", self.log)
        for anew in (False, True):
            self._to_the_end(anew)

    def _to_the_end(self, anew: bool) -> None:
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        started = time.monotonic()
        self._check(self._killed(anew, math.inf))
        self.seconds[anew] = time.monotonic() - started

    def round(self, rng: random.Random, anew: bool) -> None:
        """Kill a run, and those that go on from it, and let the next come to its end."""
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        before, begun = self.kills.total(), time.monotonic()
        for _ in range(rng.randint(1, MOST)):
            started = time.monotonic()
            code = self._killed(anew, rng.uniform(0, self.seconds[anew]))
            if code != -signal.SIGKILL:
                break
            self.kills[reached(self.folder / "out")] += 1
            self.anew += anew
        if code == 0 and self.kills.total() == before:  # a whole run, and quicker than thought
            self.seconds[anew] = time.monotonic() - started
        self._check(self._killed(anew, math.inf) if code == -signal.SIGKILL else code)
        self.finished += self.kills.total() > before
        self.spent += time.monotonic() - begun

    def _killed(self, anew: bool, after: float) -> int:
        """Start a run and kill it after some seconds; return its exit code, or minus the signal."""
        started = time.monotonic()
        process = (start_anew if anew else start)(self.name, self.folder / "out", self.log)
        code = _waited(process, started + after)
        if "Traceback" in self.log.read_text(errors="replace"):
            self.wrong.append("a traceback")
        return code

    def _check(self, code: int) -> None:
        """Compare the rows and the files of a finished run with those of the undisturbed one."""
        self.wrong += [f"ended with code {code}"] if code else []
        self.wrong += complaints(self.folder / "out", self.folder / "undisturbed", self.log)

    def __str__(self) -> str:
        kills = ", ".join(f"{self.kills[what]} at {what}" for what in ("nothing stored", *reversed(REACHED)))
        wrong = f"{len(self.wrong)} faults" + (f": {'; '.join(sorted(set(self.wrong)))}" if self.wrong else "")
        anew = f"{self.anew} of a new Python"
        return f"{self.name}: {self.kills.total()} kills ({kills}; {anew}), {self.finished} runs compared, {wrong}"


def _waited(process: int, end: float) -> int:
    while time.monotonic() < end:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(process, signal.SIGKILL)
    return ended(process)


def main() -> int:
    """Print the figures of each task after every twenty rounds and at the end."""
    parser = argparse.ArgumentParser(description="kill small runs at random points and look at their stores")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after this time")
    asked = parser.parse_args()
    rng, started, rounds = random.Random(asked.seed), time.monotonic(), 0
    with TemporaryDirectory() as name:
        os.environ["TMPDIR"] = name  # of what killed runs leave of the system's folder for such files
        tasks = [Killed(task, Path(name).resolve() / task.replace("/", "-")) for task in OOD]
        for one in tasks:
            one.prepare()
        while sum(one.kills.total() for one in tasks) < asked.kills and time.monotonic() < started + 60 * asked.minutes:
            rounds += 1
            min(tasks, key=lambda one: one.spent).round(rng, anew=rounds % ANEW == 0)
            if rounds % ANEW == 0:
                print(*tasks, "", sep="\n", flush=True)
    kills, faults = sum(one.kills.total() for one in tasks), sum(len(one.wrong) for one in tasks)
    print(*tasks, sep="\n")
    print(f"{kills} kills, {sum(one.finished for one in tasks)} runs compared, {faults} faults, ", end="")
    print(f"{time.monotonic() - started:.0f} seconds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
