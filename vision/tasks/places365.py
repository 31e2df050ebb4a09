"""Places365 scene classification at 32x32, wide residual network; OOD: noise, textures and digits.

In-distribution of table 1, Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606 (Outlier Exposure).
"""

from dataclasses import replace

from common.task import Task
from vision import recipes
from vision.augment import flip_and_crop
from vision.data.noise import gaussian
from vision.data.places365 import MEAN, PLACES365_TEST, PLACES365_TRAIN
from vision.data.svhn import SVHN_TEST
from vision.data.textures import TEXTURES

TASK = Task(
    title="Places365",
    in_dist="Places365",
    train=PLACES365_TRAIN,
    test=PLACES365_TEST,
    ood=(gaussian(0.5, centre=MEAN), TEXTURES, SVHN_TEST),
    augment=flip_and_crop,
    model=recipes.WRN_40_2,
    paper=replace(recipes.WRN_OUTLIER_EXPOSURE, epochs=10),
    quick_model=recipes.SMALL_RESNET,
    quick=replace(recipes.SMALL_RESNET_SAMPLE, examples=50_000),
    row_name="image",
    published="oe_vision",
    population="all",
    deviations_from_paper=(
        "images of 32x32 and a WRN-40-2 trained for 10 epochs, far smaller than what Places365 is usually trained with",
        "the test set is the published validation set",
        "OOD sets: those of the paper's that can be downloaded",
    ),
    notes=(recipes.SMALL_RESNET_SAMPLE_NOTE,),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
