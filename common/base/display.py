"""How a name or text from outside is shown: in messages, Markdown, HTML and on a terminal."""

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
"""Not printable to Python, and harmless: reports write it before a percent sign."""

LONGEST = 200
"""Characters of a name that a message shows at most."""


def printable(text: str) -> str:
    r"""Return the text with every character that is not plainly visible as its escape.

    That is control characters (so an escape sequence cannot steer a terminal), line and paragraph separators, marks
    that change the direction of writing, and bytes of a file name that are no UTF-8.

    >>> print(printable("red \x1b[31m, line\u2028break, \udcff"))
    red \x1b[31m, line\u2028break, \udcff
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == NO_BREAK_SPACE else _escape(one) for one in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def shown(name: object, longest: int = LONGEST) -> str:
    """Return a name for a message: printable, on one line, and cut in its middle if it is long.

    >>> shown("a" * 50, longest=11)
    'aaaaaaa…aaa'
    """
    text = printable(str(name))
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"


def one_line(error: BaseException) -> str:
    r"""Return the type and the message of an exception on one line of at most ``LONGEST`` characters.

    >>> one_line(ValueError("a\n  b"))
    'ValueError: a b'
    """
    said = " ".join(str(error).split())
    return shown(f"{type(error).__name__}: {said}" if said else type(error).__name__)
