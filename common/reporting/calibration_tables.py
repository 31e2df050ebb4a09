"""How well the MSP can be read as a probability, and what abstaining buys: tables over all tasks."""

from collections.abc import Sequence

from common.reporting.document import NOTHING, Cell, Table, Text, percent, span
from common.reporting.task_results import TaskResults
from common.reporting.why_not import named, said_why_not
from common.store.seed_means import SeedMean

BEFORE = (("ECE", "ece"), ("ECE, equal mass", "ece_equal_mass"), ("Brier", "brier"), ("NLL", "nll"))
AFTER = (("ECE, scaled", "ece_scaled"), ("Brier, scaled", "brier_scaled"), ("NLL, scaled", "nll_scaled"))
NO_FRACTIONS = ("nll", "nll_scaled", "temperature", "brier", "brier_scaled")
RISK = (
    ("AURC", "aurc"),
    ("excess AURC", "e_aurc"),
    ("accuracy, 80 %", "accuracy_at_80"),
    ("accuracy, 90 %", "accuracy_at_90"),
    ("accuracy, 95 %", "accuracy_at_95"),
    ("answered at 5 % errors", "coverage_at_error_5"),
)


def calibration_table(tasks: Sequence[TaskResults]) -> Table | Text:
    """Return the calibration of every trained model before and after temperature scaling, and why some have none."""
    columns = (*BEFORE, ("T", "temperature"), *AFTER)
    rows, why = _rows(tasks, columns, needed="ece"), said_why_not(tasks, "ece")
    if not rows:
        return Text(why, heading="Calibration")
    return Table(
        caption="Calibration: can the MSP be read as the probability of being right?",
        columns=("task", *(title for title, _ in columns)),
        rows=rows,
        notes=(
            "ECE: mean difference between confidence and accuracy over 15 bins, in percent; T: the temperature that "
            "maximises the likelihood, fitted for each half of the test examples on the other half, never on OOD "
            "examples. T above 1 means that the model is overconfident.",
            *why,
        ),
    )


def risk_table(tasks: Sequence[TaskResults]) -> Table | Text:
    """Return what abstaining by the MSP buys, of every trained model, and why some have nothing."""
    rows, why = _rows(tasks, RISK, needed="e_aurc"), said_why_not(tasks, "e_aurc")
    if not rows:
        return Text(why, heading="Abstaining")
    return Table(
        caption="Abstaining: what is gained when the least confident examples are not answered?",
        columns=("task", *(title for title, _ in RISK)),
        rows=rows,
        notes=(
            "Percent. AURC: mean error over all coverages; excess: above that of the best ranking with as many errors; "
            "accuracy of the most confident 80, 90 and 95 % of the test examples. Answered at 5 % errors: how many "
            "lie above the lowest MSP from which on at most 5 % of new answers are wrong, at a confidence of 95 % if "
            "examples are independent, as tokens of one sentence and frames of one utterance are not.",
            *why,
        ),
    )


def _rows(
    tasks: Sequence[TaskResults], columns: Sequence[tuple[str, str]], needed: str
) -> tuple[tuple[Cell, ...], ...]:
    rows = []
    for results in tasks:
        for trained in results.trained_models:
            one = results.right_wrong(trained, "msp")
            if one is None or one.mean(needed) is None:
                continue
            rows.append((Cell(named(results, trained)), *(_cell(one, field) for _, field in columns)))
    return tuple(rows)


def _cell(one: SeedMean, field: str) -> Cell:
    value = one.mean(field)
    if value is None:
        return Cell(NOTHING)
    return Cell(f"{value:.3f}" if field in NO_FRACTIONS else percent(value), _note(one, field))


def _note(one: SeedMean, field: str) -> str:
    if field == "coverage_at_error_5":
        threshold = one.mean("msp_at_error_5")
        return "" if not threshold else f"MSP from {percent(threshold)} on"
    return span(one.mean("aurc_low"), one.mean("aurc_high")) if field == "aurc" else ""
