"""The temperature of a softmax, from rows with labels."""

import torch

from common.detector import Fitted
from common.features.training_views import NotApplicable, TrainingViews
from common.metrics.calibration import fit_temperature


def fitted_temperature(train: TrainingViews, method: str) -> Fitted:
    """Return the temperature that makes the labels most likely, of held-out rows where there are some.

    Raises:
        NotApplicable: rows have no label.
    """
    rows = train.held_out or train
    if rows.labels is None:
        raise NotApplicable(f"detector {method} needs a label for each row to fit a temperature; these rows have none")
    return {"temperature": torch.tensor(fit_temperature(rows.logits, rows.labels), dtype=torch.float64)}
