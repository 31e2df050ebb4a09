"""How much does it cost not to tune on the test OOD sets?

Options of detectors are chosen once on pseudo-OOD made of held-out in-distribution data, and once on the test OOD sets
themselves (``--tune oracle``, as many papers did). The regret is the difference of the mean AUROC over OOD sets.
"""

from collections.abc import Sequence

from common.store.rows import Row
from common.study import Claim, RowsOf, Study, Table, Variant
from common.study_figures import ood_mean

DETECTORS = (
    *("odin", "knn", "vim", "residual", "react", "dice", "ash_s", "scale"),
    *("mahalanobis_layers", "relative_mahalanobis_layers", "gen"),
)
HONEST, ORACLE = "pseudo-OOD", "oracle"
LARGEST = 2.0


def measure(rows: RowsOf) -> Table:
    """Return the regret of each detector in each task, in points of the mean AUROC."""
    table: dict[str, dict[str, float]] = {}
    for task in dict.fromkeys(task for task, _ in rows):
        for detector in DETECTORS:
            honest, oracle = (_mean(rows.get((task, tuned), ()), detector) for tuned in (HONEST, ORACLE))
            if honest is not None and oracle is not None:
                table.setdefault(detector, {})[task.split("/")[1]] = oracle - honest
    return table


def _mean(rows: Sequence[Row], detector: str) -> float | None:
    """Return the mean AUROC over the published OOD sets, which the oracle chooses by."""
    return ood_mean([row for row in rows if row.primary], detector=detector)


def _within(table: Table) -> bool | None:
    regrets = [regret for own in table.values() for regret in own.values()]
    return all(regret <= LARGEST for regret in regrets) if regrets else None


STUDY = Study(
    title="How much does it cost not to tune on the test OOD sets?",
    tasks=("vision/mnist", "nlp/reuters8", "speech/digits"),
    variants=(Variant(HONEST, tune="pseudo"), Variant(ORACLE, tune="oracle")),
    measure=measure,
    claims=(Claim(f"The regret is at most {LARGEST:g} points for every detector and task.", _within),),
    detectors=DETECTORS,
    subject="detector",
    notes=(
        "Regret: mean AUROC over the published OOD sets with options chosen on the test OOD sets, less that with "
        "options chosen on pseudo-OOD. It can be negative: the oracle chooses by the row where results score groups of "
        "rows.",
    ),
)
