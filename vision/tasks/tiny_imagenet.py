"""Tiny ImageNet classification at 64x64, wide residual network; OOD: noise, textures, digits and scenes.

In-distribution of table 1, Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606 (Outlier Exposure).
"""

from common.task import Task
from vision import recipes
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
    model=recipes.WRN_40_2,
    paper=recipes.WRN_OUTLIER_EXPOSURE,
    quick_model=recipes.SMALL_RESNET,
    quick=recipes.SMALL_RESNET_SAMPLE,
    row_name="image",
    published="oe_vision",
    population="all",
    deviations_from_paper=(
        "the test set is the published validation set, the only one with labels",
        "OOD sets: those of the paper's that can be downloaded, enlarged bilinearly from 32x32 to 64x64",
    ),
    notes=(recipes.SMALL_RESNET_SAMPLE_NOTE,),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
