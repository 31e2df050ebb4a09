"""Printing that any standard output survives: another encoding, a closed one, a full one."""

import os
import shutil
import sys
from typing import TextIO

from common.base.errors import UserError

_PLAIN = str.maketrans(
    {
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{PLUS-MINUS SIGN}": "+-",
        "\N{MIDDLE DOT}": "|",
        "\N{NO-BREAK SPACE}": " ",
        "\N{MULTIPLICATION SIGN}": "x",
    }
)


def fitted(text: str, encoding: str | None) -> str:
    r"""Return the text as an output with this encoding can show it: typographic signs as plain ones, others escaped.

    >>> fitted("95 – 97 …", "ascii"), fitted("95 – 97 …", "utf-8"), fitted("\N{SNOWMAN}", "cp1252")
    ('95 - 97 ...', '95 – 97 …', '\\u2603')
    """
    encoding = encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    return text


def say(text: str, elsewhere: str = "") -> None:
    """Print text to standard output, as far as that can show it; a reader that has gone away is no error.

    Args:
        text: what to print.
        elsewhere: where the same can be read, for the message if it cannot be printed.

    Raises:
        UserError: the output cannot be written, such as a full disk.
    """
    output: TextIO | None = sys.stdout
    if output is None or output.closed:
        return
    try:
        print(fitted(text, output.encoding), file=output, flush=True)
    except BrokenPipeError:
        _leave(output)
    except OSError as error:
        _leave(output)
        raise UserError(f"the output cannot be written ({error.strerror or error})" + elsewhere) from error


def terminal_width(otherwise: int, narrowest: int = 60, widest: int = 140) -> int:
    """Return the columns of the terminal (the variable COLUMNS, if set, says them), or ``otherwise`` without one."""
    return min(max(shutil.get_terminal_size((otherwise, 24)).columns, narrowest), widest)


def _leave(output: TextIO) -> None:
    """Let the rest go nowhere, so that Python does not fail at exit when it flushes the output once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, output.fileno())
    os.close(nowhere)
