"""Let a small run die at every operation on files below its output folder, and resume it.

    uv run python -m tests.dying_runs [--task vision/mnist] [--every 1] [--each-way]

Without a task, a run only stores what a training would. Each operation has one of the deaths, in turn, or all of them.

An operation is what Python asks of the system: opening a file to read or to write, making a folder, listing one,
flushing, renaming, deleting. A run dies before the operation happens:

    kill    the process is gone, as after SIGKILL
    half    the same, and the file that is being flushed has half of its bytes, as after a power cut
    error   the operation fails: the disk is full
    stop    Ctrl-C

Then the same command runs again. It must leave the rows and the files of an undisturbed run and no others, and neither
run may print a traceback. Leaves with code 1 if one did not.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.small_runs import OOD, STORE, complaints, ended, shrink, start, undisturbed

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir", "os.scandir", "os.utime")
"""Python's audit events of operations on files; the first argument is a path."""

KILLED = 86
"""Exit code of a run that was killed here."""

ENDS = {"kill": (KILLED,), "half": (KILLED,), "error": (0, 2), "stop": (130,)}
"""How a run may end that died in each way; one that did not need the operation goes on."""


class Fault:
    """Counts the operations below a folder and lets the process die at one of them."""

    def __init__(self, folder: Path, at: int, way: str) -> None:
        self.folder, self.at, self.way = f"{folder}{os.sep}", at, way
        self.operations: list[str] = []

    def install(self) -> None:
        """Stand before every operation of this process."""
        flush = os.fsync

        def flushing(file: int) -> None:
            self.before("fsync", file)
            flush(file)

        os.fsync = flushing  # type: ignore[assignment]  # Python has no audit event for it
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS and str(arguments[0]).startswith(self.folder):
            self.before(event, None)

    def before(self, operation: str, file: int | None) -> None:
        """Note an operation; die if its turn has come."""
        self.operations.append(operation)
        if len(self.operations) == self.at + 1:
            self._die(file)

    def _die(self, file: int | None) -> None:
        if self.way == "error":
            raise OSError(28, "No space left on device")
        if self.way == "stop":
            raise KeyboardInterrupt
        if self.way == "half" and file is not None:
            os.ftruncate(file, os.fstat(file).st_size // 2)
        os._exit(KILLED)


def operations(name: str, out: Path, log: Path) -> list[str]:
    """Return the operations of a run that does not die, in order."""
    listed = log.with_suffix(".operations")

    def listening() -> None:
        fault = Fault(out, -1, "kill")
        fault.install()
        leave = os._exit

        def leaving(code: int) -> None:
            listed.write_text("\n".join(fault.operations))
            leave(code)

        os._exit = leaving  # type: ignore[assignment]

    assert ended(start(name, out, log, listening)) == 0, log.read_text()
    return listed.read_text().split("\n")


def died_and_resumed(name: str, folder: Path, at: int, way: str) -> list[str]:
    """Let a run die and run again; return what is wrong."""
    out, log = folder / "out", folder / "log"
    shutil.rmtree(out, ignore_errors=True)
    code = ended(start(name, out, log, Fault(out, at, way).install))
    found = [] if code in ENDS[way] else [f"ended with code {code}"]
    if "Traceback" in log.read_text(errors="replace"):
        found.append("a traceback as it died")
    if ended(start(name, out, log)):
        found.append("could not be resumed")
    return found + complaints(out, folder / "undisturbed", log)


def deaths(found: list[str], every: int, each_way: bool) -> Iterator[tuple[int, str]]:
    """Yield where to die and how: the ways take turns, or all come at each operation."""
    for turn, at in enumerate(range(0, len(found), every)):
        ways = list(ENDS) if each_way else [list(ENDS)[turn % len(ENDS)]]
        for way in ways:
            if way != "half" or found[at] == "fsync":
                yield at, way
            elif not each_way:
                yield at, "kill"  # nothing is being written


def main() -> int:
    """Print how many operations there are and what became of the deaths."""
    parser = argparse.ArgumentParser(description="let a run die at every operation on files, and resume it")
    parser.add_argument("--task", choices=[*OOD, STORE], default=STORE)
    parser.add_argument("--every", type=int, default=1, help="die at every so many operations")
    parser.add_argument("--each-way", action="store_true", help="die in all ways at each of them")
    asked = parser.parse_args()
    shrink(asked.task)
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        undisturbed(asked.task, folder / "undisturbed", folder / "log")
        found = operations(asked.task, folder / "out", folder / "log")
        chosen = list(deaths(found, asked.every, asked.each_way))
        wrong = list(_told(asked.task, folder, found, chosen))
    print(f"{asked.task}: {len(found)} operations on files; died {len(chosen)} times, {len(wrong)} not as it should")
    return 1 if wrong or not chosen else 0


def _told(task: str, folder: Path, found: list[str], chosen: list[tuple[int, str]]) -> Iterator[str]:
    for at, way in chosen:
        for fault in died_and_resumed(task, folder, at, way):
            line = f"{way} at operation {at} ({found[at]}): {fault}"
            print(line, flush=True)
            yield line


if __name__ == "__main__":
    sys.exit(main())
