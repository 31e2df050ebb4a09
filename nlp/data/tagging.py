r"""Tagged text: parquet files of token lists with a tag for each token, and the Penn Treebank's way of writing.

How to make such a file of the licensed treebanks, for the prepared layout ``DIR/nlp/<name>.parquet`` (columns
``tokens`` and ``tags``, lists of strings of equal length; ``split``, ``train``, ``dev`` or ``test``; a row a sentence):

- ``pos_wsj.parquet``, the Wall Street Journal part of the Penn Treebank (LDC99T42): read ``parsed/mrg/wsj/*/*.mrg``,
  for instance with ``nltk.corpus.BracketParseCorpusReader(root, r".*\.mrg").tagged_sents()``; leave out the tokens
  tagged ``-NONE-`` (traces) and keep all others as they are written (``-LRB-``, two back-quotes). The customary split
  is sections 00-18 train, 19-21 dev, 22-24 test. A fourth column ``doc`` may name the document.
- ``pos_ewt.parquet``, the English Web Treebank (LDC2012T13): its ``.tree`` files are read the same way; a further
  column ``genre`` is the folder's name (``weblog``, ``newsgroup``, ``email``, ``reviews``, ``answers``). The Universal
  Dependencies release of the same sentences (UD_English-EWT, CC BY-SA 4.0) serves as well: ``tags`` is its column XPOS.
  Brackets and quotes may be raw or in the treebank's spelling: the reader gives both the same form.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from common.data.samples import RawDataset
from nlp.data.tables import read_columns

EMPTY = "sentence without tokens"
"""Reason in ``RawDataset.dropped``."""

PENN_TAGS = (
    *("#", "$", "''", ",", "-LRB-", "-RRB-", ".", ":", "CC", "CD", "DT", "EX", "FW", "IN", "JJ", "JJR", "JJS", "LS"),
    *("MD", "NN", "NNP", "NNPS", "NNS", "PDT", "POS", "PRP", "PRP$", "RB", "RBR", "RBS", "RP", "SYM", "TO", "UH"),
    *("VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "WDT", "WP", "WP$", "WRB", "``"),
)
"""The 45 tags of the Penn Treebank's Wall Street Journal part."""

BRACKETS = {"(": "-LRB-", ")": "-RRB-", "[": "-LSB-", "]": "-RSB-", "{": "-LCB-", "}": "-RCB-"}
QUOTES = frozenset({'"', "``", "''", "“", "”", "‘‘", "’’"})
TYPOGRAPHY = {"’": "'", "‘": "'", "—": "--", "–": "--", "…": "...", "/": "\\/", "*": "\\*"}

Rewrite = Callable[[list[str], list[str]], list[str]]


def tagged_table(
    tags: Sequence[str],
    where: Mapping[str, str | Sequence[str]],
    *,
    aliases: Mapping[str, str] | None = None,
    rewrite: Rewrite | None = None,
    labelled: bool = True,
) -> Callable[[Path], RawDataset]:
    """Return a reader of a prepared parquet file with a tagged sentence a row.

    Args:
        tags: name of each class.
        where: what further columns must hold: ``{"split": "test"}``.
        aliases: tags of the file that ``tags`` does not have, and what they are read as.
        rewrite: gives the tokens the spelling of another corpus; it gets the tokens and tags of a sentence.
        labelled: False leaves the tags out, for a corpus with other tags.
    """
    place = {tag: index for index, tag in enumerate(tags)}
    renamed = aliases or {}

    def read(path: Path) -> RawDataset:
        columns = read_columns(path, ["tokens", "tags"], where)
        items: list[list[str]] = []
        labels: list[np.ndarray] = []
        dropped: Counter[str] = Counter()
        for tokens, names in zip(columns["tokens"], columns["tags"], strict=True):
            if not tokens:
                dropped[EMPTY] += 1
                continue
            if len(tokens) != len(names):
                raise ValueError(f"{len(tokens)} tokens with {len(names)} tags: {' '.join(tokens)[:60]!r}")
            items.append(rewrite(tokens, names) if rewrite else tokens)
            if labelled:
                labels.append(np.array([place[renamed.get(name, name)] for name in names], dtype=np.int64))
        return RawDataset(items, labels if labelled else None, tuple(tags) if labelled else (), dropped=dict(dropped))

    return read


def penn_spelling(tokens: Sequence[str], tags: Sequence[str] = ()) -> list[str]:
    r"""Return raw tokens as the Penn Treebank writes them, so that the same word is the same in both corpora.

    Brackets become ``-LRB-`` and so on; double quotes become two back-quotes where they open and two apostrophes where
    they close, which the tag says if it is one of these, and else turns (first opening, then closing); typographic
    apostrophes, dashes and dots get their typewriter form, inside words too; ``/`` and ``*`` get their backslash.

    >>> penn_spelling(["(", "he", "said", '"', "it’s", "1/2", '"', ")"])
    ['-LRB-', 'he', 'said', '``', "it's", '1\\/2', "''", '-RRB-']
    """
    spelled: list[str] = []
    opening = True
    for position, token in enumerate(tokens):
        if token in QUOTES:
            tag = tags[position] if position < len(tags) else ""
            opens = tag == "``" if tag in ("``", "''") else opening
            spelled.append("``" if opens else "''")
            opening = not opens
        else:
            spelled.append(BRACKETS.get(token) or _typewriter(token))
    return spelled


def _typewriter(token: str) -> str:
    if "\\" in token:  # already the treebank's own spelling
        return token
    return "".join(TYPOGRAPHY.get(character, character) for character in token)
