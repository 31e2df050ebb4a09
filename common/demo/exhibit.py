"""What a modality supplies to the demo: a file ``MODALITY/demo.py`` that defines ``EXHIBIT``."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from common.base.project import ROOT, modalities
from common.data.samples import RawDataset
from common.store.outputs import Outputs

Kind = Literal["drawing", "text", "sound"]
"""How the page lets a visitor make an input."""


@dataclass(frozen=True)
class Exhibit:
    """One tab of the demo's page.

    Attributes:
        title: of the tab.
        kind: how an input is made; the page has one form for each.
        invitation: one sentence that says what to make.
        tasks: full names, in order of preference; the first whose data is here is shown.
        read: the body of a request to a data set of one item; a ``ValueError`` says what is wrong with it.
        show: an item of a data set to the body that the page shows, and that ``read`` reads back as that item.
        largest: largest body in bytes.
        describe: a sentence on what the model recognised, besides the most likely classes; empty if there is none.
    """

    title: str
    kind: Kind
    invitation: str
    tasks: tuple[str, ...]
    read: Callable[[bytes], RawDataset]
    show: Callable[[Any], bytes]
    largest: int
    describe: Callable[[Outputs, tuple[str, ...]], str] = lambda outputs, names: ""


def exhibits() -> dict[str, Exhibit]:
    """Return the exhibits of the modalities that have one, by modality, in the order of the tabs."""
    found = [name for name in modalities() if (ROOT / name / "demo.py").is_file()]
    shown: dict[str, Exhibit] = {name: importlib.import_module(f"{name}.demo").EXHIBIT for name in found}
    return dict(sorted(shown.items(), key=lambda item: get_args(Kind).index(item[1].kind)))
