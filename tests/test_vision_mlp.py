"""The perceptron begins as the publication has it, and its distortions change every image."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from common.data.examples import Batch
from common.data.samples import RawDataset
from common.training.layers import gelu, unit_norm_linear
from vision.distortions import blur, distort_digits
from vision.models.mlp import ARCHITECTURE, Mlp
from vision.pixels import images_to_tensors

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28)).astype(np.uint8)
DIGITS = RawDataset(IMAGES, np.arange(12) % 10, tuple("0123456789"))


def built() -> Mlp:
    torch.manual_seed(0)
    architecture = ARCHITECTURE()
    return architecture.build(architecture.preprocessor(DIGITS), DIGITS)


def whole() -> Batch:
    return images_to_tensors(DIGITS).batch(torch.arange(12))


def test_every_unit_begins_with_weights_of_the_published_length_and_no_bias() -> None:
    model = built()
    layers = [*model.layers, model.logits]
    assert [tuple(layer.weight.shape) for layer in layers] == [(256, 784), (256, 256), (256, 256), (10, 256)]
    lengths = [(1 + 0.425) ** -0.5, (0.425 + 0.425) ** -0.5, (0.425 + 0.425) ** -0.5, (0.425 + 1) ** -0.5]
    for layer, length in zip(layers, lengths, strict=True):
        torch.testing.assert_close(layer.weight.norm(dim=1), torch.full((len(layer.weight),), length))
        assert not layer.bias.any()


def test_weight_decay_is_for_the_three_hidden_matrices_alone() -> None:
    model = built()
    assert [tuple(weight.shape) for weight in model.decayed()] == [(256, 784), (256, 256), (256, 256)]


def test_the_units_are_gelu_in_its_tanh_form_whose_mean_square_is_0_425() -> None:
    x = torch.linspace(-8, 8, 20_001, dtype=torch.float64)
    published = 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))
    torch.testing.assert_close(gelu()(x), published)
    density = torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    assert torch.trapezoid(published**2 * density, x).item() == pytest.approx(0.425, abs=5e-4)


def test_bytes_and_floats_of_the_same_image_look_the_same_to_the_model() -> None:
    model, batch = built(), whole()
    floats = batch.with_inputs(batch.inputs.float() / 255)
    torch.testing.assert_close(model(batch), model(floats))
    assert model.embed(batch).min() >= 0 and model.embed(batch).max() <= 1


def test_the_last_hidden_layer_is_the_features() -> None:
    model, batch = built(), whole()
    embedded = model.embed(batch)
    layers = model.hidden_layers(embedded, batch)
    assert [tuple(layer.shape) for layer in layers] == [(12, 256)] * 3
    torch.testing.assert_close(layers[-1], model.encode(embedded, batch))


def test_a_layer_without_bias_has_none() -> None:
    assert unit_norm_linear(3, 2, bias=False).bias is None
    assert isinstance(unit_norm_linear(3, 2), nn.Linear)


def distorted(batch: Batch, seed: int = 0) -> torch.Tensor:
    return distort_digits(batch, torch.Generator().manual_seed(seed))


def test_half_is_noisy_a_quarter_blurred_a_quarter_turned() -> None:
    batch = whole()
    clean, result = batch.inputs.float() / 255, distorted(batch)
    noise = (result - clean)[:6]
    assert 0.88 < noise.std() < 1.22 and abs(noise.mean()) < 0.05
    assert (result[6:9].std(dim=(1, 2)) < 0.1 * clean[6:9].std(dim=(1, 2))).all()
    for image, before, digit in zip(result[9:], clean[9:], batch.labels[9:], strict=True):
        turned = any(torch.equal(image, before.rot90(k)) for k in (1, 3))
        assert turned == (digit != 0)
    assert batch.labels[9:].tolist() == [9, 0, 1]


def test_blur_is_scipys_gaussian_filter_with_a_repeated_border() -> None:
    images = torch.as_tensor(IMAGES[:2]).double()
    expected = np.stack(
        [gaussian_filter(image.astype(float), 4.7, mode="nearest", truncate=4.0) for image in IMAGES[:2]]
    )
    np.testing.assert_allclose(blur(images, 4.7).numpy(), expected, rtol=1e-5)


def test_distortions_are_repeated_by_a_seed_and_leave_the_batch_alone() -> None:
    batch = whole()
    before = batch.inputs.clone()
    assert torch.equal(distorted(batch, 3), distorted(batch, 3))
    assert not torch.equal(distorted(batch, 3), distorted(batch, 4))
    assert torch.equal(batch.inputs, before)


def test_small_batches_are_distorted_too() -> None:
    for count in (1, 2, 3):
        batch = whole().part(slice(count))
        result = distorted(batch)
        assert result.shape == (count, 28, 28)
        assert not any(torch.equal(a, b) for a, b in zip(result, batch.inputs.float() / 255, strict=True))
