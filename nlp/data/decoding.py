"""The text of a file, whatever its encoding; and characters that no encoding has (halves of surrogate pairs)."""

import codecs
from collections.abc import Iterable
from pathlib import Path

from common.base.errors import UserError

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark its mark begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks, and the encodings that they announce."""

CANDIDATES = ("cp949", "gb18030", "big5", "cp932", "euc_jp", "cp1251", "koi8_r", "cp1252")
"""Encodings among which a file that is not UTF-8 is guessed."""

EXAMINED = 1 << 18
"""Bytes that the guess looks at."""


def read_text(path: Path) -> tuple[str, str]:
    """Return the text of a file, and a sentence for the report if its encoding was guessed, else "".

    A byte order mark decides; else UTF-8 if the file is valid UTF-8; else charset-normalizer's guess.

    Raises:
        UserError: the file cannot be read, or is no text.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error})") from error
    marked = next((name for mark, name in MARKS.items() if raw.startswith(mark)), None) or _unmarked(raw[:EXAMINED])
    try:
        return raw.decode(marked), ""
    except UnicodeDecodeError as error:
        first = error.start
    guessed = _guess(raw[:EXAMINED])
    line = raw.count(b"\n", 0, first) + 1
    where = f"byte 0x{raw[first]:02x} in line {line}"
    try:
        text = raw.decode(guessed or "ascii")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is neither UTF-8 ({where}) nor of an encoding that can be told; save it as UTF-8"
        ) from error
    name = guessed.upper().replace("_", "-")
    return text, f"{path.name} is not UTF-8 ({where}); it was read as {name}, a guess. If texts look wrong, convert it."


def _unmarked(raw: bytes) -> str:
    """Return the encoding of text without a mark: UTF-16 where every other byte is often 0, else UTF-8."""
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    if max(even, odd) <= len(raw) / 20:
        return "utf-8"
    return "utf-16-be" if even > odd else "utf-16-le"


def _guess(raw: bytes) -> str:
    """Return the most likely encoding, or "" if none fits."""
    from charset_normalizer import from_bytes

    best = from_bytes(raw, cp_isolation=list(CANDIDATES)).best()
    return best.encoding if best is not None else ""


def without_surrogates(texts: Iterable[str]) -> tuple[list[str], int]:
    r"""Return texts whose lone surrogates are U+FFFD, and how many texts had one.

    JSON can name half of a surrogate pair (``"\ud83d"``), which is no character and which no file can hold.

    >>> without_surrogates(["fine", "half \ud83d"])
    (['fine', 'half \ufffd'], 1)
    """
    whole = [text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for text in texts]
    return whole, sum("\ufffd" in text for text in whole)
