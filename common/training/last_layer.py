"""A classifier of another library taken apart: what enters its last linear layer are the features.

torchvision, timm and transformers build their networks in a hundred ways, but nearly all end in a linear layer. It is
found by its width; what enters it is caught on its way. Whether the layer makes the network's logits of it is checked
on an example, since some networks go on after it (an average of two heads): their features are then the logits.
"""

from typing import Any

import torch
from torch import Tensor, nn

from common.base.errors import UserError


class Headed(nn.Module):
    """A network whose last linear layer stands apart.

    Attributes:
        network: returns logits (B, C), or an object with ``logits``.
        last: name of the last linear layer within the network; None: the features are the logits.
    """

    def __init__(self, network: nn.Module, last: str | None) -> None:
        super().__init__()
        self.network, self.last = network, last

    @property
    def layer(self) -> nn.Linear | None:
        """The last linear layer."""
        return None if self.last is None else self.network.get_submodule(self.last)  # type: ignore[return-value]

    def features(self, *inputs: Any, **named: Any) -> Tensor:
        """Return (B, D) what enters the last layer; (B, C) logits where there is no such layer."""
        layer = self.layer
        if layer is None:
            return logits_of(self.network(*inputs, **named))
        caught: list[Tensor] = []
        hook = layer.register_forward_pre_hook(lambda _, given: caught.append(given[0]))
        try:
            self.network(*inputs, **named)
        finally:
            hook.remove()
        return caught[-1]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits of features."""
        layer = self.layer
        logits: Tensor = features if layer is None else layer(features)
        return logits

    def replaced(self, classes: int) -> "Headed":
        """Replace the last layer by an untrained one for so many classes, in place.

        Raises:
            UserError: the network does not end in a linear layer.
        """
        layer = self.layer
        if layer is None or self.last is None:
            raise UserError("this network does not end in a linear layer that can be replaced; choose another")
        self.network.set_submodule(self.last, nn.Linear(layer.in_features, classes))
        return self


def headed(network: nn.Module, *example: Any, **named: Any) -> Headed:
    """Return a network with its last linear layer apart, after a trial on an example.

    Args:
        network: returns logits of the example.
        example: arguments of the call, of two items that differ.
        named: the same.
    """
    network.eval()
    with torch.no_grad():
        logits = logits_of(network(*example, **named))
        for name in _linear_layers(network, logits.shape[-1]):
            found = Headed(network, name)
            features = found.features(*example, **named)
            if features.ndim == 2 and torch.allclose(found.classify(features), logits, rtol=1e-3, atol=1e-4):
                return found
    return Headed(network, None)


def _linear_layers(network: nn.Module, width: int) -> list[str]:
    """Return the names of the linear layers with so many outputs, the last first."""
    found = [name for name, part in network.named_modules() if isinstance(part, nn.Linear)]
    return [name for name in reversed(found) if network.get_submodule(name).out_features == width]


def logits_of(output: Any) -> Tensor:
    """Return the logits of what a network returned: a tensor, or an object that has them."""
    logits: Tensor = output if isinstance(output, Tensor) else output.logits
    return logits
