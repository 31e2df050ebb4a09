"""Data sets of the Hugging Face Hub: branches move, so a download reads one commit, and the same one again."""

import re
from pathlib import Path

from common.base.errors import UserError
from common.data.first_hashes import first_hash, remember_hash


def pinned(path: str, revision: str, work: Path) -> str:
    """Return the commit of a set of the Hub: the given one, or that of a branch when it was first downloaded.

    Args:
        path: of the set on the Hub.
        revision: a commit in 40 hexadecimal digits, or a branch.
        work: the temporary folder of the download.

    Raises:
        UserError: the Hub gives the branch no commit.
    """
    if re.fullmatch("[0-9a-f]{40}", revision):
        return revision
    from huggingface_hub import HfApi

    what = f"https://huggingface.co/datasets/{path}@{revision}"
    commit = first_hash(work, what) or HfApi().dataset_info(path, revision=revision).sha
    if commit is None:
        raise UserError(f"{what} has no commit; try again later")
    remember_hash(work, what, commit)
    return commit
