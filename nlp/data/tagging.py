r"""Readers of tagged text: parquet files of tokens and tags; conversion to the Penn Treebank's spelling.

How to make such a file from the licensed treebanks, for the prepared layout ``DIR/nlp/<name>.parquet`` (one row per
sentence; columns ``tokens`` and ``tags``, lists of strings of equal length; ``split``: ``train``, ``dev`` or ``test``):

- ``pos_wsj.parquet``, the Wall Street Journal part of the Penn Treebank (LDC99T42): read ``parsed/mrg/wsj/*/*.mrg``,
  for instance with ``nltk.corpus.BracketParseCorpusReader(root, r".*\.mrg").tagged_sents()``; remove the tokens
  tagged ``-NONE-`` (traces) and keep all others as they are written (``-LRB-``, two back-quotes). The usual split is
  sections 00-18 ``train``, 19-21 ``dev`` (validation), 22-24 ``test``. A fourth column ``doc`` may name the document.
- ``pos_ewt.parquet``, the English Web Treebank (LDC2012T13): its ``.tree`` files are read the same way; a further
  column ``genre`` is the folder's name (``weblog``, ``newsgroup``, ``email``, ``reviews``, ``answers``). The Universal
  Dependencies release of the same sentences (UD_English-EWT, CC BY-SA 4.0) works too: ``tags`` is its column XPOS.
  Brackets and quotes may be raw or in the treebank's spelling: the reader converts both to the same form.
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
    """Return a reader of a prepared parquet file with one tagged sentence per row.

    Args:
        tags: name of each class.
        where: see ``nlp.data.tables.read_columns``: ``{"split": "test"}``.
        aliases: for tags of the file that are not in ``tags``, the tag that replaces each.
        rewrite: ``(tokens, tags) -> tokens`` of a sentence, in the spelling of another corpus.
        labelled: False reads no tags, for a corpus with other tags.
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
    r"""Return raw tokens in the Penn Treebank's spelling, so that a word is spelled alike in both corpora.

    Brackets become ``-LRB-`` and so on. An opening double quote becomes two back-quotes and a closing one two
    apostrophes; the tag decides if it is one of the two, otherwise opening and closing quotes alternate. Typographic
    apostrophes, dashes and dots become ASCII, inside words too; ``/`` and ``*`` get a backslash.

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
    if "\\" in token:  # already in the treebank's spelling
        return token
    return "".join(TYPOGRAPHY.get(character, character) for character in token)
