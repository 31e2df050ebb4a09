"""The two questions asked of a task: right against wrong, and in-distribution against OOD."""

from collections.abc import Sequence

from common.data.sources import ADDITIONAL
from common.reporting.document import DASH, NOTHING, Cell, Table, percent, spread_cell
from common.reporting.study import SOURCES, TaskResults, TrainedModel, figure_cell, name_of, sources_of
from common.store.outputs import OodKey
from common.store.rows import SeedMean
from common.store.run_record import WHOLES


def error_table(study: TaskResults) -> Table | None:
    """Return how well each leading score tells right answers from wrong ones, on all test examples."""
    found = [
        one for setting in study.settings for one in study.errors(setting) if one.row.detector in study.leading(setting)
    ]
    if not found:
        return None
    sources = sources_of(study.figures(one, "auroc") for one in found)
    noun = study.facts.unit_name
    return Table(
        caption=f"Right against wrong: can the score tell the {noun}s that the model gets wrong?",
        columns=(
            "score",
            "AUROC",
            *(SOURCES[source] for source in sources),
            "AUPR right",
            "AUPR wrong",
            "FPR95",
            "MSP right",
            "MSP wrong",
            "n, right",
            "n, wrong",
        ),
        rows=tuple((Cell(_named(study, one)), *_comparison(study, one, sources), *_error_cells(one)) for one in found),
        notes=_notes(study, f"All test {noun}s."),
        brief=_brief(sources, 3),
    )


def _named(study: TaskResults, one: SeedMean) -> str:
    label = study.label(TrainedModel(one.row.objective, one.row.model), one.row.detector)
    return f"{label}, {one.row.variant}" if one.row.variant else label


def _brief(sources: Sequence[str], figures: int, names: int = 1) -> tuple[int, ...]:
    """Return the columns for a terminal: names, AUROC, the paper's, and the first ``figures`` others."""
    first_figure = names + 1 + len(sources)
    return (*range(names + 1 + bool(sources)), *range(first_figure, first_figure + figures))


def _comparison(study: TaskResults, one: SeedMean, sources: Sequence[str]) -> list[Cell]:
    """Return our AUROC, with its interval (over several seeds the mean of each bound), and the published ones."""
    interval = (one.mean("auroc_low"), one.mean("auroc_high"))
    figures = study.figures(one, "auroc")
    theirs = [figure_cell(figures.get(source), one.mean("auroc")) for source in sources]
    return [spread_cell(one.figures["auroc"], interval), *theirs]


def _error_cells(one: SeedMean) -> list[Cell]:
    return [
        _with_base(one, "positive"),
        _with_base(one, "negative"),
        Cell(percent(one.mean("fpr95_in"))),
        Cell(percent(one.mean("mean_msp_positive"))),
        Cell(percent(one.mean("mean_msp_negative"))),
        Cell(_count(one, "n_positive")),
        Cell(_count(one, "n_negative")),
    ]


def _with_base(one: SeedMean, side: str) -> Cell:
    base = one.mean(f"base_{side}")
    return Cell(percent(one.mean(f"ap_{side}")), "" if base is None else f"base {percent(base)}")


def _count(one: SeedMean, name: str) -> str:
    counts = sorted({int(getattr(row, name)) for row in one.rows})
    return f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,}{DASH}{counts[-1]:,}"


def _notes(study: TaskResults, first: str) -> tuple[str, ...]:
    seeds = len(study.seeds)
    kind = (
        f"Means over {seeds} seeds ± standard deviation, then the smallest and the largest seed, and the 95 % interval"
        " of one seed, its bounds averaged over the seeds."
        if seeds > 1
        else "95 % intervals beside AUROC."
    )
    whole = WHOLES.get(study.facts.row_name)
    if whole:
        part, whole = (study.facts.row_name, whole) if study.facts.unit == "row" else (whole, "speaker")
        kind += (
            f" The intervals take {part}s as independent; those of one {whole} are not,"
            " so the true intervals are wider."
        )
    return (f"{first} {kind}",)


def ood_tables(study: TaskResults, setting: TrainedModel) -> list[Table]:
    """Return how well the leading scores of a setting tell in-distribution from each OOD set; variants apart."""
    keys = study.sets(setting)
    own = [key for key in keys if key[1] is None]
    further = [key for key in keys if key[1] == ADDITIONAL]
    variants = [key for key in keys if key[1] not in (None, ADDITIONAL)]
    label = study.label(setting)
    about = f" ({label})" if label else ""
    second = setting != study.settings[0]
    tables = []
    if own:
        tables.append(_ood_table(study, setting, own, f"In-distribution against OOD{about}", folded=second))
    if further:
        tables.append(_ood_table(study, setting, further, f"Further OOD sets{about}", folded=second))
    if variants:
        tables.append(_ood_table(study, setting, variants, f"OOD variants{about}", folded=bool(own)))
    return tables


def _ood_table(
    study: TaskResults, setting: TrainedModel, keys: Sequence[OodKey], caption: str, folded: bool = False
) -> Table:
    detectors = study.leading(setting)
    found = [
        (key, one) for key in keys for detector in detectors if (one := study.ood(setting, detector, key)) is not None
    ]
    sources = sources_of(study.figures(one, "auroc") for _, one in found)
    other = {"correct": "all", "all": "correct"}[study.population]
    others = [study.ood(setting, one.row.detector, key, other) for key, one in found]
    both, several = any(others), len(detectors) > 1
    return Table(
        caption=caption,
        columns=(
            "OOD set",
            *(("score",) if several else ()),
            "AUROC",
            *(SOURCES[source] for source in sources),
            "AUPR In",
            "AUPR Out",
            "FPR95",
            "MSP OOD",
            "n, OOD",
            *((f"AUROC, {_whom(other)}",) if both else ()),
        ),
        rows=tuple(
            (
                Cell(name_of(key)),
                *((Cell(one.row.detector),) if several else ()),
                *_comparison(study, one, sources),
                *_ood_cells(one),
                *((Cell(percent(twin.mean("auroc")) if twin else NOTHING),) if both else ()),
            )
            for (key, one), twin in zip(found, others, strict=True)
        ),
        notes=_notes(study, _population(study, found[0][1])),
        brief=None if folded else _brief(sources, 3, names=2 if several else 1),
        folded=folded,
    )


def _whom(population: str) -> str:
    return {"correct": "correct only", "all": "all test"}[population]


def _population(study: TaskResults, one: SeedMean) -> str:
    noun = f"{study.facts.unit_name}s"
    whom = {"correct": f"the correctly classified test {noun}", "all": f"all test {noun}"}[study.population]
    return f"In-distribution here means {whom} ({_count(one, 'n_positive')})."


def _ood_cells(one: SeedMean) -> list[Cell]:
    return [
        _with_base(one, "positive"),
        _with_base(one, "negative"),
        Cell(percent(one.mean("fpr95_in"))),
        Cell(percent(one.mean("mean_msp_negative"))),
        Cell(_count(one, "n_negative")),
    ]
