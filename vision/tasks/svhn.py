"""SVHN, digits on houses, against textures, scenes and things.

In-distribution of table 1, Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606 (Outlier Exposure).
"""

from common.task import Budget, Model, Task
from vision.data.cifar import CIFAR10_TEST, CIFAR100_TEST
from vision.data.lsun import LSUN
from vision.data.noise import gaussian
from vision.data.places365 import PLACES365_TEST
from vision.data.svhn import MEAN, SVHN_TEST, SVHN_TRAIN
from vision.data.textures import TEXTURES
from vision.data.tiny_imagenet import tiny_imagenet_outliers

TASK = Task(
    title="SVHN",
    in_dist="SVHN",
    train=SVHN_TRAIN,
    test=SVHN_TEST,
    ood=(gaussian(0.5, centre=MEAN), TEXTURES, CIFAR10_TEST, CIFAR100_TEST, PLACES365_TEST, LSUN),
    outliers=(tiny_imagenet_outliers(),),
    model=Model("wrn", {"size": "40-2", "dropout": 0.3, "activation": "relu"}),
    paper=Budget(
        epochs=20,
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
        examples=20_000,
        test_examples=5_000,
    ),
    row_name="image",
    published="oe_vision",
    population="all",
    deviations_from_paper=(
        "trained on the 73,257 images of the training part, without the extra ones",
        "OOD sets: of the paper's, those that can be fetched",
        "the outliers are of Tiny ImageNet, not of 80 Million Tiny Images",
    ),
    notes=("quick: a residual network of eight layers on part of the data, not the WRN-40-2 of the paper budget",),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
