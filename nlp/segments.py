"""The words of a text, whatever its script: what stands for a word where words are not cut at spaces as English is.

A word is a stretch of letters, digits and underscores. In scripts that are written without spaces (Chinese, Japanese,
Thai, Lao, Khmer, Burmese) or that add particles to words (Korean), such a word rarely occurs twice; there each stretch
counts as its pieces of one to three characters. A mark stands for the stretch's ends, because endings carry meaning.
Stretches of other scripts inside the same word stay whole: ``LG전자`` has the word ``lg``.

Texts without those scripts are cut as by scikit-learn's ``CountVectorizer`` with the same pattern, but that a letter
keeps its marks: the vowels of Hindi and Thai, the accents of decomposed Latin.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache

WORD = r"(?u)\w+"
"""Pattern of a word: consecutive letters, digits and underscores."""

_DENSE = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Burmese
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"  # Hangul
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_WORD = re.compile(WORD)
_BEYOND_LATIN = re.compile("[\u0300-\U0010ffff]")
_STRETCH = re.compile(f"[{_DENSE}]+|[^{_DENSE}]+")
_IS_DENSE = re.compile(f"[{_DENSE}]")

LONGEST = 3
"""Characters of the longest piece."""

END = "\u2038"
"""Mark of the beginning and the end of a stretch; no word has it."""


def segments(text: str) -> list[str]:
    """Return the words of a text; of stretches in a script without spaces, their pieces.

    >>> segments("a ripe pear"), segments("pear를")
    (['a', 'ripe', 'pear'], ['pear', '를', '‸를', '를‸', '‸를‸'])
    """
    if text.isascii() or not _BEYOND_LATIN.search(text):
        return _WORD.findall(text)
    return [piece for word in _marked_word().findall(text) for piece in _pieces_of(word)]


@cache
def _marked_word() -> re.Pattern[str]:
    """Return the pattern of a word whose letters keep their combining marks."""
    every = map(chr, range(0x300, sys.maxunicode + 1))
    marks = "".join(character for character in every if unicodedata.category(character)[0] == "M")
    return re.compile(rf"\w[\w{marks}]*")


def _pieces_of(word: str) -> Iterator[str]:
    if not _IS_DENSE.search(word):
        yield word
        return
    for stretch in _STRETCH.findall(word):
        if _IS_DENSE.match(stretch):
            yield from _grams(stretch)
        else:
            yield stretch


def _grams(stretch: str) -> Iterator[str]:
    """Yield the pieces of one to ``LONGEST`` characters, the end marks counted as characters."""
    marked = END + stretch + END
    yield from stretch
    for length in range(2, LONGEST + 1):
        for start in range(len(marked) - length + 1):
            yield marked[start : start + length]
