"""Detectors on logits, the last layer and sampling run on images, tagged tokens and utterances, or say why not."""

import numpy as np
import pytest

from common.discover import load_detector
from common.features.training_views import NotApplicable
from common.metrics.detection import roc_auc
from common.training.predict import predict
from common.training.probing import probe_scores, training_views
from tests.small_models import KINDS

OF_THE_HEAD = ("gradnorm", "react", "vra_p", "dice", "kl_matching", "odin")
NON_NEGATIVE = ("ash_p", "ash_b", "ash_s", "scale")
OF_LABELS = ("temperature_msp", "temperature_energy", "openmax")
OF_OTHER_MODELS = (
    "mc_dropout_msp",
    "mc_dropout_mutual_information",
    "mc_dropout_variation",
    "learned_confidence_stepped",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_is_scored_or_a_sentence_says_why_none_is(kind: str) -> None:
    trained = KINDS[kind]()
    probes = {name: load_detector(name).probe for name in (*OF_THE_HEAD, *NON_NEGATIVE, *OF_LABELS, *OF_OTHER_MODELS)}
    views = training_views(trained.model, trained.train, list(probes.values()), seed=0)
    ready, refused = {}, {}
    for name, probe in probes.items():
        try:
            ready[name] = probe, probe.fit(views)
        except NotApplicable as reason:
            refused[name] = str(reason)
    signed = () if kind == "images" else NON_NEGATIVE  # recurrent layers give signed features
    unlabelled = OF_LABELS if kind == "utterances" else ()
    assert set(refused) == {*signed, *unlabelled, *OF_OTHER_MODELS}
    assert all(name in why and "\n" not in why for name, why in refused.items())
    inside, outside = (probe_scores(trained.model, data, ready) for data in (trained.test, trained.outside))
    rows = len(predict(trained.model, trained.test).logits)
    for name in ready:
        assert inside[name].shape == (rows,)
        known, unknown = (scores[name][~np.isnan(scores[name])] for scores in (inside, outside))
        assert np.isfinite(known).all() and 0 <= roc_auc(known, unknown) <= 1
    assert np.array_equal(np.isnan(inside["react"]), np.isnan(inside["odin"])), "blanks alone have no score"


def test_on_images_that_look_otherwise_every_score_is_a_confidence() -> None:
    trained = KINDS["images"]()
    for name in (*OF_THE_HEAD, *NON_NEGATIVE, *OF_LABELS):
        probe = load_detector(name).probe
        assert probe is not None
        views = training_views(trained.model, trained.train, [probe], seed=0)
        fitted = {"it": (probe, probe.fit(views))}
        inside, outside = (probe_scores(trained.model, data, fitted)["it"] for data in (trained.test, trained.outside))
        assert roc_auc(inside, outside) > 0.6, name
