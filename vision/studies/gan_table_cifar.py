"""MSP, with a GAN, with a GAN and then Outlier Exposure, and with outliers alone, on CIFAR-10.

The table of synthetic outliers, and of the table of real ones its row of CIFAR-10, by networks of the size that the
profile trains: with ``quick`` small residual networks, in about 25 minutes a seed on one core.

Source of the claims: Hendrycks, Mazeika & Dietterich (ICLR 2019), arXiv:1812.04606, tables 1 and 4.
"""

from common.study import Claim, Study, ordered, variants_table
from common.study_figures import error, ood_mean
from vision.studies.gan_table import VARIANTS

AUROC = "mean AUROC"

STUDY = Study(
    title="MSP, with a GAN, with a GAN and Outlier Exposure, on CIFAR-10",
    tasks=("vision/cifar10",),
    variants=VARIANTS,
    measure=variants_table(
        {
            AUROC: lambda rows: ood_mean(rows),
            "mean FPR95": lambda rows: ood_mean(rows, "fpr95_out"),
            "mean AUPR": lambda rows: ood_mean(rows, "ap_negative"),
            "test error": error,
        }
    ),
    claims=(
        Claim("Mean AUROC rises: MSP, + GAN, + GAN + OE.", ordered(AUROC, "MSP", "+ GAN", "+ GAN + OE")),
        Claim("Exposed to real outliers alone, mean AUROC rises from MSP to + OE.", ordered(AUROC, "MSP", "+ OE")),
    ),
    picture=(AUROC, "mean FPR95"),
    notes=(
        "The score is the MSP; all in-distribution test images are the positives. Fine-tuning with outliers takes a "
        "fifth of the epochs before: one of the quick profile's five, where ten are published.",
        "Published, of wide residual networks and other OOD sets, mean AUROC and FPR95: MSP 88.1 and 32.3, + GAN 89.6 "
        "and 37.3, + GAN + OE 97.2 and 11.8 (table 4); MSP 89.3 and 34.9, + OE 97.8 and 9.5 (table 1). FPR95 rises "
        "with the GAN there, so no order of it is claimed.",
    ),
)
