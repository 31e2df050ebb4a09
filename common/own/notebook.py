"""``report(logits, labels, ood={...})``: the same figures as the command line's, in a notebook.

from common import report

done = report(logits, labels, ood={"notMNIST": other})
done                        # shows the tables and pictures in a notebook
done.to_pandas()            # a row for each score, question and OOD set
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.base.arguments import check_set_name, parse_names
from common.base.errors import UserError
from common.discover import load_detector
from common.own.evaluation import evaluate_own, notes_of, own_model
from common.own.handed import rows_by_logits, rows_by_score
from common.own.pictures import OwnPlots, own_plots
from common.own.score_table import OwnTable
from common.papers.table import POOLED
from common.reporting.formats import DEFAULT, chosen_formats
from common.run import Run, finish
from common.store.rows import WITH_INTERVAL, Row

if TYPE_CHECKING:
    import pandas

Given = Any
"""An array, list or torch tensor; or a mapping with ``logits`` and perhaps ``features`` (one array, or several)."""


@dataclass(frozen=True)
class OwnReport:
    """The results of one model; a notebook shows its tables and pictures.

    Attributes:
        run: rows of results and the record.
    """

    run: Run

    @property
    def rows(self) -> list[Row]:
        """The rows of ``results.jsonl``: figures are fractions."""
        return self.run.rows

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on how the input was taken, what was left out, and what looks wrong."""
        return notes_of(self.run) + tuple(one.why for one in self.run.record.not_run)

    @cached_property
    def table(self) -> OwnTable:
        """The figures of every score and both questions, in percent: it prints as text and shows as HTML."""
        return OwnTable.of(self.rows)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the rows as a data frame: the columns of ``results.jsonl`` that say or measure something."""
        import pandas as pd

        frame = pd.DataFrame([asdict(row) for row in self.rows])
        return frame[[name for name in frame.columns if name in _COLUMNS]]

    def plot(self) -> OwnPlots:
        """Return the pictures: histograms of the MSP, and ROC curves."""
        return own_plots(self.run)

    def save(self, folder: str | Path, formats: Sequence[str] = DEFAULT, card: bool = False) -> Path:
        """Write ``results.jsonl``, ``run.json`` and the report; return the path of the page.

        Args:
            folder: where to; made if it is not there.
            formats: of the report: md, html, csv, tex. The page is always one of them.
            card: whether to write a model card for the Hugging Face Hub, too.

        Raises:
            UserError: an unknown format, or a folder that cannot be written.
        """
        chosen = chosen_formats(",".join(formats), card)
        finish(self.run, Path(folder), formats=("html", *chosen))
        return Path(folder) / "report.html"

    def __str__(self) -> str:
        """The table and the notes as text."""
        return "\n".join([str(self.table), *(f"note: {note}" for note in self.notes)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Tables, notes and pictures for a notebook."""
        from html import escape

        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"{self.table._repr_html_()}<ul>{notes}</ul>{self.plot()._repr_html_()}"


_COLUMNS = {
    *("detector", "question", "out_dist", "population", "n_positive", "n_negative", "base_positive", "base_negative"),
    *("aupr_positive", "aupr_negative", "detection_error", "mean_msp_positive", "mean_msp_negative", "error"),
    *(name + end for name in WITH_INTERVAL for end in ("", "_low", "_high")),
    "detector_options",
}


def report(
    logits: Given = None,
    labels: Given = None,
    ood: Mapping[str, Given] | None = None,
    *,
    features: Given = None,
    train: Mapping[str, Given] | None = None,
    score: Given = None,
    correct: Given = None,
    probabilities: bool | None = None,
    detectors: str | Sequence[str] | None = None,
    name: str = "mine",
) -> OwnReport:
    """Evaluate a model: does its confidence tell right from wrong, and in-distribution from OOD?

    Arrays may be NumPy's, lists, or torch tensors on any device. Nothing is written; ``save`` does that.

    Args:
        logits: (N, C) of the test set; probabilities are told apart and said so.
        labels: (N,) classes of the test set; -1 for none.
        ood: (M, C) logits of each OOD set by name; with ``train`` a mapping with ``logits`` and ``features``; with
            ``score`` (M,) scores.
        features: (N, D) inputs of the last layer, or a list of several layers; only with ``train``.
        train: ``features``, ``logits`` and ``labels`` of the training set: detectors that learn run too.
        score: (N,) a confidence in place of logits: higher means more confident.
        correct: (N,) whether the model is right, with ``score``.
        probabilities: whether the numbers are probabilities (True) or logits (False); None: told by the numbers.
        detectors: names, in a list or as on the command line (``"msp,energy"``); None: all that apply.
        name: of the model, for the report.

    Raises:
        UserError: arrays do not fit each other; the message says what to do.

    >>> done = report([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.1, 0.0]], [0, 1, 0, 1], detectors=["msp"])
    >>> done.rows[0].auroc, done.rows[0].error
    (1.0, 0.25)
    """
    if ood is not None and not isinstance(ood, Mapping):
        raise UserError('ood takes sets by name: ood={"a name": logits}')
    if isinstance(detectors, str):
        detectors = parse_names("detectors", detectors, load_detector)
    sets = dict(ood or {})
    for one in sets:
        check_set_name(one, POOLED, "ood")
    if score is not None:
        if any(given is not None for given in (logits, labels, features)):
            raise UserError("give either logits (with labels) or score (with correct), not both")
        test = rows_by_score("score", score, correct)
        others = {one: rows_by_score(one, value) for one, value in sets.items()}
    elif logits is not None:
        whole = {"logits": logits, "labels": labels, "features": features}
        test = rows_by_logits("logits", whole, probabilities)
        others = {one: rows_by_logits(one, value, probabilities, labelled=False) for one, value in sets.items()}
    else:
        raise UserError("give logits (N, C), or a score of each row: report(logits, labels) or report(score=...)")
    learned = rows_by_logits("train", train, probabilities) if train is not None else None
    model = own_model(name, test, others, learned, detectors)
    return OwnReport(evaluate_own(model, "common.report(...)"))
