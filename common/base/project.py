"""The project folder and its modalities."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def modalities() -> tuple[str, ...]:
    """Return the packages that have a ``tasks`` folder."""
    return tuple(sorted(folder.parent.name for folder in ROOT.glob("*/tasks") if folder.is_dir()))
