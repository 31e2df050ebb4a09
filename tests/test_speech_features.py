"""Features: what they are, for any length, and that batches change nothing."""

import numpy as np
import pytest
import torch
from torchaudio.functional import compute_deltas

from common.base.errors import UserError
from speech.data.audio import frame_count
from speech.features import add_deltas, extract, log_filterbank, mfcc, mfcc_with_deltas


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 399, 400, 16_001])
def test_a_frame_begins_every_10_ms_and_even_nothing_has_one(samples: int) -> None:
    features = mfcc_with_deltas([noise(samples)])
    assert features.inputs.shape == (frame_count(samples), 39)
    assert torch.isfinite(features.inputs).all()


def test_the_band_of_a_tone_is_the_loudest() -> None:
    time = torch.arange(16_000) / 16_000
    loudest = [
        int(log_filterbank(torch.sin(2 * torch.pi * hertz * time)[None])[0, 50].argmax()) for hertz in (300, 1000, 5000)
    ]
    assert loudest == sorted(set(loudest)) and loudest[0] < 6 and loudest[2] > 18


def test_twice_the_amplitude_adds_log_4_to_every_band_and_to_the_energy_and_nothing_to_the_cepstra() -> None:
    wave = torch.from_numpy(noise(8000))[None]
    torch.testing.assert_close(log_filterbank(2 * wave), log_filterbank(wave) + np.log(4), atol=1e-3, rtol=0)
    change = (mfcc(2 * wave) - mfcc(wave))[0, 2:-2]
    torch.testing.assert_close(change[:, -1], torch.full((len(change),), float(np.log(4))), atol=1e-3, rtol=0)
    assert change[:, :-1].abs().max() < 1e-3


def test_the_energy_is_that_of_the_frame() -> None:
    energy = mfcc(torch.from_numpy(noise(16_000))[None])[0, 10:-10, -1]
    assert float(energy.exp().mean()) == pytest.approx(0.01, rel=0.02)


def test_each_waveform_gets_in_a_batch_what_it_gets_alone() -> None:
    waveforms = [noise(samples, i) for i, samples in enumerate((16_000, 3, 15_000, 0, 48_321, 16_159))]
    together = mfcc_with_deltas(waveforms)
    alone = torch.cat([mfcc_with_deltas([waveform]).inputs for waveform in waveforms])
    torch.testing.assert_close(together.inputs, alone, atol=1e-4, rtol=1e-4)
    assert together.offsets is not None
    assert together.offsets.diff().tolist() == [frame_count(len(waveform)) for waveform in waveforms]


def test_slopes_are_torchaudios_of_each_sequence() -> None:
    features = extract([noise(8000), noise(5000, 1)], mfcc)
    with_slopes = add_deltas(features)
    last = features.inputs[features.offsets[1] :].T
    torch.testing.assert_close(with_slopes.inputs[features.offsets[1] :, 13:26].T, compute_deltas(last))
    torch.testing.assert_close(with_slopes.inputs[features.offsets[1] :, 26:].T, compute_deltas(compute_deltas(last)))


def test_an_empty_data_set_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="a data set is empty: there is not one utterance"):
        mfcc_with_deltas([])
