"""Mutual information of prediction and member of a deep ensemble: how far its members disagree.

    score = -(H(mean_m p_m) - mean_m H(p_m))

0 where all members say the same, however unsure they are. The objective ``deep_ensemble`` leaves it as an output.

Source: Lakshminarayanan, Pritzel & Blundell (NeurIPS 2017), arXiv:1612.01474, who measure disagreement as the mean
divergence of the members from the ensemble, which this is.
"""

from common.detector import Detector

DETECTOR = Detector(
    name="mutual_information",
    title="Ensemble: mutual information",
    extra="mutual_information",
)
