"""``python -m common.evaluate``: evaluates a user's model, given files of its logits (and features)."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from common.base.arguments import parse_named_files, parse_names
from common.base.border import MemoryLimit
from common.base.errors import UserError
from common.base.exits import guarded
from common.base.terminal import fitted, say
from common.base.version import show_version
from common.discover import load_detector
from common.own.evaluation import command, evaluate_own, evaluate_user_outputs, notes_of, own_model
from common.own.in_pieces import evaluate_in_pieces, files_in_pieces
from common.own.rows import Reading, read_rows
from common.papers.table import POOLED
from common.reporting.formats import DEFAULT, chosen_formats
from common.run import finish
from common.store.files import check_writable, sweep
from common.store.object_store import out_folder

__all__ = ["app", "evaluate_user_outputs", "main"]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def main() -> None:
    """Run ``python -m common.evaluate`` and exit with its code."""
    app(prog_name="python -m common.evaluate")


@app.command()
def run(
    in_distribution: Annotated[
        Path, typer.Argument(metavar="IN", help="in-distribution test set: logits (N, C) and labels (N,)")
    ],
    ood: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help="an OOD set: logits (M, C); repeatable")
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="labels of IN, where they are in a file of their own")] = None,
    detectors: Annotated[str | None, typer.Option(help="comma-separated detectors; by default all that apply")] = None,
    train: Annotated[
        Path | None, typer.Option(metavar="FILE", help="training set: detectors that learn use its features")
    ] = None,
    probabilities: Annotated[
        bool | None,
        typer.Option("--probabilities/--logits", help="what the numbers are; by default told by the numbers"),
    ] = None,
    max_gb: Annotated[
        float | None, typer.Option(min=0.001, help="memory that a file may take, in GB; 8 by default")
    ] = None,
    pieces: Annotated[
        bool | None,
        typer.Option(
            "--pieces/--whole",
            help="read files in pieces and count the scores in bins, or read and sort all; by default in pieces where"
            " the files hold more than 1 GB",
        ),
    ] = None,
    second_pass: Annotated[
        bool, typer.Option("--second-pass", help="read the pieces again, so that FPR95 is known exactly")
    ] = False,
    out: Annotated[
        str, typer.Option(metavar="FOLDER|URL", help="output folder, also in an object store (s3://BUCKET/FOLDER)")
    ] = "runs/own",
    format_: Annotated[
        str, typer.Option("--format", help="comma-separated formats of the report: md, html, csv, tex")
    ] = ",".join(DEFAULT),
    card: Annotated[
        bool,
        typer.Option("--card", help="also write OUT/cards: model cards with a model-index for the Hugging Face Hub"),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="print the version, then exit")
    ] = False,
) -> None:
    """Evaluate misclassification and OOD detection of a model, given its logits.

    Files are .npz, .npy, .csv, .tsv, .parquet or .safetensors, with arrays (or columns logit_0, logit_1, ...) logits
    and labels. Probabilities are told apart by their sums. A file may instead hold a confidence a row, score, and
    whether the model is right, correct (0 or 1).

    With --train, detectors that learn from features run too. The training file holds logits and labels, and every file
    then holds features (N, D), the input of the last layer; or features_0, features_1 and so on, the last of which is
    that input.
    """

    def evaluated() -> int:
        files = parse_named_files(ood, POOLED)
        chosen = parse_names("--detectors", detectors, load_detector)
        formats = chosen_formats(format_, card)
        reading = Reading(probabilities, MemoryLimit(max_gb), features=train is not None)
        target, store = out_folder(out)
        check_writable(target)
        if store is not None:
            store.check()
        sweep(target)
        if second_pass and pieces is False:
            raise UserError("--second-pass reads pieces again, so it does not go with --whole; give one of the two")
        asked = True if second_pass else pieces
        large = files_in_pieces(in_distribution, files, reading, labels, asked)
        if large is not None:
            done = evaluate_in_pieces(in_distribution.stem, large, chosen, second_pass, command())
        else:
            test = read_rows(in_distribution, "test", reading, labels)
            sets = {name: read_rows(file, "ood", reading) for name, file in files.items()}
            learned = read_rows(train, "train", reading) if train else None
            done = evaluate_own(own_model(in_distribution.stem, test, sets, learned, chosen), command())
        finish(done, target, formats=formats)
        if store is not None:
            store.put_results()
        say(done.report, f"; the report is in {target / 'report.md'}")
        for note in notes_of(done):  # after the tables, where they are seen
            print(fitted(f"note: {note}", sys.stderr.encoding), file=sys.stderr)
        return 0

    guarded(evaluated)
