"""``python -m common.reporting OUT``: the report of a finished run once more, from its rows and record alone."""

from typing import Annotated

import typer

from common.base.exits import guarded
from common.base.terminal import say
from common.reporting.formats import DEFAULT, chosen_formats
from common.reporting.report import write_report
from common.store.object_store import out_folder


def main(
    out: Annotated[str, typer.Argument(help="output folder of a run: holds results.jsonl and run.json; may be a URL")],
    format_: Annotated[str, typer.Option("--format", help="comma-separated formats: md, html, csv, tex")] = ",".join(
        DEFAULT
    ),
    card: Annotated[
        bool,
        typer.Option("--card", help="also write OUT/cards: model cards with a model-index for the Hugging Face Hub"),
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="print the sections of all tasks before the summary")] = False,
) -> None:
    """Write the report of a run once more; nothing is trained or read but OUT/results.jsonl and OUT/run.json."""

    def written() -> int:
        chosen = chosen_formats(format_, card)
        folder, store = out_folder(out)
        if store is not None:
            store.fetch_results()
        report = write_report(folder, full, formats=chosen)
        if store is not None:
            store.put_results()
        say(report, f"; the report is in {folder}")
        return 0

    guarded(written)


if __name__ == "__main__":
    typer.run(main)
