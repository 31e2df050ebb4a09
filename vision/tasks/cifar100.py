"""CIFAR-100 classification, wide residual network; OOD: scenes, noise, textures and other objects.

Reproduces the CIFAR-100 rows of tables 1 and 2, Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from common.task import Task
from vision import recipes
from vision.augment import flip_and_crop
from vision.data.cifar import CIFAR10_TEST, CIFAR100_TEST, CIFAR100_TRAIN, MEAN
from vision.data.lsun import LSUN
from vision.data.noise import gaussian
from vision.data.places365 import PLACES365_TEST
from vision.data.prepared import additional
from vision.data.sun import SUN
from vision.data.svhn import SVHN_TEST
from vision.data.textures import TEXTURES
from vision.data.tiny_imagenet import NEAR_CIFAR100, tiny_imagenet_ood, tiny_imagenet_outliers

TASK = Task(
    title="CIFAR-100",
    in_dist="CIFAR-100",
    train=CIFAR100_TRAIN,
    test=CIFAR100_TEST,
    ood=(
        SUN,
        gaussian(0.5, centre=MEAN),  # N(0, 0.5^2) after the mean colour is subtracted, unclipped
        *additional(TEXTURES, tiny_imagenet_ood(NEAR_CIFAR100), CIFAR10_TEST, SVHN_TEST, PLACES365_TEST, LSUN),
    ),
    outliers=(tiny_imagenet_outliers(NEAR_CIFAR100),),
    options={"outlier_exposure": recipes.CIFAR_EXPOSED},
    augment=flip_and_crop,
    model=recipes.WRN_40_4,
    paper=recipes.WRN_PAPER,
    quick_model=recipes.SMALL_RESNET,
    quick=recipes.SMALL_RESNET_QUICK,
    row_name="image",
    deviations_from_paper=recipes.WRN_PAPER_DEVIATIONS,
    notes=(
        "quick: a residual network of eight layers, not the WRN-40-4 of the paper budget",
        "SUN: some scenes (sea, mountains, highways) contain objects of CIFAR-100",
        "Tiny ImageNet: classes that are also CIFAR-100's (bear, mushroom, table) are excluded",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
