"""FLEURS: sentences of Wikipedia read aloud in many languages; here German, OOD for English.

Conneau et al., "FLEURS: few-shot learning evaluation of universal representations of speech", 2022, arXiv:2205.12446.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.data.download import Download
from common.data.hub import pinned
from common.data.locations import Location, Prepared
from common.data.sources import Source
from speech.data.prepared import read_unlabelled, write_table

FILE = "speech/fleurs_german.parquet"
ABOUT = "FLEURS German, 862 test sentences; CC BY 4.0; google/fleurs on the Hugging Face Hub"


def rows(fetched: Any) -> Iterator[dict[str, object]]:
    """Yield the undecoded audio of a Hugging Face data set with a column ``audio``; soundfile decodes it."""
    from datasets import Audio

    for row in fetched.select_columns(["audio"]).cast_column("audio", Audio(decode=False)):
        audio = row["audio"]
        yield {"audio": audio["bytes"] if audio["bytes"] is not None else Path(audio["path"])}


def prepare(work: Path, ready: Path) -> None:
    """Fetch the test split through ``datasets``, from the Hub's conversion to parquet: no script is run."""
    from datasets import load_dataset

    commit = pinned("google/fleurs", "refs/convert/parquet", work)
    options = {"split": "test", "revision": commit, "cache_dir": str(work)}
    write_table(ready / FILE, rows(load_dataset("google/fleurs", "de_de", **options)))


DOWNLOADS = {"fleurs_german": Download((FILE,), prepare, f"600 MB; {ABOUT}; through datasets")}

GERMAN = Source(
    "German (FLEURS)", (Location((Prepared(FILE, download="fleurs_german"),), read_unlabelled),), about=ABOUT
)
