"""The shared core: scores, metrics, training, storage and reports. Nothing here knows pixels, words or waveforms.

``from common import report`` is its door in Python and in notebooks.
"""

import sys

if sys.argv[:1] == ["-m"]:  # ``python -m MODULE`` imports the module's packages first
    from common.base.entry import begin

    begin()

from typing import TYPE_CHECKING, Any  # noqa: E402  after what must come first

if TYPE_CHECKING:
    from common.own.notebook import OwnReport as OwnReport
    from common.own.notebook import report as report

_OF_THE_NOTEBOOK = ("OwnReport", "report")


def __getattr__(name: str) -> Any:
    """Import the notebook's door when it is asked for, so that ``import common`` stays cheap."""
    if name in _OF_THE_NOTEBOOK:
        from importlib import import_module

        return getattr(import_module("common.own.notebook"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
