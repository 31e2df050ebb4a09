"""Which outliers should a network of digits be exposed to?

Outlier Exposure fine-tunes one network with noise, with what is made of the training digits (a GAN's samples, permuted
pixels, jigsaws, means of two digits), and with real images: 100, 1,000 or all of them, of one class or of many, or
the signs of fonts that need no download. Near is another script (Omniglot), far is everything else but noise,
which some are exposed to.

Source of the claim: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, section 5: realistic, large and
diverse sets of outliers help; noise and the samples of a GAN hardly do.
"""

from dataclasses import replace

from common.data.drawn import some
from common.data.sources import AnySource
from common.study import Claim, Study, Variant, falling, ordered, variants_table, with_outliers
from common.study_figures import FAR, NEAR, near_and_far
from common.task import Task
from vision.data.fonts import FONT_SYMBOLS
from vision.data.gan_samples import GAN_SAMPLES
from vision.data.noise import PIXEL_NOISE, UNIFORM, gaussian
from vision.data.outliers import CATS, KANNADA_MNIST, QUICK_DRAW
from vision.data.pseudo_ood import PSEUDO_OOD

OE = "outlier_exposure"
MADE = {source.name: source for source in PSEUDO_OOD}
NOISE = (gaussian().name, UNIFORM.name)
"""OOD sets of the kind that two variants are exposed to; no figure of the study counts them."""


def _exposed(name: str, *sources: AnySource) -> Variant:
    return Variant(name, OE, with_outliers(*sources))


def _exposed_to_noise(name: str) -> Variant:
    """Return the variant that sees noise and is not tested on any, which a run would refuse."""

    def change(task: Task) -> Task:
        tested = tuple(one for one in task.ood if one.family != PIXEL_NOISE)
        return replace(task, outliers=(MADE[name],), ood=tested)

    return Variant(name, OE, change)


STUDY = Study(
    title="Which outliers should a network of digits be exposed to?",
    tasks=("vision/mnist",),
    variants=(
        Variant("MSP"),
        Variant("no outliers", "cross_entropy_longer"),
        *(_exposed_to_noise(name) for name in ("Gaussian", "uniform")),
        _exposed("GAN samples", GAN_SAMPLES),
        *(_exposed(f"{name} digits", MADE[name]) for name in ("permuted", "jigsaw", "mixed")),
        _exposed("one class, 1,000 (cats)", some(CATS, 1000)),
        _exposed("3 classes, 1,000 (doodles)", some(QUICK_DRAW, 1000)),
        _exposed("100 real", some(FONT_SYMBOLS, 64), some(QUICK_DRAW, 36)),
        _exposed("1,000 real", some(FONT_SYMBOLS, 640), some(QUICK_DRAW, 360)),
        _exposed("8,397 real", FONT_SYMBOLS, QUICK_DRAW),
        _exposed("numerals of another script, 9,000", KANNADA_MNIST),
        _exposed("100 font symbols", some(FONT_SYMBOLS, 100)),
        _exposed("1,000 font symbols", some(FONT_SYMBOLS, 1000)),
        _exposed("5,397 font symbols", FONT_SYMBOLS),
    ),
    measure=variants_table(near_and_far(without=NOISE)),
    claims=(
        Claim(
            "On the near set FPR95 falls from Gaussian noise over 100 and 1,000 to 8,397 real outliers.",
            falling(NEAR, "Gaussian", "100 real", "1,000 real", "8,397 real"),
        ),
        Claim(
            "On the near set FPR95 falls from 100 over 1,000 to all font symbols, which need no download.",
            falling(NEAR, "100 font symbols", "1,000 font symbols", "5,397 font symbols"),
        ),
        Claim(
            "On the near set 1,000 outliers of one class (cats) are not better than 1,000 real ones of many classes.",
            falling(NEAR, "one class, 1,000 (cats)", "1,000 real"),
        ),
        Claim(
            "On the near set a GAN's samples help less than 1,000 real outliers.",
            falling(NEAR, "GAN samples", "1,000 real"),
        ),
        Claim(
            "On the far sets noise alone gains more than 5 points of AUROC: they need no realistic outliers.",
            ordered("far AUROC", "no outliers", "Gaussian", by=5.0),
        ),
    ),
    picture=(NEAR, FAR),
    notes=(
        "Every variant but the first is the same fine-tuning of the same network; the score is the MSP.",
        "Real outliers are signs of fonts and doodles; Kannada numerals serve where no OOD set has that script.",
        "Far are letters and photographs: noise, which two variants are exposed to, counts for none of them.",
    ),
)
