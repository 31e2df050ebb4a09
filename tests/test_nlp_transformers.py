"""Claims about transformers checkpoints: a tiny one made here, and the encoder in the package."""

import numpy as np
import pytest
import torch

from common.base.errors import UserError
from common.data.examples import batches
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.discover import load_architecture, parse_model
from common.objectives.cross_entropy import OBJECTIVE
from common.task import Budget, Model, Task
from common.training.loop import error_rate
from common.training.predict import predict
from common.training.pretrained import Checkpoint, find_checkpoint
from common.training.setup import Setup
from nlp.models.hf import FineTuned, PretrainedTagger
from nlp.models.hf_frozen import FrozenCheckpoint
from nlp.models.minilm import MiniLM
from nlp.text_reader import word_pieces
from nlp.transformer import masked_mean, mean_features, text_features

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film", "play", "##ing", "##s", "the", "a"]
TEXTS = ["good film", "bad film", "the good play", "a bad play", "good", "bad", "the film playing bad", "a good film"]
TRAIN = RawDataset(TEXTS, np.array([1, 0, 1, 0, 1, 0, 0, 1]), ("neg", "pos"))
BUDGET = Budget(epochs=1, batch_size=32, learning_rate=1.0, examples=77, validation=5)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Checkpoint:
    """A randomly initialised BERT of two layers of width 32, with 12 word pieces."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    words.normalizer = normalizers.BertNormalizer(lowercase=True)
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=32, **special).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder)
    return Checkpoint(folder)


def train(model, examples, learning_rate=5e-3, epochs=15):
    budget = Budget(epochs, 4, learning_rate)
    task = Task("x", "X", None, None, (), Model("hf"), budget, budget)
    OBJECTIVE.train(model, Setup(task, budget, examples, 0, torch.device("cpu")))


def test_the_command_line_names_a_checkpoint(tiny):
    model = parse_model("nlp", f"hf:{tiny.folder}")
    assert model.label == f"hf:{tiny.folder}"
    assert load_architecture("nlp", model).checkpoint == str(tiny.folder)
    assert load_architecture("nlp", parse_model("nlp", f"hf_frozen:{tiny.folder}")).name == str(tiny.folder)


def test_a_fine_tuned_checkpoint_learns_texts(tiny):
    architecture = FineTuned(str(tiny.folder))
    preprocessor = architecture.preprocessor(TRAIN)
    model = architecture.build(preprocessor, TRAIN)
    before = model.network.embeddings.word_embeddings.weight.clone()
    train(model, preprocessor(TRAIN))
    assert error_rate(model, preprocessor(TRAIN)) == 0
    assert not model.network.embeddings.word_embeddings.weight.equal(before), "the checkpoint itself is trained"


def test_padding_does_not_change_what_a_checkpoint_says(tiny):
    architecture = FineTuned(str(tiny.folder))
    preprocessor = architecture.preprocessor(TRAIN)
    model = architecture.build(preprocessor, TRAIN)
    together, apart = (predict(model, preprocessor(TRAIN), batch_size=size) for size in (8, 1))
    assert np.allclose(together.logits, apart.logits, atol=1e-5)


def test_embeddings_are_the_checkpoint_s_input(tiny):
    architecture = FineTuned(str(tiny.folder))
    preprocessor = architecture.preprocessor(TRAIN)
    model = architecture.build(preprocessor, TRAIN).eval()
    batch = preprocessor(TRAIN).batch(torch.tensor([0]))
    direct = model.network(input_ids=batch.inputs).last_hidden_state.mean(1)
    assert torch.allclose(model.encode(model.embed(batch), batch), direct, atol=1e-6)


def tagged() -> RawDataset:
    sentences = [["the", "film", "plays"], ["bad"], ["a", "good", "play", "playing", "zzz"]]
    return RawDataset(sentences, [np.array([0, 1, 2]), np.array([1]), np.array([0, 1, 1, 2, 2])], ("A", "B", "C"))


def test_a_tagger_reads_a_sentence_as_the_checkpoint_does_and_answers_at_first_pieces(tiny):
    samples = tagged()
    architecture = FineTuned(str(tiny.folder))
    preprocessor = architecture.preprocessor(samples)
    model = architecture.build(preprocessor, samples).eval()
    assert isinstance(model, PretrainedTagger)
    batch = preprocessor(samples).batch(torch.arange(3))
    hidden = model.encode(model.embed(batch), batch)
    for i, (sentence, first) in enumerate(zip(samples.items, ([1, 2, 3], [1], [1, 2, 3, 4, 6]), strict=True)):
        ids = tiny.tokenizer()(sentence, is_split_into_words=True, return_tensors="pt")["input_ids"]
        direct = model.network(input_ids=ids).last_hidden_state[0, first]
        assert torch.allclose(hidden[i, : len(sentence)], direct, atol=1e-5)


def test_a_fine_tuned_tagger_learns_and_its_rows_are_words(tiny):
    samples = tagged()
    architecture = FineTuned(str(tiny.folder))
    preprocessor = architecture.preprocessor(samples)
    model = architecture.build(preprocessor, samples)
    train(model, preprocessor(samples), epochs=30)
    outputs = predict(model, preprocessor(samples))
    assert outputs.correct.all() and outputs.groups.tolist() == [0, 0, 0, 1, 2, 2, 2, 2, 2]


def test_a_long_sentence_keeps_the_first_piece_of_each_word_and_a_longer_one_is_an_error(tiny):
    preprocessor = FineTuned(str(tiny.folder)).preprocessor(tagged())
    assert preprocessor.positions == 30
    assert (preprocessor(RawDataset([["playing"] * 15])).inputs > 0).sum() == 30
    assert (preprocessor(RawDataset([["playing"] * 16])).inputs > 0).sum() == 16
    with pytest.raises(UserError, match="a sentence of 31 words is too long"):
        preprocessor(RawDataset([["play"] * 31]))


def test_texts_are_cut_after_the_stated_pieces(tiny):
    numbers = word_pieces(tiny.tokenizer(), ["the " * 50, ""], pieces=8)
    assert [len(row) for row in numbers] == [8, 2]
    assert numbers[0][0] == PIECES.index("[CLS]") and numbers[0][-1] == PIECES.index("[SEP]")


def test_features_do_not_depend_on_the_batch(tiny):
    network = tiny.network().eval()
    numbers = word_pieces(tiny.tokenizer(), TEXTS, 32)
    one_by_one = np.concatenate([mean_features(network, [row]) for row in numbers])
    assert np.allclose(mean_features(network, numbers), one_by_one, atol=1e-5)
    assert np.allclose(mean_features(network, numbers, a_batch=12), one_by_one, atol=1e-5)


def test_masked_mean_leaves_padding_out():
    hidden, mask = torch.tensor([[[2.0], [4.0], [99.0]]]), torch.tensor([[True, True, False]])
    assert masked_mean(hidden, mask).tolist() == [[3.0]]


def test_each_text_goes_through_the_encoder_once(tiny, tmp_path, monkeypatch):
    seen: list[str] = []
    real = word_pieces

    def watched(tokenizer, texts, pieces):
        seen.extend(texts)
        return real(tokenizer, texts, pieces)

    monkeypatch.setattr("nlp.transformer.word_pieces", watched)
    first = text_features(tiny, ["good film", "bad film", "good film"], 16, tmp_path)
    again = text_features(tiny, ["bad film", "a play", "good film"], 16, tmp_path)
    assert seen == ["good film", "bad film", "a play"]
    assert first[0].tolist() == first[2].tolist() == again[2].tolist()
    text_features(tiny, ["good film"], 8, tmp_path)
    assert len(seen) == 4, "another length is another feature"


def test_frozen_features_have_one_length_and_the_checkpoint_stays(tiny, tmp_path):
    architecture = FrozenCheckpoint(str(tiny.folder), folders=Folders((), tmp_path))
    preprocessor = architecture.preprocessor(TRAIN)
    examples = preprocessor(TRAIN)
    assert torch.allclose(examples.inputs.square().mean(1), torch.ones(8))
    model = architecture.build(preprocessor, TRAIN)
    assert sum(p.numel() for p in model.parameters()) == 2 * 32 + 2, "one linear layer is all that is trained"
    train(model, examples, epochs=60)
    assert error_rate(model, examples) == 0


def test_a_pretrained_model_sets_how_it_is_trained_but_not_on_how_much(tiny):
    for architecture in (FineTuned(str(tiny.folder)), MiniLM()):
        budget = architecture.budget(BUDGET)
        assert (budget.examples, budget.validation) == (77, 5)
        assert budget.learning_rate < 0.01


def test_a_changed_checkpoint_has_another_fingerprint(tiny, tmp_path):
    for file in tiny.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    same = Checkpoint(tmp_path).fingerprint
    (tmp_path / "config.json").write_text((tmp_path / "config.json").read_text() + " ")
    assert same == tiny.fingerprint != Checkpoint(tmp_path).fingerprint


def test_pickled_weights_are_refused(tiny, tmp_path):
    for file in tiny.folder.glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save(tiny.network().state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="no .*safetensors weights, the only format that is loaded"):
        find_checkpoint(str(tmp_path)).network()


def test_damaged_weights_are_one_clear_line(tiny, tmp_path):
    for file in tiny.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(UserError, match="model.safetensors cannot be read") as raised:
        Checkpoint(tmp_path).network()
    assert "\n" not in str(raised.value)


def test_a_model_without_a_checkpoint_and_tokens_for_a_text_encoder_are_errors(tiny, tmp_path):
    with pytest.raises(UserError, match="needs a checkpoint: --model hf:NAME_OR_PATH"):
        FineTuned().preprocessor(TRAIN)
    with pytest.raises(UserError, match="needs a checkpoint: --model hf_frozen:NAME_OR_PATH"):
        FrozenCheckpoint().preprocessor(TRAIN)
    with pytest.raises(UserError, match="reads whole texts"):
        FrozenCheckpoint(str(tiny.folder), folders=Folders((), tmp_path)).preprocessor(tagged())(tagged())


def test_batches_of_texts_waste_little_on_padding(tiny):
    long_and_short = RawDataset(["good"] * 64 + ["the film " * 10] * 64, np.zeros(128, np.int64), ("x",))
    examples = FineTuned(str(tiny.folder)).preprocessor(long_and_short)(long_and_short)
    order = torch.Generator().manual_seed(0)
    padded = sum(examples.batch(index).inputs.numel() for index in batches(examples, 16, order))
    assert padded < 1.2 * len(examples.inputs)


def test_minilm_of_the_package_knows_what_texts_are_about(tmp_path):
    architecture = MiniLM(folders=Folders((), tmp_path))
    texts = ["The striker scored a late goal.", "The match ended in a draw.", "Add butter and bake the cake."]
    football, match, cake = text_features(architecture.checkpoint(), texts, 32, tmp_path)
    assert football.shape == (384,)

    def cosine(one, other):
        return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))

    assert cosine(football, match) > cosine(football, cake) + 0.2
