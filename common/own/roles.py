"""Which array of a file is what: by the names that people give them, and by the number of axes."""

from collections.abc import Mapping
from dataclasses import dataclass

from common.base.display import shown
from common.base.errors import UserError, did_you_mean
from common.own.entries import Entry
from common.own.files import OwnFile

MATRICES = {
    "logits": "logits logit predictions prediction preds outputs output scores y_score z arr_0".split(),
    "probabilities": "probabilities probability probs prob p softmax y_prob y_proba proba posteriors".split(),
    "log_probabilities": "log_probabilities log_probability log_probs logprobs log_prob logp log_softmax".split(),
}
"""Names of (N, C) arrays, the first the one that messages give; a table has them before the numbers of its columns."""

COLUMNS = {
    "labels": [
        *"labels label targets target ground_truth gt y_true y true true_label label_ids label_id class".split(),
        "arr_1",  # of numpy.savez(file, logits, labels)
    ],
    "score": "score scores confidence confidences conf msp max_prob certainty".split(),
    "correct": "correct is_correct right hit hits".split(),
    "predicted": "predicted prediction predictions pred preds y_pred predicted_label predicted_class".split(),
}
"""Names of arrays of one value a row."""

FEATURES = "features"


@dataclass(frozen=True)
class Roles:
    """The arrays of a file by what they are; None where it has none.

    Attributes:
        matrix: logits, probabilities or log-probabilities.
        said: which of the three its name says.
        labels, score, correct, predicted: one value a row.
        features: of each layer, in order.
        unused: names of arrays that are none of these.
    """

    matrix: Entry | None = None
    said: str = "logits"
    labels: Entry | None = None
    score: Entry | None = None
    correct: Entry | None = None
    predicted: Entry | None = None
    features: tuple[Entry, ...] = ()
    unused: tuple[str, ...] = ()


def roles_of(file: OwnFile) -> Roles:
    """Return the roles of a file's arrays.

    Raises:
        UserError: it has neither logits nor a score; the message says what to write.
    """
    by_name = {_plain(name): entry for name, entry in file.entries.items()}
    said, matrix = _matrix(by_name)
    columns = {role: _first(by_name, names, matrix) for role, names in COLUMNS.items()}
    if matrix is None and columns["score"] is None:
        raise UserError(_nothing(file))
    features = _features(file)
    used = {entry.name for entry in (matrix, *columns.values(), *features) if entry is not None}
    if matrix is not None:
        for role in ("score", "correct", "predicted"):  # they follow from the logits
            if (one := columns[role]) is not None:
                used.discard(one.name)
            columns[role] = None
    unused = tuple(name for name in file.entries if name not in used)
    return Roles(matrix, said, **columns, features=features, unused=unused)


def _matrix(by_name: Mapping[str, Entry]) -> tuple[str, Entry | None]:
    """Return the (N, C) array and what its name says; one axis is enough for a name that says nothing else."""
    for wide in (True, False):
        for said, names in MATRICES.items():
            for name in names if wide else names[:2]:
                entry = by_name.get(name)
                if entry is not None and (entry.axes != 1 if wide else True):
                    return said, entry
    wide_ones = [entry for name, entry in by_name.items() if entry.axes == 2 and not name.startswith(FEATURES)]
    if len(wide_ones) == 1 and _plain(wide_ones[0].name) in ("", "c", "class", "x", "y", "column", "dim", "out"):
        return "logits", wide_ones[0]  # numbered columns of a table that has no others
    return "logits", None


def _first(by_name: Mapping[str, Entry], names: list[str], matrix: Entry | None) -> Entry | None:
    return next((by_name[name] for name in names if name in by_name and by_name[name] is not matrix), None)


def _features(file: OwnFile) -> tuple[Entry, ...]:
    """Return the features of each layer: ``features``, or ``features_0``, ``features_1`` and so on."""
    numbered = [name for name in file.entries if name.startswith("features_")]
    names = [f"features_{number}" for number in range(len(numbered))]
    if set(names) != set(numbered):
        wrong = ", ".join(sorted(shown(name, 40) for name in numbered))
        raise UserError(f"{shown(file.path)}: layers must be features_0 to features_{len(names) - 1}, not {wrong}")
    if names and FEATURES in file.entries:
        raise UserError(f"{shown(file.path)}: give either 'features' or 'features_0' and so on, not both")
    return tuple(file.entries[name] for name in names or [FEATURES] if name in file.entries)


def _plain(name: str) -> str:
    """Return a name without what people vary: case, blanks, hyphens."""
    return name.strip().lower().replace(" ", "_").replace("-", "_").rstrip("_")


def _nothing(file: OwnFile) -> str:
    near = next((near for name in file.entries if (near := did_you_mean(name, ["logits", "scores"]))), "")
    return (
        f"{shown(file.path)} has no array 'logits' (it has: {file.listed}){near}; save logits (N, C) and labels (N,),"
        " in a table columns logit_0, logit_1, ... and label, or a confidence a row: score and correct (0 or 1)"
    )
