"""The examples of a report: inputs that show where a model's confidence misleads."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from common.base.display import printable, shown
from common.reporting.document import Example, Gallery
from common.shown import FILE, Shown
from common.store.files import DamagedFile, read_facts
from common.store.run_record import TaskRecord

CAPTIONS = {
    "mistakes": "Most confident mistakes",
    "ood": "Most confident OOD inputs",
    "doubtful": "Least confident right answers",
    "doubtful_test": "Least confident in-distribution inputs",
}
ENTRY = {"kind", "set", "index", "msp", "label", "predicted", *(one.name for one in fields(Shown))}
"""What is known of an input."""

PNG = b"\x89PNG\r\n\x1a\n"
SOUNDS = ("audio/mpeg", "audio/flac")

Examples = Mapping[str, Any]
"""The examples of one task, as ``common.examples.examples_of`` returns them."""


def read_examples(out: Path, results_sha256: str) -> tuple[dict[str, Examples], str]:
    """Read the examples of a run by task, and a sentence where there are some that cannot be shown.

    Args:
        out: folder of the run.
        results_sha256: of the rows that are reported; examples of other rows are not shown.
    """
    file = out / FILE
    if not file.is_file():
        return {}, ""
    try:
        facts = read_facts(file)
    except DamagedFile as damage:
        return {}, f"No examples are shown: {damage.what.replace(str(file), FILE)}."
    if facts.get("results") != results_sha256:
        return {}, f"No examples are shown: {FILE} belongs to other results than results.jsonl."
    try:
        complete = all(entry.keys() >= ENTRY for one in facts["tasks"].values() for entry in one["entries"])
    except (AttributeError, KeyError, TypeError):
        complete = False
    return (facts["tasks"], "") if complete else ({}, f"No examples are shown: {FILE} has another format.")


def galleries(record: TaskRecord, examples: Examples) -> list[Gallery]:
    """Return one gallery for each kind of example; the first is open, and the others are folded."""
    found: dict[str, list[Example]] = {}
    for entry in examples["entries"]:
        found.setdefault(entry["kind"], []).append(_example(entry))
    notes = (_note(record, examples),)
    return [
        Gallery(CAPTIONS[kind], tuple(found[kind]), notes, folded=place > 0, brief=place == 0)
        for place, kind in enumerate(kind for kind in CAPTIONS if kind in found)
    ]


def _note(record: TaskRecord, examples: Examples) -> str:
    one_each = f", at most one {record.row_name} of a {record.example_name}" * (record.unit_name != record.example_name)
    return (
        f"Chosen by the MSP of {examples['objective']}, seed {examples['seed']}{one_each}; the number is the index in"
        " predictions.parquet."
    )


def _example(entry: Mapping[str, Any]) -> Example:
    facts = (("label", entry["label"]), ("prediction", entry["predicted"]), ("MSP", probability(entry["msp"])))
    return Example(
        name=f"{shown(entry['set'])} {entry['index']}",
        facts=tuple((name, printable(value)) for name, value in facts if value),
        text=_parts(entry["text"], entry["marked"]),
        image=_uri(entry["image"], "image/png", PNG),
        sound=_uri(entry["sound"], entry["sound_type"]) if entry["sound_type"] in SOUNDS else "",
        about=printable(entry["about"]),
    )


def probability(value: float) -> str:
    r"""Return a probability as percent, with one digit more for every nine.

    >>> [probability(one).replace("\N{NO-BREAK SPACE}", " ") for one in (0.42, 0.98, 0.99987, 1.0)]
    ['42.0 %', '98.0 %', '99.987 %', '> 99.9999 %']
    """
    if value > 1 - 1e-6:
        return ">\N{NO-BREAK SPACE}99.9999\N{NO-BREAK SPACE}%"
    digits = next(digits for digits in (1, 2, 3, 4) if value < 1 - 10.0 ** -(digits + 1) or digits == 4)
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def _parts(text: str, marked: Sequence[int] | None) -> tuple[str, str, str]:
    """Return the text before the marked part, that part, and the text after it."""
    start, end = marked or (0, 0)
    return printable(text[:start]), printable(text[start:end]), printable(text[end:])


def _uri(encoded: str, media_type: str, magic: bytes = b"") -> str:
    """Return a data URI; "" for nothing, and for what is no such file."""
    try:
        content = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return ""
    if not content.startswith(magic):
        return ""
    return f"data:{media_type};base64,{b64encode(content).decode('ascii')}" if content else ""
