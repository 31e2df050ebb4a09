"""User's texts as a task, without writing code: ``run_all.py --in FILE --ood NAME=FILE``.

A file is CSV or TSV (with a header), JSON, JSONL, parquet or text, in any encoding. ``--in`` takes a file with texts
and labels, in columns of the usual names (text, sentence, utterance, query; label, intent, category, ...) or of those
that ``--text-column`` and ``--label-column`` name. A column ``split`` says where a row belongs, or ``--test`` names a
file of test texts; otherwise a seeded fifth of the rows is the test set, and each label keeps a row for training.
Files ``.conllu`` and ``.conll`` have tagged sentences.
``--ood`` takes a file with texts. CLINC's ``data_full.json`` brings its out-of-scope requests along.

Skipped, and counted in the results: texts without a visible character, rows without a label, rows with another split,
and test rows whose label is not in the training set (no class of the model would be right).
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from common.base.errors import UserError
from common.data.locations import Location
from common.data.samples import RawDataset
from common.own_data import SUBSETS, OwnData, OwnPath, OwnSource, own_source, own_split
from common.task import Budget, Model, Task
from nlp.data import own_tagged
from nlp.data.own_tables import FORMATS
from nlp.data.own_texts import UNSEEN_LABEL, ColumnNames, has_out_of_scope, read_labelled, read_texts
from nlp.tagging_task import WORD_SUBSETS

SUFFIXES = frozenset(FORMATS) | own_tagged.SUFFIXES
"""Names of files that are taken for texts, in lower case."""

TAGGING = Budget(epochs=6, batch_size=16, learning_rate=3e-3)
BUDGET = Budget(epochs=8, batch_size=32, learning_rate=1e-3)


def user_task(own: OwnData) -> Task:
    """Return a task made of the user's files.

    Raises:
        UserError: a file is missing, or in another format.
    """
    own.check("label_pattern")
    for file in (own.data, *([own.test] if own.test else []), *own.ood.values()):
        if not file.is_file() or file.suffix.lower() not in SUFFIXES:
            what = "is a folder, and texts are read from files" if file.is_dir() else "is not one of those read"
            formats = ", ".join((*FORMATS, ".conllu", ".conll"))
            raise UserError(f"{file} {what}; give one of {formats}")
    if own.data.suffix.lower() in own_tagged.SUFFIXES:
        return _tagging_task(own)
    names = ColumnNames(own.text_column, own.label_column)
    name = own.data.stem
    return Task(
        title=own.data.name,
        in_dist=name,
        train=_part(own, "train", f"{name} train", partial(read_labelled, part="train", names=names)),
        test=_part(own, "test", name, partial(read_labelled, part="test", names=names)),
        ood=tuple(_ood(own, names)),
        model=Model("bag_of_words", {"words": 5000, "stop_words": False}),
        split=own_split(own.trained),
        subsets=SUBSETS,
        quick=BUDGET,
        paper=BUDGET,
        row_name="text",
        notes=(
            _test_set(own),
            f"Skipped and counted: empty texts, rows without a label, test rows with a {UNSEEN_LABEL}.",
        ),
    )


def _tagging_task(own: OwnData) -> Task:
    """Return a task made of the user's tagged sentences.

    Raises:
        UserError: a further file has no tagged sentences.
    """
    for file in (*([own.test] if own.test else []), *own.ood.values()):
        if file.suffix.lower() not in own_tagged.SUFFIXES:
            raise UserError(f"{file} is not one of {', '.join(sorted(own_tagged.SUFFIXES))}, as {own.data.name} is")
    name, read = own.data.stem, partial(own_tagged.read_tagged, column=own.label_column)
    return Task(
        title=own.data.name,
        in_dist=name,
        train=_part(own, "train", f"{name} train", partial(read, part="train")),
        test=_part(own, "test", name, partial(read, part="test")),
        ood=tuple(own_source(ood, path, own_tagged.read_words) for ood, path in own.ood.items()),
        model=Model("lstm_tagger"),
        split=own_tagged.split_sentences,
        quick=TAGGING,
        paper=TAGGING,
        row_name="token",
        also_by_group=True,
        subsets=WORD_SUBSETS,
        error_name="tagging error",
        notes=("The test set is the file of --test, or a seeded fifth of the sentences where there is none.",),
    )


def _part(own: OwnData, part: str, name: str, read: Callable[..., RawDataset]) -> OwnSource:
    """Return the source of the training or the test texts: one file that has both, or two."""
    files = [own.data] if own.test is None else [own.data, own.test]
    ordered = files if part == "train" else files[::-1]
    places = (Location(tuple(map(OwnPath, ordered)), read),)
    return OwnSource(name, places, settings=f"{own.text_column} {own.label_column}")


def _ood(own: OwnData, names: ColumnNames) -> list[OwnSource]:
    def source(name: str, path: Path) -> OwnSource:
        return own_source(name, path, partial(read_texts, names=ColumnNames(names.text)), names)

    found = [source(name, path) for name, path in own.ood.items()]
    return [*found, source("out of scope", own.data)] if has_out_of_scope(own.data) else found


def _test_set(own: OwnData) -> str:
    if own.test is not None:
        return f"The test set is the file {own.test.name}."
    if own.trained:
        return "The test set is the rows of split `test`, or a seeded fifth of the rows where the file has no split."
    return "Nothing is trained: the test set is the rows of split `test`, or all rows where the file has no split."
