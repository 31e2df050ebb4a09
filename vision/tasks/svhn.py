"""SVHN house-number classification, wide residual network; OOD: noise, textures, objects and scenes.

In-distribution of table 1, Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606 (Outlier Exposure).
"""

from dataclasses import replace

from common.task import Task
from vision import recipes
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
    model=recipes.WRN_40_2,
    paper=replace(recipes.WRN_OUTLIER_EXPOSURE, epochs=20),
    quick_model=recipes.SMALL_RESNET,
    quick=replace(recipes.SMALL_RESNET_SAMPLE, examples=20_000),
    row_name="image",
    published="oe_vision",
    population="all",
    deviations_from_paper=(
        "trained on the 73,257 images of the training set, without the extra images",
        "OOD sets: those of the paper's that can be downloaded",
        "the outliers come from Tiny ImageNet, not from 80 Million Tiny Images",
    ),
    notes=(recipes.SMALL_RESNET_SAMPLE_NOTE,),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
