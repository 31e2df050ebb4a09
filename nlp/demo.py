"""The demo's texts: typed, in UTF-8."""

from typing import Any

from common.data.samples import RawDataset
from common.demo.exhibit import Exhibit

LARGEST = 20_000


def read(body: bytes) -> RawDataset:
    """Read a text.

    Raises:
        ValueError: it is no UTF-8, or empty.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"the text is not UTF-8 at byte {error.start}") from error
    if not text.strip():
        raise ValueError("nothing is typed yet")
    return RawDataset([text])


def show(item: Any) -> bytes:
    """Return a text as UTF-8, cut off at the largest size."""
    return str(item).encode()[:LARGEST].decode("utf-8", "ignore").encode()


EXHIBIT = Exhibit(
    title="Type",
    kind="text",
    invitation="Type financial news: oil, grain, ships, interest rates. Then type about something else.",
    tasks=("nlp/reuters8",),
    read=read,
    show=show,
    largest=LARGEST,
)
