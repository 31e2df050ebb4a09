"""What the tagging tasks share: errors on words that training saw, and on others."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from common.store.outputs import Outputs


def seen(outputs: "Outputs") -> "NDArray[np.bool_] | None":
    """Return which rows are words that training saw; None for a model that does not tell."""
    return outputs.row_extras.get("seen")


def unseen(outputs: "Outputs") -> "NDArray[np.bool_] | None":
    """Return which rows are words that training did not see; None for a model that does not tell."""
    known = seen(outputs)
    return None if known is None else ~known


WORD_SUBSETS = {"seen words": seen, "unseen words": unseen}
