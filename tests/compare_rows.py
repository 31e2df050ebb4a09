"""Compare two results files: match rows by what they are about, and print every figure that differs.

    uv run python -m tests.compare_rows OLD/results.jsonl NEW/results.jsonl [--detector msp]

Leaves with code 1 if a figure differs or a row of OLD has none in NEW. Files of any form are read.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from common.store.rows import ABOUT, FIGURES, Row, read_rows

COUNTS = ("n_positive", "n_negative")


def by_what_they_are_about(rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    """Return rows by all that says what they measure."""
    return {tuple(getattr(row, name) for name in ("seed", *ABOUT)): row for row in rows}


def differences(old: Mapping[tuple[Any, ...], Row], new: Mapping[tuple[Any, ...], Row]) -> list[str]:
    """Return a line for each old row without a new one, and for each figure that an old row has and that differs."""
    lines = []
    for about, before in old.items():
        what = " ".join(str(part) for part in about if part not in (None, ""))
        if about not in new:
            lines.append(f"missing: {what}")
            continue
        for name in (*COUNTS, *FIGURES):
            was, now = getattr(before, name), getattr(new[about], name)
            if was is not None and was != now:
                lines.append(f"{name} {was} -> {now}: {what}")
    return lines


def main() -> int:
    """Print the differences of two files and how many rows were compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--detector", help="rows of this detector alone")
    chosen = parser.parse_args()
    old, new = (
        by_what_they_are_about(row for row in read_rows(path) if chosen.detector in (None, row.detector))
        for path in (chosen.old, chosen.new)
    )
    found = differences(old, new)
    print("\n".join([*found, f"{len(old)} rows compared, {len(found)} differences"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
