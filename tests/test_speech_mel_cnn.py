"""The word classifier: what a microphone does to a word, and how loud it is, changes nothing; other speakers differ."""

import numpy as np
import pytest
import torch

from common.data.examples import TensorDataset
from common.data.samples import RawDataset
from common.training.predict import predict
from speech.augment import noisy, other_speakers, other_voices, warped
from speech.models.mel_cnn import MelCnn, trimmed, window

BANDS, FRAMES = 26, 40


def chirp(up: bool, length: int = 6000, silence: int = 4000) -> np.ndarray:
    rate = np.linspace(0.1, 0.6, length)
    word = 0.3 * np.sin(np.cumsum(rate if up else rate[::-1]))
    noise = 1e-4 * np.random.default_rng(length).standard_normal(length + 2 * silence)
    return (np.pad(word, silence) + noise).astype(np.float32)


def encoded(items: list[np.ndarray], **options: object) -> tuple[TensorDataset, torch.nn.Module]:
    samples = RawDataset(items, np.zeros(len(items), np.int64), ("a", "b"))
    architecture = MelCnn(frames=FRAMES, **options)
    preprocessor = architecture.preprocessor(samples)
    torch.manual_seed(0)
    return preprocessor(samples), architecture.build(preprocessor, samples).eval()


def test_loudness_channel_and_the_silence_around_a_word_change_little() -> None:
    word = chirp(up=True)
    filtered = np.convolve(word, [1, -0.6], mode="same").astype(np.float32)
    others = [0.1 * word, filtered, np.pad(word, (1600, 800))]
    examples, model = encoded([word, *others, chirp(up=False)])
    embedded = model.embed(examples.batch(torch.arange(5)))
    distances = (embedded - embedded[0]).square().mean((1, 2)).sqrt()
    assert distances[1:4].max() < 0.35 < 0.7 < distances[4]


def test_what_lies_above_the_highest_band_is_not_seen() -> None:
    word = chirp(up=True)
    whistle = (word + 0.003 * np.sin(2 * np.pi * 6000 * np.arange(len(word)) / 16_000)).astype(np.float32)
    examples, _ = encoded([word, whistle])
    assert (examples.inputs[0] - examples.inputs[1]).abs().max() < 0.5
    wide, _ = encoded([word, whistle], highest=8000.0)
    assert (wide.inputs[0] - wide.inputs[1]).abs().max() > 3


def test_any_length_fills_the_window_and_of_a_long_recording_the_loudest_part() -> None:
    for length in (0, 1, 100, 400, 3000, 50_000):
        examples, _ = encoded([np.zeros(length, np.float32)])
        assert examples.inputs.shape == (1, FRAMES, BANDS) and bool(examples.inputs.isfinite().all())
    energies = np.zeros((100, 2), np.float32)
    energies[70:80] = 3
    assert window(energies, 10).min() == 3


def test_a_short_word_lies_in_the_middle_of_its_own_background() -> None:
    word = np.array([[1.0], [5.0], [2.0]], np.float32)
    assert window(word, 7).ravel().tolist() == pytest.approx([1.1, 1.1, 1, 5, 2, 1.1, 1.1])
    assert len(trimmed(np.zeros((50, 2), np.float32), 4.5)) == 50, "of an even sound nothing is silence"


def test_chirps_up_and_down_are_learned() -> None:
    from common.data.sources import Derived
    from common.objectives.cross_entropy import OBJECTIVE
    from common.task import Budget, Model, Task
    from common.training.setup import Setup

    items = [chirp(up=i % 2 == 0, length=5000 + 37 * i) for i in range(20)]
    samples = RawDataset(items, np.arange(20) % 2, ("up", "down"))
    architecture = MelCnn(frames=FRAMES, width=16)
    preprocessor = architecture.preprocessor(samples)
    torch.manual_seed(0)
    model = architecture.build(preprocessor, samples)
    nothing, budget = Derived("nothing", lambda test, rng: RawDataset([])), Budget(8, 10, 1e-2)
    task = Task("chirps", "chirps", nothing, nothing, (), Model("mel_cnn"), budget, budget, augment=other_speakers)
    OBJECTIVE.train(model, Setup(task, budget, preprocessor(samples), seed=0, device=torch.device("cpu")))
    assert predict(model, preprocessor(samples)).correct.mean() == 1


def test_features_are_the_last_of_the_hidden_layers() -> None:
    examples, model = encoded([chirp(up=True), chirp(up=False)])
    batch = examples.batch(torch.arange(2))
    embedded = model.embed(batch)
    layers = model.hidden_layers(embedded, batch)
    assert len(layers) == 3 and torch.equal(model.encode(embedded, batch), layers[-1])


def seeded(number: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def test_augmentation_depends_on_the_generator_alone_and_keeps_the_shape() -> None:
    inputs = torch.randn(8, FRAMES, BANDS, generator=seeded(5))
    first = other_speakers(inputs, seeded())
    assert first.shape == inputs.shape and bool(first.isfinite().all())
    assert torch.equal(first, other_speakers(inputs, seeded())) and not torch.equal(
        first, other_speakers(inputs, seeded(1))
    )


def test_noise_only_adds_and_leaves_a_share_untouched() -> None:
    inputs = torch.full((400, 10, BANDS), -20.0)
    inputs[:, 5] = 0.0
    changed = noisy(inputs, seeded())
    assert bool((changed >= inputs).all())
    untouched = (changed == inputs).all(2).all(1).float().mean()
    assert 0.2 < untouched < 0.4


def test_a_peak_moves_in_frequency_as_a_vocal_tract_would_move_it() -> None:
    inputs = torch.zeros(200, FRAMES, BANDS)
    inputs[:, :, 12] = 1.0
    peaks = warped(inputs, seeded()).amax(1).argmax(1)
    assert int(peaks.min()) >= 10 and int(peaks.max()) <= 15 and len(peaks.unique()) >= 4
    inputs = torch.zeros(200, FRAMES, BANDS)
    inputs[:, :, 0] = 1.0
    assert bool((warped(inputs, seeded()).amax(1).argmax(1) == 0).all()), "the lowest band stays where it is"


def test_frames_are_bent_about_their_middle_frame_which_keeps_its_place() -> None:
    windows = torch.zeros(40, 11, 26)
    windows[:, 5, 13] = 1.0
    bent = other_voices(windows.flatten(1), seeded()).unflatten(1, (11, 26))
    loudest = bent.flatten(1).argmax(1)
    assert bool((loudest // 26 == 5).all()), "the frame whose phone is asked for stays in the middle"
    assert len(set((loudest % 26).tolist())) > 1, "its formants move"
