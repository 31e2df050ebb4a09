"""Images of the user's own, a folder a class: read in the form that a network takes; damaged files are named."""

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.base.errors import UserError
from common.data.class_folders import ClassFiles, Part, class_files, files_below
from common.data.dropped import added_up, listed
from common.data.samples import RawDataset
from common.own_data import UNSPLIT, class_counts, with_note
from vision.image_form import ImageForm, formed

SUFFIXES = frozenset(".png .jpg .jpeg .jpe .bmp .gif .webp .tif .tiff .ppm .pgm .pbm .jfif".split())
"""Names of files that are taken for images, in lower case."""


def read_classes(folder: Path, part: Part, form: ImageForm, pattern: str | None = None) -> RawDataset:
    """Read the images of one part of a folder with a folder a class; see ``common.data.class_folders``.

    Returns:
        a data set with (N, H, W, 3) uint8 items, and ``extras["file"]``.

    Raises:
        UserError: the classes cannot be told, or no image can be read.
    """
    found = class_files(folder, SUFFIXES, pattern)
    files, names = found.of(part), found.names
    samples = _read(folder, [path for path, _ in files], form)
    once = part == "train" or not found.unsplit  # an unsplit folder is read twice, and its files are counted once
    place = {name: label for label, name in enumerate(names)}
    label = {path: place[name] for path, name in files}
    labels = np.array([label[folder / file] for file in samples.extras["file"]], dtype=np.int64)
    whole = RawDataset(
        samples.items,
        labels,
        names,
        {**samples.extras, UNSPLIT: np.full(len(labels), found.unsplit)},
        added_up(found.dropped if part == "train" else {}, samples.dropped) if once else {},
    )
    return with_note(whole, _counts(found, part, whole))


def _counts(found: ClassFiles, part: Part, samples: RawDataset) -> str:
    return class_counts(samples) if found.unsplit else f"{part.capitalize()}: {class_counts(samples)}"


def read_any(folder: Path, form: ImageForm) -> RawDataset:
    """Read every image below a folder, without labels.

    Raises:
        UserError: no image can be read.
    """
    return _read(folder, files_below(folder, SUFFIXES), form)


def _read(folder: Path, files: Sequence[Path], form: ImageForm) -> RawDataset:
    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:  # Pillow decodes without the interpreter's lock
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        results = list(pool.map(lambda path: _image_or_reason(path, form), files))
    called = [path.relative_to(folder).as_posix() for path in files]
    images = [one for one in results if not isinstance(one, str)]
    bad = [f"{name}: {one}" for name, one in zip(called, results, strict=True) if isinstance(one, str)]
    if not images:
        raise UserError(f"{folder}: not one of {len(files)} images can be read{f', first {bad[0]}' if bad else ''}")
    kept = [name for name, one in zip(called, results, strict=True) if not isinstance(one, str)]
    return RawDataset(np.stack(images), extras={"file": kept}, dropped=listed(bad))


def _image_or_reason(path: Path, form: ImageForm) -> NDArray[np.uint8] | str:
    """Return an image, or why it cannot be read."""
    try:
        with Image.open(path) as image:
            return formed(image, form)
    except Exception as error:  # Pillow's readers raise a dozen types on damaged files
        return " ".join(f"{type(error).__name__}: {error}".split()).replace(f"{path}", path.name)[:200]
