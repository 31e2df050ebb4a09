"""How a command ends: its exit code, and one line where a user can mend something."""

import sys
from collections.abc import Callable

import typer

from common.base.errors import UserError


def guarded(run: Callable[[], int]) -> None:
    """Leave with the code that ``run()`` returns; a user's mistake is one line on standard error and exit code 2."""
    try:
        code = run()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("\nstopped; what was finished is kept, and the same command continues from there", file=sys.stderr)
        code = 130
    raise typer.Exit(code)
