"""MSP, with a GAN, with a GAN and then Outlier Exposure: the order that Outlier Exposure's table states.

Source of the claim: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, table of synthetic outliers: AUROC
rises from MSP over the confidence-calibrated classifier with a GAN (Lee et al., ICLR 2018) to the same fine-tuned with
real outliers. In that table the GAN raises FPR95 on CIFAR-10, so no order of FPR95 is claimed. As there, the GAN has
the whole recipe here; the task's own option makes a fine-tuning of it, for time.
"""

from common.study import Claim, Study, Variant, ordered, variants_table, with_options
from common.study_figures import error, ood_mean

SETS = ("Omniglot", "notMNIST", "CIFAR-10bw")
STAND_INS = ("Other scripts", "Letters A-J", "Photograph patches")

WHOLE = with_options("gan")

VARIANTS = (
    Variant("MSP", "cross_entropy"),
    Variant("+ GAN", "gan", WHOLE),
    Variant("+ GAN + OE", "gan_outlier_exposure", WHOLE),
    Variant("+ OE", "outlier_exposure"),
)

STUDY = Study(
    title="MSP, with a GAN, with a GAN and Outlier Exposure",
    tasks=("vision/mnist",),
    variants=VARIANTS,
    measure=variants_table(
        {
            "AUROC, 3 sets": lambda rows: ood_mean(rows, only=(*SETS, *STAND_INS)),
            "FPR95, 3 sets": lambda rows: ood_mean(rows, "fpr95_out", only=(*SETS, *STAND_INS)),
            "AUROC, all sets": lambda rows: ood_mean(rows),
            "near AUROC": lambda rows: ood_mean(rows, distance="near"),
            "test error": error,
        }
    ),
    claims=(
        Claim(
            "AUROC over Omniglot, notMNIST and CIFAR-10bw (or stand-ins) rises: MSP, + GAN, + GAN + OE.",
            ordered("AUROC, 3 sets", "MSP", "+ GAN", "+ GAN + OE"),
        ),
        Claim("Exposed to real outliers alone, AUROC rises from MSP to + OE.", ordered("AUROC, 3 sets", "MSP", "+ OE")),
    ),
    picture=("AUROC, 3 sets", "near AUROC"),
    notes=("The score is the MSP; all in-distribution test images are the positives.",),
)
