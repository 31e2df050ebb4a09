"""Augmentation copies pixels and never mixes them: flips are exact mirrors, crops exact shifts, seeds decide all."""

import pytest
import torch

from vision.augment import flip_and_crop, flip_and_crop_8, flipped_and_cropped


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 64, size: int = 32, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    return torch.randint(1, 256, (count, size, size, 3), generator=seeded(1)).to(dtype)


def shifts(image: torch.Tensor, padding: int) -> list[torch.Tensor]:
    """Every crop of the padded image and of its mirror image, one by one."""
    found = []
    for source in (image, image.flip(1)):
        height, width = image.shape[:2]
        padded = torch.zeros(height + 2 * padding, width + 2 * padding, *image.shape[2:], dtype=image.dtype)
        padded[padding : padding + height, padding : padding + width] = source
        for top in range(2 * padding + 1):
            found += [padded[top : top + height, left : left + width] for left in range(2 * padding + 1)]
    return found


def test_every_result_is_a_shift_of_the_image_or_of_its_mirror_image():
    before = images(16, size=9)
    after = flipped_and_cropped(before, seeded(), padding=2, flip=True)
    for image, changed in zip(before, after, strict=True):
        assert any(torch.equal(changed, shift) for shift in shifts(image, 2))


def test_half_are_mirrored_and_all_shifts_are_equally_likely():
    before = torch.arange(1, 26, dtype=torch.uint8).reshape(1, 5, 5).expand(20_000, 5, 5)
    after = flipped_and_cropped(before, seeded(), padding=1, flip=True)
    found = torch.stack([(after == shift).flatten(1).all(1) for shift in shifts(before[0], 1)])
    assert torch.equal(found.sum(0), torch.ones(20_000, dtype=torch.int64))
    fraction = found.float().mean(1)
    assert torch.allclose(fraction, torch.full((18,), 1 / 18), atol=0.006)  # over 3 standard errors


def test_without_padding_a_flip_is_the_exact_mirror_image():
    before = images()
    after = flipped_and_cropped(before, seeded(), padding=0, flip=True)
    mirrored = (after == before.flip(2)).flatten(1).all(1)
    assert 16 <= int(mirrored.sum()) <= 48
    assert torch.equal(after[~mirrored], before[~mirrored])


def test_without_flip_or_padding_nothing_changes():
    assert torch.equal(flipped_and_cropped(images(), seeded(), padding=0, flip=False), images())


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("augment", [flip_and_crop, flip_and_crop_8])
def test_shape_and_type_stay_and_the_input_is_not_written_to(augment, dtype):
    before = images(dtype=dtype)
    after = augment(before, seeded())
    assert after.shape == before.shape
    assert after.dtype == dtype
    assert torch.equal(before, images(dtype=dtype))


def test_grey_images_are_augmented_as_colour_ones_are():
    colour = images()
    grey = flip_and_crop(colour[..., 0].contiguous(), seeded())
    assert torch.equal(grey, flip_and_crop(colour, seeded())[..., 0])


def test_the_seed_decides_and_images_of_a_batch_differ():
    same = images(1).expand(64, -1, -1, -1)
    first, again, other = (flip_and_crop(same, seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert len({image.numpy().tobytes() for image in first}) > 40
