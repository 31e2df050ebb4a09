"""Rows and records of imaginary runs, and the reports that are made of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from common.reporting.report import write_report
from common.shown import FILE
from common.store.files import sha256, write_facts
from common.store.rows import Row, write_rows

MNIST = Row(
    task="vision/mnist",
    modality="vision",
    seed=0,
    profile="quick",
    data="full",
    objective="cross_entropy",
    detector="msp",
    question="ood",
    model="mlp",
    held_out=None,
    in_dist="MNIST",
    out_dist="Omniglot",
    population="correct",
    n_positive=9850,
    n_negative=9200,
    auroc=0.9651,
    auroc_low=0.9612,
    auroc_high=0.9698,
    ap_positive=0.9712,
    ap_negative=0.9534,
    aupr_positive=0.9713,
    aupr_negative=0.9535,
    base_positive=0.5171,
    base_negative=0.4829,
    fpr95_in=0.1234,
    fpr95_out=0.2345,
    ap_positive_low=0.9683,
    ap_positive_high=0.9738,
    ap_negative_low=0.9481,
    ap_negative_high=0.9582,
    fpr95_in_low=0.1142,
    fpr95_in_high=0.1329,
    fpr95_out_low=0.2188,
    fpr95_out_high=0.2503,
    detection_error=0.08,
    mean_msp_positive=0.9976,
    mean_msp_negative=0.8661,
    error=0.0151,
)


ERRORS = replace(
    MNIST, question="misclassification", out_dist=None, population="all", auroc=0.9788, ap_negative=0.4412,
    base_positive=0.985, base_negative=0.015, n_negative=150,
)  # fmt: skip


STAND_IN = replace(MNIST, out_dist="Letters A-J (fonts, for notMNIST)", auroc=0.8123)


REUTERS = replace(
    ERRORS, task="nlp/reuters8", modality="nlp", in_dist="Reuters 6", model="bag_of_words", held_out=("grain", "ship")
)


FACTS = {
    "title": "MNIST digits",
    "in_dist": "MNIST",
    "paper_task": "mnist",
    "row_name": "image",
    "departures": ["Only 5,000 digits"],
    "notes": ["A note for the reader"],
    "dropped": {"empty images": 3},
    "seconds": {"train": 12.0},
}


def _separation(question: str, out_dist: str | None, population: str, middle: float) -> dict[str, Any]:
    curve = {"fpr": [0, 1 - middle, 1], "tpr": [0, middle, 1], "recall": [0.5, 1], "precision": [1, 0.5], "base": 0.5}
    return {"question": question, "out_dist": out_dist, "population": population, **curve}


ODDS = {"edges": [-2.0, 0.0, 8.0, 16.0], "right": [1, 2, 6], "wrong": [3, 2, 0], "ood": {"Omniglot": [1, 2, 1]}}
BINS = {"confidence": [0.3, 0.9], "accuracy": [0.2, 0.8], "count": [10, 90], "ece": 0.1}
CURVE: dict[str, Any] = {
    "task": "vision/mnist",
    "seed": 0,
    "objective": "cross_entropy",
    "detector": "msp",
    "confidence": ODDS,
    "roc": [
        _separation("misclassification", None, "all", 0.9),
        _separation("ood", "Omniglot", "correct", 0.8),
        _separation("ood", "Omniglot", "all", 0.7),
    ],
    "reliability": [{"name": "as it is", **BINS}, {"name": "temperature scaled", **BINS, "ece": 0.05}],
    "risk": {"coverage": [0.5, 1.0], "risk": [0.0, 0.1]},
    "confusion": {"names": ["cat", "dog"], "counts": [[90, 2], [8, 1]]},
}
OLD_CURVE = {
    **{name: CURVE[name] for name in ("task", "seed", "objective", "detector")},
    "histogram": {"edges": [0.0, 0.5, 1.0], "right": [1, 9], "wrong": [2, 1], "ood": {"Omniglot": [3, 3]}},
    "roc": [{name: one[name] for name in ("question", "out_dist", "population", "fpr", "tpr")} for one in CURVE["roc"]],
}
"""Of a record of an earlier format."""

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
"""PNG of one black pixel, in base64."""


def entry(kind: str = "mistakes", **facts: Any) -> dict[str, Any]:
    """One input as ``examples.json`` has it: an image, unless ``facts`` say otherwise."""
    about = {"kind": kind, "set": "test", "index": 7, "msp": 0.9999, "label": "3", "predicted": "8"}
    shown = {"text": "", "marked": None, "image": PIXEL, "sound": "", "sound_type": "", "about": "1 x 1 pixels"}
    return about | shown | facts


class Report:
    """A written report: its terminal text, Markdown and page.

    Args:
        out: folder of the run.
        rows: of results.
        run: content of ``run.json``.
        examples: what is shown of each task; None: the run has no examples.
    """

    def __init__(
        self,
        out: Path,
        rows: Sequence[Row],
        run: dict[str, Any],
        examples: Mapping[str, Sequence[dict[str, Any]]] | None = None,
    ) -> None:
        self.out = out
        write_rows(out / "results.jsonl", rows)
        if examples is not None:
            tasks = {name: {"objective": "given", "seed": 0, "entries": list(one)} for name, one in examples.items()}
            write_facts(out / FILE, {"results": sha256(out / "results.jsonl"), "tasks": tasks})
        (out / "run.json").write_text(json.dumps(run), encoding="utf-8")
        self.terminal = write_report(out)
        self.markdown = (out / "report.md").read_text(encoding="utf-8")
        self.page = (out / "report.html").read_text(encoding="utf-8")

    def line(self, caption: str, name: str) -> str:
        """The line called ``name`` of the Markdown table whose caption starts with ``caption``."""
        table = next(text for text in self.markdown.split("### ") if text.startswith(caption))
        return next(line for line in table.splitlines() if line.startswith(f"| {name} |"))


Make = Callable[..., Report]
"""Writes a report of rows; ``facts`` are added to those of the task vision/mnist, other names to ``run.json``."""


def maker(out: Path) -> Make:
    """Return what writes reports to a folder."""

    def make(*rows: Row, facts: dict[str, Any] | None = None, examples: Any = None, **run: Any) -> Report:
        tasks = {"vision/mnist": FACTS | (facts or {}), "nlp/reuters8": {"title": "Reuters", "paper_task": "reuters8"}}
        record = {"command": "uv run run_all.py", "profile": "quick", "tasks": tasks} | run
        return Report(out, rows, record, examples)

    return make
