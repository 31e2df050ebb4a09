"""Downloads from a server that misbehaves: resumed, tried again, or refused in one line that leaves no file."""

import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from common.base.errors import UserError
from common.data.fetching import Patience, fetch

CONTENT = bytes(range(256)) * 2000
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
AT_ONCE = Patience(tries=3, pause=0.0, stall=5.0)

Answer = Callable[["Handler", int], None]


class Handler(BaseHTTPRequestHandler):
    """Gives the answer that the server has for the n-th request, and the last one from then on."""

    def do_GET(self) -> None:
        asked: list[str | None] = self.server.asked  # type: ignore[attr-defined]
        answers: tuple[Answer, ...] = self.server.answers  # type: ignore[attr-defined]
        number = len(asked)
        asked.append(self.headers["Range"])
        answers[min(number, len(answers) - 1)](self, int(re.findall(r"\d+", self.headers["Range"] or "0")[0]))

    def send(self, content: bytes, code: int = 200, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content_Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def whole(handler: Handler, start: int) -> None:
    """An honest server that knows Range."""
    part = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    handler.send(CONTENT[start:], 206, Content_Range=part) if start else handler.send(CONTENT)


def without_range(handler: Handler, start: int) -> None:
    handler.send(CONTENT)


def cut(handler: Handler, start: int) -> None:
    """Sends 1,000 bytes of what is left, and hangs up."""
    part = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    left = str(len(CONTENT) - start)
    handler.send(CONTENT[start : start + 1000], 206 if start else 200, Content_Length=left, Content_Range=part)


def reset(handler: Handler, start: int) -> None:
    """Breaks the connection without a word."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.close_connection = True
    handler.connection.close()


def failing(code: int) -> Answer:
    return lambda handler, start: handler.send(b"out of order", code)


def wrong_part(handler: Handler, start: int) -> None:
    """Claims to continue, from another place than was asked for."""
    handler.send(CONTENT[:1000], 206, Content_Range=f"bytes 0-999/{len(CONTENT)}")


def another_size(handler: Handler, start: int) -> None:
    handler.send(CONTENT[start:], 206, Content_Range=f"bytes {start}-{len(CONTENT) + 4}/{len(CONTENT) + 5}")


def more_than_announced(handler: Handler, start: int) -> None:
    """Continues honestly, and goes on after the end that it announced."""
    part = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    handler.send(CONTENT[start:] + b"more", 206, Content_Range=part)


def endless(handler: Handler, start: int) -> None:
    """Announces little and sends on."""
    handler.send(CONTENT + b"more", Content_Length=str(len(CONTENT)))


def tampered(handler: Handler, start: int) -> None:
    handler.send(CONTENT[:-1] + b"x")


def stuck(handler: Handler, start: int) -> None:
    handler.send(CONTENT[:1000], Content_Length=str(len(CONTENT)))
    time.sleep(1.5)


def trickle(handler: Handler, start: int) -> None:
    """Sends a byte now and then, so that no single wait is long."""
    handler.send(b"x", Content_Length=str(len(CONTENT)))
    for _ in range(12):
        time.sleep(0.15)
        handler.wfile.write(b"x")


def redirect(to: str) -> Answer:
    return lambda handler, start: handler.send(b"", 302, Location=to)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """The client hung up: that is what is tested."""


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server of this machine alone with answers, one a request; ``asked`` has the Range of each request."""
    running: list[Server] = []

    def started(*answers: Answer) -> Server:
        server = Server(("127.0.0.1", 0), Handler)
        server.answers, server.asked = answers, []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        running.append(server)
        return server

    yield started
    for server in running:
        server.shutdown()
        server.server_close()


def url(server: Server, path: str = "letters.zip") -> str:
    return f"http://127.0.0.1:{server.server_port}/{path}"


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ((whole,), [None]),
        ((cut, whole), [None, "bytes=1000-"]),
        ((cut, cut, whole), [None, "bytes=1000-", "bytes=2000-"]),
        ((cut, without_range), [None, "bytes=1000-"]),
        ((reset, whole), [None, None]),
        ((failing(500), whole), [None, None]),
        ((failing(503), failing(429), whole), [None, None, None]),
        ((cut, failing(416), whole), [None, "bytes=1000-", "bytes=1000-"]),
        ((cut, wrong_part, whole), [None, "bytes=1000-", None]),
        ((cut, another_size, whole), [None, "bytes=1000-", None]),
        ((cut, more_than_announced, whole), [None, "bytes=1000-", None]),
    ],
    ids=[
        "honest", "cut and resumed", "cut twice", "no Range", "reset", "500", "503 and 429", "416", "another part",
        "another size", "more than announced",
    ],
)  # fmt: skip
def test_what_breaks_off_is_resumed_or_tried_again_and_arrives_whole(
    tmp_path: Path, serve: Serve, answers: tuple[Answer, ...], asked: list[str | None]
) -> None:
    server = serve(*answers)
    assert fetch(url(server), tmp_path, SHA256, AT_ONCE).read_bytes() == CONTENT
    assert server.asked == asked  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answers", "complaint", "requests"),
    [
        ((lambda handler, start: handler.send(b"x" * 10, Content_Length="1000"),), "10 of 1000 bytes arrived", 3),
        ((failing(500),), "HTTPError: HTTP Error 500", 3),
        ((failing(404),), "HTTP Error 404.*look whether it has moved", 1),
        ((reset,), "cannot be fetched", 3),
        ((tampered,), "has sha256 [0-9a-f]{64}, not the expected", 1),
    ],
    ids=["truncated", "500 for ever", "404", "resets", "tampered"],
)
def test_what_never_arrives_whole_is_one_line_and_leaves_no_file(
    tmp_path: Path, serve: Serve, answers: tuple[Answer, ...], complaint: str, requests: int
) -> None:
    server = serve(*answers)
    with pytest.raises(UserError, match=complaint) as raised:
        fetch(url(server), tmp_path / "work", SHA256, AT_ONCE)
    assert "\n" not in str(raised.value) and url(server) in str(raised.value)
    assert len(server.asked) == requests  # type: ignore[attr-defined]
    assert not any((tmp_path / "work").iterdir())


def test_a_transfer_that_breaks_off_is_told_with_its_bytes_and_leaves_no_file(tmp_path: Path, serve: Serve) -> None:
    server = serve(cut)
    with pytest.raises(UserError, match=r"letters\.zip was interrupted: 3000 of 512000 bytes arrived; try again"):
        fetch(url(server), tmp_path / "work", None, AT_ONCE)
    assert not any((tmp_path / "work").iterdir())


@pytest.mark.parametrize(("slow", "complaint"), [(stuck, "timed out"), (trickle, "less than 100 bytes a second")])
def test_a_server_that_is_too_slow_is_given_up(tmp_path: Path, serve: Serve, slow: Answer, complaint: str) -> None:
    server = serve(slow)
    with pytest.raises(UserError, match=complaint):
        fetch(url(server), tmp_path / "work", SHA256, Patience(tries=1, pause=0.0, stall=0.4))
    assert not any((tmp_path / "work").iterdir())


def test_bytes_beyond_those_announced_are_not_taken(tmp_path: Path, serve: Serve) -> None:
    assert fetch(url(serve(endless)), tmp_path, None, AT_ONCE).read_bytes() == CONTENT


@pytest.mark.parametrize("checksum", [SHA256, None])
def test_a_redirect_within_a_host_is_followed(tmp_path: Path, serve: Serve, checksum: str | None) -> None:
    server = serve(redirect("/moved/letters.zip"), whole)
    assert fetch(url(server), tmp_path, checksum, AT_ONCE).read_bytes() == CONTENT


def test_a_redirect_to_another_host_is_followed_only_where_a_checksum_vouches_for_it(
    tmp_path: Path, serve: Serve
) -> None:
    there = serve(whole)
    elsewhere = url(there).replace("127.0.0.1", "localhost")
    assert fetch(url(serve(redirect(elsewhere))), tmp_path, SHA256, AT_ONCE).read_bytes() == CONTENT
    with pytest.raises(UserError, match="redirects to another host.*no checksum is published; nothing was downloaded"):
        fetch(url(serve(redirect(elsewhere))), tmp_path / "work", None, AT_ONCE)
    assert not any((tmp_path / "work").iterdir())


def test_a_redirect_away_from_https_is_refused_whatever_the_checksum() -> None:
    import urllib.request

    from common.data.fetching import _Redirects

    asked = urllib.request.Request("https://example.org/letters.zip")
    for elsewhere in ("http://example.org/letters.zip", "file:///etc/passwd", "ftp://example.org/letters.zip"):
        with pytest.raises(UserError, match="which is not https; nothing was downloaded"):
            _Redirects(vouched=True).redirect_request(asked, None, 302, "", None, elsewhere)  # type: ignore[arg-type]


def test_progress_and_tries_are_shown(tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    fetch(url(serve(cut, whole)), tmp_path, SHA256, AT_ONCE)
    shown = capsys.readouterr().out
    assert "letters.zip was interrupted: 1000 of 512000 bytes arrived; trying again" in shown
    assert "512.0" in shown and "100%" not in shown


def test_a_file_larger_than_the_free_disk_is_refused_before_it_is_received(tmp_path: Path, serve: Serve) -> None:
    server = serve(lambda handler, start: handler.send(b"", Content_Length=str(10**18)))
    with pytest.raises(UserError, match=r"has 1,000,000,000\.0 GB, and .* GB are free; make room"):
        fetch(url(server), tmp_path / "work", None, AT_ONCE)
    assert len(server.asked) == 1 and not any((tmp_path / "work").iterdir())  # type: ignore[attr-defined]
