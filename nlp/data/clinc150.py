"""CLINC150: short requests to an assistant, 150 intents and out-of-scope requests (Larson et al., EMNLP-IJCNLP 2019).

Read from the prepared Parquet file, or from ``data_full.json`` as the authors publish it.
"""

import json
from functools import partial
from pathlib import Path

from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from nlp.data.tables import labelled_texts, read_columns

OUT_OF_SCOPE = ("out_of_scope", "oos")
"""What the prepared file and the authors' file call requests of no intent."""

FILES = (Prepared("nlp/clinc150.parquet"), Prepared("nlp/data_full.json"))
BySplit = dict[str, list[tuple[str, str]]]
"""Rows of (text, intent) by split."""

ABOUT = "150 intents, 15,000 training and 4,500 test requests, 1,000 out of scope; CC BY 3.0, github.com/clinc/oos-eval"


def read(path: Path, split: str, in_scope: bool) -> RawDataset:
    """Read one split's requests of the 150 intents with their labels, or its out-of-scope requests without.

    Raises:
        ValueError: the file lacks the split, or is neither of the two.
    """
    by_split = (_of_json if path.suffix == ".json" else _of_parquet)(path)
    if not in_scope:
        return labelled_texts([text for text, intent in by_split[split] if intent in OUT_OF_SCOPE])
    intents = {intent for rows in by_split.values() for _, intent in rows} - set(OUT_OF_SCOPE)
    wanted = [(text, intent) for text, intent in by_split[split] if intent in intents]
    return labelled_texts([text for text, _ in wanted], [intent for _, intent in wanted], sorted(intents))


def _of_parquet(path: Path) -> BySplit:
    columns = read_columns(path, ("text", "label_name", "split"))
    rows: BySplit = {}
    for text, intent, split in zip(*columns.values(), strict=True):
        rows.setdefault(split, []).append((text, intent))
    return rows


def _of_json(path: Path) -> BySplit:
    """Return the rows of ``data_full.json``: lists of [text, intent] under train, val, test, oos_train, ..."""
    lists: dict[str, list[tuple[str, str]]] = json.loads(path.read_text(encoding="utf-8"))
    return {split: [*lists[split], *lists.get(f"oos_{split}", [])] for split in ("train", "val", "test")}


def _source(name: str, split: str, in_scope: bool) -> Source:
    reader = partial(read, split=split, in_scope=in_scope)
    return Source(name, tuple(Location((file,), reader) for file in FILES), about=ABOUT)


TRAIN = _source("CLINC150", "train", in_scope=True)
TEST = _source("CLINC150 test", "test", in_scope=True)
OUT = _source("CLINC150 out of scope", "test", in_scope=False)
