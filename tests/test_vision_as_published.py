"""Image sets in the layouts of their authors and of torchvision are read as the prepared files are; no code is run."""

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common.base.errors import UserError
from common.data.locations import Folders
from vision.data.cifar import CIFAR10_TEST, CIFAR10_TRAIN, CIFAR100_TEST
from vision.data.mnist import MNIST_TEST, MNIST_TRAIN
from vision.data.notmnist import NOTMNIST
from vision.data.svhn import SVHN_TEST
from vision.data.tiny_imagenet import TINY_IMAGENET_TEST, TINY_IMAGENET_TRAIN

RNG = np.random.default_rng(0)


def idx(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    content = head + values.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.mark.parametrize(
    ("folder", "dot", "end"), [("MNIST/raw", "-", ""), ("vision/mnist", "-", ".gz"), ("", ".", "")]
)
def test_mnist_s_idx_files_are_read_before_the_sample(tmp_path: Path, folder: str, dot: str, end: str) -> None:
    digits = {stem: RNG.integers(0, 10, 30) for stem in ("train", "t10k")}
    images = {stem: RNG.integers(0, 256, (30, 28, 28)) for stem in digits}
    for stem in digits:
        idx(tmp_path / folder / f"{stem}-images{dot}idx3-ubyte{end}", images[stem])
        idx(tmp_path / folder / f"{stem}-labels{dot}idx1-ubyte{end}", digits[stem])
    for source, stem in ((MNIST_TRAIN, "train"), (MNIST_TEST, "t10k")):
        samples = source.load(Folders((tmp_path,)))
        assert np.array_equal(samples.items, images[stem]) and samples.labels.tolist() == digits[stem].tolist()
        assert samples.kind == "full"


@pytest.mark.parametrize("change", [lambda raw: raw[:-5], lambda raw: raw + b"x", lambda raw: b"no idx" + raw])
def test_a_damaged_idx_file_is_one_line(tmp_path: Path, change) -> None:
    idx(tmp_path / "MNIST/raw/t10k-labels-idx1-ubyte", RNG.integers(0, 10, 30))
    path = tmp_path / "MNIST/raw/t10k-images-idx3-ubyte"
    idx(path, RNG.integers(0, 256, (30, 28, 28)))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UserError, match="t10k-images-idx3-ubyte"):
        MNIST_TEST.load(Folders((tmp_path,)))


def batch(path: Path, count: int, key: str, protocol: int, **more: object) -> tuple[np.ndarray, list[int]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RNG.integers(0, 256, (count, 3072)).astype(np.uint8)
    labels = RNG.integers(0, 10, count).tolist()
    names = [f"{i}.png" for i in range(count)]
    path.write_bytes(
        pickle.dumps({"batch_label": "x", key: labels, "data": pixels, "filenames": names, **more}, protocol)
    )
    return pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_cifar_s_batches_are_read_without_unpickling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    made = [batch(folder / f"data_batch_{i}", 1100, "labels", protocol) for i in range(1, 6)]
    images, labels = batch(folder / "test_batch", 50, "labels", protocol)
    names = [f"class {i}" for i in range(10)]
    (folder / "batches.meta").write_bytes(pickle.dumps({"num_cases": 1, "label_names": names, "num_vis": 3}, protocol))
    monkeypatch.setattr(pickle, "loads", None)
    monkeypatch.setattr(pickle, "load", None)
    test, train = (source.load(Folders((tmp_path,))) for source in (CIFAR10_TEST, CIFAR10_TRAIN))
    assert np.array_equal(test.items, images) and test.labels.tolist() == labels and test.label_names == tuple(names)
    assert np.array_equal(train.items, np.concatenate([one for one, _ in made]))
    assert train.labels.tolist() == [label for _, one in made for label in one]


def test_cifar100_has_its_fine_labels(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-100-python"
    images, labels = batch(folder / "test", 40, "fine_labels", 2, coarse_labels=[7] * 40)
    names = {"fine_label_names": [f"fine {i}" for i in range(100)], "coarse_label_names": ["coarse"] * 20}
    (folder / "meta").write_bytes(pickle.dumps(names, 2))
    samples = CIFAR100_TEST.load(Folders((tmp_path,)))
    assert np.array_equal(samples.items, images) and samples.labels.tolist() == labels
    assert len(samples.label_names) == 100 and samples.label_names[3] == "fine 3"


class Hostile:
    """What a pickle may do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_batch_is_not_run(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    batch(folder / "test_batch", 20, "labels", 2, extra=Hostile(tmp_path / "was run"))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [f"class {i}" for i in range(10)]}, 2))
    assert len(CIFAR10_TEST.load(Folders((tmp_path,)))) == 20
    (folder / "test_batch").write_bytes(pickle.dumps(Hostile(tmp_path / "was run"), 2))
    with pytest.raises(UserError, match="test_batch has 0 bytes of pixels for 0 labels: no CIFAR batch"):
        CIFAR10_TEST.load(Folders((tmp_path,)))
    assert not (tmp_path / "was run").exists()


def test_svhn_s_matlab_file_is_read_and_its_ten_is_zero(tmp_path: Path) -> None:
    from scipy.io import savemat

    images = RNG.integers(0, 256, (32, 32, 3, 12)).astype(np.uint8)
    digits = np.arange(1, 13)[:, None] % 10 + (np.arange(1, 13)[:, None] % 10 == 0) * 10
    savemat(tmp_path / "test_32x32.mat", {"X": images, "y": digits.astype(np.uint8)})
    samples = SVHN_TEST.load(Folders((tmp_path,)))
    assert samples.labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]
    assert np.array_equal(samples.items[3], images[..., 3])
    (tmp_path / "test_32x32.mat").write_bytes((tmp_path / "test_32x32.mat").read_bytes()[:3000])
    with pytest.raises(UserError, match="test_32x32.mat"):
        SVHN_TEST.load(Folders((tmp_path,)))


def test_tiny_imagenet_s_folder_is_read(tmp_path: Path) -> None:
    root = tmp_path / "tiny-imagenet-200"
    numbers = ["n02", "n01"]
    lines = []
    for number in numbers:
        for i in range(2):
            for path in (root / f"train/{number}/images/{number}_{i}.JPEG", root / f"val/images/val_{number}_{i}.JPEG"):
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(RNG.integers(0, 256, (64, 64, 3)).astype(np.uint8)).save(path, "JPEG")
            lines.append(f"val_{number}_{i}.JPEG\t{number}\t0\t0\t62\t62")
    (root / "val/val_annotations.txt").write_text("\n".join(lines) + "\n")
    (root / "wnids.txt").write_text("\n".join(numbers) + "\n")
    (root / "words.txt").write_text("n01\tfish, fishes\nn02\tbird\nn03\tother\n")
    train, test = (source.load(Folders((tmp_path,))) for source in (TINY_IMAGENET_TRAIN, TINY_IMAGENET_TEST))
    assert train.label_names == test.label_names == ("n01 fish", "n02 bird")
    assert train.labels.tolist() == [0, 0, 1, 1] and test.labels.tolist() == [1, 1, 0, 0]
    assert train.items.shape == (4, 64, 64, 3)


def test_notmnist_s_folders_are_read_and_its_two_empty_files_named(tmp_path: Path) -> None:
    for letter in "AJ":
        folder = tmp_path / "vision" / "notMNIST_small" / letter
        folder.mkdir(parents=True)
        for i in range(3):
            Image.fromarray(RNG.integers(0, 256, (28, 28)).astype(np.uint8)).save(folder / f"{i}.png")
    (tmp_path / "vision/notMNIST_small/A/empty.png").touch()
    samples = NOTMNIST.load(Folders((tmp_path,)))
    assert samples.items.shape == (6, 28, 28) and samples.labels is None
    assert samples.dropped == {"A/empty.png: no image of 28 x 28": 1}
