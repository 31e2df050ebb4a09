"""Which scores tell OOD images from digits better than the MSP of the same network, by how many digits it has learned?

The networks are those of ``exposed_digits`` as cross-entropy trained them; nothing is exposed to outliers. Options of
detectors are chosen as the command line says, by default on pseudo-OOD made of held-out digits.

Sources of the claims: the publications of the detectors (their files name them), each of which reports gains over the
MSP. How large a gain is asked of which (8 points) was set by trials before, which the runs of this study repeat.
"""

from common.study import Claim, RowsOf, Study, Table, Variant, comparing
from common.study_figures import ood_mean, right_wrong
from vision.studies.exposed_digits import NOISE, SIZES, name_of, of_size

DETECTORS = (
    *("msp", "odin", "mahalanobis", "mahalanobis_normalised", "relative_mahalanobis", "relative_mahalanobis_layers"),
    *("knn", "vim", "pca_input"),
)
FAR_ABOVE = ("relative_mahalanobis_layers", "vim", "mahalanobis_normalised", "knn")
LARGE, SMALL = 8.0, 0.5


def measure(rows: RowsOf) -> Table:
    """Return the figures of each detector over three sets and its gain over the MSP, by the number of digits."""
    table: dict[str, dict[str, float]] = {detector: {} for detector in DETECTORS}
    for (_, network), own in rows.items():
        for detector in DETECTORS:
            auroc, msp = (ood_mean(own, without=NOISE, detector=one) for one in (detector, "msp"))
            values = {
                f"AUROC, {network}": auroc,
                _gain(network): None if auroc is None or msp is None else auroc - msp,
                f"FPR95, {network}": ood_mean(own, "fpr95_out", without=NOISE, detector=detector),
                f"right/wrong, {network}": right_wrong(own, detector),
            }
            table[detector] |= {name: value for name, value in values.items() if value is not None}
    return {detector: own for detector, own in table.items() if own}


def _gain(network: str) -> str:
    return f"over MSP, {network}"


NETWORKS = tuple(name_of(size) for size in SIZES)

STUDY = Study(
    title="Which scores tell OOD images from digits better than the MSP?",
    tasks=("vision/mnist",),
    variants=tuple(Variant(name_of(size), "cross_entropy", of_size(size)) for size in SIZES),
    measure=measure,
    claims=(
        *(
            Claim(
                f"{network}: {detector} gains at least {LARGE:g} points of AUROC over the MSP.",
                comparing(_gain(network), detector, holds=lambda gain: gain >= LARGE),
            )
            for network in NETWORKS
            for detector in FAR_ABOVE
        ),
        *(
            Claim(
                f"{network}: odin loses at most {SMALL:g} points of AUROC to the MSP.",
                comparing(_gain(network), "odin", holds=lambda gain: gain >= -SMALL),
            )
            for network in NETWORKS
        ),
    ),
    detectors=DETECTORS,
    picture=(f"AUROC, {NETWORKS[0]}", f"AUROC, {NETWORKS[-1]}"),
    subject="detector",
    notes=(
        "Mean over three OOD sets: Omniglot without Kannada, notMNIST, CIFAR-10bw. Networks are the task's, trained by "
        "cross-entropy; all in-distribution test images are the positives.",
        "A gain of 8 points is possible only where the MSP leaves so much.",
    ),
)
