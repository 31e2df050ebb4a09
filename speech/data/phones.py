"""The 39 phone classes, and the folding of TIMIT's 61 symbols and eSpeak's mnemonics onto them.

The 39 classes and the folding are those of Lee & Hon, "Speaker-independent phone recognition using hidden Markov
models", IEEE Transactions on Acoustics, Speech and Signal Processing 37 (1989), table I: closures and pauses are
silence, the glottal stop ``q`` is removed.
"""

from collections.abc import Iterable

PHONES: tuple[str, ...] = (
    "aa", "ae", "ah", "aw", "ay", "b", "ch", "d", "dh", "dx", "eh", "er", "ey", "f", "g", "hh", "ih", "iy", "jh", "k",
    "l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "sil", "t", "th", "uh", "uw", "v", "w", "y", "z",
)  # fmt: skip
SILENCE = PHONES.index("sil")

_FOLDED = {
    "ao": "aa", "ax": "ah", "ax-h": "ah", "axr": "er", "hv": "hh", "ix": "ih", "el": "l", "em": "m", "en": "n",
    "nx": "n", "eng": "ng", "zh": "sh", "ux": "uw",
    "pcl": "sil", "tcl": "sil", "kcl": "sil", "bcl": "sil", "dcl": "sil", "gcl": "sil", "h#": "sil", "pau": "sil",
    "epi": "sil",
}  # fmt: skip
TIMIT_TO_39: dict[str, str | None] = {**{phone: phone for phone in PHONES if phone != "sil"}, **_FOLDED, "q": None}
"""The class of each of TIMIT's 61 symbols; None for ``q``."""

# American English of eSpeak NG 1.52, stress marks removed. A vowel with a trailing r is a vowel and an r.
_ESPEAK = """
    D:dh n:n n-:n d:d t:t t2:t t#:dx l:l @L:l s:s z:z r:r r-:r k:k b:b w:w m:m v:v p:p f:f S:sh Z:sh tS:ch dZ:jh j:y
    h:hh T:th g:g N:ng
    I:ih I2:ih I#:ih i:iy i::iy i@:iy,ah i@3:ih,r E:eh e@:eh,r a:ae aa:ae a#:ah @:ah @2:ah @5:ah V:ah 3:er 3::er
    A::aa A@:aa,r 0:aa O::aa O2:aa O@:aa,r o@:aa,r U:uh U@:uh,r u::uw eI:ey aI:ay aI3:ay,er aI@:ay,ah aU:aw oU:ow OI:oy
    _:sil _::sil ;: _!: _|: ?:
"""
ESPEAK_TO_39: dict[str, tuple[str, ...]] = {
    mnemonic: tuple(phones.split(",")) if phones else ()
    for mnemonic, phones in (entry.rsplit(":", 1) for entry in _ESPEAK.split())
}
"""The classes of each of eSpeak's mnemonics for American English; no class for a junction."""

_STOPS = frozenset({"b", "ch", "d", "g", "jh", "k", "p", "t"})


def check_timit(symbols: Iterable[str]) -> None:
    """Check that all symbols are among TIMIT's 61.

    Raises:
        ValueError: a symbol is not; the message names the first.
    """
    for symbol in symbols:
        if symbol not in TIMIT_TO_39:
            raise ValueError(f"{symbol!r} is not one of TIMIT's 61 phone symbols")


def fold_timit(symbols: Iterable[str]) -> list[int]:
    """Return the class numbers of TIMIT symbols; ``q`` is removed and consecutive silences are merged.

    Raises:
        ValueError: a symbol is not one of the 61.

    >>> [PHONES[i] for i in fold_timit(["h#", "pau", "kcl", "k", "q", "ix", "h#"])]
    ['sil', 'k', 'ih', 'sil']
    """
    symbols = list(symbols)
    check_timit(symbols)
    folded = (TIMIT_TO_39[symbol] for symbol in symbols)
    return numbered(phone for phone in folded if phone is not None)


def fold_espeak(mnemonics: Iterable[str]) -> list[int]:
    """Return the class numbers of eSpeak's mnemonics for American English, following TIMIT's conventions.

    TIMIT transcribes a stop as its closure, which is silence here, and its release. So a silence is inserted before
    each stop, and at both ends of the utterance.

    Raises:
        ValueError: a mnemonic is unknown.

    >>> [PHONES[i] for i in fold_espeak(["h", "'A@", "d"])]
    ['sil', 'hh', 'aa', 'r', 'sil', 'd', 'sil']
    """
    phones = ["sil"]
    for mnemonic in mnemonics:
        bare = mnemonic.lstrip("',%=")
        if bare not in ESPEAK_TO_39:
            raise ValueError(f"eSpeak's phoneme {mnemonic!r} is not mapped to the 39 phones")
        for phone in ESPEAK_TO_39[bare]:
            phones += ["sil", phone] if phone in _STOPS else [phone]
    return numbered([*phones, "sil"])


def numbered(phones: Iterable[str]) -> list[int]:
    """Return the class numbers of phones of the 39; consecutive silences are merged."""
    numbers: list[int] = []
    for phone in phones:
        number = PHONES.index(phone)
        if not (number == SILENCE and numbers and numbers[-1] == SILENCE):
            numbers.append(number)
    return numbers
