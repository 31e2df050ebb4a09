"""Pretrained recognisers: a tiny one of random weights, from a local folder, in its three uses."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from common.base.errors import UserError
from common.data.examples import Batch, TensorDataset
from common.data.samples import RawDataset
from common.data.sources import Derived
from common.discover import load_architecture, parse_model
from common.experiment import Experiment, RunOptions
from common.objectives.cross_entropy import OBJECTIVE as CROSS_ENTROPY
from common.objectives.ctc import OBJECTIVE as CTC
from common.store.outputs import Outputs
from common.task import Budget, Model, Task
from common.training.predict import predict
from common.training.setup import Setup
from speech.models.hf import PretrainedArchitecture

BUDGET = Budget(2, 8, 1e-3)
NOTHING = Derived("nothing", lambda test, rng: RawDataset([]))
TASK = Task("sounds", "sounds", NOTHING, NOTHING, (), Model("hf"), BUDGET, BUDGET)
VOCABULARY, BLANK = 12, 3


def save_tiny(folder: Path, norm: str = "group", **changes: object) -> Path:
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    torch.manual_seed(0)
    config = Wav2Vec2Config(
        vocab_size=VOCABULARY, pad_token_id=BLANK, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, conv_dim=(8,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
        feat_extract_norm=norm, do_stable_layer_norm=norm == "layer", conv_bias=norm == "layer",
    )  # fmt: skip
    Wav2Vec2ForCTC(config).save_pretrained(folder, **changes)
    return folder


@pytest.fixture(params=["group", "layer"])
def tiny(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return save_tiny(tmp_path / request.param, request.param)


def sounds(lengths: tuple[int, ...] = (3000, 5000, 300, 16_000), phones: bool = True) -> RawDataset:
    rng = np.random.default_rng(0)
    items = [rng.standard_normal(length).astype(np.float32) for length in lengths]
    labels = [np.array([i % 5, 4]) for i in range(len(items))] if phones else np.arange(len(items)) % 5
    return RawDataset(items, labels, tuple("abcde"))


def built(checkpoint: str, samples: RawDataset) -> tuple:
    architecture = PretrainedArchitecture(checkpoint)
    preprocessor = architecture.preprocessor(samples)
    torch.manual_seed(1)
    return architecture, preprocessor, architecture.build(preprocessor, samples).eval()


def setup(architecture: PretrainedArchitecture, samples: RawDataset) -> Setup:
    examples = architecture.preprocessor(samples)(samples)
    return Setup(TASK, architecture.budget(BUDGET), examples, seed=0, device=torch.device("cpu"))


def test_the_command_line_names_it(tiny: Path) -> None:
    model = parse_model("speech", f"hf:{tiny},head")
    assert load_architecture("speech", model) == PretrainedArchitecture(f"{tiny},head")


def test_as_it_is_it_scores_its_own_characters_without_the_blank(tiny: Path) -> None:
    from transformers import Wav2Vec2ForCTC

    samples = sounds((4000,))
    architecture, preprocessor, model = built(str(tiny), samples)
    assert architecture.budget(BUDGET).epochs == 0
    before = {name: value.clone() for name, value in model.state_dict().items()}
    CTC.train(model, setup(architecture, samples))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    outputs = predict(model, preprocessor(samples))
    with torch.inference_mode():
        expected = Wav2Vec2ForCTC.from_pretrained(tiny)(preprocessor(samples).inputs[None]).logits[0]
    kept = [i for i in range(VOCABULARY) if i != BLANK]
    np.testing.assert_allclose(outputs.scored_logits, expected[:, kept].numpy(), atol=1e-5)
    assert outputs.groups is not None and outputs.labels is None and "edits" not in outputs.group_extras


def test_where_the_labels_are_its_characters_there_is_an_error_rate(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "tiny")
    vocabulary = {name: i for i, name in enumerate(("e", "d", "x", "<pad>", "c", "b", "a"))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    samples = sounds()
    _, preprocessor, model = built(str(folder), samples)
    examples = preprocessor(samples)
    letters = [tuple(vocabulary)[model.order[i]] for i in examples.labels.tolist()]
    assert "".join(letters) == "aebecede"
    outputs = predict(model, examples)
    assert outputs.group_extras["edits"].shape == (4,) and outputs.group_extras["reference_length"].tolist() == [2] * 4


def test_rows_are_those_of_the_shortened_time_and_padding_changes_nothing(tiny: Path) -> None:
    samples = sounds()
    _, preprocessor, model = built(f"{tiny},head", samples)
    together = predict(model, preprocessor(samples))
    rows = np.bincount(together.groups)
    assert rows.tolist() == [9, 15, 1, 49]
    for i in range(len(samples)):
        alone = predict(model, preprocessor(samples.take(np.array([i]))))
        np.testing.assert_allclose(alone.logits, together.logits[together.groups == i], atol=1e-4)


def test_a_new_head_spells_the_tasks_phones_and_the_rest_stays_frozen(tiny: Path) -> None:
    samples = sounds()
    architecture, preprocessor, model = built(f"{tiny},head", samples)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    CTC.train(model, setup(architecture, samples))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"output.weight", "output.bias"}
    outputs = predict(model, preprocessor(samples))
    assert outputs.scored_logits.shape[1] == 5 and outputs.group_extras["reference_length"].tolist() == [2, 2, 2, 2]
    assert outputs.group_extras["edits"].shape == (4,)


def test_tuning_trains_the_transformer_and_not_the_convolutions(tiny: Path) -> None:
    samples = sounds(phones=False)
    architecture, _, model = built(f"{tiny},tune", samples)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    CROSS_ENTROPY.train(model, replace(setup(architecture, samples), budget=replace(BUDGET, epochs=1)))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert any("encoder.layers" in name for name in changed)
    assert not any("feature_extractor" in name for name in changed)


def test_words_are_told_from_the_mean_of_frozen_states(tiny: Path) -> None:
    samples = sounds((3000, 1200, 2000, 700), phones=False)
    architecture, preprocessor, model = built(f"{tiny},head", samples)
    before = predict(model, preprocessor(samples), features=True)
    CROSS_ENTROPY.train(model, setup(architecture, samples))
    after = predict(model, preprocessor(samples), features=True)
    assert after.logits.shape == (4, 5) and after.groups is None and after.labels is not None
    np.testing.assert_array_equal(after.features, before.features)
    assert probability_of_label(after) > probability_of_label(before)
    states = model.states(*states_input(preprocessor(samples.take(np.array([1])))))
    np.testing.assert_allclose(after.features[1], states[0].mean(0).detach().numpy(), atol=1e-4)


def probability_of_label(outputs: Outputs) -> float:
    return float(torch.from_numpy(outputs.logits).softmax(1)[np.arange(4), outputs.labels].log().mean())


def states_input(examples: TensorDataset) -> tuple[torch.Tensor, Batch]:
    batch = examples.batch(torch.tensor([0]))
    return batch.inputs, batch


@pytest.mark.parametrize(
    ("checkpoint", "told"),
    [("", "needs a checkpoint"), ("{},all", "head or tune, not 'all'"), ("{}", "use --model hf:.*,head")],
)
def test_a_use_that_makes_no_sense_is_one_clear_line(tmp_path: Path, checkpoint: str, told: str) -> None:
    folder = save_tiny(tmp_path / "tiny")
    with pytest.raises(UserError, match=told) as error:
        built(checkpoint.format(folder), sounds(phones=False))
    assert "\n" not in str(error.value)


def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "tiny")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"has no \*\.safetensors weights"):
        built(f"{folder},head", sounds())


def test_the_fingerprint_is_that_of_the_files(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "tiny")
    first = PretrainedArchitecture(str(folder)).fingerprint()
    assert PretrainedArchitecture(f"{folder},head").fingerprint() == first
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    assert PretrainedArchitecture(str(folder)).fingerprint() != first


def test_augmentation_of_the_tasks_own_features_stays_away_from_other_architectures(tiny: Path) -> None:
    default = Experiment("speech/digits", 0, RunOptions())
    other = Experiment("speech/digits", 0, RunOptions(model=parse_model("speech", f"hf:{tiny},head")))
    assert default.task.augment is not None and other.task.augment is None
    train = sounds(phones=False)
    architecture = load_architecture("speech", other.model)
    preprocessor = architecture.preprocessor(train)
    model = architecture.build(preprocessor, train)
    budget = replace(other.task.quick, epochs=1)
    CROSS_ENTROPY.train(model, Setup(other.task, budget, preprocessor(train), seed=0, device=torch.device("cpu")))
    assert predict(model, preprocessor(train)).logits.shape == (len(train), len(train.label_names))


def test_no_train_takes_the_checkpoint_s_own_characters_whatever_the_name_says(tiny: Path) -> None:
    samples = sounds()
    architecture = load_architecture("speech", parse_model("speech", f"hf:{tiny},head").as_it_is())
    outputs = predict(
        architecture.build(architecture.preprocessor(samples), samples), architecture.preprocessor(samples)(samples)
    )
    _, preprocessor, model = built(str(tiny), samples)
    assert np.array_equal(outputs.logits, predict(model, preprocessor(samples)).logits)
    assert architecture.budget(BUDGET).epochs == 0


def test_a_recogniser_without_weights_of_its_last_layer_is_not_judged(tmp_path: Path) -> None:
    from transformers import Wav2Vec2ForCTC

    Wav2Vec2ForCTC.from_pretrained(save_tiny(tmp_path / "whole")).base_model.save_pretrained(tmp_path / "headless")
    with pytest.raises(UserError, match="is no trained classifier: it has no weights of lm_head.bias"):
        built(str(tmp_path / "headless"), sounds())
    assert built(f"{tmp_path / 'headless'},head", sounds())[2].blank == 5
