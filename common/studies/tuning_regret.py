"""How much does it cost not to tune on the test OOD sets?

Options of detectors are chosen once on pseudo-OOD made of held-out in-distribution data, and once on the test OOD sets
themselves (``--tune oracle``, as many papers did). The regret is the difference of the mean AUROC over OOD sets.
"""

from collections.abc import Sequence

from common.store.rows import Row
from common.study import Claim, RowsOf, Study, Table, Variant
from common.study_figures import ood_mean

FAMILIES = {
    "odin": "ODIN",
    "knn": "nearest neighbours",
    "vim": "ViM and residual",
    "residual": "ViM and residual",
    "react": "ReAct",
    "dice": "DICE",
    "ash_s": "ASH and SCALE",
    "scale": "ASH and SCALE",
    "mahalanobis_layers": "Mahalanobis",
    "relative_mahalanobis_layers": "Mahalanobis",
    "gen": "GEN",
}
HONEST, ORACLE = "pseudo-OOD", "oracle"
LARGEST = 2.0


def measure(rows: RowsOf) -> Table:
    """Return the regret of each family in each task: of its best detector's mean AUROC, in points."""
    table: dict[str, dict[str, float]] = {}
    for task in dict.fromkeys(task for task, _ in rows):
        for family in dict.fromkeys(FAMILIES.values()):
            honest, oracle = (_best(rows.get((task, tuned), ()), family) for tuned in (HONEST, ORACLE))
            if honest is not None and oracle is not None:
                table.setdefault(family, {})[task.split("/")[1]] = oracle - honest
    return table


def _best(rows: Sequence[Row], family: str) -> float | None:
    members = [name for name, of in FAMILIES.items() if of == family]
    primary = [row for row in rows if row.primary]  # what the oracle chooses by
    means = [mean for name in members if (mean := ood_mean(primary, detector=name)) is not None]
    return max(means, default=None)


def _within(table: Table) -> bool | None:
    regrets = [regret for own in table.values() for regret in own.values()]
    return all(regret <= LARGEST for regret in regrets) if regrets else None


STUDY = Study(
    title="How much does it cost not to tune on the test OOD sets?",
    tasks=("vision/mnist", "nlp/reuters8", "speech/digits"),
    variants=(Variant(HONEST, tune="pseudo"), Variant(ORACLE, tune="oracle")),
    measure=measure,
    claims=(Claim(f"The regret is at most {LARGEST:g} points in every family and task.", _within),),
    detectors=tuple(FAMILIES),
    subject="family",
    notes=(
        "Regret: mean AUROC over the published OOD sets with options chosen on the test OOD sets, less that with "
        "options chosen on pseudo-OOD; a family counts with its best detector. It can be negative: the oracle chooses "
        "by the row where results score groups of rows.",
    ),
)
