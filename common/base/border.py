"""The border that everything from outside crosses: whatever a reader does on a damaged or hostile file is one line.

Readers of arrays, tables and archives raise whatever their libraries raise, which is a dozen types and changes with
their versions; readers written in Rust raise even what is no ``Exception``. So this is the one place that catches all.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from common.base.display import one_line, shown
from common.base.entry import out_of_memory
from common.base.errors import UserError

T = TypeVar("T")

TIMES = 100
"""How many times its size a file may become in memory: numbers that a model gives compress far less."""
SMALL = 64 * 2**20
"""Bytes that any file may become."""
DEFAULT_GB = 8.0
ROOM = 2**29
"""Bytes that a reader may take beside the content: its libraries, its copies of a part."""


@contextmanager
def border(path: Path, remedy: str = "") -> Iterator[None]:
    """Turn any exception of a reader into a ``UserError`` that names the file.

    A ``UserError`` passes as it is, and so does what ends the program (Ctrl-C).

    Args:
        path: the file that is read.
        remedy: what the user should do, appended to the message.
    """
    try:
        yield
    except (UserError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic in Rust is a BaseException
        reason = "there is not enough memory" if out_of_memory(error) else one_line(error)
        raise UserError(f"{shown(path)} cannot be read ({reason}){'; ' * bool(remedy)}{remedy}") from error


def absent(path: Path, option: str = "") -> UserError:
    """Return the error for a path that is not there; of a URL, which is read nowhere, it says what to do.

    >>> print(absent(Path("s3://bucket/in.npz")))
    s3:/bucket/in.npz does not exist; it is a URL: copy it to this machine first, and give that path
    """
    address = re.match(r"[a-z][a-z0-9+]+:/", path.as_posix())  # one letter is a drive
    what = "it is a URL: copy it to this machine first, and give that path" if address else "check the path"
    return UserError(f"{option}{' ' * bool(option)}{shown(path)} does not exist; {what}")


def told_or(read: Callable[[], T]) -> T | str:
    """Return what ``read`` returns, or why it cannot: for one item of many, which costs itself alone.

    The reason is the message of a ``ValueError`` of our own readers as it is, and of other exceptions on one line.
    """
    try:
        return read()
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic in Rust is a BaseException
        if out_of_memory(error):
            return "there is not enough memory"
        return shown(error) if type(error) in (ValueError, UserError) else one_line(error)


@dataclass(frozen=True)
class MemoryLimit:
    """How much memory the content of a file may take: what it announces is checked before any is taken.

    Attributes:
        gigabytes: the most (10^9 bytes); None: ``DEFAULT_GB``, and no more than ``TIMES`` the size of the file.
    """

    gigabytes: float | None = None

    def check(self, path: Path, announced: int, what: str) -> None:
        """Raise ``UserError`` where ``what`` of the file announces more bytes than it may take."""
        size = path.stat().st_size
        allowed = (DEFAULT_GB if self.gigabytes is None else self.gigabytes) * 1e9
        if announced > allowed:
            raise UserError(
                f"{shown(path)}: {shown(what)} announces {announced / 1e9:,.1f} GB, and {allowed / 1e9:g} GB are"
                f" allowed; if that is right, allow more with --max-gb"
            )
        if self.gigabytes is None and announced > max(SMALL, TIMES * size):
            raise UserError(
                f"{shown(path)}: {shown(what)} announces {announced / 1e9:,.2f} GB, more than {TIMES} times the file's"
                f" {size:,} bytes; if that is right, allow it with --max-gb {max(1, -(-announced // 10**9))}"
            )

    @contextmanager
    def held(self, path: Path) -> Iterator[None]:
        """Let the process take no more memory than the file may, for readers whose files can announce too little.

        Where the system has no such limit (it is Linux's), nothing is held.
        """
        if not sys.platform.startswith("linux"):
            yield
            return
        import resource

        times = TIMES * path.stat().st_size
        allowed = max(SMALL, times) if self.gigabytes is None else int(self.gigabytes * 1e9)
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        wanted = pages * resource.getpagesize() + ROOM + 2 * allowed
        if soft == resource.RLIM_INFINITY or wanted < soft:
            resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
