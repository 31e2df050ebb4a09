"""Training recipes that several colour-image tasks share: models and budgets by name, each with its source."""

from dataclasses import replace

from common.task import Budget, Model

WRN_40_4 = Model("wrn", {"size": "40-4"})
"""The baseline's wide residual network for CIFAR, with GELU. Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136."""

WRN_PAPER = Budget(
    epochs=50,
    batch_size=128,
    learning_rate=0.05,
    optimizer="sgd",  # Nesterov momentum 0.9
    schedule="cosine",
    weight_decay=5e-4,
    mixed_precision=True,
)
"""The baseline's training of ``WRN_40_4``. Source: Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136, and their code.

``WRN_PAPER_DEVIATIONS`` says where it differs.
"""

WRN_PAPER_DEVIATIONS = (
    "the optimiser's momentum is Nesterov's",
    "one cosine over the 50 epochs, without restarts",
    "training in bfloat16 where the device multiplies it, weights in float32",
)

WRN_40_2 = Model("wrn", {"size": "40-2", "dropout": 0.3, "activation": "relu"})
"""Outlier Exposure's wide residual network. Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606."""

WRN_OUTLIER_EXPOSURE = replace(WRN_PAPER, epochs=100, learning_rate=0.1)
"""Training of ``WRN_40_2`` without outliers. Source: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606.

100 epochs of SGD with Nesterov momentum 0.9 and a cosine from rate 0.1; larger data sets take fewer epochs.
"""

CIFAR_EXPOSED = {"epochs_fraction": 0.2, "rate_fraction": 0.02, "outliers_per_example": 2}
"""Options of ``outlier_exposure`` on CIFAR: after ``WRN_PAPER`` 10 epochs from rate 1e-3, two outliers an image.

A shorter recipe is followed by a fifth of its epochs from a fiftieth of its rate. Source: Hendrycks, Mazeika &
Dietterich (ICLR 2019), arXiv:1812.04606, section 4.3, and their code.
"""

SMALL_RESNET = Model("small_resnet")
"""The model of the quick profile: a residual network of eight layers. Ours; no publication has it."""

SMALL_RESNET_QUICK = Budget(
    epochs=5,
    batch_size=128,
    learning_rate=0.2,
    optimizer="sgd",
    schedule="one_cycle",
    weight_decay=5e-4,
    mixed_precision=True,
)
"""Training of ``SMALL_RESNET`` in minutes on two cores.

Source: none; the one-cycle schedule is that of Smith & Topin (2019), arXiv:1708.07120.
"""

SMALL_RESNET_SAMPLE = replace(SMALL_RESNET_QUICK, epochs=4, examples=10_000, test_examples=5_000)
"""``SMALL_RESNET_QUICK`` on a part of the data; a task with smaller images or fewer classes takes more examples."""

SMALL_RESNET_SAMPLE_NOTE = (
    "quick: a residual network of eight layers on part of the data, not the WRN-40-2 of the paper budget"
)
