"""How a command ends: its exit code, and a one-line message for an error that the user can fix."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from common.base.display import printable
from common.base.entry import MEMORY, STOPPED, Terminated, exit_code, out_of_memory
from common.base.errors import UserError
from common.base.terminal import fitted


def guarded(run: Callable[[], int]) -> None:
    """Exit with the code that ``run()`` returns, or after one line on standard error.

    Exit codes: 2 after a ``UserError`` and where the system refuses (a disk that fails, a file that is gone), 1 where
    memory ran out, 130 after Ctrl-C, 143 after SIGTERM. Other exceptions are faults of the suite and pass.
    """
    try:
        with stoppable():
            code = run()
    except UserError as error:
        code = _told(f"error: {error}", 2)
    except KeyboardInterrupt as error:
        print(f"\n{STOPPED}", file=sys.stderr)
        code = exit_code(error)
    except Exception as error:
        if out_of_memory(error):
            code = _told(MEMORY, 1)
        elif isinstance(error, OSError):
            kept = "what was stored until now is kept, and the same command goes on"
            code = _told(f"error: the system refuses: {error}; {kept}", 2)
        else:
            raise
    raise typer.Exit(code)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise, so that what is finished is kept; signals that are ignored stay so."""
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: _terminate}
    if threading.current_thread() is not threading.main_thread():  # others cannot set handlers
        handlers = {}
    before = {number: signal.getsignal(number) for number in handlers}
    try:
        for number, handler in handlers.items():
            if before[number] not in (signal.SIG_IGN, None):
                signal.signal(number, handler)
        yield
    finally:
        for number, earlier in before.items():
            if earlier not in (signal.SIG_IGN, None):
                signal.signal(number, earlier)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _told(message: str, code: int) -> int:
    """Print an error as one line that any standard error can show; return the exit code."""
    line = printable(" ".join(message.split()))
    print(fitted(line, sys.stderr.encoding), file=sys.stderr)
    return code
