"""A model of one's own whose files are too large for memory: one pass counts, a second one decides the rest.

The rows and the report are those of ``common.own.evaluation``; every figure is the middle of an interval that contains
the exact one, and the row says how wide the widest is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.base.display import printable, shown
from common.base.errors import UserError
from common.comparisons import EvaluationSpec
from common.detector import Detector
from common.discover import load_detector, names
from common.own.counted_points import counted_confusion, counted_curves
from common.own.counted_rows import counted_comparisons, counted_row
from common.own.evaluation import check_comparable, check_something_to_compare, identity_of, meaningful, task_record
from common.own.given_scores import DETECTOR as GIVEN
from common.own.hints import Answers, hints_of
from common.own.kinds import Kind
from common.own.pieces import PiecewiseFile
from common.own.rows import Reading, UserRows, left_out
from common.own.tally import RIGHT, WRONG, Tally
from common.run import Run, new_record
from common.store.rows import Row

LARGE = 10**9
"""Bytes of arrays in all files from which they are read in pieces, if nothing else is said."""
SHOWN = (
    *(("AUROC", "auroc"), ("FPR95 in", "fpr95_in")),
    *(("AUPR of the positives", "ap_positive"), ("AUPR of the negatives", "ap_negative")),
)
LEADING = ("msp", "score")
"""Scores whose curves are drawn."""
LEFT_OUT = "calibration, paired differences from the MSP and predictions.parquet"


@dataclass(frozen=True)
class OwnFiles:
    """The files of one model: its test set, and OOD sets by name."""

    test: PiecewiseFile
    sets: Mapping[str, PiecewiseFile]

    @property
    def all(self) -> tuple[PiecewiseFile, ...]:
        """All files, the test set first."""
        return self.test, *self.sets.values()


def files_in_pieces(
    test: Path, sets: Mapping[str, Path], reading: Reading, labels: Path | None, asked: bool | None
) -> OwnFiles | None:
    """Return the files if they are to be read in pieces, or None.

    Args:
        test: file of the test set.
        sets: files of the OOD sets by name.
        reading: how they are read.
        labels: a file of the labels, where they are apart.
        asked: what the user says; None: in pieces where all files together hold more than ``LARGE`` and can be read so.

    Raises:
        UserError: pieces are asked for, and a file cannot be read so or features are wanted.
    """
    if asked is False or (asked is None and reading.features):
        return None
    if reading.features:
        raise UserError("--train needs whole files, so it goes with neither --pieces nor --second-pass")
    files = OwnFiles(
        PiecewiseFile(test, "test", reading, labels),
        {name: PiecewiseFile(file, "ood", reading) for name, file in sets.items()},
    )
    obstacles = [file.obstacle for file in files.all if file.obstacle]
    if asked and obstacles:
        raise UserError(obstacles[0])
    return files if asked or (not obstacles and sum(file.bytes for file in files.all) > LARGE) else None


@dataclass
class Found:
    """What one pass found: the tally, and facts that the report tells.

    Attributes:
        tally: of all rows.
        answers: right and wrong by class, where there are logits and labels.
        unlabelled: test rows left out since they have no label.
        kinds: what the numbers of the files are.
        notes: sentences on how they were taken.
    """

    tally: Tally
    answers: Answers | None = None
    unlabelled: int = 0
    kinds: set[Kind] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def add_test(self, rows: UserRows, labelled: bool) -> None:
        """Count test rows; those without a label are left out if others have one."""
        self.unlabelled += rows.unlabelled
        if labelled and rows.outputs.labels is None:
            self.unlabelled += len(rows.outputs.logits)
            return
        if labelled and not rows.by_score:
            self.answers = self.answers or Answers(rows.outputs.logits.shape[1])
            self.answers.add(rows.outputs)
        self.tally.add_test(rows.outputs)

    def note(self, rows: UserRows) -> None:
        """Keep what the first rows of a file say of all; how many have no label is told of the whole."""
        self.kinds.add(rows.kind)
        missing = left_out(rows.unlabelled, rows.unlabelled + len(rows.outputs.logits))
        kept = [note for note in rows.notes if note not in (missing, "No row has a label.")]
        self.notes += [f"{shown(rows.file)} (told by its first rows): {note}" for note in kept]


def evaluate_in_pieces(
    name: str, files: OwnFiles, detectors: Sequence[str] | None, second_pass: bool, typed: str
) -> Run:
    """Evaluate a model of one's own, its files read once or twice; nothing is written.

    Args:
        name: of the in-distribution set.
        files: its files.
        detectors: scores of the logits by name; None: all that apply.
        second_pass: whether files are read again, so that the FPR95 is known exactly.
        typed: what the user typed, for the record.

    Raises:
        UserError: files are damaged or do not fit each other, or there is nothing to compare.
    """
    test = files.test
    check_something_to_compare(test.file, test.labelled, bool(files.sets), test.by_score)
    chosen = _detectors(detectors, test.by_score)
    found = _pass(files, Tally(chosen, len(files.sets)))
    if test.labelled and not found.tally.sizes[[RIGHT, WRONG]].any():
        raise UserError(f"{shown(test.file)}: no row has a label; save it without labels, or read it with --whole")
    kept, why = (list(chosen), []) if test.by_score else meaningful(chosen, found.kinds)
    wanted = counted_comparisons(found.tally, tuple(files.sets), test.labelled)
    tally = found.tally
    if second_pass:
        tally = _pass(files, tally.second([one.sides for one in wanted])).tally
    return _run(printable(name), files, replace(found, tally=tally), kept, why, typed)


def _detectors(wanted: Sequence[str] | None, by_score: bool) -> tuple[Detector, ...]:
    """Return the scores that need nothing but a row's logits.

    Raises:
        UserError: one that needs more was asked for.
    """
    if by_score:
        if wanted is not None:
            raise UserError("the files have a score alone, so --detectors has nothing to work on")
        return (GIVEN,)
    chosen = [load_detector(one) for one in wanted or names("common/detectors")]
    more = [one.name for one in chosen if one.of_outputs is None]
    if wanted is not None and more:
        raise UserError(f"detector {more[0]} needs more than logits, so it does not run in pieces; say --whole")
    return tuple(one for one in chosen if one.of_outputs is not None)


def _pass(files: OwnFiles, tally: Tally) -> Found:
    """Read all files once."""
    found = Found(tally, notes=[f"{shown(file.file)}: {note}" for file in files.all for note in file.notes])
    first: UserRows | None = None
    for rows in files.test:
        if first is None:
            first = rows
            found.note(rows)
        found.add_test(rows, files.test.labelled)
    assert first is not None, "a file without rows is refused"
    for number, file in enumerate(files.sets.values()):
        for place, rows in enumerate(file):
            if not place:
                check_comparable(rows, first)
                found.note(rows)
            tally.add_ood(number, rows.outputs)
    return found


def _run(
    name: str, files: OwnFiles, found: Found, detectors: Sequence[Detector], why: Sequence[str], typed: str
) -> Run:
    """Return rows, curves and notes of what was counted."""
    tally, labelled, sets = found.tally, files.test.labelled, tuple(files.sets)
    comparisons = counted_comparisons(tally, sets, labelled)
    wrong = int(tally.sizes[WRONG])
    error = 1 - int(tally.sizes[RIGHT]) / int(tally.sizes[RIGHT] + wrong) if labelled else None
    identity = {**identity_of(name), "error": error}
    run = Run(new_record(typed, "own", 1, "none"))
    run.rows = [counted_row(tally, detector, one, identity) for detector in detectors for one in comparisons]
    if labelled and not (wrong and tally.sizes[RIGHT]):
        run.skip(f"own/{name}", "misclassification: one of the two samples is empty, so there is nothing to separate")
    hints = hints_of(found.answers) if found.answers else []
    missing = {"rows without a label": found.unlabelled} if found.unlabelled else {}
    notes = (counting_note(run.rows), *found.notes, *why, *map(_of_missing, missing.values()), *hints)
    run.describe(task_record(name, EvaluationSpec(misclassification=labelled), notes, missing))
    shown_score = next((one for one in detectors if one.name in LEADING), None)
    if shown_score:
        drawn = counted_curves(tally, shown_score, comparisons, sets, labelled)
        drawn["confusion"] = counted_confusion(found.answers)
        about = {key: identity[key] for key in ("task", "seed", "objective")}
        run.record = replace(run.record, curves=({**about, **drawn},))
    run.record = replace(run.record, finished=True)
    return run


def counting_note(rows: Sequence[Row]) -> str:
    """Return a sentence on where the figures come from, and how far they may be from the exact ones."""
    widest = "; ".join(f"{title} {_widest(rows, name)}" for title, name in SHOWN) if rows else "none"
    return (
        "The files were read in pieces and their scores counted in bins, not sorted: every figure is the middle of an"
        " interval that contains that of all scores, and may be off by at most so many percentage points:"
        f" {widest} (counted_within in results.jsonl, row by row). There are no {LEFT_OUT}; --whole gives them where"
        " memory allows."
    )


def _widest(rows: Sequence[Row], figure: str) -> str:
    """Return by how much a figure may be off for the leading score, and for the score where it may be most."""
    of_score: dict[str, float] = {}
    for row in rows:
        of_score[row.detector] = max(of_score.get(row.detector, 0.0), row.counted_within[figure])
    worst = max(of_score, key=of_score.__getitem__)
    leading = next((name for name in LEADING if name in of_score), worst)
    return ", ".join(f"{100 * of_score[name]:.2g} ({name})" for name in dict.fromkeys((leading, worst)))


def _of_missing(count: int) -> str:
    return f"{count:,} test rows have no label and are left out."
