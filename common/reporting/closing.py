"""The end of a report: how to read its figures, what did not run, where everything comes from."""

from collections.abc import Sequence

from common.reporting.document import Cell, Section, Table, Text
from common.reporting.task_results import TaskResults
from common.store.run_record import RunRecord

LEGEND = (
    "AUROC: the chance that a right (or in-distribution) row gets a higher score than a wrong (or OOD) one, ties"
    " counting half; 50 % is chance, 100 % is perfect.",
    "95 % interval: where the AUROC of ever more rows like these would probably lie; it knows nothing of other seeds,"
    " and takes the rows as independent of each other.",
    "AUPR: precision averaged over all thresholds (average precision) when one side is to be found: right or wrong,"
    " In (in-distribution) or Out (OOD). The trapezoid AUPR joins the points of the curve by straight lines, as the"
    " 2017 paper did.",
    "Base rate: the fraction of the side to be found, which is the AUPR of a score that knows nothing; read an AUPR"
    " against it.",
    "FPR95 in: the fraction of wrong (or OOD) rows that still pass when the threshold keeps 95 % of the right (or"
    " in-distribution) ones; FPR95 out: the same with the sides exchanged; lower is better.",
    "MSP: the mean maximum softmax probability, the model's own confidence; it is no estimate of how often the model"
    " is right.",
    "Population: a table of OOD says whether in-distribution means all test rows, or those that the model gets right.",
    "Score: what is ranked; higher means more confident. Names are those of --detectors.",
)


def legend_section() -> Section:
    """Return a sentence for each figure."""
    return Section("How to read the figures", (Text(LEGEND),))


def missing_section(facts: RunRecord) -> Section | None:
    """Return what did not run, why, and the command that mends it."""
    if not facts.not_run:
        return None
    points = tuple(
        f"{one.what}: {one.why}" + (f"; mend it with: {one.remedy}" if one.remedy else "") for one in facts.not_run
    )
    return Section("Not run", (Text(points, brief=True),))


def provenance_section(facts: RunRecord, tasks: Sequence[TaskResults]) -> Section:
    """Return where the figures come from."""
    lines = [
        ("command", facts.command),
        ("profile", facts.profile),
        ("seeds", ", ".join(map(str, facts.seeds))),
        ("device", facts.device),
        ("commit", facts.commit),
        ("versions", ", ".join(f"{name} {version}" for name, version in sorted(facts.versions.items()))),
        ("time", _time(tasks)),
    ]
    rows = tuple((Cell(name), Cell(value)) for name, value in lines if value)
    return Section("Where this comes from", (Table("Provenance", ("what", ""), rows),))


def _time(tasks: Sequence[TaskResults]) -> str:
    times = [
        f"{results.facts.name} {sum(results.facts.seconds.values()):.0f} s"
        for results in tasks
        if results.facts.seconds
    ]
    return ", ".join(times)
