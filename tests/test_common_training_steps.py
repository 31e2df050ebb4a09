"""One step of a training: its optimiser, its rate, its gradient and its precision."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from common.data.examples import Batch
from common.model import Classifier
from common.training.loop import fit
from common.training.steps import GradientStep, descend, has_bfloat16, make_optimizer, set_rate
from tests.blobs import BUDGET, Linear, blobs, setup, trained, weights


def test_weight_decay_falls_on_the_listed_weights_alone() -> None:
    model = Linear(4, 3)
    model.decayed = lambda: [model.last.weight]  # type: ignore[method-assign]
    groups = make_optimizer(model, replace(BUDGET, weight_decay=0.1), None).param_groups
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert decay == {id(model.last.weight): 0.1, id(model.last.bias): 0.0}


def test_mixed_precision_rounds_products_alone_and_weights_stay_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def loss(model: Classifier, batch: Batch, beside: object) -> Tensor:
        logits = model(batch)
        seen.append(logits.dtype)
        return nn.functional.cross_entropy(logits, batch.labels)

    mixed = replace(BUDGET, epochs=2, mixed_precision=True)
    found = {}
    for there in (True, False):
        monkeypatch.setattr("common.training.steps.has_bfloat16", lambda device, there=there: there)
        torch.manual_seed(0)
        model = Linear(4, 3)
        fit(model, loss, setup(budget=mixed))
        found[there] = weights(model)
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
        assert set(seen) == {torch.bfloat16 if there else torch.float32}
        seen.clear()
    assert np.array_equal(found[False], weights(trained(budget=replace(mixed, mixed_precision=False))))
    assert found[True] == pytest.approx(found[False], abs=0.05)
    assert not np.array_equal(found[True], found[False])


def test_a_step_follows_the_gradient_of_its_own_loss_alone() -> None:
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    for expected in (-1.0, -2.0, -3.0):
        descend(optimizer, weight.sum())
        assert weight.item() == expected


@pytest.mark.parametrize(
    ("name", "kind", "momentum"),
    [("adam", "Adam", None), ("sgd", "SGD", 0.9), ("plain_sgd", "SGD", 0), ("rmsprop", "RMSprop", 0)],
)
def test_an_optimiser_is_what_its_name_says_at_the_budget_s_rate(name: str, kind: str, momentum: float | None) -> None:
    model = Linear(4, 3)
    optimizer = make_optimizer(model, replace(BUDGET, optimizer=name))
    assert type(optimizer).__name__ == kind and len(optimizer.param_groups) == 1
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"], group.get("momentum")) == (BUDGET.learning_rate, 0.0, momentum)
    assert group.get("nesterov", False) == (name == "sgd")
    set_rate(optimizer, 0.125)
    assert group["lr"] == 0.125


def test_parameters_that_are_frozen_or_not_named_are_not_trained() -> None:
    model = Linear(4, 3)
    model.last.bias.requires_grad = False
    assert [len(group["params"]) for group in make_optimizer(model, BUDGET).param_groups] == [1]
    before = model.last.weight.clone()
    fit(model, lambda one, batch, beside: one(batch).sum(), setup(), parameters=[model.last.bias.requires_grad_()])
    assert torch.equal(model.last.weight, before)


def test_a_gradient_longer_than_the_norm_is_shortened_and_a_shorter_one_is_not() -> None:
    for norm, moved in ((0.5, 0.5), (2.0, 1.0), (None, 1.0)):
        weight = nn.Parameter(torch.zeros(1))
        descend(torch.optim.SGD([weight], lr=1.0), weight.sum(), gradient_norm=norm)
        assert weight.item() == pytest.approx(-moved, abs=1e-5)


@pytest.mark.parametrize("there", [True, False])
def test_bfloat16_is_for_hardware_that_multiplies_it_and_not_for_an_emulation(
    monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: there or including_emulation)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": not there})
    has_bfloat16.cache_clear()
    assert (has_bfloat16("cuda"), has_bfloat16("cpu")) == (there, not there)
    has_bfloat16.cache_clear()


def test_a_step_takes_the_budget_s_rate_times_that_of_the_schedule() -> None:
    model, batch = Linear(4, 3).eval(), blobs().batch(torch.arange(150))
    optimizer = make_optimizer(model, BUDGET)
    step = GradientStep(model, lambda one, given, beside: one(given).sum(), optimizer, BUDGET)
    for rate in (0.25, 0.5):
        step(batch, {}, rate, 1.0)
        assert optimizer.param_groups[0]["lr"] == rate * BUDGET.learning_rate
    assert step.parts() == {"model": model, "optimizer": optimizer}


def test_what_a_loss_does_not_reach_stays_as_it_is_in_that_step() -> None:
    one, other = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([one, other], lr=0.1, weight_decay=0.5)
    descend(optimizer, one.sum())
    before = one.item()
    descend(optimizer, other.sum())
    assert one.item() == before < 1 and other.item() < 1
