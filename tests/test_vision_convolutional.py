"""Convolutional classifiers: published sizes, one interface, weights that load again, and images made to fit."""

from pathlib import Path

import numpy as np
import pytest
import torch

from common.base.errors import UserError
from common.data.samples import RawDataset
from common.discover import load_architecture, parse_model
from common.task import Model
from vision.convolutional import ImagePreprocessor, mean_colour
from vision.pixels import unit_range

NAMES = tuple("0123456789")
MODELS = ["wrn:16-1", "lenet", "small_resnet", "resnet18", "efficientnet_b0", "whitened_cnn"]


def colour(count: int = 6, size: int = 32, seed: int = 0) -> RawDataset:
    rng = np.random.default_rng(seed)
    return RawDataset(rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8), np.arange(count) % 10, NAMES)


def grey(count: int = 6, size: int = 28) -> RawDataset:
    return RawDataset(colour(count, size).items[..., 0].copy(), np.arange(count) % 10, NAMES)


def built(text: str, train: RawDataset):
    architecture = load_architecture("vision", parse_model("vision", text))
    preprocessor = architecture.preprocessor(train)
    torch.manual_seed(0)
    return preprocessor, architecture.build(preprocessor, train)


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("wrn:40-4", 8.9e6),  # Zagoruyko & Komodakis, table 5
        ("wrn:40-2", 2.2e6),
        ("wrn:28-10", 36.5e6),
        ("resnet18", 11.17e6),  # of 32x32 images
        ("efficientnet_b0", 5.288548e6 - 990 * 1281),  # with 1,000 classes, less those that are not here
        ("lenet", 61_706 + 6 * 25 * 2),  # of grey images, and two colours more
    ],
)
def test_parameter_counts_are_the_published_ones(text, published):
    _, model = built(text, colour())
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize("train", [colour(), grey()], ids=["colour", "grey"])
@pytest.mark.parametrize("text", MODELS)
def test_a_model_embeds_encodes_and_classifies(text, train):
    preprocessor, model = built(text, train)
    batch = preprocessor(train).batch(torch.arange(6))
    model.eval()
    with torch.no_grad():
        embedded = model.embed(batch)
        features = model.encode(embedded, batch)
        logits = model.classify(features)
        layers = model.hidden_layers(embedded, batch)
    assert embedded.shape == (6, 3 if train.items.ndim == 4 else 1, *train.items.shape[1:3])
    assert embedded.is_contiguous(memory_format=torch.channels_last)
    assert features.ndim == 2
    assert logits.shape == (6, 10)
    assert torch.equal(layers[-1], features)
    assert all(layer.shape[0] == 6 and layer.ndim == 2 for layer in layers)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("text", MODELS)
def test_every_weight_gets_a_gradient_and_so_does_the_input(text):
    preprocessor, model = built(text, colour())
    batch = preprocessor(colour()).batch(torch.arange(6))
    embedded = model.embed(batch).requires_grad_()
    model.classify(model.encode(embedded, batch)).logsumexp(1).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert embedded.grad.abs().sum() > 0


def test_the_mean_colour_is_taken_off_and_kept_with_the_weights():
    train = colour()
    preprocessor, model = built("small_resnet", train)
    everything = model.embed(preprocessor(train).batch(torch.arange(6)))
    assert everything.mean((0, 2, 3)).numpy() == pytest.approx(np.zeros(3), abs=1e-6)
    expected = train.items.reshape(-1, 3).mean(0) / 255
    assert model.state_dict()["mean"].flatten().numpy() == pytest.approx(expected, abs=1e-6)
    assert mean_colour(grey().items, 1).item() == pytest.approx(grey().items.mean() / 255)


def test_weights_of_one_model_give_another_the_same_logits():
    train = colour()
    preprocessor, first = built("wrn:10-1", train)
    second = load_architecture("vision", Model("wrn", {"size": "10-1"})).build(preprocessor, colour(seed=3))
    second.load_state_dict(first.state_dict())
    batch = preprocessor(train).batch(torch.arange(6))
    assert torch.equal(first.eval()(batch), second.eval()(batch))


def test_images_of_the_training_size_are_not_touched():
    examples = ImagePreprocessor((32, 32, 3))(colour())
    assert examples.inputs.dtype == torch.uint8
    assert np.array_equal(examples.inputs.numpy(), colour().items)


def test_images_of_another_size_or_colour_are_fitted():
    larger = ImagePreprocessor((64, 64, 3))(colour()).inputs
    assert larger.shape == (6, 64, 64, 3)
    assert larger.dtype == torch.uint8
    assert larger.float().mean().item() == pytest.approx(colour().items.mean(), abs=1)
    coloured = ImagePreprocessor((28, 28, 3))(grey()).inputs
    assert np.array_equal(coloured.numpy(), np.repeat(grey().items[..., None], 3, axis=3))
    plain = RawDataset(np.full((2, 32, 32, 3), (10, 20, 30), np.uint8))
    assert (ImagePreprocessor((28, 28))(plain).inputs == 20).all()


def test_noise_is_neither_clipped_nor_rounded_by_fitting():
    noise = RawDataset(np.random.default_rng(0).normal(0.5, 2, (4, 32, 32, 3)).astype(np.float32))
    for size in (32, 64):
        inputs = ImagePreprocessor((size, size, 3))(noise).inputs
        assert inputs.dtype == torch.float32
        assert inputs.min() < 0
        assert unit_range(inputs).max() > 1


@pytest.mark.parametrize("size", ["40", "41-4", "4-1", "40-0", "x-y"])
def test_a_size_that_is_no_wide_residual_network_is_a_clear_error(size):
    with pytest.raises(UserError, match="depth-width"):
        built(f"wrn:{size}", colour())


def test_a_small_residual_network_learns_textures(data_folder: Path):
    """240 textures of 10 kinds, 8 epochs: far better on those than the 10 % of chance."""
    from common.objectives.cross_entropy import OBJECTIVE
    from common.task import Budget
    from common.training.loop import error_rate
    from common.training.setup import Setup
    from vision.data.images import read_parquet
    from vision.tasks.cifar10 import TASK

    samples = read_parquet(data_folder / "vision/textures_dtd_ood.parquet").take(np.arange(0, 1200, 5))
    preprocessor, model = built("small_resnet:8", samples)
    budget = Budget(8, 16, 0.05, optimizer="sgd", schedule="one_cycle", weight_decay=5e-4)
    examples = preprocessor(samples)
    OBJECTIVE.train(model, Setup(TASK, budget, examples, seed=0, device=torch.device("cpu")))
    assert error_rate(model, examples) < 0.7
