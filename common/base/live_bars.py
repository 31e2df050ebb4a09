"""Two bars at the bottom of a terminal: the tasks of the run, and the epochs of the phase that is running."""

import atexit
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


class LiveBars:
    """Bars that are drawn over and over until ``close``; lines printed meanwhile stand above them."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        text = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        said = Column(no_wrap=True)
        self._bars: RichProgress = Progress(
            TextColumn("{task.description}", markup=False, table_column=text),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[said]}", markup=False, table_column=said),
            console=Console(file=sys.stderr),
            transient=True,
            redirect_stdout=False,
            refresh_per_second=4,
            expand=True,
        )
        self._whole = self._bars.add_task("starting", total=None, said="")
        self._phase = self._bars.add_task("", total=None, said="", visible=False)
        self._bars.start()
        atexit.register(self.close)  # whatever ends the program, the cursor comes back

    def whole(self, description: str, done: int, total: int | None, said: str) -> None:
        """Show how many tasks of the run are done."""
        self._bars.update(self._whole, description=description, completed=done, total=total, said=said)
        self._bars.refresh()

    def phase(self, description: str, done: int, total: int | None, said: str) -> None:
        """Show how many epochs of the phase are done; without ``total`` the bar moves."""
        self._bars.update(
            self._phase, description=description, completed=done, total=total, said=said, visible=bool(description)
        )

    def line(self, text: str) -> None:
        """Print a line that stays, above the bars."""
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Remove the bars."""
        self._bars.stop()
