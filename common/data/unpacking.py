"""Unpacking of archives: every member is checked before the first is written."""

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from common.base.border import TIMES, border
from common.base.display import shown
from common.base.errors import UserError

SMALL = 2**30
"""Bytes that any archive may become."""
MOST_MEMBERS = 5_000_000
"""Places365 has 1.8 million."""


class _Member(NamedTuple):
    name: str
    size: int
    plain: bool  # a file or a folder, no link and no device


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar or zip archive into ``folder``.

    All members are checked before the first is written: absolute paths, ``..``, drive names, links and devices are
    refused, and so is an archive that announces more than ``TIMES`` its size.

    Raises:
        UserError: a member would be written outside the folder, a member is not a plain file or folder, the archive is
            damaged, or announces too much.
    """
    with border(Path(archive.name), "download it again"):
        if tarfile.is_tarfile(archive):
            with tarfile.open(archive) as tar:
                _check(archive, (_Member(one.name, one.size, one.isfile() or one.isdir()) for one in tar))
                tar.extractall(folder, filter="data")
        elif zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as bundle:
                _check(archive, map(_of_zip, bundle.infolist()))
                bundle.extractall(folder)
        else:
            raise UserError(f"{archive.name} is not a tar or zip archive, or is truncated; download it again")


def _of_zip(info: zipfile.ZipInfo) -> _Member:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return _Member(info.filename, info.file_size, kind in (0, stat.S_IFREG, stat.S_IFDIR))


def _check(archive: Path, members: Iterator[_Member]) -> None:
    total, allowed = 0, max(SMALL, TIMES * archive.stat().st_size)
    for count, member in enumerate(members, 1):
        if leaves(member.name):
            raise UserError(
                f"{archive.name} holds {shown(member.name)!r}, which would be written outside the folder; nothing was "
                "unpacked"
            )
        if not member.plain:
            raise UserError(f"{archive.name} holds {shown(member.name)!r}, a link or device; nothing was unpacked")
        total += member.size
        if total > allowed or count > MOST_MEMBERS:
            raise UserError(
                f"{archive.name} announces {total / 1e9:,.1f} GB in {count:,} members, more than {TIMES} times its size"
                "; nothing was unpacked"
            )


def leaves(name: str) -> bool:
    r"""Return whether a name inside an archive or index leads out of its folder, on any system.

    >>> [leaves(name) for name in ("a/b.txt", "../a", "/a", "C:\\a", "C:a", "\\\\host\\a", "a/..\\..\\b", "a\0")]
    [False, True, True, True, True, True, True, True]
    """
    windows = PureWindowsPath(name)
    return bool(PurePosixPath(name).is_absolute() or windows.anchor or ".." in windows.parts or "\0" in name)
