"""What makes a network of topics unsure of short texts: padding, or exposure to some?

A bag of embeddings is the mean over 1,000 positions, as published, so a short text lies close to the vector of padding;
or it is the mean over the words alone, and one known word may decide. Both are exposed to outliers: lines of dialogue,
headlines, sentences and paragraphs.

Source of the claims: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, table 3: exposed networks of topics
are less sure of far texts.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from common.store.rows import Row
from common.study import Change, Claim, Study, Variant, comparing, variants_table
from common.study_figures import error, ood_mean
from common.task import Task

SENTENCES, DOCUMENTS = ("SNLI", "WMT16", "Yelp"), ("IMDB", "Plot summaries")
TRAININGS = (
    ("MSP", None),
    ("no outliers", "cross_entropy_longer"),
    ("outliers", "outlier_exposure"),
    ("outliers from scratch", "outlier_exposure_scratch"),
)
EXPOSED = ("outliers", "outliers from scratch")
NEAR, FAR, SHORT = "near AUROC", "far AUROC", "AUROC, sentences"


def _as_it_is(task: Task) -> Task:
    return task


def _words_alone(task: Task) -> Task:
    model = replace(task.model, options={**task.model.options, "padded": False})
    return replace(task, model=model)


FEATURES: dict[str, Change] = {"padded": _as_it_is, "words alone": _words_alone}


def _by(msp: float, exposed: float, least: float) -> bool:
    return exposed - msp >= least


def _over(*sets: str) -> Callable[[Sequence[Row]], float | None]:
    return lambda rows: ood_mean(rows, only=sets)


STUDY = Study(
    title="What makes a network of topics unsure of short texts?",
    tasks=("nlp/newsgroups",),
    variants=tuple(
        Variant(f"{features}, {name}", objective, change)
        for features, change in FEATURES.items()
        for name, objective in TRAININGS
    ),
    measure=variants_table(
        {
            NEAR: lambda rows: ood_mean(rows, distance="near"),
            FAR: lambda rows: ood_mean(rows, distance="far"),
            "far FPR95": lambda rows: ood_mean(rows, "fpr95_out", distance="far"),
            SHORT: _over(*SENTENCES),
            "AUROC, documents": _over(*DOCUMENTS),
            "test error": error,
        }
    ),
    claims=(
        Claim(
            "Without outliers a padded network is less sure of sentences than a mean of the words alone.",
            comparing(SHORT, "words alone, MSP", "padded, MSP", holds=lambda alone, padded: padded > alone),
        ),
        *(
            Claim(
                f"{features}: on {where} {name} gain {least} or more points of AUROC over the MSP.",
                comparing(figure, f"{features}, MSP", f"{features}, {name}", holds=partial(_by, least=least)),
            )
            for features in FEATURES
            for name in EXPOSED
            for where, figure, least in (("far texts", FAR, 3), ("held-out groups", NEAR, 1))
        ),
    ),
    picture=(SHORT, "AUROC, documents"),
    notes=(
        "Sentences: SNLI, WMT16, Yelp; documents: IMDB, plot summaries. The score is the MSP; all in-distribution test "
        "documents are the positives.",
    ),
)
