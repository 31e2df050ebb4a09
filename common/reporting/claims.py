"""Where a method does not do what its publication says: a sentence with the figures, made from the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common.reporting.differences import BASELINE, error_rows, from_msp, mean_difference, of_auroc, ood_rows
from common.reporting.document import percent, points
from common.reporting.task_results import TaskResults, TrainedModel


@dataclass(frozen=True)
class Published:
    """What a publication says of a score: that it detects OOD examples better than the MSP."""

    name: str
    source: str


ABOVE_MSP = (
    Published("odin", "Liang, Li & Srikant 2018"),
    Published("energy", "Liu et al. 2020"),
    Published("max_logit", "Hendrycks et al. 2022"),
    Published("mahalanobis", "Lee et al. 2018"),
    Published("mahalanobis_stepped", "Lee et al. 2018"),
    Published("relative_mahalanobis", "Ren et al. 2021"),
    Published("learned_confidence", "DeVries & Taylor 2018"),
    Published("gradnorm", "Huang, Geng & Li 2021"),
    Published("react", "Sun, Guo & Li 2021"),
    Published("knn", "Sun et al. 2022"),
    Published("vim", "Wang et al. 2022"),
    Published("dice", "Sun & Li 2022"),
    Published("ash_s", "Djurisic et al. 2023"),
    Published("gen", "Liu, Lochman & Zach 2023"),
    Published("she", "Zhang et al. 2023"),
    Published("nnguide", "Park, Jung & Teoh 2023"),
    Published("scale", "Xu et al. 2024"),
    Published("fdbd", "Liu & Qin 2024"),
)
TRAININGS = (
    ("outlier_exposure", ("cross_entropy_longer", "cross_entropy", "ctc"), "Hendrycks, Mazeika & Dietterich 2019"),
    ("outlier_exposure_scratch", ("cross_entropy", "ctc"), "Hendrycks, Mazeika & Dietterich 2019"),
    ("energy_outlier_exposure", ("cross_entropy_longer", "cross_entropy", "ctc"), "Liu et al. 2020"),
    ("gan", ("cross_entropy", "ctc"), "Lee et al. 2018"),
    ("gan_outlier_exposure", ("gan",), "Hendrycks, Mazeika & Dietterich 2019"),
    ("logit_norm", ("cross_entropy", "ctc"), "Wei et al. 2022"),
)
"""Ways of training, those that they are published to be better than (the first that ran), and where."""
COSTLY = 0.005
"""A way of training whose error is larger by more than that has a price, which is told."""


def contradictions(tasks: Sequence[TaskResults]) -> tuple[str, ...]:
    """Return a sentence for each published claim that does not hold on a task of this run."""
    return tuple(said for results in tasks for said in (*_scores(results), *_trainings(results)))


def _scores(results: TaskResults) -> Iterator[str]:
    """Yield the scores whose paired interval lies below the MSP of the same network, one sentence for all."""
    for trained in results.trained_models:
        below = []
        for one in ABOVE_MSP:
            mean = mean_difference(from_msp(ood_rows(results, trained), one.name))
            if mean is not None and mean.high < 0:
                errors = mean_difference(from_msp(error_rows(results, trained), one.name))
                beside = f", right / wrong {points(100 * errors.value)}" if errors else ""
                below.append(f"{one.name} ({one.source}): {points(100 * mean.value)}{beside}")
        if below:
            label = results.label(trained)
            name = results.record.name + (f" ({label})" if label else "")
            yield f"{name}: published as better than the MSP on OOD examples, and below it here: {'; '.join(below)}."


def _trainings(results: TaskResults) -> Iterator[str]:
    by_objective = {trained.objective: trained for trained in results.trained_models}
    for name, others, source in TRAININGS:
        other = next((one for one in others if one in by_objective), None)
        if name not in by_objective or other is None:
            continue
        ours, theirs = _msp(results, by_objective[name]), _msp(results, by_objective[other])
        if ours is not None and theirs is not None and ours <= theirs:
            yield (
                f"{results.record.name}: {name} is published as better than {other} on OOD examples ({source}); "
                f"here the MSP's mean AUROC is {percent(ours)} against {percent(theirs)}."
            )
        yield from _price(results, by_objective[name], by_objective[other])


def _price(results: TaskResults, ours: TrainedModel, other: TrainedModel) -> Iterator[str]:
    """Yield what a way of training costs: published ones hardly raise the error."""
    error, least = results.error(ours), results.error(other)
    if error is not None and least is not None and error.mean > least.mean + COSTLY:
        yield (
            f"{results.record.name}: {ours.objective} has a price, a {results.record.error_name} of "
            f"{percent(error.mean)} % against {percent(least.mean)} % of {other.objective}."
        )


def _msp(results: TaskResults, trained: TrainedModel) -> float | None:
    mean = mean_difference(of_auroc(ood_rows(results, trained), BASELINE))
    return mean.value if mean else None
