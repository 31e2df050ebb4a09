"""A killed training continues as if it had never stopped, and the best epoch is kept."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import common.training.checkpoint
from common.training.checkpoint import BestEpoch
from tests.blobs import BUDGET, Linear, blobs, trained, weights


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "plain_sgd", "rmsprop"])
def test_a_training_killed_between_epochs_continues_to_the_same_weights(
    optimizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = replace(BUDGET, optimizer=optimizer, learning_rate=0.01, schedule="one_cycle")
    unbroken = trained(budget=budget, validation=blobs(3))
    monkeypatch.setattr(common.training.checkpoint, "SECONDS_BETWEEN", 0.0)

    class KilledError(Exception):
        pass

    class Killer:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            if done == 4:
                raise KilledError

    with pytest.raises(KilledError):
        trained(budget=budget, validation=blobs(3), checkpoints=tmp_path, progress=Killer())
    epochs: list[int] = []

    class Counter:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            epochs.append(done)

    continued = trained(budget=budget, validation=blobs(3), checkpoints=tmp_path, progress=Counter())
    assert epochs == [4, 5, 6]
    assert np.array_equal(weights(continued), weights(unbroken))


def test_a_damaged_checkpoint_is_left_out_and_the_training_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "train.checkpoint").write_bytes(b"half a file")
    anew, fresh = trained(checkpoints=tmp_path), trained()
    assert all(torch.equal(value, fresh.state_dict()[name]) for name, value in anew.state_dict().items())
    assert not (tmp_path / "train.checkpoint").exists()


def test_of_two_epochs_with_the_same_error_the_first_is_kept() -> None:
    best, model = BestEpoch(), Linear(4, 3)
    first = weights(model).copy()
    best.offer(model, 0.25)
    with torch.no_grad():
        model.last.weight += 1
    best.offer(model, 0.25)
    best.restore(model)
    assert np.array_equal(weights(model), first)


def test_a_checkpoint_is_stored_when_the_last_is_old_enough_and_after_whole_epochs_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 19.9, 20.0, 20.0, 39.9, 40.0, 40.0, 59.0, 59.5])
    monkeypatch.setattr(common.training.checkpoint.time, "monotonic", lambda: next(times))
    stored: list[bool] = []

    class Watcher:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            stored.append((tmp_path / "train.checkpoint").exists())
            (tmp_path / "train.checkpoint").unlink(missing_ok=True)

    trained(checkpoints=tmp_path, progress=Watcher())
    assert stored == [False, False, True, False, True, False], "seen before each epoch's own is stored"


def test_an_epoch_without_an_error_keeps_the_last_weights() -> None:
    model = Linear(4, 3)
    before = weights(model).copy()
    BestEpoch().restore(model)
    assert np.array_equal(weights(model), before)
