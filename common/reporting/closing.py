"""The last sections of a report: explanation of the figures, skipped parts, provenance."""

from collections.abc import Sequence

from common.reporting.document import Cell, Section, Table, Text
from common.reporting.task_results import TaskResults
from common.store.run_record import RunRecord

LEGEND = (
    "AUROC: the probability that a right (or in-distribution) example gets a higher score than a wrong (or OOD)"
    " example; a tie counts half. 50 % is chance, 100 % is perfect.",
    "95 % interval: the confidence interval of a figure over other test examples; those of AUPR, FPR95 and AURC stand"
    " in the folded tables. It does not cover other seeds, and it assumes that the examples are independent.",
    "AUPR: the average precision over all thresholds when one class is the class to find: right or wrong, In"
    " (in-distribution) or Out (OOD). The trapezoid AUPR connects the points of the precision-recall curve by straight"
    " lines, as the 2017 paper did.",
    "Base rate: the fraction of examples that belong to the class to find. A constant score has this AUPR, so compare"
    " an AUPR with its base rate.",
    "FPR95 in: the fraction of wrong (or OOD) examples that the threshold keeps if it keeps 95 % of the right (or"
    " in-distribution) examples. FPR95 out: the fraction of right (or in-distribution) examples that the threshold"
    " rejects if it rejects 95 % of the wrong (or OOD) examples. Lower is better.",
    "FPR95 elsewhere: the figures of ODIN's paper are FPR95 in; those of pytorch-ood (FPR95TPR), OpenOOD 1.5 and the"
    " Outlier Exposure paper are FPR95 out, since OOD is the class to find there.",
    "MSP: the mean maximum softmax probability of the model. It does not estimate how often the model is right.",
    "Population: the in-distribution examples of an OOD table are all test examples, or only the correctly classified"
    " test examples; each table says which.",
    "Score: the confidence that ranks the examples; higher means more confident. Option --detectors takes these names.",
)


def legend_section() -> Section:
    """Return the explanation of each figure."""
    return Section("How to read the figures", (Text(LEGEND),))


def missing_section(record: RunRecord) -> Section | None:
    """Return the parts that did not run, with reasons and the commands that fix them; None if everything ran."""
    if not record.not_run:
        return None
    points = tuple(
        f"{one.what}: {one.why}" + (f"; fix it with: {one.remedy}" if one.remedy else "") for one in record.not_run
    )
    return Section("Not run", (Text(points, brief=True),))


def provenance_section(record: RunRecord, tasks: Sequence[TaskResults]) -> Section:
    """Return the provenance of the figures: command, device, commit, versions, time."""
    lines = [
        ("command", record.command),
        ("profile", record.profile),
        ("seeds", ", ".join(map(str, record.seeds))),
        ("device", record.device),
        ("commit", record.commit),
        ("versions", ", ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))),
        ("time", _time(tasks)),
    ]
    rows = tuple((Cell(name), Cell(value)) for name, value in lines if value)
    return Section("Provenance", (Table("How this report was made", ("item", "value"), rows),))


def _time(tasks: Sequence[TaskResults]) -> str:
    times = [
        f"{results.record.name} {sum(results.record.seconds.values()):.0f} s"
        for results in tasks
        if results.record.seconds
    ]
    return ", ".join(times)
