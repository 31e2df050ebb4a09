"""Whatever is in a file, each door reads it or refuses it in one line, in little memory and time."""

import gzip
import io
import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from common.base.project import ROOT
from tests.doors import DOORS, came_through, damaged

LIGHT = [name for name in DOORS if not name.startswith("checkpoint")]


def check(name: str, place: Path, count: int, seed: int) -> None:
    for number, (file, content) in enumerate(damaged(DOORS[name], place, count, seed)):
        try:
            came_through(DOORS[name], place, file, content)
        except BaseException as error:  # a panic in Rust is no Exception
            raise AssertionError(f"{name}: mutation {number} of seed {seed}: {error!r}") from error


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", LIGHT)
def test_damaged_files_are_read_or_refused_in_one_line_by_every_door(name: str, tmp_path: Path) -> None:
    check(name, tmp_path, 8, seed=1)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", DOORS)
def test_many_damaged_files_are_read_or_refused_in_one_line_by_every_door(name: str, tmp_path: Path) -> None:
    check(name, tmp_path, 100, seed=2)


def repeated(place: Path) -> None:
    """A megabyte once, and ten thousand rows of it."""
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000, np.int32)), pa.array(["x" * 2**20]))
    parquet.write_table(pa.table({"text": text, "label_name": ["good"] * 10_000}), place / "x.parquet")


def many_rows(place: Path) -> None:
    parquet.write_table(
        pa.table({"text": pa.nulls(60_000_000, pa.string()), "label_name": ["good"] * 60_000_000}), place / "x.parquet"
    )


def names_squared(place: Path) -> None:
    rows = [{"text": "a", f"name {number}": 1} for number in range(12_000)]
    (place / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))


def great_png(place: Path) -> None:
    """A black image of 40,000 x 40,000 pixels in 200 kB."""
    rows = zlib.compress(bytes(40_000 * 5001), 9)
    head = struct.pack(">2I5B", 40_000, 40_000, 1, 0, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    )
    (place / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def great_image_in_a_table(place: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (9000, 9000)).save(buffer, "PNG")
    names = {b"huggingface": json.dumps({"info": {"features": {"label": {"names": ["a"]}}}}).encode()}
    table = pa.table({"image": [{"bytes": buffer.getvalue(), "path": None}], "label": [0]})
    parquet.write_table(table.replace_schema_metadata(names), place / "x.parquet")


def zeros_in_a_gzip(place: Path) -> None:
    head = struct.pack(">4B3I", 0, 0, 8, 3, 600_000, 28, 28)
    (place / "x.gz").write_bytes(gzip.compress(head + bytes(600_000 * 784), 9))


def long_silence(place: Path) -> None:
    """Twelve hours of silence: 2.8 GB as samples, 400 kB as FLAC."""
    import soundfile

    with soundfile.SoundFile(place / "1.flac", "w", 16_000, 1, "PCM_16") as file:
        for _ in range(12 * 60):
            file.write(np.zeros(60 * 16_000, np.float32))


def much_in_a_mat(place: Path) -> None:
    from scipy.io import savemat

    savemat(
        place / "x.mat", {"X": np.zeros((32, 32, 3, 200_000), np.uint8), "y": np.ones(200_000)}, do_compression=True
    )


BOMBS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a text repeated": ("prepared texts", repeated, "not enough memory|announces|is damaged"),
    "rows without content": ("prepared texts", many_rows, "announces .* times the file"),
    "a new name a row": ("texts jsonl", names_squared, "announces"),
    "an image of 1.6 gigapixels": ("images PNG", great_png, ""),
    "an image of 81 megapixels in a table": ("image table", great_image_in_a_table, "is 9000x9000, not 32x32"),
    "zeros in a gzip": ("idx", zeros_in_a_gzip, "announces"),
    "zeros in a MATLAB file": ("matlab", much_in_a_mat, "not enough memory|no SVHN file|announces"),
    "half a day of silence": ("sounds FLAC PCM_16", long_silence, ""),
}
"""Small files that would become gigabytes, by the door that they are sent through, and what is told. Where that is
nothing, the file is one of a folder and costs itself alone."""

MEASURED = """
import resource, sys
from pathlib import Path
from common.base.errors import UserError
from tests.doors import DOORS
place = Path(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(getattr(DOORS[sys.argv[1]].read(place), "dropped", ""))
except UserError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_does_not_become_gigabytes(name: str, tmp_path: Path) -> None:
    door, make, complaint = BOMBS[name]
    DOORS[door].write(tmp_path)
    make(tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 6_000_000
    command = (sys.executable, "-c", MEASURED, door, str(tmp_path))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told, megabytes = done.stdout.strip().rsplit("\n", 1)
    assert int(megabytes) < 1000
    assert re.search(complaint, told), told
