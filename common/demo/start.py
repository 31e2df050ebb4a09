"""``run_all.py --demo``: the models of all tabs, of the store or trained now, then the page."""

from collections.abc import Collection

from common.base.errors import UserError
from common.base.progress import Progress
from common.demo.exhibit import exhibits
from common.demo.judged import JudgedModel
from common.demo.server import require_packages, serve
from common.experiment import RunOptions


def demo(options: RunOptions, modalities: Collection[str], progress: Progress) -> None:
    """Show the exhibits of these modalities until Ctrl-C.

    Raises:
        UserError: a package or all data of an exhibit is missing.
    """
    require_packages()
    models = judged_models(options, modalities, progress)
    progress.close()
    serve(models)


def judged_models(
    options: RunOptions, modalities: Collection[str], progress: Progress | None = None
) -> dict[str, JudgedModel]:
    """Return the model of each exhibit; what the store lacks is trained now.

    Raises:
        UserError: no modality of these has an exhibit.
    """
    shown = {name: exhibit for name, exhibit in exhibits().items() if name in modalities}
    if not shown:
        raise UserError(f"{', '.join(modalities)}: nothing to demonstrate; there are: {', '.join(exhibits())}")
    return {name: JudgedModel(exhibit, options, progress) for name, exhibit in shown.items()}
