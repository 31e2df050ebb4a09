"""Isolation forest on the features: strange rows are alone after few random cuts.

    score = -2^(-mean over trees of h(f) / c(m)),   h the depth at which a row ends, c(m) = 2 H(m - 1) - 2 (m - 1) / m

m rows (256) are cut in each of 100 trees; a leaf of more than one row adds the c of its size to its depth.

Source: Liu, Ting & Zhou (ICDM 2008), "Isolation forest", equations 1 and 2; trees grown by scikit-learn.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from common.detector import Detector, Probe
from common.features.fitted import Fitted
from common.features.training_views import TrainingViews
from common.model import View

TREES, ROWS = 100, 256


@dataclass(frozen=True)
class IsolationTrees(Probe):
    """Trees on the last hidden layer."""

    def fit(self, train: TrainingViews) -> Fitted:
        """Grow the trees; kept as tables of nodes, (trees, nodes)."""
        from sklearn.ensemble import IsolationForest

        rows = train.features.numpy()
        size = min(ROWS, len(rows))
        found = IsolationForest(n_estimators=TREES, max_samples=size, random_state=0).fit(rows)
        trees = [tree.tree_ for tree in found.estimators_]
        nodes = max(tree.node_count for tree in trees)
        tables = {name: np.zeros((TREES, nodes)) for name in ("feature", "threshold", "left", "right", "more")}
        for i, tree in enumerate(trees):
            here = np.arange(tree.node_count)
            leaf = tree.children_left < 0
            tables["feature"][i, here] = np.where(leaf, 0, tree.feature)
            tables["threshold"][i, here] = np.where(leaf, 0, tree.threshold)
            tables["left"][i, here] = np.where(leaf, here, tree.children_left)
            tables["right"][i, here] = np.where(leaf, here, tree.children_right)
            tables["more"][i, here] = np.where(leaf, _unsuccessful(tree.n_node_samples), 0)
        whole = {name: torch.from_numpy(table) for name, table in tables.items()}
        return {
            **{name: whole[name].long() for name in ("feature", "left", "right")},
            "threshold": whole["threshold"],
            "more": whole["more"],
            "scale": torch.tensor(float(_unsuccessful(np.array([size]))[0])),
        }

    def score(self, view: View, fitted: Fitted) -> Tensor:
        """Return (R,) the score, from -1 to 0."""
        rows = view.features.double()
        trees, nodes = fitted["feature"].shape
        first = nodes * torch.arange(trees, device=rows.device)  # nodes of all trees are numbered one after another
        feature, threshold = fitted["feature"].flatten(), fitted["threshold"].flatten()
        children = (torch.stack([fitted["right"], fitted["left"]], dim=2) + first[:, None, None]).flatten()
        node = first.expand(len(rows), -1)
        depth = torch.zeros(len(rows), trees, dtype=torch.float64, device=rows.device)
        moving = torch.ones_like(node, dtype=torch.bool)
        while moving.any():
            leftwards = rows.gather(1, feature[node]) <= threshold[node]
            following = children[2 * node + leftwards]
            moving = following != node
            depth += moving
            node = following
        return -torch.exp2(-(depth + fitted["more"].flatten()[node]).mean(1) / fitted["scale"])


def _unsuccessful(sizes: np.ndarray) -> np.ndarray:
    """Return c(m) for each m: the mean depth of an unsuccessful search in a binary tree of m; 0 for one, 1 for two."""
    m = np.maximum(sizes.astype(np.float64), 2.0)
    mean = 2 * (np.log(m - 1) + np.euler_gamma) - 2 * (m - 1) / m
    return np.where(sizes <= 1, 0.0, np.where(sizes == 2, 1.0, mean))


DETECTOR = Detector(
    name="isolation_forest", title="Isolation forest", probe=IsolationTrees(), default=False, family="unsupervised"
)
