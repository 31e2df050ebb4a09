"""OpenMax: odds that an input is of a known class, after logits far from their class's mean are discounted.

With a_c the mean logits of the training rows of class c that are predicted right, and d_c = |z - a_c|:

    F_c(d) = 1 - exp(-exp((d - mu_c) / beta_c)), fitted to the ``tail`` largest distances of those rows
    w_c = F_c(d_c) (alpha + 1 - rank of c) / alpha for the ``alpha`` largest logits, 0 for the others
    score = logsumexp_c(z_c (1 - w_c)) - sum_c z_c w_c

which is the log odds of not being unknown, so it ranks as -P(unknown) and nothing saturates. A class with fewer than
``LEAST`` right rows has no distribution and counts as unknown, F = 1.

The published library shifts distances by 10,000 before it fits a Weibull distribution; a Weibull that far from 0 is a
Gumbel distribution of minima, F above, which is fitted here. The published distance adds a cosine. As published, the
score depends on where the zero of the logits lies: a negative logit that is discounted counts for the known classes.

Source: Bendale & Boult (CVPR 2016), arXiv:1511.06233, algorithms 1 and 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from common.detector import Detector, Fitted, Probe
from common.features.training_views import NotApplicable, TrainingViews
from common.model import View

LEAST = 3


@dataclass(frozen=True)
class OpenMax(Probe):
    """Options.

    Attributes:
        tail: how many of the largest distances of a class are fitted.
        alpha: how many of the largest logits are discounted.
    """

    tail: int = 20
    alpha: int = 10

    def settings(self) -> Sequence["OpenMax"]:
        """Return tails and alphas to choose from."""
        return [OpenMax(tail, alpha) for tail, alpha in product((20, 10, 50), (10, 3, 1))]

    def fit(self, train: TrainingViews) -> Fitted:
        """Learn each class's mean logits and the distribution of large distances."""
        if train.labels is None:
            raise NotApplicable("detector openmax needs a label for each row, and these rows have none")
        right = train.labels == train.predicted
        means, places, scales = [], [], []
        for kind in range(train.class_count):
            rows = train.logits[right & (train.labels == kind)].double()
            known = len(rows) >= LEAST
            mean = rows.mean(0) if known else torch.zeros(train.class_count, dtype=torch.float64)
            tail = (rows - mean).norm(dim=1).sort().values[-self.tail :]
            place, scale = fitted_gumbel(tail) if known else (-torch.inf, 1.0)
            means.append(mean)
            places.append(place)
            scales.append(scale)
        doubles = {"place": places, "scale": scales}
        return {"means": torch.stack(means)} | {
            name: torch.tensor(values, dtype=torch.float64) for name, values in doubles.items()
        }

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) log odds of a known class."""
        logits = view.logits.double()
        distances = torch.cdist(logits, fitted["means"])
        far = -torch.expm1(-((distances - fitted["place"]) / fitted["scale"]).exp())
        alpha = min(self.alpha, logits.shape[1])
        steps = torch.arange(alpha, 0, -1, dtype=torch.float64, device=logits.device) / alpha
        discount = far * torch.zeros_like(far).scatter(1, logits.topk(alpha, dim=1).indices, steps.expand(len(far), -1))
        return (logits * (1 - discount)).logsumexp(1) - (logits * discount).sum(1)


def fitted_gumbel(values: Tensor) -> tuple[float, float]:
    """Return place and scale of the Gumbel distribution of minima that makes the values most likely.

    F(x) = 1 - exp(-exp((x - place) / scale)). The scale solves scale = sum x e^{x / scale} / sum e^{x / scale} - mean,
    and place = scale log mean e^{x / scale}. Values without spread get a scale of a thousandth of their size.

    Args:
        values: (n,) float64, n at least 1.
    """
    from scipy.optimize import brentq

    spread, mean = float(values.max() - values.min()), float(values.mean())
    least = max(1e-3 * spread, 1e-3 * abs(mean), 1e-12)

    def surplus(scale: float) -> float:
        return float(((values / scale).softmax(0) * values).sum()) - mean - scale

    scale = float(brentq(surplus, least, spread)) if spread > 0 and surplus(least) > 0 else least
    log_mean = float((values / scale).logsumexp(0)) - float(torch.tensor(len(values)).log())
    return scale * log_mean, scale


DETECTOR = Detector(name="openmax", title="OpenMax", probe=OpenMax(), default=False)
