"""Which outliers should a network of newswire topics be exposed to?

Outlier Exposure fine-tunes one network with texts made of the training stories (random words by their frequency, halves
of two stories, scrambled words), and with real texts: 100, 1,000 or 5,000 lines of dialogue, headlines, encyclopaedia
paragraphs, sentences of 1961. Near are held-out topics, far are texts of other kinds.

Source of the claim: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, section 5, which has images and
texts: realistic, large and diverse sets of outliers help.
"""

from common.data.drawn import some
from common.data.sources import AnySource
from common.study import Claim, Study, Variant, falling, ordered, variants_table, with_outliers
from common.study_figures import FAR, NEAR, near_and_far
from nlp.data.outliers import BROWN, FRIENDS, HEADLINES, TEXT_OUTLIERS, WIKITEXT
from nlp.data.pseudo_ood import PSEUDO_OOD

MADE = {source.name: source for source in PSEUDO_OOD}


def _exposed(name: str, *sources: AnySource) -> Variant:
    return Variant(name, "outlier_exposure", with_outliers(*sources))


STUDY = Study(
    title="Which outliers should a network of newswire topics be exposed to?",
    tasks=("nlp/reuters52",),
    variants=(
        Variant("MSP"),
        Variant("no outliers", "cross_entropy_longer"),
        *(_exposed(name, MADE[name]) for name in ("random words", "joined halves", "scrambled words")),
        _exposed("100 lines of dialogue", some(FRIENDS, 100)),
        _exposed("1,000 lines of dialogue", some(FRIENDS, 1000)),
        _exposed("5,000 lines of dialogue", some(FRIENDS, 5000)),
        _exposed("headlines", HEADLINES),
        _exposed("encyclopaedia", some(WIKITEXT, 5000)),
        _exposed("sentences of 1961", some(BROWN, 5000)),
        _exposed("all kinds", *TEXT_OUTLIERS),
    ),
    measure=variants_table(near_and_far()),
    claims=(
        Claim(
            "On the far sets AUROC rises from 100 over 1,000 to 5,000 lines of dialogue.",
            ordered("far AUROC", *(f"{count} lines of dialogue" for count in ("100", "1,000", "5,000"))),
        ),
        Claim(
            "On the far sets real lines (5,000) are better than random words.",
            falling(FAR, "random words", "5,000 lines of dialogue"),
        ),
        Claim(
            "On the far sets several kinds are better than dialogue alone.",
            falling(FAR, "5,000 lines of dialogue", "all kinds"),
        ),
        Claim(
            "On held-out topics all kinds gain more than 1 point of AUROC over the same fine-tuning without outliers.",
            ordered("near AUROC", "no outliers", "all kinds", by=1.0),
        ),
    ),
    picture=(NEAR, FAR),
    notes=("Every variant but the first is the same fine-tuning of the same network; the score is the MSP.",),
)
