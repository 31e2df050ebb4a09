"""Layers that several recipes of the baseline share."""

import torch
from torch import nn

GELU_MEAN_SQUARE = 0.425
"""Mean square of GELU(z), z standard normal: the variance that a hidden GELU layer counts with."""


def unit_norm_linear(inputs: int, outputs: int, divisor: float = 1.0, bias: bool = True) -> nn.Linear:
    """Return a linear layer whose output units each have weights of length ``1 / divisor``, and biases 0.

    The direction of each unit's weights is uniform: a standard normal draw, divided by its length. (In the
    publication's (inputs, outputs) layout a unit is a column.) With GELU units a ``divisor`` of
    sqrt(v_in + v_out) keeps the size of signals, where v is ``GELU_MEAN_SQUARE`` on a hidden side, and 1 on the side
    of the input or the logits.

    Source: the code of Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136; Hendrycks & Gimpel, "Adjusting for dropout
    variance in batch normalization and weight initialization", arXiv:1607.02488.
    """
    layer = nn.Linear(inputs, outputs, bias=bias)
    with torch.no_grad():
        layer.weight.normal_()
        layer.weight /= layer.weight.norm(dim=1, keepdim=True) * divisor
        if bias:
            layer.bias.zero_()
    return layer


def gelu() -> nn.GELU:
    """Return GELU in its tanh form, 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), as the publication has it."""
    return nn.GELU(approximate="tanh")
