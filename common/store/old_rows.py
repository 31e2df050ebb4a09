"""Rows as they were written before each fact had a field of its own, brought to the present form.

Such a row has no field ``schema``, and one field ``variant`` that meant five things: None in the task's own setting, or
a noise level (``5 dB``), a smaller training set (``30 training examples``), an OOD set that the publication lacks
(``further``), the scoring of groups of rows (``sentences``), or else a part of the rows (``seen words``). The noise
level of the own setting and what is scored there stood in ``run.json`` alone. Nothing but this file reads such names.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

OLD_SCHEMA = 1
Record = dict[str, Any]


def converted(records: Sequence[Record], run_json: Path) -> list[Record]:
    """Return the rows of one results file with the fields of the present form; those that have it stay as they are.

    Args:
        records: the fields of each row.
        run_json: the record of the run, for what old rows left to it; where it is missing or damaged, a task's own
            noise level stays unknown (None) and what is scored is taken for rows.
    """
    if all(_is_present(record) for record in records):
        return list(records)
    tasks = _tasks(run_json)
    changed = [record if _is_present(record) else _with_fields(record, tasks) for record in records]
    levels = _own_levels(changed, tasks)
    return [
        new if _is_present(old) or old.get("variant") == "further" else _with_own_level(new, levels)
        for old, new in zip(records, changed, strict=True)
    ]


def _is_present(record: Record) -> bool:
    return "schema" in record


def _with_fields(record: Record, tasks: Mapping[str, Any]) -> Record:
    """Return an old row with the fields that its variant stood for, and with the unit of its task."""
    if not isinstance(record.get("variant", 0), str | None):  # no row of ours: let the reader say what is wrong
        return record
    kept = {name: value for name, value in record.items() if name != "variant"}
    unit = tasks.get(str(record.get("task")), {}).get("unit") or "row"
    return {**kept, "unit": unit, **_meaning(record["variant"]), "schema": OLD_SCHEMA}


def _meaning(variant: str | None) -> Record:
    """Return the fields that a variant stood for.

    >>> _meaning("-5 dB"), _meaning("30 training examples"), _meaning(None)
    ({'primary': False, 'level_db': -5.0}, {'primary': False, 'train_examples': 30}, {})
    """
    if variant is None:
        return {}
    if (level := _level(variant)) is not None:
        return {"primary": False, "level_db": level}
    if size := re.fullmatch(r"(\d+) training examples", variant):
        return {"primary": False, "train_examples": int(size[1])}
    if variant == "sentences":
        return {"primary": False, "unit": "group"}
    return {"primary": False} if variant == "further" else {"primary": False, "subset": variant}


def _tasks(run_json: Path) -> Mapping[str, Any]:
    try:
        tasks = json.loads(run_json.read_text(encoding="utf-8"))["tasks"]
        return {name: task for name, task in tasks.items() if isinstance(task, dict)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


Set = tuple[Any, Any]
"""A task and the name of one of its OOD sets."""


def _own_levels(records: Sequence[Record], tasks: Mapping[str, Any]) -> dict[Set, float]:
    """Return the noise level of every set in its task's own setting, as far as it is known.

    Sets that come at other levels are at the task's own; so is the pool ``All`` where that is true of all its sets.
    """
    own = {name: _level(task.get("own_variant")) for name, task in tasks.items()}
    at_levels = {_set(record) for record in records if record.get("level_db") is not None}
    primary = {_set(record) for record in records if record.get("out_dist") and record.get("primary", True)}
    levels = {}
    for task, name in primary:
        pooled = {one for one in primary if one[0] == task and one[1] != "All"} if name == "All" else {(task, name)}
        level = own.get(task)
        if level is not None and pooled <= at_levels:
            levels[task, name] = level
    return levels


def _set(record: Record) -> Set:
    return record.get("task"), record.get("out_dist")


def _with_own_level(record: Record, levels: Mapping[Set, float]) -> Record:
    """Return a row with the level of its set in the own setting, unless it is of another level."""
    level = levels.get(_set(record))
    return record if level is None or record.get("level_db") is not None else {**record, "level_db": level}


def _level(variant: str | None) -> float | None:
    """Return the noise level that a variant named, or None.

    >>> _level("-5 dB"), _level("further")
    (-5.0, None)
    """
    found = re.fullmatch(r"(-?\d+(?:\.\d+)?) dB", variant or "")
    return float(found[1]) if found else None
