"""Colour images in a data folder: how a source of them is declared, and how downloads write them."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.data.locations import Location, Prepared
from common.data.samples import RawDataset
from common.data.sources import Source
from vision.data.images import read_parquet

ROWS_AT_ONCE = 2_000


def colour_source(
    name: str,
    path: str,
    download: str,
    whole: int,
    *,
    size: int = 32,
    about: str = "",
    read: Callable[..., RawDataset] | None = None,
    published: Location | None = None,
) -> Source:
    """Declare a set of square colour images in one Parquet file of a data folder.

    Args:
        name: as tables spell it.
        path: of the file in the data folder.
        download: what ``--download`` calls it.
        whole: how many images the set has as published; a file with fewer is a ``sample``.
        size: side of the images in pixels.
        about: size, licence, origin.
        read: ``(path, size) -> RawDataset``; reads all rows by default.
        published: where the set lies as its authors publish it, if that is read too.
    """
    reader = partial(_read, size=(size, size), whole=whole, read=read or read_parquet)
    prepared = Location((Prepared(path, download),), reader, None, ("image", "label"))
    return Source(name, (prepared, *([] if published is None else [published])), about=about)


def _read(path: Path, size: tuple[int, int], whole: int, read: Callable[..., RawDataset]) -> RawDataset:
    samples = read(path, size)
    everything = len(samples) + sum(samples.dropped.values())
    return replace(samples, kind="full" if everything >= whole else "sample")


def additional(*sources: Source) -> tuple[Source, ...]:
    """Return OOD sets that the publication lacks: no part of the task's own setting and of its pool ``All``."""
    return tuple(replace(source, primary=False) for source in sources)


def write_parquet(path: Path, images: Iterable[tuple[bytes, int]], label_names: Sequence[str]) -> None:
    """Write encoded images and labels in the Hugging Face layout, ``ROWS_AT_ONCE`` rows at a time."""
    import pyarrow as pa
    from datasets import ClassLabel, Features
    from datasets import Image as ImageFeature
    from pyarrow import parquet

    schema = Features({"image": ImageFeature(), "label": ClassLabel(names=list(label_names))}).arrow_schema
    rows = iter(images)
    with parquet.ParquetWriter(path, schema) as writer:
        while part := list(islice(rows, ROWS_AT_ONCE)):
            columns = {
                "image": [{"bytes": content, "path": None} for content, _ in part],
                "label": [label for _, label in part],
            }
            writer.write_table(pa.table(columns, schema=schema))


def encoded(images: NDArray[np.uint8], labels: Sequence[int]) -> Iterable[tuple[bytes, int]]:
    """Yield (N, H, W, 3) images as PNG files with their labels."""
    for pixels, label in zip(images, labels, strict=True):
        yield png(Image.fromarray(pixels)), int(label)


def shrunk(dataset: Iterable[tuple[Image.Image, int]], size: int = 32) -> Iterable[tuple[bytes, int]]:
    """Yield the images of a torchvision data set, cut to their central square and resized, as PNG files."""
    for image, label in dataset:
        yield png(central_square(image, size)), label


def central_square(image: Image.Image, size: int) -> Image.Image:
    """Crop the largest central square and resize it (Lanczos)."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.convert("RGB").crop((left, top, left + side, top + side))
    return square.resize((size, size), Image.Resampling.LANCZOS)


def png(image: Image.Image) -> bytes:
    """Return the image as a PNG file, which is lossless."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def every(*datasets: Any) -> Iterable[tuple[Any, int]]:
    """Yield the items of torchvision data sets, one set after another."""
    for dataset in datasets:
        for i in range(len(dataset)):  # torchvision's sets end by their length, not by an IndexError
            yield dataset[i]
