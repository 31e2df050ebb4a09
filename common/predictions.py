"""OUT/predictions.parquet: every scored example of a run, with its prediction and all its scores, in a file to read.

A line is a unit that rows of results score: an example, a token, a frame, or a whole utterance. Figures of
``results.jsonl`` are figures of these lines: those of right against wrong of ``set`` = ``test``, those of OOD sets of
``test`` (all, or the ``correct`` ones) against ``set``.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from common.base.workers import RANK
from common.comparisons import EvaluationSpec, ScoredSet
from common.store.files import write_atomically
from common.store.outputs import Outputs, TaskOutputs

if TYPE_CHECKING:
    from common.detector import Detector

FILE = "predictions.parquet"
ABOUT = ("task", "objective", "model", "set", "unit")
"""Columns of text, besides the seed, the level in dB and the size of a smaller training set."""


class Predictions:
    """The lines of a run, one table a trained model; written when the run ends."""

    def __init__(self) -> None:
        self._parts: list[Any] = []

    def add(
        self,
        spec: EvaluationSpec,
        outputs: TaskOutputs,
        detectors: Sequence["Detector"],
        identity: Mapping[str, Any],
    ) -> None:
        """Add the lines of one trained model; scores in float64."""
        import pyarrow as pa

        for name, level, scored in _sets(spec, outputs):
            columns = _columns(scored, detectors)
            size = len(columns["msp"])
            facts = {**{key: identity[key] for key in ("task", "objective", "model")}, "set": name, "unit": scored.unit}
            constant = {key: pa.repeat(value, size).dictionary_encode() for key, value in facts.items()}
            numbers = {
                "seed": pa.repeat(pa.scalar(identity["seed"], pa.int32()), size),
                "level_db": pa.repeat(pa.scalar(level, pa.float64()), size),
                "train_examples": pa.repeat(pa.scalar(spec.train_examples, pa.int64()), size),
                "index": pa.array(np.arange(size)),
            }
            found = {key: pa.array(value, mask=_missing(value)) for key, value in columns.items()}
            self._parts.append(pa.table({**constant, **numbers, **found}))

    def write(self, out: Path) -> None:
        """Write the file; nothing where no model was evaluated.

        Raises:
            UserError: the folder cannot be written, or the disk is full.
        """
        import pyarrow as pa
        from pyarrow import parquet

        if self._parts and not RANK:
            table = pa.concat_tables(self._parts, promote_options="permissive").unify_dictionaries()
            write_atomically(out / FILE, lambda part: parquet.write_table(table, part, compression="zstd"))


def _sets(spec: EvaluationSpec, outputs: TaskOutputs) -> Iterator[tuple[str, float | None, ScoredSet]]:
    yield "test", None, ScoredSet(outputs.test, spec.by_group)
    for key, one in outputs.ood.items():
        if spec.train_examples is None or key.primary:
            yield key.name, key.level_db, ScoredSet(one, spec.by_group)


def _columns(scored: ScoredSet, detectors: Sequence["Detector"]) -> dict[str, NDArray[Any]]:
    """Return label, prediction, whether it is right, the MSP, and a column a score that is defined for the unit."""
    has_answers = not scored.by_group and not np.isnan(scored.msp).all()  # NaN: a score was given, and no logits
    columns: dict[str, NDArray[Any]] = _answers(scored.outputs) if has_answers else {}
    if scored.outputs.labels is not None:
        columns["correct"] = scored.correct
    columns["msp"] = scored.msp.astype(np.float64)
    for detector in detectors:
        if detector.applies(scored.outputs) and (detector.per == "row" or scored.by_group):
            columns[f"score_{detector.name}"] = scored.scores(detector).astype(np.float64)
    return columns


def _answers(outputs: Outputs) -> dict[str, NDArray[Any]]:
    predicted = {"predicted": outputs.scored_logits.argmax(axis=1)}
    return predicted if outputs.labels is None else {"label": outputs.labels, **predicted}


def _missing(values: NDArray[Any]) -> NDArray[Any] | None:
    return np.isnan(values) if values.dtype.kind == "f" else None
