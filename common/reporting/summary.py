"""What stands around the tasks: the answer in brief, how to read it, what is missing, where it comes from."""

from collections.abc import Iterable, Sequence
from statistics import fmean

from common.reporting.document import NOTHING, Cell, Plots, Section, Table, counted, listed, percent
from common.reporting.plots import Overview, overview
from common.reporting.study import SOURCES, TaskResults, figure_cell, sources_of
from common.store.rows import SeedMean
from common.store.run_record import RunRecord

QUESTION = (
    "Asked of every classifier: does its confidence tell its right answers from its wrong ones,"
    " and examples like its training data (in-distribution) from others (out-of-distribution, OOD)?"
)


def headline(facts: RunRecord, studies: Sequence[TaskResults]) -> tuple[str, ...]:
    """Return what was asked, what ran and what came out, in plain words."""
    if not studies:
        return (QUESTION, "Nothing ran: see below for what is missing and the commands that mend it.")
    modalities = list(dict.fromkeys(study.rows[0].modality for study in studies))
    seeds = sorted({seed for study in studies for seed in study.seeds})
    ran = (
        f"{counted(len(studies), 'task')} in {counted(len(modalities), 'modality')} ({listed(modalities)}),"
        f" {counted(len(seeds), 'seed')}{_how(facts)}."
    )
    return tuple(said for said in (QUESTION, ran, _outcome(studies), *_warnings(facts, studies)) if said)


def _how(facts: RunRecord) -> str:
    """Say with which budget and where the models were trained, if the suite trained them."""
    budget = f", {facts.profile} budget" if facts.profile in ("quick", "paper") else ""
    return budget + (f", on {facts.device}" if facts.device not in ("", "none") else "")


def _outcome(studies: Sequence[TaskResults]) -> str:
    """Say how well the first score does on average over the tasks."""
    wrong = [value for study in studies if (value := right_wrong(study, "msp")) is not None]
    ood = [value for study in studies if (value := out_of_distribution(study, "msp")) is not None]
    parts = [f"right from wrong with a mean AUROC of {percent(fmean(wrong))}\N{NO-BREAK SPACE}%"] if wrong else []
    parts += [f"in-distribution from OOD with {percent(fmean(ood))}\N{NO-BREAK SPACE}%"] if ood else []
    if not parts:
        return ""
    return f"The maximum softmax probability (MSP) tells {listed(parts)}; chance gives 50, perfection 100."


def _warnings(facts: RunRecord, studies: Sequence[TaskResults]) -> Iterable[str]:
    if not facts.finished:
        yield "UNFINISHED: the run was interrupted; the same command continues it."
    if facts.not_run:
        yield f"{counted(len(facts.not_run), 'part')} did not run; the reasons and remedies are below."
    for kind, meaning in (("synthetic", "on SYNTHETIC data"), ("sample", "on a SAMPLE of the data")):
        if names := [study.facts.name for study in studies if kind in study.kinds]:
            yield f"{meaning[:1].upper()}{meaning[1:]}: {listed(names)}."
    if facts.profile == "quick":
        yield "The quick budget trains less, or on less, than the published recipes did; --profile paper repeats them."


def right_wrong(study: TaskResults, detector: str) -> float | None:
    """AUROC of right against wrong in the task's first setting, mean over seeds."""
    one = study.right_wrong(study.settings[0], detector)
    return one.mean("auroc") if one else None


def out_of_distribution(study: TaskResults, detector: str) -> float | None:
    """AUROC of in-distribution against OOD in the task's first setting, mean over OOD sets and seeds."""
    one = study.ood_mean(study.settings[0], detector)
    return one.mean("auroc") if one else None


def summary_section(studies: Sequence[TaskResults]) -> Section:
    """Return the drawing and the tables over all tasks."""
    drawing = overview([_overview(study) for study in studies])
    caption = "AUROC of the first score of every task; a published figure is drawn where it measures the same."
    return Section("Summary", (Plots(caption, (drawing,)), _tasks_table(studies), _detectors_table(studies)))


def _overview(study: TaskResults) -> Overview:
    setting, error = study.settings[0], _first_error(study)
    found = [study.ood(setting, study.leading(setting)[0], key) for key in study.single_sets(setting)]
    ood = [one for one in found if one is not None]
    return Overview(
        task=study.facts.name,
        errors=error.mean("auroc") if error else None,
        ood=[auroc for one in ood if (auroc := one.mean("auroc")) is not None],
        published_errors=_published(study, [error] if error else []),
        published_ood=_published(study, ood),
    )


def _published(study: TaskResults, found: Sequence[SeedMean]) -> list[float]:
    return [figure.value / 100 for one in found for figure in study.figures(one, "auroc").values()]


def _tasks_table(studies: Sequence[TaskResults]) -> Table:
    errors = [_first_error(study) for study in studies]
    figures = [study.figures(one, "auroc") if one else {} for study, one in zip(studies, errors, strict=True)]
    sources = sources_of(figures)
    others = [
        f"{study.facts.error_name} for {study.facts.name}"
        for study in studies
        if study.facts.error_name != "test error"
    ]
    rows = []
    for study, one, theirs in zip(studies, errors, figures, strict=True):
        auroc = one.mean("auroc") if one else None
        setting = study.settings[0]
        error, mean = study.error(setting), study.ood_mean(setting, study.leading(setting)[0])
        rows.append(
            (
                Cell(study.facts.name),
                Cell(", ".join(study.kinds)),
                Cell(percent(error.mean if error else None)),
                Cell(percent(auroc)),
                *(figure_cell(theirs.get(source), auroc) for source in sources),
                Cell(percent(mean.mean("auroc") if mean else None)),
                _worst(study),
            )
        )
    return Table(
        caption="Every task at a glance: AUROC of the first score",
        columns=(
            "task",
            "data",
            "error",
            "right / wrong",
            *(SOURCES[s] for s in sources),
            "OOD, mean",
            "hardest OOD set",
        ),
        rows=tuple(rows),
        notes=(
            "Percent. Beside a published figure: ours minus theirs, in percentage points."
            + (f" Error is the test error, but {listed(others)}." if others else ""),
        ),
        brief=tuple(range(6 + len(sources))),
    )


def _first_error(study: TaskResults) -> SeedMean | None:
    setting = study.settings[0]
    return study.right_wrong(setting, study.leading(setting)[0])


def _worst(study: TaskResults) -> Cell:
    setting = study.settings[0]
    found = [
        (auroc, key[0])
        for key in study.single_sets(setting)
        if (one := study.ood(setting, study.leading(setting)[0], key)) and (auroc := one.mean("auroc")) is not None
    ]
    return Cell(percent(min(found)[0]), min(found)[1]) if found else Cell(NOTHING)


def _detectors_table(studies: Sequence[TaskResults]) -> Table:
    """Return the mean AUROC of every score in every modality, for both questions."""
    modalities = list(dict.fromkeys(study.rows[0].modality for study in studies))
    detectors = list(dict.fromkeys(name for study in studies for name in study.detectors(study.settings[0])))
    rows = []
    for detector in detectors:
        cells = []
        for modality in modalities:
            chosen = [study for study in studies if study.rows[0].modality == modality]
            for figure in (right_wrong, out_of_distribution):
                cells.append(_mean_cell([figure(study, detector) for study in chosen], chosen, figure))
        rows.append((Cell(detector), *cells))
    columns = [f"{modality}: {what}" for modality in modalities for what in ("right / wrong", "OOD")]
    sizes = [_size(modality, studies) for modality in modalities]
    return Table(
        caption="Scores across modalities: mean AUROC over tasks",
        columns=("score", *columns),
        rows=tuple(rows),
        notes=(
            f"{'; '.join(sizes)}. Each task counts once: its mean over seeds and OOD sets, pools left out,"
            " in its first way of training.",
            "Where a score ran on fewer tasks than the others the number stands beside it: such means do not compare.",
        ),
        brief=tuple(range(1 + len(columns))),
    )


def _size(modality: str, studies: Sequence[TaskResults]) -> str:
    chosen = [study for study in studies if study.rows[0].modality == modality]
    seeds = {seed for study in chosen for seed in study.seeds}
    return f"{modality}: {counted(len(chosen), 'task')}, {counted(len(seeds), 'seed')}"


def _mean_cell(values: Sequence[float | None], studies: Sequence[TaskResults], figure: object) -> Cell:
    known = [value for value in values if value is not None]
    asked = [study for study in studies if figure is not right_wrong or study.errors(study.settings[0])]
    if not known:
        return Cell(NOTHING)
    return Cell(percent(fmean(known)), "" if len(known) == len(asked) else counted(len(known), "task"))
