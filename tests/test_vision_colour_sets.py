"""Colour image sets: what a download writes is what a source reads, parts are told from the whole, damage is named."""

import hashlib
import io
import os
import pickle
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common.base.errors import UserError
from common.data import download as downloading
from common.data.download import download
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.data.sources import Source
from common.discover import load_task
from vision.data import cifar, lsun, tiny_imagenet
from vision.data.cifar import CIFAR10_TEST, CIFAR10_TRAIN, MEAN
from vision.data.prepared import additional, central_square, colour_source, encoded, png, write_parquet
from vision.data.tiny_imagenet import NEAR_CIFAR10, NEAR_CIFAR100, OOD_CLASSES, tiny_imagenet_ood

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
NAMES = ("cat", "dog", "fish")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    (tmp_path / "vision").mkdir()
    return Folders((tmp_path,))


def source(whole: int = 5, size: int = 32) -> Source:
    return colour_source("Set", "vision/set.parquet", "set", whole, size=size, about="")


def write(folders: Folders, images=IMAGES, labels=(0, 1, 2, 1, 0)) -> Path:
    path = folders.data[0] / "vision/set.parquet"
    write_parquet(path, encoded(images, labels), NAMES)
    return path


def test_written_images_are_read_back_bit_by_bit(folders):
    write(folders)
    samples = source().load(folders)
    assert np.array_equal(samples.items, IMAGES)
    assert samples.labels.tolist() == [0, 1, 2, 1, 0]
    assert samples.label_names == NAMES


def test_the_datasets_library_reads_the_same_file(folders, tmp_path):
    from datasets import load_dataset

    file = str(write(folders))
    rows = load_dataset("parquet", data_files=file, split="train", cache_dir=str(tmp_path / "cache"))
    assert np.array_equal(np.asarray(rows[3]["image"]), IMAGES[3])
    assert rows.features["label"].names == list(NAMES)


def test_a_part_of_a_set_is_a_sample_and_the_whole_is_full(folders):
    write(folders)
    assert source(whole=6).load(folders).kind == "sample"
    assert source(whole=5).load(folders).kind == "full"


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def damage_an_image(path: Path) -> None:
    content = [(png(Image.fromarray(image)), 0) for image in IMAGES]
    content[3] = (content[3][0][:40], 0)
    write_parquet(path, content, NAMES)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (cut, "set.parquet"),
        (lambda path: path.write_bytes(b""), "set.parquet"),
        (lambda path: write_parquet(path, encoded(IMAGES[:, :16], [0] * 5), NAMES), "row 0 is 16x32, not 32x32"),
        (damage_an_image, "row 3 is damaged"),
        (lambda path: write_parquet(path, encoded(IMAGES, [0, 1, 7, 0, 0]), NAMES), "label 7 of item 2"),
        (lambda path: write_parquet(path, encoded(IMAGES, [0, 1, 2, 0, -1]), NAMES), "label -1 of item 4"),
    ],
    ids=["truncated", "empty", "wrong size", "damaged image", "label too large", "label negative"],
)
def test_what_is_wrong_with_a_file_is_said_with_its_name_and_the_remedy(folders, spoil, complaint):
    spoil(write(folders))
    with pytest.raises(UserError, match=complaint) as caught:
        source().load(folders)
    assert "set.parquet" in str(caught.value)
    assert "--download set" in str(caught.value)


def test_the_central_square_is_cut_before_it_is_resized():
    wide = Image.new("RGB", (96, 64), "red")
    wide.paste("blue", (16, 0, 80, 64))
    assert np.asarray(central_square(wide, 32)).reshape(-1, 3).tolist() == [[0, 0, 255]] * 1024


def test_additional_sets_are_not_primary_and_otherwise_the_same():
    one = source()
    assert additional(one) == (replace(one, primary=False),)


def test_no_class_is_both_learnt_from_and_tested_on():
    assert len(set(OOD_CLASSES)) == 40
    assert len(set(NEAR_CIFAR10)) == 33
    assert not set(OOD_CLASSES) & set(NEAR_CIFAR10)
    assert not set(NEAR_CIFAR100) & set(NEAR_CIFAR10)


def tiny_archive(path: Path) -> None:
    """Four classes of the real layout: two of the OOD set, one of the outliers, one near CIFAR-10."""
    classes = {
        OOD_CLASSES[0]: "goldfish",
        OOD_CLASSES[7]: "abacus, x",
        "n01910747": "jellyfish",
        NEAR_CIFAR10[0]: "goose",
    }
    buffer = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(buffer, "JPEG")
    root, annotations = "tiny-imagenet-200", ""
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(f"{root}/wnids.txt", "\n".join(classes))
        bundle.writestr(f"{root}/words.txt", "\n".join(f"{number}\t{word}" for number, word in classes.items()))
        for i, number in enumerate(classes):
            bundle.writestr(f"{root}/train/{number}/images/{number}_0.JPEG", buffer.getvalue())
            bundle.writestr(f"{root}/val/images/val_{i}.JPEG", buffer.getvalue())
            annotations += f"val_{i}.JPEG\t{number}\t0\t0\t63\t63\n"
        bundle.writestr(f"{root}/val/val_annotations.txt", annotations)


def test_tiny_imagenet_is_parted_by_class(monkeypatch, tmp_path):
    tiny_archive(tmp_path / "tiny-imagenet-200.zip")
    monkeypatch.setattr(tiny_imagenet, "URL", (tmp_path / "tiny-imagenet-200.zip").as_uri())
    with pytest.raises(UserError, match="has md5 .* not the expected"):
        download("tiny_imagenet", tmp_path / "data")
    assert not list((tmp_path / "data").iterdir())
    monkeypatch.setattr(tiny_imagenet, "MD5", None)
    download("tiny_imagenet", tmp_path / "data")
    folders = Folders((tmp_path / "data",))
    train, test = tiny_imagenet.TINY_IMAGENET_TRAIN.load(folders), tiny_imagenet.TINY_IMAGENET_TEST.load(folders)
    ood, outliers = tiny_imagenet_ood().load(folders), tiny_imagenet.tiny_imagenet_outliers().load(folders)
    assert (train.items.shape, test.items.shape) == ((4, 64, 64, 3), (4, 64, 64, 3))
    assert train.label_names == test.label_names
    assert sorted(test.labels.tolist()) == [0, 1, 2, 3]
    assert (len(ood), ood.items.shape[1:]) == (2, (32, 32, 3))
    assert ood.label_names == ("n01443537 goldfish", "n02666196 abacus")
    assert outliers.label_names == ("n01910747 jellyfish",)
    less = tiny_imagenet_ood(NEAR_CIFAR100).load(folders)
    assert (len(less), sum(less.dropped.values())) == (1, 1)
    assert {sample.kind for sample in (train, test, ood, outliers, less)} == {"sample"}


def offer_cifar10(monkeypatch: pytest.MonkeyPatch, folder: Path, batch: bytes) -> None:
    """Let CIFAR-10 come from an archive in this folder, whose batches are all the same."""
    names = pickle.dumps({"label_names": [str(name) for name in NAMES]}, 2)
    batches = {**dict.fromkeys((*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"), batch), "batches.meta": names}
    with tarfile.open(folder / "cifar-10-python.tar.gz", "w:gz") as tar:
        for name, content in batches.items():
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    md5 = hashlib.md5((folder / "cifar-10-python.tar.gz").read_bytes()).hexdigest()
    monkeypatch.setattr(cifar, "HOME", folder.as_uri())
    monkeypatch.setitem(cifar.ARCHIVES, "cifar10", ("cifar-10-python.tar.gz", f"md5:{md5}"))


def test_cifar_s_archive_is_read_without_unpickling_and_keeps_every_pixel(monkeypatch, tmp_path):
    pixels = IMAGES.transpose(0, 3, 1, 2).reshape(len(IMAGES), -1)
    offer_cifar10(monkeypatch, tmp_path, pickle.dumps({"data": pixels, "labels": [0, 1, 2, 1, 0]}, 2))
    monkeypatch.setattr(pickle, "load", None)
    monkeypatch.setattr(pickle, "loads", None)
    download("cifar10", tmp_path / "data")
    for one, times in ((CIFAR10_TRAIN, 5), (CIFAR10_TEST, 1)):
        samples = one.load(Folders((tmp_path / "data",)))
        assert np.array_equal(samples.items, np.concatenate([IMAGES] * times))
        assert samples.labels.tolist() == [0, 1, 2, 1, 0] * times
        assert samples.kind == "sample"


def test_a_batch_that_would_run_code_makes_no_data_and_runs_none(monkeypatch, tmp_path):
    class Exploit:
        def __reduce__(self):
            return Path.mkdir, (tmp_path / "was here",)

    offer_cifar10(monkeypatch, tmp_path, pickle.dumps({"data": Exploit(), "labels": [0]}, 2))
    with pytest.raises(UserError, match="no CIFAR batch"):
        download("cifar10", tmp_path / "data")
    assert not (tmp_path / "was here").exists() and not list((tmp_path / "data").iterdir())


def test_lsun_says_what_its_reader_is_where_that_is_missing(monkeypatch, tmp_path):
    with zipfile.ZipFile(tmp_path / "test_lmdb.zip", "w") as bundle:
        bundle.writestr("test_lmdb/data.mdb", b"")
    monkeypatch.setattr(lsun, "URL", (tmp_path / "test_lmdb.zip").as_uri())
    monkeypatch.setitem(__import__("sys").modules, "lmdb", None)
    with pytest.raises(UserError, match="uv pip install lmdb"):
        download("lsun", tmp_path / "data")


def test_every_image_task_has_two_models_and_says_what_departs():
    for name in ("cifar10", "cifar100", "svhn", "tiny_imagenet", "places365"):
        task = load_task(f"vision/{name}")
        assert task.model_of("paper").name == "wrn"
        assert task.model_of("quick").name == "small_resnet"
        assert task.deviations_from_paper
        assert not set(task.outliers) & set(task.ood)
        names = [one.key for one in task.ood]
        assert len(set(names)) == len(names)


def test_only_the_published_sets_are_pooled_for_cifar():
    for name in ("cifar10", "cifar100"):
        primary = [one.name for one in load_task(f"vision/{name}").ood if one.primary]
        assert primary == ["SUN", "Gaussian"]


def test_noise_has_the_published_moments_after_the_mean_is_subtracted():
    gaussian = next(one for one in load_task("vision/cifar10").ood if one.name == "Gaussian")
    noise = gaussian.load(Folders(), test=RawDataset(np.zeros((300, 32, 32, 3), np.uint8))).items - np.float32(MEAN)
    assert noise.mean((0, 1, 2)) == pytest.approx(np.zeros(3), abs=0.005)
    assert noise.std((0, 1, 2)) == pytest.approx(np.full(3, 0.5), abs=0.005)


@pytest.mark.slow
def test_the_constant_mean_is_that_of_the_training_images(data_folder):
    samples = CIFAR10_TRAIN.load(Folders((data_folder,)))
    assert samples.kind == "sample"
    assert samples.items[::10].mean((0, 1, 2)) / 255 == pytest.approx(MEAN, abs=0.01)


def test_downloads_of_all_image_sets_are_found():
    found = downloading.downloads()
    wanted = "cifar10 cifar100 lsun mnist notmnist omniglot places365 places365_train sun svhn textures tiny_imagenet"
    assert set(wanted.split()) <= set(found)
    assert found["cifar10"] is cifar.DOWNLOADS["cifar10"]
