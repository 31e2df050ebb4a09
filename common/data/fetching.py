"""One file from the network: checked, tried again, resumed, with a progress bar.

A download that breaks off goes on where it stopped, if the server allows that (``Range``); otherwise it starts again.
A redirect to another host is followed only where a published checksum says what must arrive, and never to http from
https.
"""

import hashlib
import re
import shutil
import ssl
import time
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EACCES, EDQUOT, EFBIG, ENOSPC, EROFS
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit

from common.base.display import one_line, shown
from common.base.errors import UserError
from common.data.first_hashes import first_hash, remember_hash

CHUNK = 1 << 18
PROGRESS = 1 << 20
"""Bytes after which a try counts as one that got somewhere."""
SLOWEST = 100
"""Bytes per second below which a server is given up for this try."""

_DISK = (ENOSPC, EDQUOT, EFBIG, EACCES, EROFS)
_TRY_AGAIN = (408, 416, 425, 429)


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        tries: in a row that bring less than ``PROGRESS`` bytes.
        pause: seconds before the second try; each further pause is twice as long.
        stall: seconds without news, after which a try has failed.
    """

    tries: int = 4
    pause: float = 2.0
    stall: float = 60.0


def fetch(url: str, folder: Path, checksum: str | None, patience: Patience = Patience()) -> Path:  # noqa: B008
    """Download ``url`` into ``folder`` with a progress bar and return the file.

    Args:
        url: any URL that ``urllib`` opens.
        folder: created if missing.
        checksum: ``sha256:...`` or ``md5:...`` in hexadecimal. None if the source publishes none: then the SHA-256 of
            the first download is kept in the data folder, and later downloads must agree with it.
        patience: with the server.

    Raises:
        UserError: no connection, a redirect that is not followed, fewer or more bytes than announced, or a wrong
            checksum. The partial file is deleted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / url.rsplit("/", 1)[-1]
    first = None if checksum else first_hash(folder, url)
    algorithm, _, expected = (checksum or first or "sha256:").partition(":")
    part = _Part(url, target, algorithm, _opener(url, vouched=checksum is not None), patience)
    try:
        part.receive_all()
        _compare(url, algorithm, part.digest, expected, first is not None)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if checksum is None:
        remember_hash(folder, url, f"sha256:{part.digest}")
    return target


def _compare(url: str, algorithm: str, digest: str, expected: str, first: bool) -> None:
    if not expected or digest == expected:
        return
    if first:
        raise UserError(
            f"{url} has {algorithm} {digest}, and {expected} when it was first downloaded here: it was changed since; "
            f"the file was deleted. If the change is right, remove its line from downloads.json"
        )
    raise UserError(f"{url} has {algorithm} {digest}, not the expected {expected}; the file was deleted, try again")


class _Broken(Exception):
    """A try that may be repeated."""


@dataclass
class _Part:
    """What has arrived of a file."""

    url: str
    target: Path
    algorithm: str
    opener: urllib.request.OpenerDirector
    patience: Patience
    count: int = 0
    size: int | None = None
    version: str = ""  # what the server calls the state of the file
    show: Callable[[int, int | None], None] = field(default=lambda count, size: None)

    def __post_init__(self) -> None:
        self._start_over()

    @property
    def digest(self) -> str:
        """The hash of what has arrived."""
        return str(self._hash.hexdigest())

    def _start_over(self) -> None:
        self._hash = hashlib.new(self.algorithm, usedforsecurity=False)  # many publish MD5; it detects damage
        self.target.unlink(missing_ok=True)
        self.count, self.size = 0, None

    def receive_all(self) -> None:
        """Receive the whole file, in as many tries as bring something."""
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.progress import TransferSpeedColumn as Speed

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), Speed())
        with Progress(*columns, TimeRemainingColumn()) as progress:
            bar = progress.add_task(self.target.name, total=None)
            self.show = lambda count, size: progress.update(bar, completed=count, total=size)
            failures = 0
            while (reason := self._try()) is not None:
                failures = failures + 1 if self.count < self._began + PROGRESS else 1
                if failures >= self.patience.tries:
                    raise UserError(f"{self.url} {reason}; try again")
                progress.console.print(f"{self.target.name} {reason}; trying again", markup=False, soft_wrap=True)
                time.sleep(self.patience.pause * 2 ** (failures - 1))

    def _try(self) -> str | None:
        """Receive more; return None when all is there, or why this try failed."""
        self._began = self.count
        try:
            with _permanent(self.url):
                self._receive()
        except _Broken as error:
            return str(error)
        except (OSError, HTTPException) as error:
            return f"cannot be fetched ({one_line(error)})"
        return None

    def _receive(self) -> None:
        headers = {"User-Agent": "confidence-baseline", "Accept-Encoding": "identity"}
        if self.count:
            headers["Range"] = f"bytes={self.count}-"
            if self.version:
                headers["If-Range"] = self.version
        request = urllib.request.Request(self.url, headers=headers)
        with self.opener.open(request, timeout=self.patience.stall) as answer:
            self._agree(answer)
            with self.target.open("ab") as file:
                self._copy(answer, file)
        if self.size is not None and self.count < self.size:
            raise _Broken(f"was interrupted: {self.count} of {self.size} bytes arrived")

    def _agree(self, answer: Any) -> None:
        """Learn the size, and whether the answer continues what is here; otherwise start over."""
        announced = int(answer.headers.get("Content-Length") or -1)
        part = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range") or "")
        continues = getattr(answer, "status", None) == 206 and part is not None and int(part[1]) == self.count
        if continues and part is not None and part[2] != "*" and self.size not in (None, int(part[2])):
            self._start_over()
            raise _Broken("became another file while it was downloaded")
        if not continues:
            self._start_over()
            self.size = announced if announced >= 0 else None
            if getattr(answer, "status", None) == 206:
                raise _Broken("sent another part than was asked for")
        self.version = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        self.version = "" if self.version.startswith("W/") else self.version
        free = shutil.disk_usage(self.target.parent).free
        if self.size is not None and self.size - self.count > free:
            raise UserError(f"{self.url} has {self.size / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free; make room")

    def _copy(self, answer: Any, file: IO[bytes]) -> None:
        since, before = time.monotonic(), self.count
        while block := answer.read1(CHUNK) if hasattr(answer, "read1") else answer.read(CHUNK):
            self._hash.update(block)
            file.write(block)
            self.count += len(block)
            self.show(self.count, self.size)
            if self.size is not None and self.count > self.size:
                size = self.size
                self._start_over()
                raise _Broken(f"sent more than the {size} bytes it announced")
            waited = time.monotonic() - since
            if waited > self.patience.stall:
                if self.count - before < SLOWEST * waited:
                    raise _Broken(f"sends less than {SLOWEST} bytes a second")
                since, before = time.monotonic(), self.count


@contextmanager
def _permanent(url: str) -> Any:
    """Turn what no further try will mend into a ``UserError``."""
    try:
        yield
    except HTTPError as error:
        error.close()
        if error.code < 500 and error.code not in _TRY_AGAIN:
            raise UserError(f"{url} cannot be fetched ({one_line(error)}); look whether it has moved") from error
        raise
    except OSError as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError) or error.errno in _DISK:
            raise UserError(f"{url} cannot be fetched ({one_line(error)}); mend that and try again") from error
        raise


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to the same host; to others only where a checksum vouches for the content."""

    def __init__(self, vouched: bool) -> None:
        self.vouched = vouched

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Return the next request.

        Raises:
            UserError: the redirect leaves https, or goes to another host without a checksum.
        """
        old, new = urlsplit(req.full_url), urlsplit(urljoin(req.full_url, newurl))
        if new.scheme not in ("http", "https") or (old.scheme == "https" and new.scheme == "http"):
            raise UserError(f"{req.full_url} redirects to {shown(newurl)}, which is not https; nothing was downloaded")
        if new.hostname != old.hostname and not self.vouched:
            raise UserError(
                f"{req.full_url} redirects to another host, {shown(newurl)}, and no checksum is published; "
                "nothing was downloaded"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str, vouched: bool) -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Redirects(vouched))
