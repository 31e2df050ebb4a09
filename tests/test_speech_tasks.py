"""Speech networks and tasks: what they learn, what they say, and what a task declares."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from common.base.errors import UserError
from common.data.disjoint import check_families
from common.data.locations import Folders
from common.data.samples import RawDataset
from common.discover import load_architecture, load_objective, load_task
from common.evaluate import evaluate
from common.experiment import RunOptions
from common.selection import Selection
from common.task import Budget, Model
from common.training.predict import predict
from common.training.setup import Setup
from speech.data.noise import NOIZEUS, active, is_narrow
from speech.data.outliers import SPEECH_OUTLIERS
from speech.distortions import LEVELS, made_up_noise, with_made_up_noise, with_narrow_noise
from speech.models.ctc_lstm import BidirectionalLstm
from speech.models.frame_mlp import FrameMlpArchitecture

TIMIT_TASKS = ("speech/timit_ctc", "speech/timit_ctc_4khz", "speech/timit_frames", "speech/timit_frames_4khz")
TASKS = ("speech/espeak_phones", *TIMIT_TASKS)


def test_importing_every_task_imports_no_torch_and_reads_no_data() -> None:
    load = f"from common.discover import load_task; [load_task(name) for name in {TASKS}]"
    code = f"import sys; {load}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_network_tested_on_speech_in_made_up_noise_is_not_exposed_to_such_speech() -> None:
    tested = {source.name: source for source in load_task("speech/espeak_phones").ood}
    check_families(load_task("speech/espeak_phones").outliers, tested, Folders())
    with pytest.raises(UserError, match="both are speech in made-up noise"):
        check_families(SPEECH_OUTLIERS, tested, Folders())


@pytest.mark.parametrize("name", TASKS)
def test_tasks_name_existing_architectures_and_objectives_and_every_noise_at_every_level(name: str) -> None:
    task = load_task(name)
    load_architecture("speech", task.model)
    for objective in task.objectives:
        load_objective(objective)
    keys = [source.key for source in task.ood]
    assert len(set(keys)) == len(keys)
    if "timit" in name:
        assert {f"TIMIT+{kind}" for kind in (*NOIZEUS, "subway")} <= {key.name for key in keys if key.primary}
        levels = {key.level_db: key.primary for key in keys if key.name == "TIMIT+car"}
        assert levels[10.0] and not levels[5.0] and not levels[0.0]


def test_a_missing_noise_is_reported_and_stops_nothing() -> None:
    task = load_task("speech/timit_ctc")
    subway = next(source for source in task.ood if source.name == "TIMIT+subway")
    assert subway.resolve(Folders()) is None and "aurora2_subway" in subway.remedy


def test_a_users_noise_is_mixed_at_every_level_and_the_primary_pool_stays_as_it_is(tmp_path: Path) -> None:
    sets = [source for source in load_task("speech/timit_ctc").ood if source.name == "TIMIT+own noise"]
    assert [one.level_db for one in sets] == [10, 20, 15, 5, 0, -5] and not any(one.primary for one in sets)
    folders = Folders((tmp_path,))
    assert sets[0].resolve(folders) is None and "speech/own_noise" in sets[0].remedy
    (tmp_path / "speech" / "own_noise" / "kitchen").mkdir(parents=True)
    hum = 0.1 * np.random.default_rng(0).standard_normal(30_000)
    soundfile.write(tmp_path / "speech/own_noise/kitchen/hum.flac", hum, 44_100)
    (tmp_path / "speech/own_noise/bad.wav").write_text("no sound")
    test = replace(tones(3, 0), dropped={"lost.wav": 1})
    made = sets[0].load(folders, 0, test)
    for mixed, clean in zip(made.items, test.items, strict=True):
        added = mixed.astype(float) - clean
        ratio = np.square(clean[active(clean)], dtype=float).mean() / np.square(added).mean()
        assert 10 * np.log10(ratio) == pytest.approx(10, abs=1e-3)
    assert [reason.split(":")[0] for reason in made.dropped] == ["bad.wav"]


def test_turned_sequences_give_what_packed_ones_give() -> None:
    torch.manual_seed(0)
    layer, lengths = BidirectionalLstm(3, 4), torch.tensor([5, 2, 7])
    both = torch.nn.LSTM(3, 4, bidirectional=True, batch_first=True)
    weights = dict(layer.forwards.state_dict())
    weights |= {f"{name}_reverse": value for name, value in layer.backwards.state_dict().items()}
    both.load_state_dict(weights)
    values = torch.randn(3, 7, 3, requires_grad=True)
    packed = torch.nn.utils.rnn.pack_padded_sequence(values, lengths, batch_first=True, enforce_sorted=False)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(both(packed)[0], batch_first=True)
    inside = torch.arange(7) < lengths[:, None]
    found = layer(values, lengths)
    torch.testing.assert_close(found[inside], expected[inside])
    gradients = [torch.autograd.grad(states[inside].square().sum(), values)[0] for states in (found, expected)]
    torch.testing.assert_close(*gradients)


def tones(count: int, seed: int) -> RawDataset:
    """Utterances of two or three tones with silence between; which tones they are is what is said."""
    rng = np.random.default_rng(seed)
    items, labels = [], []
    for _ in range(count):
        said = rng.integers(0, 3, rng.integers(2, 4))
        pieces = [np.zeros(800)]
        for phone in said:
            pieces += [0.1 * np.sin(2 * np.pi * (400, 1200, 3600)[phone] * np.arange(1600) / 16_000), np.zeros(800)]
        wave = np.concatenate(pieces)
        items.append((wave + 0.001 * rng.standard_normal(len(wave))).astype(np.float32))
        labels.append(said.astype(np.int64))
    return RawDataset(items, labels, ("low", "middle", "high"))


def test_a_ctc_network_learns_to_spell_and_its_outputs_have_utterances_and_edits() -> None:
    train, test = tones(48, 0), tones(12, 1)
    task = load_task("speech/espeak_phones")
    architecture = load_architecture("speech", Model("ctc_lstm", {"hidden": 24, "layers": 1}))
    preprocessor = architecture.preprocessor(train)
    torch.manual_seed(0)
    model = architecture.build(preprocessor, train)
    budget = Budget(12, 4, 1e-2, "rmsprop", "one_cycle", gradient_norm=5.0)
    load_objective("ctc").train(model, Setup(task, budget, preprocessor(train), 0, torch.device("cpu")))
    outputs = predict(model, preprocessor(test))
    assert outputs.scored_logits.shape[1] == 3, "the blank is not scored"
    assert outputs.units == 12 and outputs.labels is None
    assert outputs.group_extras["reference_length"].tolist() == [len(labels) for labels in test.labels]
    assert outputs.group_extras["edits"].sum() / outputs.group_extras["reference_length"].sum() < 0.3
    silent = predict(model, preprocessor(replace(test, labels=None)))
    np.testing.assert_array_equal(silent.logits, outputs.logits)
    assert "edits" not in silent.group_extras


FORMS = {
    "ctc_lstm": "a sequence of labels an utterance",
    "frame_mlp": "a label a frame",
    "mel_cnn": "one label an utterance",
}


@pytest.mark.parametrize("model", FORMS)
@pytest.mark.parametrize("fits", FORMS)
def test_a_model_that_does_not_fit_a_task_says_so_in_one_line_before_features_are_computed(
    model: str, fits: str
) -> None:
    spelled = tones(4, 0)
    words = replace(spelled, labels=np.arange(4) % 3)
    samples = {"ctc_lstm": spelled, "frame_mlp": framed(spelled), "mel_cnn": words}[fits]
    architecture = load_architecture("speech", Model(model))
    if model == fits:
        preprocessor = architecture.preprocessor(samples)
        assert len(preprocessor(samples)) and len(preprocessor(replace(samples, labels=None))), (
            "what is only scored has none"
        )
        return
    with pytest.raises(UserError, match=f"^model {model} wants {FORMS[model]} and this task has {FORMS[fits]}: choose"):
        architecture.preprocessor(samples)(samples)


@pytest.mark.parametrize("task", ["digits", "timit_ctc"])
def test_on_the_command_line_a_model_that_does_not_fit_is_one_line_too(
    task: str, folders: Folders, tmp_path: Path
) -> None:
    model = "mel_cnn" if task == "timit_ctc" else "frame_mlp"
    options = RunOptions(out=tmp_path / "out", folders=folders, model=Model(model))
    with pytest.raises(UserError, match=f"model {model} wants .* choose another --model"):
        evaluate(Selection((f"speech/{task}",), required=True), options)


def test_what_an_utterance_gets_does_not_depend_on_its_company() -> None:
    train = tones(6, 0)
    architecture = load_architecture("speech", Model("ctc_lstm", {"hidden": 8}))
    preprocessor = architecture.preprocessor(train)
    torch.manual_seed(0)
    model = architecture.build(preprocessor, train)
    together, alone = (predict(model, preprocessor(train), batch_size=size) for size in (6, 1))
    np.testing.assert_allclose(together.logits, alone.logits, atol=1e-4)
    np.testing.assert_array_equal(together.group_extras["edits"], alone.group_extras["edits"])


def framed(samples: RawDataset) -> RawDataset:
    labels = [np.arange(1 + len(item) // 160) % 3 for item in samples.items]
    return replace(samples, labels=labels)


def test_a_window_holds_its_frame_in_the_middle_and_repeats_the_ends() -> None:
    samples = framed(tones(2, 0))
    examples = FrameMlpArchitecture().preprocessor(samples)(samples)
    windows = examples.inputs.unflatten(1, (11, 26))
    count = len(samples.labels[0])
    assert len(examples) == sum(map(len, samples.labels)) and examples.labels is not None
    torch.testing.assert_close(windows[3, 5], windows[4, 4])
    torch.testing.assert_close(windows[0, 0], windows[0, 5])
    torch.testing.assert_close(windows[count - 1, 10], windows[count - 1, 5])


def test_frames_of_a_speaker_are_a_group() -> None:
    samples = replace(framed(tones(3, 0)), extras={"speaker": ["b", "a", "b"]})
    examples = FrameMlpArchitecture().preprocessor(samples)(samples)
    lengths = [len(labels) for labels in samples.labels]
    assert examples.groups is not None
    assert examples.groups.tolist() == [1] * lengths[0] + [0] * lengths[1] + [1] * lengths[2]


def test_distorted_speech_is_each_utterance_with_each_colour_of_noise_at_a_level_of_its_own() -> None:
    speech = replace(tones(4, 0), extras={"speaker": list("abab")})
    made = with_made_up_noise(speech, np.random.default_rng(0))
    assert len(made) == 3 * len(speech) and made.labels is None and made.extras["speaker"] == list("abab") * 3
    levels = []
    for copy, clean in zip(made.items, speech.items * 3, strict=True):
        noise = copy.astype(float) - clean
        levels.append(10 * np.log10(np.square(clean[active(clean)], dtype=float).mean() / np.square(noise).mean()))
    assert min(levels) > LEVELS[0] - 0.01 and max(levels) < LEVELS[1] + 0.01
    assert len({round(level, 3) for level in levels}) == len(levels)
    again = with_made_up_noise(speech, np.random.default_rng(0))
    assert all(np.array_equal(one, other) for one, other in zip(made.items, again.items, strict=True))


def test_no_two_made_up_noises_have_the_same_spectrum_and_half_of_them_end_early() -> None:
    rng = np.random.default_rng(0)
    spectra = [np.abs(np.fft.rfft(made_up_noise(16_000, rng, 1.0))) for _ in range(60)]
    bands = np.array([[part.mean() for part in np.array_split(one[100:], 8)] for one in spectra])
    assert len({tuple(np.argsort(row)) for row in bands}) > 20
    ended = np.mean([one[-20:].max() < 1e-3 * one.max() for one in spectra])
    assert 0.3 < ended < 0.7


def test_narrow_noise_is_made_up_noise_and_has_nothing_above_4_khz() -> None:
    speech = tones(3, 0)
    made = with_narrow_noise(speech, np.random.default_rng(0))
    assert len(made) == 9 and all(is_narrow(item * np.hanning(len(item)), 4200.0) for item in made.items)
