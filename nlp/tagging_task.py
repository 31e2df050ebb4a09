"""Shared by the tagging tasks: errors on words seen in training and on unseen words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from common.store.outputs import Outputs


def seen(outputs: "Outputs") -> "NDArray[np.bool_] | None":
    """Return which rows are words seen in training; None for a model that does not say."""
    return outputs.row_extras.get("seen")


def unseen(outputs: "Outputs") -> "NDArray[np.bool_] | None":
    """Return which rows are words not seen in training; None for a model that does not say."""
    known = seen(outputs)
    return None if known is None else ~known


WORD_SUBSETS = {"seen words": seen, "unseen words": unseen}
