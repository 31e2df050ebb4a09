"""``run_all.py --demo``: the models of all tabs, of the store or trained now, and the page as soon as one is there."""

from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Thread

from common.base.errors import UserError
from common.base.progress import Progress
from common.demo.exhibit import Exhibit, exhibits
from common.demo.judged import JudgedModel
from common.demo.server import require_packages, serve
from common.experiment import RunOptions


def demo(options: RunOptions, modalities: Collection[str], progress: Progress) -> None:
    """Show the exhibits of these modalities until Ctrl-C, each as soon as its model is ready.

    Raises:
        UserError: a package is missing, or no exhibit has its data here.
    """
    require_packages()
    tabs = Tabs(shown(modalities), options, progress)
    while not tabs.models:
        tabs.make_next()
    # A daemon: Ctrl-C need not wait for a training, and the store holds whole files alone at any moment.
    Thread(target=tabs.make_all, daemon=True).start()
    serve(tabs.models, tabs.coming)


def shown(modalities: Collection[str]) -> dict[str, Exhibit]:
    """Return the exhibits of these modalities.

    Raises:
        UserError: they have none.
    """
    chosen = {name: exhibit for name, exhibit in exhibits().items() if name in modalities}
    if not chosen:
        raise UserError(f"{', '.join(modalities)}: nothing to demonstrate; there are: {', '.join(exhibits())}")
    return chosen


@dataclass
class Tabs:
    """The models of exhibits, made one after another.

    Attributes:
        exhibits: by the name of the tab.
        models: that are ready, in order.
        coming: titles of the tabs whose models are not.
    """

    exhibits: dict[str, Exhibit]
    options: RunOptions
    progress: Progress = field(default_factory=Progress)
    models: dict[str, JudgedModel] = field(default_factory=dict)
    coming: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.coming = {name: exhibit.title for name, exhibit in self.exhibits.items()}

    def make_next(self) -> None:
        """Make the model of the first tab that has none: of the store, or trained now.

        Raises:
            UserError: its data is missing, and there is no further tab.
        """
        name = next(iter(self.coming))
        try:
            self.models[name] = JudgedModel(self.exhibits[name], self.options, self.progress)
        except UserError as why:
            if not self.models and len(self.coming) == 1:
                raise
            self.progress.note(f"{self.coming[name]}: no tab, since {why}")
        del self.coming[name]

    def make_all(self) -> None:
        """Make all models that are not there yet."""
        while self.coming:
            self.make_next()
        self.progress.close()
