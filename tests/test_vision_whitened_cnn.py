"""The network for colour images on two cores: what its first layer does, how it begins, and that it learns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from common.data.locations import Folders
from common.data.samples import RawDataset
from common.discover import load_architecture, load_task, parse_model
from common.experiment import Experiment, RunOptions
from common.task import Budget
from vision.augment import flip_and_crop
from vision.convolutional import mean_colour
from vision.models.whitened_cnn import (
    RECIPE,
    SHIFT_SPEED,
    SMALLEST_VARIANCE,
    ShiftedNorm,
    Whitening,
    identity_convolution,
    whitening_filters,
)
from vision.pixels import unit_range


def photographs(count: int = 300, colours: int = 3) -> RawDataset:
    """Smooth made-up images: neighbouring pixels and colours are correlated, as in photographs."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.random((count, colours, 5, 5)))
    coarse = coarse + coarse.mean(1, keepdim=True)
    smooth = functional.interpolate(coarse, (32, 32), mode="bicubic").clamp(0, 2).mul(127).byte()
    images = smooth.permute(0, 2, 3, 1).numpy() + rng.integers(0, 2, (count, 32, 32, colours), dtype=np.uint8)
    return RawDataset(images if colours > 1 else images[..., 0], np.arange(count) % 2, ("a", "b"))


@pytest.mark.parametrize("colours", [1, 3])
def test_whitened_patches_are_uncorrelated_and_their_variance_is_that_of_the_formula(colours):
    images = photographs(colours=colours).items
    mean = mean_colour(images, colours)
    filters = whitening_filters(images, mean)
    assert filters.shape == (4 * colours, colours, 2, 2)
    pixels = unit_range(torch.as_tensor(images).reshape(-1, 32, 32, colours)).permute(0, 3, 1, 2) - mean[:, None, None]
    white = functional.conv2d(pixels, filters).transpose(0, 1).flatten(1)
    found = torch.cov(white)
    variances = 1 / filters.flatten(1).square().sum(1) - SMALLEST_VARIANCE  # of e / sqrt(l + s): its norm tells l
    assert (variances[:-1] >= variances[1:] - 1e-6).all()
    expected = torch.diag(variances.clamp_min(0) / (variances.clamp_min(0) + SMALLEST_VARIANCE))
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)


def test_every_filter_has_its_negative_and_none_is_trained():
    images = photographs().items
    layer = Whitening(whitening_filters(images, mean_colour(images, 3)))
    first, second = layer.filters.chunk(2)
    assert torch.equal(first, -second)
    assert [name for name, _ in layer.named_parameters()] == ["bias"]
    assert "filters" in layer.state_dict()


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 8), (8, 8), (8, 3)])
def test_a_convolution_begins_by_passing_its_input_on(inputs, outputs):
    maps = torch.randn(2, inputs, 6, 6)
    passed = min(inputs, outputs)
    out = identity_convolution(inputs, outputs)(maps)
    torch.testing.assert_close(out[:, :passed], maps[:, :passed])


def test_a_shift_moves_64_times_as_far_as_that_of_batch_normalisation_and_all_else_is_the_same():
    ours, usual = ShiftedNorm(4), nn.BatchNorm2d(4)
    maps, target = torch.randn(8, 4, 5, 5), torch.randn(8, 4, 5, 5)
    torch.testing.assert_close(ours(maps), usual(maps))
    for layer in (ours, usual):
        (layer(maps) - target).square().mean().backward()
        torch.optim.SGD(layer.parameters(), lr=0.01).step()
    torch.testing.assert_close(ours.shift.detach() * SHIFT_SPEED**0.5, usual.bias.detach() * SHIFT_SPEED)
    with torch.no_grad():
        usual.weight.fill_(1)
        usual.bias.mul_(SHIFT_SPEED)
    torch.testing.assert_close(ours.eval()(maps), usual.eval()(maps))


def test_the_number_after_the_colon_is_the_number_of_epochs_of_its_own_recipe():
    architecture = load_architecture("vision", parse_model("vision", "whitened_cnn:3"))
    budget = architecture.budget(Budget(50, 64, 1.0, examples=100, test_examples=20, validation=10))
    assert (budget.epochs, budget.learning_rate, budget.mixed_precision) == (3, RECIPE.learning_rate, True)
    assert (budget.examples, budget.test_examples, budget.validation) == (100, 20, 0)


def test_images_stay_images_so_the_tasks_augmentation_holds():
    assert load_task("vision/cifar10").augment is flip_and_crop
    for name in ("whitened_cnn:2", "resnet18"):
        options = RunOptions(model=parse_model("vision", name), folders=Folders())
        assert Experiment("vision/cifar10", 0, options).task.augment is flip_and_crop


def test_it_learns_textures(data_folder: Path):
    """240 textures of 10 kinds, 8 epochs: far better on those than the 10 % of chance."""
    from common.objectives.cross_entropy import OBJECTIVE
    from common.training.loop import error_rate
    from common.training.setup import Setup
    from vision.data.images import read_parquet

    samples = read_parquet(data_folder / "vision/textures_dtd_ood.parquet").take(np.arange(0, 1200, 5))
    architecture = load_architecture("vision", parse_model("vision", "whitened_cnn:8"))
    network = replace(architecture, width=8)
    preprocessor = network.preprocessor(samples)
    examples = preprocessor(samples)
    torch.manual_seed(0)
    model = network.build(preprocessor, samples)
    budget = replace(network.budget(RECIPE), batch_size=16)
    OBJECTIVE.train(model, Setup(load_task("vision/cifar10"), budget, examples, seed=0, device=torch.device("cpu")))
    assert error_rate(model, examples) < 0.7
