"""Image readers: what is whole is read as it is, what is not is refused with its place named."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from common.base.errors import UserError
from common.data.locations import Folders, Location, Prepared
from common.data.sources import Source
from vision.data.images import check_labels, read_npz, read_parquet

NAMES = ("cat", "dog")


def npz(path: Path, **arrays: Any) -> Path:
    whole = {"images": np.arange(3 * 28 * 28).reshape(3, 28, 28).astype(np.uint8), "labels": np.array([0, 1, 1])}
    np.savez(path, **{**whole, **arrays})
    return path


def png(size: tuple[int, int] = (32, 32), mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 50).convert(mode).save(file, "PNG")
    return file.getvalue()


def table(path: Path, files: list[bytes | None], labels: list[int], names: tuple[str, ...] = NAMES) -> Path:
    images = pa.array(
        [{"bytes": content, "path": None} for content in files], pa.struct({"bytes": pa.binary(), "path": pa.string()})
    )
    features = {"image": {"_type": "Image"}, "label": {"names": list(names), "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(pa.table({"image": images, "label": labels}).replace_schema_metadata(metadata), path)
    return path


def load(path: Path, read: Any) -> Any:
    """Load the way a task does: through a source that finds the file in a data folder."""
    place = Location((Prepared(path.name, download="toy"),), read)
    return Source("toy", (place,)).load(Folders((path.parent,)))


def test_an_archive_gives_its_images_labels_names_and_whatever_else_has_a_value_an_image(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", label_names=np.array(NAMES), drawer=np.array([7, 8, 9]), note=np.array("x"))
    samples = read_npz(path)
    assert samples.items.shape == (3, 28, 28) and samples.items[1, 0, 0] == (28 * 28) % 256
    assert samples.labels.tolist() == [0, 1, 1] and samples.labels.dtype == np.int64
    assert samples.label_names == NAMES
    assert {name: values.tolist() for name, values in samples.extras.items()} == {"drawer": [7, 8, 9]}


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"images": np.zeros((3, 27, 28), np.uint8)}, "28, 28"),
        ({"images": np.zeros((3, 28, 28), np.float32)}, "uint8"),
        ({"images": np.zeros((0, 28, 28), np.uint8), "labels": np.zeros(0, int)}, "images must be"),
        ({"labels": np.array([0, 1, 2])}, "label 2 of item 2 is outside 0..1"),
        ({"labels": np.array([-1, 1, 0])}, "label -1 of item 0"),
        ({"labels": np.array([0.0, 1.0, 1.0])}, "whole numbers"),
        ({"labels": np.array([0, 1])}, "3 whole numbers"),
    ],
)
def test_an_archive_with_wrong_arrays_is_refused_by_name(tmp_path: Path, arrays: Any, complaint: str) -> None:
    path = npz(tmp_path / "a.npz", label_names=np.array(NAMES), **arrays)
    with pytest.raises(UserError, match=complaint) as caught:
        load(path, read_npz)
    assert str(path) in str(caught.value) and "--download toy" in str(caught.value)


def test_an_archive_that_is_cut_short_pickled_or_lacks_an_array_is_refused(tmp_path: Path) -> None:
    path = npz(tmp_path / "cut.npz", label_names=np.array(NAMES))
    path.write_bytes(path.read_bytes()[:-200])
    pickled = npz(tmp_path / "pickled.npz", label_names=np.array([None, {}], dtype=object))
    np.savez(tmp_path / "bare.npz", images=np.zeros((1, 28, 28), np.uint8))
    for damaged in (path, pickled, tmp_path / "bare.npz"):
        with pytest.raises(UserError, match="cannot be read"):
            load(damaged, read_npz)


def test_a_table_gives_its_images_in_order_and_the_names_in_its_metadata(tmp_path: Path) -> None:
    files = [png(), png(), png(mode="L")]
    samples = read_parquet(table(tmp_path / "a.parquet", files, [1, 0, 1]))
    assert samples.items.shape == (3, 32, 32, 3) and samples.items.dtype == np.uint8
    np.testing.assert_array_equal(samples.items[0], np.asarray(Image.open(io.BytesIO(files[0]))))
    assert samples.labels.tolist() == [1, 0, 1] and samples.label_names == NAMES


@pytest.mark.parametrize(
    ("files", "labels", "complaint"),
    [
        ([png(), png((32, 31))], [0, 1], "row 1 is 31x32, not 32x32"),
        ([png(), png()[:60]], [0, 1], "row 1 is damaged"),
        ([b"not an image", png()], [0, 1], "row 0 is damaged"),
        ([png(), None], [0, 1], "row 1 has no image"),
        ([png(), png()], [0, 2], "label 2 of item 1"),
    ],
)
def test_a_table_with_a_bad_row_is_refused_with_the_row(
    tmp_path: Path, files: Any, labels: Any, complaint: str
) -> None:
    with pytest.raises(UserError, match=complaint):
        load(table(tmp_path / "a.parquet", files, labels), read_parquet)


def test_a_table_that_is_cut_short_or_lacks_a_column_or_its_class_names_is_refused(tmp_path: Path) -> None:
    cut = table(tmp_path / "cut.parquet", [png()], [0])
    cut.write_bytes(cut.read_bytes()[:-30])
    column = tmp_path / "column.parquet"
    parquet.write_table(pa.table({"image": [1, 2]}), column)
    nameless = table(tmp_path / "nameless.parquet", [png()], [0], names=())
    for damaged in (cut, column, nameless):
        with pytest.raises(UserError, match=str(damaged)):
            load(damaged, read_parquet)


def test_labels_of_any_whole_type_become_int64() -> None:
    assert check_labels(np.array([0, 255], np.uint8), 2, 256).dtype == np.int64
