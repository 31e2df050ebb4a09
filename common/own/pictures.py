"""Pictures of one model's results: the report's own, with the colours that a page would give them."""

import re
from dataclasses import dataclass
from pathlib import Path

from common.reporting.task_plots import drawings
from common.run import Run
from common.store.files import write_text

_COLOURS = {
    "--line": "#c9ced6",
    "--right": "#2f6db3",
    "--wrong": "#c2571a",
    "--ood": "#6b4fa0",
    **{
        f"--set{number}": colour
        for number, colour in enumerate(
            ("#2f6db3", "#c2571a", "#2c8a5b", "#6b4fa0", "#9a7d0a", "#b03a6f", "#2a8c9e", "#6e6e6e")
        )
    },
}


@dataclass(frozen=True)
class OwnPlots:
    """Drawings (SVG) that a notebook shows side by side."""

    drawings: tuple[str, ...]

    def __str__(self) -> str:
        """What there is, and how to get at it: drawings are nothing to print."""
        return f"{len(self.drawings)} drawings (SVG): shown by a notebook, written by .save(folder)"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The drawings with their colours."""
        style = ";".join(f"{name}:{colour}" for name, colour in _COLOURS.items())
        return f'<div style="display:flex;flex-wrap:wrap;gap:1em;{style}">{"".join(self.drawings)}</div>'

    def save(self, folder: str | Path) -> list[Path]:
        """Write each drawing to a file of its own, ``plot-1.svg`` and so on; return their paths."""
        paths = [Path(folder) / f"plot-{number}.svg" for number in range(1, len(self.drawings) + 1)]
        for path, drawing in zip(paths, self.drawings, strict=True):
            coloured = re.sub(r"var\((--\w+)\)", lambda match: _COLOURS[match[1]], drawing)
            write_text(path, coloured.replace("currentColor", "#1a1a1a"))
        return paths


def own_plots(run: Run) -> OwnPlots:
    """Return the pictures of a run of one model: its confidences, and how they separate and are calibrated."""
    (curve,) = run.record.curves
    (task,) = run.record.tasks.values()
    return OwnPlots(drawings(curve, task.unit_name, task.population))
