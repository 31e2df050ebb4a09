"""Which detector, where? All detectors on images, texts and speech, by their mean rank over tasks and OOD sets."""

from collections.abc import Iterator, Mapping

import numpy as np

from common.data.sources import Distance
from common.metrics.ranks import MeanRanks, mean_ranks
from common.store.rows import Row
from common.study import Claim, RowsOf, Study, Table, Variant
from common.study_figures import ood_rows, right_wrong

GROUPS: tuple[tuple[str, Distance | None], ...] = (("rank, near", "near"), ("rank, far", "far"), ("rank, OOD", None))
ERRORS = "rank, right/wrong"


def measure(rows: RowsOf) -> Table:
    """Return the mean rank of each detector that has a figure everywhere, and its mean AUROC by modality."""
    table: dict[str, dict[str, float]] = {}
    columns = {name: _by_set(rows, distance) for name, distance in GROUPS} | {ERRORS: _errors(rows)}
    for name, figures in columns.items():
        for detector, rank in _ranked(figures).items():
            table.setdefault(detector, {})[name] = rank
    for detector, modality, auroc in _means(rows):
        if detector in table:
            table[detector][f"AUROC, {modality}"] = auroc
    return dict(sorted(table.items(), key=lambda item: item[1].get("rank, OOD", np.inf)))


def _by_set(rows: RowsOf, distance: Distance | None) -> dict[str, dict[str, float]]:
    """Return AUROCs by detector and by task and OOD set."""
    found: dict[str, dict[str, float]] = {}
    for (task, _), own in rows.items():
        for row in ood_rows(own, None):
            if row.auroc is not None and distance in (None, row.distance):
                found.setdefault(row.detector, {})[f"{task} {row.out_dist}"] = row.auroc
    return found


def _errors(rows: RowsOf) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for (task, _), own in rows.items():
        for detector in dict.fromkeys(row.detector for row in own):
            if (auroc := right_wrong(own, detector)) is not None:
                found.setdefault(detector, {})[task] = auroc
    return found


def _ranked(figures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return mean ranks of the detectors that have a figure on every set that any detector has one on."""
    sets = sorted({name for own in figures.values() for name in own})
    everywhere = [detector for detector, own in figures.items() if len(own) == len(sets)]
    if len(everywhere) < 2 or not sets:
        return {}
    values = [[figures[detector][name] for detector in everywhere] for name in sets]
    ranked: MeanRanks = mean_ranks(values)
    return dict(zip(everywhere, ranked.ranks.tolist(), strict=True))


def _means(rows: RowsOf) -> Iterator[tuple[str, str, float]]:
    """Yield the mean AUROC of each detector over the OOD sets of each modality, in points."""
    by_modality: dict[tuple[str, str], list[Row]] = {}
    for own in rows.values():
        for row in ood_rows(own, None):
            by_modality.setdefault((row.detector, row.modality), []).append(row)
    for (detector, modality), found in by_modality.items():
        yield detector, modality, 100 * float(np.mean([row.auroc for row in found if row.auroc is not None]))


def _best(rank: str, *detectors: str) -> Claim:
    def holds(table: Table) -> bool | None:
        known = {name: own[rank] for name, own in table.items() if rank in own}
        return min(known, key=lambda name: known[name]) in detectors if known else None

    return Claim(f"The smallest mean {rank} is that of {' or '.join(detectors)}.", holds)


STUDY = Study(
    title="Which detector, where?",
    tasks=("vision/mnist", "nlp/reuters8", "nlp/newsgroups", "speech/digits", "speech/espeak_phones"),
    variants=(Variant("as trained"),),
    measure=measure,
    claims=(_best("rank, right/wrong", "msp", "doctor", "gen", "entropy", "margin"),),
    detectors=("all",),
    subject="detector",
    best="smallest",
    notes=(
        "A rank of 1 is best; detectors that are not defined on one of the sets have no rank there.",
        "That a score of the logits is best for right against wrong was found on images by arXiv:2511.11934.",
    ),
)
