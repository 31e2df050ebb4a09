"""Readers of image files, with checks: NumPy archives, Parquet tables and single photographs."""

import io
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.base.display import one_line
from common.data.parquet import read_columns_of
from common.data.samples import RawDataset
from common.own.files import open_file

Images = NDArray[np.uint8]


def read_npz(path: Path, size: tuple[int, int] = (28, 28), label_names: Sequence[str] = ()) -> RawDataset:
    """Read grey images from ``images`` (N, H, W) and ``labels`` (N,) of a NumPy archive.

    Args:
        path: ``.npz`` without pickled objects.
        size: height and width that the images must have.
        label_names: name of each class; where empty, ``label_names`` in the file.

    Raises:
        ValueError: an array has the wrong type or shape, or a label is out of range.
    """
    file = open_file(path)
    images, labels = file.load([file.entries["images"], file.entries["labels"]])
    check_images(images, size)
    names = tuple(label_names) or tuple(str(name) for name in file.load([file.entries["label_names"]])[0])
    further = [entry for entry in file.entries.values() if entry.rows == len(images) and entry.name not in OWN_NAMES]
    extras = {entry.name: values for entry, values in zip(further, file.load(further), strict=True)}
    return RawDataset(images, check_labels(labels, len(images), len(names)), names, extras)


OWN_NAMES = ("images", "labels", "label_names")


def read_parquet(path: Path, size: tuple[int, int] = (32, 32), label_names: Sequence[str] = ()) -> RawDataset:
    """Read colour images from the Hugging Face layout: ``image`` = struct(bytes, path), ``label`` = int.

    Args:
        path: Parquet file; each image is a whole file of a format that Pillow reads.
        size: height and width that the images must have.
        label_names: name of each class; where empty, those in the file's metadata.

    Returns:
        A data set whose items are (N, H, W, 3) uint8.

    Raises:
        ValueError: a column is missing, an image has another size or is damaged, or a label is out of range.
    """
    table = read_columns_of(path, ["image", "label"])
    names = tuple(label_names) or _names_in_metadata(table.schema.metadata or {})
    files = table.column("image").combine_chunks().field("bytes")
    images = np.empty((len(files), *size, 3), np.uint8)

    def fill(start: int) -> None:
        for i in range(start, min(start + 500, len(files))):
            images[i] = decode(files[i].as_py(), size, i)

    with ThreadPoolExecutor() as pool:  # Pillow releases the global interpreter lock while it decodes
        list(pool.map(fill, range(0, len(files), 500)))
    labels = table.column("label").to_numpy()
    return RawDataset(images, check_labels(labels, len(images), len(names)), names)


class WrongSize(Exception):
    """An image has another height and width."""


def decode(content: bytes | None, size: tuple[int, int], row: int) -> Images:
    """Return one image as (H, W, 3) uint8.

    Raises:
        ValueError: the image is missing, damaged or of another size; the message says which row.
    """
    if content is None:
        raise ValueError(f"row {row} has no image")
    try:
        with Image.open(io.BytesIO(content)) as image:
            if (image.height, image.width) != size:  # before it is decoded: a few bytes may be a very large image
                raise WrongSize(image.height, image.width)
            pixels = np.asarray(image.convert("RGB"))
    except WrongSize as wrong:
        found, wanted = (f"{height}x{width}" for height, width in (wrong.args, size))
        raise ValueError(f"the image in row {row} is {found}, not {wanted}") from wrong
    except Exception as error:  # Pillow's readers raise a dozen types on damaged files
        raise ValueError(f"the image in row {row} is damaged: {one_line(error)}") from error
    return pixels


def read_photograph(path: Path) -> Image.Image:
    """Return a photograph in colour, in its original size.

    Raises:
        OSError: the file is not an image, or damaged.
    """
    with Image.open(path) as image:
        return image.convert("RGB")


def check_images(images: NDArray[Any], size: tuple[int, int]) -> Images:
    """Return ``images`` if they are (N, H, W) uint8 of the given size and N > 0.

    Raises:
        ValueError: type, shape or number is another.
    """
    if images.dtype != np.uint8 or images.shape[1:] != size or not len(images):
        raise ValueError(f"images must be (N, {size[0]}, {size[1]}) uint8, not {images.shape} {images.dtype}")
    return images


def check_labels(labels: NDArray[Any], count: int, classes: int) -> NDArray[np.int64]:
    """Return ``labels`` as int64 if there are ``count``, all whole numbers in [0, classes).

    Raises:
        ValueError: number, type or range is another; the message names the first label out of range.
    """
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be {count} whole numbers, not {labels.shape} {labels.dtype}")
    bad = np.flatnonzero((labels < 0) | (labels >= classes))
    if bad.size:
        raise ValueError(f"label {labels[bad[0]]} of item {bad[0]} is outside 0..{classes - 1}")
    return labels.astype(np.int64)


def _names_in_metadata(metadata: dict[bytes, bytes]) -> tuple[str, ...]:
    """Return the class names that the ``datasets`` library stores in a file's schema."""
    features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    names = features.get("label", {}).get("names")
    if not names:
        raise ValueError("the file's metadata names no classes")
    return tuple(names)
