"""Dropout outside training: which modules drop values, and passes in which they do."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

DROPOUT = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


def dropout_modules(model: nn.Module) -> list[nn.Module]:
    """Return the modules that drop values in training; none of a part that the model keeps frozen."""
    mode = model.training
    model.train()
    found = [module for module in model.modules() if module.training and _drops(module)]
    model.train(mode)
    return found


def _drops(module: nn.Module) -> bool:
    if isinstance(module, DROPOUT):
        return float(module.p) > 0
    if isinstance(module, nn.RNNBase):
        return module.dropout > 0 and module.num_layers > 1
    return isinstance(module, nn.MultiheadAttention) and module.dropout > 0


@dataclass(frozen=True)
class _Known:
    """What a module got and gave in the first pass."""

    inputs: tuple[Tensor, ...]
    output: Tensor

    def answers(self, inputs: tuple[Tensor, ...]) -> bool:
        """Whether the inputs are the same."""
        return len(inputs) == len(self.inputs) and all(map(torch.equal, inputs, self.inputs))


class DropoutPasses:
    """Passes of a model in evaluation mode on one batch, in which it drops values as in training.

    A module that drops nothing, and whose inputs are those of the first pass, gives what it gave then. So what lies
    before the first dropout is computed once, whatever the network looks like.
    """

    def __init__(self, model: nn.Module) -> None:
        self._dropping = dropout_modules(model)
        dropping = set(self._dropping)
        self._others = [module for module in model.modules() if dropping.isdisjoint(module.modules())]
        self._known: dict[tuple[nn.Module, int], _Known | None] = {}
        self._inside = False

    @contextmanager
    def active(self, device: torch.device, seed: int) -> Iterator[None]:
        """Let the model drop values for one pass, all else being as it is, torch's random state included.

        Args:
            device: of the model.
            seed: of what is dropped.
        """
        with torch.random.fork_rng([device] if device.type == "cuda" else []), self._dropping_values():
            # What torch.manual_seed does, but for the millisecond that it takes to ask for other devices.
            torch.default_generator.manual_seed(seed)
            if device.type == "cuda":
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            yield

    @contextmanager
    def _dropping_values(self) -> Iterator[None]:
        calls: Counter[nn.Module] = Counter()
        replaced = [module for module in self._others if "forward" not in vars(module)]
        for module in replaced:
            vars(module)["forward"] = partial(self._given, module, module.forward, calls)
        for module in self._dropping:
            module.training = True  # of the module alone: train() would set its children too
        try:
            yield
        finally:
            for module in self._dropping:
                module.training = False
            for module in replaced:
                del vars(module)["forward"]

    def _given(
        self, module: nn.Module, forward: Callable[..., Any], calls: Counter[nn.Module], *inputs: Any, **options: Any
    ) -> Any:
        """Return what a module gives: known from the first pass, or computed."""
        if self._inside or options or not all(isinstance(one, Tensor) for one in inputs):
            return forward(*inputs, **options)
        key = module, calls[module]
        calls[module] += 1
        known = self._known.get(key)
        if known is not None and known.answers(inputs):
            return known.output.clone()  # a copy, since the network may change it in place
        copies = () if key in self._known else tuple(one.clone() for one in inputs)
        made = self._computed(forward, inputs)
        first = key not in self._known and isinstance(made, Tensor)
        self._known[key] = _Known(copies, made.clone()) if first else None
        return made

    def _computed(self, forward: Callable[..., Any], inputs: tuple[Tensor, ...]) -> Any:
        """Return what a module computes; the modules that it consists of are not asked for what they know."""
        self._inside = True
        try:
            return forward(*inputs)
        finally:
            self._inside = False
