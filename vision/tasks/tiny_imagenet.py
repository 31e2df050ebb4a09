"""Tiny ImageNet at 64x64 against textures, digits and scenes.

In-distribution of table 1, Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606 (Outlier Exposure).
"""

from common.task import Budget, Model, Task
from vision.augment import flip_and_crop_8
from vision.data.lsun import LSUN
from vision.data.noise import gaussian
from vision.data.places365 import PLACES365_TEST
from vision.data.svhn import SVHN_TEST
from vision.data.textures import TEXTURES
from vision.data.tiny_imagenet import MEAN, TINY_IMAGENET_TEST, TINY_IMAGENET_TRAIN

TASK = Task(
    title="Tiny ImageNet",
    in_dist="Tiny ImageNet",
    train=TINY_IMAGENET_TRAIN,
    test=TINY_IMAGENET_TEST,
    ood=(gaussian(0.5, centre=MEAN), TEXTURES, SVHN_TEST, PLACES365_TEST, LSUN),
    augment=flip_and_crop_8,
    model=Model("wrn", {"size": "40-2", "dropout": 0.3, "activation": "relu"}),
    paper=Budget(
        epochs=100,
        batch_size=128,
        learning_rate=0.1,
        optimizer="sgd",  # Nesterov momentum 0.9
        schedule="cosine",
        weight_decay=5e-4,
        mixed_precision=True,
    ),
    quick_model=Model("small_resnet"),
    quick=Budget(
        epochs=4,
        batch_size=128,
        learning_rate=0.2,
        optimizer="sgd",
        schedule="one_cycle",
        weight_decay=5e-4,
        mixed_precision=True,
        examples=10_000,
        test_examples=5_000,
    ),
    row_name="image",
    published="oe_vision",
    population="all",
    deviations_from_paper=(
        "the test set is the published validation set, the only one with labels",
        "OOD sets: of the paper's, those that can be fetched, at 32x32 and enlarged bilinearly to 64x64",
    ),
    notes=("quick: a residual network of eight layers on part of the data, not the WRN-40-2 of the paper budget",),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
