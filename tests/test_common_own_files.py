"""Files of one's own: every format gives the same rows; no damaged or hostile one ends in more than one line."""

import io
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from common.base.border import MemoryLimit, border
from common.base.errors import UserError
from common.base.project import ROOT
from common.own.files import open_file
from common.own.refused import pickle_message
from common.own.rows import Reading, UserRows, read_rows
from tests.own_files import WRITERS, model, mutated

GIVEN = model()


@pytest.fixture(params=WRITERS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    WRITERS[request.param](path, GIVEN)
    return path


def test_every_format_gives_the_same_logits_and_labels(file: Path) -> None:
    rows = read_rows(file)
    np.testing.assert_array_equal(rows.outputs.logits, GIVEN["logits"])
    assert rows.outputs.logits.dtype == np.float64
    if file.suffix != ".npy":
        np.testing.assert_array_equal(rows.outputs.labels, GIVEN["labels"])
    assert rows.kind == "logits" and rows.notes == ()


def assert_read_or_told(path: Path, content: bytes) -> None:
    """A file is read, or refused in one line that names it; whatever else it raises goes through and fails."""
    path.write_bytes(content)
    try:
        read_rows(path, "test", Reading(limit=MemoryLimit(0.05)))
    except UserError as told:
        assert path.name in str(told) and "\n" not in str(told) and len(str(told)) < 1200, told


def mutations(path: Path, count: int, seed: int) -> None:
    whole, rng = path.read_bytes(), np.random.default_rng(seed)
    for number in range(count):
        content = mutated(whole, rng)
        try:
            assert_read_or_told(path, content)
        except BaseException as error:  # a panic in Rust is no Exception
            raise AssertionError(f"mutation {number} of seed {seed}: {type(error).__name__}: {error}") from error


def test_a_hundred_mutated_files_of_each_format_are_read_or_told(file: Path) -> None:
    mutations(file, 100, seed=1)


@pytest.mark.slow
def test_three_thousand_mutated_files_of_each_format_are_read_or_told(file: Path) -> None:
    mutations(file, 3_000, seed=2)


def npy(header: str, values: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """Return an .npy file with whatever header."""
    text = header.encode("latin-1")
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", len(text)) + text + values


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def header(shape: str, dtype: str = "<f8") -> str:
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}"


# Seeds: inputs that once gave a traceback or took memory, in some reader of arrays.
HOSTILE = {
    "empty": (b"", "is empty"),
    "rows by the million million": (npy(header("(1000000000000, 10)")), "announces 80,000,000,000,000 bytes and has 0"),
    "a shape of negative length": (npy(header("(-1, 10)")), "impossible shape"),
    "a shape that overflows": (npy(header("(4294967296, 4294967296)")), "announces .* bytes and has 0"),
    "a header that nests": (npy("(" * 5000), "cannot be read"),
    "a header that calls": (npy("__import__('os').getcwd()"), "cannot be read"),
    "a header of a gigabyte": (b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**30), "cannot be read"),
    "an unknown version": (npy(header("(1, 2)"), version=(9, 9)), "version .* is unknown"),
    "objects": (npy(header("(1,)", "|O"), b"\x80\x04K\x01."), "Python objects"),
    "no bytes a value": (npy(header("(3, 3)", "<U0")), "impossible shape"),
    "words": (npy(header("(1, 2)", "<U1"), b"a\0\0\0b\0\0\0"), "must be numbers"),
    "complex": (npy(header("(1, 2)", "<c16"), bytes(32)), "complex numbers have no order"),
    "rows in a zip": (zipped(logits=npy(header("(1000000000000, 10)"))), "announces 80,000,000,000,000 bytes"),
    "a pickle": (b"\x80\x04\x95\x05\0\0\0\0\0\0\0]\x94.", "is a pickle"),
    "UTF-16": ("logit_0,logit_1\n1,2\n".encode("utf-16"), "text must be UTF-8"),
    "Latin-1": ("schön,logit_0\n".encode("latin-1"), "not text in UTF-8"),
    "short row": (b"logit_0,logit_1\n1,2\n3\n", "Expected 2 columns, got 1"),
    "word among numbers": (b"logit_0,logit_1\n1,2\nhigh,2\n", "invalid value 'high'"),
    "gap": (b"logit_0,logit_2\n1,2\n", "lacks column logit_1"),
    "twice": (b"logit_0,logit_0,label\n1,2,0\n", "column logit_0 twice"),
    "names alone": (b"logit_0,logit_1,label\n", "logits are empty"),
    "no use": (b"name,age\na,3\n", r"has no array 'logits' \(it has: name, age\)"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_one_line_that_says_what_is_wrong(case: str, tmp_path: Path) -> None:
    content, message = HOSTILE[case]
    path = tmp_path / ("x.npy" if content.startswith(b"\x93") else "x.csv")
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as told:
        read_rows(path)
    assert str(path) in str(told.value) and "\n" not in str(told.value)
    assert "delete" not in str(told.value) and "allow_pickle" not in str(told.value)


def test_a_member_that_cannot_be_read_costs_nothing_unless_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, values in GIVEN.items():
            buffer = io.BytesIO()
            np.save(buffer, values)
            archive.writestr(f"{name}.npy", buffer.getvalue())
        archive.writestr("broken.npy", b"nothing")
        archive.writestr("crushed.npy", b"x" * 100, compress_type=zipfile.ZIP_LZMA)
        archive.writestr("notes.txt", "of a day")
    assert read_rows(path).notes == ("not used: broken, crushed, notes.txt",)
    path.write_bytes(path.read_bytes().replace(b"broken.npy", b"target.npy").replace(b"labels.npy", b"labelz.npy"))
    with pytest.raises(UserError, match="x.npz cannot be read: its array 'target' is damaged"):
        read_rows(path)


def test_a_flipped_bit_in_the_values_of_an_archive_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, **GIVEN)
    content = bytearray(path.read_bytes())
    content[700] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="Bad CRC-32"):
        read_rows(path)


def zip_bomb(path: Path) -> None:
    """An archive whose array of zeros is a thousand times its size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("logits.npy", "w", force_zip64=True) as member:
            member.write(npy(header(f"({2**27}, 1)")))
            for _ in range(2**6):
                member.write(bytes(2**24))
        for name, values in {"labels": GIVEN["labels"], "output": GIVEN["logits"]}.items():
            buffer = io.BytesIO()
            np.save(buffer, values)
            archive.writestr(f"{name}.npy", buffer.getvalue())


def parquet_bomb(path: Path) -> None:
    """A table whose column repeats one value 400 million times, in two megabytes."""
    column = pa.DictionaryArray.from_arrays(np.zeros(4_000_000, np.int8), pa.array([1.0]))
    table = pa.table({"logit": column})
    with parquet.ParquetWriter(path, table.schema) as writer:
        for _ in range(100):
            writer.write_table(table)


LIMITED = """
import resource, sys
from pathlib import Path
import numpy, pyarrow.parquet, common.own.rows
from common.base.errors import UserError
held = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (held + 2**29, held + 2**29))
try:
    print(len(common.own.rows.read_rows(Path(sys.argv[1])).outputs.logits))
except UserError as told:
    print(told)
"""


def read_in_half_a_gigabyte(path: Path) -> str:
    done = subprocess.run(
        (sys.executable, "-c", LIMITED, str(path)), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_an_array_of_a_gigabyte_in_a_megabyte_is_refused_where_wanted_and_else_not_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    zip_bomb(path)
    content = path.read_bytes()
    assert len(content) < 2e6
    assert "bomb.npz: logits, labels announces 1.07 GB, more than 100 times" in read_in_half_a_gigabyte(path)
    # Another name, and the array is one that nobody asks for; what it was asked for is in `output`.
    path.write_bytes(content.replace(b"logits.npy", b"zeroes.npy"))
    assert read_in_half_a_gigabyte(path) == "60"


@pytest.mark.slow
def test_a_column_of_four_hundred_million_rows_in_two_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    parquet_bomb(path)
    assert path.stat().st_size < 2e6
    assert "bomb.parquet: logit announces 3.20 GB" in read_in_half_a_gigabyte(path)


@pytest.mark.slow
def test_a_row_that_is_a_list_of_two_hundred_million_values_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    values = pa.DictionaryArray.from_arrays(pa.array(np.zeros(200_000_000, np.int8)), pa.array([1.0]))
    offsets = pa.array([0, len(values)], pa.int32())
    parquet.write_table(pa.table({"logits": pa.ListArray.from_arrays(offsets, values)}), path)
    assert path.stat().st_size < 1e6
    with pytest.raises(UserError, match="list.parquet cannot be read .*(memory|malloc|realloc)"):
        read_rows(path)


def test_memory_is_checked_before_it_is_taken_and_an_option_lifts_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, logits=np.zeros((2_000_000, 5)))
    with pytest.raises(
        UserError, match="announces 0.08 GB, more than 100 times the file's .* allow it with --max-gb 1"
    ):
        read_rows(path)
    assert len(read_rows(path, "test", Reading(limit=MemoryLimit(1))).outputs.logits) == 2_000_000
    with pytest.raises(UserError, match=r"announces 0.1 GB, and 0.01 GB are allowed; .* --max-gb"):
        read_rows(path, "test", Reading(limit=MemoryLimit(0.01)))


def test_the_limit_on_the_process_ends_with_the_reading(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path, before = tmp_path / "x.bin", resource.getrlimit(resource.RLIMIT_AS)
    path.write_bytes(bytes(1000))
    with pytest.raises(MemoryError), MemoryLimit(0.001).held(path):
        np.ones(2**28)  # two gigabytes
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_whatever_a_reader_raises_is_one_line_and_ctrl_c_passes(tmp_path: Path) -> None:
    class Panic(BaseException):
        pass

    for raised in (Panic("at\nrow 3"), MemoryError(), RecursionError("deep"), AttributeError("x" * 5000)):
        with pytest.raises(UserError, match="^.*here.npz cannot be read \\([^\n]{1,300}\\)$"), border(Path("here.npz")):
            raise raised
    with pytest.raises(KeyboardInterrupt), border(Path("here.npz")):
        raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["x.pt", "x.pth", "x.npz"])
def test_a_pickled_checkpoint_is_refused_and_the_line_that_converts_it_works(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    torch.save({"logits": torch.tensor(GIVEN["logits"]), "labels": torch.tensor(GIVEN["labels"])}, path)
    with pytest.raises(UserError, match="is a pickle, which could run code, so it is not opened") as told:
        read_rows(path)
    line = str(told.value).split("convert it: python ")[1]
    if path.suffix == ".npz":
        return  # torch's own archive under another name; the line is that of a plain pickle
    done = subprocess.run(f"{sys.executable} {line}", shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(read_rows(path.with_suffix(".npz")).outputs.logits, GIVEN["logits"], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("x.mat", "loadmat"),
        ("x.h5", "h5py"),
        ("x.json", "pandas.read_json"),
        ("x.jsonl", "lines=True"),
        ("x.xlsx", "read_excel"),
        ("x.csv.gz", "gunzip -k"),
        ("x.pkl", "pickle.load"),
    ],
)
def test_other_formats_are_refused_with_the_line_that_converts_them(name: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x89 something else")
    with pytest.raises(UserError, match=line):
        open_file(path)


def test_a_hostile_file_name_cannot_leave_the_quotes_of_the_line_that_converts_it(tmp_path: Path) -> None:
    path = tmp_path / """a"; touch '$(touch b)' `touch c`.mat"""
    path.write_bytes(b"MATLAB")
    with pytest.raises(UserError) as told:
        open_file(path)
    line = str(told.value).split("convert it: python ")[1]
    subprocess.run(f"{sys.executable} {line}", shell=True, cwd=tmp_path, capture_output=True, check=False)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def parsed(tmp_path: Path, name: str, content: str) -> UserRows:
    (tmp_path / name).write_text(content, encoding="utf-8")
    return read_rows(tmp_path / name)


def test_tables_may_lack_names_use_semicolons_and_decimal_commas_or_begin_with_a_mark(tmp_path: Path) -> None:
    expected = [[1.5, 2.0, -3.0], [0.25, -1.0, 4.0]]
    bare = parsed(tmp_path, "bare.csv", "1.5,2,-3\n0.25,-1,4\n")
    german = parsed(tmp_path, "german.csv", "z1;z2;z3;class\n1,5;2;-3;0\n0,25;-1;4;2\n")
    marked = parsed(tmp_path, "marked.csv", "\ufefflabel,logit 2,logit 0,logit 1\n0,-3,1.5,2\n2,4,0.25,-1\n")
    for rows in (bare, german, marked):
        np.testing.assert_array_equal(rows.outputs.logits, expected)
    assert german.outputs.labels.tolist() == marked.outputs.labels.tolist() == [0, 2]


def test_text_that_numpy_saves_is_read(tmp_path: Path) -> None:
    for delimiter, names in ((" ", ""), (",", ""), (",", "logit_0,logit_1,logit_2,logit_3"), (";", "")):
        np.savetxt(tmp_path / "x.csv", GIVEN["logits"], delimiter=delimiter, header=names)
        np.testing.assert_array_equal(read_rows(tmp_path / "x.csv").outputs.logits, GIVEN["logits"])
    np.savetxt(tmp_path / "labels.txt", GIVEN["labels"], fmt="%d")
    rows = read_rows(tmp_path / "x.csv", labels=tmp_path / "labels.txt")
    np.testing.assert_array_equal(rows.outputs.labels, GIVEN["labels"])


def test_a_damaged_file_on_which_pyarrow_ends_the_process_is_told() -> None:
    # Found by mutation: asking PyArrow for a column chunk of this file calls std::terminate.
    path = ROOT / "tests/data/aborts_pyarrow.parquet"
    script = f"from pathlib import Path; from common.own.rows import read_rows; read_rows(Path({str(path)!r}))"
    done = subprocess.run((sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), "read, or an exception, but no abort"
    assert done.returncode == 0 or "UserError" in done.stderr.splitlines()[-1]


def test_a_parquet_file_of_lists_of_different_lengths_is_told(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"logits": [[1.0, 2.0], [1.0]]}), tmp_path / "x.parquet")
    with pytest.raises(UserError, match="x.parquet cannot be read .*lists of 2 different lengths"):
        read_rows(tmp_path / "x.parquet")


def test_labels_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", GIVEN["logits"])
    np.save(tmp_path / "y.npy", GIVEN["labels"])
    np.savez(tmp_path / "y.npz", targets=GIVEN["labels"], other=np.zeros(3))
    for name in ("y.npy", "y.npz"):
        rows = read_rows(tmp_path / "z.npy", labels=tmp_path / name)
        np.testing.assert_array_equal(rows.outputs.labels, GIVEN["labels"])


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder; name a file of logits"):
        open_file(tmp_path)
    with pytest.raises(UserError, match="absent.npz does not exist"):
        open_file(tmp_path / "absent.npz")


def test_the_line_that_converts_a_file_never_writes_over_one_that_is_there(tmp_path: Path) -> None:
    before = pickle_message(tmp_path / "in.pt")
    (tmp_path / "in.npz").touch()
    assert "in.npz" in before and "in_converted.npz" in pickle_message(tmp_path / "in.pt")
