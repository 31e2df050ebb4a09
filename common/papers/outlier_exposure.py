"""Hendrycks, Mazeika & Dietterich, "Deep Anomaly Detection with Outlier Exposure", ICLR 2019, arXiv:1812.04606.

Each figure is a mean over that paper's OOD sets, on all test examples. OOD is the side to find. Two conventions differ
from ours: OOD is subsampled to one for every five in-distribution examples, which sets the base rate of the AUPR, and
FPR95 is read at the recall nearest to 95 %, not at the strictest threshold that keeps 95 %.
"""

from dataclasses import replace

from common.papers.table import read_table

_FIELDS = {"fpr95": "fpr95_out", "auroc": "auroc", "aupr_out": "ap_negative"}
_TRAINED = {
    "msp": "cross_entropy",
    "msp+oe": "outlier_exposure",
    "msp+gan": "gan",
    "msp+gan+oe": "gan_outlier_exposure",
}

_TABLE_1 = """
task      | in_dist       | out_dist | detector | fpr95 | auroc | aupr_out
oe_vision | SVHN          | mean     | msp      | 6.3   | 98.0  | 91.1
oe_vision | SVHN          | mean     | msp+oe   | 0.1   | 100.0 | 99.9
oe_vision | CIFAR-10      | mean     | msp      | 34.9  | 89.3  | 59.2
oe_vision | CIFAR-10      | mean     | msp+oe   | 9.5   | 97.8  | 90.5
oe_vision | CIFAR-100     | mean     | msp      | 62.7  | 73.1  | 30.1
oe_vision | CIFAR-100     | mean     | msp+oe   | 38.5  | 87.9  | 58.2
oe_vision | Tiny ImageNet | mean     | msp      | 66.3  | 64.9  | 27.2
oe_vision | Tiny ImageNet | mean     | msp+oe   | 14.0  | 92.2  | 79.3
oe_vision | Places365     | mean     | msp      | 63.5  | 66.5  | 33.1
oe_vision | Places365     | mean     | msp+oe   | 28.2  | 90.6  | 71.0
"""

# With and without the outliers of a generative network (Lee et al., ICLR 2018).
_TABLE_4 = """
task   | in_dist   | out_dist | detector   | fpr95 | auroc | aupr_out
oe_gan | CIFAR-10  | mean     | msp        | 32.3  | 88.1  | 51.1
oe_gan | CIFAR-10  | mean     | msp+gan    | 37.3  | 89.6  | 59.0
oe_gan | CIFAR-10  | mean     | msp+gan+oe | 11.8  | 97.2  | 88.5
oe_gan | CIFAR-100 | mean     | msp        | 66.6  | 67.2  | 27.4
oe_gan | CIFAR-100 | mean     | msp+gan    | 66.2  | 69.3  | 33.0
oe_gan | CIFAR-100 | mean     | msp+gan+oe | 49.0  | 77.9  | 44.7
"""

FIGURES = tuple(
    replace(figure, objective=_TRAINED[figure.detector])
    for table, text in (("1", _TABLE_1), ("4", _TABLE_4))
    for figure in read_table(text, _FIELDS, source="outlier-exposure", table=table, subset="test")
)

NOT_RUN = {
    "oe_vision": "Outlier Exposure, table 1: wide ResNets of five data sets and 80 Million Tiny Images need a GPU"
    " and data that is not at hand",
    "oe_gan": "Outlier Exposure, table 4: the same with a generative network needs a GPU",
}
"""Why a task has no recorded run."""
