"""How a command ends: its exit code, and a one-line message for an error that the user can fix."""

import sys
from collections.abc import Callable

import typer

from common.base.errors import UserError


def guarded(run: Callable[[], int]) -> None:
    """Exit with the code that ``run()`` returns; for a ``UserError`` print one line to stderr and exit with code 2."""
    try:
        code = run()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("\nstopped; finished work is kept, and the same command continues from there", file=sys.stderr)
        code = 130
    raise typer.Exit(code)
