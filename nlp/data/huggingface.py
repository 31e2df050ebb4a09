"""Downloads of text sets from the Hugging Face Hub, for ``run_all.py --download NAME``.

A file is a parquet table with ``text``, ``split`` and, for labelled sets, ``label`` (a number) and ``label_name``. Only
parquet files are read from the Hub, and no script is run. Each set is read at one commit, whose hash stands for its
content. The number of rows of each split is checked, and ``datasets`` checks the files' checksums where the Hub states
them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.base.errors import UserError
from common.data.download import Download
from common.data.hub import pinned

if TYPE_CHECKING:
    from datasets import Dataset

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Corpus:
    """A text set of the Hub, and how its table is converted.

    Attributes:
        path: on the Hub.
        file: in the data folder.
        splits: for each split of the Hub, our name of it and its number of rows.
        columns: converts one split to our columns, except ``split``.
        about: size, licence.
        revision: the commit; or a branch, whose commit at the first download is kept in the data folder.
    """

    path: str
    file: str
    splits: Mapping[str, tuple[str, int]]
    columns: Callable[["Dataset"], Columns]
    about: str
    revision: str = "main"
    options: Mapping[str, Any] = field(default_factory=dict)

    def prepare(self, work: Path, ready: Path) -> None:
        """Fetch the splits and write the table."""
        from datasets import VerificationMode, load_dataset

        revision = pinned(self.path, self.revision, work)
        found = {
            theirs: load_dataset(
                self.path,
                split=theirs,
                revision=revision,
                cache_dir=str(work),
                verification_mode=VerificationMode.ALL_CHECKS,
                **self.options,
            )
            for theirs in self.splits
        }
        self.write(found, ready / self.file)

    def write(self, found: Mapping[str, "Dataset"], target: Path) -> None:
        """Write the table of the splits.

        Args:
            found: each split by its name on the Hub.
            target: file to write.

        Raises:
            UserError: a split has another number of rows than it should.
        """
        import pyarrow
        import pyarrow.parquet

        tables = []
        for theirs, (ours, rows) in self.splits.items():
            if len(found[theirs]) != rows:
                raise UserError(f"{self.path}: split {theirs!r} has {len(found[theirs])} rows instead of {rows}")
            columns = self.columns(found[theirs])
            tables.append(pyarrow.table({**columns, "split": [ours] * len(columns["text"])}))
        pyarrow.parquet.write_table(pyarrow.concat_tables(tables), target, compression="zstd")


def labelled(dataset: "Dataset", label: str = "label", names: Sequence[str] = (), text: str = "text") -> Columns:
    """Return text, label and label_name; classes are matched by name, since the Hub may order them otherwise.

    Args:
        dataset: one split; its labels are numbers with names, or names.
        label: column of the labels.
        names: our classes in order; the Hub's order where empty.
        text: column of the texts.

    Raises:
        UserError: a row has no label, or one that ``names`` lacks.
    """
    theirs = getattr(dataset.features[label], "names", None)
    given = [theirs[value] if theirs and value is not None and value >= 0 else value for value in dataset[label]]
    ours = list(names or theirs or sorted(set(given)))
    unknown = [value for value in given if value not in ours]
    if unknown:
        raise UserError(f"column {label!r} holds {unknown[0]!r}, which is none of {', '.join(map(str, ours))}")
    return {"text": list(dataset[text]), "label": [ours.index(value) for value in given], "label_name": given}


def five_way_sentiment(dataset: "Dataset") -> Columns:
    """Return SST's five classes, and two classes as ``label_binary``, None for the neutral sentences."""
    columns = labelled(dataset, "label_text", FIVE)
    binary = [None if label == 2 else int(label > 2) for label in columns["label"]]
    return {**columns, "label_binary": binary}


def hypotheses(dataset: "Dataset") -> Columns:
    """Return SNLI's hypotheses as texts, with their premises; pairs without an agreed label are skipped."""
    columns = labelled(dataset.filter(lambda pair: pair["label"] >= 0), names=ENTAILMENT, text="hypothesis")
    return {**columns, "premise": list(dataset.filter(lambda pair: pair["label"] >= 0)["premise"])}


def english(dataset: "Dataset") -> Columns:
    """Return the English side of a translation set."""
    return {"text": list(dataset["en"])}


SENTIMENTS = ("neg", "pos")
FIVE = ("very negative", "negative", "neutral", "positive", "very positive")
ENTAILMENT = ("entailment", "neutral", "contradiction")
QUESTIONS = ("ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM")

CORPORA = {
    "imdb": Corpus(
        "stanfordnlp/imdb",
        "nlp/imdb.parquet",
        {"train": ("train", 25_000), "test": ("test", 25_000)},
        partial(labelled, names=SENTIMENTS),
        "50,000 film reviews, 85 MB; Maas et al. 2011, no licence stated",
        "e6281661ce1c48d982bc483cf8a173c1bbeb5d31",
    ),
    "movie_reviews": Corpus(
        "cornell-movie-review-data/rotten_tomatoes",
        "nlp/mr.parquet",
        {"train": ("train", 8530), "validation": ("dev", 1066), "test": ("test", 1066)},
        partial(labelled, names=SENTIMENTS),
        "10,662 sentences of film reviews, 1 MB; Pang & Lee 2005, no licence stated; another split",
        "aa13bc287fa6fcab6daf52f0dfb9994269ffea28",
    ),
    "sst": Corpus(
        "SetFit/sst5",
        "nlp/sst.parquet",
        {"train": ("train", 8544), "validation": ("dev", 1101), "test": ("test", 2210)},
        five_way_sentiment,
        "11,855 sentences, five classes, 2 MB; Socher et al. 2013, no licence stated",
        "e51bdcd8cd3a30da231967c1a249ba59361279a3",
    ),
    "trec": Corpus(
        "CogComp/trec",
        "nlp/trec.parquet",
        {"train": ("train", 5452), "test": ("test", 500)},
        partial(labelled, label="coarse_label", names=QUESTIONS),
        "5,952 questions, six kinds, 1 MB; Li & Roth 2002, no licence stated",
        revision="refs/convert/parquet",
    ),
    "20newsgroups": Corpus(
        "SetFit/20_newsgroups",
        "nlp/20newsgroups.parquet",
        {"train": ("train", 11_314), "test": ("test", 7532)},
        partial(labelled, label="label_text"),
        "18,846 messages by date, 40 MB, without headers, signatures, quotations: not the all-terms text",
        "f1b91292074e7cfb69be58b642d583ec262f30ed",
    ),
    "snli": Corpus(
        "stanfordnlp/snli",
        "nlp/snli.parquet",
        {"validation": ("validation", 10_000), "test": ("test", 10_000)},
        hypotheses,
        "19,666 sentence pairs (validation and test), 20 MB; CC BY-SA 4.0",
        "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b",
    ),
    "multi30k": Corpus(
        "bentrevett/multi30k",
        "nlp/multi30k_en.parquet",
        {"train": ("train", 29_000), "validation": ("val", 1014), "test": ("test_2016_flickr", 1000)},
        english,
        "31,014 English image captions, 5 MB; captions of Flickr30k, no licence stated",
    ),
}

DOWNLOADS = {name: Download((corpus.file,), corpus.prepare, corpus.about) for name, corpus in CORPORA.items()}
