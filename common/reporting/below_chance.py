"""Scores that rank the wrong way round: AUROCs whose whole interval lies under 50 %."""

from collections.abc import Iterable

from common.reporting.document import percent
from common.store.seed_means import SeedMean

REMEDY = (
    "The order is the other way round. Look at the sign of the score, the labels, and the preprocessing; a far OOD set"
    " can do this to a real model, too."
)


def below_chance(means: Iterable[SeedMean], population: str = "all") -> tuple[str, ...]:
    """Return a sentence for every comparison in which scores rank the wrong way round, and one on what to do.

    Args:
        means: of rows over seeds; those of the default setting count.
        population: of the OOD comparisons.
    """
    found: dict[str, list[str]] = {}
    for one in means:
        high, row = one.mean("auroc_high"), one.row
        shown = row.primary and (row.out_dist is None or row.population == population)
        if shown and high is not None and high < 0.5:
            what = "right against wrong" if row.out_dist is None else f"in-distribution against {row.out_dist}"
            found.setdefault(what, []).append(f"{row.detector} {percent(one.mean('auroc'))}")
    said = [f"AUROC below chance ({what}: {', '.join(figures)})." for what, figures in found.items()]
    return (*said, REMEDY) if said else ()
