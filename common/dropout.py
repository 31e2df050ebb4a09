"""Dropout outside training: which modules drop values, and a time in which they do."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

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


@contextmanager
def active_dropout(model: nn.Module) -> Iterator[None]:
    """Let a model in evaluation mode drop values as in training, all else being as it is."""
    modules = dropout_modules(model)
    for module in modules:
        module.training = True  # of the module alone: train() would set its children too
    try:
        yield
    finally:
        for module in modules:
            module.training = False
