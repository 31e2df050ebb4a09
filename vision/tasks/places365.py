"""Places365, scenes at 32x32, against textures and digits.

In-distribution of table 1, Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606 (Outlier Exposure).
"""

from common.task import Budget, Model, Task
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
    model=Model("wrn", {"size": "40-2", "dropout": 0.3, "activation": "relu"}),
    paper=Budget(
        epochs=10,
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
        examples=50_000,
        test_examples=5_000,
    ),
    row_name="image",
    published="oe_vision",
    population="all",
    deviations_from_paper=(
        "images of 32x32 and a WRN-40-2 trained for 10 epochs, small beside what the set was made for",
        "the test set is the published validation set",
        "OOD sets: of the paper's, those that can be fetched",
    ),
    notes=("quick: a residual network of eight layers on part of the data, not the WRN-40-2 of the paper budget",),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
