"""Features are computed once and stored, and found again by the sounds they are of."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from common.data.examples import TensorDataset
from common.data.locations import Folders
from speech.data.audio import Waveform
from speech.feature_store import FeatureStore
from speech.features import mfcc_with_deltas


class Counting:
    """MFCCs, and how often they were computed."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, waveforms: Sequence[Waveform]) -> TensorDataset:
        self.calls += 1
        return mfcc_with_deltas(waveforms)


def sounds(seed: int = 0) -> list[Waveform]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(length, dtype=np.float32) for length in (4000, 0, 7000)]


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(Folders((), tmp_path))


def test_the_same_sounds_are_computed_once_and_read_back_exactly(store: FeatureStore) -> None:
    compute = Counting()
    first, again = (store.get("mfcc", compute, sounds()) for _ in range(2))
    assert compute.calls == 1
    assert torch.equal(first.inputs, again.inputs) and torch.equal(first.offsets, again.offsets)
    assert torch.equal(first.inputs, mfcc_with_deltas(sounds()).inputs)


def test_other_sounds_other_features_and_another_division_into_utterances_are_computed_anew(
    store: FeatureStore,
) -> None:
    compute = Counting()
    store.get("mfcc", compute, sounds())
    store.get("mfcc", compute, sounds(1))
    store.get("other", compute, sounds())
    store.get("mfcc", compute, [np.concatenate(sounds())])
    assert compute.calls == 4


def test_without_a_folder_nothing_is_stored() -> None:
    compute = Counting()
    for _ in range(2):
        FeatureStore(None).get("mfcc", compute, sounds())
    assert compute.calls == 2


def test_a_damaged_file_is_told_and_computed_again(
    store: FeatureStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compute = Counting()
    whole = store.get("mfcc", compute, sounds())
    (file,) = (tmp_path / "features").iterdir()
    file.write_bytes(file.read_bytes()[:50])
    assert torch.equal(store.get("mfcc", compute, sounds()).inputs, whole.inputs)
    told = capsys.readouterr().err
    assert f"{file.name} cannot be read" in told and told.endswith("it is made again\n") and told.count("\n") == 1
    assert torch.equal(store.get("mfcc", compute, sounds()).inputs, whole.inputs) and compute.calls == 2


def test_what_was_used_longest_ago_makes_room_for_the_new(
    store: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = Counting()
    for seed in (0, 1):
        store.get("mfcc", compute, sounds(seed))
    old, new = sorted((tmp_path / "features").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    os.utime(old, ns=(2, 2))
    os.utime(new, ns=(1, 1))  # as if the first had been used since
    monkeypatch.setattr("speech.feature_store.LIMIT", 2 * old.stat().st_size + 10)
    store.get("mfcc", compute, sounds(2))
    assert old.exists() and not new.exists() and compute.calls == 3
    assert len(list((tmp_path / "features").iterdir())) == 2
