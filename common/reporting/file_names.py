"""Names of the files of a report."""

from common.reporting.render_html import slug

LONGEST = 100
"""Characters of a name at most, its ending and number not counted."""


def file_name(title: str, taken: set[str]) -> str:
    """Return a title as the name of a file, without ending, and add it to those taken; a taken one gets a number.

    >>> taken = set()
    >>> file_name("All tasks (AUROC)", taken), file_name("All tasks: AUROC", taken)
    ('all-tasks-auroc', 'all-tasks-auroc-2')
    """
    first = slug(title)[:LONGEST].strip("-") or "unnamed"
    others = (f"{first}-{number}" for number in range(2, len(taken) + 3))
    name = next(name for name in (first, *others) if name not in taken)
    taken.add(name)
    return name
