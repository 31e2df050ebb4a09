"""A trained model of the demo, and its answer for one input: classes, MSP, and every detector's verdict."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from common.base.errors import MissingData, UserError
from common.base.progress import Progress
from common.comparisons import ScoredSet
from common.data.samples import RawDataset
from common.demo.exhibit import Exhibit
from common.detector import Detector
from common.discover import chosen_detectors
from common.experiment import Experiment, RunOptions
from common.metrics import odds
from common.probed import learned, with_probes
from common.store.outputs import Outputs

KEPT = 0.95
"""Fraction of in-distribution test examples that each detector's threshold keeps."""

FURTHER = ("relative_mahalanobis", "mahalanobis_normalised", "knn", "vim", "react", "odin")
"""Detectors beside the default ones: those that learn or step, and answer within milliseconds."""

BARS = 10
"""Largest number of classes that are shown."""

BINS = 30
"""Bins of the histograms: of the MSP's log-odds, where 0.99 (4.6) and 0.9999 (9.2) are far apart."""

LARGEST_LOG_ODDS = 30.0


class JudgedModel:
    """The model of an exhibit: of the store of the first run, or trained now."""

    def __init__(self, exhibit: Exhibit, options: RunOptions, progress: Progress | None = None) -> None:
        self.exhibit = exhibit
        self.experiment = _first_with_data(exhibit, options, progress)
        self.objective = self.experiment.task.objectives[0]
        self.by_group = self.experiment.task.unit == "group"
        self.detectors = chosen_detectors(("default", *FURTHER), self.experiment.task.detectors)
        outputs = self.experiment.outputs(self.objective)
        self.outputs = with_probes(self.experiment, self.objective, outputs, self.detectors)
        self.detectors = [one for one in self.detectors if one.applies(self.outputs.test)]
        self._probes = learned(self.experiment, self.objective, self.detectors)
        self._model = self.experiment.trained(self.objective, self.experiment.folder(self.objective))
        self._test = ScoredSet(self.outputs.test, self.by_group)
        self.thresholds = {one.name: threshold_keeping(self._test.scores(one), KEPT) for one in self.detectors}

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.experiment.data.train_samples.label_names

    def answer(self, body: bytes) -> dict[str, Any]:
        """Return what the model and every detector say of one input.

        Args:
            body: of the request, for ``Exhibit.read``.

        Raises:
            ValueError: the body is no input; the message says why.
        """
        outputs = self._outputs(self.exhibit.read(body))
        scored = ScoredSet(outputs, self.by_group)
        msp = float(scored.msp[0])
        return {
            "classes": self._classes(outputs),
            "msp": msp,
            "log_odds": float(log_odds(scored.msp)[0]),
            "said": self.exhibit.describe(outputs, self.class_names),
            "verdicts": [self._verdict(detector, scored) for detector in self.detectors],
        }

    def _verdict(self, detector: Detector, scored: ScoredSet) -> dict[str, Any]:
        score = float(scored.scores(detector)[0])
        threshold = self.thresholds[detector.name]
        return {
            "detector": detector.name,
            "title": detector.title,
            "score": score if np.isfinite(score) else None,
            "threshold": threshold,
            "known": score >= threshold,
            "above": float(np.mean(self._test.scores(detector) < score)),
        }

    def _outputs(self, samples: RawDataset) -> Outputs:
        from common.training.predict import predict
        from common.training.probing import probe_scores

        examples = self.experiment.data.encode(samples)
        outputs = predict(self._model, examples)
        scores = probe_scores(self._model, examples, self._probes)
        by_row = {name: one for name, one in scores.items() if self._probes[name][0].per == "row"}
        by_group = {name: one for name, one in scores.items() if name not in by_row}
        return Outputs(
            logits=outputs.logits,
            groups=outputs.groups,
            row_extras={**outputs.row_extras, **by_row},
            group_extras={**outputs.group_extras, **by_group},
            scored_classes=outputs.scored_classes,
        )

    def _classes(self, outputs: Outputs) -> list[dict[str, Any]]:
        """Return the most likely classes; of a sequence, by their mean probability over its steps."""
        probabilities = softmax(outputs.scored_logits.astype(np.float64), axis=1).mean(axis=0)
        order = np.argsort(-probabilities, kind="stable")[:BARS]
        return [{"name": self.class_names[i], "probability": float(probabilities[i])} for i in order]

    @cached_property
    def histograms(self) -> dict[str, Any]:
        """Fractions of the right, wrong and OOD examples of the stored run in bins of the MSP's log-odds."""
        test, task = self._test, self.experiment.task
        sets = {"right": [test.msp]}
        if task.misclassification:
            sets = {"right": [test.msp[test.correct]], "wrong": [test.msp[~test.correct]]}
        sets["ood"] = [ScoredSet(one, self.by_group).msp for key, one in self.outputs.ood.items() if key.primary]
        shown = {name: log_odds(np.concatenate(parts)) for name, parts in sets.items() if any(map(len, parts))}
        everything = np.concatenate(list(shown.values()))
        edges = np.linspace(np.floor(everything.min()), np.ceil(everything.max()), BINS + 1)
        return {"edges": edges.tolist(), **{name: _fractions(values, edges) for name, values in shown.items()}}

    def outlier(self, number: int) -> tuple[str, bytes]:
        """Return an item of one of the task's OOD sets, as the page shows it, and the name of the set."""
        data = self.experiment.data
        sources = data.ood_sources
        if not sources:
            raise UserError(f"{self.experiment.name} has no OOD set here")
        source = sources[number % len(sources)]
        samples = source.load(data.folders, data.seed, data.test_samples)
        return source.name, self.exhibit.show(samples.items[(number * 7919) % len(samples)])


def threshold_keeping(scores: NDArray[Any], fraction: float) -> float:
    """Return the largest threshold that at least ``fraction`` of the scores reach; NaN scores have no part."""
    return float(-np.quantile(-scores[~np.isnan(scores)].astype(np.float64), fraction, method="inverted_cdf"))


def log_odds(msp: NDArray[Any]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)), at most 30 (an MSP that rounds to 1 would be infinite); NaN is left out."""
    known = np.asarray(msp, dtype=np.float64)
    return np.minimum(odds.log_odds(known[~np.isnan(known)]), LARGEST_LOG_ODDS)


def _fractions(values: NDArray[np.float64], edges: NDArray[np.float64]) -> list[float]:
    return [float(one) for one in np.histogram(values, bins=edges)[0] / len(values)]


def _first_with_data(exhibit: Exhibit, options: RunOptions, progress: Progress | None) -> Experiment:
    missing: MissingData | None = None
    for name in exhibit.tasks:
        experiment = Experiment(name, 0, options, progress)
        try:
            experiment.data.require()
        except MissingData as why:
            missing = why
        else:
            return experiment
    raise UserError(f"none of {', '.join(exhibit.tasks)} has its data here: {missing}")
