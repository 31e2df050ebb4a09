"""Lists that are typed on a command line: names or sizes between commas, and NAME=FILE."""

from collections.abc import Callable, Collection
from pathlib import Path

from common.base.errors import UserError


def parse_names(option: str, text: str | None, load: Callable[[str], object]) -> tuple[str, ...] | None:
    """Return the names between the commas, each once, or None where the option was not given.

    Args:
        option: its name, for messages.
        text: what was typed.
        load: called with each name, so that an unknown one is told at once.

    Raises:
        UserError: there is no name, or ``load`` does not know one.
    """
    if text is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise UserError(f"{option} names nothing; leave it out, or give names between commas")
    for name in names:
        load(name)
    return names


def parse_sizes(option: str, text: str | None) -> tuple[int, ...]:
    """Return the whole numbers between the commas, each once, ascending; none where the option was not given.

    Args:
        option: its name, for messages.
        text: what was typed.

    Raises:
        UserError: there is no number, or one is not a whole number of 1 or more.

    >>> parse_sizes("--examples", "60, 15,30,15")
    (15, 30, 60)
    """
    if text is None:
        return ()
    sizes = [size.strip() for size in text.split(",") if size.strip()]
    if not sizes:
        raise UserError(f"{option} names no size; leave it out, or give whole numbers between commas")
    for size in sizes:
        if not (size.isascii() and size.isdigit() and int(size)):
            raise UserError(f"{option} takes whole numbers of 1 or more between commas, not {size!r}")
    return tuple(sorted(set(map(int, sizes))))


def parse_named_files(texts: list[str] | None, reserved: Collection[str]) -> dict[str, Path]:
    """Return the files of ``--ood NAME=FILE``, by name.

    Args:
        texts: what was typed, one a file.
        reserved: names that a pool of all sets goes by.

    Raises:
        UserError: another form, a name given twice, or one that a pool of all sets goes by.
    """
    files: dict[str, Path] = {}
    for text in texts or []:
        name, equals, file = text.partition("=")
        if not (name and equals and file):
            raise UserError(f"--ood takes NAME=FILE, not {text!r}")
        if name in files:
            raise UserError(f"--ood {name}=... is given twice; give each set a name of its own")
        if name in reserved:
            raise UserError(f"--ood {name}=...: {name!r} is what a pool of all sets is called; choose another name")
        files[name] = Path(file)
    return files
