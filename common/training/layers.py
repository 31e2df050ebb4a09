"""Layers that several recipes of the baseline share."""

import torch
from torch import nn

GELU_MEAN_SQUARE = 0.425
"""Mean square of GELU(z), z standard normal: the variance that a GELU unit of a hidden layer contributes."""


def unit_norm_linear(inputs: int, outputs: int, divisor: float = 1.0, bias: bool = True) -> nn.Linear:
    """Return a linear layer whose weight vector for each output unit has norm ``1 / divisor``; biases are 0.

    The direction of each weight vector is uniform: a standard normal draw divided by its norm. (In the publication's
    (inputs, outputs) layout a unit is a column.) With GELU units, a ``divisor`` of sqrt(v_in + v_out) preserves the
    variance of signals; v is ``GELU_MEAN_SQUARE`` on the side of a hidden layer, 1 on that of the input or logits.

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
    """Return GELU in its tanh form as in the publication, 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))."""
    return nn.GELU(approximate="tanh")
