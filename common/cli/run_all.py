"""The command line of ``run_all.py`` and of every task module (``python -m nlp.tasks.reuters8``)."""

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.base.arguments import parse_names, parse_sizes
from common.base.display import printable
from common.base.errors import UserError
from common.base.exits import guarded
from common.base.progress import Progress
from common.base.project import ROOT, modalities
from common.base.terminal import say
from common.base.version import show_version
from common.base.workers import RANK
from common.cli.after_typing import check_words, chosen_device, chosen_tune, show_list
from common.cli.completion import WANTED, completions, show_completion
from common.cli.side_by_side import check_workers, workers
from common.cli.typed import (
    check_budgets,
    chosen_model,
    chosen_tasks,
    data_folders,
    known_modality,
    modality_of,
    own_data,
)
from common.data.locations import Folders
from common.discover import check_detector, check_objective, load_user_files
from common.own_data import OwnData
from common.reporting.formats import DEFAULT, chosen_formats
from common.store.files import check_writable
from common.store.object_store import ObjectStore, out_folder

if TYPE_CHECKING:
    from common.experiment import RunOptions

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def main(module: str | None = None) -> None:
    """Run the command line and exit with its code.

    Exit codes: 0 success; 2 an error that the one-line message explains; 1 too little memory; 130 stopped with
    Ctrl-C; 143 stopped with SIGTERM.

    Args:
        module: name of a task's module (``nlp.tasks.reuters8``), which runs that task; None: any tasks.
    """
    task = ["--task", module.replace(".tasks.", "/")] if module else []
    if module and any(argument.split("=")[0] == "--task" for argument in sys.argv[1:]):
        sys.exit(f"error: python -m {module} runs one task; omit --task, or use run_all.py")
    if WANTED in os.environ:
        options = [option for one in typer.main.get_command(app).params for option in one.opts]
        say("\n".join(completions(os.environ[WANTED].split(" "), options)))
        return
    app(args=[*task, *sys.argv[1:]], prog_name=f"python -m {module}" if module else "run_all.py")


@app.command()
def run(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[TASK]", help="with --list: show all of this task")
    ] = None,
    modality: Annotated[
        str | None,
        typer.Option(help=f"run the tasks of one modality: {', '.join(modalities())}"),
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(help="run one task, such as nlp/reuters8 or reuters8; repeatable"),
    ] = None,
    profile: Annotated[str, typer.Option(help="training budget: quick, or paper (the published recipe)")] = "quick",
    seeds: Annotated[int, typer.Option(help="number of seeds; each seed draws other held-out classes")] = 1,
    data_dir: Annotated[Path | None, typer.Option(help="folder with the prepared data sets; data by default")] = None,
    detectors: Annotated[str | None, typer.Option(help="comma-separated detectors, default or all")] = None,
    objectives: Annotated[
        str | None,
        typer.Option(help="comma-separated training objectives, or all that fit; by default those of each task"),
    ] = None,
    tune: Annotated[
        str,
        typer.Option(
            help="choose the options of detectors on pseudo-outliers (pseudo), on the test OOD sets as an upper bound "
            "(oracle), or use the defaults (none)"
        ),
    ] = "pseudo",
    model: Annotated[
        str | None, typer.Option(help="train this architecture instead of the task's: NAME or NAME:ARGUMENT")
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option(
            help="also train on smaller training sets (learning curve): comma-separated sizes, such as 15,30,60"
        ),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="load trained weights from a safetensors file instead of training")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto: cuda if available")] = "auto",
    jobs: Annotated[
        int | None,
        typer.Option(help="trainings side by side, in processes of their own; by default one a core, as memory allows"),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT|auto",
            help="trainings on the nodes of a Ray cluster that this machine has joined; all of them see --out",
        ),
    ] = None,
    threads: Annotated[
        int, typer.Option(help="threads of each training; last digits of figures depend on them, as rows say")
    ] = 1,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|URL",
            help="output folder, also in an object store (s3://BUCKET/FOLDER, group object_store); "
            "runs/PROFILE by default",
        ),
    ] = None,
    in_: Annotated[
        Path | None,
        typer.Option("--in", help="your labelled examples: a file of texts, or a folder of images or sounds a class"),
    ] = None,
    ood: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PATH", help="your file or folder of OOD examples, used with --in; repeatable"),
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="your test examples, where --in has only those for training")
    ] = None,
    text_column: Annotated[str | None, typer.Option(help="column of the texts in your files")] = None,
    label_column: Annotated[str | None, typer.Option(help="column of the labels in your files")] = None,
    label_pattern: Annotated[
        str | None, typer.Option(help="regular expression for file names; what it has in brackets is the class")
    ] = None,
    no_train: Annotated[
        bool, typer.Option("--no-train", help="judge the classifier that --model names as it is; its labels must fit")
    ] = False,
    download: Annotated[str | None, typer.Option(help="download, verify and prepare one data set, then exit")] = None,
    study: Annotated[
        str | None, typer.Option(help="run one study, such as which_outliers, and write OUT/studies/NAME; see --list")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="draw, type and speak to the trained models on a local page (group demo)")
    ] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="list tasks, data, detectors, objectives and models, then exit")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="print the sections of all tasks before the summary")] = False,
    format_: Annotated[
        str, typer.Option("--format", help="comma-separated formats of the report: md, html, csv, tex")
    ] = ",".join(DEFAULT),
    card: Annotated[
        bool,
        typer.Option("--card", help="also write OUT/cards: model cards with a model-index for the Hugging Face Hub"),
    ] = False,
    completion: Annotated[
        str | None,
        typer.Option(
            metavar="bash|zsh", callback=show_completion, is_eager=True, help="print what completes names with Tab"
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="print the version, then exit")
    ] = False,
) -> None:
    """Train the classifiers, evaluate misclassification and OOD detection, write one report."""

    def chosen() -> int:
        if list_:
            named = [*(words or ()), *(task or ())]
            return show_list(named, Folders(data_folders(data_dir)), known_modality(modality))
        check_words(words or ())
        if demo:
            return _demo(*out_folder(out or "runs/quick"), data_dir, known_modality(modality))
        if download is not None:
            return _download(download, data_dir or ROOT / "data")
        own = own_data(in_, ood, task, OwnData(Path(), {}, test, text_column, label_column, label_pattern))
        own_kind = modality_of(own, modality)
        tasks = (f"{own_kind}/own",) if own_kind else chosen_tasks(task, modality)
        model_chosen = chosen_model(model, tasks, no_train, weights)
        user_task = None
        if own and own_kind:
            user_task = load_user_files(own_kind)(replace(own, model=model_chosen, trained=not no_train))
        chosen_detectors = parse_names("--detectors", detectors, check_detector)
        chosen_objectives = parse_names("--objectives", objectives, check_objective)
        formats = chosen_formats(format_, card)
        if card and study is not None:
            raise UserError("--card describes the models of a run; a study has none of its own, so omit one of the two")
        sizes = parse_sizes("--examples", examples)
        check_budgets(profile, seeds, weights, sizes)
        check_workers(jobs, threads, cluster, "--study" if study else "--in" if own else None)
        target, store = out_folder(out or f"runs/{profile}")
        folders = Folders(data_folders(data_dir), target / "cache")
        check_writable(target)

        progress = Progress(show=RANK == 0)
        progress.begin()  # before torch is imported, which takes seconds
        if store is not None:
            store.check()
            progress.note(f"--out {store.url}: its files are also in {target}")

        from common.evaluate import evaluate
        from common.experiment import RunOptions
        from common.selection import Selection

        options = RunOptions(
            profile,
            target,
            folders,
            chosen_device(device),
            model_chosen,
            weights,
            user_task,
            chosen_tune(tune),
            threads,
            store,
        )
        if study is not None:
            return _study(study, seeds, options, progress, formats)
        selection = Selection(
            tasks,
            seeds,
            objectives=chosen_objectives,
            detectors=chosen_detectors,
            examples=sizes,
            required=bool(task or user_task),
            command=f"{context.command_path} {shlex.join(map(printable, sys.argv[1:]))}".strip(),
            full=full,
            formats=formats,
        )
        done = evaluate(selection, options, progress, workers(jobs, cluster, options))
        if RANK == 0:
            say(done.report, f"; the report is in {target / 'report.md'}")
        return 2 if done.failed or not done.rows else 0

    guarded(chosen)


def _study(name: str, seeds: int, options: "RunOptions", progress: Progress, formats: tuple[str, ...]) -> int:
    from common.studied import folder, report, study

    found = study(name, seeds, options, progress)
    if RANK == 0:
        say(report(name, found, options, formats), f"; the report is in {folder(options.out, name) / 'report.md'}")
    return 0


def _demo(out: Path, store: ObjectStore | None, data_dir: Path | None, modality: str | None) -> int:
    """Serve the models of the first run's store until Ctrl-C, which is how the demo ends well."""
    from common.demo.start import demo
    from common.experiment import RunOptions

    check_writable(out)
    demo(
        RunOptions(
            out=out, folders=Folders(data_folders(data_dir), out / "cache"), tune="none", store=store
        ),  # at once
        (modality,) if modality else modalities(),
        Progress(show=True),
    )
    return 0


def _download(name: str, folder: Path) -> int:
    from common.data.download import download

    download(name, folder)
    return 0
