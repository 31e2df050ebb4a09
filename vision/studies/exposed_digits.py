"""What do real outliers bring to a network of digits, by how many digits it has learned, and what without a download?

Networks that learned 4,000 or 20,000 digits are fine-tuned without outliers, and with doodles and numerals of
Kannada; Omniglot is without Kannada here, so that these may serve. *Offline* is what a run without a data folder has:
digits, OOD sets and outliers (signs of fonts) of installed packages.

Source of the claims: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, section 4.3: exposed networks tell
OOD inputs from in-distribution ones better, at hardly any cost in error. The sizes of effects that are asked for
(0.6 of the MSP's FPR95, a half) were set by trials before, which the runs of this study repeat.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from common.data.drawn import drawn
from common.data.locations import Location, Packaged, Prepared
from common.data.sources import AnySource, Source
from common.study import Change, Claim, Study, Variant, comparing, exposure_claims, variants_table
from common.study_figures import error, ood_mean
from common.task import Task
from vision.data.cifar10bw import CIFAR10BW
from vision.data.fonts import FONT_LETTERS, FONT_SYMBOLS, OTHER_SCRIPTS
from vision.data.noise import UNIFORM, gaussian
from vision.data.notmnist import NOTMNIST
from vision.data.omniglot import read
from vision.data.outliers import KANNADA_SCRIPT, QUICK_DRAW, read_kannada
from vision.data.photographs import PHOTOGRAPH_PATCHES

SIZES = (4_000, 20_000)
TRAININGS = (("MSP", None), ("no outliers", "cross_entropy_longer"), ("outliers", "outlier_exposure"))
AUROC, FPR95, NEAR, ALL = "AUROC, 3 sets", "FPR95, 3 sets", "near FPR95", "FPR95, all sets"
NOISES = (gaussian(), UNIFORM)
NOISE = tuple(one.name for one in NOISES)

ALPHABETS = ("Gurmukhi", "Keble", "Tibetan")
OMNIGLOT = Source(
    "Omniglot",
    (Location((Prepared("vision/omniglot_eval.npz", "omniglot"),), partial(read, alphabets=ALPHABETS)),),
)
WITHOUT_KANNADA = drawn(OMNIGLOT, 10_000, "Omniglot without Kannada", distance="near")
KANNADA = Source(
    "Kannada-MNIST (1 to 9)",
    (Location((Prepared("vision/kannada_mnist_test.npz"),), read_kannada),),
    about="9,000 handwritten numerals of the test set, Prabhu 2019",
    family=KANNADA_SCRIPT,
)


def of_size(examples: int) -> Change:
    """Return the change to a network of so many digits, whose OOD sets have no Kannada."""

    def change(task: Task) -> Task:
        budget = replace(task.paper, examples=examples, test_examples=None)
        ood = (WITHOUT_KANNADA, NOTMNIST, CIFAR10BW, *NOISES)
        return replace(task, ood=ood, outliers=(KANNADA, QUICK_DRAW), quick=budget, paper=budget)

    return change


def offline(task: Task) -> Task:
    """Return the task as a run without a data folder has it."""
    sets = (replace(OTHER_SCRIPTS, distance="near"), FONT_LETTERS, PHOTOGRAPH_PATCHES, *NOISES)
    return replace(task, train=_packaged(task.train), test=_packaged(task.test), ood=sets, outliers=(FONT_SYMBOLS,))


def _packaged(source: AnySource) -> Source:
    assert isinstance(source, Source), "digits are read from files"
    places = [place for place in source.places if all(isinstance(file, Packaged) for file in place.files)]
    return replace(source, places=tuple(places))


def name_of(size: int) -> str:
    """Return what tables call networks that learned so many digits."""
    return f"{size:,} digits"


def _claims(network: str) -> Iterator[Claim]:
    msp, longer, exposed = (f"{network}, {name}" for name, _ in TRAININGS)
    yield from exposure_claims(network, (msp, longer, exposed), AUROC, FPR95)
    yield Claim(
        f"{network}: over all five sets, noise included, FPR95 is at most 0.6 of the MSP's.",
        comparing(ALL, msp, exposed, holds=lambda before, after: after <= 0.6 * before),
    )


NETWORKS: tuple[tuple[str, Change], ...] = (*((name_of(size), of_size(size)) for size in SIZES), ("offline", offline))

STUDY = Study(
    title="What do real outliers bring to a network of digits?",
    tasks=("vision/mnist",),
    variants=tuple(
        Variant(f"{network}, {name}", objective, change)
        for network, change in NETWORKS
        for name, objective in TRAININGS
    ),
    measure=variants_table(
        {
            "near AUROC": lambda rows: ood_mean(rows, distance="near"),
            NEAR: lambda rows: ood_mean(rows, "fpr95_out", distance="near"),
            AUROC: lambda rows: ood_mean(rows, without=NOISE),
            FPR95: lambda rows: ood_mean(rows, "fpr95_out", without=NOISE),
            "FPR95, Gaussian": lambda rows: ood_mean(rows, "fpr95_out", only=NOISE[:1]),
            "AUROC, all sets": ood_mean,
            ALL: lambda rows: ood_mean(rows, "fpr95_out"),
            "test error": error,
        }
    ),
    claims=(
        *(claim for network, _ in NETWORKS for claim in _claims(network)),
        Claim(
            "offline: signs of fonts halve the FPR95 of the MSP on letters of other scripts.",
            comparing(NEAR, "offline, MSP", "offline, outliers", holds=lambda before, after: after <= before / 2),
        ),
    ),
    picture=(AUROC, NEAR),
    notes=(
        "Near is Omniglot without Kannada, offline letters of other scripts drawn with fonts. The three sets are that, "
        "notMNIST and CIFAR-10bw, offline letters A-J and patches of photographs. Two further ones are noise.",
        "The score is the MSP; all in-distribution test images are the positives.",
    ),
)
