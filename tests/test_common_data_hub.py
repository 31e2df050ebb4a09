"""A data set of the Hub is read at one commit, although its branches move."""

from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from common.data.hub import pinned
from nlp.data.huggingface import CORPORA

COMMITS = ["a" * 40, "b" * 40]


class MovingHub:
    """A hub whose branch has another commit each time it is asked."""

    def dataset_info(self, path: str, revision: str) -> Any:
        assert (path, revision) == ("somebody/set", "main")
        return huggingface_hub.DatasetInfo(id=path, sha=COMMITS.pop(0), tags=[], downloads=0, likes=0)


def test_a_set_of_the_hub_is_read_at_one_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "HfApi", MovingHub)
    assert pinned("somebody/set", "main", tmp_path) == "a" * 40
    assert pinned("somebody/set", "main", tmp_path) == "a" * 40
    assert pinned("somebody/set", "c" * 40, tmp_path) == "c" * 40
    (tmp_path / "downloads.json").unlink()
    assert pinned("somebody/set", "main", tmp_path) == "b" * 40


def test_sets_whose_commit_is_not_given_are_those_known_to_have_none() -> None:
    moving = {name for name, corpus in CORPORA.items() if len(corpus.revision) != 40}
    assert moving == {"multi30k", "trec"}
