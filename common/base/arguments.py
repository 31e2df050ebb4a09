"""Parsers of command-line lists: comma-separated names, comma-separated sizes, and NAME=FILE."""

from collections.abc import Callable, Collection
from pathlib import Path

from common.base.display import shown
from common.base.errors import UserError

LONGEST_NAME = 100
"""Characters of the name of an OOD set at most."""


def parse_names(option: str, text: str | None, load: Callable[[str], object]) -> tuple[str, ...] | None:
    """Return the comma-separated names without duplicates, or None if the option was not given.

    Args:
        option: its name, for messages.
        text: what was typed.
        load: called with each name; raises ``UserError`` for an unknown one.

    Raises:
        UserError: the list is empty, or ``load`` does not know a name.
    """
    if text is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise UserError(f"{option} is empty; omit the option, or give comma-separated names")
    for name in names:
        load(name)
    return names


def parse_sizes(option: str, text: str | None) -> tuple[int, ...]:
    """Return the comma-separated whole numbers in ascending order without duplicates; () if the option was not given.

    Args:
        option: its name, for messages.
        text: what was typed.

    Raises:
        UserError: the list is empty, or an entry is not a whole number of 1 or more.

    >>> parse_sizes("--examples", "60, 15,30,15")
    (15, 30, 60)
    """
    if text is None:
        return ()
    sizes = [size.strip() for size in text.split(",") if size.strip()]
    if not sizes:
        raise UserError(f"{option} has no size; omit the option, or give comma-separated whole numbers")
    for size in sizes:
        if not (size.isascii() and size.isdigit() and int(size)):
            raise UserError(f"{option} takes comma-separated whole numbers of 1 or more, not {size!r}")
    return tuple(sorted(set(map(int, sizes))))


def parse_named_files(texts: list[str] | None, reserved: Collection[str]) -> dict[str, Path]:
    """Parse ``--ood NAME=FILE`` and return the files by name; of a path alone, the name is that of the file.

    Args:
        texts: what was typed, one entry per file.
        reserved: names of pooled OOD sets (``All``), which a file cannot take.

    Raises:
        UserError: an entry has another form, a name is given twice, or a name is reserved.
    """
    files: dict[str, Path] = {}
    for text in texts or []:
        name, _, file = text.partition("=") if "=" in text else (Path(text).stem, "", text)
        if not (name and file):
            raise UserError(f"--ood takes NAME=FILE, not {shown(text)!r}")
        if name in files:
            raise UserError(f"--ood {name}=... is given twice; give each set a different name")
        check_set_name(name, reserved, f"--ood {shown(name, 40)}=...")
        files[name] = Path(file)
    return files


def check_set_name(name: str, reserved: Collection[str], where: str) -> None:
    """Check the name of an OOD set before any work is done.

    Raises:
        UserError: it is reserved for a pool, too long, or holds what cannot be printed.
    """
    if name in reserved:
        raise UserError(f"{where}: {name!r} is reserved for the pool of all sets; choose another name")
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise UserError(
            f"{where}: the name '{shown(name, 40)}' must have 1 to {LONGEST_NAME} characters, all of them printable;"
            " choose another"
        )
