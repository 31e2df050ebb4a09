"""The two bag models of the paper: their formulas, first weights, and texts without a known word."""

import numpy as np
import pytest
import torch

from common.base.errors import UserError
from common.data.samples import RawDataset
from common.objectives.mixup import MixesWords
from nlp.models.bag_of_embeddings import BagOfEmbeddings, Initial, MeanOfWords
from nlp.models.bag_of_words import BagOfWords
from nlp.models.gru import Gru
from nlp.vocabulary import PADDING, WordClassifier, WordNumbers

TRAIN = RawDataset(["good film great", "bad film", "dull film"] * 10, np.array([1, 0, 0] * 10), ("neg", "pos"))
TEST = RawDataset(["", "great great", "film unheard", "the"])


def mean_of_words(initial: Initial = "unit_columns", padded: bool = True) -> tuple[MeanOfWords, WordNumbers]:
    torch.manual_seed(0)
    architecture = BagOfEmbeddings(positions=4, dimensions=6, initial=initial, padded=padded)
    preprocessor = architecture.preprocessor(TRAIN)
    return architecture.build(preprocessor, TRAIN), preprocessor


def test_the_feature_is_the_mean_over_all_positions_padding_included() -> None:
    model, preprocessor = mean_of_words()
    examples = preprocessor(RawDataset(["good film"]))
    batch = examples.batch(torch.arange(1))
    vectors = model.embedding.weight
    first, second = batch.inputs[0].tolist()
    expected = (vectors[first] + vectors[second] + 2 * vectors[PADDING]) / 4
    torch.testing.assert_close(model.encode(model.embed(batch), batch)[0], expected)


def test_without_padding_the_feature_is_the_mean_over_the_words_and_0_of_none() -> None:
    model, preprocessor = mean_of_words(padded=False)
    batch = preprocessor(RawDataset(["good film", ""])).batch(torch.arange(2))
    first, second = batch.inputs[0].tolist()
    vectors = model.embedding.weight
    features = model.encode(model.embed(batch), batch)
    torch.testing.assert_close(features[0], (vectors[first] + vectors[second]) / 2)
    assert not features[1].any()


@pytest.mark.parametrize("padded", [True, False])
def test_the_fast_way_through_gives_the_logits_and_gradients_of_the_three_steps(padded: bool) -> None:
    model, preprocessor = mean_of_words(padded=padded)
    batch = preprocessor(RawDataset(["film", "", "good bad dull film", "good good"])).batch(torch.arange(4))
    slow = model.classify(model.encode(model.embed(batch), batch))
    torch.testing.assert_close(model(batch), slow)
    gradients = [torch.autograd.grad(way.square().sum(), list(model.parameters())) for way in (model(batch), slow)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("padded", [True, False])
def test_words_mixed_in_one_bag_give_the_features_and_gradients_of_mixed_vectors(padded: bool) -> None:
    model, preprocessor = mean_of_words(padded=padded)
    batch = preprocessor(RawDataset(["film", "", "good bad dull film", "good good"])).batch(torch.arange(4))
    partner = torch.tensor([2, 0, 3, 1])
    assert isinstance(model, MixesWords) and batch.mask is not None
    weights = torch.where(batch.mask[partner], 0.3, 1.0)
    embedded = model.embed(batch)
    mixed = weights[..., None] * embedded + (1 - weights[..., None]) * embedded[partner]
    ways = model.mixed_features(batch, partner, weights), model.encode(mixed, batch)
    torch.testing.assert_close(*ways)
    torch.testing.assert_close(*(torch.autograd.grad(way.square().sum(), model.embedding.weight) for way in ways))


def test_padding_to_the_longest_of_a_batch_does_not_change_the_logits() -> None:
    model, preprocessor = mean_of_words()
    examples = preprocessor(RawDataset(["film", "good bad dull film"]))
    alone, together = model(examples.batch(torch.tensor([0]))), model(examples.batch(torch.tensor([0, 1])))
    torch.testing.assert_close(alone[0], together[0])


def test_what_stands_in_the_rows_of_padding_does_not_matter() -> None:
    for architecture in (BagOfEmbeddings(positions=4), Gru()):
        preprocessor = architecture.preprocessor(TRAIN)
        model = architecture.build(preprocessor, TRAIN)
        batch = preprocessor(RawDataset(["film", "good bad dull film"])).batch(torch.arange(2))
        embedded = model.embed(batch)
        changed = embedded.clone()
        changed[0, 1:] = 7.0
        torch.testing.assert_close(model.encode(changed, batch), model.encode(embedded, batch))


@pytest.mark.parametrize("architecture", [BagOfEmbeddings(), BagOfWords(), Gru()])
def test_texts_without_a_known_word_get_finite_logits(architecture: BagOfEmbeddings | BagOfWords | Gru) -> None:
    preprocessor = architecture.preprocessor(TRAIN)
    model = architecture.build(preprocessor, TRAIN).eval()
    examples = preprocessor(TEST)
    logits = model(examples.batch(torch.arange(4)))
    assert logits.shape == (4, 2) and bool(torch.isfinite(logits).all())
    torch.testing.assert_close(model(examples.batch(torch.tensor([0]))), logits[:1])  # a batch of empty texts alone


def test_first_word_vectors_are_as_the_recipes_say() -> None:
    columns, _ = mean_of_words()
    torch.testing.assert_close(columns.embedding.weight.norm(dim=0), torch.ones(6))
    uniform, _ = mean_of_words("uniform")
    vectors = uniform.embedding.weight.detach()
    limit = ((vectors.shape[0] + vectors.shape[1]) / 6) ** -0.5
    assert float(vectors.min()) >= 0 and 0.8 * limit < float(vectors.max()) <= limit
    torch.testing.assert_close(uniform.output.weight.norm(dim=1), torch.ones(2))


def test_the_bag_of_words_sees_each_word_once_and_starts_with_the_recipes_columns() -> None:
    architecture = BagOfWords(words=1000, hidden=8)
    preprocessor = architecture.preprocessor(TRAIN)
    model = architecture.build(preprocessor, TRAIN).eval()
    once, twice = model(preprocessor(RawDataset(["bad", "bad bad"])).batch(torch.arange(2)))
    assert torch.equal(once, twice)
    for layer in (model.first, model.output):
        torch.testing.assert_close(layer.weight.norm(dim=1), torch.full((len(layer.weight),), 1.45**-0.5))
        assert not layer.bias.any()


@pytest.mark.parametrize("architecture", [BagOfEmbeddings(), BagOfWords(), Gru()])
def test_the_vocabulary_comes_from_the_training_texts_alone(architecture: BagOfEmbeddings | BagOfWords | Gru) -> None:
    assert set(architecture.preprocessor(TRAIN).vocabulary.words) <= {"good", "film", "great", "bad", "dull"}


def test_the_gru_takes_its_state_after_the_last_word() -> None:
    torch.manual_seed(0)
    preprocessor = Gru().preprocessor(TRAIN)
    model = Gru().build(preprocessor, TRAIN)
    batch = preprocessor(RawDataset(["good film", "dull"])).batch(torch.arange(2))
    features = model.encode(model.embed(batch), batch)
    states, _ = model.gru(model.embedding(batch.inputs[1:, :1]))
    torch.testing.assert_close(features[1], states[0, 0])


@pytest.mark.parametrize("architecture", [BagOfEmbeddings(), BagOfWords(), Gru()])
def test_weights_carry_their_words_and_refuse_a_model_that_knows_others(
    architecture: BagOfEmbeddings | BagOfWords | Gru,
) -> None:
    def model_of(train: RawDataset) -> WordClassifier:
        return architecture.build(architecture.preprocessor(train), train)

    weights = model_of(TRAIN).state_dict()
    assert bytes(weights["_extra_state"].numpy()).decode().split() == ["bad", "dull", "film", "good", "great"]
    model_of(TRAIN).load_state_dict(weights)
    other = RawDataset([text.replace("dull", "lame") for text in TRAIN.items], TRAIN.labels, TRAIN.label_names)
    with pytest.raises(UserError, match="these weights belong to another vocabulary"):
        model_of(other).load_state_dict(weights)
