"""transformers checkpoints of many kinds: each runs, or is refused in one line before anything is trained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from common.base.errors import UserError
from common.data.samples import RawDataset
from common.discover import load_architecture, parse_model
from common.training.predict import predict
from common.training.pretrained import Checkpoint
from nlp.models.minilm import MiniLM
from nlp.text_reader import text_reader
from nlp.transformer import text_features

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film", "play", "the", "a", "few", "words", "in", "row"]
TEXTS = ["good film", "bad film", "the good play " * 30, "a bad play"]
TRAIN = RawDataset(TEXTS, np.array([1, 0, 1, 0]), ("bad", "good"))
SIZES = {
    "vocab_size": len(PIECES),
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "pad_token_id": 0,
}
SMALL = {**SIZES, "intermediate_size": 32, "max_position_embeddings": 24}
T5 = {"vocab_size": len(PIECES), "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
BART = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32}
BART |= {"decoder_attention_heads": 2, "decoder_ffn_dim": 32, "max_position_embeddings": 24, "vocab_size": len(PIECES)}
GPT2 = {"vocab_size": len(PIECES), "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 24, "pad_token_id": 0}
DISTIL = {
    "vocab_size": len(PIECES),
    "dim": 16,
    "n_layers": 1,
    "n_heads": 2,
    "hidden_dim": 32,
    "max_position_embeddings": 24,
}
KINDS: dict[str, dict[str, Any]] = {
    "Bert": SMALL,
    "Roberta": {**SMALL, "pad_token_id": 1},
    "DistilBert": DISTIL,
    "Electra": {**SMALL, "embedding_size": 8},
    "GPT2": GPT2,
    "T5": T5,
    "Bart": BART,
}
LABELS = {0: "GOOD", 1: "so-so", 2: "bad"}


def add_tokenizer(folder: Path, pieces: list[str] = PIECES) -> None:
    words = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    words.normalizer = normalizers.BertNormalizer(lowercase=True)
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=words, **special).save_pretrained(folder)


def saved(folder: Path, kind: str, head: str = "Model", **more: Any) -> Any:
    """Write a random network of a kind, without model_max_length in its tokenizer; return it."""
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**KINDS[kind], **more)
    network = getattr(transformers, f"{kind}{head}")(config).eval()
    network.save_pretrained(folder)
    add_tokenizer(folder)
    return network


@pytest.mark.parametrize("kind", KINDS)
def test_every_architecture_is_read_within_its_table_of_positions(tmp_path: Path, kind: str) -> None:
    saved(tmp_path / "net", kind)
    architecture = load_architecture("nlp", parse_model("nlp", f"hf:{tmp_path / 'net'}"))
    preprocessor = architecture.preprocessor(TRAIN)
    outputs = predict(architecture.build(preprocessor, TRAIN), preprocessor(TRAIN))
    assert outputs.logits.shape == (4, 2) and np.isfinite(outputs.logits).all()
    features = text_features(Checkpoint(tmp_path / "net"), TEXTS, 128, tmp_path / "cache")
    assert features.shape == (4, 16)
    longest = int(preprocessor(TRAIN).lengths.max())
    assert longest == (92 if kind == "T5" else 22 if kind == "Roberta" else 24), "all that the table holds"


@pytest.mark.parametrize("kind", ["Bert", "Roberta", "DistilBert", "Electra"])
def test_a_text_classifier_is_judged_as_it_is(tmp_path: Path, kind: str) -> None:
    network = saved(tmp_path, kind, "ForSequenceClassification", id2label=LABELS)
    architecture = load_architecture("nlp", parse_model("nlp", f"hf:{tmp_path}").as_it_is())
    preprocessor = architecture.preprocessor(TRAIN)
    outputs = predict(architecture.build(preprocessor, TRAIN), preprocessor(TRAIN))
    tokenizer = Checkpoint(tmp_path).tokenizer()
    for row, text in zip(outputs.logits, TEXTS, strict=True):
        ids = tokenizer([text], truncation=True, max_length=preprocessor.pieces, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            assert np.allclose(row, network(ids).logits[0], atol=1e-5)
    assert outputs.labels.tolist() == [0, 2, 0, 2], "the checkpoint's own classes"
    assert architecture.budget(architecture_budget()).epochs == 0


def architecture_budget() -> Any:
    from common.task import Budget

    return Budget(epochs=3, batch_size=4, learning_rate=1e-3)


@pytest.mark.parametrize("kind", ["GPT2", "T5", "Bart"])
def test_a_head_that_depends_on_padding_or_decodes_is_refused(tmp_path: Path, kind: str) -> None:
    saved(tmp_path, kind, "ForSequenceClassification", id2label=LABELS)
    architecture = load_architecture("nlp", parse_model("nlp", f"hf:{tmp_path}").as_it_is())
    with pytest.raises(UserError, match="cannot be judged as it is") as raised:
        architecture.build(architecture.preprocessor(TRAIN), TRAIN)
    assert "\n" not in str(raised.value)


def larger_tokenizer(folder: Path) -> None:
    saved(folder, "Bert")
    add_tokenizer(folder, [*PIECES, "zebra", "zoo"])


def no_tokenizer(folder: Path) -> None:
    saved(folder, "Bert")
    for file in folder.glob("*token*"):
        file.unlink()


def images(folder: Path) -> None:
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    transformers.ViTModel(transformers.ViTConfig(**sizes, image_size=16, patch_size=8)).save_pretrained(folder)
    add_tokenizer(folder)


def sounds(folder: Path) -> None:
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    more = {"conv_dim": (16,), "conv_kernel": (10,), "conv_stride": (5,), "num_conv_pos_embeddings": 4}
    config = transformers.Wav2Vec2Config(**sizes, **more, num_feat_extract_layers=1, num_conv_pos_embedding_groups=2)
    transformers.Wav2Vec2Model(config).save_pretrained(folder)
    add_tokenizer(folder)


def own_code(folder: Path) -> None:
    saved(folder, "Bert")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config", "AutoModel": "mine.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "mine.py").write_text(f"open({str(folder / 'was_run')!r}, 'w')\n")


def pickled(folder: Path) -> None:
    torch.save(saved(folder, "Bert").state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def sharded(folder: Path, named: str) -> None:
    """Weights that an index finds under this name, where they really lie."""
    weights = saved(folder, "Bert").state_dict()
    (folder / "model.safetensors").rename(folder / "model-00002-of-00002.safetensors")
    torch.save(weights, folder / "evil.bin")
    torch.save(weights, folder.parent / "outside.safetensors")
    index = {
        "metadata": {},
        "weight_map": {**dict.fromkeys(weights, "model-00002-of-00002.safetensors"), next(iter(weights)): named},
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def indexed_pickle(folder: Path) -> None:
    sharded(folder, "evil.bin")


def indexed_outside(folder: Path) -> None:
    sharded(folder, "../outside.safetensors")


def indexed_absolute(folder: Path) -> None:
    sharded(folder, "C:\\outside.safetensors")


def configured_pickle(folder: Path) -> None:
    torch.save(saved(folder, "Bert").state_dict(), folder / "adapter_model.bin")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "transformers_weights": "adapter_model.bin"}))


def adapter(folder: Path) -> None:
    torch.save(saved(folder, "Bert").state_dict(), folder / "adapter_model.bin")
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(folder)}))


def endless(folder: Path) -> None:
    saved(folder, "Bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 10**6}))


def damaged(folder: Path) -> None:
    saved(folder, "Bert")
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1000])


def unpickled(*arguments: object, **options: object) -> None:
    raise AssertionError("a pickle was opened")


def test_shards_that_are_all_safetensors_are_loaded(tmp_path: Path) -> None:
    sharded(tmp_path / "net", "model-00002-of-00002.safetensors")
    assert sum(1 for _ in Checkpoint(tmp_path / "net").network().parameters()) > 10


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (larger_tokenizer, "the tokenizer has 16 word pieces and the network 14 embeddings"),
        (no_tokenizer, "tokenizer"),
        (images, "does not read texts"),
        (sounds, "does not read texts"),
        (own_code, "is not a checkpoint that transformers can load"),
        (pickled, "has no *.safetensors weights, the only format that is loaded"),
        (damaged, "model.safetensors cannot be read"),
        (indexed_pickle, "model.safetensors.index.json names the weights 'evil.bin'; only *.safetensors is loaded"),
        (indexed_outside, "names '../outside.safetensors', which is outside the checkpoint's folder"),
        (indexed_absolute, "which is outside the checkpoint's folder"),
        (configured_pickle, "config.json names the weights 'adapter_model.bin'; only *.safetensors is loaded"),
        (adapter, "holds an adapter"),
        (endless, "announces 1,000,000 num_hidden_layers"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_does_not_fit_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], message: str
) -> None:
    folder = tmp_path / "net"
    make(folder)
    monkeypatch.setattr("torch.load", unpickled)
    with pytest.raises(UserError) as raised:
        text_reader(Checkpoint(folder), TEXTS, 128)
    assert message in str(raised.value) and str(folder) in str(raised.value) and "\n" not in str(raised.value)
    assert not (folder / "was_run").exists()


def test_a_checkpoint_without_a_head_cannot_be_judged_as_it_is(tmp_path: Path) -> None:
    saved(tmp_path, "Bert", id2label={0: "bad", 1: "good"})
    architecture = load_architecture("nlp", parse_model("nlp", f"hf:{tmp_path}").as_it_is())
    with pytest.raises(UserError, match="is no trained classifier: it has no weights of classifier.bias"):
        architecture.build(architecture.preprocessor(TRAIN), TRAIN)


def test_the_share_of_pieces_that_an_encoder_does_not_know_is_told() -> None:
    preprocessor = MiniLM().preprocessor(TRAIN)
    amharic = RawDataset(["ሰላም ለዓለም", "እንዴት ነህ ዛሬ", "መብራቱን አጥፋ"])
    assert preprocessor.unknown(amharic) > 0.9 and preprocessor.unknown(TRAIN) == 0
