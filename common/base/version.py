"""The version of the suite, as ``pyproject.toml`` says it."""

import tomllib

import typer

from common.base.project import ROOT
from common.base.terminal import say


def version() -> str:
    """Return the version of this checkout.

    >>> version().count(".")
    2
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['version']}"


def show_version(wanted: bool) -> None:
    """Print name and version and exit, if wanted."""
    if wanted:
        say(f"confidence-baseline {version()}")
        raise typer.Exit
