"""Hendrycks & Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural Networks".

ICLR 2017, arXiv:1610.02136. ``paper``: as printed, rounded to whole percent. ``authors-run``: what the authors' public
notebooks printed. Where the two differ, both are real runs.

Whom a figure is about: OOD tables 2, 4, 6, 8, 10 and 11 compare with the correctly classified test examples, the speech
table (9) with all test examples. Published AUPR joins the points of the curve by straight lines: it answers to our
trapezoid, not to our average precision.
"""

from functools import partial

from common.papers.table import read_table

_FIELDS = {
    "auroc": "auroc",
    "aupr_success": "aupr_positive",
    "aupr_error": "aupr_negative",
    "aupr_in": "aupr_positive",
    "aupr_out": "aupr_negative",
    "mean_msp:test": "mean_msp_positive",
    "mean_msp:right": "mean_msp_positive",
    "mean_msp:wrong": "mean_msp_negative",
    "mean_msp:out": "mean_msp_negative",
    "error": "error",
    "phone_error_rate": "error",
}

# Images: right against wrong.
_TABLE_1 = """
task     | in_dist   | auroc/50 | aupr_success | aupr_error | mean_msp:wrong | error
mnist    | MNIST     | 97       | 100/98       | 48/1.7     | 86             | 1.69
cifar10  | CIFAR-10  | 93       | 100/95       | 43/5       | 80             | 4.96
cifar100 | CIFAR-100 | 87       | 96/79        | 62/21      | 66             | 20.7
"""

# Images: in-distribution against OOD.
_TABLE_2 = """
task     | in_dist   | out_dist   | auroc/50 | aupr_in | aupr_out | mean_msp:out
cifar10  | CIFAR-10  | SUN        | 95       | 89/33   | 97/67    | 72
cifar10  | CIFAR-10  | Gaussian   | 97       | 98/49   | 95/51    | 77
cifar10  | CIFAR-10  | All        | 96       | 88/24   | 98/76    | 74
cifar100 | CIFAR-100 | SUN        | 91       | 83/27   | 96/73    | 56
cifar100 | CIFAR-100 | Gaussian   | 88       | 92/43   | 80/57    | 77
cifar100 | CIFAR-100 | All        | 90       | 81/21   | 96/79    | 63
mnist    | MNIST     | Omniglot   | 96       | 97/52   | 96/48    | 86
mnist    | MNIST     | notMNIST   | 85       | 86/50   | 88/50    | 92
mnist    | MNIST     | CIFAR-10bw | 95       | 95/50   | 95/50    | 87
mnist    | MNIST     | Gaussian   | 90       | 90/50   | 91/50    | 91
mnist    | MNIST     | Uniform    | 99       | 99/50   | 98/50    | 83
mnist    | MNIST     | All        | 91       | 76/20   | 98/80    | 89
"""

# Sentiment: right against wrong.
_TABLE_3 = """
task | in_dist | auroc/50 | aupr_success | aupr_error | mean_msp:wrong | error
imdb | IMDB    | 82       | 97/88        | 36/12      | 74             | 11.9
"""

# Sentiment: OOD.
_TABLE_4 = """
task | in_dist | out_dist         | auroc/50 | aupr_in | aupr_out | mean_msp:out
imdb | IMDB    | Customer Reviews | 95       | 99/89   | 60/11    | 62
imdb | IMDB    | Movie Reviews    | 94       | 98/72   | 80/28    | 63
imdb | IMDB    | All              | 94       | 97/66   | 84/34    | 63
"""

# Text categorisation: right against wrong.
_TABLE_5 = """
task               | in_dist       | auroc/50 | aupr_success | aupr_error | mean_msp:wrong | error
newsgroups_authors | 15 Newsgroups | 89       | 99/93        | 42/7.3     | 53             | 7.31
reuters8           | Reuters 6     | 89       | 100/98       | 35/2.5     | 77             | 2.53
reuters52          | Reuters 40    | 91       | 99/92        | 45/7.6     | 62             | 7.55
"""

# Text categorisation: OOD, the classes left out of training.
_TABLE_6 = """
task               | in_dist       | out_dist     | auroc/50 | aupr_in | aupr_out | mean_msp:out
newsgroups_authors | 15 Newsgroups | 5 Newsgroups | 75       | 92/84   | 45/16    | 65
reuters8           | Reuters 6     | Reuters 2    | 92       | 100/95  | 56/4.5   | 72
reuters52          | Reuters 40    | Reuters 12   | 95       | 100/93  | 60/7.2   | 47
"""

# Part-of-speech tags: right against wrong; rows are tokens.
_TABLE_7 = """
task        | in_dist | auroc/50 | aupr_success | aupr_error | mean_msp:wrong | error
wsj         | WSJ     | 96       | 100/96       | 51/3.7     | 71             | 3.68
twitter_pos | Twitter | 89       | 98/87        | 53/13      | 69             | 12.59
"""

# Part-of-speech tags: OOD.
_TABLE_8 = """
task | in_dist | out_dist | auroc/50 | aupr_in | aupr_out | mean_msp:out
wsj  | WSJ     | Twitter  | 80       | 98/92   | 41/7.7   | 81
wsj  | WSJ     | Weblog   | 61       | 88/86   | 30/14    | 93
"""

# Speech, CTC: OOD; rows are utterances. `All` also pools the eight noises.
_TABLE_9 = """
task      | in_dist | out_dist | auroc/50 | aupr_in | aupr_out | mean_msp:out
timit_ctc | TIMIT   | THCHS-30 | 85       | 80/34   | 90/66    | 64
timit_ctc | TIMIT   | All      | 97       | 79/10   | 100/90   | 58
"""

# Images: softmax against the abnormality module, both of the network trained with the decoder.
_TABLE_11 = """
task  | in_dist | out_dist   | detector    | auroc/50 | aupr_in | aupr_out
mnist | MNIST   | Omniglot   | msp         | 95       | 95/52   | 95/48
mnist | MNIST   | Omniglot   | abnormality | 100      | 100/52  | 100/48
mnist | MNIST   | notMNIST   | msp         | 87       | 88/50   | 90/50
mnist | MNIST   | notMNIST   | abnormality | 100      | 100/50  | 100/50
mnist | MNIST   | CIFAR-10bw | msp         | 98       | 98/50   | 98/50
mnist | MNIST   | CIFAR-10bw | abnormality | 100      | 100/50  | 100/50
mnist | MNIST   | Gaussian   | msp         | 88       | 88/50   | 90/50
mnist | MNIST   | Gaussian   | abnormality | 100      | 100/50  | 100/50
mnist | MNIST   | Uniform    | msp         | 99       | 99/50   | 99/50
mnist | MNIST   | Uniform    | abnormality | 100      | 100/50  | 100/50
mnist | MNIST   | Average    | msp         | 93       | 94      | 94
mnist | MNIST   | Average    | abnormality | 100      | 100     | 100
"""

_RUN_ERRORS = """
task               | in_dist       | auroc/50 | aupr_success | aupr_error  | error
mnist              | MNIST         | 97.83    | 99.97/98.52  | 43.88/1.48  | 1.48
imdb               | IMDB          | 82.04    | 96.86/88.21  | 36.53/11.79 | 11.79
newsgroups_authors | 15 Newsgroups | 88.68    | 98.9/92.69   | 41.66/7.31  | 7.31
reuters8           | Reuters 6     | 89.26    | 99.61/97.47  | 34.62/2.53  | 2.53
reuters52          | Reuters 40    | 92.53    | 99.28/92.07  | 51.85/7.93  | 7.93
wsj                | WSJ           | 95.93    | 99.8/96.32   | 50.9/3.68   | 3.68
twitter_pos        | Twitter       | 89.28    | 98.24/87.41  | 53.27/12.59 | 12.59
"""

_RUN_MSP = """
task               | in_dist       | mean_msp:test | mean_msp:right | mean_msp:wrong
mnist              | MNIST         | 99.53         | 99.76          | 84.76
imdb               | IMDB          | 88.9          | 90.95          | 73.58
newsgroups_authors | 15 Newsgroups | 86.19         | 88.81          | 53.01
reuters8           | Reuters 6     | 97.92         | 98.47          | 76.85
reuters52          | Reuters 40    | 90.83         | 94.1           | 52.93
wsj                | WSJ           | 97.62         | 98.63          | 70.97
twitter_pos        | Twitter       | 91.6          | 94.92          | 68.55
"""

_RUN_CTC_ERRORS = """
task      | in_dist | mean_msp:test | phone_error_rate
timit_ctc | TIMIT   | 67.4          | 30.6
"""

_RUN_FRAMES = """
task         | in_dist | auroc/50 | aupr_success | aupr_error  | mean_msp:test | mean_msp:right | mean_msp:wrong
timit_frames | TIMIT   | 76.14    | 87.99/70.31  | 56.42/29.69 | 75.95         | 82.22          | 61.1
"""

_RUN_FRAMES_ERROR = """
task         | in_dist | error
timit_frames | TIMIT   | 29.69
"""

_RUN_OOD = """
task               | in_dist       | out_dist         | auroc/50 | aupr_in     | aupr_out    | mean_msp:out
mnist              | MNIST         | Omniglot         | 96.0     | 96.46/51.71 | 95.61/48.29 | 86.61
mnist              | MNIST         | notMNIST         | 83.71    | 84.86/49.63 | 86.82/50.37 | 93.84
mnist              | MNIST         | CIFAR-10bw       | 94.47    | 94.51/49.63 | 94.83/50.37 | 88.43
mnist              | MNIST         | Gaussian         | 89.12    | 89.34/49.63 | 90.83/50.37 | 91.74
mnist              | MNIST         | Uniform          | 98.63    | 99.06/49.63 | 97.73/50.37 | 88.12
imdb               | IMDB          | Customer Reviews | 95.08    | 99.38/88.82 | 61.75/11.18 | 60.78
imdb               | IMDB          | Movie Reviews    | 93.99    | 97.85/71.8  | 80.15/28.2  | 62.48
newsgroups_authors | 15 Newsgroups | 5 Newsgroups     | 74.97    | 92.4/84.4   | 44.74/15.6  | 64.55
reuters8           | Reuters 6     | Reuters 2        | 92.42    | 99.56/95.46 | 56.14/4.54  | 71.81
reuters52          | Reuters 40    | Reuters 12       | 85.79    | 92.09/64.41 | 73.61/35.59 | 68.73
wsj                | WSJ           | Twitter          | 79.54    | 97.68/92.32 | 40.8/7.68   | 80.98
wsj                | WSJ           | Weblog           | 61.48    | 87.91/85.55 | 29.52/14.45 | 93.38
"""

_RUN_KL = """
task  | in_dist | out_dist   | auroc/50 | aupr_in     | aupr_out
mnist | MNIST   | Omniglot   | 96.33    | 96.68/51.71 | 95.91/48.29
mnist | MNIST   | notMNIST   | 83.78    | 83.18/49.63 | 86.58/50.37
mnist | MNIST   | CIFAR-10bw | 94.9     | 94.64/49.63 | 95.16/50.37
mnist | MNIST   | Gaussian   | 89.42    | 88.59/49.63 | 90.86/50.37
mnist | MNIST   | Uniform    | 98.7     | 99.1/49.63  | 98.02/50.37
"""

_RUN_CTC = """
task      | in_dist | out_dist         | auroc/50 | aupr_in  | mean_msp:out
timit_ctc | TIMIT   | TIMIT+airport    | 99.18    | 99.25/50 | 58.98
timit_ctc | TIMIT   | TIMIT+babble     | 99.99    | 99.99/50 | 54.78
timit_ctc | TIMIT   | TIMIT+car        | 97.8     | 97.66/50 | 59.02
timit_ctc | TIMIT   | TIMIT+exhibition | 99.62    | 99.6/50  | 56.84
timit_ctc | TIMIT   | TIMIT+restaurant | 97.89    | 97.78/50 | 59.52
timit_ctc | TIMIT   | TIMIT+street     | 100.0    | 100.0/50 | 51.85
timit_ctc | TIMIT   | TIMIT+subway     | 99.86    | 99.87/50 | 56.18
timit_ctc | TIMIT   | TIMIT+train      | 99.71    | 99.74/50 | 57.79
"""

# Speech frames: the abnormality module.
_RUN_10 = """
task         | in_dist | out_dist         | auroc/50 | aupr_in     | aupr_out
timit_frames | TIMIT   | TIMIT+airport    | 99.65    | 99.62/41.07 | 99.68/58.93
timit_frames | TIMIT   | TIMIT+babble     | 99.92    | 99.93/41.07 | 99.89/58.93
timit_frames | TIMIT   | TIMIT+car        | 98.39    | 98.44/41.07 | 98.31/58.93
timit_frames | TIMIT   | TIMIT+exhibition | 97.7     | 97.65/41.07 | 97.87/58.93
timit_frames | TIMIT   | TIMIT+restaurant | 95.27    | 95.63/41.07 | 94.79/58.93
timit_frames | TIMIT   | TIMIT+street     | 98.36    | 98.54/41.07 | 98.18/58.93
timit_frames | TIMIT   | TIMIT+subway     | 95.99    | 95.96/41.07 | 96.07/58.93
timit_frames | TIMIT   | TIMIT+train      | 99.96    | 99.96/41.07 | 99.97/58.93
"""

_paper = partial(read_table, fields=_FIELDS, source="paper")
_run = partial(read_table, fields=_FIELDS, source="authors-run")

FIGURES = (
    *_paper(_TABLE_1, table="1", subset="test"),
    *_paper(_TABLE_2, table="2", subset="correct"),
    *_paper(_TABLE_3, table="3", subset="test"),
    *_paper(_TABLE_4, table="4", subset="correct"),
    *_paper(_TABLE_5, table="5", subset="test"),
    *_paper(_TABLE_6, table="6", subset="correct"),
    *_paper(_TABLE_7, table="7", subset="test"),
    *_paper(_TABLE_8, table="8", subset="correct"),
    *_paper(_TABLE_9, table="9", subset="test", objective="ctc"),
    *_paper(_TABLE_11, table="11", subset="correct", objective="abnormality"),
    *_run(_RUN_ERRORS, subset="test"),
    *_run(_RUN_MSP, subset="test"),
    *_run(_RUN_CTC_ERRORS, subset="test", objective="ctc"),
    *_run(_RUN_FRAMES, subset="test", objective=None),
    *_run(_RUN_FRAMES_ERROR, table="10", subset="test", objective=None),
    *_run(_RUN_OOD, subset="correct"),
    *_run(_RUN_KL, subset="correct", detector="kl_uniform"),
    *_run(_RUN_CTC, subset="test", objective="ctc"),
    *_run(_RUN_10, table="10", subset="correct", detector="abnormality", objective="abnormality"),
)

TRAINING_SETS = {
    ("mnist", "cross_entropy"): 60_000,
    ("mnist", "abnormality"): 60_000,
    ("imdb", "cross_entropy"): 25_000,
    ("timit_ctc", "ctc"): 3_696,  # utterances: all but the ``sa`` sentences
    ("timit_frames", "cross_entropy"): 3_696,
    ("timit_frames", "abnormality"): 3_696,
}
"""Training examples by task and way of training, held-back ones (to choose an epoch, or from the decoder) included."""

REMARKS = {
    "reuters52": ("The authors' own run left out other classes than the paper's: their draw was not seeded.",),
    "newsgroups_authors": (
        "The authors' loader kept only the first digit of a label, so groups 1 and 10 to 19 became one class.",
    ),
}

NOT_RUN = {
    "cifar10": "CIFAR-10: a wide ResNet, 50 epochs of 50,000 images, needs a GPU",
    "cifar100": "CIFAR-100: a wide ResNet, 50 epochs of 50,000 images, needs a GPU",
}
"""Why a task has no recorded run."""
