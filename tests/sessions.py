"""Processes that a test starts in a session of their own, with all that these start."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress


def processes_of(session: int) -> dict[int, str]:
    """Return the processes of a session that still run, with their titles."""
    shown = subprocess.run(
        ("ps", "-o", "pid=,stat=,args=", "-s", str(session)), capture_output=True, text=True, check=False
    )
    found = [line.split(maxsplit=2) for line in shown.stdout.splitlines()]
    return {int(pid): "".join(title) for pid, state, *title in found if not state.startswith("Z")}


def kill_session(session: int) -> None:
    """Kill all processes of a session."""
    while left := processes_of(session):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def wait_until(condition: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def unmeasured() -> dict[str, str]:
    """Return the environment without what lets a process measure its coverage.

    Coverage begins while Python starts, takes long there, and drops a Ctrl-C that falls into it.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}
