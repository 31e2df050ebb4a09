"""What does exposure to real outliers bring on texts and spoken words, beyond a longer training?

One network of each task is left as it is (MSP), fine-tuned on the training set alone, or with outliers beside it. Near
are held-out topics, far are texts of other kinds; the OOD sets of spoken words are not divided so. The study
``exposed_digits`` asks the same of images.

Source of the claims: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606: exposed networks tell OOD inputs
from in-distribution ones better, in vision and language, at hardly any cost in error. The sizes of effects that are
asked for (a half, 3 points, 1 point) were set by trials before, which the runs of this study repeat.
"""

from collections.abc import Iterator

from common.study import Claim, RowsOf, Study, Table, Variant, comparing, exposure_claims
from common.study_figures import error, near_and_far, ood_mean

MSP, LONGER, EXPOSED = "MSP", "no outliers", "outliers"
VARIANTS = (Variant(MSP), Variant(LONGER, "cross_entropy_longer"), Variant(EXPOSED, "outlier_exposure"))
TASKS = ("nlp/reuters52", "nlp/newsgroups", "speech/digits")
AUROC, FPR95 = "AUROC, all sets", "FPR95, all sets"
FIGURES = {
    AUROC: ood_mean,
    FPR95: lambda rows: ood_mean(rows, "fpr95_out"),
    **near_and_far(),
    "test error": error,
}


def measure(rows: RowsOf) -> Table:
    """Return the figures of each training of each task."""
    table = {}
    for (task, variant), own in rows.items():
        values = {name: read(own) for name, read in FIGURES.items()}
        table[_subject(task, variant)] = {name: value for name, value in values.items() if value is not None}
    return table


def _subject(task: str, variant: str) -> str:
    return f"{task.split('/')[1]}, {variant}"


def _claims(task: str) -> Iterator[Claim]:
    msp, longer, exposed = (_subject(task, one.name) for one in VARIANTS)
    return exposure_claims(task, (msp, longer, exposed), AUROC, FPR95)


STUDY = Study(
    title="What does exposure to real outliers bring on texts and spoken words?",
    tasks=TASKS,
    variants=VARIANTS,
    measure=measure,
    claims=(
        *(claim for task in TASKS for claim in _claims(task)),
        Claim(
            "nlp/reuters52: on far texts outliers halve the FPR95 of the MSP.",
            comparing("far FPR95", "reuters52, MSP", "reuters52, outliers", holds=lambda msp, own: own <= msp / 2),
        ),
        Claim(
            "nlp/reuters52: on held-out topics outliers cost at most 1 point of AUROC beyond the fine-tuning.",
            comparing("near AUROC", "reuters52, no outliers", "reuters52, outliers", holds=lambda a, b: b >= a - 1),
        ),
        Claim(
            "nlp/newsgroups: on far texts outliers gain at least 3 points of AUROC over the MSP.",
            comparing("far AUROC", "newsgroups, MSP", "newsgroups, outliers", holds=lambda a, b: b >= a + 3),
        ),
        Claim(
            "nlp/newsgroups: on held-out groups outliers gain at least 1 point of AUROC over the MSP.",
            comparing("near AUROC", "newsgroups, MSP", "newsgroups, outliers", holds=lambda a, b: b >= a + 1),
        ),
    ),
    picture=(AUROC, FPR95),
    subject="task and training",
    notes=(
        "The score is the MSP; all in-distribution test examples are the positives. Both fine-tunings go on from the "
        "network of the first row for as many epochs.",
        "The network of newsgroups is unsure of short texts as it is, so little is left to gain on far sets: study "
        "short_texts.",
    ),
)
