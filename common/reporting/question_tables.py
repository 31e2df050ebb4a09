"""Tables of the two questions of a task: right against wrong, and in-distribution against OOD."""

from collections.abc import Sequence

from common.reporting.document import DASH, NOTHING, Cell, Table, percent, spread_cell
from common.reporting.task_results import SOURCES, TaskResults, TrainedModel, figure_cell, name_of, sources_of
from common.store.outputs import OodKey
from common.store.run_record import WHOLES
from common.store.seed_means import SeedMean

_ORIGINS = {"sentence": "text", "utterance": "speaker"}
"""Source of each kind of group; groups of one source are not independent."""


def error_table(results: TaskResults) -> Table | None:
    """Return how well each leading score separates right from wrong: on all rows, subsets, and groups of rows."""
    found = [(results, one) for one in _leading_errors(results)]
    if results.by_group:
        found += [(results.by_group, one) for one in _leading_errors(results.by_group)]
    if not found:
        return None
    sources = sources_of(of.figures(one, "auroc") for of, one in found)
    noun = results.record.unit_name
    return Table(
        caption=f"Right against wrong: does the score detect the {noun}s that the model misclassifies?",
        columns=(
            "score",
            "AUROC",
            *(SOURCES[source] for source in sources),
            "AUPR right",
            "AUPR wrong",
            "FPR95 in: wrong kept",
            "FPR95 out: right lost",
            "MSP right",
            "MSP wrong",
            "n, right",
            "n, wrong",
        ),
        rows=tuple((Cell(_named(of, one)), *_comparison(of, one, sources), *_error_cells(one)) for of, one in found),
        notes=_notes(results, f"All test {noun}s."),
        brief=_brief(sources, 3),
    )


def _leading_errors(results: TaskResults) -> list[SeedMean]:
    return [
        one
        for trained in results.trained_models
        for one in results.errors(trained)
        if one.row.detector in results.leading_detectors(trained)
    ]


def _named(results: TaskResults, one: SeedMean) -> str:
    label = results.label(TrainedModel(one.row.objective, one.row.model), one.row.detector)
    by_group = "" if results.compared else f"by {results.record.unit_name}"
    return ", ".join(part for part in (label, one.row.subset, by_group) if part)


def _brief(sources: Sequence[str], figures: int, names: int = 1) -> tuple[int, ...]:
    """Return the columns for a terminal: names, AUROC, the paper's AUROC, and ``figures`` further columns."""
    first_figure = names + 1 + len(sources)
    return (*range(names + 1 + bool(sources)), *range(first_figure, first_figure + figures))


def _comparison(results: TaskResults, one: SeedMean, sources: Sequence[str]) -> list[Cell]:
    """Return our AUROC, its interval (for several seeds, the mean of each bound), and the published AUROCs."""
    interval = (one.mean("auroc_low"), one.mean("auroc_high"))
    figures = results.figures(one, "auroc")
    theirs = [figure_cell(figures.get(source), one.mean("auroc")) for source in sources]
    return [spread_cell(one.figures["auroc"], interval), *theirs]


def _error_cells(one: SeedMean) -> list[Cell]:
    return [
        _with_base(one, "positive"),
        _with_base(one, "negative"),
        Cell(percent(one.mean("fpr95_in"))),
        Cell(percent(one.mean("fpr95_out"))),
        Cell(percent(one.mean("mean_msp_positive"))),
        Cell(percent(one.mean("mean_msp_negative"))),
        Cell(_count(one, "n_positive")),
        Cell(_count(one, "n_negative")),
    ]


def _with_base(one: SeedMean, side: str) -> Cell:
    base = one.mean(f"base_{side}")
    if base is None:
        return Cell(percent(one.mean(f"ap_{side}")))
    return Cell(percent(one.mean(f"ap_{side}")), f"base {percent(base)}", short_note=percent(base))


def _count(one: SeedMean, name: str) -> str:
    counts = sorted({int(getattr(row, name)) for row in one.rows})
    return f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,}{DASH}{counts[-1]:,}"


def _notes(results: TaskResults, first: str) -> tuple[str, ...]:
    seeds = len(results.seeds)
    kind = (
        f"Means over {seeds} seeds ± standard deviation, the range over seeds, and the 95 % interval of one seed (its"
        " bounds are means over seeds)."
        if seeds > 1
        else "AUROC has its 95 % interval in smaller type."
    )
    example = WHOLES.get(results.record.row_name)
    if example:
        by_row = results.record.unit == "row"
        unit, source = (results.record.row_name, example) if by_row else (example, _ORIGINS[example])
        kind += (
            f" The intervals assume that {unit}s are independent; {unit}s of one {source} are not,"
            " so the true intervals are wider."
        )
    return (f"{first} {kind}",)


def ood_tables(results: TaskResults, trained: TrainedModel) -> list[Table]:
    """Return how well the leading scores of a trained model separate in-distribution from each OOD set.

    There is one table each for primary sets, additional sets, other noise levels, and groups of rows.
    """
    keys = results.sets(trained)
    primary, not_first = results.primary_sets(trained), trained != results.trained_models[0]
    additional = [key for key in keys if not key.primary and key.level_db is None]
    other_levels = [key for key in keys if not key.primary and key.level_db is not None]
    label = results.label(trained)
    about = f" ({label})" if label else ""
    tables = [
        _ood_table(results, trained, primary, f"In-distribution against OOD{about}", folded=not_first),
        _ood_table(
            results, trained, additional, f"Additional OOD sets, which the publication lacks{about}", folded=not_first
        ),
        _ood_table(results, trained, other_levels, f"OOD sets by noise level{about}", folded=bool(primary)),
    ]
    if results.by_group:
        caption = f"In-distribution against OOD, by {results.by_group.record.unit_name}{about}"
        tables.append(
            _ood_table(results.by_group, trained, results.by_group.primary_sets(trained), caption, folded=True)
        )
    return [table for table in tables if table is not None]


def _ood_table(
    results: TaskResults, trained: TrainedModel, keys: Sequence[OodKey], caption: str, folded: bool = False
) -> Table | None:
    """Return one row per OOD set and leading score; None if there is no figure of the shown population."""
    detectors = results.leading_detectors(trained)
    found = [
        (key, one) for key in keys for detector in detectors if (one := results.ood(trained, detector, key)) is not None
    ]
    if not found:
        return None
    sources = sources_of(results.figures(one, "auroc") for _, one in found)
    other = {"correct": "all", "all": "correct"}[results.population]
    others = [results.ood(trained, one.row.detector, key, other) for key, one in found]
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
            "FPR95 in: OOD kept",
            "FPR95 out: ID lost",
            "MSP OOD",
            "n, OOD",
            *((f"AUROC, {_whom(other)}",) if both else ()),
        ),
        rows=tuple(
            (
                Cell(name_of(key)),
                *((Cell(one.row.detector),) if several else ()),
                *_comparison(results, one, sources),
                *_ood_cells(one),
                *((Cell(percent(twin.mean("auroc")) if twin else NOTHING),) if both else ()),
            )
            for (key, one), twin in zip(found, others, strict=True)
        ),
        notes=_notes(results, _population(results, found[0][1])),
        brief=None if folded else _brief(sources, 3, names=2 if several else 1),
        folded=folded,
    )


def _whom(population: str) -> str:
    return {"correct": "correct only", "all": "all test"}[population]


def _population(results: TaskResults, one: SeedMean) -> str:
    noun = f"{results.record.unit_name}s"
    whom = {"correct": f"the correctly classified test {noun}", "all": f"all test {noun}"}[results.population]
    return f"In-distribution here means {whom} ({_count(one, 'n_positive')})."


def _ood_cells(one: SeedMean) -> list[Cell]:
    return [
        _with_base(one, "positive"),
        _with_base(one, "negative"),
        Cell(percent(one.mean("fpr95_in"))),
        Cell(percent(one.mean("fpr95_out"))),
        Cell(percent(one.mean("mean_msp_negative"))),
        Cell(_count(one, "n_negative")),
    ]
