"""How a command begins: a signal, or too little memory, is one line from its first moment on, with a fitting exit code.

Libraries take seconds to import, and a Ctrl-C meanwhile would end in a traceback from inside of them. So ``begin`` runs
before all other imports, and imports nothing that takes time itself: from ``run_all.py``, or from the packages' own
modules, which ``python -m MODULE`` imports first (while ``sys.argv[0]`` is ``-m``, as its documentation says).
"""

import os
import signal
import sys
from types import FrameType, TracebackType

STOPPED = "stopped; finished work is kept, and the same command continues from there"
MEMORY = "error: there is not enough memory; close other programs, allow more (ulimit -v), or use less data"

_WORDS_OF_MEMORY = (
    "not enough memory", "out of memory", "cannot allocate memory", "can't allocate memory", "unable to allocate",
    "failed to map segment", "bad_alloc", "bad allocation", "can't start new thread", "std::length_error",
)  # fmt: skip
_NOT_IN_MEMORY = 12  # errno.ENOMEM


class Terminated(KeyboardInterrupt):
    """SIGTERM while a command works: it ends as after Ctrl-C, with another exit code."""


def begin() -> None:
    """Let SIGINT, SIGTERM and a lack of memory end this process with one line; signals that are ignored stay so."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _leave)
    sys.excepthook = _tell
    sys.unraisablehook = _take_up


def out_of_memory(error: BaseException | None) -> bool:
    """Return whether an exception, or one that it comes from, says that memory ran out: libraries have many ways."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        said = str(error).lower()
        if isinstance(error, MemoryError) or getattr(error, "errno", None) == _NOT_IN_MEMORY:
            return True
        if any(words in said for words in _WORDS_OF_MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False


def exit_code(error: KeyboardInterrupt) -> int:
    """Return the exit code of a stopped command: 128 and the number of the signal."""
    return 128 + (signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT)


def _leave(number: int, frame: FrameType | None) -> None:
    """End this process at once: nothing has begun, or all is done."""
    _line(f"\n{STOPPED}")
    os._exit(128 + number)


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        _line(f"\n{STOPPED}")
        os._exit(exit_code(error))
    if out_of_memory(error):
        _line(MEMORY)
    else:
        sys.__excepthook__(kind, error, trace)


def _take_up(unraisable: "sys.UnraisableHookArgs") -> None:
    """Stop for a Ctrl-C that fell into a place where Python drops exceptions, such as the end of an object's life."""
    error = unraisable.exc_value
    if isinstance(error, KeyboardInterrupt):
        _line(f"\n{STOPPED}")
        os._exit(exit_code(error))
    if not out_of_memory(error):
        sys.__unraisablehook__(unraisable)


def _line(text: str) -> None:
    """Write a line to standard error without Python's buffers, which a signal may find half-way."""
    try:
        os.write(2, f"{text}\n".encode())
    except OSError:  # standard error is closed
        return
