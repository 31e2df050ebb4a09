"""Why a trained model has no figure of right against wrong, in words that follow a colon."""

from collections.abc import Sequence

from common.reporting.task_results import TaskResults, TrainedModel
from common.store.rows import Row
from common.store.seed_means import SeedMean


def why_not(results: TaskResults, trained: TrainedModel, field: str) -> str:
    """Return why the right-against-wrong row of the MSP lacks a figure; an empty string if it has it."""
    one = results.right_wrong(trained, "msp")
    if one is None:
        scored = "msp" in results.detectors(trained)
        return no_two_sides(results, trained) if scored else "the MSP is not among the scores (--detectors)"
    return "" if one.mean(field) is not None else _of_row(results, one)


def no_two_sides(results: TaskResults, trained: TrainedModel) -> str:
    """Return why a trained model has no rows of right against wrong."""
    error = results.error(trained)
    if error is None:
        return "the test set has no labels"
    if results.record.error_name == "test error" and error.high == 0:
        return "the model makes no error on the test set"
    if results.record.error_name == "test error" and error.low == 1:
        return "the model is never right on the test set"
    return f"right and wrong are not defined for its {results.record.unit_name}s"


def _of_row(results: TaskResults, one: SeedMean) -> str:
    row: Row = one.row
    if row.unit == "group":
        return f"{results.record.example_name}s are scored by the mean over their {results.record.row_name}s"
    if row.counted_within:
        return "the scores were counted in pieces of the file and not kept"
    if row.mean_msp_positive is None:
        return "a score was given, and no probabilities"
    return "a label is a class that the model excludes, or the rows are of an earlier version"


def said_why_not(tasks: Sequence[TaskResults], field: str) -> tuple[str, ...]:
    """Return a sentence for each reason for which trained models are missing from a table, with their names."""
    missing: dict[str, list[str]] = {}
    for results in tasks:
        for trained in results.trained_models:
            if reason := why_not(results, trained, field):
                missing.setdefault(reason, []).append(named(results, trained))
    return tuple(f"Not here: {', '.join(names)}: {reason}." for reason, names in missing.items())


def named(results: TaskResults, trained: TrainedModel) -> str:
    """Return the name of a task, and of a trained model where the task has several."""
    label = results.label(trained)
    return results.record.name + (f" ({label})" if label else "")
