"""How a command ends: its exit code, and a one-line message for an error that the user can fix."""

import sys
from collections.abc import Callable

import typer

from common.base.display import printable
from common.base.errors import UserError
from common.base.terminal import fitted


def guarded(run: Callable[[], int]) -> None:
    """Exit with the code that ``run()`` returns; for a ``UserError`` print one line to stderr and exit with code 2.

    So ends what the system refuses at any moment: a disk that fails, a file that is gone, memory that is not there.
    """
    try:
        code = run()
    except UserError as error:
        code = _told(str(error))
    except OSError as error:
        code = _told(f"the system refuses: {error}; what was stored until now is kept, and the same command goes on")
    except MemoryError:
        code = _told("there is not enough memory; close other programs, or use less data")
    except KeyboardInterrupt:
        print("\nstopped; finished work is kept, and the same command continues from there", file=sys.stderr)
        code = 130
    raise typer.Exit(code)


def _told(message: str) -> int:
    """Print an error as one line that any standard error can show; return the exit code."""
    line = printable(" ".join(message.split()))
    print(fitted(f"error: {line}", sys.stderr.encoding), file=sys.stderr)
    return 2
