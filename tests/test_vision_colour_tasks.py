"""Every colour task runs from a data folder to outputs on all its OOD sets, at its own image size."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import common.experiment
from common.base.errors import UserError
from common.data.locations import Folders, Prepared
from common.discover import load_task
from common.experiment import Experiment, RunOptions
from common.store.files import write_tensors
from common.task import Model
from vision.data.prepared import encoded, write_parquet
from vision.data.tiny_imagenet import NEAR_CIFAR100, OOD_CLASSES

TASKS = ("cifar10", "cifar100", "svhn", "tiny_imagenet", "places365")
WORLD_SIZE = 12
# A class that the CIFAR-100 task leaves out, and one that it keeps.
NAMES = (f"{NEAR_CIFAR100[0]} goldfish", f"{OOD_CLASSES[7]} abacus")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up images under the name of every file that a colour task reads."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "vision").mkdir()
    rng = np.random.default_rng(0)
    for name in TASKS:
        task = load_task(f"vision/{name}")
        for source in (task.train, task.test, *task.ood):
            files = [file for place in getattr(source, "places", ()) for file in place.files]
            for file in (file for file in files if isinstance(file, Prepared)):
                size = 64 if "tiny_imagenet_train" in file.path or "tiny_imagenet_val" in file.path else 32
                images = rng.integers(0, 256, (WORLD_SIZE, size, size, 3), dtype=np.uint8)
                write_parquet(folder / file.path, encoded(images, [0, 1] * (WORLD_SIZE // 2)), NAMES)
    return folder


def experiment(name: str, folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch, **changes) -> Experiment:
    task = load_task(f"vision/{name}")
    short = replace(task.quick, epochs=1, batch_size=4, examples=8, test_examples=6)
    monkeypatch.setattr(common.experiment, "load_task", lambda _: replace(task, quick=short))
    options = RunOptions(out=out, folders=Folders((folder,), out / "cache"), model=Model("small_resnet", {"width": 2}))
    return Experiment(f"vision/{name}", 0, replace(options, **changes))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_gives_outputs_on_its_test_set_and_all_its_ood_sets(name, folder, tmp_path, monkeypatch):
    run = experiment(name, folder, tmp_path, monkeypatch)
    outputs = run.outputs("cross_entropy")
    assert not run.data.missing
    assert outputs.test.logits.shape == (6, 2)
    assert outputs.meta["data"] == "sample"
    assert set(outputs.ood) == {one.key for one in run.task.ood}
    assert all(one.logits.shape == (6, 2) and np.isfinite(one.logits).all() for one in outputs.ood.values())
    size = 64 if name == "tiny_imagenet" else 32
    assert {examples.inputs.shape[1:] for _, examples in run.data.ood_examples()} == {(size, size, 3)}


def test_what_cifar100_leaves_out_is_counted(folder, tmp_path, monkeypatch):
    dropped = experiment("cifar100", folder, tmp_path, monkeypatch).outputs("cross_entropy").meta["dropped"]
    assert dropped == {"Tiny ImageNet: of a class that the in-distribution has too": WORLD_SIZE // 2}


def test_a_users_weights_replace_training_and_must_fit(folder, tmp_path, monkeypatch):
    first = experiment("cifar10", folder, tmp_path / "a", monkeypatch)
    logits = first.outputs("cross_entropy").test.logits
    weights = first.folder("cross_entropy").weights
    loaded = experiment("cifar10", folder, tmp_path / "b", monkeypatch, weights=weights)
    assert np.array_equal(loaded.outputs("cross_entropy").test.logits, logits)
    write_tensors(tmp_path / "other.safetensors", {"logits.weight": np.zeros((2, 3), np.float32)})
    other = experiment("cifar10", folder, tmp_path / "c", monkeypatch, weights=tmp_path / "other.safetensors")
    with pytest.raises(UserError, match=r"other.safetensors does not fit the model"):
        other.outputs("cross_entropy")


def test_a_missing_set_names_its_download(tmp_path, monkeypatch):
    run = experiment("svhn", tmp_path, tmp_path / "out", monkeypatch)
    with pytest.raises(UserError, match="--download svhn"):
        run.outputs("cross_entropy")
    assert "uv run run_all.py --download lsun" in {source.remedy for source in run.data.missing}
