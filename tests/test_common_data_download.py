"""A download ends in whole, checked files, or in one clear sentence and an untouched data folder."""

import hashlib
import io
import json
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from common.base.errors import UserError
from common.data import download as module
from common.data.download import Download, download, downloads
from common.data.fetching import fetch
from common.data.locations import Prepared
from common.data.sources import AnySource, Derived, Source
from common.data.unpacking import unpack
from common.discover import load_task, task_names


def tar_of(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tar_of(tmp_path / "letters.tar.gz", {"letters/a.txt": b"alpha" * 999, "letters/b.txt": b"beta"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that holds something already."""
    (tmp_path / "data/nlp").mkdir(parents=True)
    (tmp_path / "data/nlp/old.npz").write_bytes(b"what was here")
    return tmp_path / "data"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def offer(monkeypatch: pytest.MonkeyPatch, archive: Path, checksum: str | None = None) -> None:
    def prepare(work: Path, ready: Path) -> None:
        fetched = fetch(archive.as_uri(), work, checksum)
        unpack(fetched, work / "unpacked")
        (ready / "nlp/letters.npz").write_bytes((work / "unpacked/letters/a.txt").read_bytes())

    monkeypatch.setattr(module, "downloads", lambda: {"letters": Download(("nlp/letters.npz",), prepare, "1 kB")})


def md5(path: Path) -> str:
    return f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}"


def test_a_sound_archive_becomes_the_promised_file_and_nothing_else(monkeypatch, archive, folder):
    offer(monkeypatch, archive, md5(archive))
    download("letters", folder)
    assert contents(folder) == {"nlp/old.npz": b"what was here", "nlp/letters.npz": b"alpha" * 999}
    assert sorted(path.name for path in folder.iterdir()) == ["nlp"]


def test_what_is_there_is_not_fetched_again(monkeypatch, archive, folder, capsys):
    offer(monkeypatch, archive)
    (folder / "nlp/letters.npz").write_bytes(b"mine")
    download("letters", folder)
    assert (folder / "nlp/letters.npz").read_bytes() == b"mine"
    assert "already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "letters.tar.gz cannot be read"),
        (lambda path: path.write_bytes(path.read_bytes()[:5]), "letters.tar.gz cannot be read"),
        (lambda path: path.unlink(), "cannot be fetched"),
        (lambda path: tar_of(path, {"letters/a.txt": b"", "../outside.txt": b"x"}), "outside the folder"),
        (lambda path: tar_of(path, {"letters/b.txt": b"no a.txt"}), "a.txt"),
    ],
    ids=["truncated", "cut at its start", "missing", "member with ..", "not what was expected"],
)
def test_a_bad_archive_is_a_user_error_and_leaves_the_folder_as_it_was(monkeypatch, archive, folder, spoil, complaint):
    offer(monkeypatch, archive)
    before = contents(folder)
    spoil(archive)
    with pytest.raises(UserError, match=complaint):
        download("letters", folder)
    assert contents(folder) == before
    assert sorted(path.name for path in folder.iterdir()) == ["nlp"]


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_file_with_a_wrong_checksum_is_deleted(archive, tmp_path, algorithm):
    with pytest.raises(UserError, match=f"has {algorithm} .* not the expected"):
        fetch(archive.as_uri(), tmp_path / "work", f"{algorithm}:{'0' * 32}")
    assert not list((tmp_path / "work").iterdir())


OUTSIDE = ("../outside.txt", "/outside.txt", "a/../../outside.txt", "a\\..\\..\\outside.txt")
DRIVES = ("C:\\outside.txt", "C:outside.txt", "c:/outside.txt", "\\\\host\\share\\outside.txt", "//host/share/x.txt")


@pytest.mark.parametrize("make", [tar_of, zip_of])
@pytest.mark.parametrize("name", [*OUTSIDE, *DRIVES])
def test_no_member_leaves_the_folder_and_none_is_written_before_all_are_checked(tmp_path, make, name):
    path = make(tmp_path / "archive", {"first.txt": b"1", name: b"2"})
    with pytest.raises(UserError, match="outside the folder"):
        unpack(path, tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()
    assert not (tmp_path / "outside.txt").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "archive.tar", "w") as tar:
        info = tarfile.TarInfo("inside.txt")
        info.type, info.linkname = kind, "../outside.txt"
        tar.addfile(info)
    with pytest.raises(UserError, match="link or device"):
        unpack(tmp_path / "archive.tar", tmp_path / "unpacked")


def test_a_symbolic_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("inside.txt")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as bundle:
        bundle.writestr(info, "../outside.txt")
    with pytest.raises(UserError, match="link or device"):
        unpack(tmp_path / "archive.zip", tmp_path / "unpacked")


def test_a_damaged_member_of_a_zip_is_found_by_its_checksum(tmp_path):
    path = zip_of(tmp_path / "archive.zip", {"a.txt": b"alpha" * 100})
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="archive.zip cannot be read .*CRC.*download it again"):
        unpack(path, tmp_path / "unpacked")


def test_an_unknown_name_is_told_with_the_nearest(monkeypatch, archive, folder):
    offer(monkeypatch, archive)
    with pytest.raises(UserError, match="did you mean 'letters'"):
        download("leters", folder)


def test_a_promised_file_that_is_not_written_is_an_error(monkeypatch, folder):
    empty = Download(("nlp/letters.npz",), lambda work, ready: None, "nothing")
    monkeypatch.setattr(module, "downloads", lambda: {"letters": empty})
    with pytest.raises(UserError, match="nlp/letters.npz could not be made"):
        download("letters", folder)


def prepared_files(source: AnySource | None) -> list[Prepared]:
    """All the files of data folders that a source or what it is made of may be read from."""
    match source:
        case Source():
            own = [file for place in source.places for file in place.files if isinstance(file, Prepared)]
            return own + prepared_files(source.stand_in)
        case Derived():
            return [file for part in (*source.inputs, source.stand_in) for file in prepared_files(part)]
    return []


@pytest.mark.parametrize("name", task_names())
def test_every_download_that_a_task_names_exists_and_brings_the_file(name):
    task = load_task(name)
    for source in (task.train, task.test, *task.outliers, task.labelled, *task.ood):
        for file in prepared_files(source):
            if file.download is not None:
                assert file.path in downloads()[file.download].files


def test_every_download_says_its_size_licence_and_origin():
    for name, entry in downloads().items():
        assert len(re.split("[,;]", entry.about)) >= 3, f"{name}: {entry.about}"
        assert re.search(r"\d [kMG]B\b", entry.about), f"{name}: {entry.about}"
        assert all(file.split("/")[0] in ("vision", "nlp", "speech") for file in entry.files)


def test_a_file_that_is_there_is_kept_where_another_of_its_set_is_missing(monkeypatch, folder):
    def prepare(work: Path, ready: Path) -> None:
        (ready / "nlp/old.npz").write_bytes(b"fetched")
        (ready / "nlp/new.npz").write_bytes(b"fetched")

    offered = Download(("nlp/old.npz", "nlp/new.npz"), prepare, "1 kB")
    monkeypatch.setattr(module, "downloads", lambda: {"letters": offered})
    download("letters", folder)
    assert contents(folder) == {"nlp/old.npz": b"what was here", "nlp/new.npz": b"fetched"}


def test_what_is_no_archive_is_told_apart_from_one_that_is_damaged(tmp_path):
    (tmp_path / "page.zip").write_text("<html>Please log in</html>")
    with pytest.raises(UserError, match=r"page\.zip is not a tar or zip archive"):
        unpack(tmp_path / "page.zip", tmp_path / "unpacked")


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_an_archive_that_announces_a_hundred_times_its_size_is_refused_before_it_is_unpacked(
    tmp_path, monkeypatch, make
):
    monkeypatch.setattr("common.data.unpacking.SMALL", 10**5)
    path = make(tmp_path / "archive", {"zeros": bytes(10**7)})
    if make is zip_of:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("zeros", bytes(10**7))
    with pytest.raises(UserError, match="announces .* more than 100 times its size"):
        unpack(path, tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


def test_the_hash_of_a_first_download_is_kept_and_the_next_is_compared_with_it(monkeypatch, archive, folder):
    offer(monkeypatch, archive)
    download("letters", folder)
    kept = json.loads((folder / "downloads.json").read_text())
    assert kept == {archive.as_uri(): f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"}
    (folder / "nlp/letters.npz").unlink()
    tar_of(archive, {"letters/a.txt": b"another", "letters/b.txt": b"beta"})
    with pytest.raises(UserError, match="when it was first downloaded here: it was changed since"):
        download("letters", folder)
    assert not (folder / "nlp/letters.npz").exists()
    (folder / "downloads.json").write_text("{}")
    download("letters", folder)
    assert (folder / "nlp/letters.npz").read_bytes() == b"another"
