"""PCA of the input needs no network: pixels, tf-idf and log-mel energies of real data, against NumPy."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer

from common.data.examples import TensorDataset
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.data.sources import AnySource
from common.detectors.pca_input import InputPca
from common.discover import load_architecture, load_detector, load_task
from common.experiment import Experiment, RunOptions
from common.features import training_views as views_module
from common.features.moments import axes
from common.features.subspace import largest_variance, leading, second_moment
from common.metrics.detection import roc_auc
from common.model import Classifier, Preprocessor, look
from common.probed import with_probes
from common.task import Model
from common.training.probing import probe_scores, training_views
from nlp.data.reuters import TRAIN8
from nlp.vocabulary import SEGMENTED, Vocabulary, WordClassifier
from speech.data.fsdd import FSDD_TRAIN
from speech.data.noise import white

Rows = NDArray[np.float64]
NOWHERE = Folders()
PROBE = InputPca(components=16)
NONE = "зима пришла рано"
"""A text without a word of the vocabulary."""


def some(source: AnySource, count: int, folders: Folders = NOWHERE) -> RawDataset:
    found = source.resolve(folders)
    assert found is not None
    samples = found.load(folders)
    return samples.take(np.random.default_rng(0).permutation(len(samples))[:count])


def untrained(modality: str, model: Model, train: RawDataset) -> tuple[Classifier, Preprocessor]:
    """Return a network with its first weights, on which no score of the input may depend, and what makes its inputs."""
    torch.manual_seed(0)
    architecture = load_architecture(modality, model, Folders())
    preprocessor = architecture.preprocessor(train)
    return architecture.build(preprocessor, train).eval(), preprocessor


def scores(model: Classifier, train: TensorDataset, *sets: TensorDataset) -> list[Rows]:
    views = training_views(model, train, [PROBE], seed=0)
    fitted = {"it": (PROBE, PROBE.fit(views))}
    return [probe_scores(model, examples, fitted)["it"] for examples in sets]


def left_over(train: Rows, test: Rows, components: int) -> Rows:
    mean = train.mean(0)
    directions = np.linalg.svd(train - mean, full_matrices=False)[2][:components].T
    centred = test - mean
    return np.asarray(np.linalg.norm(centred - centred @ directions @ directions.T, axis=1))


def test_of_images_it_is_the_pixels_that_a_few_components_leave_over() -> None:
    digits = RawDataset((load_digits().images * 15.9).astype(np.uint8), label_names=("digit", "other"))
    train, test = digits.take(np.arange(0, 1700)), digits.take(np.arange(1700, 1797))
    model, encode = untrained("vision", Model("mlp", {"hidden": (8,)}), digits)
    known, turned = scores(model, encode(train), encode(test), encode(RawDataset(255 - test.items)))
    pixels = [x.items.reshape(len(x), -1) / 255.0 for x in (train, test)]
    np.testing.assert_allclose(-known, left_over(pixels[0], pixels[1], 16), rtol=1e-3)
    assert roc_auc(known, turned) > 0.99


def tfidf(train: RawDataset, texts: list[str], model: Classifier, binary: bool = False) -> Rows:
    assert isinstance(model, WordClassifier)
    known = model.vocabulary
    removed = "english" if known.stop_words else None
    counter = TfidfVectorizer(vocabulary=known.words, stop_words=removed, binary=binary, **SEGMENTED).fit(train.items)
    found = counter.transform(texts).toarray()
    return np.concatenate([found, (found.sum(1, keepdims=True) == 0)], axis=1)


@pytest.mark.parametrize("name", ["bag_of_words", "bag_of_embeddings", "gru"])
def test_of_texts_it_is_their_tfidf_as_scikit_learn_has_it(name: str) -> None:
    train = some(TRAIN8, 300)
    long = {} if name == "bag_of_words" else {"positions": 2000}
    model, encode = untrained("nlp", Model(name, {"words": 400, **long}), train)
    texts = [*some(TRAIN8, 320).items[300:], NONE, ""]
    rows = look(model, encode(RawDataset(texts)).batch(torch.arange(len(texts))), inputs=True).inputs
    assert rows is not None
    expected = tfidf(train, texts, model, binary=name == "bag_of_words")
    np.testing.assert_allclose(rows, expected, atol=1e-5)


def test_of_texts_it_is_what_a_truncated_decomposition_of_the_vocabulary_leaves_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views_module, "WIDE", 100)
    train, test = some(TRAIN8, 400), some(TRAIN8, 600).take(np.arange(400, 600))
    model, encode = untrained("nlp", Model("bag_of_embeddings", {"words": 900}), train)
    known, unknown = scores(model, encode(train), encode(test), encode(RawDataset([NONE, NONE])))
    rows = [tfidf(train, x.items, model) for x in (train, test)]
    exact = -left_over(rows[0], rows[1], 16)
    np.testing.assert_allclose(known, exact, rtol=2e-3)
    assert spearmanr(known, exact).statistic > 0.999
    assert unknown.max() < np.quantile(known, 0.05), "a text of which no word is known is not near the mean"


def test_directions_of_wide_rows_hold_as_much_variance_as_exact_ones() -> None:
    """Variances that fall slowly are the hard case."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(500, 60, generator=generator) * torch.linspace(3, 0.1, 60) + 5
    moment = second_moment(rows, rows.double().mean(0))
    exact, found = largest_variance(axes(moment), 10), leading(rows, rows.double().mean(0), 10).double()
    assert torch.allclose(found.T @ found, torch.eye(10, dtype=torch.float64), atol=1e-5)
    held, most = ((x.T @ moment @ x).diagonal() for x in (found, exact))
    assert 0.99 < held.sum() / most.sum() <= 1.000001
    assert torch.equal(held.argsort(), torch.arange(10)), "the largest last"


@pytest.mark.slow
def test_of_spoken_words_it_is_their_log_mel_energies_that_a_few_components_leave_over(folders: Folders) -> None:
    samples = some(FSDD_TRAIN, 120, folders)
    train, test = samples.take(np.arange(80)), samples.take(np.arange(80, 120))
    task = load_task("speech/digits")
    model, encode = untrained("speech", task.model, train)
    rng = np.random.default_rng(0)
    noise = RawDataset([0.1 * white(len(item), rng).astype(np.float32) for item in test.items])
    known, unknown = scores(model, encode(train), encode(test), encode(noise))
    energies = []
    for examples in (encode(train), encode(test)):
        batch = examples.batch(torch.arange(len(examples)))
        energies.append(model.embed(batch).flatten(1).double().numpy())
    np.testing.assert_allclose(-known, left_over(energies[0], energies[1], 16), rtol=1e-3)
    assert roc_auc(known, unknown) > 0.9


def test_a_word_is_the_rarer_the_fewer_texts_have_it() -> None:
    assert Vocabulary.of(["one two two", "two"], 10, stop_words=False).rarity == (np.log(3 / 2) + 1, 1.0)


@pytest.mark.slow
def test_what_one_objective_scored_of_the_inputs_is_what_another_would_score(tmp_path: Path) -> None:
    """So a worker may keep it for its next training, and rows stay the same whoever trains what."""

    def stored(out: str, *objectives: str) -> list[Rows]:
        experiment = Experiment("nlp/reuters8", 0, RunOptions(out=tmp_path / out, folders=NOWHERE))
        quick = replace(experiment.task.quick, epochs=1, examples=300, test_examples=60, validation=0)
        experiment.task = replace(experiment.task, quick=quick, ood=experiment.task.ood[:1])
        pca = [load_detector("pca_input")]
        for objective in objectives:
            outputs = with_probes(experiment, objective, experiment.outputs(objective), pca)
        return [one.row_extras["pca_input"] for one in (outputs.test, *outputs.ood.values())]

    both, alone = stored("both", "cross_entropy", "deep_ensemble"), stored("alone", "deep_ensemble")
    assert all(np.array_equal(one, other) for one, other in zip(both, alone, strict=True))
